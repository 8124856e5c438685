import { formatCidr, formatIpv4, IPV4_MAX, parseCidr } from '../../linux/net/addresses.ts';
import { parseCidr6 } from '../../linux/net/addresses6.ts';
import { TABLES, tableName, type Fib, type Rule } from '../../linux/net/fib.ts';
import { ruleOf } from '../../linux/net/rtnetlink.ts';
import type { RuleOptions } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import { json } from './json.ts';
import type { Words } from './options.ts';
import { admin, command, Exit, invarg, type Options } from './options.ts';

/** ip rule: list, add, delete. */
export function rule(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'list' : words.next();
  switch (command(verb, ['list', 'lst', 'show', 'add', 'delete', 'flush', 'help'])) {
    case 'list':
    case 'lst':
    case 'show': return show(p, options, words);
    case 'add': {
      if (words.done) throw new Exit(1, '"ip rule add" requires arguments.\n');
      const o = parse(words);
      admin(p);
      fibOf(p, options, o).addRule(ruleOf(o));
      return;
    }
    case 'delete': {
      if (words.done) throw new Exit(1, '"ip rule del" requires arguments.\n');
      const o = parse(words);
      admin(p);
      fibOf(p, options, o).delRule(ruleOf(o));
      return;
    }
    case 'flush':
      admin(p);
      for (const r of [...fibOf(p, options).rules]) if (r.priority !== 0) fibOf(p, options).delRule({ priority: r.priority });
      return;
    case 'help': throw new Exit(255, 'Usage: ip rule { add | del } SELECTOR ACTION\n       ip rule { flush | save | restore }\n       ip rule [ list [ SELECTOR ]]\nSELECTOR := [ not ] [ from PREFIX ] [ to PREFIX ] [ tos TOS ]\n            [ fwmark FWMARK[/MASK] ]\n            [ iif STRING ] [ oif STRING ] [ pref NUMBER ] [ l3mdev ]\n            [ uidrange NUMBER-NUMBER ]\n            [ ipproto PROTOCOL ]\n            [ sport [ NUMBER | NUMBER-NUMBER ]\n            [ dport [ NUMBER | NUMBER-NUMBER ] ]\nACTION := [ table TABLE_ID ]\n          [ protocol PROTO ]\n          [ nat ADDRESS ]\n          [ realms [SRCREALM/]DSTREALM ]\n          [ goto NUMBER ]\n          SUPPRESSOR\nSUPPRESSOR := [ suppress_prefixlength NUMBER ]\n              [ suppress_ifgroup DEVGROUP ]\nTABLE_ID := [ local | main | default | NUMBER ]\n');
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip rule help".\n`);
  }
}

/** The routing of the family that the options or the addresses say. */
function fibOf(p: Process, { family }: Options, o: RuleOptions = {}): Fib {
  return family === 'inet6' || o.from?.includes(':') || o.to?.includes(':') ? p.net.inet6!.fib : p.net.fib;
}

function show(p: Process, options: Options, words: Words): void {
  const o = parse(words), wanted = Object.entries(ruleOf(o)).filter(([key, value]) => value !== undefined && key !== 'action');
  const rules = fibOf(p, options, o).rules.filter((r) => wanted.every(([key, value]) => JSON.stringify(r[key as keyof Rule]) === JSON.stringify(value)));
  if (options.json) p.out(json(rules.map(ruleJson), options));
  else p.out(rules.map((r) => `${r.priority}:\t${text(r)}${options.details ? ` proto ${r.protocol}` : ''}\n`).join(''));
}

function ruleJson(r: Rule): Record<string, unknown> {
  const side = (name: 'src' | 'dst', c: Rule['from']) => (c ? { [name]: formatIpv4(c.address), ...(c.bits === (c.address > IPV4_MAX ? 128 : 32) ? {} : { [`${name}len`]: c.bits }) } : name === 'src' ? { src: 'all' } : {});
  const mark = r.fwmark && { fwmark: `0x${r.fwmark.value.toString(16)}`, ...(r.fwmark.mask === 0xffffffff ? {} : { fwmask: `0x${r.fwmark.mask.toString(16)}` }) };
  return {
    priority: r.priority, ...(r.not ? { not: null } : {}), ...side('src', r.from), ...side('dst', r.to), ...mark, ...(r.iif ? { iif: r.iif } : {}), ...(r.oif ? { oif: r.oif } : {}),
    ...(r.action === 'lookup' ? { table: tableName(r.table) } : { action: r.action }), ...(r.suppressPrefixlength === undefined ? {} : { suppress_prefixlen: r.suppressPrefixlength }),
  };
}

export function text(r: Rule): string {
  const prefix = (c: { address: number; bits: number }) => (c.bits === (c.address > IPV4_MAX ? 128 : 32) ? formatIpv4(c.address) : formatCidr(c.address, c.bits));
  const words = [`${r.not ? 'not ' : ''}from ${r.from ? prefix(r.from) : 'all'}`];
  if (r.to) words.push(`to ${prefix(r.to)}`);
  if (r.fwmark) words.push(`fwmark 0x${r.fwmark.value.toString(16)}${r.fwmark.mask === 0xffffffff ? '' : `/0x${r.fwmark.mask.toString(16)}`}`);
  if (r.iif) words.push(`iif ${r.iif}`);
  if (r.oif) words.push(`oif ${r.oif}`);
  words.push(r.action === 'lookup' ? `lookup ${tableName(r.table)}` : r.action);
  if (r.suppressPrefixlength !== undefined) words.push(`suppress_prefixlength ${r.suppressPrefixlength}`);
  return words.join(' ');
}

function parse(words: Words): RuleOptions {
  const o: RuleOptions = {};
  while (!words.done) {
    const word = words.next();
    if (word === 'not') o.not = true;
    else if (word === 'from' || word === 'to') {
      const value = words.next();
      if (value !== 'all' && !(value.includes(':') ? parseCidr6(value) : parseCidr(value))) throw new Exit(1, `Error: any valid prefix is expected rather than "${value}".\n`);
      o[word] = value;
    } else if (['preference', 'order', 'priority', 'pref', 'prio'].includes(word)) o.priority = number(words, 'preference value is invalid\n');
    else if (word === 'fwmark') {
      const given = words.next(), [value, mask] = given.split('/').map(Number);
      if (Number.isNaN(value) || Number.isNaN(mask)) throw invarg('fwmark value is invalid\n', given);
      o.fwmark = { value: value!, ...(mask === undefined ? {} : { mask }) };
    } else if (word === 'table' || word === 'lookup') {
      const table = words.next();
      if (TABLES[table] === undefined && !/^\d+$/.test(table)) throw invarg('invalid table ID\n', table);
      o.table = table;
    } else if (word === 'iif' || word === 'dev') o.iif = words.next();
    else if (word === 'oif') o.oif = words.next();
    else if (word === 'suppress_prefixlength' || word === 'sup_pl') o.suppressPrefixlength = Number(words.next());
    else if (word === 'blackhole' || word === 'unreachable' || word === 'prohibit') o.action = word;
    else throw new Exit(255, `Error: argument "${word}" is wrong: Failed to parse rule type\n`);
  }
  return o;
}

function number(words: Words, message: string): number {
  const text = words.next(), n = Number(text);
  if (Number.isNaN(n) || text === '') throw invarg(message, text);
  return n;
}
