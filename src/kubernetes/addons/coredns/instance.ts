import type { DnsMessage } from '../../../linux/net/dns-message.ts';
import { dnsListen } from '../../../linux/net/dns.ts';
import { httpListen, type HttpHandler } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import type { Micros } from '../../../sim/clock.ts';
import { parseGoDuration } from '../../kubelet/duration.ts';
import { absolute, answer, failure, type Handler, nobody, type Plugin, type Setup, within } from './chain.ts';
import { CorefileError, type Directive, ORDER, parseCorefile, parseKey, type ServerBlock } from './corefile.ts';
import type { Metrics } from './metrics.ts';
import { cache } from './plugins/cache.ts';
import { forward } from './plugins/forward.ts';
import { hosts } from './plugins/hosts.ts';
import { isReady, kubernetes } from './plugins/kubernetes.ts';
import { rewrite } from './plugins/rewrite.ts';
import { any, errors, log, loadbalance, loop, whoami } from './plugins/small.ts';
import { template } from './plugins/template.ts';

/** Plugins that handle queries; the others of ORDER open ports or watch the file. */
const PLUGINS: Record<string, Plugin> = { errors, log, any, loadbalance, cache, rewrite, template, hosts, kubernetes, loop, forward, whoami };
const PLAIN = { 'Content-Type': 'text/plain; charset=utf-8' };

interface Chain {
  zone: string;
  port: number;
  handler: Handler;
  /** Handlers that must be ready. */
  waits: Handler[];
}

/** One configuration of CoreDNS in force: what a reload replaces. Making it throws CorefileError and opens nothing. */
export class Instance {
  readonly sha: string;
  /** How long it goes on after TERM. */
  readonly lameduck: Micros;
  readonly reloads: boolean;
  readonly metrics: Metrics;
  readonly #process: Process;
  readonly #chains: Chain[] = [];
  readonly #start: (() => void)[] = [];
  readonly #stop: (() => void)[] = [];
  readonly #web: { port: number; handler: HttpHandler }[] = [];
  #listeners: { close(): void }[] = [];

  constructor(process: Process, text: string, file: string, port: number, metrics: Metrics) {
    const { blocks, sha } = parseCorefile(text, file, { files: (pattern) => matching(process, pattern), warn: (line) => void process.out(`${line}\n`) }), all = blocks.flatMap((b) => b.directives), find = (name: string) => all.find((d) => d.name === name);
    this.sha = sha;
    this.#process = process;
    this.metrics = metrics;
    this.reloads = find('reload') !== undefined;
    this.lameduck = parseGoDuration(find('health')?.block.find((b) => b.words[0] === 'lameduck')?.words[1] ?? '0s') || 0;
    for (const block of blocks) this.#block(block, port);
    const address = (d: Directive, otherwise: number) => Number(/:(\d+)$/.exec(d.args[0] ?? '')?.[1] ?? otherwise);
    for (const [name, otherwise, handler] of [['health', 8080, this.#health], ['ready', 8181, this.#ready], ['prometheus', 9153, this.#metricsPage]] as const) {
      const found = find(name);
      if (found) this.#web.push({ port: address(found, otherwise), handler });
    }
  }

  /** Opens its ports and starts what its plugins watch. Throws SocketError. */
  start(): void {
    const process = this.#process;
    for (const port of new Set(this.#chains.map((c) => c.port))) this.#listeners.push(dnsListen(process, { ip: '::', port }, (query, reply, from, protocol) => {
      if (!query.response && !process.stopped) this.#serve(port, query, `${from.ip}:${from.port}`, protocol, reply);
    }));
    for (const { port, handler } of this.#web) this.#listeners.push(httpListen(process, { ip: '::', port }, handler));
    for (const run of this.#start) run();
  }

  /** What it serves, a line each. */
  get zones(): string {
    return [...this.#chains].sort((a, b) => (a.zone < b.zone ? -1 : 1)).map((c) => `${c.zone}:${c.port}\n`).join('');
  }

  stop(): void {
    for (const l of this.#listeners) l.close();
    this.#listeners = [];
    for (const run of this.#stop) run();
  }

  #block(block: ServerBlock, defaultPort: number): void {
    const keys = block.keys.map((k) => parseKey(k, defaultPort)), zones = keys.map((k) => k.zone);
    for (const { zone, port } of keys) {
      if (this.#chains.some((c) => c.zone === zone && c.port === port)) throw new CorefileError(`cannot serve dns://${zone}:${port} - it is already defined`);
      const server = `dns://:${port}`, waits: Handler[] = [];
      const directives = block.directives.filter((d) => PLUGINS[d.name]).sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
      let handler = nobody(directives.at(-1)?.name ?? 'server');
      for (const directive of [...directives].reverse()) {
        const fail = failure(directive);
        const setup: Setup = { process: this.#process, zones, server, directive, metrics: this.metrics, onStart: (run) => void this.#start.push(run), onStop: (run) => void this.#stop.push(run), fail };
        handler = PLUGINS[directive.name]!(setup)(handler);
        waits.push(handler);
      }
      for (const name of new Set(block.directives.map((d) => d.name))) this.metrics.set('coredns_plugin_enabled', { name, server, view: '', zone }, 1);
      this.#chains.push({ zone, port, handler, waits });
    }
  }

  /** The server block with the longest zone that the name is in. */
  #serve(port: number, query: DnsMessage, from: string, protocol: string, reply: (m: DnsMessage) => void): void {
    const name = absolute(query.question.name), mine = this.#chains.filter((c) => c.port === port && within(name, c.zone)).sort((a, b) => b.zone.length - a.zone.length)[0];
    if (!mine) return reply(answer(query, { rcode: 'REFUSED', authoritative: false }));
    const labels = { server: `dns://:${port}`, zone: mine.zone, view: '' };
    this.metrics.add('coredns_dns_requests_total', { ...labels, family: '1', proto: protocol, type: query.question.type });
    mine.handler({ query, from, protocol, began: this.#process.now }, (m) => {
      this.metrics.add('coredns_dns_responses_total', { ...labels, rcode: m.rcode, plugin: '' });
      reply(m);
    });
  }

  readonly #health: HttpHandler = (r, res) => res.send(r.path === '/health' ? 200 : 404, PLAIN, r.path === '/health' ? 'OK' : '404 page not found\n');
  readonly #ready: HttpHandler = (r, res) => {
    if (r.path !== '/ready') return res.send(404, PLAIN, '404 page not found\n');
    const ok = this.#chains.every((c) => c.waits.every(isReady));
    res.send(ok ? 200 : 503, PLAIN, ok ? 'OK' : 'kubernetes');
  };
  readonly #metricsPage: HttpHandler = (r, res) => res.send(r.path === '/metrics' ? 200 : 404, PLAIN, r.path === '/metrics' ? this.metrics.print() : '404 page not found\n');
}

/** Files of a pattern with one wildcard, as filepath.Glob gives them. */
function matching({ fs, cwd }: Process, pattern: string): { path: string; text: string }[] {
  const cut = pattern.lastIndexOf('/') + 1, dir = pattern.slice(0, cut) || '.', name = pattern.slice(cut);
  const expression = new RegExp(`^${name.replace(/[.+^${}()|\\]/g, '\\$&').replace('*', '[^/]*').replace('?', '[^/]')}$`);
  const names = fs.find(dir, cwd)?.kind === 'dir' ? fs.readdir(dir, cwd) : [];
  return names.filter((n) => expression.test(n) && fs.find(`${cut ? dir : ''}${n}`, cwd)?.kind === 'file').sort().map((n) => ({ path: `${cut ? dir : ''}${n}`, text: fs.readFile(`${cut ? dir : ''}${n}`, cwd) }));
}
