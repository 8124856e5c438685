import { formatIpv4, IPV4_MAX } from '../addresses.ts';
import { words6 } from '../addresses6.ts';
import { ICMP6_NUMBER, ICMP_NUMBER, ipHeader, PROTOCOL_NUMBER, type Packet } from '../packet.ts';
import type { Context } from './extension.ts';

/** What -j LOG writes to the kernel log (nf_log_syslog.c), without the timestamp. */
export function logLine(c: Context, options: { prefix: string; tcpSequence?: boolean; tcpOptions?: boolean; uid?: boolean }): string {
  const p = c.packet, six = p.dst > IPV4_MAX;
  const { physIn, physOut } = c.state;
  let out = `${options.prefix}IN=${c.in} ${physIn ? `PHYSIN=${physIn.name} ` : ''}OUT=${c.out} ${physOut ? `PHYSOUT=${physOut.name} ` : ''}`;
  if (c.in) out += `MAC=${p.macDst ? `${p.macDst}:${p.macSrc}:${six ? '86:dd' : '08:00'}` : ''} `;
  if (six) out += `${header6(p)}FLOWLBL=${p.label ?? 0} `;
  else out += `SRC=${formatIpv4(p.src)} DST=${formatIpv4(p.dst)} LEN=${p.length} TOS=0x${(p.tos & 0x1e).toString(16).padStart(2, '0').toUpperCase()} PREC=0x${(p.tos & 0xe0).toString(16).padStart(2, '0').toUpperCase()} TTL=${p.ttl} ID=${p.id} ${p.df ? 'DF ' : ''}`;
  if (p.tcp) {
    const { seq, ack, win, flags } = p.tcp;
    out += `PROTO=TCP SPT=${p.sport} DPT=${p.dport} ${options.tcpSequence ? `SEQ=${seq} ACK=${ack} ` : ''}WINDOW=${win} RES=0x00 `;
    for (const [name, bit] of [['URG', 32], ['ACK', 16], ['PSH', 8], ['RST', 4], ['SYN', 2], ['FIN', 1]] as const) if (flags & bit) out += `${name} `;
    out += 'URGP=0 ';
  } else if (p.protocol === 'udp') out += `PROTO=UDP SPT=${p.sport} DPT=${p.dport} LEN=${p.length - ipHeader(p.dst)} `;
  else if (p.icmp) {
    out += `PROTO=${six ? 'ICMPv6' : 'ICMP'} TYPE=${(six ? ICMP6_NUMBER : ICMP_NUMBER)[p.icmp.type]} CODE=${p.icmp.code} `;
    if (p.icmp.type.startsWith('echo')) out += `ID=${p.icmp.id} SEQ=${p.icmp.seq} `;
    const inner = p.icmp.inner;
    if (inner && six) out += `[${header6(inner)}FLOWLBL=${inner.label ?? 0} PROTO=${inner.icmp ? `ICMPv6 TYPE=${ICMP6_NUMBER[inner.icmp.type]} CODE=0 ID=${inner.icmp.id} SEQ=${inner.icmp.seq} ` : `${inner.protocol.toUpperCase()} SPT=${inner.sport} DPT=${inner.dport} `}] `;
    else if (inner) out += `[SRC=${formatIpv4(inner.src)} DST=${formatIpv4(inner.dst)} LEN=${inner.length} TOS=0x00 PREC=0x00 TTL=${inner.ttl} ID=${inner.id} ${inner.df ? 'DF ' : ''}PROTO=${inner.protocol.toUpperCase()} ${inner.protocol === 'icmp' ? '' : `SPT=${inner.sport} DPT=${inner.dport} `}] `;
  } else out += `PROTO=${PROTOCOL_NUMBER[p.protocol]} `;
  if (options.uid && p.owner && !c.in) out += `UID=${p.owner.uid} GID=${p.owner.gid ?? 0} `;
  if (p.mark) out += `MARK=0x${p.mark.toString(16)} `;
  return out;
}

/** Of IPv6: addresses with all their digits. */
function header6(p: Packet): string {
  const long = (ip: number) => words6(ip).map((w) => w.toString(16).padStart(4, '0')).join(':');
  return `SRC=${long(p.src)} DST=${long(p.dst)} LEN=${p.length} TC=${p.tos} HOPLIMIT=${p.ttl} `;
}
