import { formatIpv4, type Ipv4 } from '../../linux/net/addresses.ts';
import { protocolName } from '../../linux/net/netfilter/protocols.ts';
import { shownMatches, type Rule } from '../../linux/net/netfilter/rule.ts';
import type { Chain } from '../../linux/net/netfilter/table.ts';
import { prefixOf, type Network } from '../../linux/net/netfilter/values.ts';

/** How `iptables -L` shows rules (iptables/xshared.c: print_header, print_rule_details, print_ipv4_addresses). */
export interface Format {
  numeric: boolean;
  verbose: boolean;
  exact: boolean;
  lineNumbers: boolean;
  /** How -n shows any address. */
  any: string;
  /** The name of an address, when something knows it. */
  nameOf(address: Ipv4): string | undefined;
}

export function header(chain: Chain, f: Format): string {
  let out = `Chain ${chain.name}`;
  if (!chain.hook) out += ` (${chain.references} references)`;
  else out += ` (policy ${chain.policy}${f.verbose ? ` ${count(chain.packets, f.exact, false)} packets, ${count(chain.bytes, f.exact, false)} bytes` : ''})`;
  out += '\n';
  if (f.lineNumbers) out += 'num  ';
  if (f.verbose) out += f.exact ? '    pkts      bytes ' : ' pkts bytes ';
  out += 'target     prot opt';
  if (f.verbose) out += ' in     out    ';
  return `${out} source               destination         \n`;
}

export function ruleLine(rule: Rule, number: number, f: Format): string {
  const { ip, target, verdict, goto } = rule.spec;
  let out = '';
  if (f.lineNumbers) out += `${String(number).padEnd(4)} `;
  if (f.verbose) out += `${count(rule.packets, f.exact, true)} ${count(rule.bytes, f.exact, true)} `;
  out += `${(rule.to?.name ?? target?.ext.listed ?? target?.ext.name ?? verdict ?? '').padEnd(9)} `;
  out += `${ip.protoNot ? '!' : ' '}${protocol(ip.proto, f.numeric).padEnd(4)} `;
  out += `${ip.fragment ? (ip.fragmentNot ? '!f' : '-f') : '--'} `;
  if (f.verbose) out += ` ${device(ip.in, ip.inNot, f.numeric).padEnd(6)} ${device(ip.out, ip.outNot, f.numeric).padEnd(6)} `;
  out += `${ip.srcNot ? '!' : ' '}${address(ip.src6 ?? ip.src, f).padEnd(19)} ${ip.dstNot ? '!' : ' '}${address(ip.dst6 ?? ip.dst, f).padEnd(19)} `;
  if (goto) out += ' [goto] ';
  for (const { ext, data } of shownMatches(rule.spec.matches)) out += ext.print(data, f.numeric);
  if (target) out += target.ext.print(target.data, f.numeric);
  return `${out}\n`;
}

/** What -v says of a rule that is added or deleted. */
export function ruleEcho(rule: Rule): string {
  const { ip, target, verdict } = rule.spec;
  const f: Format = { numeric: true, verbose: true, exact: true, lineNumbers: false, any: ip.src6 || ip.dst6 ? '::/0' : '0.0.0.0/0', nameOf: () => undefined };
  let out = `${rule.to?.name ?? target?.ext.name ?? verdict ?? ''} `;
  out += `${ip.protoNot ? '!' : ' '}${protocol(ip.proto, false)} opt ${ip.fragment ? (ip.fragmentNot ? '!f' : '-f') : '--'} in ${device(ip.in, ip.inNot, true)} out ${device(ip.out, ip.outNot, true)} `;
  out += `${ip.srcNot ? '!' : ' '}${address(ip.src6 ?? ip.src, f)}  -> ${ip.dstNot ? '!' : ''}${address(ip.dst6 ?? ip.dst, f)}  `;
  for (const { ext, data } of shownMatches(rule.spec.matches)) out += ext.print(data, true);
  if (target) out += target.ext.print(target.data, true);
  return `${out}\n`;
}

function protocol(number: number, numeric: boolean): string {
  return numeric ? String(number) : (protocolName(number) ?? String(number));
}

function device(name: string | undefined, not: boolean | undefined, numeric: boolean): string {
  return `${not ? '!' : ''}${name ?? (numeric ? '*' : 'any')}`;
}

/** /etc/networks of Debian. */
const NETWORKS: Record<Ipv4, string> = { 0x7f000000: 'loopback', 0xa9fe0000: 'link-local' };

function address(network: Network | string | undefined, f: Format): string {
  if (typeof network === 'string') return network.replace(/\/128$/, '');
  if (!network || network.mask === 0) return f.numeric ? f.any : 'anywhere';
  const name = (f.numeric ? undefined : (f.nameOf(network.address) ?? NETWORKS[network.address])) ?? formatIpv4(network.address);
  return network.mask === 0xffffffff ? name : `${name}/${prefixOf(network.mask) ?? formatIpv4(network.mask)}`;
}

/** A counter: shortened with K, M, G, T unless exact (xtables_print_num). */
function count(n: number, exact: boolean, padded: boolean): string {
  if (exact) return padded ? String(n).padStart(8) : String(n);
  if (n <= 99999) return padded ? String(n).padStart(5) : String(n);
  for (const unit of 'KMGT') {
    n = Math.floor((n + 500) / 1000);
    if (n <= 9999 || unit === 'T') return `${padded ? String(n).padStart(4) : n}${unit}`;
  }
  return String(n);
}
