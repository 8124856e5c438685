import '../../../linux/net/netfilter/modules.ts';
import type { NetNamespace } from '../../../linux/net/namespace.ts';
import { type Element, elementText, IpSet } from '../../../linux/net/netfilter/ipset.ts';
import type { TableName } from '../../../linux/net/netfilter/table.ts';
import { type Chain, lines, type Rule } from './rule.ts';
import type { TableRules } from './static-rules.ts';

/** One table of the node as Felix keeps it (felix/iptables/table.go): its own chains as they should be, its rules first and last in the built-in ones. */
export class FelixTable {
  readonly #net: NetNamespace;
  readonly #table: TableName;
  readonly #inserts: [string, string[]][];
  readonly #appends: [string, string[]][];
  #written = new Map<string, string>();

  constructor(net: NetNamespace, table: TableName, { inserts, appends = {} }: TableRules) {
    this.#net = net;
    this.#table = table;
    const render = (rules: Record<string, Rule[]>, suffix: string): [string, string[]][] => Object.entries(rules).map(([name, list]) => [name, lines({ name, rules: list }, name + suffix)]);
    this.#inserts = render(inserts, '');
    this.#appends = render(appends, '*appends*');
  }

  /** Writes what differs from what was written last; what the table holds is only looked at by `check`. */
  apply(chains: readonly Chain[]): void {
    const wanted = new Map(chains.map((c) => [c.name, lines(c).join('\n')]));
    const changed = [...wanted].filter(([name, text]) => this.#written.get(name) !== text), stale = [...this.#written.keys()].filter((name) => !wanted.has(name) && this.#chains.has(name));
    const first = this.#written.size === 0;
    if (changed.length > 0 || stale.length > 0) {
      const declare = [...changed.map(([name]) => name), ...stale].map((name) => `:${name} - -\n`).join('');
      this.#net.netfilter.restore(`*${this.#table}\n${declare}${changed.map(([, text]) => (text === '' ? '' : `${text}\n`)).join('')}${stale.map((name) => `-X ${name}\n`).join('')}COMMIT\n`, { noflush: true });
      this.#written = wanted;
    }
    if (first) this.#place();
  }

  /** Somebody else may have flushed or reordered the table: then all is written anew (every 90 s). */
  check(chains: readonly Chain[]): void {
    const intact = chains.every((c) => this.#chains.get(c.name)?.rules.length === c.rules.length);
    if (!intact) this.#written = new Map();
    this.apply(chains);
    this.#place();
  }

  get #chains() {
    return this.#net.netfilter.tables[this.#table].chains;
  }

  /** Puts its rules where they belong in the built-in chains. */
  #place(): void {
    for (const [chain, rules] of this.#inserts) this.#ensure(chain, rules, (hash, i) => this.#chains.get(chain)!.rules[i]?.text.includes(hash) ?? false, '-I');
    for (const [chain, rules] of this.#appends) this.#ensure(chain, rules, (hash) => this.#chains.get(chain)!.rules.some((r) => r.text.includes(hash)), '-A');
  }

  #ensure(chain: string, rules: readonly string[], there: (hash: string, index: number) => boolean, how: '-I' | '-A'): void {
    const hash = (line: string) => /"(cali:[^"]+)"/.exec(line)![1]!;
    if (rules.every((line, i) => there(hash(line), i))) return;
    const old = this.#chains.get(chain)!.rules.flatMap((r) => (rules.some((line) => r.text.includes(hash(line))) ? [`-D ${chain}${r.text}\n`] : []));
    const added = (how === '-I' ? [...rules].reverse() : rules).map((line) => `${how}${line.slice(2)}\n`);
    this.#net.netfilter.restore(`*${this.#table}\n${old.join('')}${added.join('')}COMMIT\n`, { noflush: true });
  }
}

/** An ipset with exactly these members (felix/ipsets). */
export function syncSet(net: NetNamespace, name: string, type: 'hash:net' | 'hash:ip' | 'hash:ip,port', members: readonly Element['values'][]): void {
  const { sets } = net.netfilter, { world } = net;
  let set = sets.get(name);
  if (!set) {
    const rng = world.rng.fork(`ipset ${net.machine} ${net.name} ${name}`);
    sets.set(name, (set = new IpSet(name, type, { hashsize: 1024, maxelem: 1048576, counters: false, comment: false, size: 8, family: 'inet' }, rng.uint32(), () => world.clock.now)));
  }
  const wanted = new Map(members.map((values) => [elementText(values), values]));
  for (const key of set.elements.keys()) if (!wanted.has(key)) set.elements.delete(key);
  for (const [key, values] of wanted) if (!set.elements.has(key)) set.elements.set(key, { values, packets: 0, bytes: 0 });
}
