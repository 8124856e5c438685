import { httpFetch } from '../../linux/net/http.ts';
import { tcpConnect } from '../../linux/net/tcp.ts';
import { Sink } from '../../linux/streams.ts';
import { type Clock, SECOND } from '../../sim/clock.ts';
import { type Container, CriError } from '../runtime/containers.ts';
import type { KubeletOptions } from './config.ts';
import { dialError } from './dial-error.ts';
import { amount } from './environment.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.Probe, v1.Container
type Any = any;
export type ProbeType = 'liveness' | 'readiness' | 'startup';
type Result = 'success' | 'failure';

/** What the probes of a pod's container need from its worker. */
export interface ProbeOwner {
  /** The running container of that name, if there is one. */
  running(name: string): Container | undefined;
  podIP(): string | undefined;
  started(container: Container): boolean;
  /** A result changed. */
  changed(type: ProbeType, container: Container, result: Result, message: string): void;
  unhealthy(container: Container, message: string): void;
}

/** One probe of one container (pkg/kubelet/prober/worker.go). */
export class Probe {
  readonly type: ProbeType;
  readonly name: string;
  result: Result | undefined;
  #of: string | undefined;
  #count = 0;
  #last: Result | undefined;
  #onHold = false;
  #asking = false;
  readonly #spec: Any;
  readonly #container: Any;
  readonly #options: KubeletOptions;
  readonly #owner: ProbeOwner;
  readonly #ticker: { cancel(): void };

  constructor(type: ProbeType, container: Any, options: KubeletOptions, owner: ProbeOwner) {
    this.type = type;
    this.name = container.name;
    this.#container = container;
    this.#spec = container[`${type}Probe`];
    this.#options = options;
    this.#owner = owner;
    const period = (this.#spec.periodSeconds ?? 10) * SECOND;
    this.#ticker = this.#clock.every(period, () => this.probe(), { first: 0 });
  }

  /** What it has found out about this very container. */
  resultOf(container: Container): Result | undefined {
    return this.#of === container.id ? this.result : undefined;
  }

  get #clock(): Clock {
    return this.#options.machine.world.clock;
  }

  stop(): void {
    this.#ticker.cancel();
  }

  /** One round, if it is time: the container runs, its initial delay is over, its startup probe has succeeded. */
  probe(): void {
    if (!this.#options.process.running || this.#options.process.stopped || this.#asking) return;
    const container = this.#owner.running(this.name);
    if (!container) {
      this.#of = undefined;
      return;
    }
    if (this.#of !== container.id) {
      this.#of = container.id;
      this.result = this.type === 'liveness' ? 'success' : undefined;
      this.#last = undefined;
      this.#count = 0;
      this.#onHold = false;
    }
    // The status says when it started in whole seconds.
    if (this.#onHold || this.#clock.now - Math.floor(container.startedAt / SECOND) * SECOND < (this.#spec.initialDelaySeconds ?? 0) * SECOND) return;
    if (this.type === 'startup' ? this.#owner.started(container) : !this.#owner.started(container)) return;
    this.#asking = true;
    this.#ask(container, (result, output) => {
      this.#asking = false;
      if (this.#of !== container.id || container.state !== 'RUNNING' || !this.#options.process.running) return;
      this.#judge(container, result, output);
    });
  }

  #judge(container: Container, result: Result, output: string): void {
    if (result === 'failure') this.#owner.unhealthy(container, `${TITLE[this.type]} probe failed: ${output}`);
    if (this.#last === result) this.#count++;
    else {
      this.#last = result;
      this.#count = 1;
    }
    const threshold = result === 'success' ? (this.#spec.successThreshold ?? 1) : (this.#spec.failureThreshold ?? 3);
    if (this.#count < threshold) return;
    const before = this.result;
    this.result = result;
    if (this.type !== 'readiness' && result === 'failure') {
      this.#onHold = true;
      this.#count = 0;
    }
    if (before !== result) this.#owner.changed(this.type, container, result, output);
  }

  #ask(container: Container, done: (result: Result, output: string) => void): void {
    const spec = this.#spec, timeout = (spec.timeoutSeconds ?? 1) * SECOND;
    const host: string = spec.httpGet?.host ?? spec.tcpSocket?.host ?? this.#owner.podIP() ?? '';
    if (spec.exec) return this.#exec(container, spec.exec.command ?? [], timeout, done);
    if (spec.httpGet) {
      const { path = '/', scheme = 'HTTP', httpHeaders = [] } = spec.httpGet as { path?: string; scheme?: string; httpHeaders?: { name: string; value: string }[] };
      const port = this.#port(spec.httpGet.port), url = `${scheme.toLowerCase()}://${host}:${port}${path.startsWith('/') ? '' : '/'}${path}`;
      const headers: Record<string, string> = { Host: `${host}:${port}`, 'User-Agent': `kube-probe/${this.#options.version.replace(/^v/, '').split('.').slice(0, 2).join('.')}`, Accept: '*/*', Connection: 'close' };
      for (const h of httpHeaders) headers[h.name] = h.value;
      httpFetch(this.#options.process, { method: 'GET', ip: host, port, path: path.startsWith('/') ? path : `/${path}`, headers, ...(scheme === 'HTTPS' ? { tls: { insecure: true } } : {}), timeout, background: true }, (error, response) => {
        if (error) return done('failure', `Get "${url}": ${dialError(error.code, host, port, 'http')}`);
        if (response!.status >= 200 && response!.status < 400) return done('success', response!.body);
        done('failure', `HTTP probe failed with statuscode: ${response!.status}`);
      });
      return;
    }
    const port = this.#port(spec.tcpSocket?.port ?? spec.grpc?.port);
    const socket = tcpConnect(this.#options.process, { ip: host, port }, { background: true });
    let over = false;
    const finish = (result: Result, output: string) => {
      if (over) return;
      over = true;
      timer.cancel();
      socket.onError = () => {};
      if (result === 'success') socket.end();
      else socket.abort();
      done(result, output);
    };
    const timer = this.#clock.after(timeout, () => finish('failure', `dial tcp ${host}:${port}: i/o timeout`), { background: true });
    socket.onOpen = () => finish('success', '');
    socket.onError = (errno: string) => finish('failure', dialError(errno, host, port, 'tcp'));
  }

  #exec(container: Container, command: string[], timeout: number, done: (result: Result, output: string) => void): void {
    let output = '', over = false;
    const collect = new Sink((text) => (output += text));
    try {
      const process = this.#options.runtime.exec(container, command, { stdout: collect, stderr: collect });
      const timer = this.#clock.after(timeout, () => {
        over = true;
        process.signal('KILL');
        done('failure', `command "${command.join(' ')}" timed out`);
      }, { background: true });
      process.onExit(() => {
        timer.cancel();
        if (!over) done(process.status!.code === 0 ? 'success' : 'failure', output);
      });
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      done('failure', `rpc error: code = Unknown desc = ${error.message}`);
    }
  }

  #port(port: string | number): number {
    if (typeof port === 'number') return port;
    const named = (this.#container.ports ?? []).find((p: Any) => p.name === port);
    return named ? named.containerPort : amount(port);
  }
}

const TITLE: Record<ProbeType, string> = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' };
