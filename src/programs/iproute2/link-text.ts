import type { Link } from '../../linux/net/link.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import { formatIpv4, ZERO_MAC, BROADCAST_MAC } from '../../linux/net/addresses.ts';
import type { Process } from '../../linux/process.ts';
import { bridgeText, portText } from './bridge-options.ts';
import { colored } from './color.ts';
import { LINK_TYPES } from './link-kinds.ts';
import type { Options } from './options.ts';

/** `eth0@if3`, `v1@v0`: a veth names its other end; one in another namespace by its index. */
export function nameWithPeer(link: Link): string {
  const peer = link.peer ?? link.lower ?? link.tunnel?.dev;
  if (!peer) return link.tunnel || link.kind === 'veth' ? `${link.name}@NONE` : link.name;
  return `${link.name}@${peer.ns === link.ns ? peer.name : `if${peer.index}`}`;
}

/** The first line of `ip link` and `ip addr`: `2: eth0@if3: <…> mtu 1500 qdisc noqueue state UP …` */
export function headline(link: Link, { mode }: { mode: boolean }): string {
  const master = link.master ? ` master ${link.master.name}` : '';
  // The veths that the CNI plugins make have no queue length; a netlink message without it prints none.
  const qlen = link.txqlen > 0 ? ` qlen ${link.txqlen}` : '';
  const state = link.kind === 'loopback' && link.up ? 'UNKNOWN' : link.state;
  return `${link.index}: ${nameWithPeer(link)}: <${link.flags.join(',')}> mtu ${link.mtu} qdisc ${qdisc(link)}${master} state ${state}${mode ? ' mode DEFAULT' : ''} group ${link.group}${qlen}`;
}

/** The name of a link's layer (ARPHRD). */
export function layerType(link: Link): string {
  return link.kind === 'loopback' ? 'loopback' : link.tunnel ? link.kind : link.pointToPoint ? 'none' : 'ether';
}

/** `    link/ether MAC brd ff:… link-netnsid 0` */
export function linkLayer(p: Process, link: Link): string {
  if (link.tunnel) return `    link/${link.kind} ${formatIpv4(link.tunnel.local)} ${link.tunnel.remote === 0 ? 'brd' : 'peer'} ${formatIpv4(link.tunnel.remote)}${peerNamespace(p, link)}`;
  if (link.pointToPoint) return '    link/none ';
  return `    link/${link.kind === 'loopback' ? 'loopback' : 'ether'} ${link.address} brd ${link.kind === 'loopback' ? ZERO_MAC : BROADCAST_MAC}${peerNamespace(p, link)}`;
}

/** Where the other end of a veth is: the namespace's name when /run/netns has one, else the id the kernel gave it. */
export function peerNamespace(p: Process, link: Link): string {
  const other = (link.peer ?? link.lower)?.ns;
  if (!other || other === link.ns) return '';
  const named = namespaceName(p, other);
  return named === undefined ? ` link-netnsid ${link.ns.nsid(other)}` : ` link-netns ${named}`;
}

/** Its name in /run/netns, which this process sees when it is no container's. */
export function namespaceName(p: Process, ns: NetNamespace): string | undefined {
  return p.container === undefined ? [...p.machine.netns].find(([, o]) => o === ns)?.[0] : undefined;
}

export function qdisc(link: Link): string {
  return link.qdisc;
}

/** What follows the first line: the link layer, what -d adds, other names. `own`: of `ip link`, which shows a little more than `ip addr`. */
export function layer(p: Process, link: Link, options: Options, { own = true } = {}): string {
  return linkLayer(p, link) + (options.details ? (own ? details(link) : details(link).replace('addrgenmode eui64 ', '')) : '') + (link.alias === undefined || !own ? '' : `\n    alias ${link.alias}`) + [...link.altNames].map((name) => `\n    altname ${name}`).join('');
}

/** What -d adds. */
export function details(link: Link): string {
  const common = ` promiscuity ${link.promiscuity}  allmulti ${Number(link.master !== undefined) + Number(link.allmulticast)} minmtu ${link.kind === 'loopback' ? 0 : 68} maxmtu ${link.kind === 'loopback' ? 0 : 65535} `;
  const kind = link.kind === 'bridge' ? `\n    ${bridgeText(link)}` : link.kind === 'vxlan' ? `\n    ${vxlan(link)}` : link.kind === 'veth' ? '\n    veth ' : link.kind === 'tun' || link.kind === 'tap' ? `\n    tun type ${link.kind} pi off vnet_hdr off persist on ` : link.kind in LINK_TYPES ? `\n    ${LINK_TYPES[link.kind as 'dummy']!.details!(link)}` : '';
  const slave = link.master ? `\n    bridge_slave ${portText(link)}` : '';
  const tail = `${kind ? '' : ''}addrgenmode eui64 numtxqueues ${queues(link)} numrxqueues ${queues(link)} gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 `;
  return `${common}${kind}${slave}${tail}`;
}

/** A veth has a queue for each processor (drivers/net/veth.c): two, as the nodes have. */
function queues(link: Link): number {
  return link.kind === 'veth' ? 2 : 1;
}

function vxlan(link: Link): string {
  const v = link.vxlan!;
  const ends = `${v.remote !== undefined ? ` remote ${formatIpv4(v.remote)}` : ''}${v.local !== undefined ? ` local ${formatIpv4(v.local)}` : ''}`;
  return `vxlan id ${v.vni}${ends}${v.dev ? ` dev ${v.dev.name}` : ''} srcport 0 0 dstport ${v.port}${v.learning ? '' : ' nolearning'} ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx `;
}

/** What -s adds; a second -s the kinds of errors. */
export function statistics(link: Link, times: number): string {
  const s = link.stats;
  const row = (cells: number[], widths: number[]) => `    ${cells.map((c, i) => String(c).padStart(widths[i]!)).join(' ')} \n`;
  const w = [Math.max(10, ...[s.rxBytes, s.txBytes].map((n) => String(n).length)), 7, 6, 7, 7, 7];
  let out = `    RX:  ${'bytes'.padStart(w[0]! - 5)} packets errors dropped  missed   mcast           \n${row([s.rxBytes, s.rxPackets, s.rxErrors, s.rxDropped, 0, s.multicast], w)}`;
  if (times > 1) out += `    RX errors:  length    crc   frame    fifo overrun\n${' '.repeat(15)}${row([0, 0, 0, 0, 0], [7, 6, 7, 7, 7]).slice(4)}`;
  out += `    TX:  ${'bytes'.padStart(w[0]! - 5)} packets errors dropped carrier collsns           \n${row([s.txBytes, s.txPackets, s.txErrors, s.txDropped, 0, 0], w)}`;
  if (times > 1) out += `    TX errors: aborted   fifo  window heartbt transns\n${' '.repeat(15)}${row([0, 0, 0, 0, link.kind === 'loopback' ? 0 : 2], [7, 6, 7, 7, 7]).slice(4)}`;
  return out;
}

/** `lo               UNKNOWN        ` of -br. */
export function brief(link: Link): string {
  const state = link.kind === 'loopback' && link.up ? 'UNKNOWN' : link.state;
  return `${nameWithPeer(link).padEnd(16)} ${state.padEnd(14)} `;
}

/** Lines as they are, or joined by backslashes with -o. */
export function lines(all: string[], options: Options): string {
  const shown = options.color ? all.map(colored) : all;
  return `${shown.join(options.oneline ? '\\' : '\n')}\n`;
}
