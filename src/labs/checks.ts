/** Checks that only look: at the API's objects, at what was run, at files, at rules. What needs a request is in probe.ts. */
import type { Execution } from '../linux/executions.ts';
import type { TableName } from '../linux/net/netfilter/table.ts';
import type { World } from '../linux/world.ts';
import { evaluate, toCel } from './cel.ts';
import { homeOf } from './hand-out.ts';
import type { Check, ComputedAnswer, FileCheck, IptablesCheck, ObjectQuery, RanCheck } from './lab.ts';
import { queryObjects } from './objects.ts';

/** Whether the check holds now; 'probe' when only a request can tell. */
export function holds(world: World, check: Check): boolean | 'probe' {
  if ('object' in check) return objectHolds(world, check.object, check.expect);
  if ('ran' in check) return (world.executions?.all ?? []).some((e) => ranMatches(check.ran, e));
  if ('file' in check) return fileHolds(world, check.file);
  if ('iptables' in check) return (rule(world, check.iptables) !== undefined) !== (check.iptables.absent ?? false);
  return 'probe';
}

/** The answers that are right in this world now; none when what they come from has not happened. */
export function rightAnswers(world: World, answer: string[] | ComputedAnswer): string[] {
  if (Array.isArray(answer)) return answer;
  let captured: string | undefined;
  if (answer.ran) {
    const { ran } = answer;
    const last = (world.executions?.all ?? []).filter((e) => ranMatches(ran, e)).at(-1);
    captured = last && new RegExp(ran.matches ?? '', 'm').exec(outputOf(last))?.[1];
    if (captured === undefined) return [];
  }
  if (answer.iptables) {
    captured = rule(world, answer.iptables)?.[1];
    if (captured === undefined) return [];
  }
  if (answer.expr === undefined) return captured === undefined ? [] : [captured];
  const objects = answer.object ? queryObjects(world, answer.object) : [];
  if (!objects) return [];
  const value = evaluate(answer.expr, { ...celObjects(objects), captured: captured ?? '' });
  return value === undefined || value === null ? [] : [value].flat().map(String);
}

/* ---- object ---- */

function objectHolds(world: World, query: ObjectQuery, expect: string | undefined): boolean {
  const objects = queryObjects(world, query);
  if (!objects) return false;
  if (query.absent) return objects.length === 0;
  if (query.count !== undefined && objects.length !== query.count) return false;
  if (objects.length === 0 && query.count === undefined) return false;
  if (expect === undefined) return true;
  if (/\bobjects\b/.test(expect)) return evaluate(expect, celObjects(objects)) === true;
  return objects.every((o) => evaluate(expect, celObjects([o])) === true);
}

function celObjects(objects: unknown[]): Record<string, unknown> {
  const list = toCel(objects) as unknown[];
  return { objects: list, object: list[0] ?? null };
}

/* ---- ran ---- */

function ranMatches(check: RanCheck, e: Execution): boolean {
  const programs = [check.program].flat();
  if (!programs.includes(e.program) && (SCRIPTED.has(e.program) || !programs.includes(e.argv[0]?.split('/').at(-1) ?? ''))) return false;
  if (check.on !== undefined && (e.machine !== check.on || !e.hostNetwork)) return false;
  if (check.pod !== undefined && (e.container === undefined || !named(check.pod, e.hostname))) return false;
  if (check.exit !== undefined && e.code !== check.exit) return false;
  if (check.args && !check.args.every((arg) => e.argv.includes(arg))) return false;
  if (check.command !== undefined && !new RegExp(check.command).test(e.argv.join(' '))) return false;
  if (check.contains !== undefined && !outputOf(e).includes(check.contains)) return false;
  return check.matches === undefined || new RegExp(check.matches, 'm').test(outputOf(e));
}

/** A shell that runs a script called `curl` is no curl. */
const SCRIPTED = new Set(['bash', 'sh', 'ash', 'awk', 'sed']);

function outputOf({ stdout, stderr }: Execution): string {
  return `${stdout}\n${stderr}`;
}

/** Whether a name is meant: `spink-*` means all that begin so. */
export function named(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/* ---- file ---- */

function fileHolds(world: World, { on, path, contains, matches, equals, absent }: FileCheck): boolean {
  const machine = world.machines.get(on);
  if (!machine) return false;
  const at = path.replace(/^~(?=\/|$)/, homeOf(machine));
  const inode = machine.fs.find(at);
  if (inode?.kind !== 'file') return absent === true;
  if (absent) return false;
  const text = machine.fs.readFile(at);
  if (equals !== undefined && text.trim() !== equals.trim()) return false;
  if (contains !== undefined && !text.includes(contains)) return false;
  return matches === undefined || new RegExp(matches, 'm').test(text);
}

/* ---- iptables ---- */

function rule(world: World, { on, table = 'filter', matches }: IptablesCheck): RegExpExecArray | undefined {
  const machine = world.machines.get(on);
  if (!machine) return undefined;
  const wanted = new RegExp(matches);
  for (const line of machine.net.netfilter.save(table as TableName).split('\n')) {
    const found = wanted.exec(line);
    if (found) return found;
  }
  return undefined;
}
