/**
 * A TCP connection, segment by segment (net/ipv4/tcp*.c): states, the receiving half with its delayed ACKs, orderly and
 * abortive end. Wires lose nothing by themselves, so there is no fast retransmit and no SACK.
 */
import { MS, SECOND, type Micros, type Timer } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import { IPV4_MAX, type Ip } from './addresses.ts';
import type { Link } from './link.ts';
import { toBytes, Utf8 } from './bytes.ts';
import { SocketError, type NetErrno } from './errors.ts';
import type { NetNamespace } from './namespace.ts';
import { ACK, FIN, ipHeader, RST, SYN, type Packet, type TcpPart } from './packet.ts';
import { endpoint, type Endpoint, type SocketInfo } from './sockets.ts';
import type { TcpListener } from './tcp-listener.ts';
import { DelayedAcks } from './tcp-acks.ts';
import { TcpSender } from './tcp-sender.ts';

export type TcpState = 'LISTEN' | 'SYN_SENT' | 'SYN_RECV' | 'ESTABLISHED' | 'FIN_WAIT1' | 'FIN_WAIT2' | 'CLOSE_WAIT' | 'CLOSING' | 'LAST_ACK' | 'TIME_WAIT' | 'CLOSE';

const TIME_WAIT = 60 * SECOND;
const WINDOW_MAX = 3_145_728;
const BACKGROUND = { background: true };

export interface TcpSocketOptions {
  ns: NetNamespace;
  process: Process | undefined;
  localIp: Ip;
  localPort: number;
  remoteIp: Ip;
  remotePort: number;
  background: boolean;
  /** Set on the accepting side. */
  listener?: TcpListener;
  family?: 4 | 6;
  /** The device that a link-local peer is at. */
  oif?: Link | undefined;
}

export class TcpSocket {
  readonly ns: NetNamespace;
  /** undefined before accept. */
  process: Process | undefined;
  readonly localIp: Ip;
  readonly localPort: number;
  readonly remoteIp: Ip;
  readonly remotePort: number;
  state: TcpState;
  readonly inode: number;
  fd = 0;
  readonly family: 4 | 6;
  readonly oif: Link | undefined;
  readonly background: boolean;
  readonly listener: TcpListener | undefined;
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
  /** All that was written has been sent and acknowledged. */
  onDrain: (() => void) | undefined;
  error: NetErrno | undefined;
  /** The process has closed it: what still comes is answered with a reset. */
  orphan = false;
  closed = false;
  bytesSent = 0;
  bytesReceived = 0;
  /** For the sender: what this end expects next, the timestamp to echo. */
  rcvNxt = 0;
  tsPeer = 0;
  readonly sender: TcpSender;
  readonly #acks: DelayedAcks;
  #window: number;
  #utf8: Utf8 | undefined;
  #inbox = '';
  #ended = false;
  #endTold = false;
  #paused = false;
  #resume: Timer | undefined;
  #unhook: (() => void) | undefined;

  constructor(o: TcpSocketOptions) {
    this.ns = o.ns;
    this.process = o.process;
    this.localIp = o.localIp;
    this.localPort = o.localPort;
    this.remoteIp = o.remoteIp;
    this.remotePort = o.remotePort;
    this.background = o.background;
    this.listener = o.listener;
    this.family = o.family ?? (o.remoteIp > IPV4_MAX ? 6 : 4);
    this.oif = o.oif;
    this.state = o.listener ? 'SYN_RECV' : 'SYN_SENT';
    this.inode = this.ns.shared.nextInode();
    const route = this.ns.fib.output(this.remoteIp, { src: this.localIp, oif: o.oif });
    const advmss = Math.min((route.error ? 1500 : this.ns.pathMtu(this.remoteIp, route)) - ipHeader(this.remoteIp) - 20, 65495);
    this.sender = new TcpSender(this, advmss);
    this.#acks = new DelayedAcks(this.ns.world.clock, advmss, () => this.sender.acknowledge());
    const unit = o.listener ? advmss - 12 : advmss;
    this.#window = Math.floor(65535 / unit) * unit;
    if (this.process) this.#hook(this.process);
  }

  get local(): Endpoint {
    return endpoint(this.localIp, this.localPort);
  }
  get remote(): Endpoint {
    return endpoint(this.remoteIp, this.remotePort);
  }
  /** Bytes of payload that it puts in one segment. */
  /** Of what was written: bytes acknowledged, segments sent again, and bytes that may be on their way. */
  get progress(): { acked: number; retransmitted: number; window: number } {
    const { sender } = this;
    return { acked: this.bytesSent - ((sender.nxt - sender.una) >>> 0), retransmitted: sender.retransmitted, window: sender.congestionWindow };
  }
  get mss(): number {
    return this.sender.mss;
  }
  /** Bytes written and not acknowledged yet. */
  get pending(): number {
    return this.sender.pending;
  }
  /** Whether more may be written without filling the send buffer. */
  get writable(): boolean {
    return this.sender.queued < 262_144;
  }

  /** Sends text (as UTF-8). After end() or an error nothing is sent. */
  write(text: string): void {
    this.writeBytes(toBytes(text));
  }

  /** `opaque`: what it says is for the endpoints only (encrypted). */
  writeBytes(bytes: string, opaque = false): void {
    if (bytes !== '' && !this.sender.finQueued && !this.closed) this.sender.write(bytes, opaque);
  }

  /** No more will be written: FIN after what is queued. */
  end(): void {
    if (this.sender.finQueued || this.closed) return;
    if (this.state === 'SYN_SENT' && this.sender.queued === 0) return this.#close();
    this.sender.finQueued = true;
    this.sender.push();
  }

  /** Closes both directions, as close(2) does: with a reset when something was not read. */
  close(): void {
    if (this.closed) return;
    if (this.#inbox !== '') return this.abort();
    this.orphan = true;
    this.end();
    if (this.state === 'FIN_WAIT2') this.#expireIn(this.#finTimeout());
    this.#release();
  }

  /** Ends the connection with a reset. */
  abort(): void {
    if (this.closed) return;
    if (this.state !== 'SYN_SENT') this.sender.reset();
    this.#close();
  }

  /** Forgets the connection without telling anybody. */
  vanish(): void {
    this.#close();
  }

  /** Reads no more for now: what comes fills the receive buffer, then the window closes. */
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    this.flush();
  }

  /** The next piece of text; null at the end, undefined when `timeout` is over before. Throws SocketError. */
  receive(process: Process): Promise<string | null>;
  receive(process: Process, timeout: Micros | undefined): Promise<string | null | undefined>;
  receive(process: Process, timeout?: Micros): Promise<string | null | undefined> {
    return process.wait<string | null | undefined>((resume, fail) => {
      const timer = timeout === undefined ? undefined : process.world.clock.after(timeout, () => {
        clear();
        resume(undefined);
      });
      const clear = () => {
        timer?.cancel();
        this.onData = this.onEnd = this.onError = undefined;
      };
      const step = () => {
        const text = this.takeText();
        if (text === '' && !this.error && !this.#ended && !this.closed) return;
        clear();
        if (text !== '') resume(text);
        else if (this.error) fail(new SocketError(this.error));
        else resume(null);
      };
      this.onEnd = this.onError = step;
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
    if (this.#inbox === '') return '';
    const all = this.#inbox;
    this.#inbox = '';
    this.#hasRead(all.length);
    return (this.#utf8 ??= new Utf8()).decode(all);
  }

  /** Hands over what came before the handlers were set, or while nobody read. */
  flush(): void {
    if (this.#held()) return;
    const all = this.#inbox;
    this.#inbox = '';
    if (all !== '') this.#deliver(all);
    this.#tellEnd();
  }

  /** An ACK where one is due, or where the window at least doubles by what was read (tcp_cleanup_rbuf). */
  #hasRead(bytes: number): void {
    if (this.closed || this.state === 'TIME_WAIT') return;
    if (bytes > this.#window / 2) this.#acknowledge();
    else this.#acks.read();
  }

  info(): SocketInfo {
    const now = this.ns.world.clock.now;
    const gone = this.state === 'TIME_WAIT' || this.orphan;
    const info: SocketInfo = {
      proto: 'tcp', family: this.family, state: this.state, local: this.local, remote: this.remote, recvQ: this.#inbox.length, sendQ: this.state === 'TIME_WAIT' || this.state === 'SYN_RECV' ? 0 : this.pending,
      process: gone ? undefined : this.process, uid: gone ? 0 : (this.process?.uid ?? 0), inode: gone ? 0 : this.inode, fd: gone ? 0 : this.fd, socket: this,
    };
    const left = (at: Micros) => Math.max(0, Math.round((at - now) / MS));
    const { timer, inFlight, retries } = this.sender;
    if (this.expires > 0) info.timer = { name: 'timewait', left: left(this.expires), retries: 0 };
    else if (timer) info.timer = { name: inFlight ? 'on' : 'persist', left: left(timer.at), retries };
    return info;
  }

  /* ---- for the stack ---- */

  /** Sends the SYN. Calls onError later when that fails at once. */
  open(): void {
    this.sender.syn(SYN);
  }

  /** A SYN has come to the listener: answers it. */
  accept(syn: TcpPart): void {
    this.rcvNxt = (syn.seq + 1) >>> 0;
    this.#options(syn);
    this.sender.syn(SYN | ACK);
  }

  /** The listener's process has it now. */
  accepted(process: Process): void {
    this.process = process;
    this.#hook(process);
  }

  /** It came to nothing: refused, timed out, unreachable. */
  failed(errno: NetErrno): void {
    this.#fail(errno, this.state === 'SYN_RECV');
  }

  /** EMSGSIZE: the path takes less than was thought. `abort`: what only begins is not worth waiting for (tcp_req_err). */
  icmpError(errno: NetErrno, abort: boolean): void {
    if (errno === 'EMSGSIZE') {
      const route = this.ns.fib.output(this.remoteIp, { src: this.localIp, oif: this.oif });
      const mss = this.ns.pathMtu(this.remoteIp, route) - ipHeader(this.remoteIp) - 32;
      if (mss >= this.sender.mss) return;
      this.sender.mss = mss;
      this.sender.again();
    } else if (this.state === 'SYN_SENT' && !(this.remoteIp > IPV4_MAX && this.sender.retransmitted === 0 && this.sender.waited < MS)) {
      // What comes back at once of the first SYN over IPv6 finds the socket in connect(2)'s hands, and is only remembered (sk_err_soft of tcp_v6_err).
      this.#fail(errno);
    } else if (this.state === 'SYN_RECV' && abort) this.#fail(errno, true);
  }

  /** The window to announce, with data or without; whatever carries it acknowledges all that came. */
  announce(data: boolean): number {
    this.#acks.sent(data);
    return Math.max(0, this.#window - this.#inbox.length);
  }

  finIsSent(): void {
    this.state = this.state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT1';
  }

  /** A segment for this connection. */
  receiveSegment(packet: Packet): void {
    const t = packet.tcp!;
    if (this.state === 'SYN_SENT') return this.#synSent(t);
    if (this.state === 'TIME_WAIT') return this.#timeWaiting(t);
    if (t.flags & RST) {
      const fits = t.seq === this.rcvNxt || ((t.seq - this.rcvNxt) >>> 0) < this.#window;
      if (fits) this.#fail(this.state === 'CLOSE_WAIT' ? 'EPIPE' : 'ECONNRESET', this.state === 'SYN_RECV');
      return;
    }
    if (t.flags & SYN) {
      if (this.state === 'SYN_RECV') this.sender.again();
      else this.#acknowledge();
      return;
    }
    if (!(t.flags & ACK)) return;
    // With a full backlog the last step of the handshake is ignored: the client believes it is connected, SYN-ACK comes again.
    if (this.state === 'SYN_RECV' && (t.ack !== this.sender.nxt || this.listener!.full)) return;
    if (t.ts) this.tsPeer = t.ts[0];
    this.sender.window(t);
    if (this.state === 'SYN_RECV') {
      this.state = 'ESTABLISHED';
      this.sender.acked(t.ack);
      this.listener!.established(this);
    } else this.#acked(t.ack);
    if (this.closed) return;
    const fin = (t.flags & FIN) !== 0;
    if (t.payload !== '' || fin) this.#data(t, fin);
    else if (t.seq === (this.rcvNxt - 1) >>> 0) this.#acknowledge();
    if (!this.closed) this.sender.push();
  }

  /* ---- receiving ---- */

  #synSent(t: TcpPart): void {
    if (t.flags & ACK && t.ack !== this.sender.nxt) return;
    if (t.flags & RST) {
      if (t.flags & ACK) this.#fail('ECONNREFUSED');
      return;
    }
    if (!(t.flags & SYN) || !(t.flags & ACK)) return;
    this.rcvNxt = (t.seq + 1) >>> 0;
    this.#options(t);
    this.state = 'ESTABLISHED';
    this.sender.acked(t.ack);
    this.#acknowledge();
    this.onOpen?.();
    this.sender.push();
  }

  #options(t: TcpPart): void {
    if (t.ts) this.tsPeer = t.ts[0];
    this.sender.options(t);
  }

  #timeWaiting(t: TcpPart): void {
    if (t.flags & RST) this.#close();
    else if (t.flags & FIN) {
      this.#acknowledge();
      this.#expireIn(TIME_WAIT);
    }
  }

  #acked(ack: number): void {
    if (!this.sender.acked(ack)) return;
    if (!this.sender.finSent || this.sender.una !== this.sender.nxt) {
      if (this.sender.pending === 0) this.onDrain?.();
    } else if (this.state === 'FIN_WAIT1') {
      this.state = 'FIN_WAIT2';
      if (this.orphan) this.#expireIn(this.#finTimeout());
    } else if (this.state === 'CLOSING') this.#timeWait();
    else if (this.state === 'LAST_ACK') this.#close();
  }

  #data(t: TcpPart, fin: boolean): void {
    let { payload } = t;
    const old = (this.rcvNxt - t.seq) >>> 0;
    if (old !== 0) {
      // A retransmission: what is known already is cut off; anything else is out of order and waits for the sender.
      if (old > 0x7fffffff || old >= payload.length + (fin ? 1 : 0)) return this.#acks.repeated(this.#window);
      payload = payload.slice(old);
    }
    if (payload !== '' && this.orphan) return this.abort();
    // Nothing fits into a full buffer (an announced window was rounded up, so a little more than it does).
    if (payload !== '' && this.#window - this.#inbox.length <= -1024) return this.#acknowledge();
    this.rcvNxt = (this.rcvNxt + payload.length + (fin ? 1 : 0)) >>> 0;
    this.bytesReceived += payload.length;
    if (payload !== '') this.#acks.received(t, payload.length, this.#window, this.sender.rto);
    // What nobody reads yet is in the buffer before the window is announced.
    if (this.#held() || !(this.onBytes ?? this.onData)) {
      this.#inbox += payload;
      payload = '';
    } else if (payload.length >= this.sender.mss) this.#window = Math.min(this.#window + 2 * Math.min(payload.length, 4 * this.sender.mss), WINDOW_MAX);
    if (fin) this.#fin();
    if (this.state !== 'TIME_WAIT') {
      this.sender.push();
      this.#acks.check();
    }
    if (payload !== '') this.#deliver(payload);
    if (fin) {
      this.#ended = true;
      this.#tellEnd();
    }
  }

  /** The other end sends no more (tcp_fin). */
  #fin(): void {
    if (this.state === 'FIN_WAIT2') {
      this.#acknowledge();
      this.#timeWait();
    } else if (this.state === 'FIN_WAIT1') {
      this.#acknowledge();
      this.state = 'CLOSING';
    } else {
      if (this.state === 'ESTABLISHED') this.state = 'CLOSE_WAIT';
      this.#acks.fin();
    }
  }

  #acknowledge(): void {
    this.sender.acknowledge();
  }

  #deliver(bytes: string): void {
    if (this.#held() || !(this.onBytes ?? this.onData)) return void (this.#inbox += bytes);
    this.#hasRead(bytes.length);
    if (this.onBytes) return this.onBytes(bytes);
    const text = (this.#utf8 ??= new Utf8()).decode(bytes);
    if (text !== '') this.onData!(text);
  }

  #tellEnd(): void {
    if (!this.#ended || this.#endTold || this.#held()) return;
    this.#endTold = true;
    this.onEnd?.();
    if (this.state === 'TIME_WAIT') this.#told();
  }

  /** Whether nobody reads: paused, or the process was stopped (then it is looked at again later). */
  #held(): boolean {
    if (this.process?.stopped && this.process.running) {
      this.#resume ??= this.ns.world.clock.after(100 * MS, () => {
        this.#resume = undefined;
        if (!this.closed || this.#inbox !== '') this.flush();
      }, BACKGROUND);
      return true;
    }
    return this.#paused;
  }

  /* ---- the end ---- */

  #finTimeout(): Micros {
    return Number(this.ns.get('net.ipv4.tcp_fin_timeout')) * SECOND;
  }

  #expireIn(time: Micros): void {
    this.expires = this.ns.world.clock.now + time;
  }

  #timeWait(): void {
    this.state = 'TIME_WAIT';
    this.sender.stop();
    this.#acks.stop();
    this.#expireIn(TIME_WAIT);
    this.#release();
    if (this.#endTold) this.#told();
  }

  #fail(errno: NetErrno, silent = false): void {
    if (this.closed) return;
    this.error = errno;
    const tell = silent ? undefined : this.onError;
    const told = this.onClose;
    this.onClose = undefined;
    this.#close();
    tell?.(errno);
    told?.();
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    this.state = 'CLOSE';
    this.sender.stop();
    this.#acks.stop();
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

  #hook(process: Process): void {
    this.fd = this.ns.shared.nextFd(process);
    this.#unhook = process.onExit(() => this.close());
  }

  #release(): void {
    this.#unhook?.();
    this.#unhook = undefined;
  }
}
