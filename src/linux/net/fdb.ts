/** The forwarding databases as `bridge fdb` sees them: of bridges and of vxlan devices. */
import type { Ipv4, Mac } from './addresses.ts';
import type { BridgeFdb } from './bridge.ts';
import { NetlinkError } from './errors.ts';
import type { Link } from './link.ts';
import { address } from './rtnetlink.ts';
import type { VxlanFdb } from './vxlan.ts';

export type FdbEntry = { dev: Link; bridge: BridgeFdb; vxlan?: undefined } | { dev: Link; vxlan: VxlanFdb; bridge?: undefined };

export function fdbOf(link: Link): FdbEntry[] {
  return [...(link.bridge?.fdb() ?? []).map((bridge) => ({ dev: bridge.port, bridge })), ...[...(link.vxlan?.fdb.values() ?? [])].map((vxlan) => ({ dev: link, vxlan }))];
}

/** Throws NetlinkError EEXIST, EINVAL (no destination), EOPNOTSUPP. */
export function addFdb(link: Link, { lladdr, dst, state, vlan }: { lladdr: Mac; dst?: string; state?: 'permanent' | 'static' | 'dynamic'; vlan?: number }, { replace = false, append = false }: { replace?: boolean; append?: boolean }): void {
  const mac = lladdr.toLowerCase();
  if (!link.vxlan) {
    if (!link.master?.bridge) throw new NetlinkError('EOPNOTSUPP');
    if (!link.master.bridge.setFdb(mac, link, state, { vlan, replace: replace || append })) throw new NetlinkError('EEXIST');
    return;
  }
  if (dst === undefined) throw new NetlinkError('EINVAL');
  const ip = address(dst);
  const known = link.vxlan.fdb.get(mac);
  if (known && append) {
    if (known.dst.includes(ip)) throw new NetlinkError('EEXIST');
    known.dst.push(ip);
    tell(link, known, ip);
    return;
  }
  if (known && !replace) throw new NetlinkError('EEXIST');
  const now = link.ns.world.clock.now;
  const entry = { mac, dst: [ip], permanent: true, updated: now, used: now };
  link.vxlan.fdb.set(mac, entry);
  tell(link, entry, ip);
}

function tell(dev: Link, { mac, permanent }: VxlanFdb, dst: Ipv4, deleted = false): void {
  dev.ns.events.tell({ kind: 'fdb', mac, dev, dst, state: permanent ? 'PERMANENT' : 'REACHABLE', deleted });
}

/** Throws NetlinkError ENOENT. */
export function delFdb(link: Link, mac: Mac, vlan?: number): void {
  const entry = link.vxlan?.fdb.get(mac);
  if (!(link.vxlan ? link.vxlan.fdb.delete(mac) : link.master?.bridge?.deleteFdb(mac, vlan))) throw new NetlinkError('ENOENT');
  if (entry) for (const dst of entry.dst) tell(link, entry, dst, true);
}
