import { parseIpv4 } from '../../linux/net/addresses.ts';
import { askServer, dnsQuery, resolve, resolverConfig, searchNames, type DnsMessage, type RecordType } from '../../linux/net/dns.ts';
import type { Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { messageId, reverseName } from './query.ts';

/** nslookup(1) of BIND 9.18, not interactive. */
export const main: Program = async (p) => {
  let type: RecordType | undefined;
  const words: string[] = [];
  for (const arg of p.args) {
    const [, key, value] = /^-(?:(\w+)=)?(.+)$/.exec(arg) ?? [];
    if (key === 'type' || key === 'querytype' || key === 'q') type = value!.toUpperCase() as RecordType;
    else if (arg.startsWith('-') && key === undefined && arg !== '-') {
      p.out(`*** Invalid option: ${arg.slice(1)}\n`);
    } else if (!arg.startsWith('-')) words.push(arg);
  }
  const config = resolverConfig(p);
  const [name, given] = words;
  if (name === undefined) {
    p.err('nslookup: the interactive mode needs a name here\n');
    return 1;
  }
  let server = config.nameservers[0] ?? '127.0.0.1';
  if (given !== undefined) {
    const found = await resolve(p, given);
    if (typeof found === 'string') {
      p.err(`nslookup: couldn't get address for '${given}': not found\n`);
      return 1;
    }
    server = found.addresses[0]!;
  }
  const isAddress = parseIpv4(name) !== undefined;
  const types: RecordType[] = isAddress ? ['PTR'] : type ? [type] : ['A', 'AAAA'];
  const names = isAddress ? [reverseName(name)] : searchNames(name, { search: config.search, ndots: config.ndots });
  const ask = async (n: string, t: RecordType) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await askServer(p, { ip: server, port: 53 }, dnsQuery(messageId(p), n, t), { timeout: 5 * SECOND });
      if (typeof answer !== 'string') return answer;
      p.err(answer === 'TIMEOUT' ? `;; communications error to ${server}#53: timed out\n` : `;; communications error to ${server}#53: ${answer === 'ECONNREFUSED' ? 'connection refused' : 'host unreachable'}\n`);
    }
    return undefined;
  };
  let shown = false;
  const header = () => {
    if (!shown) p.out(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`);
    shown = true;
  };
  let last: DnsMessage | undefined;
  for (const n of names) {
    const answer = await ask(n, types[0]!);
    if (answer === undefined) {
      p.out(';; no servers could be reached\n\n\n');
      return 1;
    }
    header();
    last = answer;
    if (answer.rcode === 'NXDOMAIN' && n !== names.at(-1)) continue;
    if (answer.rcode !== 'NOERROR') break;
    if (isAddress) {
      for (const r of answer.answer) p.out(`${n.replace(/\.$/, '')}\tname = ${r.data}\n`);
      p.out('\n');
      return 0;
    }
    let any = print(p.out.bind(p), answer, type);
    for (const t of types.slice(1)) {
      const more = await ask(n, t);
      if (more) any = print(p.out.bind(p), more, type) || any;
    }
    if (!any) p.out(`*** Can't find ${name}: No answer\n`);
    p.out('\n');
    return any ? 0 : 1;
  }
  p.out(`** server can't find ${isAddress ? names[0]!.replace(/\.$/, '') : last?.rcode === 'NXDOMAIN' ? name.replace(/\.$/, '') : name}: ${last?.rcode ?? 'SERVFAIL'}\n\n`);
  return 1;
};

function print(out: (text: string) => unknown, m: DnsMessage, type: RecordType | undefined): boolean {
  if (m.answer.length > 0 && !m.authoritative) out('Non-authoritative answer:\n');
  for (const r of m.answer) {
    const name = r.name.replace(/\.$/, '');
    if (r.type === 'A' || r.type === 'AAAA') out(`Name:\t${name}\nAddress: ${r.data}\n`);
    else if (r.type === 'CNAME') out(`${name}\tcanonical name = ${r.data}\n`);
    else if (r.type === 'SRV') out(`${name}\tservice = ${r.data}\n`);
    else if (r.type === 'TXT') out(`${name}\ttext = ${r.data}\n`);
    else out(`${name}\t${r.type === 'PTR' ? 'name' : (type ?? r.type).toLowerCase()} = ${r.data}\n`);
  }
  return m.answer.length > 0;
}
