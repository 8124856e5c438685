/** What rtnetlink's multicast groups tell: who listens (`ip monitor`) is called while something changes. */
import type { Ipv4, Mac } from './addresses.ts';
import type { Route, Rule } from './fib.ts';
import type { Address, Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import type { Neighbour } from './neighbour.ts';

export type NetEvent =
  | {
      kind: 'link';
      link: Link;
      deleted?: boolean;
      /** The operational state has yet to follow the carrier, which is there (net/core/link_watch.c). */
      lagging?: boolean;
      /** Offloads of a bridge follow those of its ports. */
      features?: boolean;
      /** It goes to another namespace, and what it is there. */
      moved?: { to: NetNamespace; index: number };
    }
  /** A port of a bridge, as the bridge tells of it (net/bridge/br_netlink.c); `bare`: without its settings. */
  | { kind: 'port'; link: Link; bridge: Link; deleted?: boolean; bare?: boolean }
  | { kind: 'address'; address: Address; deleted?: boolean }
  | { kind: 'route'; route: Route; deleted?: boolean }
  | { kind: 'neighbour'; neighbour: Neighbour; deleted?: boolean }
  /** An entry of a forwarding database. */
  | { kind: 'fdb'; mac: Mac; dev: Link; master?: Link | undefined; vlan?: number | undefined; dst?: Ipv4; state: 'PERMANENT' | 'NOARP' | 'REACHABLE' | 'STALE'; deleted?: boolean }
  | { kind: 'rule'; rule: Rule; deleted?: boolean }
  /** Settings of a link (its index and its name by then), of `all` or of `default`; `only`: the one that was set. */
  | { kind: 'netconf'; family: 'inet' | 'inet6'; dev: Link | 'all' | 'default'; only?: string; deleted?: boolean }
  /** This namespace's number for another one. */
  | { kind: 'nsid'; id: number; of: NetNamespace; deleted?: boolean };

type Listener = (event: NetEvent) => void;

export class Notifications {
  readonly #listeners = new Set<Listener>();

  /** Whether somebody listens. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Returns how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(event: NetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
