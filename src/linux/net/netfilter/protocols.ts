/** What xtables knows by itself (xtables_chain_protos); the rest is /etc/protocols of Debian. */
const OWN: Record<string, number> = { tcp: 6, sctp: 132, udp: 17, udplite: 136, icmp: 1, 'ipv6-icmp': 58, icmpv6: 58, esp: 50, ah: 51, 'ipv6-mh': 135, mh: 135, all: 0 };
const ETC: Record<string, number> = {
  ip: 0, hopopt: 0, icmp: 1, igmp: 2, ggp: 3, ipencap: 4, st: 5, tcp: 6,
  egp: 8, igp: 9, pup: 12, udp: 17, hmp: 20, 'xns-idp': 22, rdp: 27, 'iso-tp4': 29,
  dccp: 33, xtp: 36, ddp: 37, 'idpr-cmtp': 38, 'ipv6': 41, 'ipv6-route': 43, 'ipv6-frag': 44, idrp: 45,
  rsvp: 46, gre: 47, esp: 50, ah: 51, skip: 57, 'ipv6-icmp': 58, 'ipv6-nonxt': 59, 'ipv6-opts': 60,
  rspf: 73, vmtp: 81, eigrp: 88, ospf: 89, 'ax.25': 93, ipip: 94, etherip: 97, encap: 98,
  pim: 103, ipcomp: 108, vrrp: 112, 'l2tp': 115, isis: 124, sctp: 132, fc: 133, 'mobility-header': 135,
  udplite: 136, 'mpls-in-ip': 137, manet: 138, hip: 139, 'shim6': 140, wesp: 141, rohc: 142, ethernet: 143,
  mptcp: 262,
};
const names = new Map<number, string>();

/** By number or name; undefined for one that does not exist. */
export function protocolNumber(text: string): number | undefined {
  if (/^\d+$/.test(text) && Number(text) <= 255) return Number(text);
  return OWN[text] ?? ETC[text];
}

export function protocolName(number: number): string | undefined {
  if (names.size === 0) {
    for (const [name, n] of [...Object.entries(OWN), ...Object.entries(ETC)]) if (!names.has(n)) names.set(n, name);
  }
  return names.get(number);
}
