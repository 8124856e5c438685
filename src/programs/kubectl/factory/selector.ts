// Label selectors on kubectl's side (labels.Parse), for objects from files.
import { KubectlError } from '../errors.ts';

export type Matches = (labels: Record<string, string>) => boolean;

/** Throws when it is no selector. */
export function parseSelector(text: string): Matches {
  const tests: Matches[] = [];
  const re = /\s*(?:(!)?\s*([\w./-]+)\s*(?:(==|=|!=)\s*([\w.-]*)|\s(in|notin)\s*\(([^)]*)\)|)\s*)(,|$)/gy;
  let at = 0;
  while (at < text.length) {
    re.lastIndex = at;
    const m = re.exec(text);
    if (!m) throw new KubectlError(`unable to parse requirement: found '${text.slice(at)}'`);
    at = re.lastIndex;
    const [, not, key, op, value, set, values] = m;
    const list = (values ?? '').split(',').map((v) => v.trim());
    if (set) tests.push((l) => (set === 'in' ? key! in l && list.includes(l[key!]!) : !(key! in l && list.includes(l[key!]!))));
    else if (op) tests.push((l) => (op === '!=' ? l[key!] !== value : l[key!] === value));
    else tests.push((l) => (key! in l) !== (not === '!'));
    if (m[7] === '') break;
  }
  return (labels) => tests.every((t) => t(labels));
}
