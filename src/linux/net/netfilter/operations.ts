import type { Command } from './command.ts';
import { bad, NftError } from './errors.ts';
import { ruleText, type Rule, type RuleSpec } from './rule.ts';
import type { Chain, Table } from './table.ts';

/** What a command changed: rules that are new (the kernel has still to accept them) and what to undo. */
export interface Change {
  added: { chain: Chain; rule: Rule; operation: string }[];
}

/** Does what a command says to a table, but for listing. Throws NftError; the caller validates what was added. */
export function apply(table: Table, command: Command): Change {
  const { letter, chain: name, number } = command;
  const change: Change = { added: [] };
  switch (letter) {
    case 'N':
      table.newChain(name!);
      break;
    case 'E': {
      const chain = table.chain(name!);
      if (command.newName!.length >= 29) throw bad(`chain name \`${command.newName}' too long (must be under 29 chars)`);
      table.rename(chain, command.newName!);
      break;
    }
    case 'P': {
      const chain = table.chains.get(name!);
      if (!chain?.hook) throw new NftError('not builtin');
      if (command.policy !== 'ACCEPT' && command.policy !== 'DROP') throw new NftError('bad policy');
      chain.policy = command.policy;
      chain.counted = chain.inKernel = table.present = true;
      break;
    }
    case 'X':
      if (name !== undefined) {
        table.deleteChain(table.chain(name));
        break;
      }
      for (const chain of table.list().filter((c) => !c.hook)) if (chain.references > 0 || chain.rules.length > 0) throw new NftError('busy', `CHAIN_DEL failed (Device or resource busy): chain ${chain.name}`);
      for (const chain of [...table.list()]) if (!chain.hook || (chain.inKernel && chain.rules.length === 0 && chain.policy === 'ACCEPT')) table.deleteChain(chain);
      break;
    case 'F':
      for (const chain of name === undefined ? table.list() : [table.chain(name)]) if (chain.rules.length > 0) table.flush(chain);
      break;
    case 'Z':
      zero(table, name, number);
      break;
    default:
      change.added = ruleOperation(table, table.chain(name ?? ''), command);
  }
  return change;
}

function ruleOperation(table: Table, chain: Chain, { letter, number, rules }: Command): Change['added'] {
  const added: Change['added'] = [];
  const add = (index: number, spec: RuleSpec, operation: string) => added.push({ chain, rule: table.insert(chain, index, spec), operation });
  if (number > 0 && 'DR'.includes(letter) && !chain.inKernel) throw new NftError('no chain');
  if (letter === 'D' && number > 0) {
    if (number > chain.rules.length) throw new NftError('delete index');
    table.remove(chain, number - 1);
    return added;
  }
  if (letter === 'R') {
    if (number > chain.rules.length) throw new NftError('replace index');
    table.chainOf(rules[0]!);
    table.remove(chain, number - 1);
    add(number - 1, rules[0]!, 'RULE_REPLACE');
    return added;
  }
  if (letter === 'I' && number - 1 > chain.rules.length) throw new NftError('insert index');
  let at = number - 1;
  for (const spec of rules) {
    if (letter === 'A') add(chain.rules.length, spec, 'RULE_APPEND');
    else if (letter === 'I') add(at++, spec, 'RULE_INSERT');
    else {
      const index = find(chain, spec);
      if (index < 0) throw new NftError('bad rule');
      if (letter === 'D') table.remove(chain, index);
    }
  }
  return added;
}

/** The position of the first rule that is what was asked for. */
function find(chain: Chain, spec: RuleSpec): number {
  const text = ruleText(spec);
  return chain.rules.findIndex((r) => r.text === text);
}

function zero(table: Table, name: string | undefined, number: number): void {
  if (number > 0) {
    const chain = table.chains.get(name!);
    if (!chain?.inKernel) throw new NftError(chain ? 'bad rule' : 'incompatible');
    // A rule that is not there is no mistake to it.
    const rule = chain.rules[number - 1];
    if (rule) rule.packets = rule.bytes = 0;
    return;
  }
  for (const chain of name === undefined ? table.list() : [table.chain(name)]) {
    chain.packets = chain.bytes = 0;
    for (const rule of chain.rules) rule.packets = rule.bytes = 0;
  }
}
