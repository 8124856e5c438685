import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import type { Packet } from './packet.ts';

export type HookName = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';
export type HookVerdict = 'ACCEPT' | 'DROP' | 'STOLEN';

export interface HookState {
  ns: NetNamespace;
  in?: Link | undefined;
  out?: Link | undefined;
  /** Bridge ports of a frame that passes a bridge (br_netfilter; -m physdev); `in`/`out` are then the bridge. */
  physIn?: Link | undefined;
  physOut?: Link | undefined;
}

/**
 * What the IP layer asks of netfilter. `run` passes the packet through everything registered at the hook in the kernel's
 * order (raw, conntrack, mangle, nat, filter, confirm), rewrites it where NAT says so and gives the verdict. After OUTPUT
 * the IP layer routes again by itself when dst or mark changed. STOLEN: netfilter keeps or answered it (REJECT is DROP
 * after the answer was sent).
 */
export interface Hooks {
  /** Whether pieces of a packet are put together before PREROUTING (nf_defrag_ipv4 and _ipv6, which conntrack brings). */
  defragments(packet: Packet): boolean;
  run(hook: HookName, packet: Packet, state: HookState): HookVerdict;
}
