import type { Link } from '../../linux/net/link.ts';
import { formatIpv4, ZERO_MAC, BROADCAST_MAC } from '../../linux/net/addresses.ts';
import type { Process } from '../../linux/process.ts';
import type { Options } from './options.ts';

/** `eth0@if3`, `v1@v0`: a veth names its other end; one in another namespace by its index. */
export function nameWithPeer(link: Link): string {
  const peer = link.peer;
  if (!peer) return link.name;
  return `${link.name}@${peer.ns === link.ns ? peer.name : `if${peer.index}`}`;
}

/** The first line of `ip link` and `ip addr`: `2: eth0@if3: <…> mtu 1500 qdisc noqueue state UP …` */
export function headline(link: Link, { mode }: { mode: boolean }): string {
  const master = link.master ? ` master ${link.master.name}` : '';
  // The veths that the CNI plugins make have no queue length; a netlink message without it prints none.
  const qlen = link.txqlen > 0 ? ` qlen ${link.txqlen}` : '';
  const state = link.kind === 'loopback' && link.up ? 'UNKNOWN' : link.state;
  return `${link.index}: ${nameWithPeer(link)}: <${link.flags.join(',')}> mtu ${link.mtu} qdisc ${qdisc(link)}${master} state ${state}${mode ? ' mode DEFAULT' : ''} group default${qlen}`;
}

/** `    link/ether MAC brd ff:… link-netnsid 0` */
export function linkLayer(p: Process, link: Link): string {
  return `    link/${link.kind === 'loopback' ? 'loopback' : 'ether'} ${link.address} brd ${link.kind === 'loopback' ? ZERO_MAC : BROADCAST_MAC}${peerNamespace(p, link)}`;
}

/** Where the other end of a veth is: the namespace's name when /run/netns has one, else the id the kernel gave it. */
export function peerNamespace(p: Process, link: Link): string {
  const other = link.peer?.ns;
  if (!other || other === link.ns) return '';
  const named = [...p.machine.netns].find(([, ns]) => ns === other)?.[0];
  return named && link.ns === p.machine.net ? ` link-netns ${named}` : ' link-netnsid 0';
}

export function qdisc(link: Link): string {
  return link.qdisc;
}

/** What -d adds. */
export function details(link: Link): string {
  const common = ` promiscuity ${link.promiscuity > 0 ? 1 : 0}  allmulti 0 minmtu ${link.kind === 'loopback' ? 0 : 68} maxmtu ${link.kind === 'loopback' ? 0 : 65535} `;
  const kind = link.kind === 'bridge' ? `\n    ${bridge(link)}` : link.kind === 'vxlan' ? `\n    ${vxlan(link)}` : link.kind === 'veth' || link.kind === 'dummy' ? `\n    ${link.kind} ` : '';
  const slave = link.master ? `\n    ${slaveDetails(link)}` : '';
  const tail = `${kind ? '' : ''}addrgenmode eui64 numtxqueues ${queues(link)} numrxqueues ${queues(link)} gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 `;
  return `${common}${kind}${slave}${tail}`;
}

function queues(_link: Link): number {
  return 1;
}

function vxlan(link: Link): string {
  const v = link.vxlan!;
  const ends = `${v.remote !== undefined ? ` remote ${formatIpv4(v.remote)}` : ''}${v.local !== undefined ? ` local ${formatIpv4(v.local)}` : ''}`;
  return `vxlan id ${v.vni}${ends}${v.dev ? ` dev ${v.dev.name}` : ''} srcport 0 0 dstport ${v.port}${v.learning ? '' : ' nolearning'} ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx `;
}

/** Bridge ids leave out leading zeros. */
function bridgeId(link: Link): string {
  return `8000.${link.address.split(':').map((b) => parseInt(b, 16).toString(16)).join(':')}`;
}

function bridge(link: Link): string {
  const id = bridgeId(link);
  return `bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 bridge_id ${id} designated_root ${id} root_port 0 root_path_cost 0 topology_change 0 topology_change_detected 0 hello_timer    0.00 tcn_timer    0.00 topology_change_timer    0.00 gc_timer  275.46 group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping 1 no_linklocal_learn 0 mcast_vlan_snooping 0 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 16 mcast_hash_max 4096 mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100 mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500 mcast_query_response_interval 1000 mcast_startup_query_interval 3124 mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 `;
}

function slaveDetails(link: Link): string {
  const master = link.master!;
  const id = bridgeId(master);
  return `bridge_slave state forwarding priority 32 cost 2 hairpin ${link.port?.hairpin ? 'on' : 'off'} guard off root_block off fastleave off learning on flood on port_id 0x8001 port_no 0x1 designated_port 32769 designated_cost 0 designated_bridge ${id} designated_root ${id} hold_timer    0.00 message_age_timer    0.00 forward_delay_timer    0.00 topology_change_ack 0 config_pending 0 proxy_arp off proxy_arp_wifi off mcast_router 1 mcast_fast_leave off mcast_flood on bcast_flood on mcast_to_unicast off neigh_suppress off group_fwd_mask 0 group_fwd_mask_str 0x0 vlan_tunnel off isolated ${link.port?.isolated ? 'on' : 'off'} locked off `;
}

/** What -s adds; a second -s the kinds of errors. */
export function statistics(link: Link, times: number): string {
  const s = link.stats;
  const row = (cells: number[], widths: number[]) => `    ${cells.map((c, i) => String(c).padStart(widths[i]!)).join(' ')} \n`;
  const w = [Math.max(10, ...[s.rxBytes, s.txBytes].map((n) => String(n).length)), 7, 6, 7, 7, 7];
  let out = `    RX:  ${'bytes'.padStart(w[0]! - 5)} packets errors dropped  missed   mcast           \n${row([s.rxBytes, s.rxPackets, s.rxErrors, s.rxDropped, 0, s.multicast], w)}`;
  if (times > 1) out += `    RX errors:  length    crc   frame    fifo overrun\n${' '.repeat(15)}${row([0, 0, 0, 0, 0], [7, 6, 7, 7, 7]).slice(4)}`;
  out += `    TX:  ${'bytes'.padStart(w[0]! - 5)} packets errors dropped carrier collsns           \n${row([s.txBytes, s.txPackets, s.txErrors, s.txDropped, 0, 0], w)}`;
  if (times > 1) out += `    TX errors: aborted   fifo  window heartbt transns\n${' '.repeat(15)}${row([0, 0, 0, 0, 2], [7, 6, 7, 7, 7]).slice(4)}`;
  return out;
}

/** `lo               UNKNOWN        ` of -br. */
export function brief(link: Link): string {
  const state = link.kind === 'loopback' && link.up ? 'UNKNOWN' : link.state;
  return `${nameWithPeer(link).padEnd(16)} ${state.padEnd(14)} `;
}

/** Lines as they are, or joined by backslashes with -o. */
export function lines(all: string[], options: Options): string {
  return options.oneline ? `${all.join('\\')}\n` : `${all.join('\n')}\n`;
}
