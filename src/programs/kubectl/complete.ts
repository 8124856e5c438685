// What the shell asks on <Tab>: `kubectl __complete words… ""` (cobra's completion protocol).
import { ROOT, child, specsOf } from './cli.ts';
import { Flags } from './flags.ts';
import { loadConfig } from './kubeconfig.ts';
import type { Kubectl } from './kubectl.ts';
import { pathOf } from './factory/mapper.ts';

const NO_FILES = 4, DEFAULT = 0, NO_SPACE = 2;

export async function complete(k: Kubectl, words: string[], descriptions: boolean): Promise<number> {
  const toComplete = words.at(-1) ?? '', before = words.slice(0, -1);
  const { choices, directive } = await candidates(k, before, toComplete);
  for (const [text, about] of choices) k.out(descriptions && about ? `${text}\t${about}\n` : `${text}\n`);
  k.out(`:${directive}\n`);
  const names = [...(directive & NO_SPACE ? ['ShellCompDirectiveNoSpace'] : []), ...(directive & NO_FILES ? ['ShellCompDirectiveNoFileComp'] : [])];
  k.err(`Completion ended with directive: ${names.join(', ') || 'ShellCompDirectiveDefault'}\n`);
  return 0;
}

interface Answer {
  choices: [string, string?][];
  directive: number;
}

async function candidates(k: Kubectl, before: string[], toComplete: string): Promise<Answer> {
  const path: string[] = [];
  let spec = ROOT, rest = before;
  for (const word of before) {
    if (word.startsWith('-')) continue;
    const next = child(spec, word);
    if (!next) break;
    path.push(next[0]);
    spec = next[1];
    rest = rest.filter((w, i) => i !== rest.indexOf(word) || w !== word);
  }
  const flags = new Flags(specsOf(spec));
  const last = rest.at(-1);
  const pending = last?.startsWith('--') && !last.includes('=') ? flags.lookup(last.slice(2)) : /^-[^-]$/.test(last ?? '') ? flags.lookupShort(last![1]!) : undefined;
  const wantsValue = pending !== undefined && pending.bare === undefined;
  try {
    flags.parse(wantsValue ? rest.slice(0, -1) : rest);
  } catch {
    return { choices: [], directive: NO_FILES };
  }
  k.use(flags);
  if (wantsValue) return { choices: begins(await flagValues(k, pending.name), toComplete), directive: pending.name === 'filename' || pending.name === 'kubeconfig' ? DEFAULT : NO_FILES };
  const equals = /^--([\w-]+)=(.*)$/s.exec(toComplete);
  if (equals) return { choices: begins(await flagValues(k, equals[1]!), equals[2]!), directive: NO_FILES };
  if (toComplete.startsWith('-')) {
    const all = flags.all().filter((f) => !f.hidden).flatMap((f) => [[`--${f.name}${f.bare === undefined ? '=' : ''}`] as [string], ...(f.short ? [[`-${f.short}`] as [string]] : [])]);
    return { choices: begins(all.sort(([a], [b]) => (a < b ? -1 : 1)), toComplete), directive: NO_FILES };
  }
  if (spec.commands && flags.args.length === 0) {
    const commands = Object.entries(spec.commands).filter(([name]) => name !== 'alpha').map(([name, c]) => [name, c.short] as [string, string]);
    const found = begins(commands.sort(([a], [b]) => (a < b ? -1 : 1)), toComplete);
    if (found.length > 0 || path.length === 0) return { choices: found, directive: NO_FILES };
  }
  return { choices: await argument(k, path, flags, toComplete), directive: NO_FILES };
}

const BY_TYPE = new Set(['get', 'describe', 'delete', 'edit', 'label', 'annotate', 'patch', 'scale', 'wait', 'explain', 'expose', 'autoscale', 'set image', 'set env', 'set resources', 'rollout status', 'rollout history', 'rollout undo', 'rollout restart', 'rollout pause', 'rollout resume', 'taint']);
const BY_POD = new Set(['logs', 'exec', 'attach', 'port-forward', 'cp', 'debug', 'top pod']);
const BY_NODE = new Set(['cordon', 'uncordon', 'drain', 'top node']);
const LIMITED: Record<string, string[]> = { scale: ['deployment', 'replicaset', 'replicationcontroller', 'statefulset'], 'rollout status': ['daemonset', 'deployment', 'statefulset'], taint: ['node'] };

async function argument(k: Kubectl, path: string[], flags: Flags, toComplete: string): Promise<[string, string?][]> {
  const name = path.join(' ');
  if (path[0] === 'config') return begins(names(k, path[1] ?? ''), toComplete);
  if (BY_NODE.has(name)) return begins(await objects(k, 'nodes'), toComplete);
  if (BY_POD.has(name)) {
    if (flags.args.length === 0) return begins(await objects(k, 'pods'), toComplete);
    if (name === 'logs') return begins(await containers(k, flags.args[0]!), toComplete);
    return [];
  }
  if (!BY_TYPE.has(name)) return [];
  if (flags.args.length === 0) {
    const slash = /^([\w.-]+)\/(.*)$/.exec(toComplete);
    if (slash) return begins((await objects(k, slash[1]!)).map(([n]) => [`${slash[1]}/${n}`] as [string]), toComplete);
    return begins((LIMITED[name] ?? (await types(k))).map((t) => [t] as [string]), toComplete);
  }
  return begins((await objects(k, flags.args[0]!)).filter(([n]) => !flags.args.includes(n)), toComplete);
}

async function types(k: Kubectl): Promise<string[]> {
  const out = new Set<string>();
  for (const r of await k.discovery.all()) if (!r.name.includes('/')) out.add(r.group ? `${r.name}.${r.group}` : r.name);
  return [...out].sort();
}

async function objects(k: Kubectl, type: string): Promise<[string][]> {
  try {
    const mapping = await k.mapper.forResource(type);
    const list = await k.rest.get(pathOf(mapping, k.namespace), {});
    return (list['items'] as { metadata: { name: string } }[]).map((o) => [o.metadata.name]);
  } catch (error) {
    if (error instanceof Error && error.constructor !== Error) return [];
    throw error;
  }
}

async function containers(k: Kubectl, pod: string): Promise<[string][]> {
  const object = await k.rest.get(`/api/v1/namespaces/${k.namespace}/pods/${pod}`);
  return [...(object.spec.containers ?? []), ...(object.spec.initContainers ?? [])].map((c: { name: string }) => [c.name]);
}

async function flagValues(k: Kubectl, name: string): Promise<[string][]> {
  switch (name) {
    case 'namespace':
      return objects(k, 'namespaces');
    case 'context':
    case 'cluster':
    case 'user':
      return names(k, name === 'context' ? 'use-context' : `get-${name}s`);
    case 'output':
      return ['custom-columns', 'custom-columns-file', 'go-template', 'go-template-file', 'json', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file', 'name', 'template', 'templatefile', 'wide', 'yaml'].map((v) => [v]);
    case 'dry-run':
      return [['client'], ['server'], ['none']];
    case 'container':
      return k.flags.args[0] ? containers(k, k.flags.args[0]) : [];
  }
  return [];
}

function names(k: Kubectl, command: string): [string][] {
  const config = loadConfig(k.process, k.flags);
  const map = /context/.test(command) ? config.contexts : /cluster/.test(command) ? config.clusters : /user|credential/.test(command) ? config.users : undefined;
  return map ? [...map.keys()].sort().map((n) => [n]) : [];
}

function begins(list: [string, string?][], prefix: string): [string, string?][] {
  return list.filter(([text]) => text.startsWith(prefix));
}
