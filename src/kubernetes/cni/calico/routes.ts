import type { KubeObject } from '../../api/types.ts';
import { type ApiClient, core } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { parseIpv4 } from '../../../linux/net/addresses.ts';
import { MS, type Timer } from '../../../sim/clock.ts';
import type { Process } from '../../../linux/process.ts';
import { range, text } from '../addresses.ts';
import { calico } from './ipam.ts';
import type { Encapsulation } from './static-rules.ts';

export const ANNOTATION = 'projectcalico.org/';
/** How the node speaks to the others, and the name of the device it uses for it. */
export const TUNNEL: Record<Encapsulation, string | undefined> = { ipip: 'tunl0', vxlan: 'vxlan.calico', none: undefined };

/**
 * Routes to the other nodes' blocks: what BIRD learns over BGP (ipip and no encapsulation) or Felix computes (vxlan). The sessions
 * themselves are not spoken: every node reads in the API what its peers would announce.
 */
export class BlockRoutes {
  readonly #process: Process;
  readonly #node: string;
  readonly #encapsulation: Encapsulation;
  readonly #affinities: Informer;
  readonly #nodes: Informer;
  #later: Timer | undefined;
  #mine = new Map<string, { dst: string; dev?: string }>();

  constructor(process: Process, client: ApiClient, node: string, encapsulation: Encapsulation) {
    this.#process = process;
    this.#node = node;
    this.#encapsulation = encapsulation;
    this.#affinities = new Informer(client, process.world.clock, calico('blockaffinities'));
    this.#nodes = new Informer(client, process.world.clock, core('nodes'));
  }

  start(): void {
    const changed = () => this.#sync();
    for (const i of [this.#affinities, this.#nodes]) i.on({ add: changed, update: changed, delete: changed }).start();
    this.#process.onExit(() => {
      this.#affinities.stop();
      this.#nodes.stop();
    });
  }

  #sync(): void {
    const { net } = this.#process, dev = TUNNEL[this.#encapsulation];
    if (!this.#process.running) return;
    // The last object of a list is told before the list counts as whole.
    if (!this.#affinities.synced || !this.#nodes.synced) {
      this.#later ??= this.#process.world.clock.after(MS, () => {
        this.#later = undefined;
        this.#sync();
      }, { background: true });
      return;
    }
    if (this.#process.stopped || (dev && !net.link(dev)?.up)) return;
    const nodes = new Map(this.#nodes.list().map((n) => [n.metadata.name, n])), wanted = new Map<string, { dst: string; dev?: string }>();
    for (const { spec } of this.#affinities.list()) {
      const cidr = String(spec.cidr);
      if (spec.node === this.#node) {
        wanted.set(cidr, { dst: cidr });
        if (!this.#mine.has(cidr)) net.replaceRoute({ dst: cidr, type: 'blackhole', protocol: this.#encapsulation === 'vxlan' ? '80' : 'bird' });
        continue;
      }
      const node = nodes.get(String(spec.node));
      if (node && this.#reach(cidr, node)) wanted.set(cidr, { dst: cidr });
    }
    for (const [cidr, route] of this.#mine) if (!wanted.has(cidr) && net.routes().some((r) => r.dst === range(cidr)[0] && r.bits === range(cidr)[1])) net.delRoute(route);
    this.#mine = wanted;
  }

  #reach(cidr: string, node: KubeObject): boolean {
    const { net } = this.#process, annotations = node.metadata.annotations ?? {}, ip = annotations[`${ANNOTATION}IPv4Address`]?.split('/')[0];
    if (!ip) return false;
    const [base, bits] = range(cidr), there = net.routes().find((r) => r.dst === base && r.bits === bits);
    if (this.#encapsulation === 'vxlan') {
      const vtep = annotations[`${ANNOTATION}IPv4VXLANTunnelAddr`], mac = annotations[`${ANNOTATION}VXLANTunnelMACAddr`];
      if (!vtep || !mac) return false;
      net.addNeighbour({ ip: vtep, dev: 'vxlan.calico', lladdr: mac, state: 'PERMANENT' }, { replace: true });
      net.addFdb({ dev: 'vxlan.calico', lladdr: mac, dst: ip }, { replace: true });
      if (there?.via !== parseIpv4(vtep)) net.replaceRoute({ dst: cidr, via: vtep, dev: 'vxlan.calico', onlink: true });
    } else if (there?.via !== parseIpv4(ip)) {
      const dev = TUNNEL[this.#encapsulation];
      net.replaceRoute({ dst: `${text(base)}/${bits}`, via: ip, dev: dev ?? net.lookupRoute(ip).dev.name, protocol: 'bird', ...(dev ? { onlink: true } : {}) });
    }
    return true;
  }
}
