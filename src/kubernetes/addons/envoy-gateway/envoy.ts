import { httpListen, HttpClient, type HttpRequest, type HttpResponder } from '../../../linux/net/http.ts';
import type { Certificate } from '../../../linux/net/tls.ts';
import type { TcpListener } from '../../../linux/net/tcp.ts';
import type { Process } from '../../../linux/process.ts';
import { type Micros, SECOND } from '../../../sim/clock.ts';
import type { Rng } from '../../../sim/rng.ts';
import type { Daemon } from '../../runtime/daemons.ts';
import { serveAdmin } from './admin.ts';
import { Exchange } from './exchange.ts';
import { findDomain } from './hostnames.ts';
import type { HttpListener, Xds } from './ir.ts';
import { subscribe } from './xds.ts';

export const ADMIN_PORT = 19000, READY_PORT = 19001;

/** Envoy as Envoy Gateway runs it: it asks for its configuration, listens where that says, and sends requests to endpoints. */
export const envoy: Daemon = (process) => {
  const key = process.args.map((a) => /^--service-cluster[ =](\S+)/.exec(a)?.[1]).find(Boolean) ?? process.args[process.args.indexOf('--service-cluster') + 1];
  if (!key) {
    void process.err('At least one of --config-path or --config-yaml or Options::configProto() should be non-empty\n');
    return process.exit(1);
  }
  new Envoy(process, key);
};

export class Envoy {
  readonly process: Process;
  readonly client: HttpClient;
  readonly rng: Rng;
  readonly started: Micros;
  xds: Xds | undefined;
  /** Counters for /stats: name → value. */
  readonly stats = new Map<string, number>();
  readonly #open = new Map<number, TcpListener>();

  constructor(process: Process, key: string) {
    this.process = process;
    this.client = new HttpClient(process);
    this.rng = process.world.rng.fork(`envoy/${process.uts.hostname}/${process.startedAt}`);
    this.started = process.now;
    process.argv = ['envoy', ...process.args];
    this.log('warning', 'main', 'source/server/server.cc:936', 'There is no configured limit to the number of allowed active downstream connections. Configure a limit in `envoy.resource_monitors.downstream_connections` resource monitor.');
    serveAdmin(this);
    process.onSignal('TERM', () => process.exit(0));
    process.onExit(() => this.client.close());
    // The first answer of the management server takes a moment.
    process.world.clock.after(SECOND / 5, () => {
      if (process.running) subscribe(process, key, (xds) => this.#configure(xds));
    }, { background: true });
  }

  log(level: string, logger: string, where: string, text: string): void {
    const at = new Date(Math.floor(this.process.now / 1000)).toISOString().replace('T', ' ').replace('Z', '');
    void this.process.err(`[${at}][${this.process.nspid}][${level}][${logger}] [${where}] ${text}\n`);
  }

  count(name: string, by = 1): void {
    this.stats.set(name, (this.stats.get(name) ?? 0) + by);
  }

  #configure(xds: Xds): void {
    if (!this.process.running) return;
    this.xds = xds;
    this.count('listener_manager.lds.update_success');
    const ports = new Set(xds.listeners.map((l) => l.port));
    for (const [port, listener] of this.#open) if (!ports.has(port)) {
      listener.close();
      this.#open.delete(port);
    }
    for (const port of ports) if (!this.#open.has(port)) this.#listen(port);
  }

  #listen(port: number): void {
    const at = () => this.xds!.listeners.filter((l) => l.port === port);
    const secure = at().some((l) => l.certificates);
    const select = (name: string | undefined) => this.#bySni(at(), name)?.certificates?.[0];
    const own: Certificate = { cn: '', ca: '' };
    try {
      this.#open.set(port, httpListen(this.process, { ip: '0.0.0.0', port, onConnection: () => this.count('downstream_cx_total'), ...(secure ? { tls: { ...own, alpn: ['http/1.1'], select } } : {}) }, (request, res) => this.#request(request, res, at())));
    } catch (error) {
      if (!(error instanceof Error && 'errno' in error)) throw error;
      this.log('warning', 'config', 'source/extensions/config_subscription/grpc/delta_subscription_state.cc:296', `delta config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: Error adding/updating listener(s) ${at()[0]?.name}: cannot bind '0.0.0.0:${port}': ${String(error.errno) === 'EADDRINUSE' ? 'Address already in use' : 'Permission denied'}`);
    }
  }

  #bySni(listeners: readonly HttpListener[], name: string | undefined): HttpListener | undefined {
    const domain = findDomain(listeners.map((l) => l.hostname), name ?? '');
    return listeners.find((l) => l.hostname === domain);
  }

  /** Over TLS the name that was asked for chooses the filter chain; without it all listeners of the port share one. */
  #request(request: HttpRequest, res: HttpResponder, listeners: readonly HttpListener[]): void {
    this.count('downstream_rq_total');
    const chain = request.tls ? this.#bySni(listeners, request.tls.serverName) : undefined;
    new Exchange(this, request, res, request.tls ? (chain ? [chain] : []) : listeners).start();
  }
}
