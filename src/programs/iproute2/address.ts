import { formatCidr, formatIpv4, inPrefix, parseCidr, type Ip } from '../../linux/net/addresses.ts';
import { LOOPBACK6, parseCidr6 } from '../../linux/net/addresses6.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import { removeAddress } from '../../linux/net/interface-address.ts';
import type { Address, Link } from '../../linux/net/link.ts';
import type { AddressOptions } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import { json } from './json.ts';
import { briefJson, linkJson, select, selector } from './link.ts';
import { brief, headline, layer, lines, peerNamespace, statistics } from './link-text.ts';
import type { Words } from './options.ts';
import { admin, command, duparg2, Exit, invarg, missing, noDevice, type Options } from './options.ts';

/** ip address: list and show, add, delete, flush. */
export function address(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  switch (command(verb, ['add', 'change', 'replace', 'delete', 'show', 'lst', 'list', 'flush', 'help'])) {
    case 'add':
    case 'change':
    case 'replace': return modify(p, options, words, verb.startsWith('a') ? 'add' : 'replace');
    case 'delete': return modify(p, options, words, 'delete');
    case 'flush': return flush(p, options, words);
    case 'show':
    case 'lst':
    case 'list': return show(p, options, words);
    case 'help': throw new Exit(255, 'Usage: ip address {add|change|replace} IFADDR dev IFNAME [ LIFETIME ]\n                                                      [ CONFFLAG-LIST ]\n       ip address del IFADDR dev IFNAME [mngtmpaddr]\n       ip address {save|flush} [ dev IFNAME ] [ scope SCOPE-ID ]\n                            [ to PREFIX ] [ FLAG-LIST ] [ label LABEL ] [up]\n');
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip address help".\n`);
  }
}

/** The words that choose among the addresses of a link. */
interface Filter {
  scope?: string;
  to?: string;
  label?: string;
  kind?: 'primary' | 'secondary' | 'permanent' | 'dynamic';
}

function filterWord(f: Filter, words: Words): (word: string) => boolean {
  return (word) => {
    if (word === 'scope' || word === 'to' || word === 'label') f[word] = words.next();
    else if (word === 'primary' || word === 'secondary' || word === 'permanent' || word === 'dynamic') f.kind = word;
    else return word === 'deprecated' || word === 'tentative';
    return true;
  };
}

function filtered({ scope, to, label, kind }: Filter): (a: Address) => boolean {
  const within = to === undefined ? undefined : prefixOf(to);
  const labels = label === undefined ? undefined : new RegExp(`^${label.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return (a) =>
    (scope === undefined || a.scope === scope) && (to === undefined || (within !== undefined && inPrefix(a.ip, within.address, within.bits))) && (!labels || labels.test(a.label)) &&
    (kind === undefined || kind === (kind === 'primary' || kind === 'secondary' ? (a.secondary ? 'secondary' : 'primary') : a.validUntil === undefined ? 'permanent' : 'dynamic'));
}

/** Of IPv6 addresses. */
function wanted6({ scope, to }: Filter): (a: { ip: Ip; scope: string }) => boolean {
  const within = to === undefined ? undefined : prefixOf(to);
  return (a) => (scope === undefined || a.scope === scope) && (to === undefined || (within !== undefined && inPrefix(a.ip, within.address, within.bits)));
}

function prefixOf(text: string): { address: Ip; bits: number } | undefined {
  return text.includes(':') ? parseCidr6(text) : parseCidr(text);
}

const wildcard = (address: string) => `Warning: Executing wildcard deletion to stay compatible with old scripts.\n         Explicitly specify the prefix length (${address}/32) to avoid this warning.\n         This special behaviour is likely to disappear in further releases,\n         fix your scripts!\n`;

function show(p: Process, options: Options, words: Words): void {
  const f: Filter = {};
  const s = selector(words, filterWord(f, words));
  const { scope, to, label } = f;
  // A prefix or a label says which family is meant.
  if ((label !== undefined || to?.includes('.')) && options.family === 'any') options = { ...options, family: 'inet' };
  const wanted = filtered(f);
  const links = select(p.net, s);
  if (options.json) {
    p.out(json(links.map((l) => (options.brief ? { ...briefJson(l), addr_info: jsonAddresses(l, options, wanted).map(({ local, prefixlen }) => ({ local, prefixlen })) } : { ...linkJson(p, l, options), linkmode: undefined, inet6_addr_gen_mode: undefined, addr_info: jsonAddresses(l, options, wanted) })), options));
    return;
  }
  for (const l of links) {
    const v4 = options.family === 'inet6' || options.family === 'link' ? [] : l.addresses.filter(wanted);
    const v6 = options.family === 'inet' || options.family === 'link' ? [] : sixes(l).filter(wanted6(f));
    if ((options.family === 'inet' || options.family === 'inet6' || scope !== undefined || to !== undefined) && v4.length + v6.length === 0) continue;
    if (options.brief) {
      p.out(`${brief(l)}${[...v4.map((a) => formatCidr(a.ip, a.bits)), ...v6.map((a) => a.text)].map((a) => `${a} `).join('')}\n`);
      continue;
    }
    const all = [...v4.map((a) => [one(a), lifetime(a)]), ...v6.map((a) => [`    inet6 ${a.text} scope ${a.scope} ${a.flags.map((f) => `${f} `).join('')}`, a.flags.includes('deprecated') ? FOREVER.replace(/forever$/, '0sec') : FOREVER])];
    if (label !== undefined && !options.oneline) {
      p.out(lines(all.flat(), options));
      continue;
    }
    if (options.oneline) {
      for (const [first, second] of all) p.out(`${l.index}: ${l.name}${first}\\${second}\n`);
      continue;
    }
    const bare = options.family === 'any';
    const head = options.family === 'inet6' && s.dev === undefined ? headline(l, { mode: false }).replace(/^(\d+: [^:@]*)@[^:]*/, '$1').replace(/ qdisc \S+/, '').replace(/ group \S+/, '') : headline(l, { mode: false });
    p.out(lines([bare || (options.family === 'inet6' && s.dev === undefined) ? head : head + peerNamespace(p, l), ...(bare ? layer(p, l, options, { own: false }).split('\n') : []), ...all.flat()], options));
    if (options.stats > 0) p.out(statistics(l, options.stats));
  }
}
/** An address as it is listed, without the line of its lifetime. */
export function one(a: Address): string {
  const local = a.peer === undefined ? formatCidr(a.ip, a.bits) : `${formatIpv4(a.ip)} peer ${formatCidr(a.peer, a.bits)}`;
  return `    inet ${local}${a.broadcast === undefined ? '' : ` brd ${formatIpv4(a.broadcast)}`} scope ${a.scope} ${a.secondary ? 'secondary ' : ''}${a.preferredUntil !== undefined && a.preferredUntil <= a.dev.ns.world.clock.now ? 'deprecated ' : ''}${a.validUntil === undefined ? '' : 'dynamic '}${a.label}`;
}
/** The line of how long it lasts. */
export function lifetime({ dev, validUntil, preferredUntil }: Address): string {
  const left = (until: number | undefined) => (until === undefined ? 'forever' : `${Math.max(0, Math.floor((until - dev.ns.world.clock.now) / 1e6))}sec`);
  return `       valid_lft ${left(validUntil)} preferred_lft ${left(preferredUntil)}`;
}
const FOREVER = '       valid_lft forever preferred_lft forever';

/** The IPv6 addresses of a link: those that it has by itself where nothing has needed IPv6 yet. */
export function sixes(l: Link): { ip: Ip; text: string; scope: string; flags: string[] }[] {
  const known = l.ns.inet6?.addresses.list(l);
  if (known) return known.map((a) => ({ ip: a.ip, text: formatCidr(a.ip, a.bits), scope: a.scope, flags: [...(a.nodad ? ['nodad'] : []), ...(a.state === 'dadfailed' ? ['dadfailed'] : []), ...(a.deprecated ? ['deprecated'] : []), ...(a.state === 'permanent' ? [] : ['tentative'])] }));
  if (l.ns.get(`net.ipv6.conf.${l.name}.disable_ipv6`) === '1') return [];
  if (l.kind === 'loopback') return l.up ? [{ ip: LOOPBACK6, text: '::1/128', scope: 'host', flags: [] }] : [];
  return l.up && l.address6 && !l.flags.includes('NO-CARRIER') ? [{ ip: parseCidr6(l.address6)!.address, text: `${l.address6}/64`, scope: 'link', flags: [] }] : [];
}

function jsonAddresses(l: Link, options: Options, wanted: (a: Address) => boolean): Record<string, unknown>[] {
  const life = { valid_life_time: 4294967295, preferred_life_time: 4294967295 };
  const v4 = options.family === 'inet6' ? [] : l.addresses.filter(wanted).map((a) => ({ family: 'inet', local: formatIpv4(a.ip), prefixlen: a.bits, ...(a.broadcast === undefined ? {} : { broadcast: formatIpv4(a.broadcast) }), scope: a.scope, label: a.label, ...life }));
  const v6 = options.family === 'inet' ? [] : sixes(l).map((a) => ({ family: 'inet6', local: a.text.split('/')[0], prefixlen: Number(a.text.split('/')[1]), scope: a.scope, ...Object.fromEntries(a.flags.map((f) => [f, true])), ...life }));
  return [...v4, ...v6];
}

function modify(p: Process, options: Options, words: Words, how: 'add' | 'replace' | 'delete'): void {
  const flags = new Set<string>(), o: AddressOptions = {}, adding = how !== 'delete';
  let prefix: string | undefined, dev: string | undefined, broadcast: string | undefined, scope: 'global' | 'link' | 'host' | undefined, label: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') dev = words.next();
    else if (word === 'brd' || word === 'broadcast') broadcast = words.next();
    else if (word === 'scope') scope = words.next() as 'global';
    else if (word === 'label') label = words.next();
    else if (word === 'peer' || word === 'remote') {
      const text = words.next();
      if (parseCidr(text) === undefined) throw new Exit(1, `Error: any valid prefix is expected rather than "${text}".\n`);
      o.peer = text;
    } else if (word === 'valid_lft' || word === 'preferred_lft') {
      const text = words.next();
      if (text !== 'forever' && !/^\d+$/.test(text)) throw invarg(`${word} value`, text);
      if (text === '0' && word === 'preferred_lft') flags.add('deprecated');
      if (text !== 'forever') o[word === 'valid_lft' ? 'validLife' : 'preferredLife'] = Number(text);
    } else if (word === 'metric') words.next();
    else if (word === 'home' || word === 'mngtmpaddr' || word === 'optimistic' || word === 'autojoin') continue;
    else if (word === 'nodad' || word === 'noprefixroute') flags.add(word);
    else {
      const text = word === 'local' ? words.next() : word;
      if (prefix !== undefined) throw duparg2('local', text);
      const six = text.includes(':');
      if (six ? options.family === 'inet' : options.family === 'inet6') throw new Exit(1, `Error: ${options.family} prefix is expected rather than "${text}".\n`);
      if ((six ? parseCidr6(text) : parseCidr(text)) === undefined || text === 'default') throw new Exit(1, `Error: any valid prefix is expected rather than "${text}".\n`);
      prefix = text;
    }
  }
  if (dev === undefined) throw new Exit(1, missing('dev').message);
  if (prefix === undefined) throw new NetlinkError('EOPNOTSUPP');
  if (!p.net.link(dev)) throw noDevice(dev);
  admin(p);
  if (prefix.includes(':')) {
    const link = p.net.link(dev)!, inet6 = p.net.inet6!, { address: ip, bits } = parseCidr6(prefix)!;
    if (adding) inet6.addAddress(link, prefix, { nodad: flags.has('nodad'), deprecated: flags.has('deprecated'), noprefixroute: flags.has('noprefixroute') });
    else inet6.addresses.remove(link, ip, prefix.includes('/') ? bits : undefined);
    return;
  }
  if (adding) p.net.addAddress(dev, prefix, { ...o, ...(broadcast ? { broadcast } : {}), ...(scope ? { scope } : {}), ...(label ? { label } : {}) }, { replace: how === 'replace' });
  else {
    if (!prefix.includes('/') && o.peer === undefined) p.err(wildcard(prefix));
    p.net.delAddress(dev, prefix);
  }
}

function flush(p: Process, options: Options, words: Words): void {
  const f: Filter = {};
  if (words.done) throw new Exit(1, 'Flush requires arguments.\n');
  const s = selector(words, filterWord(f, words)), wanted = filtered(f);
  admin(p);
  let flushed = 0;
  for (const l of select(p.net, s)) {
    if (options.family !== 'inet6') for (const a of [...l.addresses]) if (l.addresses.includes(a) && wanted(a) && ++flushed) removeAddress(a);
    if (options.family !== 'inet' && f.label === undefined && !f.to?.includes('.')) for (const a of p.net.inet6!.addresses.list(l)) if (wanted6(f)(a)) p.net.inet6!.addresses.remove(l, a.ip);
  }
  if (options.stats > 0) p.out(flushed === 0 ? 'Nothing to flush.\n' : `\n*** Round 1, deleting ${flushed} addresses ***\n*** Flush is complete after 1 round ***\n`);
}
