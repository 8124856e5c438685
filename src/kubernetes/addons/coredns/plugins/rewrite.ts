import type { DnsMessage } from '../../../../linux/net/dns-message.ts';
import { absolute, type Plugin } from '../chain.ts';

/** plugin/rewrite: the question is another one for the plugins behind it; the answer speaks of the one that was asked. */
export const rewrite: Plugin = (setup) => {
  const { directive } = setup, words = [...directive.args, ...directive.block.flatMap((b) => b.words)];
  const wrong = (): never => setup.fail(`Wrong argument count or unexpected line ending after '${words.at(-1) ?? 'rewrite'}'`, directive.line);
  if (words[0] === 'stop' || words[0] === 'continue') words.shift();
  const field = words.shift() ?? wrong();
  if (field === 'type') {
    const [from, to] = words;
    if (!to) wrong();
    return (next) => (request, reply) => {
      const { question } = request.query;
      if (question.type !== from) return next(request, reply);
      next({ ...request, query: { ...request.query, question: { ...question, type: to as DnsMessage['question']['type'] } } }, (m) => reply({ ...m, question }));
    };
  }
  if (field !== 'name') setup.fail(`invalid rule type "${field}"`);
  const kind = ['exact', 'prefix', 'suffix', 'substring', 'regex'].includes(words[0]!) ? words.shift()! : 'exact';
  const [from = wrong(), to = wrong()] = words as [string?, string?];
  const change = rule(kind, from, to);
  return (next) => (request, reply) => {
    const { question } = request.query, asked = absolute(question.name), name = change(asked);
    if (name === undefined) return next(request, reply);
    const inner = { ...request, query: { ...request.query, question: { ...question, name } } };
    next(inner, (m) => {
      if (inner.error) request.error = inner.error;
      reply({ ...m, question, answer: m.answer.map((r) => (absolute(r.name) === name ? { ...r, name: question.name } : r)) });
    });
  };
};

/** The name that the rule makes of one; undefined where it does not fit. */
function rule(kind: string, from: string, to: string): (name: string) => string | undefined {
  switch (kind) {
    case 'prefix':
      return (name) => (name.startsWith(from) ? to + name.slice(from.length) : undefined);
    case 'suffix':
      return (name) => {
        const end = absolute(from);
        return name.endsWith(end) ? name.slice(0, -end.length) + absolute(to) : undefined;
      };
    case 'substring':
      return (name) => (name.includes(from) ? name.replaceAll(from, to) : undefined);
    case 'regex': {
      const pattern = new RegExp(from);
      return (name) => {
        const found = pattern.exec(name);
        return found ? absolute(to.replace(/\{(\d+)\}/g, (_, n: string) => found[Number(n)] ?? '')) : undefined;
      };
    }
    default:
      return (name) => (name === absolute(from) ? absolute(to) : undefined);
  }
}
