import { formatCidr, formatIpv4, parseCidr } from '../../linux/net/addresses.ts';
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
    case 'replace': return modify(p, words, true);
    case 'delete': return modify(p, words, false);
    case 'flush': return flush(p, words);
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
    const v6 = options.family === 'inet' || options.family === 'link' || scope === 'global' ? [] : sixes(l);
    if ((options.family === 'inet' || options.family === 'inet6' || scope !== undefined || to !== undefined) && v4.length + v6.length === 0) continue;
    if (options.brief) {
      p.out(`${brief(l)}${[...v4.map((a) => formatCidr(a.ip, a.bits)), ...v6.map(([a]) => a)].map((a) => `${a} `).join('')}\n`);
      continue;
    }
    const all = [...v4.map((a) => [one(a), FOREVER]), ...v6.map(([a, at]) => [`    inet6 ${a} scope ${at} `, FOREVER])];
    if (options.oneline) {
      for (const [first, second] of all) p.out(`${l.index}: ${l.name}${first}\\${second}\n`);
      continue;
    }
    const bare = options.family === 'any';
    const head = options.family === 'inet6' && s.dev === undefined ? headline(l, { mode: false }).replace(/ qdisc \S+/, '').replace(/ group \S+/, '') : headline(l, { mode: false });
    p.out(lines([bare || (options.family === 'inet6' && s.dev === undefined) ? head : head + peerNamespace(p, l), ...(bare ? layer(p, l, options).split('\n') : []), ...all.flat()], options));
    if (options.stats > 0) p.out(statistics(l, options.stats));
  }
}
/** An address as it is listed, without the line of its lifetime. */
export function one(a: Address): string {
  return `    inet ${formatCidr(a.ip, a.bits)}${a.broadcast === undefined ? '' : ` brd ${formatIpv4(a.broadcast)}`} scope ${a.scope} ${a.secondary ? 'secondary ' : ''}${a.label}`;
}
export const FOREVER = '       valid_lft forever preferred_lft forever';

/** The IPv6 addresses a link has by itself. */
export function sixes(l: Link): [string, string][] {
  if (l.kind === 'loopback') return l.up ? [['::1/128', 'host']] : [];
  return l.up && l.address6 && !l.flags.includes('NO-CARRIER') ? [[`${l.address6}/64`, 'link']] : [];
}

function jsonAddresses(l: Link, options: Options, wanted: (a: Address) => boolean): unknown[] {
  const life = { valid_life_time: 4294967295, preferred_life_time: 4294967295 };
  const v4 = options.family === 'inet6' ? [] : l.addresses.filter(wanted).map((a) => ({ family: 'inet', local: formatIpv4(a.ip), prefixlen: a.bits, ...(a.broadcast === undefined ? {} : { broadcast: formatIpv4(a.broadcast) }), scope: a.scope, label: a.label, ...life }));
  const v6 = options.family === 'inet' ? [] : sixes(l).map(([a, scope]) => ({ family: 'inet6', local: a.split('/')[0], prefixlen: Number(a.split('/')[1]), scope, ...life }));
  return [...v4, ...v6];
}

function modify(p: Process, words: Words, adding: boolean): void {
  let prefix: string | undefined, dev: string | undefined, broadcast: string | undefined, scope: 'global' | 'link' | 'host' | undefined, label: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') dev = words.next();
    else if (word === 'brd' || word === 'broadcast') broadcast = words.next();
    else if (word === 'scope') scope = words.next() as 'global';
    else if (word === 'label') label = words.next();
    else if (word === 'valid_lft' || word === 'preferred_lft' || word === 'metric') words.next();
    else {
      const text = word === 'local' ? words.next() : word;
      if (prefix !== undefined) throw duparg2('local', text);
      if (parseCidr(text) === undefined || text === 'default') throw new Exit(1, `Error: any valid prefix is expected rather than "${text}".\n`);
      prefix = text;
    }
  }
  if (dev === undefined) throw new Exit(1, missing('dev').message);
  if (prefix === undefined) return;
  if (!p.net.link(dev)) throw noDevice(dev);
  admin(p);
  if (adding) p.net.addAddress(dev, prefix, { ...(broadcast ? { broadcast } : {}), ...(scope ? { scope } : {}), ...(label ? { label } : {}) });
  else p.net.delAddress(dev, prefix);
}

function flush(p: Process, words: Words): void {
  const s = selector(words);
  if (s.dev === undefined && s.kind === undefined) throw new Exit(255, 'Flush requires arguments.\n');
  admin(p);
  for (const l of select(p.net, s)) for (const a of [...l.addresses]) if (l.addresses.includes(a)) p.net.delAddress(l.name, formatCidr(a.ip, a.bits));
}
