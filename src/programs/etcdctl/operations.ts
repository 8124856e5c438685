import { EtcdError } from '../../kubernetes/etcd/error.ts';
import type { Etcd, KeyValue } from '../../kubernetes/etcd/store.ts';
import { prefixEnd } from '../../kubernetes/etcd/ordered-keys.ts';
import { valueText } from '../../kubernetes/etcd/backend.ts';
import { BAD_ARGS, BAD_FEATURE, type Context, Failure, type Server } from './client.ts';
import type { FlagValues } from './flags.ts';
import { header, headerFields, kvFields, kvJson, kvSimple, shown, some } from './print.ts';

/** A get, put or del as it was typed, on its own or in a transaction. */
export type Operation =
  | { kind: 'get'; from: string; to: string; revision: number; limit: number; compare: ((a: KeyValue, b: KeyValue) => number) | undefined; keysOnly: boolean; serializable: boolean; flags: FlagValues }
  | { kind: 'put'; key: string; value: string; lease: bigint; ignoreLease: boolean; ignoreValue: boolean; prevKv: boolean }
  | { kind: 'del'; from: string; to: string; prevKv: boolean };

/** What it gave. */
export type Result =
  | { kind: 'get'; kvs: KeyValue[]; count: number; revision: number; keysOnly: boolean }
  | { kind: 'put'; prev: KeyValue | undefined; revision: number }
  | { kind: 'del'; deleted: KeyValue[]; prevKv: boolean; revision: number };

/** The keys that KEY [RANGE_END] with --prefix or --from-key name. */
function keyRange(flags: FlagValues, args: readonly string[], command: string): { from: string; to: string } {
  const prefix = flags.has('prefix'), fromKey = flags.has('from-key');
  if (prefix && fromKey) throw new Failure('`--prefix` and `--from-key` cannot be set at the same time, choose one', BAD_ARGS);
  const [key, end] = args;
  if (key === undefined) throw new Failure(`${command} command needs one argument as key and an optional argument as range_end`, BAD_ARGS);
  if (end !== undefined && (prefix || fromKey)) throw new Failure('too many arguments, only accept one argument when `--prefix` or `--from-key` is set', BAD_ARGS);
  return { from: key, to: prefix ? prefixEnd(key) : fromKey ? prefixEnd('') : (end ?? `${key}\0`) };
}

const TARGETS: Readonly<Record<string, (kv: KeyValue) => number | string>> = { CREATE: (kv) => kv.createRevision, KEY: (kv) => kv.key, MODIFY: (kv) => kv.modRevision, VALUE: valueText, VERSION: (kv) => kv.version };

export function getOperation(flags: FlagValues, args: readonly string[]): Operation {
  const where = keyRange(flags, args, 'get'), consistency = flags.text('consistency'), order = flags.text('order'), target = flags.text('sort-by');
  if (consistency !== 'l' && consistency !== 's') throw new Failure(`unknown consistency flag ${JSON.stringify(consistency)}`, BAD_FEATURE);
  if (!['', 'ASCEND', 'DESCEND'].includes(order.toUpperCase())) throw new Failure(`bad sort order ${order}`, BAD_FEATURE);
  const by = TARGETS[target.toUpperCase() || 'KEY'];
  if (!by) throw new Failure(`bad sort target ${target}`, BAD_FEATURE);
  const sign = order.toUpperCase() === 'DESCEND' ? -1 : 1;
  return {
    kind: 'get', ...where, flags, revision: flags.number('rev'), limit: flags.number('limit'), keysOnly: flags.has('keys-only'), serializable: consistency === 's',
    compare: order || target ? (a, b) => sign * (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0) : undefined,
  };
}

export function delOperation(flags: FlagValues, args: readonly string[]): Operation {
  if (args.length > 2) throw new Failure('del command needs one argument as key and an optional argument as range_end', BAD_ARGS);
  return { kind: 'del', ...keyRange(flags, args, 'del'), prevKv: flags.has('prev-kv') };
}

/** `stdin`: the value when it is not among the arguments. */
export async function putOperation(flags: FlagValues, args: readonly string[], stdin: () => Promise<string>): Promise<Operation> {
  const wrong = () => new Failure('put command needs 1 argument and input from stdin or 2 arguments', BAD_ARGS);
  const [key] = args, ignoreValue = flags.has('ignore-value');
  if (key === undefined) throw wrong();
  if (ignoreValue && args.length > 1) throw new Failure("put command needs only 1 argument when 'ignore-value' is set", BAD_ARGS);
  const value = ignoreValue ? '' : (args[1] ?? (await stdin()));
  if (!ignoreValue && args[1] === undefined && value === '') throw wrong();
  const lease = leaseId(flags.text('lease'), (why) => `bad lease ID (${why}), expecting ID in Hex`);
  return { kind: 'put', key, value, lease, ignoreValue, ignoreLease: flags.has('ignore-lease'), prevKv: flags.has('prev-kv') };
}

export function leaseId(text: string, told: (why: string) => string): bigint {
  if (!/^[0-9a-f]+$/i.test(text)) throw new Failure(told(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`), BAD_ARGS);
  return BigInt(`0x${text}`);
}

/** Asks the store. Throws EtcdError. */
export function perform(store: Etcd, op: Operation): Result {
  if (op.kind !== 'put' && op.from === '' && op.to === '\0') throw new EtcdError('etcdserver: key is not provided');
  if (op.kind === 'get') {
    const all = store.range('', { from: op.from, to: op.to, serializable: op.serializable, ...(op.revision > 0 ? { revision: op.revision } : {}) });
    if (op.compare) all.sort(op.compare);
    return { kind: 'get', kvs: op.limit > 0 ? all.slice(0, op.limit) : all, count: all.length, revision: store.seenRevision, keysOnly: op.keysOnly };
  }
  if (op.kind === 'del') {
    const deleted = store.deleteRange(op.from, op.to);
    return { kind: 'del', deleted, prevKv: op.prevKv, revision: store.seenRevision };
  }
  if (op.key === '') throw new EtcdError('etcdserver: key is not provided');
  if (op.ignoreLease && op.lease !== 0n) throw new EtcdError('etcdserver: lease is provided');
  const prev = store.get(op.key);
  if ((op.ignoreValue || op.ignoreLease) && !prev) throw new EtcdError('etcdserver: key not found');
  const lease = op.lease === 0n ? undefined : store.leaseOf(op.lease);
  if (op.lease !== 0n && !lease) throw new EtcdError('etcdserver: requested lease not found');
  const { modRevision } = store.put(op.key, op.ignoreValue ? prev!.value : op.value, op.ignoreLease ? prev!.lease : (lease?.id ?? 0));
  return { kind: 'put', prev: op.prevKv ? prev : undefined, revision: modRevision };
}

/** --write-out=simple */
export function resultSimple(c: Context, r: Result, flags?: FlagValues): string {
  if (r.kind === 'put') return `OK\n${r.prev ? kvSimple(c, r.prev) : ''}`;
  if (r.kind === 'del') return `${r.deleted.length}\n${r.prevKv ? r.deleted.map((kv) => kvSimple(c, kv)).join('') : ''}`;
  const valuesOnly = flags?.has('print-value-only') ?? false;
  return r.kvs.map((kv) => `${valuesOnly ? '' : `${shown(c, kv.key)}\n`}${r.keysOnly ? '' : shown(c, valueText(kv))}\n`).join('');
}

/** --write-out=json. `whole`: not one of a transaction's answers, whose header is only a revision. */
export function resultJson(server: Server, r: Result, whole = true): Record<string, unknown> {
  const head = { header: whole ? header(server, r.revision) : { revision: r.revision } }, json = (kv: KeyValue, keysOnly = false) => kvJson(kv, wireLease(server, kv), keysOnly);
  if (r.kind === 'put') return { ...head, prev_kv: r.prev && json(r.prev) };
  if (r.kind === 'del') return { ...head, deleted: some(r.deleted.length), prev_kvs: r.prevKv ? some(r.deleted.map((kv) => json(kv))) : undefined };
  return { ...head, kvs: some(r.kvs.map((kv) => json(kv, r.keysOnly))), more: some(r.kvs.length < r.count), count: some(r.count) };
}

/** --write-out=fields */
export function resultFields(server: Server, r: Result, whole = true): string {
  const head = headerFields(whole ? server : undefined, r.revision);
  if (r.kind === 'put') return head + (r.prev ? kvFields('Prev', r.prev, wireLease(server, r.prev)) : '');
  if (r.kind === 'del') return `${head}"Deleted" : ${r.deleted.length}\n${r.prevKv ? r.deleted.map((kv) => kvFields('Prev', kv, wireLease(server, kv))).join('') : ''}`;
  return `${head}${r.kvs.map((kv) => kvFields('', kv, wireLease(server, kv), r.keysOnly)).join('')}"More" : ${r.kvs.length < r.count}\n"Count" : ${r.count}\n`;
}

function wireLease({ store }: Server, kv: KeyValue): bigint {
  return store.lease(kv.lease)?.wire ?? 0n;
}
