import type { JsonSchema } from '../../api/custom-schema.ts';

/** Names that CEL keeps for itself: a field of that name is read as `__NAME__`. */
const RESERVED = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return']);

/** A JSON value as CEL sees it: whole numbers are int, of a field of type number double; dates are timestamps; fields have names CEL can write. */
export function toCel(value: unknown, schema?: JsonSchema): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value) : value;
  if (typeof value === 'string') return schema?.format === 'date-time' || schema?.format === 'date' ? new Date(value) : value;
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items));
  if (typeof value !== 'object' || value === null) return value;
  const free = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => {
    const property = schema?.properties?.[name];
    return [property ? escaped(name) : name, toCel(item, property ?? free)];
  }));
}

/** apiserver/pkg/cel, Escape */
function escaped(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}
