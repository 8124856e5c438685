/** Settings of bridges and their ports: `ip link set … type bridge`, `bridge link set`, and what -d shows (ip/iplink_bridge*.c). */
import { NetlinkError } from '../../linux/net/errors.ts';
import type { BridgeOptions, BridgePort, PortState } from '../../linux/net/bridge.ts';
import type { Link } from '../../linux/net/link.ts';
import { portId, SpanningTree } from '../../linux/net/stp.ts';
import { Exit } from './options.ts';

const NUMBERS: Readonly<Record<string, [key: keyof BridgeOptions, least: number, most: number]>> = {
  forward_delay: ['forwardDelay', 0, 3000], hello_time: ['helloTime', 100, 1000], max_age: ['maxAge', 600, 4000], ageing_time: ['ageing', 0, 0xffffffff], priority: ['priority', 0, 65535],
};
const SWITCHES: Readonly<Record<string, keyof BridgeOptions>> = { stp_state: 'stp', vlan_filtering: 'vlanFiltering', nf_call_iptables: 'nfCallIptables', mcast_snooping: 'mcastSnooping' };
const UNUSED = new Set(['group_fwd_mask', 'mcast_querier', 'mcast_router', 'nf_call_ip6tables', 'nf_call_arptables', 'vlan_default_pvid', 'vlan_stats_enabled', 'mcast_igmp_version']);
export const PORT_STATES: readonly PortState[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

/** Throws Exit, NetlinkError ERANGE, EOPNOTSUPP. */
export function setBridge(link: Link, words: readonly string[]): void {
  const bridge = link.bridge!, { options } = bridge;
  for (let i = 0; i < words.length; i += 2) {
    const word = words[i]!, value = words[i + 1];
    if (value === undefined) throw new Exit(255, 'Command line is not complete. Try option "help"\n');
    const n = /^\d+$/.test(value) ? Number(value) : NaN;
    const number = NUMBERS[word], toggle = SWITCHES[word];
    if ((number || toggle) && Number.isNaN(n)) throw new Exit(255, `Error: argument "${value}" is wrong: invalid ${word}\n\n`);
    if (word === 'vlan_filtering' && !link.ns.kernelHas('bridge_vlan_filtering')) throw new NetlinkError('EOPNOTSUPP');
    if (number) {
      if (n < number[1] || n > number[2] || (word === 'forward_delay' && options.stp && n < 200)) throw new NetlinkError('ERANGE');
      const { id } = bridge;
      Object.assign(options, { [number[0]]: n });
      if (word === 'priority') bridge.stp?.idChanged(id);
      else bridge.stp?.timesChanged();
    } else if (toggle === 'stp') setStp(link, n !== 0);
    else if (toggle) Object.assign(options, { [toggle]: n !== 0 });
    else if (!UNUSED.has(word)) throw new Exit(255, `bridge: unknown command "${word}"?\n`);
  }
}

/** Turns the kernel's spanning tree on or off; off, its ports stay as they are until what they know is too old. */
export function setStp(link: Link, on: boolean): void {
  const bridge = link.bridge!;
  if (bridge.options.stp === on) return;
  if (on) bridge.stp ??= new SpanningTree(bridge);
  bridge.options.stp = on;
  if (on) bridge.stp!.start();
}

const PORT_SWITCHES: Readonly<Record<string, 'hairpin' | 'learning' | 'flood' | 'isolated'>> = { hairpin: 'hairpin', learning: 'learning', flood: 'flood', isolated: 'isolated' };

/** Throws Exit, NetlinkError EOPNOTSUPP (no port), ENETDOWN, EBUSY (kernel STP runs). */
export function setPort(link: Link, words: readonly string[]): void {
  const { port } = link;
  for (let i = 0; i < words.length; i += 2) {
    const word = words[i]!, value = words[i + 1];
    if (value === undefined) throw new Exit(255, 'Command line is not complete. Try option "help"\n');
    const toggle = PORT_SWITCHES[word];
    if (toggle && value !== 'on' && value !== 'off') throw new Exit(255, `Error: argument of "${word}" must be "on" or "off", not "${value}"\n`);
    if (!port) throw new NetlinkError('EOPNOTSUPP');
    if (toggle) port[toggle] = value === 'on';
    else if (word === 'cost' || word === 'priority') {
      const n = Number(value);
      if (!(n >= (word === 'cost' ? 1 : 0) && n <= (word === 'cost' ? 65535 : 63))) throw new NetlinkError('ERANGE');
      const id = portId(link);
      port[word] = n;
      link.master!.bridge!.stp?.portChanged(link, id);
      link.master!.bridge!.tellPort(link);
    } else if (word === 'state') setState(link, port, value);
    else if (!['guard', 'root_block', 'fastleave', 'mcast_flood', 'bcast_flood', 'mcast_router', 'neigh_suppress', 'vlan_tunnel', 'proxy_arp', 'locked'].includes(word)) throw new Exit(255, `bridge_slave: unknown option "${word}"?\n`);
  }
}

function setState(link: Link, port: BridgePort, value: string): void {
  const state = PORT_STATES[Number(value)] ?? PORT_STATES.find((s) => s === value);
  if (!state) throw new Exit(255, `Error: invalid STP port state\n`);
  if (link.master!.bridge!.options.stp) throw new NetlinkError('EBUSY');
  if (!link.running && state !== 'disabled') throw new NetlinkError('ENETDOWN');
  port.forced = state;
}

/** `PPPP.MMMMMMMMMMMM` as ip prints it: bytes of the address without leading zeros. */
function bridgeId(id: string): string {
  return `${id.slice(0, 5)}${[...id.slice(5).matchAll(/../g)].map(([byte]) => parseInt(byte, 16).toString(16)).join(':')}`;
}
const timer = (hundredths: number | undefined) => ((hundredths ?? 0) / 100).toFixed(2).padStart(7);

const on = (flag: boolean | undefined) => (flag ? 'on' : 'off');

export function bridgeText(link: Link): string {
  // ip 6.1 shows the bridge's own id where the root's should be.
  const id = bridgeId(link.bridge!.id), { options: o, stp: s, ports } = link.bridge!;
  return `bridge forward_delay ${o.forwardDelay} hello_time ${o.helloTime} max_age ${o.maxAge} ageing_time ${s?.topologyChange ? 2 * s.forwardDelay : o.ageing} stp_state ${Number(o.stp)} priority ${o.priority} vlan_filtering ${Number(o.vlanFiltering)} bridge_id ${id} designated_root ${id} root_port ${s?.rootPort && ports.includes(s.rootPort) ? s.rootPort.port!.number : 0} root_path_cost ${s?.rootPathCost ?? 0} topology_change ${Number(s?.topologyChange ?? 0)} topology_change_detected ${Number(s?.topologyChangeDetected ?? 0)} hello_timer ${timer(s?.helloTimer.left)} tcn_timer ${timer(s?.tcnTimer.left)} topology_change_timer ${timer(s?.topologyChangeTimer.left)} gc_timer  275.46 group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping ${Number(o.mcastSnooping)} no_linklocal_learn 0 mcast_vlan_snooping 0 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 16 mcast_hash_max 4096 mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100 mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500 mcast_query_response_interval 1000 mcast_startup_query_interval 3124 mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1 nf_call_iptables ${Number(o.nfCallIptables)} nf_call_ip6tables 0 nf_call_arptables 0 `;
}

/** Of a port, as `ip -d link` shows it behind `bridge_slave`. */
export function portText(link: Link): string {
  const master = link.master!, port = link.port!, { id } = master.bridge!, s = master.bridge!.stp?.port(link);
  return `state ${master.bridge!.stateOf(link)} priority ${port.priority} cost ${port.cost} hairpin ${on(port.hairpin)} guard off root_block off fastleave off learning ${on(port.learning)} flood ${on(port.flood)} port_id 0x${portId(link).toString(16)} port_no 0x${port.number.toString(16)} designated_port ${s?.designatedPort ?? portId(link)} designated_cost ${s?.designatedCost ?? 0} designated_bridge ${bridgeId(s?.designatedBridge ?? id)} designated_root ${bridgeId(s?.designatedRoot ?? id)} hold_timer ${timer(s?.hold.left)} message_age_timer ${timer(s?.messageAge.left)} forward_delay_timer ${timer(s?.forwardDelay.left)} topology_change_ack ${Number(s?.changeAck ?? 0)} config_pending ${Number(s?.configPending ?? 0)} proxy_arp off proxy_arp_wifi off mcast_router 1 mcast_fast_leave off mcast_flood on bcast_flood on mcast_to_unicast off neigh_suppress off group_fwd_mask 0 group_fwd_mask_str 0x0 vlan_tunnel off isolated ${on(port.isolated)} locked off `;
}

/** The same behind `bridge -d link`. */
export function portFlags({ port }: Link): string {
  return `hairpin ${on(port?.hairpin)} guard off root_block off fastleave off learning ${on(port?.learning)} flood ${on(port?.flood)} mcast_flood on bcast_flood on mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated ${on(port?.isolated)} locked off `;
}
