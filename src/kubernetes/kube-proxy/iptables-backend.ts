import { formatIpv4, isLoopback } from '../../linux/net/addresses.ts';
import type { Process } from '../../linux/process.ts';
import { MS, SECOND, type Micros } from '../../sim/clock.ts';
import { ensureChain, ensureRule } from './ensure.ts';
import { addressesWithin, anyAddress } from './node-port-addresses.ts';
import type { Backend } from './proxier.ts';
import { buildRules, type RuleOptions } from './rules.ts';
import type { Endpoint, ServicePort } from './services.ts';

const CANARY = 'KUBE-PROXY-CANARY';
/** Tables with a canary; the first one's is the one that is watched. */
const CANARIES = ['mangle', 'nat', 'filter'] as const;
const FLUSH_TIMEOUT = 5 * SECOND, FLUSH_POLL = 200 * MS;

/** The iptables mode: rules of nat and filter (pkg/proxy/iptables/proxier.go). */
export class IptablesBackend implements Backend {
  readonly #process: Process;
  readonly #options: RuleOptions;
  readonly #nodePortAddresses: readonly string[];
  readonly #localhost: boolean;
  #written = '';
  #chains = new Set<string>();

  /** `nodePortAddresses`: CIDRs, none for all of the node's addresses; `localhost`: whether nodePorts are also served on 127.0.0.0/8. */
  constructor(process: Process, options: RuleOptions, nodePortAddresses: readonly string[] = [], localhost = true) {
    this.#process = process;
    this.#options = options;
    this.#nodePortAddresses = nodePortAddresses;
    this.#localhost = localhost;
  }

  write(ports: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>): void {
    const { net } = this.#process;
    for (const table of CANARIES) ensureChain(net, table, CANARY);
    let repaired = false;
    for (const [table, to, from, comment, state] of JUMPS) {
      ensureChain(net, table, to);
      repaired = ensureRule(net, 'I', table, from, `${state ? '-m conntrack --ctstate NEW ' : ''}-m comment --comment "${comment}" -j ${to}`) || repaired;
    }
    const { filter, nat, chains } = buildRules(ports, endpoints, { ...this.#options, nodePorts: this.#nodePorts() });
    const present = net.netfilter.tables.nat.chains;
    const stale = [...this.#chains].filter((c) => !chains.has(c) && present.has(c));
    const text = `*filter\n${filter.join('\n')}\nCOMMIT\n*nat\n${nat.join('\n')}\nCOMMIT\n`;
    const intact = !repaired && this.#intact(chains, present);
    if (text !== this.#written || stale.length > 0 || !intact) {
      const removal = stale.map((c) => `:${c} - [0:0]\n`).join('') + stale.map((c) => `-X ${c}\n`).join('');
      net.netfilter.restore(`*filter\n${filter.join('\n')}\nCOMMIT\n*nat\n${nat.join('\n')}\n${removal}COMMIT\n`, { noflush: true });
      this.#written = text;
    }
    this.#chains = chains;
  }

  /**
   * Somebody flushed the tables: the canary of the first one is gone. The others get 5 s to go too, so that nothing is written into
   * the middle of a flush; then everything is written again (pkg/util/iptables, Monitor).
   */
  tick(sync: () => void, since?: Micros): void {
    const { net, world: { clock }, running, stopped } = this.#process;
    if (!running || stopped) return;
    const [mangle, ...others] = CANARIES.map((t) => net.netfilter.tables[t].chains.has(CANARY));
    if (since === undefined && mangle) return;
    const begun = since ?? clock.now;
    if (others.includes(true) && clock.now - begun < FLUSH_TIMEOUT) {
      clock.after(FLUSH_POLL, () => this.tick(sync, begun));
      return;
    }
    this.#written = '';
    sync();
  }

  /** What to match before KUBE-NODEPORTS: the node's addresses within nodePortAddresses. */
  #nodePorts(): string[] {
    if (anyAddress(this.#nodePortAddresses)) return [`-m addrtype --dst-type LOCAL${this.#localhost ? '' : ' ! -d 127.0.0.0/8'}`];
    const own = addressesWithin(this.#process.net, this.#nodePortAddresses).filter((ip) => this.#localhost || !isLoopback(ip));
    return own.map((ip) => `-d ${formatIpv4(ip)}/32`);
  }

  /** Whether what was written last is still there: a flush leaves chains without rules. */
  #intact(chains: ReadonlySet<string>, present: ReadonlyMap<string, { rules: readonly unknown[] }>): boolean {
    for (const c of chains) if (!present.get(c)?.rules.length) return false;
    return (present.get('KUBE-POSTROUTING')?.rules.length ?? 0) === 3;
  }
}

/** Jumps from the builtin chains, each put first when it is missing: so the last of the list stands first. */
const JUMPS: readonly ['filter' | 'nat', string, string, string, boolean][] = [
  ['filter', 'KUBE-EXTERNAL-SERVICES', 'INPUT', 'kubernetes externally-visible service portals', true],
  ['filter', 'KUBE-EXTERNAL-SERVICES', 'FORWARD', 'kubernetes externally-visible service portals', true],
  ['filter', 'KUBE-NODEPORTS', 'INPUT', 'kubernetes health check service ports', false],
  ['filter', 'KUBE-SERVICES', 'FORWARD', 'kubernetes service portals', true],
  ['filter', 'KUBE-SERVICES', 'OUTPUT', 'kubernetes service portals', true],
  ['filter', 'KUBE-FORWARD', 'FORWARD', 'kubernetes forwarding rules', false],
  ['filter', 'KUBE-PROXY-FIREWALL', 'INPUT', 'kubernetes load balancer firewall', true],
  ['filter', 'KUBE-PROXY-FIREWALL', 'OUTPUT', 'kubernetes load balancer firewall', true],
  ['filter', 'KUBE-PROXY-FIREWALL', 'FORWARD', 'kubernetes load balancer firewall', true],
  ['nat', 'KUBE-SERVICES', 'OUTPUT', 'kubernetes service portals', false],
  ['nat', 'KUBE-SERVICES', 'PREROUTING', 'kubernetes service portals', false],
  ['nat', 'KUBE-POSTROUTING', 'POSTROUTING', 'kubernetes postrouting rules', false],
];
