import { askServer, dnsLength, dnsQuery, resolve, resolverConfig, searchNames, type DnsMessage, type DnsRecord, type RecordType } from '../../linux/net/dns.ts';
import type { Process, Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { messageId, reverseName } from './query.ts';

const TYPES = new Set(['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'NS', 'SOA', 'MX', 'ANY']);
const VERSION = 'DiG 9.18.49-1~deb12u1-Debian';

interface Options {
  name: string;
  type: RecordType;
  server: string | undefined;
  port: number;
  short: boolean;
  search: boolean;
  tcp: boolean;
  tries: number;
  timeout: number;
  show: Record<'cmd' | 'comments' | 'question' | 'answer' | 'authority' | 'additional' | 'stats', boolean>;
  commandLine: string;
}

/** dig(1) of BIND 9.18: one question. */
export const main: Program = async (p) => {
  const o = parse(p);
  if (typeof o === 'number') return o;
  const config = resolverConfig(p);
  let server = config.nameservers[0] ?? '127.0.0.1', serverName = server;
  if (o.server !== undefined) {
    const found = await resolve(p, o.server);
    if (typeof found === 'string') {
      p.err(`dig: couldn't get address for '${o.server}': not found\n`);
      return 10;
    }
    server = found.addresses[0]!;
    serverName = o.server;
  }
  if (o.show.cmd && !o.short) p.out(`\n; <<>> ${VERSION} <<>> ${o.commandLine}${o.server === undefined ? '' : '\n; (1 server found)'}\n;; global options: +cmd\n`);
  const names = o.search ? searchNames(o.name, config) : [o.name.endsWith('.') ? o.name : `${o.name}.`];
  for (const name of names) {
    const question: DnsMessage = { ...dnsQuery(messageId(p), name, o.type), edns: 1232, cookie: 8 };
    let answer: DnsMessage | string = 'TIMEOUT';
    const began = p.now;
    for (let i = 0; i < o.tries; i++) {
      answer = await askServer(p, { ip: server, port: o.port }, question, { timeout: o.timeout * SECOND, tcp: o.tcp });
      if (typeof answer !== 'string') break;
      p.out(answer === 'TIMEOUT' ? `;; communications error to ${server}#${o.port}: timed out\n` : `;; communications error to ${server}#${o.port}: ${answer === 'ECONNREFUSED' ? 'connection refused' : 'host unreachable'}\n`);
    }
    if (typeof answer === 'string') {
      if (!o.short || o.show.cmd) p.out(`\n; <<>> ${VERSION} <<>> ${o.commandLine}\n;; global options: +cmd\n;; no servers could be reached\n\n`);
      return 9;
    }
    if (answer.rcode === 'NXDOMAIN' && name !== names.at(-1)) continue;
    p.out(o.short ? answer.answer.map((r) => `${r.data}\n`).join('') : full(p, o, answer, server, serverName, p.now - began));
    return 0;
  }
  return 0;
};

function full(p: Process, o: Options, m: DnsMessage, server: string, serverName: string, took: number): string {
  const flags = ['qr', m.authoritative ? 'aa' : '', m.truncated ? 'tc' : '', m.recursionDesired ? 'rd' : '', m.recursionAvailable ? 'ra' : ''].filter(Boolean).join(' ');
  let out = '';
  if (o.show.comments) {
    out += ';; Got answer:\n';
    if (/\.local\.$/.test(m.question.name)) out += ';; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n';
    out += `;; ->>HEADER<<- opcode: QUERY, status: ${m.rcode}, id: ${m.id}\n;; flags: ${flags}; QUERY: 1, ANSWER: ${m.answer.length}, AUTHORITY: ${m.authority.length}, ADDITIONAL: ${m.additional.length + (m.edns === undefined ? 0 : 1)}\n`;
    if (m.recursionDesired && !m.recursionAvailable) out += ';; WARNING: recursion requested but not available\n';
    out += '\n';
    if (m.edns !== undefined) out += `;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: ${m.edns}\n`;
  }
  if (o.show.question) out += `${o.show.comments ? ';; QUESTION SECTION:\n' : ''};${tabbed(m.question.name, 24)}${m.question.name.length + 1 >= 24 ? ' ' : ''}IN\t${m.question.type}\n\n`;
  const section = (title: string, records: DnsRecord[], shown: boolean) => {
    if (shown && records.length > 0) out += `${o.show.comments ? `;; ${title} SECTION:\n` : ''}${records.map(recordLine).join('')}${o.show.comments || o.show.stats ? '\n' : ''}`;
  };
  section('ANSWER', m.answer, o.show.answer);
  section('AUTHORITY', m.authority, o.show.authority);
  section('ADDITIONAL', m.additional, o.show.additional);
  if (o.show.stats) out += `;; Query time: ${Math.round(took / 1000)} msec\n;; SERVER: ${server}#${o.port}(${serverName}) (${o.tcp ? 'TCP' : 'UDP'})\n;; WHEN: ${date(p.now)}\n;; MSG SIZE  rcvd: ${dnsLength(m)}\n\n`;
  return out;
}

function recordLine(r: DnsRecord): string {
  return r.name.length >= 24 ? `${r.name} ${r.ttl} IN\t${r.type}\t${r.data}\n` : `${tabbed(r.name, 24)}${r.ttl}\tIN\t${r.type}\t${r.data}\n`;
}

/** Pads with tabs up to a column, as BIND's master-file style does. */
function tabbed(text: string, column: number): string {
  const width = text.length + (column === 24 ? 1 : 0);
  return width >= column + 8 ? text : text + '\t'.repeat(Math.max(0, Math.ceil((column + 8 - width) / 8)));
}

function date(at: number): string {
  const d = new Date(at / 1000);
  const [, day, n, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(d.toUTCString())!;
  return `${day} ${month} ${n} ${time} UTC ${year}`;
}

function parse(p: Process): Options | number {
  const o: Options = {
    name: '.', type: 'A', server: undefined, port: 53, short: false, search: false, tcp: false, tries: 3, timeout: 5,
    show: { cmd: true, comments: true, question: true, answer: true, authority: true, additional: true, stats: true }, commandLine: p.args.join(' '),
  };
  let named = false;
  const args = p.args;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.startsWith('@')) o.server = arg.slice(1);
    else if (arg === '-p') o.port = Number(args[++i]);
    else if (arg === '-t') o.type = (args[++i] ?? 'A').toUpperCase() as RecordType;
    else if (arg === '-x') {
      o.name = reverseName(args[++i] ?? '');
      o.type = 'PTR';
      named = true;
    } else if (arg === '-4' || arg === '-u') continue;
    else if (arg === '-v') {
      p.err(`${VERSION}\n`);
      return 0;
    } else if (arg.startsWith('-')) {
      p.err(`Invalid option: ${arg}\nUsage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n            [ host [@local-server] {local-d-opt} [...]]\n\nUse "dig -h" (or "dig -h | more") for complete list of options\n`);
      return 1;
    } else if (arg.startsWith('+')) {
      const on = !arg.startsWith('+no');
      const [key, value] = arg.slice(on ? 1 : 3).split('=');
      if (key === 'short') o.short = on;
      else if (key === 'search' || key === 'defname') o.search = on;
      else if (key === 'tcp' || key === 'vc') o.tcp = on;
      else if (key === 'all') for (const k of Object.keys(o.show) as (keyof Options['show'])[]) o.show[k] = on;
      else if (key !== undefined && key in o.show) o.show[key as keyof Options['show']] = on;
      else if (key === 'time' || key === 'timeout') o.timeout = Number(value);
      else if (key === 'tries') o.tries = Number(value);
      else if (key === 'retry') o.tries = Number(value) + 1;
      else {
        p.err(`Invalid option: ${arg}\nUsage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n            [ host [@local-server] {local-d-opt} [...]]\n\nUse "dig -h" (or "dig -h | more") for complete list of options\n`);
        return 1;
      }
    } else if (TYPES.has(arg.toUpperCase()) && (named || i > 0)) o.type = arg.toUpperCase() as RecordType;
    else if (arg.toUpperCase() === 'IN') continue;
    else {
      o.name = arg;
      named = true;
    }
  }
  if (!named) o.type = 'NS';
  return o;
}

