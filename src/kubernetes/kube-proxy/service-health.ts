import { SocketError } from '../../linux/net/errors.ts';
import { httpListen } from '../../linux/net/http.ts';
import type { TcpListener } from '../../linux/net/tcp.ts';
import type { Process } from '../../linux/process.ts';
import type { EventRecorder } from '../client/events.ts';
import { klog } from '../runtime/klog.ts';
import { type Endpoint, type ServicePort } from './services.ts';

/**
 * What a load balancer asks of a node for Services with externalTrafficPolicy Local: a listener on the Service's healthCheckNodePort
 * that tells how many ready endpoints this node has (pkg/proxy/healthcheck/service_health.go).
 */
export class ServiceHealth {
  readonly #process: Process;
  readonly #recorder: EventRecorder;
  readonly #node: string;
  readonly #servers = new Map<string, { port: number; listener: TcpListener | undefined; local: number }>();

  constructor(process: Process, recorder: EventRecorder, node: string) {
    this.#process = process;
    this.#recorder = recorder;
    this.#node = node;
  }

  sync(ports: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>): void {
    const wanted = new Map(ports.filter((p) => p.healthCheckNodePort !== 0).map((p) => [`${p.namespace}/${p.service}`, p.healthCheckNodePort]));
    for (const [name, server] of this.#servers) if (wanted.get(name) !== server.port) {
      server.listener?.close();
      this.#servers.delete(name);
    }
    for (const [name, port] of wanted) {
      const mine = ports.filter((p) => `${p.namespace}/${p.service}` === name);
      const local = new Set(mine.flatMap((p) => (endpoints.get(p.name) ?? []).filter((e) => e.local && e.ready).map((e) => e.ip))).size;
      const server = this.#servers.get(name);
      if (server) server.local = local;
      else this.#open(name, port, local, mine[0]!);
    }
  }

  #open(name: string, port: number, local: number, { namespace, service }: ServicePort): void {
    const server: { port: number; listener: TcpListener | undefined; local: number } = { port, listener: undefined, local };
    this.#servers.set(name, server);
    try {
      server.listener = httpListen(this.#process, { ip: '::', port }, (_, res) => {
        const count = server.local, body = `{\n\t"service": {\n\t\t"namespace": ${JSON.stringify(namespace)},\n\t\t"name": ${JSON.stringify(service)}\n\t},\n\t"localEndpoints": ${count},\n\t"serviceProxyHealthy": true\n}`;
        res.send(count > 0 ? 200 : 503, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff', 'X-Load-Balancing-Endpoint-Weight': String(count) }, body);
      });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      const text = `node ${this.#node} failed to start healthcheck "${name}" on port ${port}: listen tcp :${port}: bind: address already in use`;
      this.#recorder.event({ kind: 'Service', namespace, name: service, uid: name }, 'Warning', 'FailedToStartServiceHealthcheck', text);
      klog(this.#process, 'E', 'service_health.go:156', `"Failed to start healthcheck" err="${text}" node="${this.#node}" service="${name}" port=${port}`);
    }
  }
}
