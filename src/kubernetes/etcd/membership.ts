import { sha1 } from '../../linux/digest.ts';
import { Bytes, utf8 } from './bytes.ts';

/** A member as the others know it (membership.Member). */
export interface Member {
  readonly id: bigint;
  /** Empty until it has started for the first time. */
  name: string;
  peerURLs: string[];
  clientURLs: string[];
}

const first8 = (bytes: Uint8Array) => BigInt(`0x${sha1(bytes).slice(0, 16)}`);

/** membership.computeMemberId, of a member that was there from the beginning: its peer URLs and the token of the cluster. */
export function memberId(peerURLs: readonly string[], token: string): bigint {
  return first8(utf8(`${[...peerURLs].sort().join('')}${token}`));
}

/** RaftCluster.genID: the ids of the first members, in order. */
export function clusterId(ids: readonly bigint[]): bigint {
  const bytes = new Bytes();
  for (const id of [...ids].sort((a, b) => (a < b ? -1 : 1))) bytes.bigEndian(id, 8);
  return first8(bytes.done());
}

/** types.ID.String */
export const hex = (id: bigint): string => id.toString(16);

/** --initial-cluster: `etcd-1=http://…:2380,etcd-2=…`, a name once for each of its URLs. */
export function initialCluster(text: string, token: string): Member[] {
  const urls = new Map<string, string[]>();
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', url = ''] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
    urls.set(name, [...(urls.get(name) ?? []), url]);
  }
  return [...urls].map(([name, peerURLs]) => ({ id: memberId(peerURLs, token), name, peerURLs, clientURLs: [] }));
}
