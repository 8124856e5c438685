import { SEEN_REPLY, ASSURED, CONFIRMED, SRC_NAT, DST_NAT, type Entry } from '../../conntrack/entry.ts';
import { bad } from '../errors.ts';
import type { MatchExtension, Test } from '../extension.ts';
import { listNetwork, parseNetwork, parsePorts, parseUint, type Network, type PortRange } from '../values.ts';
import { protocolNumber } from '../protocols.ts';

/** extensions/libxt_conntrack.c: conntrack and its older name, state. Order of the states is that of printing. */
const STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
const STATUSES = ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const;

interface Inverted<T> {
  value: T;
  not: boolean;
}
interface Conntrack {
  states?: Inverted<string[]>;
  proto?: Inverted<number>;
  addresses: Record<string, Inverted<Network>>;
  ports: Record<string, Inverted<PortRange>>;
  statuses?: Inverted<string[]>;
  expire?: Inverted<[number, number]>;
  dir?: 'ORIGINAL' | 'REPLY';
}

const ADDRESSES = ['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'];
const PORTS = ['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'];

export const conntrack: MatchExtension<Conntrack> = {
  name: 'conntrack',
  init: () => ({ addresses: {}, ports: {} }),
  options: {
    ctstate: { invertible: true, parse: (d, v, not) => void (d.states = { value: parseList(v, STATES, 'ctstate'), not }) },
    ctproto: {
      invertible: true,
      parse: (d, v, not) => {
        const value = protocolNumber(v);
        if (value === undefined) throw bad(`unknown protocol "${v}" specified`);
        d.proto = { value, not };
      },
    },
    ...Object.fromEntries(ADDRESSES.map((o) => [o, { invertible: true, parse: (d: Conntrack, v: string, not: boolean) => void (d.addresses[o] = { value: parseNetwork(v)[0]!, not }) }])),
    ...Object.fromEntries(PORTS.map((o) => [o, { invertible: true, parse: (d: Conntrack, v: string, not: boolean) => void (d.ports[o] = { value: parsePorts(v), not }) }])),
    ctstatus: { invertible: true, parse: (d, v, not) => void (d.statuses = { value: v === 'NONE' ? [] : parseList(v, STATUSES, 'ctstatus'), not }) },
    ctexpire: {
      invertible: true,
      parse: (d, v, not) => {
        const [low, high = low] = v.split(':').map((x) => parseUint(x, 0, 0xffffffff));
        if (low === undefined || high === undefined) throw bad(`conntrack: bad value for option "--ctexpire", or out of range (0-4294967295).\n`);
        d.expire = { value: [low, high], not };
      },
    },
    ctdir: {
      parse: (d, v) => {
        if (v !== 'ORIGINAL' && v !== 'REPLY') throw bad(`conntrack: Bad value for "--ctdir" option: "${v}"`);
        d.dir = v;
      },
    },
  },
  check: (d) => {
    if (show(d, '') === '') throw bad('conntrack: At least one option is required');
  },
  print: (d) => show(d, ''),
  save: (d) => show(d, '--'),
  compile: (d) => {
    const tests: Test[] = [];
    if (d.states) tests.push(stateTest(d.states.value, d.states.not));
    const entry = (f: (e: Entry) => boolean, not: boolean): void => void tests.push((c) => c.packet.ct?.entry !== undefined && f(c.packet.ct.entry as Entry) !== not);
    if (d.proto) entry((e) => e.orig.proto === d.proto!.value, d.proto.not);
    for (const [option, { value, not }] of Object.entries(d.addresses)) {
      const of = addressOf(option);
      entry((e) => ((of(e) ^ value.address) & value.mask) === 0, not);
    }
    for (const [option, { value, not }] of Object.entries(d.ports)) {
      const of = portOf(option);
      entry((e) => of(e) >= value[0] && of(e) <= value[1], not);
    }
    if (d.statuses) {
      const bits = d.statuses.value.map((s) => ({ EXPECTED: 0, SEEN_REPLY, ASSURED, CONFIRMED })[s]!).reduce((a, b) => a | b, 0);
      entry((e) => (bits === 0 ? e.status === 0 : (e.status & bits) !== 0), d.statuses.not);
    }
    if (d.expire) {
      const { value, not } = d.expire;
      tests.push((c) => {
        const e = c.packet.ct?.entry as Entry | undefined;
        const left = e ? Math.trunc((e.expires - c.state.ns.world.clock.now) / 1e6) : 0;
        return e !== undefined && (left >= value[0] && left <= value[1]) !== not;
      });
    }
    if (d.dir) tests.push((c) => c.packet.ct !== undefined && c.packet.ct.reply === (d.dir === 'REPLY'));
    return tests.length === 1 ? tests[0]! : (c) => tests.every((t) => t(c));
  },
};

export const state: MatchExtension<{ states?: Inverted<string[]> }> = {
  name: 'state',
  init: () => ({}),
  options: { state: { required: true, invertible: true, parse: (d, v, not) => void (d.states = { value: parseList(v, STATES.slice(0, 5), 'state'), not }) } },
  print: (d) => (d.states ? `${d.states.not ? ' !' : ''} state ${d.states.value.join(',')}` : ''),
  save: (d) => (d.states ? `${d.states.not ? ' !' : ''} --state ${d.states.value.join(',')}` : ''),
  compile: (d) => stateTest(d.states!.value, d.states!.not),
};

function stateTest(states: string[], not: boolean): Test {
  const nat = (states.includes('SNAT') ? SRC_NAT : 0) | (states.includes('DNAT') ? DST_NAT : 0);
  const plain = new Set(states);
  return ({ packet: { ct } }) => {
    const hit = ct === undefined ? plain.has('INVALID') : plain.has(ct.state) || (nat !== 0 && ct.entry !== undefined && ((ct.entry as Entry).status & nat) !== 0);
    return hit !== not;
  };
}

function parseList(text: string, allowed: readonly string[], option: string): string[] {
  const given = text.split(',').map((s) => s.toUpperCase());
  const wrong = given.findIndex((s) => !allowed.includes(s));
  if (wrong >= 0) throw bad(`Bad ${option} "${text.split(',').slice(wrong).join(',')}"`);
  return allowed.filter((s) => given.includes(s));
}

function show(d: Conntrack, prefix: string): string {
  let out = '';
  const add = (not: boolean, text: string) => (out += `${not ? ' !' : ''} ${prefix}${text}`);
  if (d.states) add(d.states.not, `ctstate ${d.states.value.join(',')}`);
  if (d.proto) add(d.proto.not, `ctproto ${d.proto.value}`);
  for (const o of ADDRESSES) if (d.addresses[o]) add(d.addresses[o].not, `${o} ${listNetwork(d.addresses[o].value)}`);
  for (const o of PORTS) if (d.ports[o]) add(d.ports[o].not, `${o} ${range(d.ports[o].value)}`);
  if (d.statuses) add(d.statuses.not, `ctstatus ${d.statuses.value.join(',') || 'NONE'}`);
  if (d.expire) add(d.expire.not, `ctexpire ${range(d.expire.value)}`);
  if (d.dir) add(false, `ctdir ${d.dir}`);
  return out;
}

function range([low, high]: [number, number]): string {
  return low === high ? String(low) : `${low}:${high}`;
}

function addressOf(option: string): (e: Entry) => number {
  return { ctorigsrc: (e: Entry) => e.orig.src, ctorigdst: (e: Entry) => e.orig.dst, ctreplsrc: (e: Entry) => e.reply.src, ctrepldst: (e: Entry) => e.reply.dst }[option]!;
}

function portOf(option: string): (e: Entry) => number {
  return { ctorigsrcport: (e: Entry) => e.orig.sport, ctorigdstport: (e: Entry) => e.orig.dport, ctreplsrcport: (e: Entry) => e.reply.sport, ctrepldstport: (e: Entry) => e.reply.dport }[option]!;
}
