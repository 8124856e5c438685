import { IPV4_MAX, type Ip } from '../../addresses.ts';
import type { Entry } from '../../conntrack/entry.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import type { NetfilterHost } from '../host.ts';
import { markText, parseMark, parsePort, portText, quote, type Mark } from '../values.ts';
import { protocolName } from '../protocols.ts';

/** Matches of a few lines each that the components of a cluster use; each as extensions/libxt_NAME.c of iptables 1.8.9 reads and prints it. */

export const comment: MatchExtension<{ text: string }> = {
  name: 'comment',
  init: () => ({ text: '' }),
  options: { comment: { required: true, parse: (d, v) => void (d.text = v.slice(0, 255)) } },
  print: (d) => ` /* ${d.text} */`,
  save: (d) => ` --comment ${quote(d.text)}`,
  compile: () => () => true,
};

interface Marked {
  mark: Mark;
  not: boolean;
}

export const mark: MatchExtension<Marked> = {
  name: 'mark',
  init: () => ({ mark: { value: 0, mask: 0 }, not: false }),
  options: { mark: { required: true, invertible: true, parse: (d, v, not) => void Object.assign(d, { mark: parseMark(v, 'mark', 'mark'), not }) } },
  print: (d) => ` mark match${d.not ? ' !' : ''} ${markText(d.mark)}`,
  save: (d) => `${d.not ? ' !' : ''} --mark ${markText(d.mark)}`,
  compile: ({ mark: { value, mask }, not }) => (c) => ((c.packet.mark & mask) >>> 0 === value) !== not,
};

export const connmark: MatchExtension<Marked> = {
  name: 'connmark',
  init: () => ({ mark: { value: 0, mask: 0 }, not: false }),
  options: { mark: { required: true, invertible: true, parse: (d, v, not) => void Object.assign(d, { mark: parseMark(v, 'mark', 'connmark'), not }) } },
  print: (d) => ` connmark match ${d.not ? '!' : ''} ${markText(d.mark)}`,
  save: (d) => `${d.not ? ' !' : ''} --mark ${markText(d.mark)}`,
  compile: ({ mark: { value, mask }, not }) => (c) => c.packet.ct?.entry !== undefined && (((c.packet.ct.entry as Entry).mark & mask) >>> 0 === value) !== not,
};

interface Addrtype {
  src?: { types: string[]; not: boolean };
  dst?: { types: string[]; not: boolean };
  limitIn?: boolean;
  limitOut?: boolean;
}
const TYPES = ['UNSPEC', 'UNICAST', 'LOCAL', 'BROADCAST', 'ANYCAST', 'MULTICAST', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'];

export const addrtype: MatchExtension<Addrtype> = {
  name: 'addrtype',
  init: () => ({}),
  options: {
    'src-type': { invertible: true, parse: (d, v, not) => void (d.src = { types: addressTypes(v), not }) },
    'dst-type': { invertible: true, parse: (d, v, not) => void (d.dst = { types: addressTypes(v), not }) },
    'limit-iface-in': { args: 0, parse: (d) => void (d.limitIn = true) },
    'limit-iface-out': { args: 0, parse: (d) => void (d.limitOut = true) },
  },
  check: (d) => {
    if (!d.src && !d.dst) throw bad('addrtype: you must specify --src-type or --dst-type');
    if (d.limitIn && d.limitOut) throw bad("addrtype match: you can't specify both --limit-iface-in and --limit-iface-out");
  },
  print: (d) =>
    ` ADDRTYPE match${d.src ? ` src-type ${d.src.not ? '!' : ''}${d.src.types.join(',')}` : ''}${d.dst ? ` dst-type ${d.dst.not ? '!' : ''}${d.dst.types.join(',')}` : ''}${d.limitIn ? ' limit-in' : ''}${d.limitOut ? ' limit-out' : ''}`,
  save: (d) =>
    `${d.src ? `${d.src.not ? ' !' : ''} --src-type ${d.src.types.join(',')}` : ''}${d.dst ? `${d.dst.not ? ' !' : ''} --dst-type ${d.dst.types.join(',')}` : ''}${d.limitIn ? ' --limit-iface-in' : ''}${d.limitOut ? ' --limit-iface-out' : ''}`,
  compile: (d, netfilter) => {
    const { src, dst } = d, host = netfilter.host;
    return (c) => {
      const dev = d.limitIn ? c.in : d.limitOut ? c.out : undefined, of = c.packet.dst > IPV4_MAX ? addressType6 : addressType;
      return (!src || of(host, c.packet.src, src.types, dev) !== src.not) && (!dst || of(host, c.packet.dst, dst.types, dev) !== dst.not);
    };
  },
};

function addressType(host: NetfilterHost, ip: Ip, types: string[], dev: string | undefined): boolean {
  return types.includes(host.addressType(ip, dev));
}

/** match_type6: all that are asked for must be so, and an address of this machine is unicast too. */
function addressType6(host: NetfilterHost, ip: Ip, types: string[], dev: string | undefined): boolean {
  const type = host.addressType(ip, dev);
  return types.every((t) => (t === 'UNSPEC' ? ip === 0 : t === 'UNICAST' ? ip !== 0 && type !== 'MULTICAST' : t === 'MULTICAST' || t === 'LOCAL' ? type === t : t === 'BROADCAST'));
}

function addressTypes(text: string): string[] {
  const given = text.split(',').map((t) => t.toUpperCase());
  const wrong = given.find((t) => !TYPES.includes(t));
  if (wrong !== undefined) throw bad(`addrtype: bad type "${wrong}"`);
  return TYPES.filter((t) => given.includes(t));
}

interface Multiport {
  kind: 'sports' | 'dports' | 'ports';
  ranges: [number, number][];
  not: boolean;
}

export const multiport: MatchExtension<Multiport> = {
  name: 'multiport',
  init: () => ({ kind: 'ports', ranges: [], not: false }),
  options: Object.fromEntries(
    (['source-ports', 'sports', 'destination-ports', 'dports', 'ports'] as const).map((name) => [
      name,
      {
        invertible: true, multi: true,
        parse: (d: Multiport, v: string, not: boolean, s: { proto: number; protoInverted: boolean }) => {
          if (![6, 17, 136, 132, 33].includes(s.proto) || s.protoInverted) throw bad("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
          const proto = protocolName(s.proto);
          d.kind = name.startsWith('s') ? 'sports' : name.startsWith('d') ? 'dports' : 'ports';
          d.ranges = v.split(',').map((r) => {
            const [low, high] = r.split(':');
            const from = parsePort(low!, proto), to = high === undefined ? from : parsePort(high, proto);
            if (from > to) throw bad('invalid portrange specified');
            return [from, to];
          });
          if (d.ranges.reduce((n, [a, b]) => n + (a === b ? 1 : 2), 0) > 15) throw bad('too many ports specified');
          d.not = not;
        },
      },
    ]),
  ),
  check: (d) => {
    if (d.ranges.length === 0) throw bad('multiport expection an option');
  },
  print: (d, numeric) => ` multiport ${d.kind} ${d.not ? ' !' : ''}${d.ranges.map(([a, b]) => (a === b ? portText(a, numeric) : `${portText(a, numeric)}:${portText(b, numeric)}`)).join(',')}`,
  save: (d) => `${d.not ? ' !' : ''} --${d.kind} ${d.ranges.map(([a, b]) => (a === b ? a : `${a}:${b}`)).join(',')}`,
  compile: ({ kind, ranges, not }) => {
    const hit = (port: number) => ranges.some(([a, b]) => port >= a && port <= b);
    return ({ packet: p }) => p.protocol !== 'icmp' && ((kind !== 'dports' && hit(p.sport)) || (kind !== 'sports' && hit(p.dport))) !== not;
  },
};

/** `eth0`, or `eth+` for every name that begins so. */
export function interfaceMatches(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
