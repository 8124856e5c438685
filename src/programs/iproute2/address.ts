import { formatCidr, formatIpv4, parseCidr } from '../../linux/net/addresses.ts';
import { parseCidr6 } from '../../linux/net/addresses6.ts';
import type { Address, Link } from '../../linux/net/link.ts';
import type { Process } from '../../linux/process.ts';
import { json } from './json.ts';
import { linkJson, select, selector } from './link.ts';
import { brief, headline, layer, lines, peerNamespace, statistics } from './link-text.ts';
import type { Words } from './options.ts';
import { admin, command, duparg2, Exit, missing, noDevice, type Options } from './options.ts';

/** ip address: list and show, add, delete, flush. */
export function address(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  switch (command(verb, ['add', 'change', 'replace', 'delete', 'show', 'lst', 'list', 'flush', 'help'])) {
    case 'add':
    case 'change':
    case 'replace': return modify(p, options, words, true);
    case 'delete': return modify(p, options, words, false);
    case 'flush': return flush(p, options, words);
    case 'show':
    case 'lst':
    case 'list': return show(p, options, words);
    case 'help': throw new Exit(255, 'Usage: ip address {add|change|replace} IFADDR dev IFNAME [ LIFETIME ]\n                                                      [ CONFFLAG-LIST ]\n       ip address del IFADDR dev IFNAME [mngtmpaddr]\n       ip address {save|flush} [ dev IFNAME ] [ scope SCOPE-ID ]\n                            [ to PREFIX ] [ FLAG-LIST ] [ label LABEL ] [up]\n');
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip address help".\n`);
  }
}

function show(p: Process, options: Options, words: Words): void {
  let scope: string | undefined, to: string | undefined;
  const s = selector(words, (word) => {
    if (word === 'scope') scope = words.next();
    else if (word === 'to') to = words.next();
    else return ['primary', 'secondary', 'permanent', 'dynamic'].includes(word);
    return true;
  });
  const wanted = (a: Address) => (scope === undefined || a.scope === scope) && (to === undefined || formatCidr(a.ip, a.bits).startsWith(to.replace(/\/.*/, '')));
  const links = select(p.net, s);
  if (options.json) {
    p.out(json(links.map((l) => ({ ...linkJson(p, l), linkmode: undefined, addr_info: jsonAddresses(l, options, wanted) })), options));
    return;
  }
  for (const l of links) {
    const v4 = options.family === 'inet6' || options.family === 'link' ? [] : l.addresses.filter(wanted);
    const v6 = options.family === 'inet' || options.family === 'link' ? [] : sixes(l).filter((a) => (scope === undefined || a.scope === scope) && (to === undefined || a.text.startsWith(to.replace(/\/.*/, ''))));
    if ((options.family === 'inet' || options.family === 'inet6' || scope !== undefined || to !== undefined) && v4.length + v6.length === 0) continue;
    if (options.brief) {
      p.out(`${brief(l)}${[...v4.map((a) => formatCidr(a.ip, a.bits)), ...v6.map((a) => a.text)].map((a) => `${a} `).join('')}\n`);
      continue;
    }
    const all = [...v4.map((a) => [one(a), FOREVER]), ...v6.map((a) => [`    inet6 ${a.text} scope ${a.scope} ${a.flags.map((f) => `${f} `).join('')}`, a.flags.includes('deprecated') ? FOREVER.replace(/forever$/, '0sec') : FOREVER])];
    if (options.oneline) {
      for (const [first, second] of all) p.out(`${l.index}: ${l.name}${first}\\${second}\n`);
      continue;
    }
    const bare = options.family === 'any';
    const head = options.family === 'inet6' && s.dev === undefined ? headline(l, { mode: false }).replace(/^(\d+: [^:@]*)@[^:]*/, '$1').replace(/ qdisc \S+/, '').replace(/ group \S+/, '') : headline(l, { mode: false });
    p.out(lines([bare || (options.family === 'inet6' && s.dev === undefined) ? head : head + peerNamespace(p, l), ...(bare ? layer(p, l, options).split('\n') : []), ...all.flat()], options));
    if (options.stats > 0) p.out(statistics(l, options.stats));
  }
}
/** An address as it is listed, without the line of its lifetime. */
export function one(a: Address): string {
  return `    inet ${formatCidr(a.ip, a.bits)}${a.broadcast === undefined ? '' : ` brd ${formatIpv4(a.broadcast)}`} scope ${a.scope} ${a.secondary ? 'secondary ' : ''}${a.label}`;
}
export const FOREVER = '       valid_lft forever preferred_lft forever';

/** The IPv6 addresses of a link: those that it has by itself where nothing has needed IPv6 yet. */
export function sixes(l: Link): { text: string; scope: string; flags: string[] }[] {
  const known = l.ns.inet6?.addresses.list(l);
  if (known) return known.map((a) => ({ text: formatCidr(a.ip, a.bits), scope: a.scope, flags: [...(a.nodad ? ['nodad'] : []), ...(a.state === 'dadfailed' ? ['dadfailed'] : []), ...(a.deprecated ? ['deprecated'] : []), ...(a.state === 'permanent' ? [] : ['tentative'])] }));
  if (l.ns.get(`net.ipv6.conf.${l.name}.disable_ipv6`) === '1') return [];
  if (l.kind === 'loopback') return l.up ? [{ text: '::1/128', scope: 'host', flags: [] }] : [];
  return l.up && l.address6 && !l.flags.includes('NO-CARRIER') ? [{ text: `${l.address6}/64`, scope: 'link', flags: [] }] : [];
}

function jsonAddresses(l: Link, options: Options, wanted: (a: Address) => boolean): unknown[] {
  const life = { valid_life_time: 4294967295, preferred_life_time: 4294967295 };
  const v4 = options.family === 'inet6' ? [] : l.addresses.filter(wanted).map((a) => ({ family: 'inet', local: formatIpv4(a.ip), prefixlen: a.bits, ...(a.broadcast === undefined ? {} : { broadcast: formatIpv4(a.broadcast) }), scope: a.scope, label: a.label, ...life }));
  const v6 = options.family === 'inet' ? [] : sixes(l).map((a) => ({ family: 'inet6', local: a.text.split('/')[0], prefixlen: Number(a.text.split('/')[1]), scope: a.scope, ...Object.fromEntries(a.flags.map((f) => [f, true])), ...life }));
  return [...v4, ...v6];
}

function modify(p: Process, options: Options, words: Words, adding: boolean): void {
  const flags = new Set<string>();
  let prefix: string | undefined, dev: string | undefined, broadcast: string | undefined, scope: 'global' | 'link' | 'host' | undefined, label: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') dev = words.next();
    else if (word === 'brd' || word === 'broadcast') broadcast = words.next();
    else if (word === 'scope') scope = words.next() as 'global';
    else if (word === 'label') label = words.next();
    else if (word === 'valid_lft' || word === 'preferred_lft' || word === 'metric') {
      if (words.next() === '0' && word === 'preferred_lft') flags.add('deprecated');
    } else if (word === 'nodad' || word === 'noprefixroute') flags.add(word);
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
  if (prefix === undefined) return;
  if (!p.net.link(dev)) throw noDevice(dev);
  admin(p);
  if (prefix.includes(':')) {
    const link = p.net.link(dev)!, inet6 = p.net.inet6!, { address: ip, bits } = parseCidr6(prefix)!;
    if (adding) inet6.addAddress(link, prefix, { nodad: flags.has('nodad'), deprecated: flags.has('deprecated'), noprefixroute: flags.has('noprefixroute') });
    else inet6.addresses.remove(link, ip, prefix.includes('/') ? bits : undefined);
    return;
  }
  if (adding) p.net.addAddress(dev, prefix, { ...(broadcast ? { broadcast } : {}), ...(scope ? { scope } : {}), ...(label ? { label } : {}) });
  else p.net.delAddress(dev, prefix);
}

function flush(p: Process, options: Options, words: Words): void {
  let scope: string | undefined;
  const s = selector(words, (word) => {
    if (word === 'scope') scope = words.next();
    return word === 'scope';
  });
  if (s.dev === undefined && s.kind === undefined) throw new Exit(255, 'Flush requires arguments.\n');
  admin(p);
  for (const l of select(p.net, s)) {
    if (options.family !== 'inet6') for (const a of [...l.addresses]) if (l.addresses.includes(a) && (scope === undefined || a.scope === scope)) p.net.delAddress(l.name, formatCidr(a.ip, a.bits));
    if (options.family !== 'inet') for (const a of p.net.inet6!.addresses.list(l)) if (scope === undefined || a.scope === scope) p.net.inet6!.addresses.remove(l, a.ip);
  }
}
