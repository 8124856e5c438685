import { prefixEnd } from '../../kubernetes/etcd/ordered-keys.ts';
import { EtcdError } from '../../kubernetes/etcd/error.ts';
import type { EtcdEvent, KeyValue } from '../../kubernetes/etcd/store.ts';
import { valueText } from '../../kubernetes/etcd/backend.ts';
import { BAD_ARGS, type Command, connect, type Context, Failure, IO, type Server } from './client.ts';
import { goJson, header, headerFields, kvFields, kvJson, shown } from './print.ts';

export const watch: Command = async (c, args) => {
  const [key, end, ...more] = args;
  if (key === undefined || (end !== undefined && c.flags.has('prefix')) || more.length > 0) throw new Failure('bad number of arguments', BAD_ARGS);
  const server = await connect(c, 'no'), { store } = server, rev = c.flags.number('rev');
  const canceled = (why: string) => {
    void c.p.out(`watch was canceled (${why})\n`);
    return new Failure('watch is canceled by the server', IO);
  };
  if (server.member.group.leader === undefined) throw canceled('etcdserver: no leader');
  let stop = () => {};
  try {
    stop = store.watchRange(key, c.flags.has('prefix') ? prefixEnd(key) : (end ?? `${key}\0`), rev > 0 ? rev : store.revision + 1, (events) => show(c, server, events));
  } catch (error) {
    if (error instanceof EtcdError) throw canceled(error.message);
    throw error;
  }
  try {
    await c.p.wait<void>(() => stop);
  } finally {
    stop();
  }
  return 0;
};

function show(c: Context, server: Server, events: readonly EtcdEvent[]): void {
  const prevKv = c.flags.has('prev-kv'), lease = (kv: KeyValue) => server.store.lease(kv.lease)?.wire ?? 0n;
  if (c.output === 'json') {
    const kv = (e: EtcdEvent) => (e.type === 'PUT' ? kvJson(e.kv, lease(e.kv)) : kvJson({ ...e.kv, value: '' }, 0n));
    return void c.p.out(`${goJson({ Header: header(server), Events: events.map((e) => ({ type: e.type === 'DELETE' ? 1 : undefined, kv: kv(e), prev_kv: prevKv && e.prev ? kvJson(e.prev, lease(e.prev)) : undefined })), CompactRevision: 0, Canceled: false, Created: false })}\n`);
  }
  if (c.output === 'fields') return void c.p.out(`${headerFields(server)}${events.map((e) => `"Type" : ${e.type}\n${prevKv && e.prev ? kvFields('Prev', e.prev, lease(e.prev)) : ''}${kvFields('', e.type === 'PUT' ? e.kv : { ...e.kv, value: '' }, lease(e.kv))}`).join('')}`);
  for (const { type, kv, prev } of events) void c.p.out(`${type}\n${prevKv && prev ? `${shown(c, prev.key)}\n${shown(c, valueText(prev))}\n` : ''}${shown(c, kv.key)}\n${type === 'PUT' ? shown(c, valueText(kv)) : ''}\n`);
}
