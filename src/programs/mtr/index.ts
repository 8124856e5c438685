import { resolve, reverseAll } from '../../linux/net/dns.ts';
import { SocketError } from '../../linux/net/errors.ts';
import { icmpOpen } from '../../linux/net/icmp.ts';
import type { Process, Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { USAGE } from './usage.ts';

/** What is known of one hop. Times in microseconds. */
interface Hop {
  address: string | undefined;
  sent: number;
  times: number[];
}

interface Options {
  mode: 'screen' | 'report' | 'csv' | 'json';
  wide: boolean;
  cycles: number;
  interval: number;
  first: number;
  max: number;
  size: number;
  numeric: boolean;
  both: boolean;
  host: string;
}

const TAKES: Readonly<Record<string, string>> = { 'report-cycles': 'c', interval: 'i', 'first-ttl': 'f', 'max-ttl': 'm', psize: 's', 'max-unknown': 'U', gracetime: 'G', timeout: 'Z', tos: 'Q', order: 'o', address: 'a', interface: 'I' };
const PLAIN: Readonly<Record<string, string>> = { report: 'r', 'report-wide': 'w', 'no-dns': 'n', csv: 'C', json: 'j', 'show-ips': 'b', help: 'h', version: 'v', curses: 't' };
/** How long the last answers are waited for. */
const GRACE = 5 * SECOND;

/** mtr(8) 0.95 with ICMP echo: a screen that is drawn anew every second, or a report (-r, --csv, --json). */
export const main: Program = async (p) => {
  const o = parse(p);
  if (typeof o === 'number') return o;
  const found = await resolve(p, o.host);
  if (typeof found === 'string') {
    p.err(`mtr: Failed to resolve host: ${o.host}: ${found === 'ENOTFOUND' ? 'Name or service not known' : 'Temporary failure in name resolution'}\n`);
    return 1;
  }
  const ip = found.addresses[0]!, begun = p.now, hops: Hop[] = [];
  let source: string;
  const socket = icmpOpen(p);
  try {
    source = socket.connect(ip);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    p.err(`mtr: udp_connect: ${error.message}\n`);
    return 1;
  }
  const probe = prober(p, o, ip, hops);
  try {
    for (let cycle = 0; o.mode === 'screen' && o.cycles === 0 ? true : cycle < (o.cycles || 10); cycle++) {
      await probe();
      if (o.mode === 'screen') await p.out(`\x1b[H\x1b[2J${await screen(p, o, source, ip, begun, hops)}`);
    }
    if (o.mode !== 'screen') await p.sleep(hops.every((h) => h.times.length === h.sent) ? 0 : GRACE);
  } finally {
    socket.close();
  }
  if (o.mode === 'screen') return 0;
  const names = o.numeric ? new Map<string, string>() : await reverseAll(p, hops.flatMap((h) => h.address ?? []));
  const label = (h: Hop) => (h.address === undefined ? '???' : names.has(h.address) ? (o.both ? `${names.get(h.address)} (${h.address})` : names.get(h.address)!) : h.address);
  await p.out(o.mode === 'report' ? report(p, o, begun, hops, label) : o.mode === 'csv' ? csv(o, begun, hops, label) : json(p, o, hops, label));
  return 0;
};

/** One cycle: a probe for each hop, spread over the interval, up to the one that is the destination. */
function prober(p: Process, o: Options, ip: string, hops: Hop[]): () => Promise<void> {
  let sequence = 0;
  return async () => {
    const end = hops.findIndex((h) => h.address === ip);
    const last = end >= 0 ? end + o.first : Math.min(o.max, hops.length === 0 ? o.max : lastKnown(hops) + 5 + o.first);
    const count = Math.max(1, last - o.first + 1);
    for (let ttl = o.first; ttl <= last; ttl++) {
      const hop = (hops[ttl - o.first] ??= { address: undefined, sent: 0, times: [] });
      const at = p.now, seq = ++sequence & 0xffff;
      const socket = icmpOpen(p);
      const heard = (from: string) => {
        hop.address ??= from;
        hop.times.push(p.now - at);
        socket.close();
      };
      socket.onReply = (r) => heard(r.from);
      socket.onError = (e) => heard(e.from);
      hop.sent++;
      try {
        socket.send({ ip, seq, ttl, size: o.size - 28, pmtudisc: 'dont' });
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
      }
      await p.sleep(Math.round((o.interval * SECOND) / count));
      const reached = hops.findIndex((h) => h.address === ip);
      if (reached >= 0 && reached < hops.length - 1) hops.splice(reached + 1);
      if (reached >= 0 && ttl - o.first >= reached) {
        await p.sleep(Math.max(0, Math.round(o.interval * SECOND * (1 - (ttl - o.first + 1) / count))));
        return;
      }
    }
    // Hops after the last that ever answered are one unknown host at most.
    if (!hops.some((h) => h.address === ip)) hops.splice(lastKnown(hops) + 2);
  };
}

function lastKnown(hops: readonly Hop[]): number {
  return hops.reduce((last, h, i) => (h.address === undefined ? last : i), -1);
}

interface Figures {
  loss: number;
  last: number;
  avg: number;
  best: number;
  worst: number;
  deviation: number;
}

/** Milliseconds. */
function figures({ sent, times }: Hop): Figures {
  const ms = times.map((t) => t / 1000), n = ms.length;
  const avg = n === 0 ? 0 : ms.reduce((a, b) => a + b, 0) / n;
  const deviation = n < 2 ? 0 : Math.sqrt(ms.reduce((sum, t) => sum + (t - avg) ** 2, 0) / (n - 1));
  return { loss: sent === 0 ? 0 : (100 * (sent - n)) / sent, last: ms.at(-1) ?? 0, avg, best: n === 0 ? 0 : Math.min(...ms), worst: n === 0 ? 0 : Math.max(...ms), deviation };
}

const five = (n: number) => (n >= 1000 ? `${n.toFixed(1).slice(0, 5)}` : n.toFixed(1)).padStart(5);

function row(h: Hop): string {
  const f = figures(h);
  return `${`${f.loss.toFixed(1)}%`.padStart(5)} ${String(h.sent).padStart(5)}  ${[f.last, f.avg, f.best, f.worst, f.deviation].map(five).join(' ')}`;
}

function report(p: Process, o: Options, begun: number, hops: readonly Hop[], label: (h: Hop) => string): string {
  const width = o.wide ? Math.max(p.uts.hostname.length, ...hops.map((h) => label(h).length)) + 1 : 26;
  const name = (text: string) => (o.wide ? text : text.slice(0, width)).padEnd(width);
  const lines = hops.map((h, i) => `${String(i + o.first).padStart(3)}.|-- ${name(label(h))}${row(h)}\n`);
  return `Start: ${iso(begun)}\nHOST: ${name(p.uts.hostname)}${o.wide ? '' : '  '}Loss%   Snt   Last   Avg  Best  Wrst StDev\n${lines.join('')}`;
}

function csv(o: Options, begun: number, hops: readonly Hop[], label: (h: Hop) => string): string {
  return `Mtr_Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt, ,Last,Avg,Best,Wrst,StDev,\n${hops.map((h, i) => {
    const f = figures(h);
    return `MTR.0.95,${Math.floor(begun / 1e6)},OK,${o.host},${i + o.first},${label(h)},${f.loss.toFixed(2)},${h.sent},0,${[f.last, f.avg, f.best, f.worst, f.deviation].map((n) => n.toFixed(2)).join(',')}\n`;
  }).join('')}`;
}

function json(p: Process, o: Options, hops: readonly Hop[], label: (h: Hop) => string): string {
  const places = (n: number) => Number(n.toFixed(3));
  const hubs = hops.map((h, i) => {
    const f = figures(h);
    return `            {\n                "count": ${i + o.first},\n                "host": "${label(h)}",\n                "Loss%": ${f.loss.toFixed(1)},\n                "Snt": ${h.sent},\n                "Last": ${places(f.last)},\n                "Avg": ${places(f.avg)},\n                "Best": ${places(f.best)},\n                "Wrst": ${places(f.worst)},\n                "StDev": ${places(f.deviation)}\n            }`;
  });
  return `{\n    "report": {\n        "mtr": {\n            "src": "${p.uts.hostname}",\n            "dst": "${o.host}",\n            "tos": 0,\n            "tests": ${o.cycles || 10},\n            "psize": "${o.size}",\n            "bitpattern": "0x00"\n        },\n        "hubs": [\n${hubs.join(',\n')}\n        ]\n    }\n}\n`;
}

async function screen(p: Process, o: Options, source: string, ip: string, begun: number, hops: readonly Hop[]): Promise<string> {
  const names = o.numeric ? new Map<string, string>() : await reverseAll(p, hops.flatMap((h) => h.address ?? []));
  const lines = hops.map((h, i) => ` ${`${i + o.first}.`.padEnd(3)} ${(h.address === undefined ? '(waiting for reply)' : (names.get(h.address) ?? h.address)).padEnd(32)} ${h.address === undefined ? '' : row(h)}\r\n`);
  const left = `${p.uts.hostname} (${source}) -> ${o.host} (${ip})`;
  return `${' '.repeat(29)}My traceroute  [v0.95]\r\n${left.padEnd(55)}${iso(begun)}\r\nKeys:  Help   Display mode   Restart statistics   Order of fields   quit\r\n${' '.repeat(39)}Packets               Pings\r\n ${'Host'.padEnd(36)} Loss%   Snt   Last   Avg  Best  Wrst StDev\r\n${lines.join('')}`;
}

function iso(at: number): string {
  return `${new Date(at / 1000).toISOString().slice(0, 19)}+0000`;
}

function parse(p: Process): Options | number {
  const o: Options = { mode: 'screen', wide: false, cycles: 0, interval: 1, first: 1, max: 30, size: 64, numeric: false, both: false, host: '' };
  const wrong = (text: string): number => {
    p.err(`mtr: ${text}\n\n${USAGE}`);
    return 1;
  };
  const queue = [...p.args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    if (!arg.startsWith('-') || arg === '-') {
      o.host = arg;
      continue;
    }
    const [, long, joined] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (long !== undefined && !(long in TAKES) && !(long in PLAIN)) return wrong(`unrecognized option '${arg}'`);
    const letters = long === undefined ? [...arg.slice(1)] : [TAKES[long] ?? PLAIN[long]!];
    for (let i = 0; i < letters.length; i++) {
      const letter = letters[i]!;
      if (Object.values(TAKES).includes(letter)) {
        const value = (long === undefined ? letters.slice(i + 1).join('') || undefined : joined) ?? queue.shift();
        if (value === undefined) return wrong(`option requires an argument -- '${letter}'`);
        const n = Number(value);
        if ('cifms'.includes(letter) && !(n > 0)) {
          p.err(`mtr: invalid argument: '${value}'\n`);
          return 1;
        }
        if (letter === 'c') o.cycles = n;
        else if (letter === 'i') o.interval = n;
        else if (letter === 'f') o.first = n;
        else if (letter === 'm') o.max = n;
        else if (letter === 's') o.size = Math.max(28, n);
        break;
      }
      if (letter === 'r') o.mode = 'report';
      else if (letter === 'w') [o.mode, o.wide] = ['report', true];
      else if (letter === 'C') o.mode = 'csv';
      else if (letter === 'j') o.mode = 'json';
      else if (letter === 'n') o.numeric = true;
      else if (letter === 'b') o.both = true;
      else if (letter === 'v') {
        p.out('mtr 0.95\n');
        return 0;
      } else if (letter === 'h') {
        p.out(USAGE);
        return 0;
      } else if (!'4t'.includes(letter)) return wrong(`invalid option -- '${letter}'`);
    }
  }
  if (o.host === '') o.host = 'localhost';
  return o;
}
