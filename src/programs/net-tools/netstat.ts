import { interfaceTexts } from './ifconfig.ts';
import { hosts } from '../../linux/net/dns.ts';
import type { Link } from '../../linux/net/link.ts';
import type { SocketInfo } from '../../linux/net/sockets.ts';
import type { Process, Program } from '../../linux/process.ts';
import { routeTable } from './route.ts';
import { NETSTAT_USAGE } from './usage.ts';

interface Options {
  tcp: boolean;
  udp: boolean;
  raw: boolean;
  unix: boolean;
  listening: boolean;
  all: boolean;
  programs: boolean;
  numeric: boolean;
  extend: boolean;
  timers: boolean;
  wide: boolean;
  /** -4, -6 */
  family: 4 | 6 | undefined;
}

const LONG: Record<string, string> = { route: 'r', interfaces: 'i', statistics: 's', numeric: 'n', listening: 'l', all: 'a', programs: 'p', program: 'p', tcp: 't', udp: 'u', raw: 'w', extend: 'e', timers: 'o', wide: 'W', help: 'h', unix: 'x', verbose: 'v', version: 'V', 'numeric-hosts': 'n', 'numeric-ports': 'n', continuous: 'c' };

/** netstat(8) of net-tools: sockets, -r, -i. Not modelled: -s, -g, -M. */
export const netstat: Program = (p) => {
  let letters = '';
  for (const arg of p.args) {
    if (arg.startsWith('--')) {
      const letter = LONG[arg.slice(2)];
      if (!letter) {
        p.err(`netstat: unrecognized option '${arg}'\n${NETSTAT_USAGE}`);
        return 3;
      }
      letters += letter;
    } else if (arg.startsWith('-')) letters += arg.slice(1);
  }
  const bad = [...letters].find((l) => !'rinlaptuwxevoWhVc46F'.includes(l));
  if (bad !== undefined) {
    p.err(`netstat: invalid option -- '${bad}'\n${NETSTAT_USAGE}`);
    return 3;
  }
  const has = (l: string) => letters.includes(l);
  if (has('h')) {
    p.err(NETSTAT_USAGE);
    return 0;
  }
  if (has('V')) {
    p.out('net-tools 2.10\n');
    return 5;
  }
  if (has('r')) {
    p.out(routeTable(p, { numeric: has('n'), netstat: true }));
    return 0;
  }
  if (has('i')) {
    p.out(`Kernel Interface table\n${has('e') ? interfaceTexts(p, has('a')) : interfaces(p)}`);
    return 0;
  }
  const any = has('t') || has('u') || has('w') || has('x');
  sockets(p, { tcp: !any || has('t'), udp: !any || has('u'), raw: !any || has('w'), unix: !any || has('x'), listening: has('l'), all: has('a'), programs: has('p'), numeric: has('n'), extend: has('e'), timers: has('o'), wide: has('W'), family: has('4') === has('6') ? undefined : has('6') ? 6 : 4 });
  return 0;
};

function sockets(p: Process, o: Options): void {
  const which = o.all ? 'servers and established' : o.listening ? 'only servers' : 'w/o servers';
  if (o.programs && p.uid !== 0) p.err(!p.net.sockets.list().some((s) => s.process && s.process.uid === p.uid) ? `(No info could be read for "-p": geteuid()=${p.uid} but you should be root.)\n` : '(Not all processes could be identified, non-owned process info\n will not be shown, you would have to be root to see it all.)\n');
  if (o.tcp || o.udp || o.raw) {
    p.out(`Active Internet connections (${which})\n`);
    p.out(`Proto Recv-Q Send-Q Local Address           Foreign Address         State      ${o.extend ? ' User       Inode     ' : ''}${o.programs ? ' PID/Program name    ' : ''}${o.timers ? ' Timer' : ''}\n`);
    const listed = p.net.sockets.list().filter((s) => (o.family === undefined || s.family === o.family) && (s.proto === 'tcp' ? o.tcp : s.proto === 'udp' ? o.udp : o.raw));
    const rank = (s: SocketInfo) => (s.proto === 'tcp' ? 0 : 2) + (s.family === 6 ? 1 : 0);
    for (const s of [...listed].sort((a, b) => rank(a) - rank(b) || Number(a.state !== 'LISTEN') - Number(b.state !== 'LISTEN'))) {
      const server = s.state === 'LISTEN' || s.state === 'UNCONN';
      if (o.all || (o.listening ? server : !server)) p.out(socketLine(p, s, o));
    }
  }
  if (o.unix) {
    p.out(`Active UNIX domain sockets (${which})\nProto RefCnt Flags       Type       State         I-Node  ${o.programs ? ' PID/Program name    ' : ''} Path\n`);
  }
}

function socketLine(p: Process, s: SocketInfo, o: Options): string {
  const proto = `${s.proto}${s.family === 6 ? '6' : ''}`;
  const local = address(p, s.local, s, o), remote = address(p, s.remote, s, o);
  const state = s.state === 'UNCONN' ? '' : s.state;
  const queue = (n: number) => (s.state === 'LISTEN' ? 0 : n);
  const program = s.process ? `${s.process.pid}/${s.process.comm}`.slice(0, 19) : '-';
  return `${proto.padEnd(5)}${String(queue(s.recvQ)).padStart(7)} ${String(queue(s.sendQ)).padStart(6)} ${local.padEnd(23)} ${remote.padEnd(23)} ${state.padEnd(11)}${o.extend ? ` ${String(s.uid === 0 && !o.numeric ? 'root' : s.uid).padEnd(10)} ${String(s.inode).padEnd(10)}` : ''}${o.programs ? ` ${(p.uid === 0 || s.uid === p.uid ? program : '-').padEnd(20)}` : ''}${o.timers ? ` ${timer(s)}` : ''}\n`;
}

function address(p: Process, e: { ip: string; port: number }, s: SocketInfo, o: Options): string {
  const any = e.ip === '0.0.0.0';
  const name = o.numeric ? undefined : hosts(p).find((h) => h.ip === e.ip)?.names[0];
  const host = s.family === 6 ? (any ? (o.numeric ? '::' : '[::]') : e.ip) : any && !o.numeric ? '0.0.0.0' : (name ?? e.ip);
  const port = e.port === 0 ? '*' : o.numeric ? String(e.port) : (PORTS[e.port] ?? String(e.port));
  return `${host}:${port}`.slice(0, o.wide ? undefined : 40);
}
const PORTS: Record<number, string> = { 22: 'ssh', 53: 'domain', 80: 'http', 443: 'https', 8080: 'http-alt' };

function timer(s: SocketInfo): string {
  if (!s.timer) return 'off (0.00/0/0)';
  return `${s.timer.name} (${(s.timer.left / 1000).toFixed(2)}/${s.timer.retries}/0)`;
}

/** What `netstat -i` and `ifconfig -s` print. */
export function interfaces(p: Process, { narrow = false } = {}): string {
  const rows = [...p.net.links()].filter((l) => l.up).sort((a, b) => (a.name < b.name ? -1 : 1)).map((l) => {
    const s = l.stats;
    const cells = [s.rxPackets, s.rxErrors, s.rxDropped].map((n) => String(n).padStart(8).slice(-8));
    return `${l.name.padEnd(narrow ? 15 : 16)} ${String(l.mtu).padStart(narrow ? 5 : 4)} ${cells[0]} ${cells[1]!.slice(-6)} ${cells[2]!.slice(-6)} ${'0'.padEnd(6)} ${String(s.txPackets).padStart(8)} ${String(s.txErrors).padStart(6)} ${String(s.txDropped).padStart(6)} ${'0'.padStart(6)} ${letters(l)}\n`;
  });
  return `Iface      ${narrow ? '' : '       '}MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n${rows.join('')}`;
}

function letters(l: Link): string {
  return l.kind === 'loopback' ? 'LRU' : `B${l.flags.includes('MULTICAST') ? 'M' : 'O'}${l.running ? 'R' : ''}U`;
}
