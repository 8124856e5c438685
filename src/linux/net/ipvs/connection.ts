/** Connections that IPVS forwards, and what packets do to their states (ip_vs_conn.c, ip_vs_proto_tcp.c). */
import { SECOND, type Micros } from '../../../sim/clock.ts';
import type { Ipv4 } from '../addresses.ts';
import { ACK, FIN, RST, SYN, type Packet } from '../packet.ts';
import type { ForwardMethod, IpvsDestination, IpvsService } from './service.ts';

const TCP_STATES = ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'SYNACK'] as const;
export type IpvsState = (typeof TCP_STATES)[number] | 'UDP';

/** Seconds. `ipvsadm --set` changes those of established and of ended TCP connections and of UDP. */
export const TIMEOUTS: Record<IpvsState, number> = { NONE: 2, ESTABLISHED: 900, SYN_SENT: 120, SYN_RECV: 60, FIN_WAIT: 120, TIME_WAIT: 120, CLOSE: 10, CLOSE_WAIT: 60, LAST_ACK: 30, LISTEN: 120, SYNACK: 120, UDP: 300 };

export interface IpvsConnection {
  protocol: number;
  client: Ipv4;
  clientPort: number;
  virtual: Ipv4;
  virtualPort: number;
  service: IpvsService;
  destination: IpvsDestination;
  /** Of the destination; where that names none, the one the client asked for. */
  port: number;
  forward: ForwardMethod;
  state: IpvsState;
  /** Counted among the active ones of its destination. */
  active: boolean;
  /** Seconds; counted from the last packet. */
  timeout: number;
  expires: Micros;
}

/** A client that persistence has bound to a destination (a connection template). */
export interface IpvsTemplate {
  client: Ipv4;
  service: IpvsService;
  destination: IpvsDestination;
  /** One of its connections was established. */
  assured: boolean;
  expires: Micros;
}

/** By event (SYN, FIN, ACK, RST), the new state for each old one, in the order of TCP_STATES. */
type Transitions = readonly IpvsState[][];
const transitions = (...rows: [syn: string, fin: string, ack: string, rst: string]): Transitions => rows.map((row) => row.split(' ').map((name) => NAMES[name]!));
const NAMES: Record<string, IpvsState> = { NO: 'NONE', ES: 'ESTABLISHED', SS: 'SYN_SENT', SR: 'SYN_RECV', FW: 'FIN_WAIT', TW: 'TIME_WAIT', CL: 'CLOSE', CW: 'CLOSE_WAIT', LA: 'LAST_ACK', LI: 'LISTEN', SA: 'SYNACK' };
const FROM_CLIENT = transitions('SR ES ES SR SR SR SR SR SR SR SR', 'CL CW SS TW TW TW CL CW LA LI TW', 'CL ES SS ES FW TW CL CW CL LI ES', 'CL CL CL SR CL CL CL CL LA LI SR');
const FROM_SERVER = transitions('SS ES SS SR SS SS SS SS SS LI SR', 'TW FW SS TW FW TW CL TW LA LI TW', 'ES ES SS ES FW TW CL CW LA ES ES', 'CL CL SS CL CL TW CL CL CL CL CL');
/** Answers do not come back this way (direct routing, tunnels). */
const CLIENT_ONLY = transitions('SR ES ES SR SR SR SR SR SR SR SR', 'CL FW SS TW FW TW CL CW LA LI TW', 'CL ES SS ES FW TW CL CW CL LI ES', 'CL CL CL SR CL CL CL CL LA LI CL');

/** What a packet makes of its connection: state, timeout, and the counts of the destination. */
export function advance(cp: IpvsConnection, packet: Packet, fromServer: boolean, timeouts: Record<IpvsState, number>, now: Micros): void {
  const { tcp } = packet;
  if (tcp) {
    const table = fromServer ? FROM_SERVER : cp.forward === 'Masq' ? FROM_CLIENT : CLIENT_ONLY;
    const event = tcp.flags & RST ? 3 : tcp.flags & SYN ? 0 : tcp.flags & FIN ? 1 : tcp.flags & ACK ? 2 : undefined;
    setState(cp, event === undefined ? 'CLOSE' : table[event]![TCP_STATES.indexOf(cp.state as 'NONE')]!);
  } else setState(cp, 'UDP');
  cp.timeout = timeouts[cp.state];
  cp.expires = now + cp.timeout * SECOND;
}

function setState(cp: IpvsConnection, state: IpvsState): void {
  cp.state = state;
  const active = state === 'ESTABLISHED';
  if (active === cp.active) return;
  cp.active = active;
  cp.destination.active += active ? 1 : -1;
  cp.destination.inactive += active ? -1 : 1;
}
