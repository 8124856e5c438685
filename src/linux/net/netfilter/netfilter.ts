import type { Micros } from '../../../sim/clock.ts';
import { formatIpv4, IPV4_MAX } from '../addresses.ts';
import { Conntrack } from '../conntrack/conntrack.ts';
import type { Entry } from '../conntrack/entry.ts';
import { CONFIRMED } from '../conntrack/entry.ts';
import { isUntouched, natDone, nullBinding, translate, type Manip } from '../conntrack/nat.ts';
import type { HookName, HookState, Hooks, HookVerdict } from '../hooks.ts';
import { summary, type Packet, type PacketSummary } from '../packet.ts';
import { tracer, type Tracer } from '../trace.ts';
import { candidates, compileRule, indexChain } from './compile.ts';
import { ACCEPT, CONTINUE, DROP, RETURN, STOLEN, type Context, type Outcome } from './extension.ts';
import type { NetfilterHost } from './host.ts';
import type { IpSet } from './ipset.ts';
import { restore, type RestoreOptions } from './restore.ts';
import type { Rule } from './rule.ts';
import { save } from './save.ts';
import { HOOKS, Table, TABLES, type Chain, type TableName } from './table.ts';

/** A rule met by a packet that `-j TRACE` marked, as `xtables-monitor --trace` is told. */
export interface RuleTrace {
  packet: Packet;
  summary: PacketSummary;
  hook: HookName;
  in: string;
  out: string;
  table: TableName;
  chain: Chain;
  /** None: the policy of the chain. */
  rule: Rule | undefined;
  verdict: Outcome;
}

/** What a source (or whatever the modes tell apart) has left under a name of -m hashlimit; how often a rate in bytes fills up at once besides. */
export interface HashAccount {
  credit: number;
  last: Micros;
  refills: number;
}

/** Tables of a hook in the order of their priorities: raw -300, (conntrack -200), mangle -150, nat -100, IPVS -98 in OUTPUT, filter 0, security 50, IPVS 99, nat source 100. */
const ORDER: Record<HookName, readonly (TableName | 'conntrack' | 'ipvs' | 'confirm')[]> = {
  PREROUTING: ['raw', 'conntrack', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'security', 'ipvs', 'nat', 'confirm'],
  FORWARD: ['mangle', 'filter', 'security', 'ipvs'],
  OUTPUT: ['raw', 'conntrack', 'mangle', 'nat', 'ipvs', 'filter', 'security'],
  POSTROUTING: ['mangle', 'nat', 'confirm'],
};
const TRACKING = new Set(['conntrack', 'connlimit', 'NETMAP', 'state', 'connmark', 'CONNMARK', 'CT', 'NOTRACK', 'DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT']);
const MANIP: Record<HookName, Manip | undefined> = { PREROUTING: 'DST', OUTPUT: 'DST', INPUT: 'SRC', POSTROUTING: 'SRC', FORWARD: undefined };

/** iptables and connection tracking of a network namespace. */
export class Netfilter implements Hooks {
  readonly host: NetfilterHost;
  readonly conntrack: Conntrack;
  readonly tables: Record<TableName, Table>;
  /** Of ip6tables. */
  readonly tables6: Record<TableName, Table>;
  /** Sets of ipset by name. */
  readonly sets = new Map<string, IpSet>();
  /** The tables of iptables-legacy, which the kernel holds beside those of nf_tables; made when first used. */
  legacy: Record<TableName, Table> | undefined;
  /**
   * Whether connections are tracked: as in the kernel, only once something in the namespace needs it (a rule that looks at
   * them, or NAT). Never switched off again.
   */
  tracking = false;
  /** The same of IPv6. */
  tracking6 = false;
  /** IP Virtual Server, once its module was loaded. */
  ipvs: { run(c: Context): Outcome; readonly proc: Record<string, () => string> } | undefined;
  /** Zone that -j CT gave the packet that is passing. */
  zone = 0;
  /**
   * What `-m statistic --mode random` of `c.rule` does with a packet that it would take with probability `chance`. A replay
   * of a recording may put its own choices here (`destinationOf(c.rule)` says where the packet would go).
   */
  chooser: (chance: number, c: Context) => boolean;
  readonly #hashlimits = new Map<string, Map<string, HashAccount>>();
  readonly #recent = new Map<string, Map<number, { ttl: number; times: number[] }>>();
  readonly #tracers = new Set<(step: RuleTrace) => void>();
  readonly #tracer: Tracer;
  #order = 0;
  readonly #next = () => ++this.#order;

  constructor(host: NetfilterHost) {
    this.host = host;
    const name = `${host.machine}/${host.name}`;
    this.conntrack = new Conntrack(host.world, name);
    this.conntrack.onFull = (line) => host.log(line);
    this.tables = newTables(this.#next, (rule) => void (this.tracking ||= needsTracking(rule)));
    this.tables6 = newTables(this.#next, (rule) => void (this.tracking6 ||= needsTracking(rule)));
    const rng = host.world.rng.fork(`netfilter ${name}`);
    this.chooser = (chance) => rng.float() < chance;
    this.#tracer = tracer(host.world);
  }

  /** Loads the input of iptables-restore. Throws RestoreError. */
  restore(text: string, options: RestoreOptions = {}): void {
    restore(this, text, options);
  }

  /** The output of iptables-save; of all tables that exist, unless one is named. */
  save(table?: TableName, options: { counters?: boolean } = {}): string {
    return save(this, table ? [table] : TABLES, options);
  }

  /** Empty tables of this namespace (the legacy back end). */
  newTables(): Record<TableName, Table> {
    return newTables(this.#next, (rule) => void (this.tracking ||= needsTracking(rule)));
  }

  /** Addresses that -m recent remembers under a name. */
  recent(name: string): Map<number, { ttl: number; times: number[] }> {
    let list = this.#recent.get(name);
    if (!list) this.#recent.set(name, (list = new Map()));
    return list;
  }

  /** Accounts of -m hashlimit under a name. */
  hashlimit(name: string): Map<string, HashAccount> {
    let accounts = this.#hashlimits.get(name);
    if (!accounts) this.#hashlimits.set(name, (accounts = new Map()));
    return accounts;
  }

  /** Lists of -m recent that rules name: the files of /proc/net/xt_recent. */
  recentNames(): string[] {
    const names = new Set<string>();
    for (const table of Object.values(this.tables)) {
      for (const chain of table.chains.values()) for (const rule of chain.rules) for (const { ext, data } of rule.spec.matches) if (ext.name === 'recent') names.add((data as { name: string }).name);
    }
    return [...names].sort();
  }

  /** /proc/net/xt_recent/NAME; times are jiffies (of 1/250 s) of a machine booted then. */
  recentText(name: string, bootedAt: Micros): string {
    const jiffies = (t: Micros) => 4294892296 + Math.floor((t - bootedAt) / 4000);
    return [...this.recent(name)]
      .map(([ip, { ttl, times }]) => `src=${formatIpv4(ip)} ttl: ${ttl} last_seen: ${jiffies(times.at(-1)!)} oldest_pkt: ${times.length % 20} ${times.map(jiffies).join(', ')}\n`)
      .join('');
  }

  /** Every rule that packets marked by -j TRACE meet. Returns a function that ends it. */
  onTrace(listener: (step: RuleTrace) => void): () => void {
    this.#tracers.add(listener);
    return () => this.#tracers.delete(listener);
  }

  defragments(packet: Packet): boolean {
    return packet.dst > IPV4_MAX ? this.tracking6 : this.tracking;
  }

  run(hook: HookName, packet: Packet, state: HookState): HookVerdict {
    const c: Context = { packet, hook, state, netfilter: this, in: state.in?.name ?? '', out: state.out?.name ?? '' };
    const traced = this.#tracer.on, six = packet.dst > IPV4_MAX, tables = six ? this.tables6 : this.tables, tracking = six ? this.tracking6 : this.tracking, legacy = six ? undefined : this.legacy;
    if (traced) this.#tracer.step(this.host, 'hook', packet, { hook, dev: c.in || c.out || undefined });
    for (const step of ORDER[hook]) {
      let outcome: Outcome = ACCEPT;
      if (!tracking && (step === 'conntrack' || step === 'confirm' || step === 'nat')) continue;
      if (step === 'conntrack') {
        if (!this.conntrack.in(packet, this.zone)) outcome = DROP;
        this.zone = 0;
      } else if (step === 'confirm') {
        if (!this.conntrack.confirm(packet)) outcome = DROP;
      } else if (step === 'ipvs') {
        if (!this.ipvs || six) continue;
        outcome = this.ipvs.run(c);
      } else if (step === 'nat') outcome = this.#nat(c, tables, legacy);
      else {
        const chain = tables[step].chains.get(hook)!;
        if (chain.inKernel) outcome = this.#table(chain, c);
        if (outcome === ACCEPT && legacy) outcome = this.#table(legacy[step].chains.get(hook)!, c);
      }
      if (outcome === DROP) {
        const whole = step === 'conntrack' || step === 'confirm' || step === 'ipvs';
        if (traced) this.#tracer.step(this.host, 'drop', packet, { hook: whole ? hook : `${step}/${hook}`, table: step, verdict: 'DROP', reason: step === 'ipvs' ? 'ipvs' : whole ? 'conntrack' : 'filter' });
        return 'DROP';
      }
      if (outcome === STOLEN) return 'STOLEN';
    }
    return 'ACCEPT';
  }

  /** The nat table sees a connection's first packet; what it decided is done to every packet. */
  #nat(c: Context, tables: Record<TableName, Table>, legacy: Record<TableName, Table> | undefined): Outcome {
    const { packet } = c, ct = packet.ct, manip = MANIP[c.hook]!;
    if (!ct || ct.entry === undefined) return ACCEPT;
    const entry = ct.entry as Entry;
    // nf_nat_icmp_reply_translation: a redirect about addresses that are not the sender's own would lead it astray.
    if (packet.icmp?.type === 'redirect' && (tables.nat.chains.get(c.hook)!.inKernel || legacy) && !isUntouched(entry)) return DROP;
    if (ct.state === 'NEW' && !ct.reply && !natDone(entry, manip) && !(entry.status & CONFIRMED)) {
      const chain = tables.nat.chains.get(c.hook)!;
      let outcome: Outcome = chain.inKernel ? this.#table(chain, c) : ACCEPT;
      if (outcome === ACCEPT && !natDone(entry, manip) && legacy) outcome = this.#table(legacy.nat.chains.get(c.hook)!, c);
      if (outcome !== ACCEPT) return outcome;
      if (!natDone(entry, manip) && !nullBinding(this.conntrack, packet, manip)) return DROP;
    }
    if (!this.#tracer.on) translate(packet, manip);
    else {
      const before = summary(packet);
      if (translate(packet, manip)) this.#tracer.step(this.host, 'nat', packet, { hook: `nat/${c.hook}`, table: 'nat', before, note: manip === 'SRC' ? 'source' : 'destination' });
    }
    return ACCEPT;
  }

  #table(chain: Chain, c: Context): Outcome {
    const outcome = this.#chain(chain, c, 0);
    if (outcome !== CONTINUE && outcome !== RETURN) return outcome;
    if (chain.counted) {
      chain.packets++;
      chain.bytes += c.packet.length;
    }
    const policy = chain.policy === 'DROP' ? DROP : ACCEPT;
    if (c.packet.nfTrace) this.#traceRule(c, chain, undefined, policy);
    return policy;
  }

  #chain(chain: Chain, c: Context, depth: number): Outcome {
    const { rules } = chain;
    if (rules.length === 0) return CONTINUE;
    const index = (chain.index ??= indexChain(chain));
    const length = c.packet.length;
    const picked = index.byDestination ? candidates(index, c) : undefined;
    const count = picked ? picked.length : rules.length;
    for (let i = 0; i < count; i++) {
      const rule = rules[picked ? picked[i]! : i]!;
      const { test, action } = (rule.compiled ??= compileRule(rule, this));
      c.rule = rule;
      if (test && !test(c)) continue;
      rule.packets++;
      rule.bytes += length;
      let outcome: Outcome = CONTINUE;
      if (rule.to) {
        if (this.#tracer.on || c.packet.nfTrace) this.#tell(c, chain, rule, CONTINUE, undefined);
        outcome = depth < 16 ? this.#chain(rule.to, c, depth + 1) : DROP;
        if (rule.spec.goto && outcome === CONTINUE) return RETURN;
        if (outcome === RETURN) outcome = rule.spec.goto ? RETURN : CONTINUE;
      } else if (action) {
        const mark = c.packet.mark;
        outcome = action(c);
        if (this.#tracer.on || c.packet.nfTrace) this.#tell(c, chain, rule, outcome, mark);
      } else if (this.#tracer.on || c.packet.nfTrace) this.#tell(c, chain, rule, CONTINUE, undefined);
      if (outcome !== CONTINUE) return outcome;
    }
    return CONTINUE;
  }

  #tell(c: Context, chain: Chain, rule: Rule, outcome: Outcome, mark: number | undefined): void {
    if (c.packet.nfTrace) this.#traceRule(c, chain, rule, outcome);
    if (!this.#tracer.on) return;
    const { target, verdict } = rule.spec;
    const table = chain.table.name;
    const details = { hook: `${table}/${c.hook}`, table, chain: chain.name, rule: `-A ${chain.name}${rule.text}`, verdict: rule.to?.name ?? target?.ext.name ?? verdict ?? 'CONTINUE' };
    this.#tracer.step(this.host, 'rule', c.packet, details);
    if (mark !== undefined && mark !== c.packet.mark) this.#tracer.step(this.host, 'mark', c.packet, { ...details, note: `0x${mark.toString(16)} → 0x${c.packet.mark.toString(16)}` });
    if (target?.ext.name === 'REJECT') this.#tracer.step(this.host, 'reject', c.packet, details);
  }

  #traceRule(c: Context, chain: Chain, rule: Rule | undefined, verdict: Outcome): void {
    for (const listener of this.#tracers) listener({ packet: c.packet, summary: summary(c.packet), hook: c.hook, in: c.in, out: c.out, table: chain.table.name, chain, rule, verdict });
  }
}

/** A rule that needs connection tracking switches it on. */
function needsTracking({ spec: { matches, target } }: Rule): boolean {
  return (target !== undefined && TRACKING.has(target.ext.name) && !(target.data as { notrack?: boolean }).notrack) || matches.some((m) => TRACKING.has(m.ext.name));
}

function newTables(next: () => number, onRule?: (rule: Rule) => void): Record<TableName, Table> {
  return Object.fromEntries((Object.keys(HOOKS) as TableName[]).map((name) => [name, new Table(name, next, onRule)])) as Record<TableName, Table>;
}
