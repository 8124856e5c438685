/**
 * A TCP connection, segment by segment (net/ipv4/tcp*.c): handshake, sequence numbers, windows, slow start, delayed ACKs,
 * retransmission, orderly and abortive end. Wires lose nothing by themselves, so there is no fast retransmit and no SACK.
 */
import { MS, SECOND, type Micros, type Timer } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import type { Ipv4 } from './addresses.ts';
import { toBytes, Utf8 } from './bytes.ts';
import { SocketError, type NetErrno } from './errors.ts';
import { ipOutput } from './ip-output.ts';
import { confirmNeighbour } from './neighbour.ts';
import type { NetNamespace } from './namespace.ts';
import { ACK, FIN, PSH, RST, SYN, type IcmpType, type Packet, type TcpPart } from './packet.ts';
import { endpoint, type Endpoint, type SocketInfo } from './sockets.ts';
import type { TcpListener } from './tcp-listener.ts';

export type TcpState = 'LISTEN' | 'SYN_SENT' | 'SYN_RECV' | 'ESTABLISHED' | 'FIN_WAIT1' | 'FIN_WAIT2' | 'CLOSE_WAIT' | 'CLOSING' | 'LAST_ACK' | 'TIME_WAIT' | 'CLOSE';

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
const DELAYED_ACK = 40 * MS;
const TIME_WAIT = 60 * SECOND;
const BACKGROUND = { background: true };
const GSO_MAX = 65483;

export class TcpSocket {
  readonly ns: NetNamespace;
  /** undefined before accept and when nobody has it any more. */
  process: Process | undefined;
  localIp: Ipv4;
  localPort: number;
  readonly remoteIp: Ipv4;
  readonly remotePort: number;
  state: TcpState;
  readonly inode: number;
  fd = 0;
  readonly family: 4 | 6;
  /** The packet that opened it, on the accepting side. */
  syn: Packet | undefined;
  /** When it is over by itself (TIME_WAIT, FIN_WAIT2 of a closed socket); 0: it is not. */
  expires: Micros = 0;
  onOpen: (() => void) | undefined;
  onData: ((text: string) => void) | undefined;
  /** Instead of onData: one character is one byte. */
  onBytes: ((bytes: string) => void) | undefined;
  /** The other end sends no more. */
  onEnd: (() => void) | undefined;
  onError: ((errno: NetErrno) => void) | undefined;
  /** It is over, for whatever reason; last of all calls. */
  onClose: (() => void) | undefined;
  /** What was sent has been acknowledged up to here: room for more. */
  onDrain: (() => void) | undefined;
  error: NetErrno | undefined;
  readonly background: boolean;
  readonly listener: TcpListener | undefined;
  mss: number;
  readonly #advmss: number;
  readonly #iss: number;
  #sndUna: number;
  #sndNxt: number;
  #sndWnd = 65535;
  #rcvNxt = 0;
  #rcvWnd: number;
  #peerScale = 0;
  #tsPeer = 0;
  readonly #tsOffset: number;
  #cwnd = 10;
  #queue: { bytes: string; opaque: boolean }[] = [];
  #queued = 0;
  #flight: Sent[] = [];
  #finQueued = false;
  #finSent = false;
  #timer: Timer | undefined;
  #retries = 0;
  #linear = 0;
  #rto: Micros = SECOND;
  #srtt = 0;
  #ackTimer: Timer | undefined;
  #unacked = 0;
  #quick = 16;
  #pingpong = false;
  #lastReceived: Micros = 0;
  #utf8: Utf8 | undefined;
  #inbox = '';
  #ended = false;
  #closed = false;
  /** The process has closed it: what comes is answered with a reset. */
  #orphan = false;
  #unhook: (() => void) | undefined;
  bytesSent = 0;
  bytesReceived = 0;

  constructor(o: { ns: NetNamespace; process: Process | undefined; localIp: Ipv4; localPort: number; remoteIp: Ipv4; remotePort: number; background: boolean; listener?: TcpListener; family?: 4 | 6 }) {
    this.ns = o.ns;
    this.process = o.process;
    this.localIp = o.localIp;
    this.localPort = o.localPort;
    this.remoteIp = o.remoteIp;
    this.remotePort = o.remotePort;
    this.background = o.background;
    this.listener = o.listener;
    this.family = o.family ?? 4;
    this.state = o.listener ? 'SYN_RECV' : 'SYN_SENT';
    const { numbers } = this.ns.shared;
    this.#iss = numbers.uint32();
    this.#tsOffset = numbers.uint32();
    this.inode = this.ns.shared.nextInode();
    this.#sndUna = this.#sndNxt = this.#iss;
    const route = this.ns.fib.output(this.remoteIp, { src: this.localIp });
    this.#advmss = Math.min((route.error ? 1500 : this.ns.pathMtu(this.remoteIp, route)) - 40, 65495);
    this.mss = this.#advmss;
    const unit = o.listener ? this.#advmss - 12 : this.#advmss;
    this.#rcvWnd = Math.floor(65535 / unit) * unit;
    if (this.process) this.#hook(this.process);
  }

  get local(): Endpoint {
    return endpoint(this.localIp, this.localPort);
  }
  get remote(): Endpoint {
    return endpoint(this.remoteIp, this.remotePort);
  }
  /** Bytes written and not acknowledged yet. */
  get pending(): number {
    return this.#queued + ((this.#sndNxt - this.#sndUna) >>> 0);
  }
  /** Whether more may be written in one go without filling the send buffer. */
  get writable(): boolean {
    return this.#queued < 262_144;
  }

  /** Sends text (as UTF-8). After end() or an error: nothing is sent, onError EPIPE if it was ended by the other side. */
  write(text: string): void {
    this.writeBytes(toBytes(text));
  }

  /** `opaque`: what it says is for the endpoints only (encrypted). */
  writeBytes(bytes: string, opaque = false): void {
    if (bytes === '' || this.#finQueued || this.#closed) return;
    this.#queue.push({ bytes, opaque });
    this.#queued += bytes.length;
    this.#push();
  }

  /** No more will be written: FIN after what is queued. */
  end(): void {
    if (this.#finQueued || this.#closed) return;
    if (this.state === 'SYN_SENT' && this.#queue.length === 0) return this.#close();
    this.#finQueued = true;
    this.#push();
  }

  /** Closes both directions, as close(2) does: what still comes is answered with a reset. */
  close(): void {
    if (this.#closed) return;
    if (this.#inbox !== '') return this.abort();
    this.#orphan = true;
    this.end();
    if (this.state === 'FIN_WAIT2') this.#expireIn(this.#finTimeout());
    this.#release();
  }

  /** Ends the connection with a reset. */
  abort(): void {
    if (this.#closed) return;
    if (this.state !== 'SYN_SENT') this.#transmit({ seq: this.#sndNxt, flags: RST | ACK, payload: '' });
    this.#close();
  }

  /** Forgets the connection without telling anybody. */
  vanish(): void {
    this.#close();
  }

  /** The next piece of text; null at the end. Throws SocketError. */
  receive(process: Process): Promise<string | null> {
    return process.wait((resume, fail) => {
      const clear = () => (this.onData = this.onEnd = this.onError = undefined);
      const step = () => {
        if (this.#inbox !== '') {
          const text = this.takeText();
          if (text !== '') {
            clear();
            return resume(text);
          }
        }
        if (this.error) {
          clear();
          return fail(new SocketError(this.error));
        }
        if (this.#ended || this.#closed) {
          clear();
          resume(null);
        }
      };
      this.onEnd = step;
      this.onError = step;
      this.onData = (text) => {
        clear();
        resume(text);
      };
      step();
      return clear;
    });
  }

  /** What came while nobody listened. */
  takeText(): string {
    const all = this.#inbox;
    this.#inbox = '';
    return (this.#utf8 ??= new Utf8()).decode(all);
  }

  /** Hands over what came before the handlers were set. */
  flush(): void {
    if (this.#inbox === '') return;
    const all = this.#inbox;
    this.#inbox = '';
    this.#deliver(all);
  }

  info(): SocketInfo {
    const now = this.ns.world.clock.now;
    const gone = this.state === 'TIME_WAIT' || this.#orphan;
    const info: SocketInfo = {
      proto: 'tcp', family: this.family, state: this.state, local: this.local, remote: this.remote, recvQ: this.#inbox.length, sendQ: this.state === 'TIME_WAIT' ? 0 : this.pending,
      process: gone ? undefined : this.process, uid: gone ? 0 : (this.process?.uid ?? 0), inode: gone ? 0 : this.inode, fd: gone ? 0 : this.fd, socket: this,
    };
    if (this.expires > 0) info.timer = { name: 'timewait', left: Math.max(0, Math.round((this.expires - now) / MS)), retries: 0 };
    else if (this.#timer && this.#flight.length > 0) info.timer = { name: 'on', left: Math.max(0, Math.round((this.#timer.at - now) / MS)), retries: this.#retries };
    return info;
  }

  /* ---- for the stack ---- */

  /** Sends the SYN. Calls onError later when that fails at once. */
  open(): void {
    this.#send({ seq: this.#iss, end: (this.#iss + 1) >>> 0, flags: SYN, payload: '', opaque: false, at: 0 });
  }

  /** A SYN has come to the listener: answers it. */
  accept(syn: TcpPart): void {
    this.#rcvNxt = (syn.seq + 1) >>> 0;
    this.#options(syn);
    this.#sndWnd = syn.win;
    this.#send({ seq: this.#iss, end: (this.#iss + 1) >>> 0, flags: SYN | ACK, payload: '', opaque: false, at: 0 });
  }

  /** The connect call failed before anything was sent. */
  failed(errno: NetErrno): void {
    this.#fail(errno);
  }

  icmpError(type: IcmpType, code: number, errno: NetErrno): void {
    if (type === 'destination-unreachable' && code === 4) {
      const route = this.ns.fib.output(this.remoteIp, { src: this.localIp });
      const mss = this.ns.pathMtu(this.remoteIp, route) - 52;
      if (mss < this.mss) {
        this.mss = mss;
        for (const s of this.#flight) this.#transmit(s);
      }
      return;
    }
    if (this.state === 'SYN_SENT') this.#fail(errno);
  }

  /** A segment for this connection. */
  receiveSegment(packet: Packet): void {
    const t = packet.tcp!;
    const now = this.ns.world.clock.now;
    if (this.state === 'SYN_SENT') return this.#synSent(t);
    if (this.state === 'TIME_WAIT') {
      if (t.flags & RST) this.#close();
      else if (t.flags & FIN) {
        this.#acknowledge();
        this.#expireIn(TIME_WAIT);
      }
      return;
    }
    if (t.flags & RST) {
      if (t.seq !== this.#rcvNxt && !within(t.seq, this.#rcvNxt, this.#rcvWnd)) return;
      return this.#fail(this.state === 'CLOSE_WAIT' ? 'EPIPE' : 'ECONNRESET', this.state === 'SYN_RECV');
    }
    if (t.flags & SYN) {
      if (this.state === 'SYN_RECV') for (const s of this.#flight) this.#transmit(s);
      else this.#acknowledge();
      return;
    }
    if (!(t.flags & ACK)) return;
    if (t.ts) this.#tsPeer = t.ts[0];
    this.#sndWnd = t.win << this.#peerScale;
    if (this.state === 'SYN_RECV') {
      // With a full backlog the last step of the handshake is ignored: the client believes it is connected, SYN-ACK comes again.
      if (t.ack !== this.#sndNxt || this.listener!.full) return;
      this.state = 'ESTABLISHED';
      this.#lastReceived = now;
      this.#acked(t.ack);
      this.listener!.established(this);
      if (this.#closed) return;
    } else this.#acked(t.ack);
    if (this.#closed) return;
    const fin = (t.flags & FIN) !== 0;
    if (t.payload !== '' || fin) this.#data(t, fin);
    if (!this.#closed) this.#push();
  }

  /* ---- receiving ---- */

  #synSent(t: TcpPart): void {
    if (t.flags & ACK && t.ack !== this.#sndNxt) return;
    if (t.flags & RST) {
      if (t.flags & ACK) this.#fail('ECONNREFUSED');
      return;
    }
    if (!(t.flags & SYN) || !(t.flags & ACK)) return;
    this.#rcvNxt = (t.seq + 1) >>> 0;
    this.#options(t);
    this.#sndWnd = t.win;
    this.state = 'ESTABLISHED';
    this.#acked(t.ack);
    this.#acknowledge();
    this.onOpen?.();
    this.#push();
  }

  #options(t: TcpPart): void {
    if (t.mss !== undefined) this.mss = Math.min(this.#advmss, t.mss);
    this.#peerScale = t.wscale ?? 0;
    if (t.ts) {
      this.#tsPeer = t.ts[0];
      this.mss -= 12;
    }
  }

  #acked(ack: number): void {
    if (!after(ack, this.#sndUna) || after(ack, this.#sndNxt)) return;
    this.#sndUna = ack;
    this.#retries = 0;
    let last: Sent | undefined;
    while (this.#flight.length > 0 && !after(this.#flight[0]!.end, ack)) {
      last = this.#flight.shift()!;
      this.#cwnd += Math.max(1, Math.ceil(last.payload.length / this.mss));
    }
    if (last) this.#measure(this.ns.world.clock.now - last.at);
    this.#arm();
    const route = this.ns.fib.output(this.remoteIp, { src: this.localIp });
    confirmNeighbour(route.dev, route.via ?? this.remoteIp);
    if (this.#finSent && this.#sndUna === this.#sndNxt) this.#finAcked();
    else if (this.#queued === 0) this.onDrain?.();
  }

  #finAcked(): void {
    if (this.state === 'FIN_WAIT1') {
      this.state = 'FIN_WAIT2';
      if (this.#orphan) this.#expireIn(this.#finTimeout());
    } else if (this.state === 'CLOSING') this.#timeWait();
    else if (this.state === 'LAST_ACK') this.#close();
  }

  #data(t: TcpPart, fin: boolean): void {
    const now = this.ns.world.clock.now;
    let payload = t.payload;
    const old = (this.#rcvNxt - t.seq) >>> 0;
    if (old !== 0) {
      // A retransmission: what is known already is cut off; anything else is out of order and waits for the sender.
      if (old > 0x7fffffff || old >= payload.length + (fin ? 1 : 0)) return this.#acknowledge();
      payload = payload.slice(old);
    }
    if (payload !== '' && this.#orphan) return this.abort();
    this.#rcvNxt = (this.#rcvNxt + payload.length) >>> 0;
    this.#unacked += payload.length;
    this.bytesReceived += payload.length;
    if (payload.length >= this.mss) this.#rcvWnd = Math.min(this.#rcvWnd + 2 * Math.min(payload.length, 4 * this.mss), 3_145_728);
    this.#lastReceived = now;
    if (fin) {
      this.#rcvNxt = (this.#rcvNxt + 1) >>> 0;
      if (this.state === 'FIN_WAIT2') {
        this.#acknowledge();
        this.#timeWait();
      } else if (this.state === 'FIN_WAIT1') {
        this.#acknowledge();
        this.state = 'CLOSING';
      } else if (this.state === 'ESTABLISHED') this.state = 'CLOSE_WAIT';
    }
    if (this.state !== 'TIME_WAIT' && this.state !== 'CLOSING') {
      if (this.#unacked > this.mss || (this.#quick > 0 && !this.#pingpong)) {
        this.#quick--;
        this.#acknowledge();
      } else this.#ackTimer ??= this.ns.world.clock.after(DELAYED_ACK, () => this.#acknowledge(), BACKGROUND);
    }
    if (payload !== '') this.#deliver(payload);
    if (fin && !this.#ended) {
      this.#ended = true;
      this.onEnd?.();
      if (this.state === 'TIME_WAIT') this.#told();
    }
  }

  #deliver(bytes: string): void {
    if (this.onBytes) this.onBytes(bytes);
    else if (this.onData) {
      const text = (this.#utf8 ??= new Utf8()).decode(bytes);
      if (text !== '') this.onData(text);
    } else this.#inbox += bytes;
  }

  /* ---- sending ---- */

  #push(): void {
    if (this.state !== 'ESTABLISHED' && this.state !== 'CLOSE_WAIT') return;
    while (this.#queue.length > 0) {
      const inFlight = (this.#sndNxt - this.#sndUna) >>> 0;
      const room = Math.min(this.#sndWnd - inFlight, (this.#cwnd * this.mss) - inFlight);
      if (room <= 0 || (room < this.mss && room < this.#queued && inFlight > 0)) break;
      const first = this.#queue[0]!;
      const most = Math.min(room, Math.max(this.mss, Math.floor(GSO_MAX / this.mss) * this.mss));
      let bytes = first.bytes;
      if (bytes.length > most) {
        bytes = first.bytes.slice(0, most);
        first.bytes = first.bytes.slice(most);
      } else {
        this.#queue.shift();
        while (this.#queue.length > 0 && this.#queue[0]!.opaque === first.opaque && bytes.length + this.#queue[0]!.bytes.length <= most) bytes += this.#queue.shift()!.bytes;
      }
      this.#queued -= bytes.length;
      const last = this.#queue.length === 0;
      const fin = last && this.#finQueued;
      this.#send({ seq: this.#sndNxt, end: (this.#sndNxt + bytes.length + (fin ? 1 : 0)) >>> 0, flags: ACK | (last ? PSH : 0) | (fin ? FIN : 0), payload: bytes, opaque: first.opaque, at: 0 });
      if (this.#closed) return;
      if (fin) return this.#finIsSent();
    }
    if (this.#finQueued && !this.#finSent && this.#queue.length === 0) {
      this.#send({ seq: this.#sndNxt, end: (this.#sndNxt + 1) >>> 0, flags: FIN | ACK, payload: '', opaque: false, at: 0 });
      this.#finIsSent();
    }
  }

  #finIsSent(): void {
    if (this.#closed) return;
    this.#finSent = true;
    this.state = this.state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT1';
  }

  #send(s: Sent): void {
    const now = this.ns.world.clock.now;
    if (s.payload !== '' && now - this.#lastReceived < DELAYED_ACK && this.#lastReceived > 0) this.#pingpong = true;
    s.at = now;
    this.#sndNxt = s.end;
    this.#flight.push(s);
    this.bytesSent += s.payload.length;
    if (!this.#timer) this.#arm();
    const error = this.#transmit(s);
    if (error && this.state === 'SYN_SENT' && error !== 'EPERM') {
      this.#timer?.cancel();
      this.ns.world.clock.after(0, () => this.#fail(error));
    }
  }

  #acknowledge(): void {
    this.#transmit({ seq: this.#sndNxt, flags: ACK, payload: '' });
  }

  #transmit(s: { seq: number; flags: number; payload: string; opaque?: boolean }): NetErrno | undefined {
    const { ns } = this;
    const syn = (s.flags & SYN) !== 0;
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
    this.#unacked = 0;
    const tcp: TcpPart = {
      seq: s.seq, ack: s.flags & ACK ? this.#rcvNxt : 0, flags: s.flags,
      win: s.flags & RST ? 0 : syn ? Math.min(this.#rcvWnd, 65535) : Math.min(65535, Math.ceil(this.#rcvWnd / (1 << WSCALE))),
      ts: [this.#tsVal(), s.flags & ACK ? this.#tsPeer : 0], payload: s.payload,
    };
    if (syn) {
      tcp.mss = this.#advmss;
      tcp.sackOk = true;
      tcp.wscale = WSCALE;
    }
    if (s.opaque) tcp.opaque = true;
    if (s.payload.length > this.mss) tcp.gso = this.mss;
    if (s.flags & RST) delete tcp.ts;
    const header = s.flags & RST ? 40 : syn ? 60 : 52;
    const packet: Packet = {
      flow: ns.tracer.nextFlow(), src: this.localIp, dst: this.remoteIp, protocol: 'tcp', sport: this.localPort, dport: this.remotePort, ttl: 64, tos: 0, id: ns.nextIpId(), df: true,
      length: header + s.payload.length, tcp, mark: 0, background: this.background,
    };
    if (this.process && !this.#orphan) packet.owner = { uid: this.process.uid, gid: this.process.gid, process: this.process };
    if (ns.tracer.on) ns.tracer.step(ns, 'socket-send', packet, { note: this.process?.comm });
    return ipOutput(ns, packet, { quiet: true });
  }

  #tsVal(): number {
    return (Math.floor(this.ns.world.clock.now / 1000) + this.#tsOffset) >>> 0;
  }

  /* ---- timers ---- */

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#flight.length === 0 || this.#closed) return;
    const opening = this.state === 'SYN_SENT' || this.state === 'SYN_RECV';
    const base = opening ? SECOND : this.#rto;
    this.#timer = this.ns.world.clock.after(Math.min(RTO_MAX, base * 2 ** this.#retries), () => this.#timeout(), BACKGROUND);
  }

  #timeout(): void {
    this.#timer = undefined;
    const first = this.#flight[0];
    if (!first || this.#closed) return;
    const limit = this.state === 'SYN_SENT' ? Number(this.ns.get('net.ipv4.tcp_syn_retries')) : this.state === 'SYN_RECV' ? 5 : this.#orphan ? 8 : 15;
    if (this.#retries >= limit) return this.#fail('ETIMEDOUT', this.state === 'SYN_RECV');
    // A SYN is first repeated four times at the same pace (net.ipv4.tcp_syn_linear_timeouts).
    if (this.state === 'SYN_SENT' && this.#linear < 4) this.#linear++;
    else this.#retries++;
    this.#cwnd = 10;
    this.#arm();
    this.#transmit(first);
  }

  #measure(rtt: Micros): void {
    this.#srtt = this.#srtt === 0 ? rtt : this.#srtt + (rtt - this.#srtt) / 8;
    this.#rto = Math.max(RTO_MIN, this.#srtt * 2 + RTO_MIN - MS);
  }

  #finTimeout(): Micros {
    return Number(this.ns.get('net.ipv4.tcp_fin_timeout')) * SECOND;
  }

  #expireIn(time: Micros): void {
    this.expires = this.ns.world.clock.now + time;
  }

  #timeWait(): void {
    this.state = 'TIME_WAIT';
    this.#timer?.cancel();
    this.#ackTimer?.cancel();
    this.#expireIn(TIME_WAIT);
    this.#release();
    if (this.#ended) this.#told();
  }

  /* ---- the end ---- */

  #fail(errno: NetErrno, silent = false): void {
    if (this.#closed) return;
    this.error = errno;
    const tell = silent ? undefined : this.onError;
    const told = this.onClose;
    this.onClose = undefined;
    this.#close();
    tell?.(errno);
    told?.();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.state = 'CLOSE';
    this.#timer?.cancel();
    this.#ackTimer?.cancel();
    this.#queue = [];
    this.#flight = [];
    this.ns.sockets.removeTcp(this);
    this.listener?.forget(this);
    this.#release();
    this.#told();
  }

  #told(): void {
    const told = this.onClose;
    this.onClose = undefined;
    told?.();
  }

  #release(): void {
    this.#unhook?.();
    this.#unhook = undefined;
  }

  #hook(process: Process): void {
    this.fd = this.ns.shared.nextFd(process);
    this.#unhook = process.onExit(() => this.close());
  }

  /** The listener's process has accepted it. */
  accepted(process: Process): void {
    this.process = process;
    this.#hook(process);
  }
}

/** Sequence numbers: a is later than b. */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

function within(seq: number, from: number, size: number): boolean {
  return ((seq - from) >>> 0) < size;
}
