import { deepEqual } from '../client/pods.ts';
import { fnv32a, safeEncode } from './hash.ts';

export type Template = { metadata?: { labels?: Record<string, string>; [f: string]: unknown }; spec?: unknown };

/** controller.ComputeHash */
export function podTemplateHash(template: Template, collisionCount?: number): string {
  let text = dump(template);
  if (collisionCount !== undefined) text += String.fromCharCode(collisionCount & 0xff, 0, 0, 0);
  return safeEncode(fnv32a(text));
}

/** Whether two templates differ in the pod-template-hash label at most (EqualIgnoreHash). */
export function equalIgnoreHash(a: Template, b: Template): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: Template): Template {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

function dump(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(dump).join(' ')}]`;
  if (typeof value === 'object' && value !== null) {
    const o = value as Record<string, unknown>;
    return `{${Object.keys(o).sort().filter((k) => o[k] !== undefined).map((k) => `${k}:${dump(o[k])}`).join(' ')}}`;
  }
  return String(value);
}
