import type { Action, MatchUse, TargetUse, Test } from './extension.ts';
import { protocolName } from './protocols.ts';
import { saveNetwork, type Network } from './values.ts';
import type { Chain } from './table.ts';

export type Verdict = 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE';

/** The part of a rule that every rule has (struct ipt_ip). */
export interface IpSpec {
  src?: Network | undefined;
  srcNot?: boolean;
  dst?: Network | undefined;
  dstNot?: boolean;
  in?: string | undefined;
  inNot?: boolean;
  out?: string | undefined;
  outNot?: boolean;
  /** Of ip6tables: `fd00::/8`. */
  src6?: string | undefined;
  dst6?: string | undefined;
  /** 0 for all. */
  proto: number;
  protoNot?: boolean;
  fragment?: boolean;
  fragmentNot?: boolean;
}

/** A rule as it was read: not yet in a chain. `jump` names a chain. */
export interface RuleSpec {
  ip: IpSpec;
  matches: MatchUse[];
  target?: TargetUse | undefined;
  verdict?: Verdict | undefined;
  jump?: string | undefined;
  goto?: boolean;
  packets: number;
  bytes: number;
}

/** What a rule is compiled to when a packet first meets it. */
export interface Compiled {
  test: Test | undefined;
  action: Action | undefined;
}

/** A rule in a chain. */
export class Rule {
  readonly spec: RuleSpec;
  readonly handle: number;
  packets: number;
  bytes: number;
  /** The chain it jumps or goes to. */
  readonly to: Chain | undefined;
  compiled: Compiled | undefined;
  #text: string | undefined;

  constructor(spec: RuleSpec, handle: number, to: Chain | undefined) {
    this.spec = spec;
    this.handle = handle;
    this.packets = spec.packets;
    this.bytes = spec.bytes;
    this.to = to;
  }

  /** Everything after `-A CHAIN`, as iptables-save prints it, beginning with a space. */
  get text(): string {
    this.#text ??= specText(this.spec);
    return this.to ? `${this.#text} -${this.spec.goto ? 'g' : 'j'} ${this.to.name}` : this.#text;
  }
}

/** Where a packet that matches the rule is sent by DNAT in the chain it jumps to: `10.244.1.2:8080`. */
export function destinationOf(rule: Rule): string | undefined {
  const dnat = (rule.to?.rules ?? [rule]).find((r) => r.spec.target?.ext.name === 'DNAT')?.spec.target;
  return dnat && /--to-destination (\S+)/.exec(dnat.ext.save(dnat.data))?.[1];
}

/** A specification as text, with its jump. */
export function ruleText(spec: RuleSpec): string {
  return `${specText(spec)}${spec.jump === undefined ? '' : ` -${spec.goto ? 'g' : 'j'} ${spec.jump}`}`;
}

/** Matches as they read back: of several tcp or udp matches the kernel's rule shows the last. */
export function shownMatches(matches: readonly MatchUse[]): readonly MatchUse[] {
  return matches.length > 1 ? matches.filter((m, i) => !m.ext.native || !matches.some((other, j) => j > i && other.ext === m.ext)) : matches;
}

function specText({ ip, matches, target, verdict }: RuleSpec): string {
  let out = '';
  if (ip.src) out += `${ip.srcNot ? ' !' : ''} -s ${saveNetwork(ip.src)}`;
  if (ip.src6 !== undefined) out += `${ip.srcNot ? ' !' : ''} -s ${ip.src6}`;
  if (ip.dst6 !== undefined) out += `${ip.dstNot ? ' !' : ''} -d ${ip.dst6}`;
  if (ip.dst) out += `${ip.dstNot ? ' !' : ''} -d ${saveNetwork(ip.dst)}`;
  if (ip.in !== undefined) out += `${ip.inNot ? ' !' : ''} -i ${ip.in}`;
  if (ip.out !== undefined) out += `${ip.outNot ? ' !' : ''} -o ${ip.out}`;
  if (ip.proto) out += `${ip.protoNot ? ' !' : ''} -p ${protocolName(ip.proto) ?? ip.proto}`;
  if (ip.fragment) out += `${ip.fragmentNot ? ' !' : ''} -f`;
  for (const { ext, data } of shownMatches(matches)) out += ` -m ${ext.name}${ext.save(data)}`;
  if (target) out += ` -j ${target.ext.name}${target.ext.save(target.data)}`;
  else if (verdict) out += ` -j ${verdict}`;
  return out;
}

