import { formatIpv4, IPV4_MAX, mask, network, parseCidr, parseIpv4, type Ip } from '../../addresses.ts';
import { LOOPBACK6, parseIpv6 } from '../../addresses6.ts';
import { setupNat } from '../../conntrack/nat.ts';
import type { NatRange } from '../../conntrack/nat.ts';
import { bad } from '../errors.ts';
import { ACCEPT, DROP, type Context, type Outcome, type TargetExtension } from '../extension.ts';
import { servicePort } from '../services.ts';
import { parseUint, saveNetwork, type Network } from '../values.ts';

/** extensions/libxt_NAT.c: DNAT, SNAT, MASQUERADE, REDIRECT. */
interface Nat {
  addresses?: [Ip, Ip];
  ports?: [number, number];
  random: boolean;
  fully: boolean;
  persistent: boolean;
  given: boolean;
}

const init = (): Nat => ({ random: false, fully: false, persistent: false, given: false });
const flag = (name: 'random' | 'fully' | 'persistent') => ({ args: 0 as const, parse: (d: Nat) => void (d[name] = true) });
const flagsText = (d: Nat, prefix: string) => `${d.random ? ` ${prefix}random` : ''}${d.fully ? ` ${prefix}random-fully` : ''}${d.persistent ? ` ${prefix}persistent` : ''}`;

export const DNAT: TargetExtension<Nat> = {
  name: 'DNAT', tables: ['nat'], hooks: ['PREROUTING', 'OUTPUT'],
  init,
  options: {
    'to-destination': { required: true, parse: (d, v, _not, s) => parseTo(d, v, takesPorts(s.proto, s.protoInverted), 'DNAT', s.family) },
    random: flag('random'),
    persistent: flag('persistent'),
  },
  print: (d) => ` to:${rangeText(d)}${flagsText(d, '')}`,
  save: (d) => ` --to-destination ${rangeText(d)}${flagsText(d, '--')}`,
  compile: (d) => {
    const range = natRange(d);
    return (c) => apply(c, range, 'DST');
  },
};

export const SNAT: TargetExtension<Nat> = {
  name: 'SNAT', tables: ['nat'], hooks: ['POSTROUTING', 'INPUT'],
  init,
  options: {
    'to-source': { required: true, parse: (d, v, _not, s) => parseTo(d, v, takesPorts(s.proto, s.protoInverted), 'SNAT', s.family) },
    random: flag('random'),
    'random-fully': flag('fully'),
    persistent: flag('persistent'),
  },
  print: (d) => ` to:${rangeText(d)}${flagsText(d, '')}`,
  save: (d) => ` --to-source ${rangeText(d)}${flagsText(d, '--')}`,
  compile: (d) => {
    const range = natRange(d);
    return (c) => apply(c, range, 'SRC');
  },
};

export const MASQUERADE: TargetExtension<Nat> = {
  name: 'MASQUERADE', tables: ['nat'], hooks: ['POSTROUTING'],
  init,
  options: {
    'to-ports': { parse: (d, v, _not, s) => parsePortsOnly(d, v, takesPorts(s.proto, s.protoInverted)) },
    random: flag('random'),
    'random-fully': flag('fully'),
  },
  print: (d) => `${d.ports ? ` masq ports: ${portsText(d.ports)}` : ''}${flagsText(d, '')}`,
  save: (d) => `${d.ports ? ` --to-ports ${portsText(d.ports)}` : ''}${flagsText(d, '--')}`,
  compile: (d, netfilter) => (c) => {
    const address = netfilter.host.selectSource(c.out, c.packet.dst);
    // nf_nat_masquerade_ipv4 drops what has no address to take.
    return address === undefined ? DROP : apply(c, { ...natRange(d), min: address, max: address }, 'SRC');
  },
};

export const REDIRECT: TargetExtension<Nat> = {
  name: 'REDIRECT', tables: ['nat'], hooks: ['PREROUTING', 'OUTPUT'],
  init,
  options: {
    'to-ports': { parse: (d, v, _not, s) => parsePortsOnly(d, v, takesPorts(s.proto, s.protoInverted)) },
    random: flag('random'),
  },
  print: (d) => `${d.ports ? ` redir ports ${portsText(d.ports)}` : ''}${flagsText(d, '')}`,
  save: (d) => `${d.ports ? ` --to-ports ${portsText(d.ports)}` : ''}${flagsText(d, '--')}`,
  compile: (d, netfilter) => (c) => {
    const family = c.packet.dst > IPV4_MAX ? 6 : 4, loopback = family === 6 ? LOOPBACK6 : 0x7f000001;
    const address = c.hook === 'OUTPUT' ? loopback : netfilter.host.primaryAddress(c.in, family);
    return address === undefined ? DROP : apply(c, { ...natRange(d), min: address, max: address }, 'DST');
  },
};

/** Networks of one size onto each other: the host's part of the address stays. */
export const NETMAP: TargetExtension<{ network?: Network }> = {
  name: 'NETMAP', tables: ['nat'],
  init: () => ({}),
  options: {
    to: {
      required: true,
      parse: (d, v) => {
        const cidr = parseCidr(v);
        if (!cidr) throw bad(`NETMAP: Bad value for "--to" option: "${v}"`);
        d.network = { address: network(cidr.address, cidr.bits), mask: mask(cidr.bits) };
      },
    },
  },
  print: (d) => ` to:${saveNetwork(d.network!)}`,
  save: (d) => ` --to ${saveNetwork(d.network!)}`,
  compile: (d) => (c) => {
    const kind = c.hook === 'POSTROUTING' || c.hook === 'INPUT' ? 'SRC' : 'DST';
    const old = kind === 'SRC' ? c.packet.src : c.packet.dst, { address, mask: bits } = d.network!;
    const to = ((old & ~bits) | address) >>> 0;
    return apply(c, { min: to, max: to }, kind);
  },
};

function apply(c: Context, range: NatRange, kind: 'SRC' | 'DST'): Outcome {
  const ct = c.packet.ct;
  if (ct?.entry === undefined) return ACCEPT;
  return setupNat(c.netfilter.conntrack, c.packet, range, kind) ? ACCEPT : DROP;
}

function natRange(d: Nat): NatRange {
  return {
    min: d.addresses?.[0], max: d.addresses?.[1], ports: d.ports,
    random: d.random, fully: d.fully, persistent: d.persistent,
  };
}

function takesPorts(proto: number, inverted: boolean): boolean {
  return !inverted && [6, 17, 132, 33, 1, 58].includes(proto);
}

/** `10.0.0.1-10.0.0.9:80-90`; of IPv6 `[fd00::1]:80` or `fd00::1-fd00::9`. */
function parseTo(d: Nat, text: string, portok: boolean, name: string, family: 4 | 6): void {
  if (d.given) throw bad(`${name}: Multiple --to-${name === 'DNAT' ? 'destination' : 'source'} not supported`);
  d.given = true;
  const bracket = family === 6 && text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = family === 4 ? text.indexOf(':') : bracket >= 0 && text[bracket + 1] === ':' ? bracket + 1 : text.startsWith(':') && !text.startsWith('::') ? 0 : -1;
  const whole = colon < 0 ? text : text.slice(0, colon), where = whole.replace(/[[\]]/g, ''), parse = family === 6 ? parseIpv6 : parseIpv4;
  if (colon >= 0) {
    if (!portok) throw bad('Need TCP, UDP, SCTP or DCCP with port specification');
    d.ports = parseRange(text.slice(colon + 1));
  }
  if (where === '') return;
  const [from, to = from] = where.split('-');
  const low = parse(from!), high = parse(to!);
  if (low === undefined || high === undefined) throw bad(`Bad IP address "${low === undefined ? from : to}"`);
  d.addresses = [low, high];
}

function parsePortsOnly(d: Nat, text: string, portok: boolean): void {
  if (!portok) throw bad('Need TCP, UDP, SCTP or DCCP with port specification');
  d.ports = parseRange(text);
}

/** `80`, `80-90`, `http` */
function parseRange(text: string): [number, number] {
  const [low, rest] = parsePortNumber(text);
  if (rest === '') return [low, low];
  if (!rest.startsWith('-')) throw bad(`Garbage after port value: \`${rest}'`);
  const [high, garbage] = parsePortNumber(rest.slice(1));
  if (low > high) throw bad(`Port range \`${rest.slice(1)}' funky`);
  if (garbage !== '') throw bad(`Garbage after port range: \`${garbage}'`);
  return [low, high];
}

/** A port and what follows it. */
function parsePortNumber(text: string): [port: number, rest: string] {
  const digits = /^\d+/.exec(text)?.[0] ?? '';
  const port = digits === '' ? servicePort(text) : parseUint(digits, 0, 65535);
  if (port === undefined) throw bad(`Port \`${text}' not valid`);
  return [port, digits === '' ? '' : text.slice(digits.length)];
}

function portsText([low, high]: [number, number]): string {
  return low === high ? String(low) : `${low}-${high}`;
}

function rangeText(d: Nat): string {
  const where = d.addresses ? (d.addresses[0] === d.addresses[1] ? formatIpv4(d.addresses[0]) : d.addresses.map(formatIpv4).join('-')) : '';
  return d.ports ? `${where.includes(':') ? `[${where}]` : where}:${portsText(d.ports)}` : where;
}
