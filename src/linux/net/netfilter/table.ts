import type { HookName } from '../hooks.ts';
import { NftError } from './errors.ts';
import { Rule, type RuleSpec } from './rule.ts';
import type { ChainIndex } from './compile.ts';

export type TableName = 'filter' | 'nat' | 'mangle' | 'raw' | 'security';
export const HOOKS: Record<TableName, readonly HookName[]> = {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
  raw: ['PREROUTING', 'OUTPUT'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
};
/** In the order in which iptables-save lists them. */
export const TABLES: readonly TableName[] = ['mangle', 'security', 'raw', 'filter', 'nat'];

export class Chain {
  name: string;
  readonly table: Table;
  /** Of a builtin chain. */
  readonly hook: HookName | undefined;
  /** The kernel's number for it. */
  handle = 0;
  policy: 'ACCEPT' | 'DROP' = 'ACCEPT';
  rules: Rule[] = [];
  /** How many rules jump here. */
  references = 0;
  packets = 0;
  bytes = 0;
  /** Whether the kernel counts what its policy decides: once the policy was set by hand or restored with counters. */
  counted = false;
  #inKernel = false;
  /** Made when a packet first passes after a change. */
  index: ChainIndex | undefined;

  constructor(table: Table, name: string, hook: HookName | undefined) {
    this.table = table;
    this.name = name;
    this.hook = hook;
    if (hook === undefined) this.inKernel = true;
  }

  /** Whether the kernel has it: a builtin chain comes with its first rule. */
  get inKernel(): boolean {
    return this.#inKernel;
  }
  set inKernel(there: boolean) {
    if (there && !this.#inKernel) this.handle = this.table.nextHandle();
    this.#inKernel = there;
  }
}

/** A table of a namespace. The kernel has it only once somebody put something in. */
export class Table {
  readonly name: TableName;
  readonly chains = new Map<string, Chain>();
  #present = false;
  /** Which of the namespace's tables it was, in the order they came. */
  order = 0;
  readonly #next: () => number;
  /** Told of every rule that comes in. */
  readonly #onRule: ((rule: Rule) => void) | undefined;
  #handles = 0;
  #sorted: Chain[] | undefined;

  constructor(name: TableName, next: () => number, onRule?: (rule: Rule) => void) {
    this.name = name;
    this.#next = next;
    this.#onRule = onRule;
    for (const hook of HOOKS[name]) this.chains.set(hook, new Chain(this, hook, hook));
  }

  /** Whether it exists in the kernel. */
  get present(): boolean {
    return this.#present;
  }
  set present(there: boolean) {
    if (there && !this.#present) this.order = this.#next();
    this.#present = there;
  }

  nextHandle(): number {
    return ++this.#handles;
  }

  /** Builtin chains in the order of the hooks, then the others by name. */
  list(): Chain[] {
    this.#sorted ??= [...this.chains.values()].sort((a, b) => (a.hook ? 0 : 1) - (b.hook ? 0 : 1) || (a.hook ? 0 : a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  chain(name: string): Chain {
    const chain = this.chains.get(name);
    if (!chain) throw new NftError('no chain');
    return chain;
  }

  newChain(name: string): Chain {
    if (this.chains.has(name)) throw new NftError('chain exists');
    this.present = true;
    const chain = new Chain(this, name, undefined);
    this.chains.set(name, chain);
    this.#sorted = undefined;
    return chain;
  }

  deleteChain(chain: Chain): void {
    if (chain.hook && chain.rules.length === 0 && chain.policy === 'ACCEPT') {
      if (!chain.inKernel) throw new NftError('no chain');
      Object.assign(chain, { inKernel: false, counted: false, packets: 0, bytes: 0 });
      return;
    }
    if (chain.hook || chain.references > 0) throw new NftError('busy', `CHAIN_DEL failed (Device or resource busy): chain ${chain.name}`);
    if (chain.rules.length > 0) this.flush(chain);
    this.chains.delete(chain.name);
    this.#sorted = undefined;
  }

  rename(chain: Chain, name: string): void {
    // The kernel would rename a builtin chain too, and iptables could not make sense of its table any more.
    if (chain.hook) throw new NftError('no chain');
    if (this.chains.has(name)) throw new NftError('exists');
    this.chains.delete(chain.name);
    chain.name = name;
    this.chains.set(name, chain);
    this.#sorted = undefined;
  }

  /** The chain that a rule jumps to. */
  chainOf(spec: RuleSpec): Chain | undefined {
    return spec.jump === undefined ? undefined : this.chain(spec.jump);
  }

  /** Puts a rule at `index` (0-based). */
  insert(chain: Chain, index: number, spec: RuleSpec): Rule {
    const to = this.chainOf(spec);
    this.present = chain.inKernel = true;
    const rule = new Rule(spec, this.nextHandle(), to);
    if (rule.to) rule.to.references++;
    if (index === chain.rules.length) chain.rules.push(rule);
    else chain.rules.splice(index, 0, rule);
    chain.index = undefined;
    this.#onRule?.(rule);
    return rule;
  }

  remove(chain: Chain, index: number): void {
    const [rule] = chain.rules.splice(index, 1);
    if (rule?.to) rule.to.references--;
    chain.index = undefined;
  }

  flush(chain: Chain): void {
    for (const rule of chain.rules) if (rule.to) rule.to.references--;
    chain.rules = [];
    chain.index = undefined;
    this.present = true;
  }

  /** Remembers the table as it is; what it returns puts that back. */
  snapshot(): () => void {
    const chains = [...this.chains.values()].map((chain) => ({ chain, rules: [...chain.rules], references: chain.references, policy: chain.policy, packets: chain.packets, bytes: chain.bytes, counted: chain.counted, name: chain.name }));
    const { present } = this;
    return () => {
      this.chains.clear();
      for (const { chain, ...state } of chains) {
        Object.assign(chain, state, { index: undefined });
        this.chains.set(chain.name, chain);
      }
      this.present = present;
      this.#sorted = undefined;
    };
  }
}
