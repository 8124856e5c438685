import { formatIpv4, IPV4_MAX } from '../../linux/net/addresses.ts';
import type { ConntrackEvent } from '../../linux/net/conntrack/conntrack.ts';
import { ASSURED, isIcmp, SEEN_REPLY, type Entry, type Tuple } from '../../linux/net/conntrack/entry.ts';
import { TCP_STATES } from '../../linux/net/conntrack/tcp.ts';
import type { Micros } from '../../sim/clock.ts';

/** How libnetfilter_conntrack prints a connection (src/conntrack/snprintf_default.c, snprintf_xml.c). */
export interface Output {
  extended: boolean;
  id: boolean;
  timestamp: boolean;
  xml: boolean;
  save: boolean;
}

const PROTOCOLS: Record<number, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

export function stateOf(entry: Entry): string | undefined {
  return entry.tcp && TCP_STATES[entry.tcp.state];
}

/** One line of -L. `use` is the kernel's reference count. */
export function flow(entry: Entry, now: Micros, output: Output, use = 1): string {
  if (output.save) return saveLine(entry, now);
  if (output.xml) return `<flow>${xmlFlow(entry, now)}</flow>\n`;
  return `${line(entry, now, output, undefined)} mark=${entry.mark}${entry.zone ? ` zone=${entry.zone}` : ''} use=${use}${output.id ? ` id=${kernelId(entry)}` : ''}\n`;
}

/** One line of -E. */
export function eventLine(event: ConntrackEvent, entry: Entry, now: Micros, output: Output, from: string): string {
  const stamp = output.timestamp ? `[${Math.floor(now / 1_000_000)}.${String(now % 1_000_000).padEnd(6)}]\t` : '';
  if (output.xml) return `<flow type="${event.toLowerCase()}">${xmlFlow(entry, now)}</flow>\n`;
  return `${stamp}${`[${event}]`.padStart(9)} ${line(entry, now, output, event)}${entry.mark ? ` mark=${entry.mark}` : ''}${entry.zone ? ` zone=${entry.zone}` : ''}${output.id ? ` id=${kernelId(entry)}` : ''}${from}\n`;
}

function line(entry: Entry, now: Micros, output: Output, event: ConntrackEvent | undefined): string {
  const { proto } = entry.orig;
  const left = remaining(entry, now);
  let out = output.extended ? (entry.orig.dst > IPV4_MAX ? 'ipv6     10 ' : 'ipv4     2 ') : '';
  out += `${(PROTOCOLS[proto] ?? 'unknown').padEnd(8)} ${proto} `;
  if (event !== 'DESTROY' || left > 0) out += `${left} `;
  const state = stateOf(entry);
  if (state) out += `${state} `;
  out += tuple(entry.orig);
  if (!(entry.status & SEEN_REPLY)) out += ' [UNREPLIED]';
  out += ` ${tuple(entry.reply)}`;
  if (entry.status & ASSURED) out += ' [ASSURED]';
  return out;
}

function tuple(t: Tuple): string {
  const ends = `src=${formatIpv4(t.src)} dst=${formatIpv4(t.dst)}`;
  return isIcmp(t.proto) ? `${ends} type=${t.dport >> 8} code=${t.dport & 255} id=${t.sport}` : `${ends} sport=${t.sport} dport=${t.dport}`;
}

export function remaining(entry: Entry, now: Micros): number {
  return Math.max(0, Math.floor((entry.expires - now) / 1_000_000));
}

/** The kernel makes ids from a hash of the entry's address. */
function kernelId(entry: Entry): number {
  let h = Math.imul(entry.id ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function xmlFlow(entry: Entry, now: Micros): string {
  const direction = (name: string, t: Tuple) =>
    `<meta direction="${name}"><layer3 protonum="${t.dst > IPV4_MAX ? 10 : 2}" protoname="${t.dst > IPV4_MAX ? 'ipv6' : 'ipv4'}"><src>${formatIpv4(t.src)}</src><dst>${formatIpv4(t.dst)}</dst></layer3><layer4 protonum="${t.proto}" protoname="${PROTOCOLS[t.proto] ?? 'unknown'}">${isIcmp(t.proto) ? '' : `<sport>${t.sport}</sport><dport>${t.dport}</dport>`}</layer4></meta>`;
  const state = stateOf(entry);
  return `${direction('original', entry.orig)}${direction('reply', entry.reply)}<meta direction="independent">${state ? `<state>${state}</state>` : ''}<timeout>${remaining(entry, now)}</timeout><mark>${entry.mark}</mark>${entry.zone ? `<zone>${entry.zone}</zone>` : ''}<use>1</use><id>${kernelId(entry)}</id>${entry.status & ASSURED ? '<assured/>' : ''}${entry.status & SEEN_REPLY ? '' : '<unreplied/>'}</meta>`;
}

function saveLine(entry: Entry, now: Micros): string {
  const { orig, reply } = entry;
  const status = [entry.status & SEEN_REPLY && 'SEEN_REPLY', entry.status & ASSURED && 'ASSURED'].filter(Boolean).join(',') || 'UNSET';
  let out = `-A -t ${remaining(entry, now)} -u ${status} -s ${formatIpv4(orig.src)} -d ${formatIpv4(orig.dst)} -r ${formatIpv4(reply.src)} -q ${formatIpv4(reply.dst)} -p ${PROTOCOLS[orig.proto] ?? orig.proto} `;
  if (isIcmp(orig.proto)) out += `--icmp-type ${orig.dport >> 8} --icmp-code ${orig.dport & 255} --icmp-id ${orig.sport}`;
  else out += `--sport ${orig.sport} --dport ${orig.dport} --reply-port-src ${reply.sport} --reply-port-dst ${reply.dport}`;
  const state = stateOf(entry);
  if (state) out += ` --state ${state}`;
  return `${out}\n`;
}
