// JSON as kubectl prints it: four spaces, Go's escapes.

/** An object as the server sent it: keys sorted, four spaces, a newline at the end. */
export function toJson(value: unknown): string {
  return `${goJson(sortKeys(value), 4)}\n`;
}
/** An object made by kubectl: fields in the order of its Go type. */
export function toTypedJson(value: unknown): string {
  return `${goJson(value, 4)}\n`;
}
/** Compact, keys sorted: what goes into jsonpath's output. */
export function compactJson(value: unknown): string {
  return goJson(sortKeys(value), 0);
}

export function goJson(value: unknown, indent: number): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
   
  return /[<>&\u2028\u2029\x7f]/.test(text) ? text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}

export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const v = (value as Record<string, unknown>)[key];
    if (/^\d+$/.test(key)) Object.defineProperty(out, key, { value: sortKeys(v), enumerable: true, writable: true, configurable: true });
    else out[key] = sortKeys(v);
  }
  return out;
}
