import type { DnsMessage } from '../../../../linux/net/dns-message.ts';
import { type Micros, SECOND } from '../../../../sim/clock.ts';
import { absolute, answer, type Plugin, within, zonesOf } from '../chain.ts';

interface Item {
  message: DnsMessage;
  stored: Micros;
  /** Seconds. */
  ttl: number;
}

/** plugin/cache: answers are kept for their TTL, at most for that of the directive; what is told from it says how long it still holds. */
export const cache: Plugin = (setup) => {
  const { process, directive, metrics, server } = setup, args = [...directive.args];
  const limit = /^\d+$/.test(args[0] ?? '') ? Number(args.shift()) : undefined;
  let success = limit ?? 3600, denial = limit ?? 1800;
  const zones = zonesOf(args, setup), items = new Map<string, Item>(), off: Record<'success' | 'denial', string[] | undefined> = { success: undefined, denial: undefined };
  for (const { words, line } of directive.block) {
    const [name = '', first, ttl] = words;
    if (name === 'success' || name === 'denial') {
      if (first === undefined || !/^\d+$/.test(first)) setup.fail(`Wrong argument count or unexpected line ending after '${name}'`, line);
      if (ttl !== undefined && name === 'success') success = Number(ttl);
      else if (ttl !== undefined) denial = Number(ttl);
    } else if (name === 'disable' && (first === 'success' || first === 'denial')) off[first] = words.length > 2 ? words.slice(2).map(absolute) : ['.'];
    else if (!['prefetch', 'serve_stale', 'servfail', 'keepttl'].includes(name)) setup.fail(`Wrong argument count or unexpected line ending after '${name}'`, line);
  }
  const labels = { server, zones: zones.join(','), view: '' };
  return (next) => (request, reply) => {
    const { query } = request, name = absolute(query.question.name), key = `${name} ${query.question.type}`, now = process.now;
    if (!zones.some((z) => within(name, z))) return next(request, reply);
    metrics.add('coredns_cache_requests_total', labels);
    const found = items.get(key), left = found ? found.ttl - Math.floor((now - found.stored) / SECOND) : 0;
    if (found && left > 0) {
      metrics.add('coredns_cache_hits_total', { ...labels, type: found.message.answer.length > 0 ? 'success' : 'denial' });
      const aged = (list: DnsMessage['answer']) => list.map((r) => ({ ...r, ttl: left }));
      return reply(answer(query, { recursionAvailable: found.message.recursionAvailable, rcode: found.message.rcode, answer: aged(found.message.answer), authority: aged(found.message.authority), additional: aged(found.message.additional) }));
    }
    items.delete(key);
    metrics.add('coredns_cache_misses_total', labels);
    next(request, (message) => {
      const good = message.rcode === 'NOERROR' && message.answer.length > 0, kind = good ? 'success' : 'denial';
      const records = good ? message.answer : message.authority;
      const ttl = Math.min(...records.map((r) => r.ttl), kind === 'success' ? success : denial);
      if ((message.rcode === 'NOERROR' || message.rcode === 'NXDOMAIN') && records.length > 0 && ttl > 0 && !off[kind]?.some((z) => within(name, z))) {
        items.set(key, { message, stored: process.now, ttl });
        metrics.set('coredns_cache_entries', { ...labels, type: kind }, [...items.values()].filter((i) => i.message.answer.length > 0 === good).length);
      }
      reply(message);
    });
  };
};
