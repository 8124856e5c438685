import type { World } from '../../world.ts';
import type { Ip } from '../addresses.ts';
import type { HookName, HookState } from '../hooks.ts';
import type { Packet } from '../packet.ts';

export type AddressType = 'UNSPEC' | 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' | 'BLACKHOLE' | 'UNREACHABLE' | 'PROHIBIT' | 'THROW';

/** What netfilter asks of the network namespace it belongs to. */
export interface NetfilterHost {
  readonly world: World;
  readonly machine: string;
  readonly name: string;
  /** What the routing tables say of an address (-m addrtype), with `dev` only as that device sees it. */
  addressType(ip: Ip, dev?: string): AddressType;
  /** The address a packet to `to` would leave `dev` with (inet_select_addr; MASQUERADE). */
  selectSource(dev: string, to: Ip): Ip | undefined;
  /** Whether an answer to `src` would leave by `dev` (-m rpfilter); `loose`: by any device. */
  reversePath(src: Ip, dev: string, options: { loose: boolean; acceptLocal: boolean; mark: number }): boolean;
  /** First address of a device (REDIRECT). */
  primaryAddress(dev: string, family?: 4 | 6): Ip | undefined;
  /** Answers with destination-unreachable of that code, unless the packet is not to be answered. */
  rejectWithIcmp(packet: Packet, code: number, hook: HookName, state: HookState): void;
  /** Answers with a RST. */
  rejectWithReset(packet: Packet, hook: HookName, state: HookState): void;
  /** A line of the kernel log. */
  log(line: string): void;
}
