import { inPrefix, IPV4_MAX, parseCidr } from '../../linux/net/addresses.ts';
import { parseCidr6 } from '../../linux/net/addresses6.ts';
import { ASSURED, DST_NAT, SEEN_REPLY, SRC_NAT, type Entry, type Tuple } from '../../linux/net/conntrack/entry.ts';
import { parseUint } from '../../linux/net/netfilter/values.ts';
import { stateOf, type Output } from './format.ts';

/** The command line of conntrack-tools 1.4.7 (src/conntrack.c). */
export class Usage extends Error {}

export interface Options {
  command: string;
  table: 'conntrack' | 'expect' | 'dying' | 'unconfirmed';
  filters: ((entry: Entry) => boolean)[];
  /** What the options say of the original and reply tuples (-I, -G, -U). */
  orig: Partial<Tuple>;
  reply: Partial<Tuple>;
  state: string | undefined;
  timeout: number | undefined;
  mark: { value: number; mask: number } | undefined;
  status: string[];
  zone: number;
  events: Set<string>;
  output: Output;
}

const COMMANDS: Record<string, string> = {
  L: 'dump', D: 'delete', I: 'create', A: 'add', U: 'update', G: 'get', E: 'event', F: 'flush', C: 'count', S: 'stats', V: 'version', h: 'help',
};
const LETTERS: Record<string, string> = {
  src: 's', 'orig-src': 's', dst: 'd', 'orig-dst': 'd', 'reply-src': 'r', 'reply-dst': 'q', protonum: 'p', timeout: 't', status: 'u', zero: 'z', 'event-mask': 'e',
  output: 'o', mark: 'm', zone: 'w', family: 'f', 'src-nat': 'n', 'dst-nat': 'g', 'any-nat': 'j', 'buffer-size': 'b', secmark: 'c', label: 'l',
  ...Object.fromEntries(Object.entries(COMMANDS).map(([letter, name]) => [name, letter])),
};
const OPTIONAL = 'ngj', NONE = 'zSVhLDIAUGEFC';
const LONG_OF: Record<string, string> = { s: 'orig-src', d: 'orig-dst', r: 'reply-src', q: 'reply-dst', p: 'protonum', t: 'timeout', u: 'status', e: 'event-mask', o: 'output', m: 'mark', w: 'zone', n: 'src-nat', g: 'dst-nat', j: 'any-nat', z: 'zero', f: 'family' };
/** Options that a command refuses. */
const REFUSED: Record<string, string> = { L: 'te', D: 'te', G: 'te', E: 'tz', F: 'srqdptueomngjz', C: 'srqdptueomngjz', S: 'srqdptueomngjz' };
const PROTOCOLS: Record<string, number> = { tcp: 6, udp: 17, icmp: 1, udplite: 136, sctp: 132, dccp: 33, gre: 47, icmpv6: 58 };
const STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'LISTEN'];
/** Long options that a protocol brings. */
const PROTOCOL_OPTIONS: Record<number, string[]> = {
  6: ['sport', 'dport', 'orig-port-src', 'orig-port-dst', 'reply-port-src', 'reply-port-dst', 'state'],
  17: ['sport', 'dport', 'orig-port-src', 'orig-port-dst', 'reply-port-src', 'reply-port-dst'],
  1: ['icmp-type', 'icmp-code', 'icmp-id'],
  58: ['icmpv6-type', 'icmpv6-code', 'icmpv6-id'],
};

export function parseOptions(args: readonly string[]): Options {
  const o: Options = {
    command: '', table: 'conntrack', filters: [], orig: {}, reply: {}, state: undefined, timeout: undefined, mark: undefined, status: [], zone: 0, events: new Set(),
    output: { extended: false, id: false, timestamp: false, xml: false, save: false },
  };
  const used: string[] = [];
  const todo = [...args];
  for (let arg; (arg = todo.shift()) !== undefined; ) {
    if (!arg.startsWith('-') || arg === '-') {
      if (o.command === '' || !['conntrack', 'expect', 'dying', 'unconfirmed'].includes(arg)) throw new Usage(o.command === '' ? 'You can\'t use extra arguments' : `unknown type \`${arg}'`);
      o.table = arg as Options['table'];
      continue;
    }
    const [name = '', attached] = arg.startsWith('--') ? split(arg.slice(2)) : [arg[1]!, arg.slice(2) || undefined];
    const own = arg.startsWith('--') ? PROTOCOL_OPTIONS[o.orig.proto ?? 0]?.filter((l) => l.startsWith(name)) ?? [] : [];
    const long = own.includes(name) ? name : own.length === 1 ? own[0] : undefined;
    if (long !== undefined && LETTERS[name] === undefined) {
      protocolOption(o, long, attached ?? value(todo, arg));
      continue;
    }
    const names = Object.keys(LETTERS).filter((l) => l.startsWith(name));
    const letter = arg.startsWith('--') ? (LETTERS[name] ?? (new Set(names.map((n) => LETTERS[n])).size === 1 ? LETTERS[names[0]!] : undefined)) : name;
    if (letter === undefined || !(letter in COMMANDS || letter in LONG_OF)) throw new Usage(`unknown option \`${arg}'`);
    if (letter in COMMANDS) {
      if (o.command !== '') throw new Usage('Invalid commands combination');
      o.command = letter;
      if (attached && !arg.startsWith('--')) todo.unshift(`-${attached}`);
      continue;
    }
    used.push(letter);
    if (NONE.includes(letter)) continue;
    const text = OPTIONAL.includes(letter) ? (attached ?? (todo[0] !== undefined && !todo[0].startsWith('-') ? todo.shift() : undefined)) : (attached ?? value(todo, arg));
    option(o, letter, text);
  }
  for (const letter of used) if ((REFUSED[o.command] ?? '').includes(letter) || (o.command === '' && letter !== 'o')) throw new Usage(`Illegal option \`--${LONG_OF[letter]}' with this command`);
  return o;
}

function option(o: Options, letter: string, text = ''): void {
  switch (letter) {
    case 's':
    case 'd':
    case 'r':
    case 'q': {
      const prefix = text.includes(':') ? parseCidr6(text) : parseCidr(text);
      if (!prefix || text === 'default') throw new Usage(`Invalid IP address \`${text}'`);
      const side = letter === 's' || letter === 'd' ? 'orig' : 'reply', end = letter === 's' || letter === 'r' ? 'src' : 'dst';
      o[side][end] = prefix.address;
      o.filters.push((e) => inPrefix(e[side][end], prefix.address, prefix.bits));
      return;
    }
    case 'p': {
      const proto = /^\d+$/.test(text) ? Number(text) : PROTOCOLS[text];
      if (proto === undefined || proto > 255) throw new Usage(`\`${text}' unsupported protocol`);
      o.orig.proto = o.reply.proto = proto;
      o.filters.push((e) => e.orig.proto === proto);
      return;
    }
    case 'm': {
      const [v, m] = text.split('/');
      const mark = { value: (parseUint(v!, 0, 0xffffffff) ?? 0) >>> 0, mask: m === undefined ? 0xffffffff : (parseUint(m, 0, 0xffffffff) ?? 0) };
      o.mark = mark;
      o.filters.push((e) => (e.mark & mark.mask) >>> 0 === mark.value);
      return;
    }
    case 'u':
      for (const name of text.split(',')) {
        const test = { ASSURED: (e: Entry) => (e.status & ASSURED) !== 0, SEEN_REPLY: (e: Entry) => (e.status & SEEN_REPLY) !== 0, UNREPLIED: (e: Entry) => (e.status & SEEN_REPLY) === 0, UNSET: () => true, FIXED_TIMEOUT: () => false, EXPECTED: () => false, OFFLOAD: () => false, HW_OFFLOAD: () => false }[name.toUpperCase()];
        if (!test) throw new Usage(`Bad parameter \`${name}'`);
        o.status.push(name.toUpperCase());
        o.filters.push(test);
      }
      return;
    case 'e':
      for (const name of text.split(',')) {
        const known = { NEW: ['NEW'], UPDATES: ['UPDATE'], DESTROY: ['DESTROY'], ALL: ['NEW', 'UPDATE', 'DESTROY'] }[name.toUpperCase()];
        if (!known) throw new Usage(`Bad parameter \`${name}'`);
        for (const event of known) o.events.add(event);
      }
      return;
    case 'o':
      for (const name of text.split(',')) {
        if (name in o.output) o.output[name as keyof Output] = true;
        else if (!['ktimestamp', 'labels', 'userspace'].includes(name)) throw new Usage(`Bad parameter \`${name}'`);
      }
      return;
    case 't':
      o.timeout = parseUint(text, 0, 0xffffffff) ?? 0;
      return;
    case 'w': {
      const zone = (o.zone = parseUint(text, 0, 65535) ?? 0);
      o.filters.push((e) => e.zone === zone);
      return;
    }
    case 'f':
      if (!['ipv4', 'ipv6'].includes(text)) throw new Usage(`\`${text}' unsupported protocol`);
      o.filters.push((e) => e.orig.dst > IPV4_MAX === (text === 'ipv6'));
      return;
    case 'n':
    case 'g':
    case 'j':
      o.filters.push(natFilter(letter, text));
  }
}

/** Connections whose source (n), destination (g) or either (j) is translated, to that address when one is given. */
function natFilter(letter: string, text: string): (entry: Entry) => boolean {
  const prefix = text === '' ? undefined : text.includes(':') ? parseCidr6(text) : parseCidr(text);
  if (text !== '' && !prefix) throw new Usage(`Invalid IP address \`${text}'`);
  const within = (ip: number) => !prefix || inPrefix(ip, prefix.address, prefix.bits);
  const source = (e: Entry) => (e.status & SRC_NAT) !== 0 && e.reply.dst !== e.orig.src && within(e.reply.dst);
  const destination = (e: Entry) => (e.status & DST_NAT) !== 0 && e.reply.src !== e.orig.dst && within(e.reply.src);
  return letter === 'n' ? source : letter === 'g' ? destination : (e) => source(e) || destination(e);
}

function protocolOption(o: Options, name: string, text: string): void {
  if (name === 'state') {
    if (!STATES.includes(text)) throw new Usage(`unknown TCP state \`${text}'`);
    o.state = text;
    o.filters.push((e) => stateOf(e) === text);
    return;
  }
  const n = parseUint(text, 0, 65535) ?? 0;
  if (name.startsWith('icmp')) {
    const what = name.replace('v6', '');
    if (what === 'icmp-id') o.orig.sport = n;
    else o.orig.dport = what === 'icmp-type' ? n * 256 + ((o.orig.dport ?? 0) & 255) : ((o.orig.dport ?? 0) & ~255) + n;
    o.filters.push((e) => (what === 'icmp-id' ? e.orig.sport : what === 'icmp-type' ? e.orig.dport >> 8 : e.orig.dport & 255) === n);
    return;
  }
  const side = name.startsWith('reply') ? 'reply' : 'orig', end = name === 'sport' || name.endsWith('src') ? 'sport' : 'dport';
  o[side][end] = n;
  o.filters.push((e) => e[side][end] === n);
}

function value(todo: string[], arg: string): string {
  const text = todo.shift();
  if (text === undefined) throw new Usage(`option \`${arg}' requires an argument`);
  return text;
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
