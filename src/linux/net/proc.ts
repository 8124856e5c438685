/** Contents of /proc/net, as the kernel prints them (net/ipv4/tcp_ipv4.c, fib_trie.c, arp.c, net/core/net-procfs.c). */
import { formatIpv4, mask, parseIpv4, type Ip } from './addresses.ts';
import { parseIpv6, words6 } from './addresses6.ts';
import { LOCAL, MAIN } from './fib.ts';
import type { NetNamespace } from './namespace.ts';
import type { SocketInfo } from './sockets.ts';

/** By file name below /proc/net. */
export const PROC_NET: Record<string, (ns: NetNamespace) => string> = {
  dev, route, arp, tcp: (ns) => sockets(ns, 'tcp', 4), tcp6: (ns) => sockets(ns, 'tcp', 6), udp: (ns) => sockets(ns, 'udp', 4), udp6: (ns) => sockets(ns, 'udp', 6),
  if_inet6, ipv6_route, sockstat,
};

const STATES: Record<string, number> = { ESTABLISHED: 1, SYN_SENT: 2, SYN_RECV: 3, FIN_WAIT1: 4, FIN_WAIT2: 5, TIME_WAIT: 6, CLOSE: 7, UNCONN: 7, CLOSE_WAIT: 8, LAST_ACK: 9, LISTEN: 10, CLOSING: 11 };

function dev(ns: NetNamespace): string {
  let out = 'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
  for (const l of ns.links()) {
    const s = l.stats;
    out += `${l.name.padStart(6)}: ${n(s.rxBytes, 7)} ${n(s.rxPackets, 7)} ${n(s.rxErrors, 4)} ${n(s.rxDropped, 4)}    0     0          0 ${n(s.multicast, 9)} ${n(s.txBytes, 8)} ${n(s.txPackets, 7)} ${n(s.txErrors, 4)} ${n(s.txDropped, 4)}    0     0       0          0\n`;
  }
  return out;
}

function route(ns: NetNamespace): string {
  let out = line('Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT');
  for (const r of ns.routes(MAIN)) {
    const reject = r.type === 'unreachable' || r.type === 'prohibit';
    const flags = 1 | (r.via === undefined ? 0 : 2) | (r.bits === 32 ? 4 : 0) | (reject ? 0x200 : 0);
    out += line(`${r.dev?.name ?? '*'}\t${hex(r.dst)}\t${hex(r.via ?? 0)}\t${flags.toString(16).toUpperCase().padStart(4, '0')}\t0\t0\t${r.metric}\t${hex(mask(r.bits))}\t${r.mtu ?? 0}\t0\t0`);
  }
  return out;
}

function arp(ns: NetNamespace): string {
  let out = 'IP address       HW type     Flags       HW address            Mask     Device\n';
  for (const e of ns.neighbours()) {
    const flags = e.state === 'PERMANENT' ? 6 : e.state === 'INCOMPLETE' || e.state === 'FAILED' ? 0 : 2;
    out += `${formatIpv4(e.ip).padEnd(16)} 0x1         0x${flags.toString(16)}         ${flags === 0 ? '00:00:00:00:00:00' : e.mac}     *        ${e.dev.name}\n`;
  }
  return out;
}

function sockets(ns: NetNamespace, proto: 'tcp' | 'udp', family: 4 | 6): string {
  const tail = proto === 'udp' ? ' ref pointer drops' : '';
  let out =
    family === 6
      ? `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode${tail}\n`
      : proto === 'udp'
        ? `${`   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode${tail}`.padEnd(127)}\n`
        : line('  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode', 149);
  ns.sockets.list().filter((s) => s.proto === proto && s.family === family).forEach((s, i) => {
    const queues = `${h8(s.sendQ * (s.state === 'LISTEN' ? 0 : 1))}:${h8(s.recvQ)}`;
    const when = s.timer ? Math.round(s.timer.left / 4) : 0;
    const timer = `${s.timer ? (s.timer.name === 'timewait' ? '03' : '01') : '00'}:${h8(when)}`;
    const text = `${String(i).padStart(4)}: ${end(s.local, family)} ${end(s.remote, family)} ${STATES[s.state]!.toString(16).toUpperCase().padStart(2, '0')} ${queues} ${timer} ${h8(s.timer?.retries ?? 0)} ${n(s.uid, 5)} ${n(0, 8)} ${s.inode}`;
    if (proto === 'udp') out += `${family === 4 ? ` ${text}` : text} 2 ${pointer(s)} 0${family === 4 ? '            ' : ''}\n`;
    else if (s.state === 'TIME_WAIT') out += line(`${text} 3 ${pointer(s)}`, 149);
    else out += line(`${text} 1 ${pointer(s)} ${s.state === 'LISTEN' ? '100 0 0 10 0' : '20 4 30 10 -1'}`, 149);
  });
  return out;
}

function if_inet6(ns: NetNamespace): string {
  let out = '';
  for (const l of ns.links()) {
    if (!l.up) continue;
    const index = l.index.toString(16).padStart(2, '0'), known = ns.inet6?.addresses.list(l);
    if (known) for (const a of known) out += `${long6(a.ip)} ${index} ${byte(a.bits)} ${{ global: '00', link: '20', host: '10' }[a.scope]} ${byte((a.state === 'permanent' ? 0x80 : 0xc0) | (a.nodad ? 2 : 0) | (a.state === 'dadfailed' ? 8 : 0))} ${l.name.padStart(8)}\n`;
    else if (l.kind === 'loopback') out += `${'1'.padStart(32, '0')} ${index} 80 10 80 ${l.name.padStart(8)}\n`;
    else if (l.address6) out += `fe80000000000000${l.address6.slice(6).split(':').map((w) => w.padStart(4, '0')).join('')} ${index} 40 20 80 ${l.name.padStart(8)}\n`;
  }
  return out;
}

function ipv6_route(ns: NetNamespace): string {
  let out = '';
  const { fib } = ns.inet6 ?? {};
  for (const table of [MAIN, LOCAL]) {
    for (const r of fib?.table(table) ?? []) {
      const flags = r.type === 'local' || r.type === 'anycast' ? 0x80200001 : 1 | (r.via === undefined ? 0 : 2) | (r.type === 'unicast' || r.type === 'multicast' ? 0 : 0x200);
      for (const { via, dev } of r.nexthops ?? [r]) out += `${long6(r.dst)} ${byte(r.bits)} ${long6(0)} 00 ${long6(via ?? 0)} ${h8(r.metric).toLowerCase()} 00000001 00000000 ${h8(flags).toLowerCase()} ${(dev?.name ?? 'lo').padStart(8)}\n`;
    }
  }
  return `${out}${long6(0)} 00 ${long6(0)} 00 ${long6(0)} ffffffff 00000001 00000000 00200200 ${'lo'.padStart(8)}\n`;
}

/** All 32 digits of an address. */
function long6(ip: Ip): string {
  return words6(ip).map((w) => w.toString(16).padStart(4, '0')).join('');
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function sockstat(ns: NetNamespace): string {
  const all = ns.sockets.list();
  const tcp = all.filter((s) => s.proto === 'tcp');
  const waiting = tcp.filter((s) => s.state === 'TIME_WAIT').length;
  const orphans = tcp.filter((s) => s.state !== 'TIME_WAIT' && s.inode === 0).length;
  const inuse = tcp.length - waiting;
  return `sockets: used ${all.length - waiting}\nTCP: inuse ${inuse} orphan ${orphans} tw ${waiting} alloc ${inuse} mem ${inuse}\nUDP: inuse ${all.length - tcp.length} mem 0\nUDPLITE: inuse 0\nRAW: inuse ${ns.icmpSockets.size}\nFRAG: inuse 0 memory 0\n`;
}

/** Addresses are printed as the little-endian word that they are in memory. */
function hex(ip: Ip): string {
  return [ip & 255, (ip >>> 8) & 255, (ip >>> 16) & 255, ip >>> 24].map((b) => b.toString(16).toUpperCase().padStart(2, '0')).join('');
}

function end({ ip, port }: { ip: string; port: number }, family: 4 | 6): string {
  const six = ip.includes(':') ? parseIpv6(ip) : undefined, word = hex(parseIpv4(ip) ?? 0);
  const text = six !== undefined ? hex6(six) : family === 4 ? word : word === '00000000' ? '0'.repeat(32) : `${'0'.repeat(16)}FFFF0000${word}`;
  return `${text}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Four words, each as it is in memory. */
function hex6(ip: Ip): string {
  const w = words6(ip);
  return [0, 2, 4, 6].map((i) => hex(w[i]! * 65536 + w[i + 1]!)).join('');
}

function pointer(s: SocketInfo): string {
  return `00000000${(Math.imul(s.inode + s.local.port, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}`;
}

function h8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

function n(value: number, width: number): string {
  return String(value).padStart(width);
}

function line(text: string, width = 127): string {
  return `${text.padEnd(width)}\n`;
}
