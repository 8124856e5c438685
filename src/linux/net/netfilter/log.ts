import { formatIpv4 } from '../addresses.ts';
import { ICMP_NUMBER, PROTOCOL_NUMBER } from '../packet.ts';
import type { Context } from './extension.ts';

/** What -j LOG writes to the kernel log (nf_log_syslog.c), without the timestamp. */
export function logLine(c: Context, options: { prefix: string; tcpSequence?: boolean; tcpOptions?: boolean; uid?: boolean }): string {
  const p = c.packet;
  const { physIn, physOut } = c.state;
  let out = `${options.prefix}IN=${c.in} ${physIn ? `PHYSIN=${physIn.name} ` : ''}OUT=${c.out} ${physOut ? `PHYSOUT=${physOut.name} ` : ''}`;
  if (c.in) out += `MAC=${p.macDst ? `${p.macDst}:${p.macSrc}:08:00` : ''} `;
  out += `SRC=${formatIpv4(p.src)} DST=${formatIpv4(p.dst)} LEN=${p.length} TOS=0x${(p.tos & 0x1e).toString(16).padStart(2, '0').toUpperCase()} PREC=0x${(p.tos & 0xe0).toString(16).padStart(2, '0').toUpperCase()} TTL=${p.ttl} ID=${p.id} ${p.df ? 'DF ' : ''}`;
  if (p.tcp) {
    const { seq, ack, win, flags } = p.tcp;
    out += `PROTO=TCP SPT=${p.sport} DPT=${p.dport} ${options.tcpSequence ? `SEQ=${seq} ACK=${ack} ` : ''}WINDOW=${win} RES=0x00 `;
    for (const [name, bit] of [['URG', 32], ['ACK', 16], ['PSH', 8], ['RST', 4], ['SYN', 2], ['FIN', 1]] as const) if (flags & bit) out += `${name} `;
    out += 'URGP=0 ';
  } else if (p.protocol === 'udp') out += `PROTO=UDP SPT=${p.sport} DPT=${p.dport} LEN=${p.length - 20} `;
  else if (p.icmp) {
    out += `PROTO=ICMP TYPE=${ICMP_NUMBER[p.icmp.type]} CODE=${p.icmp.code} `;
    if (p.icmp.type.startsWith('echo')) out += `ID=${p.icmp.id} SEQ=${p.icmp.seq} `;
    const inner = p.icmp.inner;
    if (inner) out += `[SRC=${formatIpv4(inner.src)} DST=${formatIpv4(inner.dst)} LEN=${inner.length} TOS=0x00 PREC=0x00 TTL=${inner.ttl} ID=${inner.id} ${inner.df ? 'DF ' : ''}PROTO=${inner.protocol.toUpperCase()} ${inner.protocol === 'icmp' ? '' : `SPT=${inner.sport} DPT=${inner.dport} `}] `;
  } else out += `PROTO=${PROTOCOL_NUMBER[p.protocol]} `;
  if (options.uid && p.owner && !c.in) out += `UID=${p.owner.uid} GID=${p.owner.gid ?? 0} `;
  if (p.mark) out += `MARK=0x${p.mark.toString(16)} `;
  return out;
}
