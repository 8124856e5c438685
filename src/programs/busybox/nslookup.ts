import { parseIpv4 } from '../../linux/net/addresses.ts';
import { askServer, dnsQuery, resolve, resolverConfig, type DnsMessage, type RecordType } from '../../linux/net/dns.ts';
import type { Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { messageId, reverseName } from '../dns-utils/query.ts';

/** networking/nslookup.c of BusyBox ("big" build): a name without a dot is asked in every domain of the search list
 * (one with a dot never is), for A and for AAAA, and all answers are printed. */
export const nslookup: Program = async (p) => {
  let types: RecordType[] | undefined;
  const words: string[] = [];
  for (const arg of p.args) {
    const [, value] = /^-(?:query)?type=(.+)$/.exec(arg) ?? /^-q=(.+)$/.exec(arg) ?? [];
    if (value) types = [value.toUpperCase() as RecordType];
    else if (!arg.startsWith('-')) words.push(arg);
  }
  const [name, given] = words, config = resolverConfig(p);
  if (name === undefined) {
    p.err('BusyBox v1.36.1 () multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n');
    return 1;
  }
  let server = config.nameservers[0] ?? '127.0.0.1';
  if (given !== undefined) {
    const found = await resolve(p, given);
    if (typeof found === 'string') {
      p.err(`nslookup: can't resolve '${given}'\n`);
      return 1;
    }
    server = found.addresses[0]!;
  }
  const address = parseIpv4(name) !== undefined;
  const names = address ? [reverseName(name)] : name.includes('.') || types || config.search.length === 0 ? [name] : config.search.map((s) => `${name}.${s}`);
  p.out(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  let bad = false;
  for (const type of address ? (['PTR'] as RecordType[]) : (types ?? (['A', 'AAAA'] as RecordType[]))) for (const n of names) {
    const answer = await askServer(p, { ip: server, port: 53 }, dnsQuery(messageId(p), n, type), { timeout: 5 * SECOND });
    if (typeof answer === 'string') {
      p.out(';; connection timed out; no servers could be reached\n\n');
      return 1;
    }
    if (answer.rcode !== 'NOERROR') {
      bad = true;
      p.out(`** server can't find ${n.replace(/\.$/, '')}: ${answer.rcode}\n\n`);
    } else p.out(`${answer.authoritative ? '' : 'Non-authoritative answer:\n'}${records(answer)}\n`);
  }
  return bad ? 1 : 0;
};

function records(m: DnsMessage): string {
  return m.answer.map((r) => {
    const name = r.name.replace(/\.$/, '');
    if (r.type === 'A' || r.type === 'AAAA') return `Name:\t${name}\nAddress: ${r.data}\n`;
    if (r.type === 'CNAME') return `${name}\tcanonical name = ${r.data.replace(/\.$/, '')}\n`;
    if (r.type === 'PTR') return `${name}\tname = ${r.data.replace(/\.$/, '')}\n`;
    return `${name}\t${r.type === 'SRV' ? 'service' : r.type === 'TXT' ? 'text' : r.type.toLowerCase()} = ${r.data}\n`;
  }).join('');
}
