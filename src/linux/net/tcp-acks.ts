/** When a receiver acknowledges (icsk_ack in net/ipv4/tcp_input.c and tcp_output.c): at once while the connection is young, with its own data once both talk, else after a while. */
import { MS, SECOND, type Clock, type Micros, type Timer } from '../../sim/clock.ts';
import { PSH, type TcpPart } from './packet.ts';

/** TCP_ATO_MIN and TCP_DELACK_MIN; a tick of the kernel's clock, on which its timers fire (HZ 250). */
const ATO_MIN = 40 * MS, TICK = 4 * MS;
const MAX_QUICKACKS = 16;
/** What is taken for a full segment before one has come (TCP_MSS_DEFAULT). */
const MSS_DEFAULT = 536;
const BACKGROUND = { background: true };

export class DelayedAcks {
  readonly #clock: Clock;
  readonly #send: () => void;
  readonly #advmss: number;
  #timer: Timer | undefined;
  /** Something has come that was not acknowledged yet: how many sequence numbers; small segments among it. */
  #scheduled = false;
  #unacked = 0;
  #pushed = 0;
  #segment: number;
  /** ACKs that are still sent at once; whether answers carry them; how long one is put off (0: no data has come yet). */
  #quick = 0;
  #pingpong = false;
  #ato: Micros = 0;
  #lastReceived: Micros = -SECOND;

  /** `send` sends a bare ACK, which calls `sent`. */
  constructor(clock: Clock, advmss: number, send: () => void) {
    this.#clock = clock;
    this.#advmss = advmss;
    this.#send = send;
    this.#segment = Math.min(advmss, MSS_DEFAULT);
  }

  /** That many new bytes of a segment are in the receive queue; the space left there, how long this end itself waits for an ACK (tcp_event_data_recv). */
  received(t: TcpPart, bytes: number, window: number, rto: Micros): void {
    const now = this.#clock.now, gap = now - this.#lastReceived, segment = t.gso ?? t.payload.length;
    this.#scheduled = true;
    this.#unacked += bytes;
    if (segment < this.#segment) this.#pushed++;
    else {
      this.#segment = Math.min(segment, this.#advmss);
      if (t.flags & PSH) this.#pushed = Math.max(this.#pushed, 1);
    }
    if (this.#ato === 0) {
      this.#quicken(window);
      this.#ato = ATO_MIN;
    } else if (gap <= ATO_MIN / 2) this.#ato = this.#ato / 2 + ATO_MIN / 2;
    else if (gap < this.#ato) this.#ato = Math.min(this.#ato / 2 + gap, rto);
    else if (gap > rto) this.#quicken(window);
    this.#lastReceived = now;
  }

  /** The other end sends no more: an answer is likely (tcp_fin). */
  fin(): void {
    this.#scheduled = true;
    this.#unacked++;
    this.#pingpong = true;
  }

  /** Something known came again: its sender misses ACKs (tcp_enter_quickack_mode). */
  repeated(window: number): void {
    this.#quicken(window);
    this.#pingpong = false;
    this.#ato = ATO_MIN;
    this.#send();
  }

  /** All of a segment has been looked at (__tcp_ack_snd_check). */
  check(): void {
    if (!this.#scheduled) return;
    if (this.#unacked > this.#segment || (this.#quick > 0 && !this.#pingpong)) this.#send();
    else this.#timer ??= this.#clock.after((Math.floor(this.#clock.now / TICK) + Math.min(this.#ato, ATO_MIN) / TICK + 1) * TICK - this.#clock.now, () => this.#late(), BACKGROUND);
  }

  /** The process has read all there was (tcp_cleanup_rbuf). */
  read(): void {
    if (this.#scheduled && (this.#unacked > this.#segment || this.#pushed > 1 || (this.#pushed === 1 && !this.#pingpong))) this.#send();
  }

  /** A segment with an ACK went out (tcp_event_ack_sent); `data`: it carried data, as an answer does (tcp_event_data_sent). */
  sent(data: boolean): void {
    if (this.#scheduled && this.#quick > 0 && --this.#quick === 0) this.#ato = ATO_MIN;
    this.stop();
    if (data && this.#clock.now - this.#lastReceived < this.#ato) this.#pingpong = true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#scheduled = false;
    this.#unacked = this.#pushed = 0;
  }

  /** No answer came in time (tcp_delack_timer_handler). */
  #late(): void {
    this.#timer = undefined;
    if (this.#pingpong) {
      this.#pingpong = false;
      this.#ato = ATO_MIN;
    } else this.#ato *= 2;
    this.#send();
  }

  #quicken(window: number): void {
    this.#quick = Math.max(this.#quick, Math.min(Math.floor(window / (2 * this.#segment)) || 2, MAX_QUICKACKS));
  }
}
