import { dnsQuery } from '../../../../linux/net/dns-message.ts';
import { udpOpen } from '../../../../linux/net/udp.ts';
import type { Process } from '../../../../linux/process.ts';
import { SECOND } from '../../../../sim/clock.ts';
import { absolute, answer, type Plugin, within } from '../chain.ts';

const OPTIONS = ['except', 'force_tcp', 'prefer_udp', 'max_fails', 'expire', 'tls', 'tls_servername', 'policy', 'health_check', 'max_concurrent'];
const READ_TIMEOUT = 2 * SECOND, DEADLINE = 5 * SECOND;

/** plugin/forward: asks one of the upstreams, and another one when it does not answer within two seconds. */
export const forward: Plugin = (setup) => {
  const { process, directive, metrics } = setup, [from = '.', ...to] = directive.args;
  if (to.length === 0) setup.fail(`Wrong argument count or unexpected line ending after '${directive.args.at(-1) ?? 'forward'}'`, directive.line);
  const upstreams = to.flatMap((t) => endpoints(process, t) ?? setup.fail(`not an IP address or file: "${t}"`));
  if (upstreams.length > 15) setup.fail('more than 15 TOs configured: ' + upstreams.length);
  for (const { words, line } of directive.block) if (!OPTIONS.includes(words[0]!)) setup.fail(`unknown property '${words[0]}'`, line);
  const option = (name: string) => directive.block.find((b) => b.words[0] === name)?.words.slice(1);
  const except = (option('except') ?? []).map(absolute), policy = option('policy')?.[0] ?? 'random', zone = absolute(from), rng = process.world.rng.fork(`coredns/forward/${process.uts.hostname}`);
  let turn = 0;
  return (next) => (request, reply) => {
    const { query } = request, name = absolute(query.question.name);
    if (!within(name, zone) || except.some((z) => within(name, z))) return next(request, reply);
    const first = policy === 'sequential' || upstreams.length === 1 ? 0 : policy === 'round_robin' ? turn++ % upstreams.length : rng.int(upstreams.length);
    const list = [...upstreams.slice(first), ...upstreams.slice(0, first)], began = process.now;
    const failed = (why: string, i: number) => {
      if (!process.running) return;
      if (list[i + 1] && process.now - began < DEADLINE) return attempt(i + 1);
      request.error = why;
      reply(answer(query, { rcode: 'SERVFAIL', authoritative: false, recursionAvailable: true }));
    };
    const attempt = (i: number) => {
      const { ip, port } = list[i]!, at = `${ip}:${port}`, socket = udpOpen(process, {});
      metrics.add('coredns_forward_requests_total', { to: at });
      const timer = process.world.clock.after(READ_TIMEOUT, () => {
        socket.close();
        failed(`read udp ${process.env['POD_IP'] ?? ownIp(process)}:${socket.port}->${at}: i/o timeout`, i);
      });
      socket.onMessage = (data) => {
        timer.cancel();
        socket.close();
        if (typeof data !== 'object' || !process.running) return;
        metrics.add('coredns_forward_responses_total', { to: at, rcode: data.rcode });
        reply(answer(query, { rcode: data.rcode, answer: data.answer, authority: data.authority, authoritative: data.authoritative, recursionAvailable: true }));
      };
      try {
        socket.send({ ip, port }, { ...dnsQuery(query.id, query.question.name, query.question.type), edns: 2048 });
      } catch (error) {
        if (!(error instanceof Error && 'errno' in error)) throw error;
        timer.cancel();
        socket.close();
        failed(`dial udp ${at}: connect: network is unreachable`, i);
      }
    };
    if (list.length === 0) return failed('no upstream', 0);
    attempt(0);
  };
};

/** Upstreams that an argument names: an address, or a file in the form of resolv.conf. Undefined for neither. */
function endpoints(process: Process, to: string): { ip: string; port: number }[] | undefined {
  const [, ip, port] = /^(?:dns:\/\/)?(\d+\.\d+\.\d+\.\d+)(?::(\d+))?$/.exec(to) ?? [];
  if (ip) return [{ ip, port: Number(port ?? 53) }];
  if (!process.fs.exists(to)) return undefined;
  return [...process.fs.readFile(to).matchAll(/^nameserver\s+(\d\S+)/gm)].map((m) => ({ ip: m[1]!, port: 53 }));
}

function ownIp(process: Process): string {
  const ip = process.net.link('eth0')?.addresses[0]?.ip ?? 0;
  return [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.');
}
