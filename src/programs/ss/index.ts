import type { SocketInfo } from '../../linux/net/sockets.ts';
import type { Process, Program } from '../../linux/process.ts';
import { compileFilter, STATES } from './filter.ts';
import { USAGE } from './usage.ts';

interface Options {
  tcp: boolean;
  udp: boolean;
  all: boolean;
  listening: boolean;
  numeric: boolean;
  processes: boolean;
  noHeader: boolean;
  options: boolean;
  extended: boolean;
  info: boolean;
  ipv4: boolean;
  ipv6: boolean;
}

const LETTERS: Record<string, keyof Options | ''> = { t: 'tcp', u: 'udp', a: 'all', l: 'listening', n: 'numeric', p: 'processes', H: 'noHeader', o: 'options', e: 'extended', i: 'info', '4': 'ipv4', '6': 'ipv6', O: '', r: '', m: '', w: '' };
const LONG: Record<string, string> = { tcp: 't', udp: 'u', all: 'a', listening: 'l', numeric: 'n', processes: 'p', 'no-header': 'H', options: 'o', extended: 'e', info: 'i', ipv4: '4', ipv6: '6', oneline: 'O', summary: 's', version: 'V', help: 'h' };

/** ss(8) of iproute2 6.1: TCP and UDP sockets of the network namespace. */
export const main: Program = (p) => {
  const o: Options = { tcp: false, udp: false, all: false, listening: false, numeric: false, processes: false, noHeader: false, options: false, extended: false, info: false, ipv4: false, ipv6: false };
  const words: string[] = [];
  for (const arg of p.args) {
    if (!arg.startsWith('-') || words.length > 0) {
      words.push(arg);
      continue;
    }
    const letters = arg.startsWith('--') ? (LONG[arg.slice(2)] ?? '') : arg.slice(1);
    if (letters === '') {
      p.err(`ss: unrecognized option '${arg}'\n${USAGE}`);
      return 255;
    }
    for (const letter of letters) {
      if (letter === 'h') {
        p.out(USAGE);
        return 0;
      }
      if (letter === 'V') {
        p.out('ss utility, iproute2-6.1.0\n');
        return 0;
      }
      if (letter === 's') {
        p.out(summary(p));
        return 0;
      }
      const key = LETTERS[letter];
      if (key === undefined) {
        p.err(`ss: invalid option -- '${letter}'\n${USAGE}`);
        return 255;
      }
      if (key !== '') o[key] = true;
    }
  }
  let states: Set<string> | undefined;
  while (words[0] === 'state' || words[0] === 'exclude') {
    const exclude = words.shift() === 'exclude';
    const name = words.shift() ?? '', group = STATES[name];
    if (!group) {
      p.err(`ss: wrong state name: ${name}\n`);
      return 255;
    }
    states = exclude ? new Set([...STATES['all']!].filter((s) => !group.includes(s))) : new Set([...(states ?? []), ...group]);
  }
  const filter = compileFilter(words);
  if (typeof filter === 'string') {
    p.err(filter);
    return 255;
  }
  const both = !o.tcp && !o.udp;
  const open = (s: SocketInfo) => s.state !== 'LISTEN' && !(s.proto === 'udp' && s.state === 'UNCONN') && (o.all || !['TIME_WAIT', 'SYN_RECV'].includes(s.state));
  const shown = p.net.sockets.list().filter((s) => {
    if (o.ipv4 !== o.ipv6 && (s.family === 6) !== o.ipv6) return false;
    if (s.proto === 'icmp' || (s.proto === 'tcp' ? !(o.tcp || both) : !(o.udp || both))) return false;
    if (states) return states.has(stateName(s)) && filter(s);
    const listening = s.state === 'LISTEN' || (s.proto === 'udp' && s.state === 'UNCONN');
    return (o.all || (o.listening ? listening : open(s))) && filter(s);
  });
  const rank = (s: SocketInfo) => (s.proto === 'udp' ? 0 : 2) + (s.family === 6 ? 1 : 0);
  print(p, [...shown].sort((a, b) => rank(a) - rank(b)), o, { netid: (o.tcp && o.udp) || both, state: states === undefined || states.size > 1 });
  return 0;
};

function stateName(s: SocketInfo): string {
  const names: Record<string, string> = { ESTABLISHED: 'ESTAB', CLOSE: 'UNCONN', SYN_RECV: 'SYN-RECV', FIN_WAIT1: 'FIN-WAIT-1', FIN_WAIT2: 'FIN-WAIT-2' };
  return names[s.state] ?? s.state.replace('_', '-');
}

/** Columns as wide as their longest cell; what is left of the line is spread as ss does for a pipe: not at all. */
function print(p: Process, sockets: SocketInfo[], o: Options, show: { netid: boolean; state: boolean }): void {
  const rows = sockets.map((s) => {
    const [localHost, localPort] = side(s.local, s), [remoteHost, remotePort] = side(s.remote, s);
    return { netid: s.proto, state: stateName(s), recvQ: String(s.recvQ), sendQ: String(s.sendQ), localHost, localPort, remoteHost, remotePort, rest: rest(p, s, o) };
  });
  const width = (key: keyof (typeof rows)[number], head: string) => Math.max(head.length, ...rows.map((r) => r[key].length));
  const w = { netid: width('netid', 'Netid'), state: width('state', 'State'), recvQ: width('recvQ', 'Recv-Q'), sendQ: width('sendQ', 'Send-Q'), localHost: width('localHost', 'Local Address'), localPort: width('localPort', 'Port'), remoteHost: width('remoteHost', 'Peer Address'), remotePort: width('remotePort', 'Port'), rest: width('rest', 'Process') };
  const head = [...(show.netid ? ['Netid'.padEnd(w.netid)] : []), ...(show.state ? ['State'.padEnd(w.state)] : []), 'Recv-Q'.padEnd(w.recvQ), 'Send-Q'.padEnd(w.sendQ), `${'Local Address'.padStart(w.localHost)}:${'Port'.padEnd(w.localPort)}`, `${'Peer Address'.padStart(w.remoteHost)}:${'Port'.padEnd(w.remotePort)}`].join(' ');
  if (!o.noHeader) p.out(`${head}${'Process'.padEnd(w.rest)}\n`);
  for (const r of rows) {
    const cells = [...(show.netid ? [r.netid.padEnd(w.netid)] : []), ...(show.state ? [r.state.padEnd(w.state)] : []), r.recvQ.padEnd(w.recvQ), r.sendQ.padEnd(w.sendQ), `${r.localHost.padStart(w.localHost)}:${r.localPort.padEnd(w.localPort)}`, `${r.remoteHost.padStart(w.remoteHost)}:${r.remotePort.padEnd(w.remotePort)}`].join(' ');
    p.out(`${cells}${r.rest.padEnd(w.rest)}\n`);
  }
}

function side(e: { ip: string; port: number }, s: SocketInfo): [string, string] {
  // `*` takes both families; a socket that has an address of its own has one.
  const any = s.family === 4 ? '0.0.0.0' : s.local.ip.includes(':') ? '[::]' : '*';
  const host = e.ip === '0.0.0.0' ? any : s.family === 4 ? e.ip : e.ip.includes(':') ? `[${e.ip}]` : `[::ffff:${e.ip}]`;
  return [host, e.port === 0 ? '*' : String(e.port)];
}

function rest(p: Process, s: SocketInfo, o: Options): string {
  const parts: string[] = [];
  if (o.processes && s.process && (p.uid === 0 || s.uid === p.uid)) parts.push(`users:(("${s.process.comm}",pid=${s.process.pid},fd=${s.fd}))`);
  if (o.options && s.timer) parts.push(`timer:(${s.timer.name},${(s.timer.left / 1000).toFixed(0)}sec,${s.timer.retries})`);
  if (o.extended) parts.push(`${s.uid ? `uid:${s.uid} ` : ''}ino:${s.inode} sk:${(s.inode % 4096).toString(16)} <->`);
  return parts.join(' ');
}

function summary(p: Process): string {
  const all = p.net.sockets.list();
  const tcp = all.filter((s) => s.proto === 'tcp'), udp = all.filter((s) => s.proto === 'udp');
  const count = (state: string) => tcp.filter((s) => s.state === state).length;
  const closed = tcp.filter((s) => s.state === 'TIME_WAIT').length;
  const row = (name: string, list: SocketInfo[]) => `${name.padEnd(10)}${String(list.length).padEnd(10)}${String(list.filter((s) => s.family === 4).length).padEnd(10)}${String(list.filter((s) => s.family === 6).length).padEnd(9)}\n`;
  const live = tcp.filter((s) => s.state !== 'TIME_WAIT');
  return `Total: ${live.length + udp.length}\nTCP:   ${tcp.length} (estab ${count('ESTABLISHED')}, closed ${closed}, orphaned 0, timewait ${closed})\n\nTransport Total     IP        IPv6\n${row('RAW\t ', []).replace('RAW\t     ', 'RAW\t  ')}${row('UDP\t ', udp).replace('UDP\t     ', 'UDP\t  ')}${row('TCP\t ', live).replace('TCP\t     ', 'TCP\t  ')}${row('INET\t ', [...udp, ...live]).replace('INET\t    ', 'INET\t  ')}${row('FRAG\t ', []).replace('FRAG\t    ', 'FRAG\t  ')}\n`;
}
