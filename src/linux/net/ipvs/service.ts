import type { Ipv4 } from '../addresses.ts';
import type { Scheduler } from './schedulers.ts';

/** How packets get to a destination: NAT, to its MAC on the same network, in an IP tunnel. */
export type ForwardMethod = 'Masq' | 'Route' | 'Tunnel';

/** A second, smoothed (ip_vs_est.c). */
export interface IpvsRates {
  conns: number;
  inPackets: number;
  outPackets: number;
  inBytes: number;
  outBytes: number;
}

export interface IpvsStats extends IpvsRates {
  rates: IpvsRates;
  /** As they were when the rates were last looked at. */
  before: IpvsRates;
}

/** A real server of a virtual one (struct ip_vs_dest). */
export interface IpvsDestination {
  address: Ipv4;
  port: number;
  forward: ForwardMethod;
  weight: number;
  /** Connections above which it gets no new ones, until they are fewer than `lower`; 0: no limit. */
  upper: number;
  lower: number;
  overloaded: boolean;
  /** Connections that are established, and those that are not (any more). */
  active: number;
  inactive: number;
  /** Clients bound to it by persistence. */
  persistent: number;
  /** False once it was deleted: connections to it lead nowhere. */
  available: boolean;
  stats: IpvsStats;
}

/** What names a virtual server: protocol, address and port, or a firewall mark. */
export interface ServiceKey {
  protocol: number;
  address: Ipv4;
  port: number;
  fwmark: number;
}

/** A virtual server (struct ip_vs_service). */
export interface IpvsService extends ServiceKey {
  scheduler: Scheduler;
  /** Seconds that a client stays with its destination; 0 without persistence. */
  timeout: number;
  /** Clients of one network count as one client. */
  netmask: Ipv4;
  /** The newest first, as the kernel keeps them. */
  destinations: IpvsDestination[];
  stats: IpvsStats;
}

const none = (): IpvsRates => ({ conns: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 });
export const newStats = (): IpvsStats => ({ ...none(), rates: none(), before: none() });

/** Every two seconds: a quarter of the way to the rate of these. */
export function estimate(s: IpvsStats): void {
  for (const key of Object.keys(s.rates) as (keyof IpvsRates)[]) {
    s.rates[key] += ((s[key] - s.before[key]) / 2 - s.rates[key]) / 4;
    s.before[key] = s[key];
  }
}

/** The hash bucket of a service (ip_vs_svc_hashkey): /proc/net/ip_vs lists by it. */
export function bucket({ protocol, address, port }: ServiceKey): number {
  return (protocol ^ address ^ (port >>> 8) ^ port) & 255;
}
