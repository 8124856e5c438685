import { formatIpv4, parseIpv4 } from '../../addresses.ts';
import { isMulticast6 } from '../../addresses6.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint, parseUint } from '../values.ts';
import { interfaceMatches } from './simple.ts';

/** Matches of a few lines each that only people and Calico use; each as extensions/libxt_NAME.c of iptables 1.8.9 reads and prints it. */

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
  compile: ({ type, not }) => (c) => ((c.packet.dst >>> 28 === 14 || isMulticast6(c.packet.dst) ? 'multicast' : c.packet.dst === 0xffffffff ? 'broadcast' : 'unicast') === type) !== not,
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
