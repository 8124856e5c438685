import type { RuleOptions } from './rules.ts';

/** The ipsets of the IPVS mode and the rules that look at them (pkg/proxy/ipvs/ipset.go and proxier.go, writeIptablesRules). */
export interface ProxySet {
  type: 'hash:ip' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port';
  comment: string;
}

export const SETS: Readonly<Record<string, ProxySet>> = {
  'KUBE-LOOP-BACK': { type: 'hash:ip,port,ip', comment: 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose' },
  'KUBE-CLUSTER-IP': { type: 'hash:ip,port', comment: 'Kubernetes service cluster ip + port for masquerade purpose' },
  'KUBE-EXTERNAL-IP': { type: 'hash:ip,port', comment: 'Kubernetes service external ip + port for masquerade and filter purpose' },
  'KUBE-EXTERNAL-IP-LOCAL': { type: 'hash:ip,port', comment: 'Kubernetes service external ip + port with externalTrafficPolicy=local' },
  'KUBE-LOAD-BALANCER': { type: 'hash:ip,port', comment: 'Kubernetes service lb portal' },
  'KUBE-LOAD-BALANCER-FW': { type: 'hash:ip,port', comment: 'Kubernetes service load balancer ip + port for load balancer with sourceRange' },
  'KUBE-LOAD-BALANCER-LOCAL': { type: 'hash:ip,port', comment: 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local' },
  'KUBE-LOAD-BALANCER-SOURCE-IP': { type: 'hash:ip,port,ip', comment: 'Kubernetes service load balancer ip + port + source IP for packet filter purpose' },
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': { type: 'hash:ip,port,net', comment: 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose' },
  'KUBE-NODE-PORT-TCP': { type: 'bitmap:port', comment: 'Kubernetes nodeport TCP port for masquerade purpose' },
  'KUBE-NODE-PORT-LOCAL-TCP': { type: 'bitmap:port', comment: 'Kubernetes nodeport TCP port with externalTrafficPolicy=local' },
  'KUBE-NODE-PORT-UDP': { type: 'bitmap:port', comment: 'Kubernetes nodeport UDP port for masquerade purpose' },
  'KUBE-NODE-PORT-LOCAL-UDP': { type: 'bitmap:port', comment: 'Kubernetes nodeport UDP port with externalTrafficPolicy=local' },
  'KUBE-NODE-PORT-SCTP-HASH': { type: 'hash:ip,port', comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'" },
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': { type: 'hash:ip,port', comment: "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'" },
  'KUBE-HEALTH-CHECK-NODE-PORT': { type: 'bitmap:port', comment: 'Kubernetes health check node port' },
  'KUBE-IPVS-IPS': { type: 'hash:ip', comment: 'Kubernetes ipvs ips' },
};

/** Rules that are there while their set has members: set, table, chain, target, sides of the packet, protocol. */
const BY_SET: readonly [set: string, table: 'nat' | 'filter', from: string, to: string, sides: string, protocol?: string][] = [
  ['KUBE-LOOP-BACK', 'nat', 'KUBE-POSTROUTING', 'MASQUERADE', 'dst,dst,src'],
  ['KUBE-LOAD-BALANCER', 'nat', 'KUBE-SERVICES', 'KUBE-LOAD-BALANCER', 'dst,dst'],
  ['KUBE-LOAD-BALANCER-LOCAL', 'nat', 'KUBE-LOAD-BALANCER', 'RETURN', 'dst,dst'],
  ['KUBE-NODE-PORT-LOCAL-TCP', 'nat', 'KUBE-NODE-PORT', 'RETURN', 'dst', 'tcp'],
  ['KUBE-NODE-PORT-TCP', 'nat', 'KUBE-NODE-PORT', 'KUBE-MARK-MASQ', 'dst', 'tcp'],
  ['KUBE-NODE-PORT-LOCAL-UDP', 'nat', 'KUBE-NODE-PORT', 'RETURN', 'dst', 'udp'],
  ['KUBE-NODE-PORT-UDP', 'nat', 'KUBE-NODE-PORT', 'KUBE-MARK-MASQ', 'dst', 'udp'],
  ['KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'nat', 'KUBE-NODE-PORT', 'RETURN', 'dst,dst', 'sctp'],
  ['KUBE-NODE-PORT-SCTP-HASH', 'nat', 'KUBE-NODE-PORT', 'KUBE-MARK-MASQ', 'dst,dst', 'sctp'],
  ['KUBE-LOAD-BALANCER-FW', 'filter', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL', 'dst,dst'],
  ['KUBE-LOAD-BALANCER-SOURCE-CIDR', 'filter', 'KUBE-SOURCE-RANGES-FIREWALL', 'RETURN', 'dst,dst,src'],
  ['KUBE-LOAD-BALANCER-SOURCE-IP', 'filter', 'KUBE-SOURCE-RANGES-FIREWALL', 'RETURN', 'dst,dst,src'],
];

const NAT_CHAINS = ['KUBE-SERVICES', 'KUBE-POSTROUTING', 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ'];
const FILTER_CHAINS = ['KUBE-FORWARD', 'KUBE-NODE-PORT', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL', 'KUBE-IPVS-FILTER'];
export const CHAINS: readonly ['nat' | 'filter', string][] = [...NAT_CHAINS.map((c): ['nat', string] => ['nat', c]), ...FILTER_CHAINS.map((c): ['filter', string] => ['filter', c])];
/** Each is put first when it is missing. */
export const JUMPS: readonly ['nat' | 'filter', from: string, to: string, comment: string][] = [
  ['nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'], ['nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'], ['nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'],
  ['filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'], ['filter', 'INPUT', 'KUBE-NODE-PORT', 'kubernetes health check rules'],
  ['filter', 'INPUT', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'], ['filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'], ['filter', 'INPUT', 'KUBE-IPVS-FILTER', 'kubernetes ipvs access filter'],
];

/** Input of iptables-restore --noflush. `filled` says which sets have members. */
export function ipvsRules(filled: ReadonlySet<string>, { detector, masqueradeAll }: Pick<RuleOptions, 'detector' | 'masqueradeAll'>): string {
  const nat = ['-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN'], filter: string[] = [];
  const match = (set: string, sides: string) => `-m set --match-set ${set} ${sides}`;
  const commented = (set: string, sides: string) => `-m comment --comment "${SETS[set]!.comment}" ${match(set, sides)}`;
  for (const [set, table, from, to, sides, protocol] of BY_SET) {
    if (filled.has(set)) (table === 'nat' ? nat : filter).push(`-A ${from}${protocol ? ` -p ${protocol}` : ''} ${commented(set, sides)} -j ${to}`);
  }
  // Where pods cannot be told, only what a node sends itself from a Service's address is masqueraded.
  if (filled.has('KUBE-CLUSTER-IP')) nat.push(`-A KUBE-SERVICES ${commented('KUBE-CLUSTER-IP', masqueradeAll || detector ? 'dst,dst' : 'src,dst')}${masqueradeAll || !detector ? '' : ` ${detector.notLocal}`} -j KUBE-MARK-MASQ`);
  if (filled.has('KUBE-EXTERNAL-IP')) nat.push(`-A KUBE-SERVICES ${commented('KUBE-EXTERNAL-IP', 'dst,dst')} -j KUBE-MARK-MASQ`);
  for (const set of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL']) {
    if (!filled.has(set)) continue;
    nat.push(`-A KUBE-SERVICES ${commented(set, 'dst,dst')} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`);
    nat.push(`-A KUBE-SERVICES ${commented(set, 'dst,dst')} -m addrtype --dst-type LOCAL -j ACCEPT`);
  }
  nat.push('-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT', '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ');
  filter.push('-A KUBE-SOURCE-RANGES-FIREWALL -j DROP');
  for (const set of ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER']) if (filled.has(set)) nat.push(`-A KUBE-SERVICES ${match(set, 'dst,dst')} -j ACCEPT`);
  filter.push(
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    `-A KUBE-NODE-PORT ${commented('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT`,
    ...['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'].map((set) => `-A KUBE-IPVS-FILTER ${match(set, 'dst,dst')} -j RETURN`),
    `-A KUBE-IPVS-FILTER ${match('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j RETURN`,
    `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${match('KUBE-IPVS-IPS', 'dst')} -j REJECT`,
  );
  nat.push(
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
  );
  const chains = (names: readonly string[]) => names.map((c) => `:${c} - [0:0]`);
  return `*nat\n${[...chains(NAT_CHAINS), ...nat].join('\n')}\nCOMMIT\n*filter\n${[...chains(FILTER_CHAINS), ...filter].join('\n')}\nCOMMIT\n`;
}
