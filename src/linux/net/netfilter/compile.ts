import { inPrefix6, parseCidr6 } from '../addresses6.ts';
import { PROTOCOL_NUMBER } from '../packet.ts';
import { ACCEPT, DROP, RETURN, type Action, type Context, type Test } from './extension.ts';
import { exactPort } from './matches/ports.ts';
import { interfaceMatches } from './matches/simple.ts';
import type { Netfilter } from './netfilter.ts';
import type { Compiled, Rule, Verdict } from './rule.ts';
import type { Chain } from './table.ts';

/**
 * A chain made ready for packets. Rules that name one destination address, one destination port or one source address are
 * found through a map; the rest is looked at one by one. What is skipped could not have matched, so that order, counters
 * and the state of matches are those of a scan.
 */
export interface ChainIndex {
  rules: Rule[];
  /** Positions of rules, ascending. Undefined in a short chain: all are looked at. */
  byDestination: Map<number, number[]> | undefined;
  byPort: Map<number, number[]>;
  bySource: Map<number, number[]>;
  rest: number[];
}

const SHORT = 12;
const ALL_ONES = 0xffffffff;

export function indexChain(chain: Chain): ChainIndex {
  const { rules } = chain;
  const index: ChainIndex = { rules, byDestination: undefined, byPort: new Map(), bySource: new Map(), rest: [] };
  if (rules.length <= SHORT) return index;
  index.byDestination = new Map();
  rules.forEach((rule, i) => {
    const { ip } = rule.spec;
    const port = ip.proto && !ip.protoNot ? exactDestinationPort(rule) : undefined;
    if (ip.dst && !ip.dstNot && ip.dst.mask === ALL_ONES) push(index.byDestination!, ip.dst.address, i);
    else if (port !== undefined) push(index.byPort, ip.proto * 65536 + port, i);
    else if (ip.src && !ip.srcNot && ip.src.mask === ALL_ONES) push(index.bySource, ip.src.address, i);
    else index.rest.push(i);
  });
  return index;
}

function exactDestinationPort(rule: Rule): number | undefined {
  for (const { ext, data } of rule.spec.matches) if (ext.native) return exactPort(data as Parameters<typeof exactPort>[0]);
  return undefined;
}

function push(map: Map<number, number[]>, key: number, i: number): void {
  const list = map.get(key);
  if (list) list.push(i);
  else map.set(key, [i]);
}

const NONE: number[] = [];

/** The positions of the rules that a packet may match, in order, merged from the four lists of the index. */
export function candidates(index: ChainIndex, c: Context): number[] {
  const p = c.packet;
  const lists = [
    index.byDestination!.get(p.dst) ?? NONE,
    index.byPort.size > 0 ? (index.byPort.get(PROTOCOL_NUMBER[p.protocol] * 65536 + p.dport) ?? NONE) : NONE,
    index.bySource.size > 0 ? (index.bySource.get(p.src) ?? NONE) : NONE,
    index.rest,
  ].filter((l) => l.length > 0);
  if (lists.length <= 1) return lists[0] ?? NONE;
  return lists.flat().sort((a, b) => a - b);
}

export function compileRule(rule: Rule, netfilter: Netfilter): Compiled {
  const { ip, matches, target, verdict } = rule.spec;
  const tests: Test[] = [];
  const { src, dst } = ip;
  if (src) {
    const { address, mask } = src, not = ip.srcNot ?? false;
    tests.push((c) => (((c.packet.src ^ address) & mask) === 0) !== not);
  }
  if (dst) {
    const { address, mask } = dst, not = ip.dstNot ?? false;
    tests.push((c) => (((c.packet.dst ^ address) & mask) === 0) !== not);
  }
  if (ip.src6) tests.push(prefixTest(ip.src6, ip.srcNot ?? false, 'src'));
  if (ip.dst6) tests.push(prefixTest(ip.dst6, ip.dstNot ?? false, 'dst'));
  if (ip.in !== undefined) tests.push(interfaceTest(ip.in, ip.inNot ?? false, 'in'));
  if (ip.out !== undefined) tests.push(interfaceTest(ip.out, ip.outNot ?? false, 'out'));
  if (ip.proto) {
    const proto = ip.proto, not = ip.protoNot ?? false;
    tests.push((c) => (PROTOCOL_NUMBER[c.packet.protocol] === proto) !== not);
  }
  if (ip.fragment) tests.push((c) => ((c.packet.fragment?.offset ?? 0) > 0) !== (ip.fragmentNot ?? false));
  for (const { ext, data } of matches) if (ext.name !== 'comment') tests.push(ext.compile(data, netfilter));
  return { test: all(tests), action: target ? target.ext.compile(target.data, netfilter) : verdict ? OUTCOMES[verdict] : undefined };
}

const OUTCOMES: Record<Verdict, Action> = { ACCEPT: () => ACCEPT, DROP: () => DROP, RETURN: () => RETURN, QUEUE: () => DROP };

function interfaceTest(pattern: string, not: boolean, side: 'in' | 'out'): Test {
  return (c) => interfaceMatches(pattern, c[side]) !== not;
}

/** Of ip6tables: `fd00::/8`. */
function prefixTest(text: string, not: boolean, side: 'src' | 'dst'): Test {
  const { address, bits } = parseCidr6(text)!;
  return (c) => inPrefix6(c.packet[side], address, bits) !== not;
}

function all(tests: Test[]): Test | undefined {
  const [a, b, d] = tests;
  if (tests.length === 0) return undefined;
  if (tests.length === 1) return a;
  if (tests.length === 2) return (c) => a!(c) && b!(c);
  if (tests.length === 3) return (c) => a!(c) && b!(c) && d!(c);
  return (c) => {
    for (const test of tests) if (!test(c)) return false;
    return true;
  };
}
