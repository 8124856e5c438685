import { formatIpv4 } from '../../linux/net/addresses.ts';
import { CONTINUE, ACCEPT, DROP, RETURN } from '../../linux/net/netfilter/extension.ts';
import type { RuleTrace } from '../../linux/net/netfilter/netfilter.ts';
import type { Process } from '../../linux/process.ts';

/** xtables-monitor --trace: every rule that packets marked by -j TRACE meet (iptables/xtables-monitor.c). */
export async function xtablesMonitor(process: Process): Promise<number> {
  const { args } = process;
  if (!process.can('NET_ADMIN')) {
    process.err('xtables-monitor v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n');
    return 4;
  }
  const trace = args.some((a) => a === '-t' || a === '--trace');
  if (!trace && args.length > 0 && !args.every((a) => ['-e', '--event', '-4', '--ipv4', '-6', '--ipv6', '-c', '--counters'].includes(a))) {
    process.err(`xtables-monitor: unrecognized option '${args[0]}'\nxtables-monitor v1.8.9 (nf_tables): Bad argument.\n`);
    return 2;
  }
  let shown = '';
  const stop = trace ? process.net.netfilter.onTrace((step) => void process.out(lines(step))) : () => {};
  const lines = (step: RuleTrace): string => {
    const { packet, hook, table, chain, rule, verdict } = step;
    const id = traceId(step);
    const pass = `${packet.flow} ${hook} ${table}`;
    let out = '';
    if (pass !== shown) out += packetLine(step, id);
    shown = pass;
    const head = ` TRACE: 2 ${id} ${table}:${chain.name}`;
    if (!rule) return `${out}${head}:policy:${verdict === DROP ? 'DROP' : 'ACCEPT'} \n`;
    const word = rule.to ? `${rule.spec.goto ? 'GOTO' : 'JUMP'}:${rule.to.name}` : verdict === CONTINUE ? 'CONTINUE' : verdict === ACCEPT ? 'ACCEPT' : verdict === RETURN ? '0xfffffffb' : 'DROP';
    return `${out}${head}:rule:0x${rule.handle.toString(16)}:${word}  -4 -t ${table} -A ${chain.name}${rule.text}\n`;
  };
  try {
    await process.wait<void>(() => stop);
  } finally {
    stop();
  }
  return 0;
}

/** The kernel's hash of the packet: made from what it is, so that a replay shows the same. */
function traceId({ packet }: RuleTrace): string {
  let h = Math.imul(packet.flow ^ 0x5bd1e995, 0x27d4eb2d);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0).toString(16).padStart(8, '0');
}

function packetLine({ packet: p, in: input, out }: RuleTrace, id: string): string {
  let line = `PACKET: 2 ${id} `;
  if (input) line += `IN=${input} `;
  if (out) line += `OUT=${out} `;
  if (input && p.macSrc && p.macDst) line += `MACSRC=${mac(p.macSrc)} MACDST=${mac(p.macDst)} MACPROTO=0800 `;
  line += `SRC=${formatIpv4(p.src)} DST=${formatIpv4(p.dst)} LEN=${p.length} TOS=0x${p.tos.toString(16)} TTL=${p.ttl} ID=${p.id} ${p.df ? 'DF ' : ''}`;
  if (p.protocol !== 'icmp') line += `SPORT=${p.sport} DPORT=${p.dport} `;
  if (p.tcp) for (const [name, bit] of [['SYN', 2], ['ACK', 16], ['FIN', 1], ['RST', 4], ['PSH', 8], ['URG', 32]] as const) if (p.tcp.flags & bit) line += `${name} `;
  return `${line}${p.mark ? `MARK=0x${p.mark.toString(16)} ` : ''}\n`;
}

/** Bytes without leading zeros, as it prints them. */
function mac(address: string): string {
  return address.split(':').map((b) => parseInt(b, 16).toString(16)).join(':');
}
