import { SECOND, type Micros } from '../sim/clock.ts';
import type { Step } from './replay-session.ts';

/** After a step, time passes until this long after the beginning of an earlier one (or of itself). */
export interface Wait {
  since: number;
  time: Micros;
}

/** How long whoever recorded a session waited, as the ages of what was created and listed tell: by the step after which the time passed. */
export function recordedWaits(steps: readonly Step[], changes: RegExp): Map<number, Wait> {
  const waits = new Map<number, Wait>();
  const seen = new Map<string, { step: number; age: number }>();
  steps.forEach((step, j) => {
    const ages = agesIn(step);
    // Of what was seen last the least difference: ages are whole seconds, and a name may be somebody else's by now.
    const known = [...ages].flatMap(([key, age]) => (seen.has(key) ? [{ i: seen.get(key)!.step, gap: age - seen.get(key)!.age }] : [])).filter(({ gap }) => gap >= 0);
    const last = Math.max(...known.map(({ i }) => i)), gap = Math.min(...known.filter(({ i }) => i === last).map((k) => k.gap));
    for (const [key, age] of ages) seen.set(key, { step: j, age });
    const between = steps.slice(last, j);
    if (known.length === 0 || gap === 0 || [...between.slice(1), step].some(({ cmd = '', t }) => t !== undefined || WAITS.test(cmd))) return;
    const changed = between.findLastIndex(({ cmd = '', settle }) => settle !== false && changes.test(cmd)), after = changed < 0 ? j - 1 : last + changed;
    const time = gap * SECOND - (j - after - 1) * STEP;
    if (time > (waits.get(after)?.time ?? 0)) waits.set(after, { since: last, time });
  });
  return waits;
}

/** A step that only looks takes about so long. */
const STEP = SECOND;
/** What takes its time by itself. */
const WAITS = /\bsleep \d|\btimeout \d|\bkubectl\b.*( wait | rollout status| -w\b| --watch| logs\b.* -f\b)/;

/** The ages, in seconds, of the objects that a step has created or listed, by kind and name. */
function agesIn({ cmd = '', stdout = '' }: Step): Map<string, number> {
  const ages = new Map<string, number>();
  for (const [, kind, name] of stdout.matchAll(/^([a-z]+)\S*\/(\S+) created$/gm)) ages.set(`${kind!}/${name!}`, 0);
  const [, listed = ''] = /\bkubectl get (?:-n \S+ )?([a-z]+)/.exec(cmd) ?? [];
  let columns: { name: number; age: number } | undefined;
  for (const line of stdout.split('\n')) {
    const header = /^(?=(?:.*\s)?NAME\s)(?=.*\sAGE\b)/.test(line);
    if (header) columns = { name: /(?:^|\s)NAME\s/.exec(line)!.index, age: /\sAGE\b/.exec(line)!.index + 1 };
    if (header || !columns) continue;
    const name = /^\s?(\S+)/.exec(line.slice(columns.name))?.[1], age = seconds(/^\S+/.exec(line.slice(columns.age))?.[0] ?? '');
    if (name === undefined || age === undefined) continue;
    const [, prefix, rest] = /^([a-z]+)[^/]*\/(.+)$/.exec(name) ?? [];
    ages.set(`${kindOf(prefix ?? listed)}/${rest ?? name}`, age);
  }
  return ages;
}

const SHORT: Record<string, string> = { po: 'pod', deploy: 'deployment', rs: 'replicaset', svc: 'service', sts: 'statefulset', ds: 'daemonset', cj: 'cronjob', cm: 'configmap', ns: 'namespace', pvc: 'persistentvolumeclaim', hpa: 'horizontalpodautoscaler' };

function kindOf(word: string): string {
  return SHORT[word] ?? word.replace(/s$/, '');
}

/** Of an age that is told in seconds. */
function seconds(age: string): number | undefined {
  const [all, m = '0', s = '0'] = /^(?:(\d)m)?(?:(\d+)s)?$/.exec(age) ?? [];
  return all ? Number(m) * 60 + Number(s) : undefined;
}
