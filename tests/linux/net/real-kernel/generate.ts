import { Rng } from '../../../../src/sim/rng.ts';
import type { Case, Namespace, Probe, Server } from './case.ts';
import { randomRules, type Surroundings } from './rules.ts';

interface Host {
  ns: string;
  address: string;
}

/**
 * A random network: sites (a gateway with hosts behind a bridge of its own, or each on a wire), joined through a switch, a
 * chain of wires or an overlay; then what people do to it: routes that end nowhere, policy rules, small MTUs, filters, NAT.
 */
export function generate(seed: string): Case {
  return new Builder(seed).build();
}

class Builder {
  readonly #seed: string;
  readonly #rng: Rng;
  readonly #spaces = new Map<string, Namespace>();
  readonly #links: Case['ip'] = [];
  readonly #set: Case['ip'] = [];
  readonly #fdb: Case['ip'] = [];
  readonly #hosts: Host[] = [];
  /** Gateways with their address between the sites. */
  readonly #gateways: (Host & { site: number; dev: string })[] = [];

  constructor(seed: string) {
    this.#seed = seed;
    this.#rng = new Rng(`real kernel ${seed}`);
  }

  build(): Case {
    const rng = this.#rng;
    const sites = rng.pick([1, 1, 2, 2, 2, 3]);
    for (let i = 0; i < sites; i++) this.#site(i);
    if (sites > 1) rng.pick([() => this.#switch(), () => this.#chain(), () => this.#switch(true)])();
    this.#disturb();
    const names = [...this.#spaces.keys()];
    for (const space of this.#spaces.values()) this.#servers(space);
    const surroundings: Surroundings = {
      hosts: this.#hosts.map((h) => h.address),
      services: ['10.96.0.10', '10.96.0.1', '172.30.1.1'],
      ports: [80, 81, 53, 8080, 30080],
      links: (ns) => this.#set.filter((s) => s.ns === ns).flatMap((s) => s.lines).flatMap((l) => /^addr add \S+ dev (\S+)/.exec(l)?.[1] ?? []).filter((l) => l !== 'lo'),
    };
    const ruled = rng.pick([1, 1, 2, 3]);
    for (let i = 0; i < ruled; i++) {
      const ns = rng.float() < 0.6 && this.#gateways.length > 0 ? rng.pick(this.#gateways).ns : rng.pick(names);
      Object.assign(this.#spaces.get(ns)!, randomRules(rng, ns, surroundings));
    }
    return { seed: this.#seed, namespaces: [...this.#spaces.values()], ip: [...merged([...this.#links, ...this.#set]), ...this.#fdb], probes: this.#probes(surroundings) };
  }

  #space(name: string, sysctls: Record<string, string> = {}): void {
    this.#spaces.set(name, { name, sysctls, servers: [] });
    this.#configure(name, 'link set lo up');
  }

  /** Wires two namespaces. */
  #wire(a: string, devA: string, b: string, devB: string, mtu = 1500): void {
    const size = mtu === 1500 ? '' : `mtu ${mtu} `;
    this.#links.push({ ns: a, lines: [`link add ${devA} ${size}type veth peer name ${devB} ${size}netns ${b}`] });
  }

  #configure(ns: string, ...lines: string[]): void {
    this.#set.push({ ns, lines });
  }

  #site(i: number): void {
    const rng = this.#rng;
    const gw = `g${i}`, hosts = rng.between(1, i === 0 ? 3 : 2), bridged = rng.float() < 0.6;
    const sysctls: Record<string, string> = { 'net.ipv4.ip_forward': rng.float() < 0.93 ? '1' : '0' };
    if (bridged) sysctls['net.bridge.bridge-nf-call-iptables'] = rng.pick(['0', '1', '1']);
    if (rng.float() < 0.15) sysctls['net.ipv4.conf.all.rp_filter'] = rng.pick(['1', '2']);
    if (rng.float() < 0.15) sysctls['net.ipv4.conf.all.route_localnet'] = '1';
    this.#space(gw, sysctls);
    const mtu = rng.float() < 0.15 ? rng.pick([1400, 1450, 1280, 9000]) : 1500;
    if (bridged) {
      this.#links.push({ ns: gw, lines: [`link add cni0 type bridge`] });
      this.#configure(gw, `addr add 10.${i + 1}.0.1/24 brd + dev cni0`, 'link set cni0 up');
    }
    for (let h = 0; h < hosts; h++) {
      const ns = `h${i}${h}`, port = `veth${h}`;
      this.#space(ns, rng.float() < 0.06 ? { 'net.ipv4.icmp_echo_ignore_all': '1' } : {});
      this.#wire(gw, port, ns, 'eth0', mtu);
      const address = bridged ? `10.${i + 1}.0.${h + 2}` : `10.${i + 1}.${h}.2`;
      const gateway = bridged ? `10.${i + 1}.0.1` : `10.${i + 1}.${h}.1`;
      if (bridged) {
        this.#configure(gw, `link set ${port} master cni0`, `link set ${port} up`);
        if (rng.float() < 0.3) this.#configure(gw, `link set ${port} type bridge_slave hairpin on`);
      } else this.#configure(gw, `addr add ${gateway}/24 brd + dev ${port}`, `link set ${port} up`);
      this.#configure(ns, `addr add ${address}/24 brd + dev eth0`, 'link set eth0 up');
      // Not more than the link takes: whether the sender is told then is a race with the neighbour's answer.
      if (rng.float() < 0.94) this.#configure(ns, `route add default via ${gateway}${rng.float() < 0.1 && mtu > 1300 ? ' mtu 1300' : ''}`);
      if (rng.float() < 0.1) this.#configure(ns, `addr add ${address.replace(/\.(\d+)$/, (_, n: string) => `.${Number(n) + 100}`)}/24 dev eth0`);
      this.#hosts.push({ ns, address });
    }
    this.#hosts.push({ ns: gw, address: bridged ? `10.${i + 1}.0.1` : `10.${i + 1}.0.1` });
  }

  /** All gateways on one switch; with `overlay`, what is between the sites travels in vxlan as flannel's does. */
  #switch(overlay = false): void {
    const rng = this.#rng;
    this.#space('sw', { 'net.bridge.bridge-nf-call-iptables': rng.pick(['0', '1']) });
    this.#links.push({ ns: 'sw', lines: ['link add br0 type bridge'] });
    this.#configure('sw', 'link set br0 up');
    const sites = [...this.#spaces.keys()].filter((n) => n.startsWith('g')).length;
    const mtu = rng.float() < 0.2 ? rng.pick([1400, 1450, 1300]) : 1500;
    for (let i = 0; i < sites; i++) {
      this.#wire('sw', `p${i}`, `g${i}`, 'eth0', mtu);
      this.#configure('sw', `link set p${i} master br0`, `link set p${i} up`);
      this.#configure(`g${i}`, `addr add 192.168.7.${i + 2}/24 brd + dev eth0`, 'link set eth0 up');
      this.#gateways.push({ ns: `g${i}`, address: `192.168.7.${i + 2}`, site: i, dev: 'eth0' });
      this.#hosts.push({ ns: `g${i}`, address: `192.168.7.${i + 2}` });
      if (overlay) {
        this.#links.push({ ns: `g${i}`, lines: [`link add flannel.1 address aa:00:00:00:00:0${i} type vxlan id 1 local 192.168.7.${i + 2} dev eth0 dstport 8472 nolearning`] });
        this.#configure(`g${i}`, `addr add 10.${i + 1}.0.0/32 dev flannel.1`, 'link set flannel.1 up');
      }
    }
    for (let i = 0; i < sites; i++) {
      for (let j = 0; j < sites; j++) {
        if (i === j || rng.float() < 0.05) continue;
        if (!overlay) this.#configure(`g${i}`, `route add 10.${j + 1}.0.0/16 via 192.168.7.${j + 2}`);
        else {
          this.#configure(`g${i}`, `route add 10.${j + 1}.0.0/16 via 10.${j + 1}.0.0 dev flannel.1 onlink`);
          if (rng.float() < 0.95) this.#configure(`g${i}`, `neigh add 10.${j + 1}.0.0 lladdr aa:00:00:00:00:0${j} dev flannel.1 nud permanent`);
        }
      }
    }
    if (overlay) for (let i = 0; i < sites; i++) for (let j = 0; j < sites; j++) if (i !== j) this.#fdb.push({ ns: `g${i}`, program: 'bridge', lines: [`fdb append aa:00:00:00:00:0${j} dev flannel.1 dst 192.168.7.${j + 2}`] });
  }

  /** Gateway to gateway by wires of their own. */
  #chain(): void {
    const rng = this.#rng;
    const sites = [...this.#spaces.keys()].filter((n) => n.startsWith('g')).length;
    for (let i = 0; i + 1 < sites; i++) {
      this.#wire(`g${i}`, `w${i}`, `g${i + 1}`, `e${i}`, rng.float() < 0.3 ? rng.pick([1280, 1400, 600]) : 1500);
      this.#configure(`g${i}`, `addr add 172.16.${i}.1/30 dev w${i}`, `link set w${i} up`);
      this.#configure(`g${i + 1}`, `addr add 172.16.${i}.2/30 dev e${i}`, `link set e${i} up`);
      this.#gateways.push({ ns: `g${i}`, address: `172.16.${i}.1`, site: i, dev: `w${i}` }, { ns: `g${i + 1}`, address: `172.16.${i}.2`, site: i + 1, dev: `e${i}` });
      this.#hosts.push({ ns: `g${i}`, address: `172.16.${i}.1` }, { ns: `g${i + 1}`, address: `172.16.${i}.2` });
    }
    for (let i = 0; i < sites; i++) {
      for (let j = 0; j < sites; j++) {
        if (i === j || rng.float() < 0.05) continue;
        const via = j > i ? `172.16.${i}.2` : `172.16.${i - 1}.1`;
        this.#configure(`g${i}`, `route add 10.${j + 1}.0.0/16 via ${via}`);
      }
    }
  }

  #disturb(): void {
    const rng = this.#rng;
    const names = [...this.#spaces.keys()].filter((n) => n !== 'sw');
    const target = () => rng.pick(this.#hosts).address;
    const one = [
      () => `route add ${rng.pick(['blackhole', 'unreachable', 'prohibit'])} ${target()}`,
      () => `route add ${rng.pick(['blackhole', 'unreachable', 'prohibit', 'throw'])} ${target().replace(/\d+\.\d+$/, '0.0/16')} metric ${rng.pick([0, 50])}`,
      () => `route add ${target()} via ${target()}`,
      () => `rule add fwmark 0x1 lookup 100`,
      () => `rule add from ${target()} lookup 100`,
      () => `rule add to ${target()} ${rng.pick(['blackhole', 'unreachable', 'prohibit', 'lookup 100'])}`,
      () => `route add ${rng.pick(['unreachable', 'blackhole', 'prohibit', 'throw'])} default table 100`,
      () => `route add default via ${target()} table 100`,
      () => `link set lo mtu ${rng.pick([1500, 65536, 16436])}`,
      () => `addr add ${rng.pick(['10.96.0.10', '172.30.1.1', '192.0.2.1'])}/32 dev lo`,
      () => `neigh add ${target()} lladdr 02:00:00:00:00:99 dev eth0 nud permanent`,
      () => `route add local 10.96.0.0/16 dev lo`,
      () => `route change default via ${target()}`,
    ];
    for (let n = rng.pick([0, 0, 0, 1, 1, 2]); n > 0; n--) this.#configure(rng.pick(names), rng.pick(one)());
  }

  #servers(space: Namespace): void {
    const rng = this.#rng;
    const servers: Server[] = [];
    const own = this.#hosts.filter((h) => h.ns === space.name).map((h) => h.address);
    for (const [proto, port] of [['tcp', 80], ['udp', 53], ['tcp', 8080], ['udp', 80]] as const) {
      if (rng.float() < 0.25) continue;
      servers.push({ proto, port, ip: own.length > 0 && rng.float() < 0.1 ? rng.pick(own) : '0.0.0.0' });
    }
    space.servers = servers;
  }

  #probes(around: Surroundings): Probe[] {
    const rng = this.#rng;
    const probes: Probe[] = [];
    const senders = [...this.#spaces.keys()].filter((n) => n !== 'sw');
    const destination = () => (rng.float() < 0.3 ? rng.pick(around.services) : rng.float() < 0.08 ? rng.pick(['127.0.0.1', '10.99.0.1', '10.1.0.77', '10.1.0.255']) : rng.pick(around.hosts));
    for (let i = 0, n = rng.between(4, 8); i < n; i++) {
      const from = rng.pick(senders), to = destination(), sport = 20001 + i;
      const size = rng.pick([0, 1, 40, 400, 1300, 1440, 2000, 4000]);
      const kind = rng.pick(['tcp', 'tcp', 'tcp', 'udp', 'udp', 'ping'] as const);
      if (kind === 'tcp') probes.push({ kind, from, to, port: rng.pick([80, 80, 80, 81, 8080, 30080]), sport, size, close: rng.pick(['fin', 'reset']) });
      else if (kind === 'udp') probes.push({ kind, from, to, port: rng.pick([53, 53, 80, 81]), sport, size, ...(rng.float() < 0.2 ? { df: true } : {}) });
      else probes.push({ kind, from, to, sport, size, ...(rng.float() < 0.4 ? { df: true } : {}), ...(rng.float() < 0.25 ? { ttl: rng.between(1, 3) } : {}) });
    }
    // Some again, from the same port or another: an existing connection, the next of nth.
    return probes.flatMap((p, i) => (rng.float() < 0.25 ? [p, { ...p, sport: rng.float() < 0.5 ? p.sport : 20501 + i }] : [p]));
  }
}

/** Steps of one namespace that follow each other are one batch; links come first. */
function merged(steps: Case['ip']): Case['ip'] {
  const out: Case['ip'] = [];
  const at = new Map<string, string[]>();
  const links = steps.filter((s) => s.lines.some((l) => l.startsWith('link add')));
  for (const { ns, lines } of links) {
    const last = out.at(-1);
    if (last?.ns === ns) last.lines.push(...lines);
    else out.push({ ns, lines: [...lines] });
  }
  for (const { ns, lines } of steps.filter((s) => !links.includes(s))) {
    const list = at.get(ns);
    if (list) list.push(...lines);
    else at.set(ns, [...lines]);
  }
  // Two rounds would be needed for a next hop that another namespace's link brings up: carriers do not matter to routes.
  for (const [ns, lines] of at) if (lines.length > 0) out.push({ ns, lines });
  return out;
}
