import { formatIpv4 } from '../../linux/net/addresses.ts';
import { FileError, resolve } from '../../linux/files.ts';
import { serviceName } from '../../linux/net/netfilter/services.ts';
import type { Process, Program } from '../../linux/process.ts';
import { compileFilter, FilterError, type Filter } from './filter.ts';
import { COOKED, ETHERNET, pcapHeader, pcapRecord, readPcap } from './pcap.ts';
import { Printer, type PrintOptions } from './print.ts';

const VERSION = 'tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.15 3 Sep 2024\n';
const USAGE = `${VERSION}Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
\t\t[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
\t\t[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
\t\t[ -M secret ] [ --number ] [ --print ] [ -Q in|out|inout ]
\t\t[ -r file ] [ -s snaplen ] [ -T type ] [ --version ]
\t\t[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
\t\t[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
\t\t[ -z postrotate-command ] [ -Z user ] [ expression ]
`;

/** tcpdump(8) over the taps of a network namespace; -w writes and -r reads real capture files. Not modelled: -d (the compiled filter). */
export const main: Program = async (p) => {
  const asked = parse(p.args, (ip) => hostName(p, ip));
  if (asked.error) {
    p.err(asked.error);
    return 1;
  }
  if (asked.version) {
    p.out(asked.help ? USAGE : VERSION);
    return 0;
  }
  const links = p.net.links().filter((l) => l.up);
  if (asked.list) {
    const names = [...links.filter((l) => l.name !== 'lo').map((l) => `${l.name} [Up, Running, Connected]`), 'any (Pseudo-device that captures on all interfaces) [Up, Running]', 'lo [Up, Running, Loopback]'];
    p.out(names.map((n, i) => `${i + 1}.${n}\n`).join(''));
    return 0;
  }
  if (asked.read !== undefined) return readFile(p, asked, asked.read);
  const dev = asked.device ?? links.find((l) => l.name !== 'lo')?.name ?? 'any';
  if (!p.can('NET_RAW')) {
    p.err(`tcpdump: ${dev}: You don't have permission to capture on that device\n(socket: Operation not permitted)\n`);
    return 1;
  }
  if (dev !== 'any' && !p.net.link(dev)) {
    p.err(`tcpdump: ${dev}: No such device exists\n(No such device exists)\n`);
    return 1;
  }
  let filter: Filter;
  try {
    filter = compileFilter(asked.expression);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    p.err(`tcpdump: ${error.message}\n`);
    return 1;
  }
  const any = dev === 'any';
  const write = asked.write === undefined ? undefined : capturefile(p, asked.write, any ? COOKED : ETHERNET, asked.snaplen);
  if (write instanceof FileError) {
    p.err(`tcpdump: ${asked.write}: ${write.message}\n`);
    return 1;
  }
  if (any) p.err('tcpdump: data link type LINUX_SLL2\n');
  p.err(asked.options.verbose > 0 || write ? 'tcpdump: ' : `tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n`);
  p.err(`listening on ${dev}, link-type ${any ? 'LINUX_SLL2 (Linux cooked v2)' : 'EN10MB (Ethernet)'}, snapshot length ${asked.snaplen} bytes\n`);

  const printer = new Printer({ ...asked.options, cooked: any, snaplen: asked.snaplen });
  let captured = 0, seen = 0;
  const lines: string[] = [];
  let wake: (() => void) | undefined;
  const stop = p.net.capture(dev, (capture) => {
    const { at, frame, dev: on, direction, to } = capture;
    if (!filter(frame)) return;
    seen++;
    // libpcap: what goes out of the loopback comes back in and is shown then.
    if (direction === 'out' && on.kind === 'loopback') return;
    if (asked.direction && asked.direction !== direction) return;
    if (asked.count !== undefined && captured >= asked.count) return;
    captured++;
    if (write) write(pcapRecord(capture, any ? COOKED : ETHERNET, asked.snaplen));
    else lines.push(printer.line(at, frame, on, to));
    wake?.();
  });
  let interrupted = false;
  const finish = () => {
    interrupted = true;
    wake?.();
  };
  p.onSignal('INT', finish);
  p.onSignal('TERM', finish);
  try {
    for (;;) {
      for (const line of lines.splice(0)) await p.out(line);
      if (interrupted || (asked.count !== undefined && captured >= asked.count)) break;
      await p.wait<void>((resume) => {
        wake = resume;
      });
    }
  } finally {
    stop();
  }
  const plural = (n: number) => `${n} packet${n === 1 ? '' : 's'}`;
  // An interrupted capture may have been in the middle of a line.
  if (interrupted && !write) p.out('\n');
  p.err(`${plural(captured)} captured\n${plural(seen)} received by filter\n0 packets dropped by kernel\n`);
  return 0;
};

/** Appends to a capture file, after its header; or why it cannot be written. */
function capturefile(p: Process, path: string, link: number, snaplen: number): ((bytes: Uint8Array) => void) | FileError {
  const to = resolve(path, p.cwd);
  try {
    p.fs.writeFile(to, pcapHeader(link, snaplen));
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  return (bytes) => p.fs.writeFile(to, bytes, { append: true });
}

async function readFile(p: Process, asked: Asked, path: string): Promise<number> {
  try {
    const filter = compileFilter(asked.expression);
    const content = p.fs.readContent(path, p.cwd);
    const bytes = typeof content === 'string' ? Uint8Array.from(content, (c) => c.charCodeAt(0)) : content;
    const { link, snaplen, records } = readPcap(bytes, path, (index) => p.net.links().find((l) => l.index === index)?.name ?? '?');
    p.err(`reading from file ${path}, link-type ${link === COOKED ? 'LINUX_SLL2 (Linux cooked v2)' : 'EN10MB (Ethernet)'}, snapshot length ${snaplen}\n`);
    if (link === COOKED) p.err('Warning: interface names might be incorrect\n');
    const shown = records.filter((r) => filter(r.frame)).slice(0, asked.count);
    if (asked.counting) {
      p.out(`${shown.length} packet${shown.length === 1 ? '' : 's'}\n`);
      return 0;
    }
    const printer = new Printer({ ...asked.options, cooked: link === COOKED, snaplen });
    for (const { at, frame, dev, to } of shown) await p.out(printer.line(at, frame, dev, to));
    return 0;
  } catch (error) {
    if (error instanceof FilterError) p.err(`tcpdump: ${error.message}\n`);
    else if (error instanceof FileError) p.err(error.errno === 'EINVAL' ? 'tcpdump: unknown file format\n' : `tcpdump: ${path}: ${error.message}\n`);
    else throw error;
    return 1;
  }
}

interface Asked {
  error?: string;
  version?: boolean;
  help?: boolean;
  list?: boolean;
  device?: string;
  count?: number;
  /** -w and -r: capture files. */
  write?: string;
  read?: string;
  snaplen: number;
  direction?: 'in' | 'out';
  expression: string;
  options: Omit<PrintOptions, 'cooked' | 'snaplen'>;
  /** --count: of the packets of a file only their number. */
  counting?: boolean;
}

/** The name of an address in /etc/hosts, as without -n; the name server is not asked. */
function hostName(p: Process, ip: number): string {
  const text = formatIpv4(ip);
  if (!p.fs.exists('/etc/hosts')) return text;
  const line = p.fs.readFile('/etc/hosts').split('\n').map((l) => l.replace(/#.*/, '').trim().split(/\s+/)).find(([address]) => address === text);
  return line?.[1] ?? text;
}

function parse(args: string[], name: (ip: number) => string): Asked {
  const asked: Asked = { snaplen: 262144, expression: '', options: { linkLayer: false, verbose: 0, quick: false, absoluteSeq: false, time: 0, name: formatIpv4, port: String, resolve: true, number: false } };
  let numeric = 0;
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-') || arg === '-') {
      words.push(...args.slice(i));
      break;
    }
    if (arg.startsWith('--')) {
      if (arg === '--version' || arg === '--help') Object.assign(asked, { version: true, help: arg === '--help' });
      else if (arg === '--list-interfaces') asked.list = true;
      else if (arg === '--number') asked.options.number = true;
      else if (arg === '--count') asked.counting = true;
      else if (!['--immediate-mode', '--print', '--micro', '--no-promiscuous-mode', '--packet-buffered', '--absolute-tcp-sequence-numbers', '--no-optimize', '--dont-verify-checksums'].includes(arg)) return { ...asked, error: `tcpdump: unrecognized option '${arg}'\n${USAGE}` };
      continue;
    }
    for (let k = 1; k < arg.length; k++) {
      const flag = arg[k]!;
      const value = () => {
        const rest = arg.slice(k + 1) || args[++i];
        k = arg.length;
        return rest;
      };
      if ('icsQFwrBCEGjMTVWyzZ'.includes(flag)) {
        const given = value();
        if (given === undefined) return { ...asked, error: `tcpdump: option requires an argument -- '${flag}'\n${USAGE}` };
        if (flag === 'i') asked.device = given;
        else if (flag === 'w') asked.write = given;
        else if (flag === 'r') asked.read = given;
        else if (flag === 'c') {
          if (!/^\d+$/.test(given) || Number(given) === 0) return { ...asked, error: `tcpdump: invalid packet count ${given}\n` };
          asked.count = Number(given);
        } else if (flag === 's') asked.snaplen = Number(given) || 262144;
        else if (flag === 'Q') {
          if (given === 'in' || given === 'out') asked.direction = given;
          else if (given !== 'inout') return { ...asked, error: `tcpdump: unknown capture direction \`${given}'\n` };
        }
      } else if (flag === 'n') numeric++;
      else if (flag === 'v') asked.options.verbose++;
      else if (flag === 'e') asked.options.linkLayer = true;
      else if (flag === 'q') asked.options.quick = true;
      else if (flag === 'S') asked.options.absoluteSeq = true;
      else if (flag === 't') asked.options.time++;
      else if (flag === 'x' || flag === 'X' || flag === 'A') asked.options.dump = { as: flag === 'x' ? 'hex' : flag === 'X' ? 'both' : 'ascii', link: asked.options.dump !== undefined };
      else if (flag === '#') asked.options.number = true;
      else if (flag === 'D') asked.list = true;
      else if (flag === 'h') Object.assign(asked, { version: true, help: true });
      else if (!'lUpNOfKbHIuS'.includes(flag)) return { ...asked, error: `tcpdump: invalid option -- '${flag}'\n${USAGE}` };
    }
  }
  asked.expression = words.join(' ');
  asked.options.resolve = numeric === 0;
  if (numeric === 0) asked.options.name = name;
  if (numeric === 0) asked.options.port = (n, protocol) => serviceName(n, protocol) ?? String(n);
  return asked;
}
