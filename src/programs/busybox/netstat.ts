import type { SocketInfo } from '../../linux/net/sockets.ts';
import type { Process, Program } from '../../linux/process.ts';
import { netstat as full } from '../net-tools/netstat.ts';

/** networking/netstat.c: -a -l -t -u -w -n -p; -r as net-tools. A socket of IPv6 is called tcp or udp like the others. */
export const netstat: Program = (p) => {
  const letters = p.args.map((a) => a.replace(/^-+/, '')).join('');
  if (letters.includes('r')) return full(p);
  const bad = [...letters].find((l) => !'laentuwxWp'.includes(l));
  if (bad !== undefined) {
    p.err(`netstat: unrecognized option: ${bad}\nBusyBox v1.36.1 () multi-call binary.\n\nUsage: netstat [-ral] [-tuwx] [-en] [-p]\n`);
    return 1;
  }
  const has = (l: string) => letters.includes(l), any = /[tuwx]/.test(letters);
  if (!any || /[tuw]/.test(letters)) {
    p.out(`Active Internet connections (${has('a') ? 'servers and established' : has('l') ? 'only servers' : 'w/o servers'})\n`);
    p.out(`Proto Recv-Q Send-Q Local Address           Foreign Address         State       ${has('p') ? 'PID/Program name    ' : ''}\n`);
    for (const proto of ['tcp', 'udp'] as const) for (const family of [4, 6]) {
      if (any && !has(proto[0]!)) continue;
      for (const s of p.net.sockets.list()) {
        const server = s.state === 'LISTEN' || s.state === 'UNCONN';
        if (s.proto === proto && s.family === family && (has('a') || (has('l') ? server : !server))) p.out(line(p, s, has('p')));
      }
    }
  }
  if (!any || has('x')) p.out(`Active UNIX domain sockets (${has('a') ? 'servers and established' : has('l') ? 'only servers' : 'w/o servers'})\nProto RefCnt Flags       Type       State         I-Node ${has('p') ? 'PID/Program name    ' : ''}Path\n`);
  return 0;
};

function line(p: Process, s: SocketInfo, programs: boolean): string {
  const at = (e: { ip: string; port: number }) => `${s.family === 6 && e.ip === '0.0.0.0' ? '::' : s.family === 6 && /^\d/.test(e.ip) ? `::ffff:${e.ip}` : e.ip}:${e.port === 0 ? '*' : e.port}`;
  const owner = s.process && (p.pids === s.process.machine.pids || s.process.pids === p.pids) ? `${s.process.pids === p.pids ? s.process.nspid : s.process.pid}/${s.process.comm}` : '-';
  const queue = (n: number) => String(s.state === 'LISTEN' ? 0 : n).padStart(6);
  return `${s.proto.padEnd(5)} ${queue(s.recvQ)} ${queue(s.sendQ)} ${at(s.local).padEnd(23)} ${at(s.remote).padEnd(23)} ${(s.state === 'UNCONN' ? '' : s.state).padEnd(11)} ${programs ? owner.padEnd(20) : ''}\n`;
}
