import { parseIpv4 } from '../../linux/net/addresses.ts';
import { servicePort } from '../../linux/net/netfilter/services.ts';
import type { ForwardMethod, ServiceKey } from '../../linux/net/ipvs/service.ts';
import { HELP } from './help.ts';

/** Ends the program: what it says on standard error (or, of help, on standard output), and its exit code. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}
export const fail = (text: string) => new Exit(2, `${text}\n`);
export const tryHelp = () => new Exit(255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n");

/** Commands by letter: their name in messages, and what each may (‘ ’) or must (‘+’) be given of OPTIONS; others are illegal. */
const COMMANDS: Readonly<Record<string, { name: string; must: string; may: string }>> = {
  A: { name: 'add-service', must: 'service-address', may: 'scheduler persistent netmask' }, E: { name: 'edit-service', must: 'service-address', may: 'scheduler persistent netmask' },
  D: { name: 'delete-service', must: 'service-address', may: '' }, C: { name: 'flush', must: '', may: '' },
  L: { name: 'list', must: '', may: 'numeric connection service-address timeout daemon stats rate thresholds persistent-conn sort exact nosort' },
  a: { name: 'add-server', must: 'service-address real-server', may: 'forwarding-method weight u-threshold l-threshold' }, e: { name: 'edit-server', must: 'service-address real-server', may: 'forwarding-method weight u-threshold l-threshold' },
  d: { name: 'delete-server', must: 'service-address real-server', may: '' }, R: { name: 'restore', must: '', may: '' }, S: { name: 'save', must: '', may: 'numeric' },
  Z: { name: 'zero', must: '', may: 'service-address' }, set: { name: 'set', must: '', may: '' },
};
/** Of those only one may be given to -L. */
const EXCLUSIVE = ['connection', 'service-address', 'timeout', 'daemon'];
const OPTION_NAMES = ['numeric', 'connection', 'service-address', 'scheduler', 'persistent', 'netmask', 'real-server', 'forwarding-method', 'weight', 'u-threshold', 'l-threshold', 'timeout', 'daemon', 'stats', 'rate', 'thresholds', 'persistent-conn', 'sort', 'exact', 'nosort'];

const LONG: Readonly<Record<string, string>> = {
  'add-service': 'A', 'edit-service': 'E', 'delete-service': 'D', clear: 'C', list: 'L', zero: 'Z', 'add-server': 'a', 'edit-server': 'e', 'delete-server': 'd', set: 'set', help: 'h', restore: 'R', save: 'S',
  'tcp-service': 't', 'udp-service': 'u', 'fwmark-service': 'f', scheduler: 's', persistent: 'p', netmask: 'M', 'real-server': 'r', masquerading: 'm', ipip: 'i', gatewaying: 'g', weight: 'w', 'u-threshold': 'x', 'l-threshold': 'y', numeric: 'n',
  connection: 'c', exact: 'X',
};
const PLAIN = new Set(['timeout', 'daemon', 'stats', 'rate', 'thresholds', 'persistent-conn', 'sort', 'nosort']);
const TAKES_ARGUMENT = new Set(['t', 'u', 'f', 's', 'M', 'r', 'w', 'x', 'y']);

export interface Command {
  letter: string;
  given: Set<string>;
  service: ServiceKey;
  scheduler: string | undefined;
  timeout: number;
  netmask: number;
  destination: { address: number; port: number | undefined; forward: ForwardMethod; weight: number; upper: number; lower: number };
  /** Of --set. */
  timeouts: [tcp: number, fin: number, udp: number] | undefined;
}

/** The command line as popt and ipvsadm read it. Throws Exit. */
export function parse(args: readonly string[]): Command {
  const words = split(args);
  const first = words[0];
  if (first?.option === 'h') throw new Exit(0, HELP);
  if (first?.option === 'l') first.option = 'L';
  if (!first || first.option === undefined || !(first.option in COMMANDS)) throw tryHelp();
  const c: Command = {
    letter: first.option, given: new Set(), service: { protocol: 6, address: 0, port: 0, fwmark: 0 }, scheduler: undefined, timeout: 0, netmask: 0xffffffff,
    destination: { address: 0, port: undefined, forward: 'Route', weight: 1, upper: 0, lower: 0 }, timeouts: undefined,
  };
  const rest = [...(first.argument === undefined ? [] : [first.argument])];
  for (const { option, argument = '', typed } of words.slice(1)) {
    if (option === undefined) rest.push(typed);
    else if (option in COMMANDS || option === 'l') throw fail('multiple commands specified');
    else take(c, option, argument);
  }
  if (c.letter === 'set') {
    if (rest.length < 3) throw fail('--set option requires 3 timeout values');
    c.timeouts = rest.splice(0, 3).map((t) => seconds(t, 0)) as [number, number, number];
  }
  if (rest[0] !== undefined) throw fail(`unexpected argument ${rest[0]}`);
  check(c);
  return c;
}

interface Word {
  option: string | undefined;
  argument?: string;
  typed: string;
}

/** -p takes what follows unless that is an option. */
function split(args: readonly string[]): Word[] {
  const words: Word[] = [];
  const queue = [...args];
  while (queue.length > 0) {
    const typed = queue.shift()!;
    if (!typed.startsWith('-') || typed === '-') {
      words.push({ option: undefined, typed });
      continue;
    }
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(typed);
    const letters = long ? [LONG[long[1]!] ?? (PLAIN.has(long[1]!) ? long[1]! : undefined)] : [...typed.slice(1)];
    for (let i = 0; i < letters.length; i++) {
      const option = letters[i];
      if (option === undefined || (!long && !/^[AEDCLlZaedhRSntufspMrmigwxycX]$/.test(option))) {
        if (words.length === 0) throw tryHelp();
        throw new Exit(255, `${long ? `--${long[1]}` : `-${option}`}: unknown option\n`);
      }
      const joined = long ? long[2] : letters.slice(i + 1).join('') || undefined;
      if (TAKES_ARGUMENT.has(option)) {
        const argument = joined ?? queue.shift();
        if (argument === undefined) throw new Exit(255, `${typed}: missing argument\n`);
        words.push({ option, argument, typed });
        break;
      }
      if (option === 'p') {
        const argument = joined ?? (queue[0] !== undefined && !queue[0].startsWith('-') ? queue.shift()! : '');
        words.push({ option, argument, typed });
        break;
      }
      words.push({ option, typed });
    }
  }
  return words;
}

function take(c: Command, option: string, argument: string): void {
  const once = (name: string) => {
    if (c.given.has(name)) throw fail(`multiple '${name}' options specified`);
    c.given.add(name);
  };
  const d = c.destination;
  switch (option) {
    case 't':
    case 'u': {
      once('service-address');
      const end = endpoint(argument, option === 't' ? 'tcp' : 'udp');
      if (!end) throw fail('illegal virtual server address[:port] specified');
      c.service = { protocol: option === 't' ? 6 : 17, address: end.address, port: end.port ?? 0, fwmark: 0 };
      return;
    }
    case 'f':
      once('service-address');
      if (!/^\d+$/.test(argument) || Number(argument) < 1 || Number(argument) > 0xffffffff) throw fail(`invalid fwmark value \`${argument}' specified`);
      c.service = { protocol: 6, address: 0, port: 0, fwmark: Number(argument) };
      return;
    case 's':
      once('scheduler');
      c.scheduler = argument;
      return;
    case 'p':
      once('persistent');
      c.timeout = argument === '' ? 360 : seconds(argument, 1);
      return;
    case 'M': {
      once('netmask');
      const mask = parseIpv4(argument);
      if (mask === undefined) throw fail('illegal virtual server persistent mask specified');
      c.netmask = mask;
      return;
    }
    case 'r': {
      once('real-server');
      const end = endpoint(argument, c.service.protocol === 17 ? 'udp' : 'tcp');
      if (!end) throw fail('illegal real server address[:port] specified');
      Object.assign(d, end);
      return;
    }
    case 'm':
    case 'i':
    case 'g':
      once('forwarding-method');
      d.forward = option === 'm' ? 'Masq' : option === 'i' ? 'Tunnel' : 'Route';
      return;
    case 'w':
      once('weight');
      d.weight = number(argument, 65535, 'illegal weight specified');
      return;
    case 'x':
      once('u-threshold');
      d.upper = number(argument, 0x7fffffff, 'illegal u_threshold specified');
      return;
    case 'y':
      once('l-threshold');
      d.lower = number(argument, 0x7fffffff, 'illegal l_threshold specified');
      return;
    default:
      once({ n: 'numeric', c: 'connection', X: 'exact' }[option] ?? option);
  }
}

function check(c: Command): void {
  const { name, must, may } = COMMANDS[c.letter]!;
  let last: string | undefined;
  for (const option of OPTION_NAMES) {
    if (!c.given.has(option)) {
      if (must.split(' ').includes(option)) throw fail(`You need to supply the '${option}' option for the '${name}' command`);
      continue;
    }
    if (!`${must} ${may}`.split(' ').includes(option)) throw fail(`Illegal '${option}' option with the '${name}' command`);
    if (c.letter !== 'L' || !EXCLUSIVE.includes(option)) continue;
    if (last !== undefined) throw fail(`The option '${option}' conflicts with the '${last}' option in the '${name}' command`);
    last = option;
  }
  if ((c.letter === 'A' || c.letter === 'E') && !c.service.fwmark && c.service.port === 0 && c.timeout === 0) throw fail('Zero port specified for non-persistent service');
  if (c.letter === 'L' && ['connection', 'timeout', 'daemon'].some((o) => c.given.has(o)) && ['stats', 'rate', 'thresholds'].some((o) => c.given.has(o))) throw fail('options conflicts in the list command');
}

/** `10.0.0.1:80`; the port may be left out or be the name of a service. */
function endpoint(text: string, proto: string): { address: number; port: number | undefined } | undefined {
  const colon = text.indexOf(':');
  const address = parseIpv4(colon < 0 ? text : text.slice(0, colon));
  if (address === undefined) return undefined;
  if (colon < 0) return { address, port: undefined };
  const word = text.slice(colon + 1);
  const port = /^\d+$/.test(word) && Number(word) <= 65535 ? Number(word) : servicePort(word, proto);
  return port === undefined ? undefined : { address, port };
}

function number(text: string, most: number, message: string): number {
  if (!/^\d+$/.test(text) || Number(text) > most) throw fail(message);
  return Number(text);
}

function seconds(text: string, least: number): number {
  if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > 86400 * 31) throw fail(`invalid timeout value \`${text}' specified`);
  return Number(text);
}
