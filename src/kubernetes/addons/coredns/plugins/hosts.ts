import type { DnsRecord } from '../../../../linux/net/dns-message.ts';
import { absolute, answer, fallthrough, type Plugin, within, zonesOf } from '../chain.ts';

/** plugin/hosts: names from a file in the form of /etc/hosts, and from lines in the Corefile itself. */
export const hosts: Plugin = (setup) => {
  const { process, directive } = setup, [file = '/etc/hosts', ...rest] = directive.args;
  const zones = zonesOf(rest, setup), through = fallthrough(setup);
  const inline: string[] = [];
  let ttl = 3600;
  for (const { words, line } of directive.block) {
    const [name = ''] = words;
    if (/^[\d.]+$|:/.test(name)) inline.push(words.join(' '));
    else if (name === 'ttl') {
      if (!(Number(words[1]) > 0)) setup.fail(`ttl provided is invalid: ${words[1] ?? ''}`, line);
      ttl = Number(words[1]);
    } else if (!['fallthrough', 'no_reverse', 'reload'].includes(name)) setup.fail(`unknown property '${name}'`, line);
  }
  const reversed = !directive.block.some((b) => b.words[0] === 'no_reverse');
  const entries = () => [...(process.fs.exists(file) ? process.fs.readFile(file).split('\n') : []), ...inline].map((l) => l.replace(/#.*/, '').trim().split(/\s+/)).filter((w) => w.length > 1).map(([ip, ...names]) => ({ ip: ip!, names: names.map(absolute) }));
  return (next) => (request, reply) => {
    const { query } = request, name = absolute(query.question.name), { type } = query.question;
    const record = (kind: DnsRecord['type'], data: string): DnsRecord => ({ name: query.question.name, type: kind, ttl, data });
    const all = entries(), address = /^(.+)\.in-addr\.arpa\.$/.exec(name)?.[1]?.split('.').reverse().join('.');
    const pointed = reversed && type === 'PTR' ? all.filter((e) => e.ip === address).flatMap((e) => e.names.map((n) => record('PTR', n))) : [];
    if (pointed.length > 0) return reply(answer(query, { answer: pointed }));
    const mine = zones.some((z) => within(name, z)) ? all.filter((e) => e.names.includes(name)) : [];
    const records = mine.filter((e) => e.ip.includes(':') === (type === 'AAAA') && (type === 'A' || type === 'AAAA')).map((e) => record(type, e.ip));
    if (records.length > 0) return reply(answer(query, { answer: records }));
    if (!zones.some((z) => within(name, z)) || through(name)) return next(request, reply);
    reply(answer(query, { rcode: mine.length > 0 ? 'NOERROR' : 'NXDOMAIN' }));
  };
};
