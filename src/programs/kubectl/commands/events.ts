import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { Exit, KubectlError } from '../errors.ts';
import { since } from '../duration.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { TabWriter } from '../tabwriter.ts';
import { watch } from '../watch.ts';

const EVENTS = { group: '', version: 'v1', resource: 'events', kind: 'Event', namespaced: true };

export async function run(k: Kubectl, { flags }: Command): Promise<void> {
  const all = flags.bool('all-namespaces'), types = flags.list('types'), target = flags.string('for');
  for (const t of types) if (!/^(normal|warning)$/i.test(t)) throw new KubectlError("valid --types are Normal or Warning");
  const output = flags.string('output');
  let about: { kind: string; name: string; apiVersion: string } | undefined;
  if (target) {
    const [type, name, more] = target.split('/');
    if (more !== undefined) throw new KubectlError('arguments in resource/name form may not have more than one slash');
    if (!name) throw new KubectlError("--for must be in resource/name form");
    const m = await k.mapper.find(type!);
    // The mapper's own error is printed as it is.
    if (!m) throw new Exit(1, `the server doesn't have a resource type ${JSON.stringify(type)}\n`);
    about = { kind: m.kind, name, apiVersion: m.group ? `${m.group}/${m.version}` : m.version };
  }
  const keep = (e: KubeObject) => (types.length === 0 || types.some((t) => t.toLowerCase() === String(e['type']).toLowerCase())) && (!about || (e['involvedObject'].kind === about.kind && e['involvedObject'].name === about.name));
  const path = pathOf(EVENTS, all ? '' : k.namespace);
  const list = await k.rest.get(path, { limit: flags.int('chunk-size'), fieldSelector: about ? `involvedObject.kind=${about.kind},involvedObject.name=${about.name}` : '' });
  const items = (list['items'] as KubeObject[]).filter(keep).sort((a, b) => (stamp(a) < stamp(b) ? -1 : stamp(a) > stamp(b) ? 1 : 0));
  const watching = flags.bool('watch');
  if (items.length === 0 && !watching) return k.err(all ? 'No events found.\n' : `No events found in ${k.namespace} namespace.\n`);
  // Names of lists of a Go type cannot be printed, and the error goes nowhere.
  if (output === 'name' && !watching) return;
  if (output && !watching) return k.out((await printer(k, ''))({ kind: 'EventList', apiVersion: 'v1', metadata: {}, items: items.map(({ kind: _, apiVersion: __, ...i }) => ({ kind: 'Event', apiVersion: 'v1', ...i })) } as unknown as KubeObject, { typed: true }));
  const print = output ? await printer(k, '') : undefined;
  const w = new TabWriter((text) => k.out(text), { min: 6, padding: 3, remember: true });
  const row = (e: KubeObject) => (print ? k.out(print(e)) : w.write(`${all ? `${e.metadata.namespace}\t` : ''}${age(e, k.now)}\t${e['type']}\t${e['reason']}\t${e['involvedObject'].kind}/${e['involvedObject'].name}\t${String(e['message'] ?? '').trim()}\n`));
  if (!print && !flags.bool('no-headers')) w.write(`${all ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`);
  for (const e of items) row(e);
  w.flush();
  if (!watching) return;
  await watch(k, path, { query: { resourceVersion: list.metadata.resourceVersion } }, (event) => {
    if (event.type === 'DELETED' || !keep(event.object)) return;
    row(event.object);
    w.flush();
  }, k.access.timeout > 0 ? k.access.timeout * 1e6 : undefined);
}

function stamp(e: KubeObject): string {
  return e['series']?.lastObservedTime ?? e['lastTimestamp'] ?? e['eventTime'] ?? e.metadata.creationTimestamp ?? '';
}

function age(e: KubeObject, now: number): string {
  const first = since(e['eventTime'] ?? e['firstTimestamp'], now);
  if (e['series']) return `${since(e['series'].lastObservedTime, now)} (x${e['series'].count} over ${first})`;
  if ((e['count'] ?? 0) > 1) return `${since(e['lastTimestamp'], now)} (x${e['count']} over ${first})`;
  return first;
}
