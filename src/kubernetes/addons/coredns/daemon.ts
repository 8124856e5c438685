import { ApiError, ConnectionError, core, gvr } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { FileError } from '../../../linux/files.ts';
import { dnsQuery, type DnsMessage, dnsLength } from '../../../linux/net/dns-message.ts';
import { httpListen } from '../../../linux/net/http.ts';
import { dnsListen } from '../../../linux/net/dns.ts';
import { udpOpen } from '../../../linux/net/udp.ts';
import type { Process } from '../../../linux/process.ts';
import { SECOND } from '../../../sim/clock.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';
import { flag } from '../../runtime/klog.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { goDuration } from '../../kubelet/duration.ts';
import { resolve, soa, type Zone } from './zone.ts';

/** What of a Corefile is read: the plugins of the first server block and their options. */
interface Corefile {
  port: number;
  domain: string;
  ttl: number;
  health: boolean;
  ready: boolean;
  prometheus: number | undefined;
  forward: string[];
  log: boolean;
  errors: boolean;
}

/** CoreDNS 1.10: answers from the API server for the cluster's zone, forwards the rest to the node's resolvers. */
export const coredns: Daemon = (process) => {
  let corefile: Corefile;
  try {
    const text = process.fs.readFile(flag(process, 'conf') ?? argument(process, '-conf') ?? 'Corefile', process.cwd);
    const parsed = parseCorefile(process, text);
    if ('error' in parsed) {
      void process.err(`${parsed.error}\n`);
      return process.exit(1);
    }
    corefile = parsed;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    void process.err(`loading Caddyfile via flag: open ${error.path}: no such file or directory\n`);
    return process.exit(1);
  }
  new Server(process, corefile).start();
};

class Server {
  readonly #process: Process;
  readonly #corefile: Corefile;
  #zone: Zone | undefined;

  constructor(process: Process, corefile: Corefile) {
    this.#process = process;
    this.#corefile = corefile;
  }

  start(): void {
    const process = this.#process, { clock } = process.world;
    this.#watch();
    dnsListen(process, { ip: '::', port: this.#corefile.port }, (question, reply, from, protocol) => {
      if (!question.response && !process.stopped) this.#answer(question, `${from.ip}:${from.port}`, protocol, clock.now, reply);
    });
    const plain = { 'Content-Type': 'text/plain; charset=utf-8' };
    if (this.#corefile.health) httpListen(process, { ip: '::', port: 8080 }, (r, res) => res.send(r.path === '/health' ? 200 : 404, plain, r.path === '/health' ? 'OK' : '404 page not found\n'));
    if (this.#corefile.ready) httpListen(process, { ip: '::', port: 8181 }, (r, res) => {
      const ok = this.#synced;
      res.send(r.path !== '/ready' ? 404 : ok ? 200 : 503, plain, r.path !== '/ready' ? '404 page not found\n' : ok ? 'OK' : 'kubernetes');
    });
    if (this.#corefile.prometheus) httpListen(process, { ip: '::', port: this.#corefile.prometheus }, (r, res) => res.send(r.path === '/metrics' ? 200 : 404, plain, r.path === '/metrics' ? `# HELP coredns_dns_requests_total Counter of DNS requests made per zone, protocol and family.\n# TYPE coredns_dns_requests_total counter\ncoredns_dns_requests_total{family="1",proto="udp",server="dns://:53",type="A",view="",zone="."} ${this.#asked}\n` : '404 page not found\n'));
    void process.out(`.:${this.#corefile.port}\n[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908\nCoreDNS-1.10.1\nlinux/amd64, go1.20, 055b2c3\n`);
    endsOn(process, ['TERM', 'INT'], 0, () => void process.out('[INFO] SIGTERM: Shutting down servers then terminating\n[INFO] plugin/health: Going into lameduck mode for 5s\n'));
  }
  #asked = 0;

  get #synced(): boolean {
    return Boolean(this.#zone?.services.synced && this.#zone.slices.synced && this.#zone.namespaces.synced);
  }

  #watch(): void {
    const process = this.#process, { clock } = process.world;
    try {
      const client = clientFor(process, inCluster(process), 'CoreDNS/1.10.1');
      const service = (o: { metadata: { namespace?: string; labels?: Record<string, string> } }) => [`${o.metadata.namespace}/${o.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`];
      const zone: Zone = {
        services: new Informer(client, clock, core('services')), slices: new Informer(client, clock, gvr('discovery.k8s.io', 'v1', 'endpointslices')).addIndex('service', service),
        namespaces: new Informer(client, clock, core('namespaces')), domain: this.#corefile.domain, ttl: this.#corefile.ttl, serial: Math.floor(process.now / SECOND),
      };
      for (const informer of [zone.services, zone.slices, zone.namespaces]) {
        informer.start();
        process.onExit(() => informer.stop());
      }
      this.#zone = zone;
    } catch (error) {
      if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
      void process.err(`[ERROR] plugin/kubernetes: ${error.message}\n`);
      process.exit(1);
    }
  }

  #answer(query: DnsMessage, from: string, protocol: string, began: number, send: (m: DnsMessage) => void): void {
    this.#asked++;
    const zone = this.#zone!;
    const reply = (fields: Partial<DnsMessage>) => {
      const { cookie: _, ...plain } = query;
      const message: DnsMessage = { ...plain, response: true, authoritative: true, recursionAvailable: false, additional: [], authority: [], answer: [], ...fields, ...(query.edns === undefined ? {} : { edns: Math.min(query.edns, 1232) }) };
      if (this.#corefile.log) void this.#process.out(`[INFO] ${from} - ${query.id} "${query.question.type} IN ${query.question.name} ${protocol} ${dnsLength(query)} false ${query.edns ?? 512}" ${message.rcode} qr${message.authoritative ? ',aa' : ''},rd ${dnsLength(message)} ${goDuration(this.#process.now - began + 85, 412)}\n`);
      send(message);
    };
    if (!this.#synced) return reply({ rcode: 'SERVFAIL', authoritative: false });
    const found = resolve(zone, query.question);
    if (!found) return this.#forward(query, reply);
    const empty = found.records.length === 0;
    if (!found.external || query.question.type === 'CNAME') return reply({ rcode: found.rcode, answer: found.records, additional: found.extra ?? [], authority: empty ? [soa(zone)] : [] });
    const inner = resolve(zone, { name: found.external, type: query.question.type });
    if (inner) return reply({ rcode: inner.rcode, answer: [...found.records, ...inner.records] });
    this.#forward({ ...query, question: { name: found.external, type: query.question.type } }, (m) => reply({ ...m, question: query.question, answer: [...found.records, ...(m.answer ?? [])], rcode: m.rcode === 'SERVFAIL' ? 'SERVFAIL' : 'NOERROR' }));
  }

  /** Asks an upstream; after two seconds without an answer it is SERVFAIL, and the log says why. */
  #forward(query: DnsMessage, reply: (m: Partial<DnsMessage>) => void): void {
    const process = this.#process, [upstream] = this.#corefile.forward;
    const failed = (why: string) => {
      if (this.#corefile.errors) void process.out(`[ERROR] plugin/errors: 2 ${query.question.name} ${query.question.type}: ${why}\n`);
      reply({ rcode: 'SERVFAIL', authoritative: false, recursionAvailable: true });
    };
    if (!upstream) return failed('no upstream');
    const socket = udpOpen(process, {});
    const timer = process.world.clock.after(2 * SECOND, () => {
      socket.close();
      failed(`read udp ${process.env['POD_IP'] ?? ownIp(process)}:${socket.port}->${upstream}:53: i/o timeout`);
    });
    socket.onMessage = (data) => {
      timer.cancel();
      socket.close();
      if (typeof data === 'object') reply({ rcode: data.rcode, answer: data.answer, authority: data.authority, authoritative: data.authoritative, recursionAvailable: true });
    };
    try {
      socket.send({ ip: upstream, port: 53 }, { ...dnsQuery(query.id, query.question.name, query.question.type), edns: 2048 });
    } catch (error) {
      if (!(error instanceof Error && 'errno' in error)) throw error;
      timer.cancel();
      socket.close();
      failed(`dial udp ${upstream}:53: connect: network is unreachable`);
    }
  }
}

function ownIp(process: Process): string {
  const ip = process.net.addresses('eth0')[0]?.ip ?? 0;
  return [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.');
}

const PLUGINS = new Set('errors health ready kubernetes prometheus forward cache loop reload loadbalance log hosts rewrite template debug bind any autopath whoami file import'.split(' '));

function parseCorefile(process: Process, text: string): Corefile | { error: string } {
  const lines = text.split('\n').map((l) => l.replace(/#.*$/, '').trim());
  const out: Corefile = { port: 53, domain: 'cluster.local', ttl: 5, health: false, ready: false, prometheus: undefined, forward: [], log: false, errors: false };
  let depth = 0, plugin = '';
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const words = line.split(/\s+/), opens = line.endsWith('{');
    if (depth === 0) out.port = Number(/:(\d+)/.exec(words[0]!)?.[1] ?? 53);
    else if (line !== '}' && depth === 1) {
      plugin = words[0]!;
      if (!PLUGINS.has(plugin)) return { error: `/etc/coredns/Corefile:${i + 1} - Error during parsing: Unknown directive '${plugin}'` };
      if (plugin === 'health') out.health = true;
      if (plugin === 'ready') out.ready = true;
      if (plugin === 'log') out.log = true;
      if (plugin === 'errors') out.errors = true;
      if (plugin === 'kubernetes') out.domain = (words[1] ?? 'cluster.local').replace(/\.$/, '');
      if (plugin === 'prometheus') out.prometheus = Number(words[1]?.split(':')[1] ?? 9153);
      if (plugin === 'forward') out.forward = words.slice(2).filter((w) => w !== '{').flatMap((w) => (w.startsWith('/') ? resolvers(process, w) : [w.replace(/:53$/, '')]));
    } else if (plugin === 'kubernetes' && words[0] === 'ttl') out.ttl = Number(words[1]);
    if (opens) depth++;
    if (line === '}') depth--;
  }
  return depth === 0 ? out : { error: `/etc/coredns/Corefile:${lines.length} - Error during parsing: Unexpected EOF` };
}

function resolvers(process: Process, path: string): string[] {
  if (!process.fs.exists(path)) return [];
  return [...process.fs.readFile(path).matchAll(/^nameserver\s+(\S+)/gm)].map((m) => m[1]!);
}

function argument(process: Process, name: string): string | undefined {
  const at = process.args.indexOf(name);
  return at < 0 ? undefined : process.args[at + 1];
}
