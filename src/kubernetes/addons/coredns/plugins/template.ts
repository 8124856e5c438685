import type { DnsRecord, Rcode } from '../../../../linux/net/dns-message.ts';
import { absolute, answer, fallthrough, type Plugin, within, zonesOf } from '../chain.ts';

/** plugin/template: answers made of a name's parts. Of Go's templates, `{{ .Name }}`, `{{ .Group.NAME }}`, `{{ index .Match N }}`. */
export const template: Plugin = (setup) => {
  const { directive } = setup, [, type = 'ANY', ...rest] = directive.args;
  const lines = (name: string) => directive.block.filter((b) => b.words[0] === name);
  for (const { words, line } of directive.block) if (!['match', 'answer', 'additional', 'authority', 'rcode', 'fallthrough', 'ederror', 'upstream'].includes(words[0]!)) setup.fail(`Wrong argument count or unexpected line ending after '${words[0]}'`, line);
  const zones = zonesOf(rest, setup), through = fallthrough(setup), patterns = lines('match').map((b) => new RegExp(b.words[1]!.replace(/\(\?P</g, '(?<'))), rcode = (lines('rcode')[0]?.words[1] ?? 'NOERROR') as Rcode;
  return (next) => (request, reply) => {
    const { query } = request, name = absolute(query.question.name);
    if (!zones.some((z) => within(name, z)) || (type !== 'ANY' && query.question.type !== type)) return next(request, reply);
    const found = patterns.length === 0 ? [name] : patterns.map((p) => p.exec(name)).find((m) => m !== null);
    if (!found) return through(name) ? next(request, reply) : reply(answer(query, { rcode: 'NXDOMAIN' }));
    const groups = (found as RegExpExecArray).groups ?? {};
    const fill = (text: string) => text.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => (expression === '.Name' ? name : expression.startsWith('.Group.') ? (groups[expression.slice(7)] ?? '') : expression.startsWith('index .Match') ? (found[Number(expression.split(/\s+/)[2])] ?? '') : ''));
    const records = lines('answer').map((b): DnsRecord => {
      const [owner = '', ttl, , kind, ...data] = fill(b.words.slice(1).join(' ')).split(/\s+/);
      return { name: owner, ttl: Number(ttl), type: kind as DnsRecord['type'], data: data.join(' ') };
    });
    reply(answer(query, { rcode, answer: records }));
  };
};
