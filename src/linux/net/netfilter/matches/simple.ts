import { formatIpv4, parseIpv4 } from '../../addresses.ts';
import type { Entry } from '../../conntrack/entry.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { markText, parseMark, parseOptionUint, parsePort, parseUint, portText, quote, type Mark } from '../values.ts';
import { protocolName } from '../protocols.ts';

/** Matches of a few lines each; each as extensions/libxt_NAME.c of iptables 1.8.9 reads and prints it. */

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
      const dev = d.limitIn ? c.in : d.limitOut ? c.out : undefined;
      return (!src || src.types.includes(host.addressType(c.packet.src, dev)) !== src.not) && (!dst || dst.types.includes(host.addressType(c.packet.dst, dev)) !== dst.not);
    };
  },
};

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

interface Iprange {
  src?: [number, number];
  srcNot?: boolean;
  dst?: [number, number];
  dstNot?: boolean;
}

export const iprange: MatchExtension<Iprange> = {
  name: 'iprange',
  init: () => ({}),
  options: {
    'src-range': { invertible: true, parse: (d, v, not) => void Object.assign(d, { src: addressRange(v, 'src-range'), srcNot: not }) },
    'dst-range': { invertible: true, parse: (d, v, not) => void Object.assign(d, { dst: addressRange(v, 'dst-range'), dstNot: not }) },
  },
  check: (d) => {
    if (!d.src && !d.dst) throw bad('iprange match: You must specify `--src-range\' or `--dst-range\'');
  },
  print: (d) => `${d.src ? ` source IP range${d.srcNot ? ' !' : ''} ${d.src.map(formatIpv4).join('-')}` : ''}${d.dst ? ` destination IP range${d.dstNot ? ' !' : ''} ${d.dst.map(formatIpv4).join('-')}` : ''}`,
  save: (d) => `${d.src ? `${d.srcNot ? ' !' : ''} --src-range ${d.src.map(formatIpv4).join('-')}` : ''}${d.dst ? `${d.dstNot ? ' !' : ''} --dst-range ${d.dst.map(formatIpv4).join('-')}` : ''}`,
  compile: ({ src, dst, srcNot = false, dstNot = false }) => ({ packet: p }) =>
    (!src || (p.src >= src[0] && p.src <= src[1]) !== srcNot) && (!dst || (p.dst >= dst[0] && p.dst <= dst[1]) !== dstNot),
};

function addressRange(text: string, option: string): [number, number] {
  const [from, to = from] = text.split('-');
  const low = parseIpv4(from!), high = parseIpv4(to!);
  if (low === undefined || high === undefined) throw bad(`iprange: Bad value for "--${option}" option: "${text}"`);
  return [low, high];
}

export const length: MatchExtension<{ range: [number, number]; not: boolean }> = {
  name: 'length',
  init: () => ({ range: [0, 65535], not: false }),
  options: {
    length: {
      required: true, invertible: true,
      parse: (d, v, not) => {
        const [low, high] = v.split(':');
        const from = parseOptionUint(low || '0', 'length', 'length', 0, 65535);
        d.range = [from, high === undefined ? from : parseOptionUint(high || '65535', 'length', 'length', 0, 65535)];
        d.not = not;
      },
    },
  },
  print: (d) => ` length ${d.not ? '!' : ''}${d.range[0] === d.range[1] ? d.range[0] : d.range.join(':')}`,
  save: (d) => `${d.not ? ' !' : ''} --length ${d.range[0] === d.range[1] ? d.range[0] : d.range.join(':')}`,
  compile: ({ range, not }) => (c) => (c.packet.length >= range[0] && c.packet.length <= range[1]) !== not,
};

export const mac: MatchExtension<{ address: string; not: boolean }> = {
  name: 'mac', hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  init: () => ({ address: '', not: false }),
  options: {
    'mac-source': {
      required: true, invertible: true,
      parse: (d, v, not) => {
        if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(v)) throw bad('Invalid MAC address specified.');
        Object.assign(d, { address: v.toLowerCase(), not });
      },
    },
  },
  print: (d) => ` MAC${d.not ? ' !' : ''} ${d.address}`,
  save: (d) => `${d.not ? ' !' : ''} --mac-source ${d.address}`,
  compile: ({ address, not }) => (c) => c.packet.macSrc !== undefined && (c.packet.macSrc === address) !== not,
};

interface Owner {
  uid?: [number, number];
  uidNot?: boolean;
  gid?: [number, number];
  gidNot?: boolean;
  socket?: boolean;
  socketNot?: boolean;
}

export const owner: MatchExtension<Owner> = {
  name: 'owner', hooks: ['OUTPUT', 'POSTROUTING'],
  init: () => ({}),
  options: {
    'uid-owner': { invertible: true, parse: (d, v, not) => void Object.assign(d, { uid: idRange(v, 'uid-owner'), uidNot: not }) },
    'gid-owner': { invertible: true, parse: (d, v, not) => void Object.assign(d, { gid: idRange(v, 'gid-owner'), gidNot: not }) },
    'socket-exists': { args: 0, invertible: true, parse: (d, _v, not) => void Object.assign(d, { socket: true, socketNot: not }) },
  },
  check: (d) => {
    if (!d.uid && !d.gid && !d.socket) throw bad('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required');
  },
  print: (d, numeric) => {
    const one = (label: string, id: [number, number] | undefined, not: boolean | undefined) => {
      if (!id) return '';
      return `${not ? ' !' : ''} owner ${label} ${id[0] === id[1] ? (!numeric && id[0] === 0 ? 'root' : id[0]) : id.join('-')}`;
    };
    return `${d.socket ? ` owner socket ${d.socketNot ? 'not ' : ''}exists` : ''}${one('UID match', d.uid, d.uidNot)}${one('GID match', d.gid, d.gidNot)}`;
  },
  save: (d) => {
    const one = (option: string, id: [number, number] | undefined, not: boolean | undefined) => (id ? `${not ? ' !' : ''} --${option} ${id[0] === id[1] ? id[0] : id.join('-')}` : '');
    return `${d.socket ? `${d.socketNot ? ' !' : ''} --socket-exists` : ''}${one('uid-owner', d.uid, d.uidNot)}${one('gid-owner', d.gid, d.gidNot)}`;
  },
  compile: ({ uid, gid, socket, uidNot = false, gidNot = false, socketNot = false }) => ({ packet: { owner: o } }) => {
    if (socket && (o !== undefined) === socketNot) return false;
    if (!uid && !gid) return true;
    if (!o) return false;
    return (!uid || (o.uid >= uid[0] && o.uid <= uid[1]) !== uidNot) && (!gid || ((o.gid ?? 0) >= gid[0] && (o.gid ?? 0) <= gid[1]) !== gidNot);
  },
};

function idRange(text: string, option: string): [number, number] {
  if (text === 'root') return [0, 0];
  const [low, high = low] = text.split('-').map((x) => parseUint(x, 0, 0xfffffffe));
  if (low === undefined || high === undefined) throw bad(`owner: Bad value for "--${option}" option: "${text}"\n`);
  return [low, high];
}

interface Physdev {
  in?: string;
  inNot?: boolean;
  out?: string;
  outNot?: boolean;
  flags: Record<string, boolean>;
}

export const physdev: MatchExtension<Physdev> = {
  name: 'physdev',
  init: () => ({ flags: {} }),
  options: {
    'physdev-in': { invertible: true, parse: (d, v, not) => void Object.assign(d, { in: v, inNot: not }) },
    'physdev-out': { invertible: true, parse: (d, v, not) => void Object.assign(d, { out: v, outNot: not }) },
    ...Object.fromEntries(['physdev-is-in', 'physdev-is-out', 'physdev-is-bridged'].map((o) => [o, { args: 0 as const, invertible: true, parse: (d: Physdev, _v: string, not: boolean) => void (d.flags[o] = not) }])),
  },
  check: (d) => {
    if (d.in === undefined && d.out === undefined && Object.keys(d.flags).length === 0) throw bad('PHYSDEV: no physdev option specified');
  },
  print: (d) => ` PHYSDEV match${physdevText(d)}`,
  save: physdevText,
  compile: (d) => (c) => {
    const { physIn, physOut } = c.state;
    const is: Record<string, boolean> = { 'physdev-is-in': physIn !== undefined, 'physdev-is-out': physOut !== undefined, 'physdev-is-bridged': physIn !== undefined && physOut !== undefined };
    for (const [flag, not] of Object.entries(d.flags)) if (is[flag] === not) return false;
    if (d.in !== undefined && interfaceMatches(d.in, physIn?.name ?? '') === (d.inNot ?? false)) return false;
    return d.out === undefined || interfaceMatches(d.out, physOut?.name ?? '') !== (d.outNot ?? false);
  },
};

function physdevText(d: Physdev): string {
  const flag = (f: string) => (f in d.flags ? `${d.flags[f] ? ' !' : ''} --${f}` : '');
  return `${flag('physdev-is-in')}${d.in === undefined ? '' : `${d.inNot ? ' !' : ''} --physdev-in ${d.in}`}${flag('physdev-is-out')}${d.out === undefined ? '' : `${d.outNot ? ' !' : ''} --physdev-out ${d.out}`}${flag('physdev-is-bridged')}`;
}

/** `eth0`, or `eth+` for every name that begins so. */
export function interfaceMatches(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

export const pkttype: MatchExtension<{ type: string; not: boolean }> = {
  name: 'pkttype',
  init: () => ({ type: 'unicast', not: false }),
  options: {
    'pkt-type': {
      required: true, invertible: true,
      parse: (d, v, not) => {
        if (!['unicast', 'broadcast', 'multicast', 'otherhost'].includes(v)) throw bad(`Bad packet type '${v}'`);
        Object.assign(d, { type: v, not });
      },
    },
  },
  print: (d) => ` PKTTYPE ${d.not ? '!' : ''}= ${d.type}`,
  save: (d) => `${d.not ? ' !' : ''} --pkt-type ${d.type}`,
  compile: ({ type, not }) => (c) => ((c.packet.dst >>> 28 === 14 ? 'multicast' : c.packet.dst === 0xffffffff ? 'broadcast' : 'unicast') === type) !== not,
};

interface Str {
  pattern: string;
  hex: boolean;
  not: boolean;
  algo: string;
  from: number;
  to: number;
  icase: boolean;
}

export const string: MatchExtension<Str> = {
  name: 'string',
  init: () => ({ pattern: '', hex: false, not: false, algo: '', from: 0, to: 65535, icase: false }),
  options: {
    string: { invertible: true, parse: (d, v, not) => void Object.assign(d, { pattern: v, not }) },
    'hex-string': { invertible: true, parse: (d, v, not) => void Object.assign(d, { pattern: fromHex(v), hex: true, not }) },
    algo: { required: true, parse: (d, v) => void (d.algo = v) },
    from: { parse: (d, v) => void (d.from = parseOptionUint(v, 'from', 'string', 0, 65535)) },
    to: { parse: (d, v) => void (d.to = parseOptionUint(v, 'to', 'string', 0, 65535)) },
    icase: { args: 0, parse: (d) => void (d.icase = true) },
  },
  check: (d) => {
    if (!d.pattern) throw bad('STRING match: You must specify `--string\' or `--hex-string\'');
  },
  print: (d) => ` STRING match ${d.not ? '!' : ''} "${d.pattern}" ALGO name ${d.algo}${d.from ? ` FROM ${d.from}` : ''}${d.to !== 65535 ? ` TO ${d.to}` : ''}${d.icase ? ' ICASE' : ''}`,
  save: (d) => `${d.not ? ' !' : ''} --string ${JSON.stringify(d.pattern)} --algo ${d.algo}${d.from ? ` --from ${d.from}` : ''}${d.to !== 65535 ? ` --to ${d.to}` : ''}${d.icase ? ' --icase' : ''}`,
  compile: ({ pattern, not, icase, to }) => {
    const wanted = icase ? pattern.toLowerCase() : pattern;
    return ({ packet: p }) => {
      const text = p.tcp ? (p.tcp.opaque ? '' : p.tcp.payload) : typeof p.data === 'string' ? p.data : '';
      const seen = (icase ? text.toLowerCase() : text).slice(0, to);
      return seen.includes(wanted) !== not;
    };
  },
};

function fromHex(text: string): string {
  return text.replace(/\|([^|]*)\|/g, (_, bytes: string) => bytes.replace(/\s/g, '').replace(/../g, (b) => String.fromCharCode(parseInt(b, 16))));
}
