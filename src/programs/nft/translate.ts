import { formatIpv4 } from '../../linux/net/addresses.ts';
import { protocolName } from '../../linux/net/netfilter/protocols.ts';
import { shownMatches, type Rule } from '../../linux/net/netfilter/rule.ts';
import { prefixOf, type Network } from '../../linux/net/netfilter/values.ts';

/**
 * How nft shows a rule that iptables wrote: libxtables' translations (the xlate functions of extensions/*.c), and
 * `xt match NAME` where there is none. What a match says is read from what `iptables -S` would print of it.
 */
export function ruleAsNft(rule: Rule): string {
  const { ip, target, verdict, goto } = rule.spec;
  const matches = shownMatches(rule.spec.matches);
  const out: string[] = [];
  if (ip.in !== undefined) out.push(`iifname ${ip.inNot ? '!= ' : ''}"${ip.in.replace(/\+$/, '*')}"`);
  if (ip.out !== undefined) out.push(`oifname ${ip.outNot ? '!= ' : ''}"${ip.out.replace(/\+$/, '*')}"`);
  const proto = ip.proto ? (protocolName(ip.proto) ?? String(ip.proto)) : undefined;
  // A match on ports or flags that comes first of all matches says the protocol itself.
  const first = matches[0];
  if (proto && !(first?.ext.native && first.ext.save(first.data) !== '')) out.push(`meta l4proto ${ip.protoNot ? '!= ' : ''}${proto}`);
  if (ip.src) out.push(`ip saddr ${ip.srcNot ? '!= ' : ''}${network(ip.src)}`);
  if (ip.dst) out.push(`ip daddr ${ip.dstNot ? '!= ' : ''}${network(ip.dst)}`);
  for (const { ext, data } of matches) out.push(MATCHES[ext.name]?.(options(ext.save(data)), proto ?? '') ?? `xt match ${ext.name}`);
  out.push(`counter packets ${rule.packets} bytes ${rule.bytes}`);
  if (rule.to) out.push(`${goto ? 'goto' : 'jump'} ${rule.to.name}`);
  else if (verdict) out.push(verdict.toLowerCase());
  else if (target) out.push(TARGETS[target.ext.name]?.(options(target.ext.save(target.data))) ?? `xt target ${target.ext.name}`);
  return out.join(' ');
}

/** Whether a part of the rule is an xtables module in the kernel, not nftables' own. */
export function hasXt({ spec: { matches, target } }: Rule): boolean {
  return (target !== undefined && target.ext.name !== 'TRACE') || matches.some(({ ext, data }) => ext.name !== 'limit' && ext.name !== 'mark' && !(ext.native && ext.save(data) !== ''));
}

interface Option {
  value: string;
  /** `!= ` */
  not: string;
  negated: boolean;
}
type Options = Record<string, Option | undefined>;

/** ` ! --dport 80 --syn` → { dport: …, syn: … } */
function options(text: string): Options {
  const out: Options = {};
  for (const [, not, name, quoted, plain] of text.matchAll(/( !)? --([\w-]+)(?: "((?:\\.|[^"])*)"| ((?!--|! --)(?:(?! --| ! --).)+))?/g)) {
    out[name!] = { value: quoted ?? plain ?? '', not: not ? '!= ' : '', negated: not !== undefined };
  }
  return out;
}

function network({ address, mask }: Network): string {
  const bits = prefixOf(mask);
  return bits === 32 ? formatIpv4(address) : bits === undefined ? `& ${formatIpv4(mask)} == ${formatIpv4(address)}` : `${formatIpv4(address)}/${bits}`;
}

const range = (text: string) => text.replace(':', '-');
const set = (text: string) => (/[,]/.test(text) ? `{ ${text.split(',').map(range).join(', ')} }` : range(text));
const hex8 = (text: string) => `0x${Number(text).toString(16).padStart(8, '0')}`;
/** In the order of the bits. */
const flagNames = (text: string) => text.toLowerCase();

function ports(proto: string, o: Options): string[] {
  return [
    ...(o['sport'] ? [`${proto} sport ${o['sport'].not}${range(o['sport'].value)}`] : []),
    ...(o['dport'] ? [`${proto} dport ${o['dport'].not}${range(o['dport'].value)}`] : []),
  ];
}

const MATCHES: Record<string, (o: Options, proto: string) => string | undefined> = {
  comment: () => '',
  tcp: (o) => {
    const flags = o['tcp-flags'];
    const [mask, compare] = flags?.value.split(' ') ?? [];
    return [...ports('tcp', o), ...(flags ? [`tcp flags ${flags.not}${compare === 'NONE' ? '0x0' : flagNames(compare!)} / ${flagNames(mask!)}`] : [])].join(' ');
  },
  udp: (o) => ports('udp', o).join(' '),
  icmp: (o) => {
    const { value, not } = o['icmp-type']!;
    const name = { 0: 'echo-reply', 3: 'destination-unreachable', 4: 'source-quench', 5: 'redirect', 8: 'echo-request', 11: 'time-exceeded', 12: 'parameter-problem' }[value];
    return name && `icmp type ${not}${name}`;
  },
  mark: (o) => marked('meta mark', o['mark']!),
  connmark: (o) => {
    const { value, not } = o['mark']!;
    const [v, m] = value.split('/');
    return m ? `ct mark and ${m} ${not || '== '}${v}` : `ct mark ${not}${v}`;
  },
  conntrack: (o) => {
    const state = o['ctstate'];
    if (!state || Object.keys(o).length > 1) return undefined;
    const nat = state.value.split(',').filter((s) => s === 'DNAT' || s === 'SNAT');
    return nat.length > 0 ? `ct status ${nat.join(',').toLowerCase()}` : `ct state ${state.negated ? '! ' : ''}${states(state.value)}`;
  },
  state: (o) => `ct state ${o['state']!.negated ? '! ' : ''}${states(o['state']!.value)}`,
  addrtype: (o) => {
    const iif = o['limit-iface-in'] ? ' . iif' : o['limit-iface-out'] ? ' . oif' : '';
    const side = (name: string, key: string) => (o[key] ? [`fib ${name}${iif} type ${o[key].not}${set(o[key].value.toLowerCase())}`] : []);
    return [...side('saddr', 'src-type'), ...(o['src-type'] ? [] : side('daddr', 'dst-type'))].join(' ');
  },
  statistic: (o) => (o['mode']!.value === 'random' ? `meta random & 2147483647 ${o['probability']!.negated ? '>=' : '<'} ${Math.round(Number(o['probability']!.value) * 0x80000000)}` : `numgen inc mod ${o['every']!.value} ${o['every']!.not}${o['packet']?.value ?? 0}`),
  multiport: (o, proto) => {
    const kind = o['sports'] ? 'sport' : o['dports'] ? 'dport' : undefined;
    return kind && `${proto} ${kind} ${o[`${kind}s`]!.not}${set(o[`${kind}s`]!.value)}`;
  },
  limit: (o) => `limit rate ${o['limit']!.value.replace('/sec', '/second').replace('/min', '/minute')}${o['limit-burst'] ? ` burst ${o['limit-burst'].value} packets` : ''}`,
  iprange: (o) => [...(o['src-range'] ? [`ip saddr ${o['src-range'].not}${o['src-range'].value}`] : []), ...(o['dst-range'] ? [`ip daddr ${o['dst-range'].not}${o['dst-range'].value}`] : [])].join(' '),
  mac: (o) => `ether saddr ${o['mac-source']!.not}${o['mac-source']!.value}`,
  length: (o) => `meta length ${o['length']!.not}${range(o['length']!.value)}`,
  owner: (o) => [...(o['uid-owner'] ? [`skuid ${o['uid-owner'].not}${o['uid-owner'].value}`] : []), ...(o['gid-owner'] ? [`skgid ${o['gid-owner'].not}${o['gid-owner'].value}`] : [])].join(' '),
};

function marked(what: string, { value, not }: Option): string {
  const [v, m] = value.split('/');
  return m ? `${what} & ${hex8(m)} ${not || '== '}${hex8(v!)}` : `${what} ${not || ''}${hex8(v!)}`;
}

function states(text: string): string {
  return text.toLowerCase();
}

function nat(o: Options, to: string): string {
  const flags = [o['random'] && 'random', o['random-fully'] && 'fully-random', o['persistent'] && 'persistent'].filter(Boolean);
  return `${to}${flags.length > 0 ? ` ${flags.join(',')}` : ''}`;
}

const TARGETS: Record<string, (o: Options) => string | undefined> = {
  DNAT: (o) => nat(o, `dnat to ${o['to-destination']!.value}`),
  SNAT: (o) => nat(o, `snat to ${o['to-source']!.value}`),
  MASQUERADE: (o) => nat(o, `masquerade${o['to-ports'] ? ` to :${o['to-ports'].value}` : ''}`),
  REDIRECT: (o) => nat(o, `redirect${o['to-ports'] ? ` to :${o['to-ports'].value}` : ''}`),
  MARK: (o) => {
    const [value, mask] = o['set-xmark']!.value.split('/').map(Number) as [number, number];
    const hex = (n: number) => `0x${(n >>> 0).toString(16)}`;
    if (mask === 0xffffffff) return `meta mark set ${hex(value)}`;
    if (value === 0) return `meta mark set mark and ${hex(~mask)}`;
    if (value === mask) return `meta mark set mark or ${hex(value)}`;
    return mask === 0 ? `meta mark set mark xor ${hex(value)}` : `meta mark set mark and ${hex(~mask)} xor ${hex(value)}`;
  },
  CONNMARK: (o) => (o['save-mark'] && o['nfmask']!.value === '0xffffffff' ? 'ct mark set mark' : o['restore-mark'] && o['nfmask']!.value === '0xffffffff' ? 'meta mark set ct mark' : undefined),
  REJECT: (o) => {
    const type = o['reject-with']!.value;
    if (type === 'icmp-port-unreachable') return 'reject';
    return type === 'tcp-reset' ? 'reject with tcp reset' : `reject with icmp type ${type.replace('icmp-', '').replace('proto-', 'prot-')}`;
  },
  LOG: (o) => {
    const level = o['log-level'] && ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'][Number(o['log-level'].value)];
    return `log${o['log-prefix'] ? ` prefix "${o['log-prefix'].value}"` : ''}${level ? ` level ${level}` : ''}`;
  },
  TRACE: () => 'meta nftrace set 1',
  NOTRACK: () => 'notrack',
  CT: (o) => (o['notrack'] ? 'notrack' : undefined),
  TCPMSS: (o) => (o['set-mss'] ? `tcp option maxseg size set ${o['set-mss'].value}` : 'tcp option maxseg size set rt mtu'),
};
