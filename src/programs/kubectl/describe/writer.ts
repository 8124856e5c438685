// What describers write with (k8s.io/kubectl/pkg/describe: PrefixWriter and the helpers of describe.go).
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { since } from '../duration.ts';
import { align } from '../tabwriter.ts';

 
export class Writer {
  /** Of the world, for ages. */
  readonly now: number;
  #done = '';
  #text = '';

  constructor(now: number) {
    this.now = now;
  }
  /** Text at an indentation of two spaces a level. */
  w(level: number, text: string): void {
    this.#text += '  '.repeat(level) + text;
  }
  /** `Title:<tab>value` and a newline. */
  field(title: string, value: unknown, level = 0): void {
    this.w(level, `${title}:\t${value}\n`);
  }
  /** Columns begin anew after it. */
  flush(): void {
    this.#done += align(this.#text);
    this.#text = '';
  }
  /** As written, cells apart by tabs: what `rollout history --revision` prints. */
  raw(): string {
    return this.#done + this.#text;
  }
  toString(): string {
    this.flush();
    return this.#done;
  }
}

export type Events = KubeObject[] | undefined;

/** key=value lines under a title, sorted. */
export function labels(w: Writer, title: string, map: Record<string, string> | undefined, indent = ''): void {
  const keys = Object.keys(map ?? {}).sort();
  w.w(0, `${indent}${title}:\t`);
  if (keys.length === 0) return w.w(0, '<none>\n');
  keys.forEach((key, i) => w.w(0, `${i === 0 ? '' : `${indent}\t`}${key}=${map![key]}\n`));
}

const LONGEST = 140;
export function annotations(w: Writer, title: string, map: Record<string, string> | undefined): void {
  const keys = Object.keys(map ?? {}).filter((k) => k !== 'kubectl.kubernetes.io/last-applied-configuration').sort();
  w.w(0, `${title}:\t`);
  if (keys.length === 0) return w.w(0, '<none>\n');
  keys.forEach((key, i) => {
    if (i > 0) w.w(0, '\t');
    const value = map![key]!.replace(/\n$/, '');
    if (value.length + key.length + 2 > LONGEST || value.includes('\n')) {
      w.w(0, `${key}:\n`);
      for (const s of value.split('\n')) w.w(0, `\t  ${s.length > LONGEST - 2 ? `${s.slice(0, LONGEST - 2)}...` : s}\n`);
    } else w.w(0, `${key}: ${value}\n`);
  });
}

/** labels.FormatLabels: a=1,b=2 */
export function formatLabels(map: Record<string, string> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.length === 0 ? '<none>' : keys.map((k) => `${k}=${map![k]}`).join(',');
}

export function controlledBy(w: Writer, object: KubeObject): void {
  const owner = object.metadata.ownerReferences?.find((o) => o.controller);
  if (owner) w.field('Controlled By', `${owner.kind}/${owner.name}`);
}

/** The table at the end; nothing when events were not wanted. */
export function events(w: Writer, list: Events): void {
  if (list === undefined) return;
  if (list.length === 0) return w.w(0, 'Events:\t<none>\n');
  w.flush();
  w.w(0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage\n');
  w.w(1, '----\t------\t----\t----\t-------\n');
  const time = (e: KubeObject) => (e['lastTimestamp'] ? Date.parse(e['lastTimestamp']) : 0);
  for (const e of [...list].sort((a, b) => time(a) - time(b))) {
    const first = since(e['eventTime'] ?? e['firstTimestamp'], w.now);
    const age = e['series'] ? `${since(e['series'].lastObservedTime, w.now)} (x${e['series'].count} over ${first})` : (e['count'] ?? 0) > 1 ? `${since(e['lastTimestamp'], w.now)} (x${e['count']} over ${first})` : first;
    w.w(1, `${e['type']}\t${e['reason']}\t${age}\t${e['source']?.component || e['reportingComponent'] || ''}\t${(e['message'] ?? '').trim()}\n`);
  }
}

export function nameAndNamespace(w: Writer, { metadata }: KubeObject): void {
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace ?? '');
}

/** labels.Selector's text of a label selector: matchLabels and expressions sorted by key. */
export { labelSelectorText } from '../pods.ts';

/** Go's %v of a list. */
export function goList(list: unknown[] | undefined): string {
  return `[${(list ?? []).join(' ')}]`;
}
export function printBool(value: boolean | undefined | null): string {
  return value === undefined || value === null ? '<unset>' : value ? 'True' : 'False';
}
