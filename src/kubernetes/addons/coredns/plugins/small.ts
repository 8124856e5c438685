import { dnsLength, type DnsMessage } from '../../../../linux/net/dns-message.ts';
import type { Rng } from '../../../../sim/rng.ts';
import { absolute, answer, type Plugin } from '../chain.ts';

/** Plugins of a few lines each. */

/** plugin/log, in its common format. The answer's size is what it has here: its names are compressed and its OPT added only when it leaves. */
export const log: Plugin = ({ process }) => (next) => (request, reply) => {
  const { query, from, protocol, began } = request;
  next(request, (m) => {
    const flags = ['qr', ...(m.authoritative ? ['aa'] : []), ...(m.truncated ? ['tc'] : []), ...(query.recursionDesired ? ['rd'] : []), ...(m.recursionAvailable ? ['ra'] : [])].join(',');
    const seconds = ((process.now - began + 85) / 1e6 + 0.000000412).toFixed(9);
    void process.out(`[INFO] ${from} - ${query.id} "${query.question.type} IN ${query.question.name} ${protocol} ${dnsLength(query)} false ${query.edns ?? 512}" ${m.rcode} ${flags} ${dnsLength({ ...m, edns: undefined }, { compressed: false })} ${seconds.replace(/0+$/, '')}s\n`);
    reply(m);
  });
};

/** plugin/errors: why a query failed. */
export const errors: Plugin = ({ process }) => (next) => (request, reply) => next(request, (m) => {
  if (request.error) void process.out(`[ERROR] plugin/errors: 2 ${request.query.question.name} ${request.query.question.type}: ${request.error}\n`);
  reply(m);
});

/** plugin/loadbalance: addresses come in a random order. */
export const loadbalance: Plugin = ({ process, directive, fail }) => {
  if (directive.args.length > 0 && directive.args[0] !== 'round_robin') fail(`unknown policy: ${directive.args[0]}`);
  const rng = process.world.rng.fork(`coredns/loadbalance/${process.uts.hostname}`);
  const isAddress = (r: DnsMessage['answer'][number]) => r.type === 'A' || r.type === 'AAAA';
  return (next) => (request, reply) => next(request, (m) => {
    if (m.answer.filter(isAddress).length < 2) return reply(m);
    reply({ ...m, answer: [...m.answer.filter((r) => !isAddress(r)), ...shuffled(m.answer.filter(isAddress), rng)] });
  });
};

function shuffled<T>(list: T[], rng: Rng): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

/** plugin/any: RFC 8482. */
export const any: Plugin = () => (next) => (request, reply) => {
  if (request.query.question.type !== 'ANY') return next(request, reply);
  reply(answer(request.query, { answer: [{ name: request.query.question.name, type: 'HINFO', ttl: 8482, data: '"ANY obsoleted" "See RFC 8482"' }] }));
};

/** plugin/whoami: the client's address. */
export const whoami: Plugin = () => () => (request, reply) => {
  const [ip = '', port = '0'] = request.from.split(':');
  reply(answer(request.query, { additional: [{ name: request.query.question.name, type: 'A', ttl: 0, data: ip }, { name: `_${request.protocol}.${request.query.question.name}`, type: 'SRV', ttl: 0, data: `0 0 ${port} .` }] }));
};

/** Times that a query for one name may come back before it is a loop. */
const LOOPS = 2;

/** plugin/loop: asks itself for a name that nobody has; when the question comes back, its upstreams lead to itself. */
export const loop: Plugin = ({ process, zones, onStart, server }) => {
  const rng = process.world.rng.fork(`coredns/loop/${process.uts.hostname}/${process.now}`), name = `${rng.int(2 ** 31)}${rng.int(2 ** 31)}.${rng.int(2 ** 31)}${rng.int(2 ** 31)}.`;
  let seen = 0, send: (() => void) | undefined;
  onStart(() => send?.());
  return (next) => {
    send = () => next({ query: { kind: 'dns', id: rng.int(65536), response: false, authoritative: false, truncated: false, recursionDesired: true, recursionAvailable: false, rcode: 'NOERROR', question: { name, type: 'HINFO' }, answer: [], authority: [], additional: [] }, from: '127.0.0.1:0', protocol: 'udp', began: process.now }, () => {});
    return (request, reply) => {
      if (absolute(request.query.question.name) === name && request.query.question.type === 'HINFO' && ++seen > LOOPS) {
        void process.out(`[FATAL] plugin/loop: Loop (${request.from} -> :${server.split(':').at(-1)}) detected for zone "${zones[0]}", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${name}"\n`);
        return process.exit(1);
      }
      next(request, reply);
    };
  };
};
