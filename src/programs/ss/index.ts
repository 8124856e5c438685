import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { SocketInfo } from '../../linux/net/sockets.ts';
import type { Process, Program } from '../../linux/process.ts';
import { compileFilter, STATES } from './filter.ts';
import { ALL_TABLES, BY_FAMILY, BY_LETTER, defaultStates, query } from './tables.ts';
import { USAGE } from './usage.ts';

interface Options {
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
  /** -K: closes what is shown. */
  kill: boolean;
}

const LETTERS: Record<string, keyof Options | ''> = { a: 'all', l: 'listening', n: 'numeric', p: 'processes', H: 'noHeader', o: 'options', e: 'extended', i: 'info', '4': 'ipv4', '6': 'ipv6', K: 'kill', O: '', r: '', m: '' };
const LONG: Record<string, string> = { tcp: 't', udp: 'u', all: 'a', listening: 'l', numeric: 'n', processes: 'p', 'no-header': 'H', options: 'o', extended: 'e', info: 'i', ipv4: '4', ipv6: '6', oneline: 'O', summary: 's', version: 'V', help: 'h', raw: 'w', unix: 'x', packet: '0', sctp: 'S', dccp: 'd', mptcp: 'M', resolve: 'r', memory: 'm', kill: 'K', family: 'f', query: 'A', socket: 'A', net: 'N' };

/** ss(8) of iproute2 6.1: TCP and UDP sockets of the network namespace. */
export const main: Program = (p) => ss(p, p.net);

function ss(p: Process, net: NetNamespace): number {
  const o: Options = { kill: false, all: false, listening: false, numeric: false, processes: false, noHeader: false, options: false, extended: false, info: false, ipv4: false, ipv6: false };
  const words: string[] = [], tables = new Set<string>();
  const add = (names: readonly string[]) => names.forEach((name) => tables.add(name));
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i]!;
    if (!arg.startsWith('-') || words.length > 0) {
      words.push(arg);
      continue;
    }
    const [, name = '', given] = /^--([\w-]+)(?:=(.*))?$/.exec(arg) ?? [];
    const letters = name ? (LONG[name] ?? '') : arg.slice(1);
    if (letters === '') {
      p.err(`ss: unrecognized option '${arg}'\n${USAGE}`);
      return 255;
    }
    for (const [k, letter] of [...letters].entries()) {
      if (letter === 'h') {
        p.out(USAGE);
        return 0;
      }
      if (letter === 'V') {
        p.out('ss utility, iproute2-6.1.0\n');
        return 0;
      }
      if (letter === 's') {
        p.out(summary(net));
        return 0;
      }
      if (letter in BY_LETTER) {
        add(BY_LETTER[letter]!);
        continue;
      }
      if (letter === 'f' || letter === 'A' || letter === 'N') {
        const value = given ?? (letters.slice(k + 1) || p.args[++i]);
        if (value === undefined) {
          p.err(`ss: option requires an argument -- '${letter}'\n${USAGE}`);
          return 255;
        }
        if (letter === 'N') {
          const other = p.machine.netns.get(value);
          if (!other) {
            p.err(`Cannot open network namespace "${value}": No such file or directory\n`);
            return 1;
          }
          net = other;
        } else if (letter === 'A') {
          const found = query(value);
          if (!Array.isArray(found)) {
            p.err(`ss: "${found.unknown}" is illegal socket table id\n${USAGE}`);
            return 255;
          }
          add(found);
        } else if (value === 'help') {
          p.out(USAGE);
          return 0;
        } else if (!(value in BY_FAMILY)) {
          p.err(`ss: "${value}" is invalid family\n${USAGE}`);
          return 255;
        } else if (value === 'inet') o.ipv4 = true;
        else if (value === 'inet6') o.ipv6 = true;
        else add(BY_FAMILY[value]!);
        break;
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
  const filter = compileFilter(words, net);
  if (typeof filter === 'string') {
    const syntax = filter.startsWith('ss:');
    p.err(`${filter}${syntax ? USAGE : ''}`);
    return syntax ? 255 : 1;
  }
  if (tables.size === 0) add(o.ipv4 || o.ipv6 ? BY_FAMILY['inet']! : ALL_TABLES);
  const shownStates = states ?? defaultStates(tables, o);
  const shown = net.sockets.list().filter((s) => {
    if (o.ipv4 !== o.ipv6 && (s.family === 6) !== o.ipv6) return false;
    return tables.has(s.proto) && shownStates.has(stateName(s)) && filter(s);
  });
  const rank = (s: SocketInfo) => (s.proto === 'udp' ? 0 : 2) + (s.family === 6 ? 1 : 0);
  print(p, [...shown].sort((a, b) => rank(a) - rank(b)), o, { netid: tables.size > 1, state: shownStates.size > 1 });
  if (o.kill) for (const { socket } of shown) {
    if (socket && 'abort' in socket) socket.abort();
    else socket?.close();
  }
  return 0;
}

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
  const width = (key: keyof (typeof rows)[number], head: string) => Math.max(o.noHeader ? 0 : head.length, ...rows.map((r) => r[key].length));
  const w = { netid: width('netid', 'Netid'), state: width('state', 'State'), recvQ: Math.max(6, width('recvQ', '')), sendQ: Math.max(6, width('sendQ', '')), localHost: width('localHost', 'Local Address'), localPort: width('localPort', 'Port'), remoteHost: width('remoteHost', 'Peer Address'), remotePort: width('remotePort', 'Port'), rest: width('rest', 'Process') };
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
  return parts.map((part) => ` ${part}`).join('');
}

function summary(net: NetNamespace): string {
  const all = net.sockets.list();
  const tcp = all.filter((s) => s.proto === 'tcp'), udp = all.filter((s) => s.proto === 'udp');
  const count = (state: string) => tcp.filter((s) => s.state === state).length;
  const closed = tcp.filter((s) => s.state === 'TIME_WAIT').length;
  const row = (name: string, list: SocketInfo[]) => `${name.padEnd(10)}${String(list.length).padEnd(10)}${String(list.filter((s) => s.family === 4).length).padEnd(10)}${String(list.filter((s) => s.family === 6).length).padEnd(9)}\n`;
  const live = tcp.filter((s) => s.state !== 'TIME_WAIT');
  return `Total: ${live.length + udp.length}\nTCP:   ${tcp.length} (estab ${count('ESTABLISHED')}, closed ${closed}, orphaned 0, timewait ${closed})\n\nTransport Total     IP        IPv6\n${row('RAW\t ', []).replace('RAW\t     ', 'RAW\t  ')}${row('UDP\t ', udp).replace('UDP\t     ', 'UDP\t  ')}${row('TCP\t ', live).replace('TCP\t     ', 'TCP\t  ')}${row('INET\t ', [...udp, ...live]).replace('INET\t    ', 'INET\t  ')}${row('FRAG\t ', []).replace('FRAG\t    ', 'FRAG\t  ')}\n`;
}
