import { formatIpv4, ipv4 } from '../../../../src/linux/net/addresses.ts';
import { ipv6Of } from '../../../../src/linux/net/addresses6.ts';
import type { Case, Namespace } from './case.ts';

/** The same case over IPv6: a.b.c.d is fd00::abcd, a prefix 96 longer. Undefined where IPv4 is what it is about (overlays). */
export function overIpv6(c: Case): Case | undefined {
  if (c.ip.some((s) => s.lines.some((l) => l.includes('type vxlan')))) return undefined;
  return {
    ...c, family: 6,
    namespaces: c.namespaces.map(({ sets: _, ...n }): Namespace => ({
      ...n, sysctls: Object.fromEntries(Object.entries(n.sysctls).flatMap(([key, value]) => (SYSCTLS[key] ? [[SYSCTLS[key], value]] : []))),
      servers: n.servers.map((s) => ({ ...s, ip: s.ip === '0.0.0.0' ? '::' : six(s.ip) })), ...(n.rules ? { rules: n.rules.map(rule) } : {}),
    })),
    ip: c.ip.map((s) => ({ ...s, lines: s.lines.map(command) })),
    probes: c.probes.map((p) => ({ ...p, to: p.to === '127.0.0.1' ? '::1' : six(p.to) })),
  };
}

const SYSCTLS: Record<string, string> = { 'net.ipv4.ip_forward': 'net.ipv6.conf.all.forwarding', 'net.bridge.bridge-nf-call-iptables': 'net.bridge.bridge-nf-call-ip6tables', 'net.ipv4.icmp_echo_ignore_all': 'net.ipv6.icmp.echo_ignore_all' };
const ADDRESS = /\b(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?\b/g;

function six(text: string): string {
  const ip = ipv4(text);
  return formatIpv4(ipv6Of([0xfd00, 0, 0, 0, 0, 0, ip >>> 16, ip & 0xffff]));
}

function all(text: string): string {
  return text.replace(ADDRESS, (_, ip: string, bits: string | undefined) => `${six(ip)}${bits === undefined ? '' : `/${96 + Number(bits)}`}`);
}

/** A line of ip(8). IPv6 needs an MTU of 1280; what it asks about an address of its own takes a second. */
function command(line: string): string {
  return all(line).replace(' brd +', '').replace(/^(addr add .*)$/, '$1 nodad').replace(/mtu (\d{3}|1[01]\d\d|12[0-7]\d)\b/g, 'mtu 1280');
}

const REJECTS: Record<string, string> = { port: 'port-unreachable', host: 'addr-unreachable', net: 'no-route', admin: 'adm-prohibited', proto: 'adm-prohibited' };
const TYPES: Record<string, string> = { '8': '128', '0': '129', '3': '1', '3/4': '2', '11': '3', any: '135', 'echo-request': '128' };

/** A line of iptables-restore; what ip6tables does not have becomes something that it has. */
function rule(line: string): string {
  return all(line.replace(/ -m set(?: !)? --match-set \S+ \S+/g, '').replace(/( --to-(?:destination|source) )(\d+\.\d+\.\d+\.\d+):(\d+)/g, (_, option: string, ip: string, port: string) => `${option}[${six(ip)}]:${port}`)
    .replace('--mask 255.255.255.255', '--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff').replace(/--ctorigdst \S+/, '--ctproto 17'))
    .replace(/-p icmp\b/g, '-p ipv6-icmp').replace(/-m icmp( !)? --icmp-type (\S+)/g, (_, not: string | undefined, type: string) => `-m icmp6${not ?? ''} --icmpv6-type ${TYPES[type]!}`)
    .replace(/icmp-(port|host|net|admin|proto)-(?:unreachable|prohibited)/g, (_, kind: string) => `icmp6-${REJECTS[kind]!}`)
    .replace(/-m ttl --ttl-/g, '-m hl --hl-').replace(/TTL --ttl-/g, 'HL --hl-').replace(/(LOCAL,)?BROADCAST/g, '$1MULTICAST');
}
