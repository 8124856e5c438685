import { formatIpv4, type Ip } from '../../linux/net/addresses.ts';
import type { Packet } from '../../linux/net/packet.ts';
import { transportChecksums } from '../../linux/net/wire.ts';
import { hex4, hexDump } from './dump.ts';

/** IPv6 and ICMPv6 as tcpdump prints them (print-ip6.c, print-frag6.c, print-icmp6.c). */

const NEXT: Partial<Record<Packet['protocol'], string>> = { tcp: 'TCP (6)', udp: 'UDP (17)', icmp6: 'ICMPv6 (58)' };

/** With -v: what is in the header. */
export function header6(p: Packet): string {
  const fields = [...(p.tos ? [`class 0x${p.tos.toString(16).padStart(2, '0')}`] : []), ...(p.label ? [`flowlabel 0x${p.label.toString(16).padStart(5, '0')}`] : [])];
  return `(${[...fields, `hlim ${p.ttl}`].join(', ')}, next-header ${p.fragment ? 'Fragment (44)' : NEXT[p.protocol]} payload length: ${p.length - 40}) `;
}

/** Of a fragment: the header that makes it one. */
export function fragment6(p: Packet, verbose: number): string {
  const { fragment: f } = p;
  return f ? `frag (${verbose > 0 ? `0x${p.id.toString(16).padStart(8, '0')}:` : ''}${f.offset}|${p.length - 48})` : '';
}

export function icmp6(p: Packet, verbose: number, name: (ip: Ip) => string): string {
  const icmp = p.icmp!, length = p.length - 40 - (p.fragment ? 8 : 0), inner = icmp.inner;
  const end = verbose > 0 ? '' : `, length ${length}`;
  const { carried, correct } = verbose > 0 && !p.fragment ? transportChecksums(p) : { carried: 0, correct: 0 };
  const sum = verbose === 0 || p.fragment ? '' : carried === correct ? '[icmp6 sum ok] ' : `[bad icmp6 cksum ${hex4(carried)} -> ${hex4(correct)}!] `;
  const text = () => {
    switch (icmp.type) {
      case 'echo-request': return `echo request, id ${icmp.id}, seq ${icmp.seq}${end}`;
      case 'echo-reply': return `echo reply, id ${icmp.id}, seq ${icmp.seq}${end}`;
      case 'packet-too-big': return `packet too big, mtu ${icmp.mtu ?? 0}${end}`;
      case 'time-exceeded': return `${icmp.code === 1 ? 'ip reassembly time exceeded' : `time exceeded in-transit for ${inner ? name(inner.dst) : ''}`}${end}`;
      case 'destination-unreachable': return `destination unreachable, ${unreachable(icmp.code, inner, name)}${end}`;
      case 'neighbour-solicitation':
      case 'neighbour-advertisement': return discovery(p, verbose, name, length);
      default: return `parameter problem, next header - octet 40${end}`;
    }
  };
  return `${sum}ICMP6, ${text()}`;
}

function unreachable(code: number, inner: Packet | undefined, name: (ip: Ip) => string): string {
  const to = inner ? name(inner.dst) : '';
  switch (code) {
    case 0: return `unreachable route ${to}`;
    case 1: return ` unreachable prohibited ${to}`;
    case 2: return `beyond scope ${to}, source address ${inner ? name(inner.src) : ''}`;
    case 3: return `unreachable address ${to}`;
    case 4: return `unreachable port, ${to} ${inner?.protocol ?? ''} port ${inner?.dport ?? 0}`;
    default: return `unknown code(${code})`;
  }
}

function discovery(p: Packet, verbose: number, name: (ip: Ip) => string, length: number): string {
  const { target = 0, says, lladdr } = p.icmp!, about = `${says ? 'tgt is' : 'who has'} ${name(target)}`;
  const title = `neighbor ${says ? 'advertisement' : 'solicitation'}`;
  if (verbose === 0) return `${title}, ${about}, length ${length}`;
  const flags = says ? `, Flags [${['router', 'solicited', 'override'].filter((f) => says[f as keyof typeof says]).join(', ') || 'none'}]` : '';
  if (!lladdr) return `${title}, length ${length}, ${about}${flags}`;
  const option = `\n\t  ${says ? 'destination link-address option (2)' : 'source link-address option (1)'}, length 8 (1): ${lladdr}`;
  const bytes = Uint8Array.from(lladdr.split(':'), (b) => parseInt(b, 16));
  return `${title}, length ${length}, ${about}${flags}${option}${verbose > 1 ? hexDump(bytes, false).replace(/\n\t/g, '\n\t    ') : ''}`;
}

/** The text of an address where 0 is `::`. */
export function named6(name: (ip: Ip) => string): (ip: Ip) => string {
  return (ip) => (ip === 0 ? '::' : name === formatIpv4 ? formatIpv4(ip) : name(ip));
}
