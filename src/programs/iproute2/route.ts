import { formatIpv4, inPrefix, network, parseCidr, parseIpv4 } from '../../linux/net/addresses.ts';
import { parseCidr6, parseIpv6 } from '../../linux/net/addresses6.ts';
import { MAIN, tableId, TABLES, formatRoute, tableName, type Route } from '../../linux/net/fib.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import type { LookupOptions, RouteOptions } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import { json } from './json.ts';
import { cacheText, learntOf, showCache } from './route-cache.ts';
import { formatGet6, formatRoute6, isRoute6, modify6 } from './route6.ts';
import type { Words } from './options.ts';
import { admin, command, duparg2, Exit, invarg, noDevice, type Options } from './options.ts';

const VERBS = ['add', 'change', 'chg', 'replace', 'prepend', 'append', 'test', 'delete', 'get', 'show', 'list', 'lst', 'flush', 'save', 'restore', 'help'] as const;
const TYPES = new Set(['unicast', 'local', 'broadcast', 'multicast', 'throw', 'unreachable', 'prohibit', 'blackhole']);

/** ip route: list and show, get, add and its kin, delete, flush. */
export function route(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  const how = command(verb, VERBS);
  switch (how) {
    case 'add':
    case 'change':
    case 'replace':
    case 'append':
    case 'prepend':
    case 'delete': return modify(p, words, how, sixth(options, words));
    case 'chg': return modify(p, words, 'change', sixth(options, words));
    case 'get': return get(p, options, words);
    case 'show':
    case 'list':
    case 'lst': return show(p, options, words);
    case 'flush': return flush(p, options, words, sixth(options, words));
    case 'test': return test(p, words);
    case 'help': throw new Exit(255, USAGE);
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip route help".\n`);
  }
}

/** Whether a command is about IPv6: it says so, or an address does. */
function sixth({ family }: Options, words: Words): boolean {
  return family === 'inet6' || (family === 'any' && words.rest().some((w) => w.includes(':')));
}

interface Filter {
  six: boolean;
  table: string | undefined;
  dst: { address: number; bits: number } | undefined;
  match: 'exact' | 'root' | 'match';
  dev: string | undefined;
  protocol: string | undefined;
  via: number | undefined;
  type: string | undefined;
  scope: string | undefined;
  src: number | undefined;
  metric: number | undefined;
}

function filterOf(words: Words, six: boolean): Filter {
  const f: Filter = { six, table: undefined, dst: undefined, match: 'exact', dev: undefined, protocol: undefined, via: undefined, type: undefined, scope: undefined, src: undefined, metric: undefined };
  while (!words.done) {
    const word = words.next();
    if (word === 'table') f.table = tableArgument(words.next());
    else if (word === 'dev' || word === 'oif' || word === 'iif') f.dev = words.next();
    else if (word === 'proto' || word === 'protocol') f.protocol = protocolArgument(words.next());
    else if (word === 'src' || word === 'from') f.src = (six ? parseIpv6 : parseIpv4)(words.next());
    else if (word === 'metric' || word === 'priority' || word === 'preference') f.metric = Number(words.next());
    else if (word === 'via') f.via = (six ? parseIpv6 : parseIpv4)(words.next());
    else if (word === 'scope') f.scope = scopeArgument(words.next());
    else if (word === 'type') f.type = words.next();
    else if (word === 'cache') f.table = 'cache';
    else {
      let text = word;
      if (word === 'to') text = words.next();
      if (text === 'root' || text === 'match' || text === 'exact') {
        f.match = text;
        text = words.next();
      }
      f.dst = prefix(text, six);
    }
  }
  return f;
}

function matching(p: Process, f: Filter): Route[] {
  // A dump of all tables goes through the kernel's hash of them (fib_table_hash, 256 places).
  const { fib } = f.six ? p.net.inet6! : p.net, kept = tableId(f.table);
  const all = f.table === 'all' ? fib.tableIds().sort((a, b) => (a & 255) - (b & 255) || b - a).flatMap((t) => fib.table(t)!) : f.six ? (fib.table(kept) ?? []) : [...p.net.routes(kept)];
  return all.filter((r) => {
    if (f.dev !== undefined && r.dev?.name !== f.dev) return false;
    if (f.protocol !== undefined && r.protocol !== f.protocol) return false;
    if (f.via !== undefined && r.via !== f.via) return false;
    if (f.type !== undefined && r.type !== f.type) return false;
    if (f.scope !== undefined && r.scope !== f.scope) return false;
    if (f.src !== undefined && r.src !== f.src) return false;
    if (f.metric !== undefined && r.metric !== f.metric) return false;
    if (!f.dst) return true;
    if (f.match === 'root') return r.bits >= f.dst.bits && inPrefix(r.dst, f.dst.address, f.dst.bits);
    if (f.match === 'match') return r.bits <= f.dst.bits && inPrefix(f.dst.address, r.dst, r.bits);
    return r.dst === f.dst.address && r.bits === f.dst.bits;
  });
}

function show(p: Process, options: Options, words: Words): void {
  const f = filterOf(words, sixth(options, words));
  if (f.dev !== undefined && !p.net.link(f.dev)) throw noDevice(f.dev);
  if (f.table === 'cache') return showCache(p, options);
  // A dump of all tables without a family is one of both.
  const both = f.table === 'all' && options.family === 'any' && !f.six ? matching(p, { ...f, six: true }) : [];
  let routes: Route[];
  try {
    routes = matching(p, f);
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === 'ENOENT') throw new Exit(2, `Error: ${error.text}.\nDump terminated\n`);
    throw error;
  }
  if (options.json) p.out(json([...routes, ...both].map((r) => routeJson(r, options)), options));
  else p.out([...routes, ...both].map((r) => print(r, f, options)).map((l) => `${options.oneline ? l.replaceAll('\n', '\\') : l}\n`).join(''));
}

/** What `ip route` prints of a route, without what the selection says already. */
export function print(route: Route, f: Partial<Filter>, options: Options): string {
  const r = f.table !== undefined && f.table !== 'all' ? { ...route, table: MAIN } : route;
  const six = isRoute6(r), [text = '', ...hops] = (six ? formatRoute6(r) : formatRoute(r)).split(/ ?\n/);
  const rest = hops.map((h, i) => `${six && i === 0 ? '' : ' '}\n${h}`).join('') + (six && hops.length === 0 ? '' : ' ');
  let out = text;
  if (f.dev !== undefined) out = out.replace(` dev ${f.dev}`, '');
  if (f.protocol !== undefined) out = out.replace(` proto ${f.protocol}`, '');
  if (f.via !== undefined) out = out.replace(` via ${formatIpv4(f.via)}`, '');
  if (f.scope !== undefined) out = out.replace(` scope ${f.scope}`, '');
  if (f.src !== undefined) out = out.replace(` src ${formatIpv4(f.src)}`, '');
  if (f.metric !== undefined) out = out.replace(` metric ${f.metric}`, '');
  if (!options.details) return out + rest;
  if (r.type === 'unicast') out = `unicast ${out}`;
  if (r.table === MAIN && f.table === 'all') out = insert(out, ' table main');
  if (r.protocol === 'boot') out = insert(out, ' proto boot');
  return (r.scope === 'global' ? out.replace(/( proto \S+)/, '$1 scope global') : out) + rest;
}
/** Puts `words` where ip prints them: after the device and the table. */
function insert(text: string, words: string): string {
  return text.replace(/( dev \S+(?: table \S+)?)|$/, (m) => `${m}${words}`);
}

function routeJson(r: Route, options: Options): Record<string, unknown> {
  return {
    ...(options.details || r.type !== 'unicast' ? { type: r.type } : {}),
    dst: r.bits === 0 ? 'default' : r.bits === (isRoute6(r) ? 128 : 32) ? formatIpv4(r.dst) : `${formatIpv4(r.dst)}/${r.bits}`,
    ...(r.via === undefined ? {} : { gateway: formatIpv4(r.via) }), ...(r.dev ? { dev: r.dev.name } : {}), ...(r.table === MAIN ? {} : { table: tableName(r.table) }),
    ...(r.protocol === 'boot' && !options.details ? {} : { protocol: r.protocol }), ...(r.scope === 'global' || !r.dev ? {} : { scope: r.scope }),
    ...(r.src === undefined ? {} : { prefsrc: formatIpv4(r.src) }), ...(r.metric ? { metric: r.metric } : {}), flags: r.onlink ? ['onlink'] : [], ...(r.mtu === undefined ? {} : { metrics: [{ mtu: r.mtu }] }),
    ...(isRoute6(r) ? { pref: 'medium' } : {}),
    ...(r.nexthops ? { nexthops: r.nexthops.map((n) => ({ ...(n.via === undefined ? {} : { gateway: formatIpv4(n.via) }), dev: n.dev.name, weight: n.weight, flags: n.onlink ? ['onlink'] : [] })) } : {}),
  };
}

function get(p: Process, options: Options, words: Words): void {
  const six = sixth(options, words);
  const o: LookupOptions = {};
  let to: string | undefined, fibmatch = false;
  while (!words.done) {
    const word = words.next();
    if (word === 'from') o.src = host(words.next(), six);
    else if (word === 'iif' || word === 'oif' || word === 'dev') {
      const name = words.next();
      if (!p.net.link(name)) throw noDevice(name);
      if (word === 'iif') o.iif = name;
      else o.oif = name;
    } else if (word === 'mark') o.mark = Number(words.next());
    else if (['tos', 'uid', 'sport', 'dport', 'ipproto', 'vrf'].includes(word)) words.next();
    else if (word === 'fibmatch') fibmatch = true;
    else to = host(word === 'to' ? words.next() : word, six);
  }
  if (to === undefined) throw new Exit(1, 'need at least a destination address\n');
  const r = p.net.lookupRoute(to, o);
  if (fibmatch && r.route) return void p.out(`${print(r.route, {}, options)}\n`);
  if (six) return void p.out(formatGet6(r, { to, iif: o.iif, from: o.src }));
  const learnt = learntOf(p, r.dst);
  if (options.json) {
    p.out(json([{ ...(r.type === 'unicast' ? {} : { type: r.type }), dst: to, ...(r.via === undefined ? {} : { gateway: formatIpv4(r.via) }), dev: r.dev.name, prefsrc: formatIpv4(r.src), flags: [], uid: p.uid, cache: [...(r.type === 'local' ? ['local'] : []), ...learnt.flags], ...(learnt.expires === undefined ? {} : { expires: learnt.expires }), ...(learnt.mtu === undefined ? {} : { metrics: [{ mtu: learnt.mtu }] }) }], options));
    return;
  }
  const type = r.type === 'unicast' && !options.details ? '' : `${r.type} `;
  const from = o.src === undefined ? '' : ` from ${o.src}`;
  const own = o.iif !== undefined || o.src !== undefined ? '' : ` src ${formatIpv4(r.src)}`;
  p.out(`${type}${to}${from}${r.via === undefined ? '' : ` via ${formatIpv4(r.via)}`} dev ${r.dev.name}${r.route && (options.details || ![MAIN, TABLES['local']].includes(r.route.table)) ? ` table ${tableName(r.route.table)}` : ''}${own}${o.mark ? ` mark ${o.mark >= 16 ? `0x${o.mark.toString(16)}` : o.mark}` : ''}${o.iif === undefined ? ` uid ${p.uid}` : ''} ${options.oneline ? '\\' : '\n'}`);
  const mtu = learnt.mtu ?? r.route?.mtu;
  p.out(`    cache ${r.type === 'local' ? '<local> ' : r.type === 'broadcast' ? '<local,brd> ' : ''}${cacheText(learnt)}${mtu === undefined ? '' : `mtu ${mtu} `}${o.iif === undefined ? '' : `iif ${o.iif} `}\n`);
}

function modify(p: Process, words: Words, how: 'add' | 'change' | 'replace' | 'append' | 'prepend' | 'delete', six: boolean): void {
  const parse = six ? parseIpv6 : parseIpv4;
  if (words.done) throw new Exit(255, USAGE);
  const o: Partial<RouteOptions> = {};
  while (!words.done) {
    const word = words.next();
    if (word === 'via') {
      let text = words.next();
      if (text === 'inet' || text === 'inet6') text = words.next();
      if (parse(text) === undefined) throw new Exit(1, `Error: ${six ? 'inet6' : 'inet'} address is expected rather than "${text}".\n`);
      o.via = text;
    } else if (word === 'dev' || word === 'oif') o.dev = words.next();
    else if (word === 'src') {
      const text = words.next();
      if (parse(text) === undefined) throw new Exit(1, `Error: any valid address is expected rather than "${text}".\n`);
      o.src = text;
    } else if (word === 'table') o.table = tableArgument(words.next(), '"table" value is invalid\n');
    else if (word === 'metric' || word === 'priority' || word === 'preference') {
      const text = words.next();
      if (!/^\d+$/.test(text)) throw invarg('"metric" value is invalid\n', text);
      o.metric = Number(text);
    } else if (word === 'proto' || word === 'protocol') o.protocol = protocolArgument(words.next());
    else if (word === 'scope') o.scope = scopeArgument(words.next());
    else if (word === 'onlink') o.onlink = true;
    else if (word === 'nexthop') o.nexthops = [...(o.nexthops ?? []), nexthop(p, words, parse)];
    else if (word === 'pref') words.next();
    else if (word === 'mtu') o.mtu = Number(words.next().replace('lock', ''));
    else if (TYPES.has(word)) o.type = word as never;
    else {
      const text = word === 'to' ? words.next() : word;
      if (o.dst !== undefined) throw duparg2('to', text);
      prefix(text, six);
      o.dst = text;
    }
  }
  if (o.dev !== undefined && !p.net.link(o.dev)) throw noDevice(o.dev);
  admin(p);
  if (six) return modify6(p, { ...o, dst: o.dst === undefined || o.dst === 'default' ? '::/0' : o.dst }, how);
  const dst = o.dst ?? 'default';
  const { address, bits } = parseCidr(dst)!;
  if (network(address, bits) !== address) throw new NetlinkError('EINVAL', 'Invalid prefix for given prefix length');
  if (how === 'delete') return p.net.delRoute({ ...o, dst });
  if (o.via === undefined && o.dev === undefined && o.nexthops === undefined && (o.type === undefined || o.type === 'unicast')) throw new NetlinkError('ENODEV');
  p.net.addRoute({ ...o, dst }, how);
}

/** What follows `nexthop`, up to the next one. */
function nexthop(p: Process, words: Words, parse: (text: string) => number | undefined): NonNullable<RouteOptions['nexthops']>[number] {
  const hop: NonNullable<RouteOptions['nexthops']>[number] = { weight: 1 };
  while (!words.done && words.peek() !== 'nexthop') {
    const word = words.next();
    if (word === 'via') {
      const text = words.next();
      if (parse(text) === undefined) throw new Exit(1, `Error: any valid address is expected rather than "${text}".\n`);
      hop.via = text;
    } else if (word === 'dev') {
      hop.dev = words.next();
      if (!p.net.link(hop.dev)) throw noDevice(hop.dev);
    } else if (word === 'weight') {
      const text = words.next(), n = Number(text);
      if (!/^\d+$/.test(text) || n < 1 || n > 256) throw invarg('"weight" is invalid\n', text);
      hop.weight = n;
    } else if (word === 'onlink') hop.onlink = true;
    else throw new Exit(255, `Error: "nexthop" or end of line is expected instead of "${word}"\n`);
  }
  return hop;
}

/** ip route test: RTM_NEWROUTE that must be there and must not (ip/iproute.c); the kernel wants more than a prefix. */
function test(p: Process, words: Words): void {
  prefix(words.next(), false);
  admin(p);
  throw new NetlinkError('ENODEV');
}

function flush(p: Process, options: Options, words: Words, six: boolean): void {
  if (words.done) throw new Exit(1, '"ip route flush" requires arguments.\n');
  const f = filterOf(words, six), { fib } = six ? p.net.inet6! : p.net;
  admin(p);
  if (f.table === 'cache') return p.net.exceptions.flush();
  if (!six && f.table !== undefined && f.table !== 'all' && f.table !== 'main' && !fib.table(tableId(f.table))) throw new Exit(2, 'Error: ipv4: FIB table does not exist.\nFlush terminated\n');
  const doomed = fib.table(tableId(f.table)) || f.table === 'all' ? matching(p, f) : [];
  for (const r of doomed) fib.del(r);
  if (options.stats > 0) p.out(doomed.length === 0 ? 'Nothing to flush.\n' : `\n*** Round 1, deleting ${doomed.length} entries ***\n*** Flush is complete after 1 round ***\n`);
}

/** Names and numbers of /etc/iproute2/rt_protos. */
const PROTOCOLS = new Map([[0, 'unspec'], [1, 'redirect'], [2, 'kernel'], [3, 'boot'], [4, 'static'], [8, 'gated'], [9, 'ra'], [10, 'mrt'], [11, 'zebra'], [12, 'bird'], [13, 'dnrouted'], [14, 'xorp'], [15, 'ntk'], [16, 'dhcp'], [18, 'keepalived'], [42, 'babel'], [186, 'bgp'], [187, 'isis'], [188, 'ospf'], [189, 'rip'], [192, 'eigrp']]);
function protocolArgument(text: string): string {
  const number = /^\d+$/.test(text) ? Number(text) : -1;
  if ([...PROTOCOLS.values()].includes(text)) return text;
  if (number < 0 || number > 255) throw invarg('"protocol" value is invalid\n', text);
  return PROTOCOLS.get(number) ?? text;
}

const SCOPES = { global: 0, nowhere: 255, host: 254, link: 253, site: 200 } as const;
function scopeArgument(text: string): keyof typeof SCOPES {
  const found = (Object.keys(SCOPES) as (keyof typeof SCOPES)[]).find((name) => name === text || String(SCOPES[name]) === text);
  if (!found) throw invarg('invalid "scope" value\n', text);
  return found;
}

function prefix(text: string, six: boolean): { address: number; bits: number } {
  const word = text === 'any' || text === 'all' ? 'default' : text, parsed = six ? parseCidr6(word) : parseCidr(word);
  if (!parsed && six && parseCidr(word)) throw new Exit(1, `Error: inet6 prefix is expected rather than "${text}".\n`);
  if (!parsed) throw new Exit(1, `Error: any valid prefix is expected rather than "${text}".\n`);
  return parsed;
}

function host(text: string, six: boolean): string {
  const bare = text.replace(six ? /\/128$/ : /\/32$/, '');
  if ((six ? parseIpv6 : parseIpv4)(bare) === undefined) throw new Exit(1, `Error: any valid prefix is expected rather than "${text}".\n`);
  return bare;
}

function tableArgument(text: string, message = 'table id value is invalid\n'): string {
  if (text !== 'all' && text !== 'cache' && TABLES[text] === undefined && !/^\d+$/.test(text)) throw invarg(message, text);
  return text;
}

const USAGE = `Usage: ip route { list | flush } SELECTOR
       ip route save SELECTOR
       ip route restore
       ip route showdump
       ip route get [ ROUTE_GET_FLAGS ] ADDRESS
                            [ from ADDRESS iif STRING ]
                            [ oif STRING ] [ tos TOS ]
                            [ mark NUMBER ] [ vrf NAME ]
                            [ uid NUMBER ] [ ipproto PROTOCOL ]
                            [ sport NUMBER ] [ dport NUMBER ]
       ip route { add | del | change | append | replace } ROUTE
SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ]
            [ table TABLE_ID ] [ vrf NAME ] [ proto RTPROTO ]
            [ type TYPE ] [ scope SCOPE ]
ROUTE := NODE_SPEC [ INFO_SPEC ]
NODE_SPEC := [ TYPE ] PREFIX [ tos TOS ]
             [ table TABLE_ID ] [ proto RTPROTO ]
             [ scope SCOPE ] [ metric METRIC ]
             [ ttl-propagate { enabled | disabled } ]
INFO_SPEC := { NH | nhid ID } OPTIONS FLAGS [ nexthop NH ]...
NH := [ encap ENCAPTYPE ENCAPHDR ] [ via [ FAMILY ] ADDRESS ]
      [ dev STRING ] [ weight NUMBER ] NHFLAGS
FAMILY := [ inet | inet6 | mpls | bridge | link ]
OPTIONS := FLAGS [ mtu NUMBER ] [ advmss NUMBER ] [ as [ to ] ADDRESS ]
           [ rtt TIME ] [ rttvar TIME ] [ reordering NUMBER ]
           [ window NUMBER ] [ cwnd NUMBER ] [ initcwnd NUMBER ]
           [ ssthresh NUMBER ] [ realms REALM ] [ src ADDRESS ]
           [ rto_min TIME ] [ hoplimit NUMBER ] [ initrwnd NUMBER ]
           [ features FEATURES ] [ quickack BOOL ] [ congctl NAME ]
           [ pref PREF ] [ expires TIME ] [ fastopen_no_cookie BOOL ]
TYPE := { unicast | local | broadcast | multicast | throw |
          unreachable | prohibit | blackhole | nat }
TABLE_ID := [ local | main | default | all | NUMBER ]
SCOPE := [ host | link | global | NUMBER ]
NHFLAGS := [ onlink | pervasive ]
RTPROTO := [ kernel | boot | static | NUMBER ]
PREF := [ low | medium | high ]
TIME := NUMBER[s|ms]
BOOL := [1|0]
FEATURES := ecn
ENCAPTYPE := [ mpls | ip | ip6 | seg6 | seg6local | rpl | ioam6 | xfrm ]
ENCAPHDR := [ MPLSLABEL | SEG6HDR | SEG6LOCAL | IOAM6HDR | XFRMINFO ]
SEG6HDR := [ mode SEGMODE ] segs ADDR1,ADDRi,ADDRn [hmac HMACKEYID] [cleanup]
SEGMODE := [ encap | encap.red | inline | l2encap | l2encap.red ]
SEG6LOCAL := action ACTION [ OPTIONS ] [ count ]
ACTION := { End | End.X | End.T | End.DX2 | End.DX6 | End.DX4 |
            End.DT6 | End.DT4 | End.DT46 | End.B6 | End.B6.Encaps |
            End.BM | End.S | End.AS | End.AM | End.BPF }
OPTIONS := OPTION [ OPTIONS ]
OPTION := { flavors FLAVORS | srh SEG6HDR | nh4 ADDR | nh6 ADDR | iif DEV | oif DEV |
            table TABLEID | vrftable TABLEID | endpoint PROGNAME }
FLAVORS := { FLAVOR[,FLAVOR] }
FLAVOR := { psp | usp | usd | next-csid }
IOAM6HDR := trace prealloc type IOAM6_TRACE_TYPE ns IOAM6_NAMESPACE size IOAM6_TRACE_SIZE
XFRMINFO := if_id IF_ID [ link_dev LINK ]
ROUTE_GET_FLAGS := [ fibmatch ]
`;
