/** The sending half of a TCP connection: queue, windows, slow start, retransmission, the segments themselves. */
import { MS, SECOND, type Micros, type Timer } from '../../sim/clock.ts';
import { ipOutput } from './ip-output.ts';
import { confirmNeighbour } from './neighbour.ts';
import { ACK, ipHeader, FIN, PSH, RST, SYN, type Packet, type TcpPart } from './packet.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** One segment (or several that travel together) sent and not acknowledged yet. */
interface Sent {
  seq: number;
  end: number;
  flags: number;
  payload: string;
  opaque: boolean;
  at: Micros;
}

const WSCALE = 10;
const RTO_MIN = 200 * MS, RTO_MAX = 120 * SECOND;
/** A SYN is first repeated four times at the same pace (net.ipv4.tcp_syn_linear_timeouts). */
const LINEAR = 4;
const BACKGROUND = { background: true };
const GSO_MAX = 65483;

export class TcpSender {
  readonly #socket: TcpSocket;
  /** What this end can take in one segment, and what it sends in one. */
  readonly advmss: number;
  mss: number;
  una: number;
  nxt: number;
  finQueued = false;
  finSent = false;
  queued = 0;
  retries = 0;
  /** Segments sent again. */
  retransmitted = 0;
  timer: Timer | undefined;
  readonly #tsOffset: number;
  readonly #hash: number;
  #ipId: number;
  #window = 65535;
  #peerScale = 0;
  #cwnd = 10;
  #queue: { bytes: string; opaque: boolean }[] = [];
  #flight: Sent[] = [];
  #linear = 0;
  rto: Micros = SECOND;
  #srtt = 0;
  #persist = 0;

  constructor(socket: TcpSocket, advmss: number) {
    this.#socket = socket;
    this.advmss = this.mss = advmss;
    const { numbers } = socket.ns.shared;
    this.una = this.nxt = numbers.uint32();
    this.#tsOffset = numbers.uint32();
    this.#hash = socket.ns.shared.hashes.uint32();
    this.#ipId = numbers.int(65536);
  }

  /** Bytes written and not acknowledged yet. */
  get pending(): number {
    return this.queued + ((this.nxt - this.una) >>> 0);
  }
  /** Bytes that may be on their way: as the congestion window and the receiver allow. */
  get congestionWindow(): number {
    return Math.min(this.#cwnd * this.mss, this.#window);
  }
  /** How long the oldest of what is on its way is not acknowledged. */
  get waited(): Micros {
    const first = this.#flight[0];
    return first ? this.#socket.ns.world.clock.now - first.at : 0;
  }
  get inFlight(): boolean {
    return this.#flight.length > 0;
  }

  /** What the other end said in its SYN. */
  options(t: TcpPart): void {
    if (t.mss !== undefined) this.mss = Math.min(this.advmss, t.mss);
    this.#peerScale = t.wscale ?? 0;
    this.#window = t.win;
    if (t.ts) this.mss -= 12;
  }

  window(t: TcpPart): void {
    this.#window = t.win << this.#peerScale;
  }

  write(bytes: string, opaque: boolean): void {
    this.#queue.push({ bytes, opaque });
    this.queued += bytes.length;
    this.push();
  }

  syn(flags: number): void {
    this.#send({ seq: this.nxt, end: (this.nxt + 1) >>> 0, flags, payload: '', opaque: false, at: 0 });
  }

  acknowledge(): void {
    this.transmit({ seq: this.nxt, flags: ACK, payload: '' });
  }

  reset(): void {
    this.transmit({ seq: this.nxt, flags: RST | ACK, payload: '' });
  }

  /** Sends as much as the windows allow. */
  push(): void {
    const socket = this.#socket;
    if (socket.state !== 'ESTABLISHED' && socket.state !== 'CLOSE_WAIT') return;
    while (this.#queue.length > 0) {
      const inFlight = (this.nxt - this.una) >>> 0;
      const room = Math.min(this.#window, this.#cwnd * this.mss) - inFlight;
      if (room <= 0 && inFlight === 0) return this.#probe();
      if (room <= 0 || (room < this.mss && room < this.queued && inFlight > 0)) break;
      const { bytes, opaque } = this.#take(Math.min(room, Math.max(this.mss, Math.floor(GSO_MAX / this.mss) * this.mss)));
      const last = this.#queue.length === 0;
      const fin = last && this.finQueued;
      this.#send({ seq: this.nxt, end: (this.nxt + bytes.length + (fin ? 1 : 0)) >>> 0, flags: ACK | (last ? PSH : 0) | (fin ? FIN : 0), payload: bytes, opaque, at: 0 });
      if (socket.closed) return;
      if (fin) return this.#finIsSent();
    }
    if (this.finQueued && !this.finSent && this.#queue.length === 0) {
      this.#send({ seq: this.nxt, end: (this.nxt + 1) >>> 0, flags: FIN | ACK, payload: '', opaque: false, at: 0 });
      this.#finIsSent();
    }
  }

  /** Something was acknowledged: true when that is news. */
  acked(ack: number): boolean {
    if (!after(ack, this.una) || after(ack, this.nxt)) return false;
    this.una = ack;
    this.retries = this.#persist = 0;
    let last: Sent | undefined;
    while (this.#flight.length > 0 && !after(this.#flight[0]!.end, ack)) {
      last = this.#flight.shift()!;
      this.#cwnd += Math.max(1, Math.ceil(last.payload.length / this.mss));
    }
    const { ns, remoteIp, localIp, oif } = this.#socket;
    if (last) this.#measure(ns.world.clock.now - last.at);
    this.#arm();
    const route = ns.fib.output(remoteIp, { src: localIp, oif });
    confirmNeighbour(route.dev, route.via ?? remoteIp);
    return true;
  }

  /** Sends again what is on its way (the path takes less than was thought, or a SYN came again). */
  again(): void {
    for (const s of this.#flight) this.transmit(s);
  }

  stop(): void {
    this.timer?.cancel();
    this.#queue = [];
    this.#flight = [];
  }

  transmit(s: { seq: number; flags: number; payload: string; opaque?: boolean }): void {
    const socket = this.#socket;
    const { ns } = socket;
    const syn = (s.flags & SYN) !== 0;
    const window = socket.announce(s.payload !== '');
    const tcp: TcpPart = {
      seq: s.seq, ack: s.flags & ACK ? socket.rcvNxt : 0, flags: s.flags, win: syn ? Math.min(window, 65535) : Math.min(65535, Math.ceil(window / (1 << WSCALE))), payload: s.payload,
    };
    tcp.ts = [(Math.floor(ns.world.clock.now / 1000) + this.#tsOffset) >>> 0, s.flags & ACK ? socket.tsPeer : 0];
    if (syn) {
      tcp.mss = this.advmss;
      tcp.sackOk = true;
      tcp.wscale = WSCALE;
    }
    if (s.opaque) tcp.opaque = true;
    if (s.payload.length > this.mss) tcp.gso = this.mss;
    const packet: Packet = {
      flow: ns.tracer.nextFlow(), src: socket.localIp, dst: socket.remoteIp, protocol: 'tcp', sport: socket.localPort, dport: socket.remotePort, ttl: 64, tos: 0, id: socket.state === 'SYN_RECV' ? 0 : this.#nextId(tcp), df: true,
      length: ipHeader(socket.remoteIp) + (syn ? 40 : 32) + s.payload.length, tcp, mark: 0, hash: this.#hash, offloaded: true, background: socket.background,
    };
    const { process } = socket;
    if (process && !socket.orphan) packet.owner = { uid: process.uid, gid: process.gid, process };
    if (ns.tracer.on) ns.tracer.step(ns, 'socket-send', packet, { note: process?.comm });
    ipOutput(ns, packet, { quiet: true, oif: socket.oif });
  }

  /** Up to that many bytes of the queue, as far as they are of one kind. */
  #take(most: number): { bytes: string; opaque: boolean } {
    const first = this.#queue[0]!;
    let { bytes } = first;
    if (bytes.length > most) {
      first.bytes = bytes.slice(most);
      bytes = bytes.slice(0, most);
    } else {
      this.#queue.shift();
      while (this.#queue.length > 0 && this.#queue[0]!.opaque === first.opaque && bytes.length + this.#queue[0]!.bytes.length <= most) bytes += this.#queue.shift()!.bytes;
    }
    this.queued -= bytes.length;
    return { bytes, opaque: first.opaque };
  }

  #send(s: Sent): void {
    const socket = this.#socket;
    const now = socket.ns.world.clock.now;
    s.at = now;
    this.nxt = s.end;
    const first = this.#flight.length === 0;
    this.#flight.push(s);
    socket.bytesSent += s.payload.length;
    if (first) this.#arm();
    // What becomes of it here does not matter to the socket (tcp_connect): it tries again.
    this.transmit(s);
  }

  /** Identification of the packet: each connection counts its own, segments that travel together one by one. */
  #nextId(tcp: TcpPart): number {
    const id = this.#ipId;
    this.#ipId = (id + (tcp.gso ? Math.ceil(tcp.payload.length / tcp.gso) : 1)) & 0xffff;
    return id;
  }

  #finIsSent(): void {
    if (this.#socket.closed) return;
    this.finSent = true;
    this.#socket.finIsSent();
  }

  #arm(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const socket = this.#socket;
    if (this.#flight.length === 0 || socket.closed) return;
    const base = socket.state === 'SYN_SENT' || socket.state === 'SYN_RECV' ? SECOND : this.rto;
    this.timer = socket.ns.world.clock.after(Math.min(RTO_MAX, base * 2 ** this.retries), () => this.#timeout(), BACKGROUND);
  }

  #timeout(): void {
    this.timer = undefined;
    const socket = this.#socket;
    const first = this.#flight[0];
    if (!first || socket.closed) return;
    const limit = socket.state === 'SYN_SENT' ? Number(socket.ns.get('net.ipv4.tcp_syn_retries')) : socket.state === 'SYN_RECV' ? Number(socket.ns.get('net.ipv4.tcp_synack_retries')) : socket.orphan ? 8 : Number(socket.ns.get('net.ipv4.tcp_retries2'));
    if (this.retries >= limit) return socket.failed('ETIMEDOUT');
    if (socket.state === 'SYN_SENT' && this.#linear < LINEAR) this.#linear++;
    else this.retries++;
    this.#cwnd = 10;
    this.#arm();
    this.retransmitted++;
    this.transmit(first);
  }

  /** The other end takes nothing: asked now and then whether that has changed. */
  #probe(): void {
    if (this.timer) return;
    const wait = Math.min(RTO_MAX, RTO_MIN * 2 ** this.#persist++);
    this.timer = this.#socket.ns.world.clock.after(wait, () => {
      this.timer = undefined;
      if (this.#socket.closed) return;
      this.transmit({ seq: (this.nxt - 1) >>> 0, flags: ACK, payload: '' });
      this.push();
    }, BACKGROUND);
  }

  #measure(rtt: Micros): void {
    this.#srtt = this.#srtt === 0 ? rtt : this.#srtt + (rtt - this.#srtt) / 8;
    this.rto = Math.max(RTO_MIN, this.#srtt * 2 + RTO_MIN - MS);
  }
}

/** Sequence numbers: a is later than b. */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}
