import type { KubeObject } from '../../api/types.ts';
import { ApiError, type ApiClient, gvr } from '../../client/client.ts';
import type { Rng } from '../../../sim/rng.ts';
import { number, range, text } from '../addresses.ts';
import { GROUP } from '../manifests/calico.ts';
import { CniError } from '../types.ts';

/** Calico's IPAM (libcalico-go/lib/ipam): a node claims blocks of a pool and gives out their addresses; all of it kept in the API. */
export const calico = (resource: string) => gvr(GROUP, 'v1', resource);
export const object = (kind: string, name: string, spec: Record<string, unknown>): KubeObject => ({ apiVersion: `${GROUP}/v1`, kind, metadata: { name }, spec });

const dashed = (cidr: string): string => cidr.replace(/[./]/g, '-');

export interface Pool {
  cidr: string;
  blockSize: number;
  ipipMode: string;
  vxlanMode: string;
  natOutgoing: boolean;
}

export function pools(client: ApiClient): Pool[] {
  return client.list(calico('ippools')).items.filter((p) => !p.spec.disabled).map((p) => ({ cidr: p.spec.cidr, blockSize: p.spec.blockSize ?? 26, ipipMode: p.spec.ipipMode ?? 'Never', vxlanMode: p.spec.vxlanMode ?? 'Never', natOutgoing: Boolean(p.spec.natOutgoing) }));
}

/** Gives the node an address for `handle`: from a block of its own, or a new one. Throws CniError when the pools are empty. */
export function assign(client: ApiClient, node: string, rng: Rng, handle: string, attributes: Record<string, string>): string {
  const mine = client.list(calico('ipamblocks')).items.filter((b) => b.spec.affinity === `host:${node}`);
  for (const block of mine) {
    const given = take(client, block, handle, attributes);
    if (given) return given;
  }
  for (const pool of pools(client)) {
    const block = claim(client, node, pool, rng);
    if (block) return take(client, block, handle, attributes)!;
  }
  throw new CniError('failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict affinity enabled');
}

function take(client: ApiClient, block: KubeObject, handle: string, secondary: Record<string, string>): string | undefined {
  const { cidr, allocations, attributes, unallocated } = block.spec as { cidr: string; allocations: (number | null)[]; attributes: unknown[]; unallocated: number[] };
  const [ordinal, ...left] = unallocated;
  if (ordinal === undefined) return undefined;
  const next = [...allocations];
  next[ordinal] = attributes.length;
  client.update(calico('ipamblocks'), { ...block, spec: { ...block.spec, allocations: next, attributes: [...attributes, { handle_id: handle, secondary }], unallocated: left } });
  const known = client.find(calico('ipamhandles'), undefined, handle.toLowerCase());
  if (!known) client.create(calico('ipamhandles'), object('IPAMHandle', handle.toLowerCase(), { block: { [cidr]: 1 }, deleted: false, handleID: handle }));
  return text(range(cidr)[0] + ordinal);
}

/** A block that nobody has, beginning at a place of the pool that the node's name and the world's seed decide. */
function claim(client: ApiClient, node: string, pool: Pool, rng: Rng): KubeObject | undefined {
  const [base, bits] = range(pool.cidr), count = 2 ** (pool.blockSize - bits), size = 2 ** (32 - pool.blockSize);
  const first = rng.fork(`calico-ipam/${node}`).int(count);
  for (let i = 0; i < count; i++) {
    const cidr = `${text(base + ((first + i) % count) * size)}/${pool.blockSize}`;
    try {
      client.create(calico('blockaffinities'), object('BlockAffinity', `${node}-${dashed(cidr)}`, { cidr, deleted: 'false', node, state: 'confirmed' }));
      return client.create(calico('ipamblocks'), object('IPAMBlock', dashed(cidr), {
        affinity: `host:${node}`, allocations: new Array<null>(size).fill(null), attributes: [], cidr, deleted: false, strictAffinity: false, unallocated: Array.from({ length: size }, (_, n) => n),
      }));
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
      if (client.find(calico('blockaffinities'), undefined, `${node}-${dashed(cidr)}`)) client.delete(calico('blockaffinities'), undefined, `${node}-${dashed(cidr)}`);
    }
  }
  return undefined;
}

/** Gives back what the handle holds: the addresses are free again, after those that have been free longer. */
export function releaseHandle(client: ApiClient, handle: string): void {
  const known = client.find(calico('ipamhandles'), undefined, handle.toLowerCase());
  if (!known) return;
  for (const cidr of Object.keys(known.spec.block as Record<string, number>)) {
    const block = client.find(calico('ipamblocks'), undefined, dashed(cidr));
    if (!block) continue;
    const { allocations, attributes, unallocated } = block.spec as { allocations: (number | null)[]; attributes: { handle_id?: string }[]; unallocated: number[] };
    const gone = allocations.flatMap((a, i) => (a !== null && attributes[a]?.handle_id === handle ? [i] : []));
    const kept = attributes.filter((a) => a.handle_id !== handle);
    const renumbered = allocations.map((a) => (a === null || attributes[a]?.handle_id === handle ? null : kept.indexOf(attributes[a]!)));
    client.update(calico('ipamblocks'), { ...block, spec: { ...block.spec, allocations: renumbered, attributes: kept, unallocated: [...unallocated, ...gone] } });
  }
  client.delete(calico('ipamhandles'), undefined, handle.toLowerCase());
}

/** Everything that a node had: it is gone. */
export function releaseNode(client: ApiClient, node: string): void {
  for (const a of client.list(calico('blockaffinities')).items.filter((b) => b.spec.node === node)) client.delete(calico('blockaffinities'), undefined, a.metadata.name);
  for (const b of client.list(calico('ipamblocks')).items.filter((x) => x.spec.affinity === `host:${node}`)) client.delete(calico('ipamblocks'), undefined, b.metadata.name);
}

/** The address that a handle holds. */
export function addressOf(client: ApiClient, handle: string): string | undefined {
  for (const { spec } of client.list(calico('ipamblocks')).items) {
    const index = (spec.attributes as { handle_id?: string }[]).findIndex((a) => a.handle_id === handle), at = (spec.allocations as (number | null)[]).indexOf(index);
    if (index >= 0 && at >= 0) return text(number(String(spec.cidr).split('/')[0]!) + at);
  }
  return undefined;
}
