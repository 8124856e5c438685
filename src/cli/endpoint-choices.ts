import type { Ipv4 } from '../linux/net/addresses.ts';
import { parseIpv4 } from '../linux/net/addresses.ts';
import { destinationOf } from '../linux/net/netfilter/rule.ts';
import type { World } from '../linux/world.ts';

/**
 * Lets connections go to the endpoints they went to when a session was recorded. Which endpoint stands behind a connection
 * is chance (`-m statistic --mode random`); the recorded answers say how it fell (`hostname: POD`).
 */
export class EndpointChoices {
  readonly #world: World;
  #queue: (Ipv4 | typeof OTHER)[] = [];
  /** What the connection that a packet begins is to get, by the packet's flow and machine. */
  readonly #given = new Map<string, Ipv4 | typeof OTHER>();
  /** The endpoints that the recorded answers name. */
  #named: Ipv4[] = [];

  constructor(world: World) {
    this.#world = world;
    for (const machine of world.machines.values()) {
      const netfilter = machine.net.netfilter;
      const chance = netfilter.chooser;
      netfilter.chooser = (probability, c) => {
        const here = c.rule && parseIpv4(destinationOf(c.rule)?.split(':')[0] ?? '');
        if (here === undefined) return chance(probability, c);
        const key = `${machine.name} ${c.packet.flow}`;
        let wanted = this.#given.get(key);
        if (wanted === undefined && this.#queue.length > 0) {
          const all = siblings(netfilter.save('nat'), here);
          if (this.#queue[0] === OTHER ? this.#named.some((ip) => all.has(ip)) : all.has(this.#queue[0]!)) {
            wanted = this.#queue.shift()!;
            this.#given.set(key, wanted);
          }
        }
        return wanted === undefined ? chance(probability, c) : wanted === OTHER ? !this.#named.includes(here) : here === wanted;
      };
    }
  }

  /** Prepares the choices of the next command from what it printed when it was recorded. */
  expect(recorded: string): void {
    this.#given.clear();
    const hosts = [...recorded.matchAll(/^hostname: (\S+)$/gm)].map(([, pod]) => this.#address(pod!)).filter((ip): ip is Ipv4 => ip !== undefined);
    this.#named = hosts;
    // One line a connection, some without a name: those went where nobody answered.
    const lines = recorded.trimEnd().split('\n'), bare = lines.filter((l) => /^\w+$/.test(l)).length;
    const each = hosts.length > 0 && bare > 0 && hosts.length + bare === lines.length;
    let next = 0;
    this.#queue = each ? lines.map((l) => (l.startsWith('hostname: ') ? hosts[next++]! : OTHER)) : hosts;
  }

  #address(pod: string): Ipv4 | undefined {
    for (const machine of this.#world.machines.values()) {
      const main = machine.pids.processes().find((p) => p.container !== undefined && p.uts.hostname === pod);
      const address = main?.net.links().find((l) => l.kind !== 'loopback')?.addresses[0];
      if (address) return address.ip;
    }
    return undefined;
  }
}

/** An endpoint that no answer names. */
const OTHER = 'other';

/** Endpoints of the Services that have this one, from kube-proxy's comments (`default/spink -> 10.244.1.2:8080`). */
function siblings(rules: string, ip: Ipv4): Set<Ipv4> {
  const services = new Map<string, Set<Ipv4>>();
  for (const [, service, address] of rules.matchAll(/--comment "(\S+) -> ([\d.]+):\d+"/g)) services.set(service!, (services.get(service!) ?? new Set()).add(parseIpv4(address!)!));
  return new Set([...services.values()].filter((all) => all.has(ip)).flatMap((all) => [...all]));
}
