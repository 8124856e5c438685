import type { World } from '../../linux/world.ts';
import type { Process } from '../../linux/process.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import { tcpConnect, type TcpSocket } from '../../linux/net/tcp.ts';
import { ApiClient, ConnectionError, type Transport } from '../client/client.ts';
import type { ApiRequest, ApiResponse, ApiStream, StreamControl, StreamSink, UserInfo } from '../apiserver/http.ts';

/**
 * How the cluster's components reach an API server. Their requests do not travel as segments (students' do): the connection
 * is only checked, process to process, each time. It fails when nobody listens there, when the server's process is dead or
 * frozen, and when the one machine has no way to the other.
 */
export interface Listening {
  process: Process;
  transport: Transport;
}

const SERVERS = new WeakMap<World, Map<string, Listening>>();

/** An API server answers on IP:PORT while its process lives. */
export function serve(address: string, listening: Listening): void {
  const { world } = listening.process;
  let map = SERVERS.get(world);
  if (!map) SERVERS.set(world, (map = new Map()));
  map.set(address, listening);
  listening.process.onExit(() => {
    if (map.get(address) === listening) map.delete(address);
  });
}

export function servers(world: World): ReadonlyMap<string, Listening> {
  return SERVERS.get(world) ?? new Map();
}

/** A client for a component. `server` is IP:PORT; a Service's address (10.96.0.1:443) finds any API server of the world. */
export function apiClient(process: Process, server: string, user: UserInfo, agent: string): ApiClient {
  return new ApiClient(new Connection(process, server), user, agent);
}

class Connection implements Transport {
  readonly #process: Process;
  readonly #server: string;
  /** The connection that `ss` shows: open, and never spoken on. */
  #socket: TcpSocket | undefined;

  constructor(process: Process, server: string) {
    this.#process = process;
    this.#server = server;
  }

  handle(request: ApiRequest): ApiResponse | ApiStream {
    const listening = this.#find();
    if (!listening) throw new ConnectionError(`dial tcp ${this.#server}: connect: connection refused`);
    if (!this.#reaches(listening)) throw new ConnectionError(`dial tcp ${this.#server}: i/o timeout`);
    this.#connect();
    const answer = listening.transport.handle(request);
    return 'start' in answer ? this.#guard(answer, listening) : answer;
  }

  #connect(): void {
    if (this.#socket && this.#socket.state !== 'CLOSE') return;
    const at = this.#server.lastIndexOf(':');
    const socket = tcpConnect(this.#process, { ip: this.#server.slice(0, at), port: Number(this.#server.slice(at + 1)) }, { background: true });
    socket.onEnd = () => socket.end();
    socket.onClose = () => {
      if (this.#socket === socket) this.#socket = undefined;
    };
    this.#socket = socket;
  }

  #find(): Listening | undefined {
    const map = SERVERS.get(this.#process.world);
    const exact = map?.get(this.#server);
    if (exact || !map) return exact;
    if (this.#server.startsWith('127.')) return [...map].find(([address, { process }]) => process.machine === this.#process.machine && address.endsWith(this.#server.slice(this.#server.lastIndexOf(':'))))?.[1];
    return this.#server.endsWith(':443') ? map.values().next().value : undefined;
  }

  #reaches(to: Listening): boolean {
    const { process } = to;
    if (!process.running || process.stopped) return false;
    if (process.machine === this.#process.machine) return true;
    const ip = this.#server.slice(0, this.#server.lastIndexOf(':'));
    try {
      if (!this.#process.net.lookupRoute(ip).dev.running) return false;
    } catch (error) {
      if (error instanceof NetlinkError) return false;
      throw error;
    }
    return process.machine.net.links().some((l) => l.kind !== 'loopback' && l.running);
  }

  /** A watch ends when the wire is cut: noticed with the next event. */
  #guard(stream: ApiStream, to: Listening): ApiStream {
    return {
      ...stream,
      start: (sink: StreamSink): StreamControl => {
        let broken = false;
        const control: StreamControl = stream.start({
          data: (chunk) => {
            if (broken) return;
            if (this.#process.machine !== to.process.machine && !this.#reaches(to)) {
              broken = true;
              control.close();
              return sink.end();
            }
            sink.data(chunk);
          },
          end: () => {
            if (!broken) sink.end();
          },
        });
        return control;
      },
    };
  }
}
