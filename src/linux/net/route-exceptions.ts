/**
 * What a machine has learnt of single destinations, beside its routes (struct fib_nh_exception of net/ipv4/route.c): that the path
 * takes less than the link does, that another gateway is nearer. ICMP tells it; it is forgotten after a while.
 */
import { SECOND, type Clock, type Micros } from '../../sim/clock.ts';
import type { Ip, Ipv4 } from './addresses.ts';

export interface RouteException {
  /** Bytes. */
  mtu?: number;
  /** In the place of the gateway `instead`: as long as the route names that one. */
  gateway?: Ipv4;
  instead?: Ipv4;
  until: Micros;
}

/** ip_rt_mtu_expires and ip_rt_gc_timeout. */
const LASTS = { mtu: 600 * SECOND, gateway: 300 * SECOND } as const;

export class RouteExceptions {
  readonly #clock: Clock;
  readonly #known = new Map<Ip, RouteException>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(dst: Ip): RouteException | undefined {
    const known = this.#known.size > 0 ? this.#known.get(dst) : undefined;
    if (!known || known.until > this.#clock.now) return known;
    this.#known.delete(dst);
    return undefined;
  }

  /** Adds to what is known of that destination. */
  learn(dst: Ip, what: { mtu: number } | { gateway: Ipv4; instead: Ipv4 }): void {
    const lasts = 'mtu' in what ? LASTS.mtu : LASTS.gateway;
    this.#known.set(dst, { ...this.get(dst), ...what, until: this.#clock.now + lasts });
  }

  destinations(): Ip[] {
    return [...this.#known.keys()].filter((dst) => this.get(dst));
  }

  /** `ip route flush cache` */
  flush(): void {
    this.#known.clear();
  }
}
