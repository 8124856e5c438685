import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { annotations, events, labels, type Events, type Writer } from './writer.ts';

const SKIP = new Set(['.metadata.managedFields', '.metadata.name', '.metadata.namespace', '.metadata.labels', '.metadata.annotations']);

/** Any kind without a describer of its own: its fields, indented. */
export function generic(w: Writer, object: KubeObject, list: Events): void {
  w.field('Name', object.metadata.name);
  w.field('Namespace', object.metadata.namespace ?? '');
  labels(w, 'Labels', object.metadata.labels);
  annotations(w, 'Annotations', object.metadata.annotations);
  fields(w, 0, object, '');
  events(w, list);
}

function fields(w: Writer, level: number, content: object, path: string): void {
  for (const field of Object.keys(content).sort()) {
    const value = (content as Record<string, unknown>)[field], at = `${path}.${field}`;
    if (SKIP.has(at)) continue;
    if (Array.isArray(value)) {
      w.w(level, `${label(field)}:\n`);
      for (const child of value) {
        if (child !== null && typeof child === 'object' && !Array.isArray(child)) fields(w, level + 1, child, at);
        else w.w(level + 1, `${show(child)}\n`);
      }
    } else if (value !== null && typeof value === 'object') {
      w.w(level, `${label(field)}:\n`);
      fields(w, level + 1, value, at);
    } else w.w(level, `${label(field)}:\t${show(value)}\n`);
  }
}

function show(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  return Array.isArray(value) ? `[${value.map(show).join(' ')}]` : String(value);
}

const ACRONYMS = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** resourceVersion → Resource Version */
function label(field: string): string {
  if (/[^\p{L}-]/u.test(field)) return field;
  const parts = field.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}\p{Ll}+|\p{Ll}+|-+/gu) ?? [field];
  return parts.map((p) => (ACRONYMS.has(p.toUpperCase()) ? p.toUpperCase() : p[0]!.toUpperCase() + p.slice(1))).join(' ');
}
