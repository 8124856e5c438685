import { bad, PARAMETER_PROBLEM, XtablesError } from './errors.ts';
import type { MatchExtension, MatchUse, Option, ParseState, TargetUse } from './extension.ts';
import { Getopt, missingArgument, type Found, type LongOption } from './getopt.ts';
import { matchOf } from './matches/index.ts';
import type { Netfilter } from './netfilter.ts';
import { protocolNumber } from './protocols.ts';
import type { IpSpec, RuleSpec, Verdict } from './rule.ts';
import { targetOf, TARGETS } from './targets/index.ts';
import { parseNetwork, parseNetwork6, parseUint, type Network, type Resolver } from './values.ts';

/** The command line of iptables and the lines of iptables-restore: do_parse of iptables/xshared.c (1.8.9). */
export type CommandLetter = 'A' | 'C' | 'D' | 'I' | 'R' | 'L' | 'S' | 'F' | 'Z' | 'N' | 'X' | 'E' | 'P' | 'V' | 'h';

export interface Command {
  letter: CommandLetter;
  table: string;
  chain: string | undefined;
  /** 1-based; 0 when none was given. */
  number: number;
  newName: string | undefined;
  policy: string | undefined;
  /** One for each pair of source and destination. */
  rules: RuleSpec[];
  verbose: number;
  numeric: boolean;
  exact: boolean;
  lineNumbers: boolean;
}

export interface ParseOptions {
  netfilter?: Netfilter | undefined;
  resolve?: Resolver | undefined;
  /** Reading a line of iptables-restore: its program name. */
  restoring?: string;
  /** 6 for ip6tables. */
  family?: 4 | 6;
  /** The table of the line being restored. */
  table?: string;
}

const SHORT = '-:A:C:D:R:I:L::S::M:F::Z::N:X::E:P:Vh::o:p:s:d:j:i:fbvw::W::nt:m:xc:g:46';
const COMMANDS = new Set('ACDRILSFZNXEP');
const LONG: [string, string, LongOption<string>['args']][] = [
  ['append', 'A', 'required'], ['delete', 'D', 'required'], ['check', 'C', 'required'], ['insert', 'I', 'required'], ['replace', 'R', 'required'],
  ['list', 'L', 'optional'], ['list-rules', 'S', 'optional'], ['flush', 'F', 'optional'], ['zero', 'Z', 'optional'], ['new-chain', 'N', 'required'],
  ['delete-chain', 'X', 'optional'], ['rename-chain', 'E', 'required'], ['policy', 'P', 'required'], ['source', 's', 'required'], ['destination', 'd', 'required'],
  ['src', 's', 'required'], ['dst', 'd', 'required'], ['protocol', 'p', 'required'], ['in-interface', 'i', 'required'], ['jump', 'j', 'required'],
  ['table', 't', 'required'], ['match', 'm', 'required'], ['numeric', 'n', 'none'], ['out-interface', 'o', 'required'], ['verbose', 'v', 'none'],
  ['wait', 'w', 'optional'], ['wait-interval', 'W', 'optional'], ['exact', 'x', 'none'], ['fragments', 'f', 'none'], ['version', 'V', 'none'],
  ['help', 'h', 'optional'], ['line-numbers', '0', 'none'], ['modprobe', 'M', 'required'], ['set-counters', 'c', 'required'], ['goto', 'g', 'required'],
  ['ipv4', '4', 'none'], ['ipv6', '6', 'none'],
];
/** One written in full is that one, whatever else begins so. */
const EXACT: ReadonlyMap<string, LongOption<string>> = new Map(LONG.map(([name, value, args]) => [name, { name, args, value }]));
const VERDICTS: ReadonlySet<string> = new Set(['ACCEPT', 'DROP', 'RETURN', 'QUEUE']);

/** Which options a command refuses (commands_v_options): n s d p j v x i o line c f. */
const ILLEGAL: Record<string, string> = {
  I: 'nx0', D: 'nx0c', 'D#': 'nsdpjxio0cf', R: 'nx0', A: 'nx0', L: 'sdpjiocf', F: 'nsdpjxio0cf', Z: 'nsdpjxio0cf', N: 'nsdpjxio0cf', X: 'nsdpjxio0cf',
  P: 'nsdpjxio0f', E: 'nsdpjxio0cf', S: 'nsdpjxio0cf', C: 'nx0c',
};

interface Extended {
  ext: { name: string };
  option: Option<unknown>;
  name: string;
  use: MatchUse | TargetUse;
}

export function parseCommand(argv: readonly string[], { netfilter, resolve, restoring, table = 'filter', family = 4 }: ParseOptions = {}): Command {
  const command: Command = { letter: 'h', table, chain: undefined, number: 0, newName: undefined, policy: undefined, rules: [], verbose: 0, numeric: false, exact: false, lineNumbers: false };
  const state: ParseState = { protocol: undefined, proto: 0, protoInverted: false, table, netfilter, family };
  const spec: RuleSpec = { ip: { proto: 0 }, matches: [], packets: 0, bytes: 0 };
  const used = new Set<string>();
  const seen = new Map<MatchUse | TargetUse, Set<string>>();
  let given: CommandLetter | undefined, source: string | undefined, destination: string | undefined, jumpTo: string | undefined, protocolLoaded = false;
  let inverted = false;
  const protocolNeeded: string[] = [];
  const getopt = new Getopt<string | Extended>(argv, SHORT.slice(2), (letter) => letter);

  const setOption = (letter: string, not: boolean, invertible = false) => {
    if (used.has(letter)) throw bad(`multiple -${letter} flags not allowed`);
    used.add(letter);
    if (not && !invertible) throw bad(`cannot have ! before -${letter}`);
  };
  const setCommand = (letter: CommandLetter) => {
    if (inverted) throw bad("unexpected '!' flag");
    if (given && !(given === 'L' && letter === 'Z') && !(given === 'Z' && (letter === 'L' || letter === 'S')) && !(given === 'S' && letter === 'Z')) throw bad(`Cannot use -${letter} with -${given}`);
    given = given === 'L' || given === 'S' ? given : letter;
  };
  const number = (text: string) => {
    const n = parseUint(text, 1, 0x7fffffff);
    if (n === undefined) throw bad(`Invalid rule number \`${text}'`);
    return n;
  };
  const load = (ext: MatchExtension): MatchUse => {
    const use = { ext, data: ext.init() };
    spec.matches.push(use);
    return use;
  };
  const longOptions = (name: string): LongOption<string | Extended>[] => {
    const out: LongOption<string | Extended>[] = [];
    const exact = EXACT.get(name);
    if (exact) return [exact];
    for (const [long, value, args] of LONG) if (long.startsWith(name)) out.push({ name: long, args, value });
    const uses: (MatchUse | TargetUse)[] = spec.target ? [spec.target, ...spec.matches.toReversed()] : spec.matches.toReversed();
    const owner = uses.find((use) => Object.hasOwn(use.ext.options, name));
    if (owner) return [extended(owner, name)];
    for (const use of uses) {
      for (const long in use.ext.options) {
        if (!long.startsWith(name) || out.some((o) => o.name === long)) continue;
        out.push(extended(use, long));
      }
    }
    return out;
  };

  for (let found: Found<string | Extended> | string | undefined; (found = getopt.next(longOptions)) !== undefined; ) {
    if (typeof found === 'string') {
      if (found === '!') {
        if (inverted) throw bad('multiple consecutive ! not allowed');
        inverted = true;
        continue;
      }
      throw new XtablesError(PARAMETER_PROBLEM, `Bad argument \`${found}'\n`, true);
    }
    if (found.option === undefined) {
      // Perhaps the protocol's own match knows it.
      const own = state.protocol && !protocolLoaded ? matchOf(ownMatch(state.proto, family) ?? '', family) : undefined;
      if (own && found.typed.startsWith('--')) {
        protocolLoaded = true;
        load(own);
        getopt.index--;
        continue;
      }
      throw bad(`unknown option "${found.typed}"`);
    }
    if (found.missing) throw missingArgument(found.typed);
    const { option } = found, argument = found.argument ?? '';
    if (typeof option !== 'string') {
      const second = option.option.args === 2 ? extraArgument(getopt, option) : '';
      useOption(option, argument, second, inverted, state, seen);
      inverted = false;
      continue;
    }
    if (COMMANDS.has(option)) {
      const letter = option as CommandLetter;
      setCommand(letter);
      const optional = 'LSFZX'.includes(letter);
      if (letter === 'N') checkNewName(argument);
      const chain = found.argument ?? (optional && getopt.hasArgument ? getopt.take() : undefined);
      if (chain !== undefined || !optional) command.chain = chain;
      if ('DLSZ'.includes(letter) && getopt.hasArgument) command.number = number(getopt.take());
      else if (letter === 'R') {
        if (!getopt.hasArgument) throw bad('-R requires a rule number');
        command.number = number(getopt.take());
      } else if (letter === 'I') command.number = getopt.hasArgument ? number(getopt.take()) : 1;
      else if (letter === 'E') {
        if (!getopt.hasArgument) throw bad('-E requires old-chain-name and new-chain-name');
        command.newName = getopt.take();
      } else if (letter === 'P') {
        if (!getopt.hasArgument) throw bad('-P requires a chain and a policy');
        command.policy = getopt.take();
      }
      inverted = false;
      continue;
    }
    switch (option) {
      case 'h':
        command.letter = 'h';
        if (restoring) throw new XtablesError(PARAMETER_PROBLEM, '', true);
        return { ...command, letter: 'h' };
      case 'V':
        return { ...command, letter: 'V' };
      case 'p': {
        setOption('p', inverted, true);
        state.protocol = argument.toLowerCase();
        const proto = protocolNumber(state.protocol);
        if (proto === undefined) throw bad(`unknown protocol "${state.protocol}" specified`);
        if (proto === 0 && inverted) throw bad('rule would never match protocol');
        state.proto = spec.ip.proto = proto;
        state.protoInverted = inverted;
        if (inverted) spec.ip.protoNot = true;
        break;
      }
      case 's':
        setOption('s', inverted, true);
        source = argument;
        if (inverted) spec.ip.srcNot = true;
        break;
      case 'd':
        setOption('d', inverted, true);
        destination = argument;
        if (inverted) spec.ip.dstNot = true;
        break;
      case 'j':
      case 'g':
        setOption('j', inverted);
        jumpTo = target(argument);
        if (option === 'g') spec.goto = true;
        else {
          const ext = targetOf(jumpTo, family);
          if (ext) spec.target = { ext, data: ext.init() };
        }
        break;
      case 'i':
      case 'o':
        if (argument === '') throw bad('Empty interface is likely to be undesired');
        setOption(option, inverted, true);
        checkInterface(argument);
        if (option === 'i') Object.assign(spec.ip, { in: argument, inNot: inverted });
        else Object.assign(spec.ip, { out: argument, outNot: inverted });
        break;
      case 'f':
        if (family === 6) throw bad("`-f' is not supported in IPv6, use -m frag instead");
        setOption('f', inverted, true);
        Object.assign(spec.ip, { fragment: true, fragmentNot: inverted });
        break;
      case 'm': {
        if (inverted) throw bad('unexpected ! flag before --match');
        const ext = matchOf(argument, family);
        if ((argument === 'tcp' || argument === 'udp') && (state.proto !== (argument === 'tcp' ? 6 : 17) || state.protoInverted)) protocolNeeded.push(argument);
        if (!ext) throw bad(`Couldn't load match \`${argument}':No such file or directory\n`);
        if (ownMatch(state.proto, family) === argument) protocolLoaded = true;
        load(ext);
        break;
      }
      case 'v':
        command.verbose++;
        break;
      case 'n':
        setOption('n', inverted);
        command.numeric = true;
        break;
      case 'x':
        setOption('x', inverted);
        command.exact = true;
        break;
      case '0':
        setOption('0', inverted);
        command.lineNumbers = true;
        break;
      case 't':
        if (inverted) throw bad('unexpected ! flag before --table');
        if (restoring) throw bad(`The -t option cannot be used in ${restoring}.\n`);
        if (argument.length > 31) throw bad(`table name \`${argument}' too long`);
        command.table = state.table = argument;
        break;
      case 'w':
      case 'W': {
        if (restoring) throw bad(`The -${option} option cannot be used in ${restoring}.\n`);
        const text = found.argument ?? (getopt.hasArgument ? getopt.take() : undefined);
        if (text !== undefined && !/^-?\d/.test(text)) throw bad(option === 'w' ? 'wait seconds not numeric' : 'wait interval not numeric');
        break;
      }
      case 'c': {
        setOption('c', inverted);
        const [packets, bytes] = argument.includes(',') ? argument.split(',') : [argument, getopt.hasArgument ? getopt.take() : undefined];
        if (bytes === undefined) throw bad('-c requires packet and byte counter');
        if (!/^\d+/.test(packets!)) throw bad('-c packet counter not numeric');
        if (!/^\d+/.test(bytes)) throw bad('-c byte counter not numeric');
        spec.packets = parseInt(packets!, 10);
        spec.bytes = parseInt(bytes, 10);
        break;
      }
      case '6':
        if (restoring) return { ...command, letter: given ?? 'A', rules: [] };
        throw new XtablesError(PARAMETER_PROBLEM, '', true);
    }
    inverted = false;
  }

  if (command.table === 'nat' && (command.policy === 'DROP' || jumpTo === 'DROP')) throw bad('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n');
  for (const name of protocolNeeded) if (ownMatch(state.proto, family) !== name || state.protoInverted) throw bad(`${name.toUpperCase()} match requires '-p ${name}'`);
  for (const use of spec.matches) finish(use, state, seen);
  if (spec.target) finish(spec.target, state, seen);
  if (!given) throw bad('no command specified');
  if (inverted) throw bad('nothing appropriate following !');
  command.letter = given;

  const split = (text: string | undefined): (Network | string | undefined)[] => (text === undefined ? [undefined] : family === 6 ? text.split(',').map(network6) : networks(text, resolve));
  const sources = split(source), destinations = split(destination);
  if ((sources.length > 1 && spec.ip.srcNot) || (destinations.length > 1 && spec.ip.dstNot)) throw bad('! not allowed with multiple source or destination IP addresses');
  if (given === 'R' && (sources.length !== 1 || destinations.length !== 1)) throw bad('Replacement rule does not specify a unique address');
  const illegal = ILLEGAL[given === 'D' && command.number ? 'D#' : given] ?? '';
  for (const letter of 'nsdpjvxio0cf') if (used.has(letter) && illegal.includes(letter)) throw bad(`Illegal option \`-${letter}' with this command`);
  if (command.chain !== undefined && command.chain.length >= 29) throw bad(`chain name \`${command.chain}' too long (must be under 29 chars)`);
  if (command.chain !== undefined && 'ADIR'.includes(given)) {
    if ((command.chain === 'PREROUTING' || command.chain === 'INPUT') && spec.ip.out !== undefined) throw bad(`Can't use -o with ${command.chain}\n`);
    if ((command.chain === 'POSTROUTING' || command.chain === 'OUTPUT') && spec.ip.in !== undefined) throw bad(`Can't use -i with ${command.chain}\n`);
  }
  if (jumpTo !== undefined && !spec.target) {
    if (VERDICTS.has(jumpTo) && !spec.goto) spec.verdict = jumpTo as Verdict;
    else spec.jump = jumpTo;
  }
  for (const src of sources) for (const dst of destinations) command.rules.push({ ...spec, ip: { ...spec.ip, ...end('src', src, spec.ip.srcNot), ...end('dst', dst, spec.ip.dstNot) } });
  return command;
}

function extended(use: MatchUse | TargetUse, name: string): LongOption<string | Extended> {
  const option = use.ext.options[name]!;
  return { name, args: option.args === 0 ? 'none' : 'required', value: { ext: use.ext, option, name, use } };
}

function network6(text: string): string | undefined {
  const network = parseNetwork6(text.trim());
  return network === '::/0' ? undefined : network;
}

/** One end of a rule. 0.0.0.0/0 says nothing, unless it is negated. */
function end(side: 'src' | 'dst', network: Network | string | undefined, not: boolean | undefined): Partial<IpSpec> {
  if (typeof network === 'string') return { [`${side}6`]: network };
  return { [side]: network && (network.mask !== 0 || not) ? network : undefined };
}

function networks(text: string, resolve: Resolver | undefined): Network[] {
  return text.split(',').flatMap((one) => parseNetwork(one.trim(), resolve));
}

/** The match that `-p` brings with it when one of its options is used. */
function ownMatch(proto: number, family: 4 | 6): string | undefined {
  return { 6: 'tcp', 17: 'udp', [family === 6 ? 58 : 1]: family === 6 ? 'icmp6' : 'icmp' }[proto];
}

function extraArgument(getopt: Getopt<string | Extended>, { name }: Extended): string {
  if (!getopt.hasArgument) throw bad(`--${name} requires two args.`);
  return getopt.take();
}

function useOption({ ext, option, name, use }: Extended, value: string, second: string, inverted: boolean, state: ParseState, seen: Map<unknown, Set<string>>): void {
  if (inverted && !option.invertible) throw bad(`${ext.name}: option "--${name}" cannot be inverted.\n`);
  let names = seen.get(use);
  if (!names) seen.set(use, (names = new Set()));
  if (names.has(name) && !option.multi) throw bad(`${ext.name}: option "--${name}" can only be used once.\n`);
  names.add(name);
  option.parse(use.data, value, inverted, state, second);
}

function finish(use: MatchUse | TargetUse, state: ParseState, seen: Map<unknown, Set<string>>): void {
  const { ext, data } = use;
  for (const name in ext.options) {
    if (ext.options[name]!.required && !seen.get(use)?.has(name)) throw bad(`${ext.name}: option "--${name}" must be specified\n`);
  }
  ext.check?.(data as never, state);
}

function target(name: string): string {
  if (name.length < 1) throw bad('Invalid target name (too short)');
  if (name.length >= 29) throw bad(`Invalid target name \`${name}' (28 chars max)`);
  if (/\s/.test(name)) throw bad(`Invalid target name \`${name}'`);
  return name;
}

function checkInterface(name: string): void {
  if (name.length > 15) throw bad(`interface name \`${name}' must be shorter than IFNAMSIZ (15)`);
}

export function checkNewName(name: string): void {
  if (name.startsWith('-') || name.startsWith('!')) throw bad(`chain name not allowed to start with \`${name[0]}'`);
  if (name === '' || VERDICTS.has(name) || TARGETS.has(name)) throw bad('chain name may not clash with target name');
  if (/\s/.test(name)) throw bad(`Invalid chain name \`${name}'`);
}

export function isTableName(name: string): boolean {
  return ['filter', 'nat', 'mangle', 'raw', 'security'].includes(name);
}
