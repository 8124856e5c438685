import type { ApiResponse, ApiStream, ChannelMessage, StreamSink } from '../apiserver/http.ts';
import type { ExecOptions, KubeletApi, PodLogOptions } from '../apiserver/kubelet-api.ts';
import { tcpConnect } from '../../linux/net/tcp.ts';
import { Pipe, Sink } from '../../linux/streams.ts';
import { Tty } from '../../linux/tty.ts';
import type { Clock } from '../../sim/clock.ts';
import { parseTime } from '../client/time.ts';
import { type Container, CriError } from '../runtime/containers.ts';
import { type LogEntry, rfc3339Nano } from '../runtime/log.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodWorker } from './pod-worker.ts';

/** The kubelet's own server, port 10250 (pkg/kubelet/server/server.go). */
export class KubeletServer implements KubeletApi {
  readonly #kubelet: Kubelet;

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
  }

  containerLogs(namespace: string, pod: string, name: string, options: PodLogOptions): ApiResponse | ApiStream {
    const worker = this.#worker(namespace, pod);
    if (!worker) return text(404, `pod "${pod}" not found\n`);
    const all = this.#kubelet.containersOf(worker.uid).get(name) ?? [];
    const status = this.#status(worker, name);
    const last = status?.lastState?.terminated?.containerID as string | undefined;
    if (options.previous && !last) return text(400, `previous terminated container "${name}" in pod "${pod}" not found`);
    const shown = options.previous ? last : all[0]?.state === 'RUNNING' ? `containerd://${all[0].id}` : ((status?.state?.terminated?.containerID as string | undefined) ?? last);
    const waiting = status?.state?.waiting?.reason as string | undefined;
    if (!shown) {
      const why = waiting === undefined ? `container "${name}" in pod "${pod}" is not available`
        : waiting === 'ErrImagePull' ? `container "${name}" in pod "${pod}" is waiting to start: image can't be pulled`
          : waiting === 'ImagePullBackOff' ? `container "${name}" in pod "${pod}" is waiting to start: trying and failing to pull image`
            : `container "${name}" in pod "${pod}" is waiting to start: ${waiting}`;
      return text(400, why);
    }
    const container = all.find((c) => shown === `containerd://${c.id}`);
    if (!container) return text(200, `unable to retrieve container logs for ${shown}`);
    const now = this.#kubelet.clock.now;
    const since = options.sinceSeconds !== undefined ? now - options.sinceSeconds * 1_000_000 : options.sinceTime ? parseTime(options.sinceTime) : -Infinity;
    const format = (e: LogEntry) => (options.timestamps ? `${rfc3339Nano(e.at)} ${e.text}` : e.text);
    let entries = container.log.entries.filter((e) => e.at >= since);
    if (options.tailLines !== undefined) entries = options.tailLines === 0 ? [] : lastLines(entries, options.tailLines);
    let body = entries.map(format).join('');
    if (options.limitBytes !== undefined) body = body.slice(0, options.limitBytes);
    if (!options.follow) return { status: 200, headers: { 'content-type': 'text/plain' }, body };
    return {
      status: 200, headers: { 'content-type': 'text/plain' },
      start: (sink) => {
        let stop = () => {};
        const timer = this.#kubelet.clock.after(0, () => {
          if (body !== '') sink.data(body);
          if (container.log.closed) return sink.end();
          stop = container.log.follow((e) => sink.data(format(e)), () => sink.end());
        });
        return { send: () => {}, close: () => (timer.cancel(), stop()) };
      },
    };
  }

  exec(namespace: string, pod: string, name: string, options: ExecOptions): ApiResponse | ApiStream {
    const container = this.#running(namespace, pod, name);
    if (!container) return text(404, `container not found ("${name}")`);
    return {
      status: 101, headers: {},
      start: (sink) => {
        const tty = options.tty ? new Tty(container.pids, { name: '/dev/pts/1' }) : undefined;
        const stdin = options.stdin && !tty ? new Pipe() : undefined;
        const channel = (n: number) => new Sink((data) => sink.data({ channel: n, data }));
        if (tty) tty.onOutput = (data) => sink.data({ channel: 1, data });
        stdin?.retain('write');
        let process: ReturnType<Kubelet['options']['runtime']['exec']> | undefined;
        const timer = this.#kubelet.clock.after(20_000, () => {
          try {
            process = this.#kubelet.options.runtime.exec(container, options.command, { stdin, stdout: options.stdout ? channel(1) : undefined, stderr: options.stderr ? channel(2) : undefined, tty });
          } catch (error) {
            if (!(error instanceof CriError)) throw error;
            return finish(sink, 126, `command terminated with non-zero exit code: ${error.message}`, error.message);
          }
          if (tty) tty.foreground = process.pgid;
          process.onExit(() => finish(sink, process!.status!.code));
        });
        return {
          send: (message) => input(this.#kubelet.clock, message, tty, stdin),
          close: () => {
            timer.cancel();
            tty?.hangup();
            stdin?.release('write');
          },
        };
      },
    };
  }

  attach(namespace: string, pod: string, name: string, options: ExecOptions): ApiResponse | ApiStream {
    const container = this.#running(namespace, pod, name);
    if (!container) return text(404, `container not found ("${name}")`);
    return {
      status: 101, headers: {},
      start: (sink) => {
        const { tty, stdin, log } = container;
        const stop = log.follow((e) => sink.data({ channel: tty ? 1 : e.stream === 'stdout' ? 1 : 2, data: e.text }), () => finish(sink, 0));
        let closed = false;
        return {
          send: (message) => {
            input(this.#kubelet.clock, message, options.stdin ? tty : undefined, options.stdin ? stdin : undefined);
            if (message.close && container.config.stdinOnce) closed = true;
          },
          close: () => {
            stop();
            if (options.stdin && container.config.stdinOnce && !closed) {
              stdin?.release('write');
              tty?.hangup();
            }
          },
        };
      },
    };
  }

  portForward(namespace: string, pod: string, ports: number[]): ApiResponse | ApiStream {
    const worker = this.#worker(namespace, pod);
    const sandbox = worker?.sandbox;
    if (!sandbox?.pause) return text(404, `pod not found ("${pod}_${namespace}")`);
    return {
      status: 101, headers: {},
      start: (sink) => {
        const sockets = new Map<number, ReturnType<typeof tcpConnect>>();
        const open = (i: number) => {
          const socket = tcpConnect(sandbox.pause!, { ip: '127.0.0.1', port: ports[i]! });
          sockets.set(i, socket);
          socket.onData = (data) => sink.data({ channel: 2 * i, data });
          socket.onEnd = () => {
            sink.data({ channel: 2 * i, data: '', close: true });
            sockets.delete(i);
          };
          socket.onError = (errno) => {
            sockets.delete(i);
            const why = errno === 'ECONNREFUSED' ? 'Connection refused' : errno;
            sink.data({ channel: 2 * i + 1, data: `failed to execute portforward in network namespace "/var/run/netns/${sandbox.netns}": failed to connect to localhost:${ports[i]} inside namespace "${sandbox.id}", IPv4: dial tcp4 127.0.0.1:${ports[i]}: connect: ${why.toLowerCase()} IPv6 dial tcp6: address localhost: no suitable address found ` });
            sink.data({ channel: 2 * i, data: '', close: true });
          };
          return socket;
        };
        return {
          send: (message) => {
            const i = message.channel >> 1;
            if (message.channel % 2 === 1) return;
            const socket = sockets.get(i) ?? (message.close ? undefined : open(i));
            if (message.data) socket?.write(message.data);
            if (message.close) socket?.end();
          },
          close: () => {
            for (const s of sockets.values()) s.abort();
          },
        };
      },
    };
  }

  http(method: string, path: string): ApiResponse {
    if (method !== 'GET') return text(405, 'Method Not Allowed');
    if (path === '/healthz' || path === '/healthz/ping') return text(200, 'ok');
    if (path === '/pods') return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'PodList', apiVersion: 'v1', metadata: {} as never, items: [...this.#kubelet.workers.values()].map((w) => ({ ...w.pod, status: w.status })) } };
    if (path === '/logs' || path === '/logs/') return text(200, `<pre>\n${this.#kubelet.options.machine.fs.readdir('/var/log').map((n) => `<a href="${n}">${n}</a>`).join('\n')}\n</pre>\n`);
    return text(404, '404 page not found\n');
  }

  #worker(namespace: string, pod: string): PodWorker | undefined {
    for (const w of this.#kubelet.workers.values()) if (w.pod.metadata.name === pod && w.pod.metadata.namespace === namespace) return w;
    return undefined;
  }

  #running(namespace: string, pod: string, name: string): Container | undefined {
    return this.#worker(namespace, pod)?.running(name);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.ContainerStatus
  #status(worker: PodWorker, name: string): any {
    const s = worker.status ?? {};
    return [...(s.containerStatuses ?? []), ...(s.initContainerStatuses ?? []), ...(s.ephemeralContainerStatuses ?? [])].find((c: { name: string }) => c.name === name);
  }
}

function lastLines(entries: LogEntry[], n: number): LogEntry[] {
  let lines = 0, i = entries.length;
  while (i > 0) {
    if (entries[i - 1]!.text.endsWith('\n') && ++lines > n) break;
    i--;
  }
  return entries.slice(i);
}

const RESIZE = 60_000;

function input(clock: Clock, message: ChannelMessage, tty: Tty | undefined, stdin: Pipe | undefined): void {
  if (message.channel === 4) {
    const { Width, Height } = JSON.parse(message.data) as { Width: number; Height: number };
    // A moment after what was started first drew its screen.
    if (tty) clock.after(RESIZE, () => tty.resize(Width, Height));
  } else if (message.channel === 0) {
    if (message.data) {
      tty?.input(message.data);
      stdin?.push(message.data);
    }
    if (message.close) stdin?.release('write');
  }
}

/** The last word on channel 3: a Status that says how it ended. */
function finish(sink: StreamSink, code: number, _why?: string, internal?: string): void {
  const status = internal !== undefined
    ? { metadata: {}, status: 'Failure', message: `Internal error occurred: error executing command in container: ${internal}`, reason: 'InternalError', details: { causes: [{ message: `error executing command in container: ${internal}` }] }, code: 500 }
    : code === 0 ? { metadata: {}, status: 'Success' }
      : { metadata: {}, status: 'Failure', message: `command terminated with non-zero exit code: exit status ${code}`, reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: String(code) }] } };
  sink.data({ channel: 3, data: JSON.stringify(status) });
  sink.end();
}

function text(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
