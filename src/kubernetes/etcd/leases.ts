import type { Clock, Micros } from '../../sim/clock.ts';
import { EtcdError } from './error.ts';

const LEASE_NOT_FOUND = 'etcdserver: requested lease not found';

export interface Lease {
  readonly id: number;
  /** The id that clients see: 64 bits. */
  readonly wire: bigint;
  readonly ttl: number;
  readonly grantedAt: Micros;
  expiresAt: Micros;
  readonly keys: Set<string>;
}

/** The leases of a store: each ends when nobody has kept it alive for its time to live. */
export class Leases {
  readonly #leases = new Map<number, Lease>();
  readonly #clock: Clock;
  readonly #expired: (lease: Lease) => void;
  #next = 1;

  constructor(clock: Clock, expired: (lease: Lease) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** `ttl` in seconds; `wire`: the id that clients see. */
  add(ttl: number, wire = BigInt(this.#next)): Lease {
    const lease: Lease = { id: this.#next++, wire, ttl, grantedAt: this.#clock.now, expiresAt: this.#clock.now + ttl * 1_000_000, keys: new Set() };
    this.#leases.set(lease.id, lease);
    this.#expireLater(lease);
    return lease;
  }

  /** Throws EtcdError when there is none. */
  known(id: number): Lease {
    const lease = this.#leases.get(id);
    if (!lease) throw new EtcdError(LEASE_NOT_FOUND);
    return lease;
  }

  keepAlive(id: number): Lease {
    const lease = this.known(id);
    lease.expiresAt = this.#clock.now + lease.ttl * 1_000_000;
    return lease;
  }

  /** It is no more; its keys are for the caller to delete. */
  take(id: number): Lease {
    const lease = this.known(id);
    this.#leases.delete(id);
    return lease;
  }

  get(id: number): Lease | undefined {
    return this.#leases.get(id);
  }

  all(): Lease[] {
    return [...this.#leases.values()];
  }

  #expireLater(lease: Lease): void {
    this.#clock.after(lease.expiresAt - this.#clock.now, () => {
      if (!this.#leases.has(lease.id)) return;
      if (lease.expiresAt > this.#clock.now) this.#expireLater(lease);
      else this.#expired(lease);
    }, { background: true });
  }
}
