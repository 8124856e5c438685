import { valueText } from '../../kubernetes/etcd/backend.ts';
import type { KeyValue } from '../../kubernetes/etcd/store.ts';
import { toBase64 } from '../../kubernetes/api/base64.ts';
import { BAD_FEATURE, type Context, Failure, type Server } from './client.ts';

export const FORMATS: ReadonlySet<string> = new Set(['fields', 'json', 'protobuf', 'simple', 'table']);

/** encoding/json: numbers of 64 bits as they are, what is undefined or zero left out by whoever makes the object. */
export function goJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (value !== null && typeof value === 'object') return `{${Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => `${goJson(k)}:${goJson(v)}`).join(',')}}`;
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** omitempty */
export const some = <T>(value: T): T | undefined => (value === 0 || value === 0n || value === '' || value === false || (Array.isArray(value) && value.length === 0) ? undefined : value);

/** etcdserverpb.ResponseHeader. Of what raft's members tell of themselves it has no revision. */
export function header({ store, member: { id, group } }: Server, revision: number = store.revision): Record<string, unknown> {
  return { cluster_id: group.id, member_id: id, revision: some(revision), raft_term: group.appliedTerm };
}

export function headerFields(server: Server | undefined, revision?: number): string {
  const h = server ? { ClusterID: server.member.group.id, MemberID: server.member.id, Revision: revision ?? server.store.revision, RaftTerm: server.member.group.appliedTerm } : { ClusterID: 0, MemberID: 0, Revision: revision ?? 0, RaftTerm: 0 };
  return Object.entries(h).map(([name, value]) => `"${name}" : ${value}\n`).join('');
}

export const quoted = (text: string): string => JSON.stringify(text);

/** A key or value as --hex or without it shows it (printer.go, addHexPrefix). */
export function shown({ flags }: Context, text: string): string {
  return flags.has('hex') ? [...new TextEncoder().encode(text)].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join('') : text;
}

export function kvJson(kv: KeyValue, lease: bigint, keysOnly = false): Record<string, unknown> {
  const value = keysOnly ? '' : valueText(kv);
  return { key: toBase64(kv.key), create_revision: some(kv.createRevision), mod_revision: some(kv.modRevision), version: some(kv.version), value: some(toBase64(value)), lease: some(lease) };
}

export function kvFields(prefix: string, kv: KeyValue, lease: bigint, keysOnly = false): string {
  const rows = { Key: quoted(kv.key), CreateRevision: kv.createRevision, ModRevision: kv.modRevision, Version: kv.version, Value: quoted(keysOnly ? '' : valueText(kv)), Lease: lease };
  return Object.entries(rows).map(([name, value]) => `"${prefix}${name}" : ${value}\n`).join('');
}

export function kvSimple(c: Context, kv: KeyValue): string {
  return `${shown(c, kv.key)}\n${shown(c, valueText(kv))}\n`;
}

/** Prints in the format that was asked for; what has no printer for it ends as etcdctl's printerUnsupported does. */
export function print(c: Context, as: { simple: () => string; json?: () => unknown; fields?: () => string; table?: () => string }): void {
  const { output } = c;
  if (output === 'json' && as.json) return void c.p.out(`${goJson(as.json())}\n`);
  if (output === 'fields' && as.fields) return void c.p.out(as.fields());
  if (output === 'table' && as.table) return void c.p.out(as.table());
  if (output === 'simple') return void c.p.out(as.simple());
  throw new Failure(`${output} not supported as output format`, BAD_FEATURE);
}
