/** What -d and -s add to a link in JSON. */
import type { Link } from '../../linux/net/link.ts';
import { bridgeText, portText } from './bridge-options.ts';

export function detailsJson(link: Link): Record<string, unknown> {
  const loopback = link.kind === 'loopback', queues = link.kind === 'veth' ? 2 : 1;
  const info = {
    ...(loopback ? {} : { info_kind: link.kind, ...(link.bridge ? { info_data: pairs(bridgeText(link)) } : {}) }),
    ...(link.master ? { info_slave_kind: 'bridge', info_slave_data: pairs(`bridge_slave ${portText(link)}`) } : {}),
  };
  return {
    promiscuity: link.promiscuity, allmulti: Number(link.master !== undefined) + Number(link.allmulticast), min_mtu: loopback ? 0 : 68, max_mtu: loopback ? 0 : 65535,
    ...(Object.keys(info).length > 0 ? { linkinfo: info } : {}), inet6_addr_gen_mode: 'eui64', num_tx_queues: queues, num_rx_queues: queues,
    gso_max_size: 65536, gso_max_segs: 65535, tso_max_size: 524280, tso_max_segs: 65535, gro_max_size: 65536,
  };
}

/** The settings that are printed one after another, by name: numbers, switches, words. */
function pairs(text: string): Record<string, unknown> {
  const [, ...words] = text.trim().split(/\s+/);
  const out: Record<string, unknown> = {};
  for (let i = 0; i + 1 < words.length; i += 2) {
    const value = words[i + 1]!;
    out[NAMES[words[i]!] ?? words[i]!] = value === 'on' || value === 'off' ? value === 'on' : /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return out;
}
const NAMES: Record<string, string> = { group_address: 'group_addr' };

export function statsJson({ stats: s }: Link, times: number): Record<string, unknown> {
  const errors = (names: string) => (times > 1 ? Object.fromEntries(names.split(' ').map((name) => [name, 0])) : {});
  return {
    rx: { bytes: s.rxBytes, packets: s.rxPackets, errors: s.rxErrors, dropped: s.rxDropped, over_errors: 0, multicast: s.multicast, ...errors('length_errors crc_errors frame_errors fifo_errors missed_errors') },
    tx: { bytes: s.txBytes, packets: s.txPackets, errors: s.txErrors, dropped: s.txDropped, carrier_errors: 0, collisions: 0, ...errors('aborted_errors fifo_errors window_errors heartbeat_errors') },
  };
}
