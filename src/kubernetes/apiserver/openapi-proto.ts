import type { Definition } from '../api/schema.ts';

/**
 * /openapi/v2 in protobuf (gnostic's openapi_v2.Document), the only form kubectl takes it in. Field numbers are those of
 * github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto. A message is the bytes of its fields as a string of chars 0-255.
 */
export function openApiV2Proto(document: { swagger: string; info: { title: string; version: string }; paths: Record<string, object>; definitions: Record<string, Definition> }): string {
  const paths = Object.entries(document.paths).map(([name, item]) => message(2, text(1, name) + message(2, pathItem(item as Record<string, Operation>)))).join('');
  const definitions = Object.entries(document.definitions).map(([name, definition]) => message(1, text(1, name) + message(2, schema(definition)))).join('');
  return text(1, document.swagger) + message(2, text(1, document.info.title) + text(2, document.info.version)) + message(8, paths) + message(9, definitions);
}

interface Operation {
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': object;
  parameters: { name: string }[];
}

const METHODS: Record<string, number> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

function pathItem(item: Record<string, Operation>): string {
  return Object.entries(item).map(([method, operation]) => {
    const parameters = operation.parameters.map((p) => message(8, message(1, message(2, message(3, text(2, 'query') + text(4, p.name) + text(6, 'string')))))).join('');
    return message(METHODS[method]!, parameters + extension(13, 'x-kubernetes-action', operation['x-kubernetes-action']) + extension(13, 'x-kubernetes-group-version-kind', operation['x-kubernetes-group-version-kind']));
  }).join('');
}

function schema(d: Definition & { description?: string; default?: unknown }): string {
  let out = '';
  if (d.$ref) out += text(1, d.$ref);
  if (d.format) out += text(2, d.format);
  if (d.description) out += text(4, d.description);
  for (const name of d.required ?? []) out += text(19, name);
  for (const value of d.enum ?? []) out += message(20, text(2, JSON.stringify(value)));
  if (d.additionalProperties) out += message(21, typeof d.additionalProperties === 'object' ? message(1, schema(d.additionalProperties)) : varint(2 << 3) + varint(1));
  if (d.type) out += message(22, text(1, d.type));
  if (d.items) out += message(23, message(1, schema(d.items)));
  if (d.properties) out += message(25, Object.entries(d.properties).map(([name, p]) => message(1, text(1, name) + message(2, schema(p)))).join(''));
  for (const [key, value] of Object.entries(d)) if (key.startsWith('x-')) out += extension(31, key, value);
  return out;
}

/** NamedAny, whose value is YAML; JSON is YAML too. */
function extension(field: number, name: string, value: unknown): string {
  return message(field, text(1, name) + message(2, text(2, JSON.stringify(value))));
}

function text(field: number, value: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(value)) bytes += String.fromCharCode(byte);
  return message(field, bytes);
}

function message(field: number, bytes: string): string {
  return varint((field << 3) | 2) + varint(bytes.length) + bytes;
}

function varint(n: number): string {
  let out = '';
  for (; n > 127; n = Math.floor(n / 128)) out += String.fromCharCode((n % 128) | 128);
  return out + String.fromCharCode(n);
}
