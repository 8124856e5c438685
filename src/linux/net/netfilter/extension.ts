import type { Packet } from '../packet.ts';
import type { HookName, HookState } from '../hooks.ts';
import type { Netfilter } from './netfilter.ts';
import type { Rule } from './rule.ts';

/** What matches and targets look at while a packet passes a hook. One object for the whole hook. */
export interface Context {
  packet: Packet;
  hook: HookName;
  state: HookState;
  netfilter: Netfilter;
  /** Names of the devices, '' for none. */
  in: string;
  out: string;
  /** The rule being looked at. */
  rule?: Rule;
}

export type Test = (c: Context) => boolean;

export const CONTINUE = 0, ACCEPT = 1, DROP = 2, RETURN = 3, STOLEN = 4;
export type Outcome = typeof CONTINUE | typeof ACCEPT | typeof DROP | typeof RETURN | typeof STOLEN;
export type Action = (c: Context) => Outcome;

/** What is known of the rule while its options are read. */
export interface ParseState {
  protocol: string | undefined;
  /** Protocol number; 0 for all. */
  proto: number;
  protoInverted: boolean;
  table: string;
  netfilter: Netfilter | undefined;
  /** Of ip6tables: 6. */
  family: 4 | 6;
}

export interface Option<D> {
  /** Values it takes; 1 unless told otherwise. */
  args?: 0 | 1 | 2;
  invertible?: boolean;
  /** The name of the option that must be given (x6 options with XTOPT_MAND). */
  required?: boolean;
  /** May be given several times (old-style parsers say themselves what they think of that). */
  multi?: boolean;
  parse(data: D, value: string, inverted: boolean, state: ParseState, second: string): void;
}

interface Extension<D> {
  name: string;
  init(): D;
  options: Record<string, Option<D>>;
  /** Called when all options are read. */
  check?(data: D, state: ParseState): void;
  /** As `iptables -L` shows it, beginning with a space; '' for nothing. */
  print(data: D, numeric: boolean): string;
  /** As `iptables -S` shows it, beginning with a space. */
  save(data: D): string;
}

export interface MatchExtension<D = unknown> extends Extension<D> {
  /** Matches that carry state (limit, statistic) keep it in the closure: a rule that is changed begins anew. */
  compile(data: D, netfilter: Netfilter): Test;
  /** The last of several is what the kernel's rule reads back as. */
  native?: boolean;
  /** Hooks below which the kernel accepts it. */
  hooks?: readonly HookName[];
  /** The protocols it can be used with (kernel check). */
  protocols?: number[];
}

export interface TargetExtension<D = unknown> extends Extension<D> {
  compile(data: D, netfilter: Netfilter): Action;
  /** The name in -L, when it is another. */
  listed?: string;
  /** Where the kernel accepts it; elsewhere it answers EINVAL. */
  tables?: readonly string[];
  hooks?: readonly HookName[];
  /** Checks that need the rule (REJECT --reject-with tcp-reset needs -p tcp). */
  valid?(data: D, state: { proto: number; protoInverted: boolean }): boolean;
}

export interface MatchUse {
  ext: MatchExtension;
  data: unknown;
}
export interface TargetUse {
  ext: TargetExtension;
  data: unknown;
}
