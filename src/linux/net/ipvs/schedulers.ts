/** Which destination gets the next connection (net/netfilter/ipvs/ip_vs_*.c). Each is made for one service and keeps its place there. */
import type { Packet } from '../packet.ts';
import type { IpvsDestination, IpvsService } from './service.ts';

export interface Scheduler {
  readonly name: string;
  /** None: nobody may have it. */
  next(service: IpvsService, packet: Packet): IpvsDestination | undefined;
  /** Destinations came, went or have other weights. */
  changed?(service: IpvsService): void;
}

/** By name, as `ipvsadm -s` takes it. */
export const SCHEDULERS: Readonly<Record<string, () => Scheduler>> = {
  rr: roundRobin, wrr: weightedRoundRobin,
  lc: () => least('lc', overhead, () => 1), wlc: () => least('wlc', overhead, (d) => d.weight), sed: () => least('sed', (d) => d.active + 1, (d) => d.weight), nq: neverQueue,
  sh: () => hashed('sh', (p) => p.src), dh: () => hashed('dh', (p) => p.dst),
  fo: () => ({ name: 'fo', next: ({ destinations }) => best(destinations.filter(usable), (d) => -d.weight) }),
  ovf: () => ({ name: 'ovf', next: ({ destinations }) => best(destinations.filter((d) => usable(d) && d.active < d.weight), (d) => -d.weight) }),
};

const usable = (d: IpvsDestination) => !d.overloaded && d.weight > 0;
/** An established connection weighs as much as 256 that are not. */
const overhead = (d: IpvsDestination) => d.active * 256 + d.inactive;

/** The first of those with the smallest figure. */
function best(destinations: readonly IpvsDestination[], figure: (d: IpvsDestination) => number): IpvsDestination | undefined {
  let found: IpvsDestination | undefined;
  for (const d of destinations) if (!found || figure(d) < figure(found)) found = d;
  return found;
}

function least(name: string, load: (d: IpvsDestination) => number, weight: (d: IpvsDestination) => number): Scheduler {
  return { name, next: ({ destinations }) => best(destinations.filter(usable), (d) => load(d) / weight(d)) };
}

/** One that is idle, else the shortest expected delay. */
function neverQueue(): Scheduler {
  const sed = least('nq', (d) => d.active + 1, (d) => d.weight);
  return { name: 'nq', next: (service, packet) => service.destinations.find((d) => usable(d) && d.active === 0) ?? sed.next(service, packet) };
}

function roundRobin(): Scheduler {
  let last: IpvsDestination | undefined;
  return {
    name: 'rr',
    next({ destinations }) {
      const from = last ? destinations.indexOf(last) : -1;
      for (let i = 1; i <= destinations.length; i++) {
        const d = destinations[(from + i) % destinations.length]!;
        if (usable(d)) return (last = d);
      }
      return undefined;
    },
    changed({ destinations }) {
      if (last && !destinations.includes(last)) last = undefined;
    },
  };
}

/** ip_vs_wrr.c: rounds for weights from the highest down in steps of their greatest common divisor. */
function weightedRoundRobin(): Scheduler {
  let at: IpvsDestination | undefined, round = 0, most = 0, step = 1;
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const measure = ({ destinations }: IpvsService) => {
    step = destinations.reduce((g, d) => (d.weight > 0 ? gcd(g, d.weight) : g), 0) || 1;
    most = Math.max(0, ...destinations.map((d) => d.weight)) - (step - 1);
  };
  return {
    name: 'wrr',
    next({ destinations }) {
      if (most <= 0) return undefined;
      // Two whole rounds see every destination at every weight.
      for (let tries = (Math.floor(most / step) + 2) * 2; tries > 0; tries--) {
        for (const d of destinations.slice(at ? destinations.indexOf(at) + 1 : 0)) if (!d.overloaded && d.weight >= round) return (at = d);
        at = undefined;
        round -= step;
        if (round <= 0) round = most;
      }
      return undefined;
    },
    changed(service) {
      measure(service);
      at = undefined;
      if (round > most || round === 0) round = most;
      else if (step > 1) round = Math.floor(round / step) * step + 1;
    },
  };
}

/** A table of 256 places, filled with the destinations by their weights; the address says the place. */
function hashed(name: string, address: (p: Packet) => number): Scheduler {
  let table: IpvsDestination[] = [];
  return {
    name,
    next(_service, packet) {
      if (table.length === 0) return undefined;
      const d = table[(Math.imul(address(packet), 0x61c88647) >>> 24) & 255]!;
      return usable(d) ? d : undefined;
    },
    changed({ destinations }) {
      table = [];
      for (let i = 0, count = 0; destinations.length > 0 && table.length < 256; ) {
        const d = destinations[i]!;
        table.push(d);
        if (++count < d.weight) continue;
        count = 0;
        i = (i + 1) % destinations.length;
      }
    },
  };
}
