import { SECOND, type Micros } from '../../../sim/clock.ts';
import type { Rng } from '../../../sim/rng.ts';
import type { World } from '../../world.ts';
import type { Packet } from '../packet.ts';
import { ASSURED, CONFIRMED, DYING, inverse, isError, key, SEEN_REPLY, tupleOf, type Entry, type Tuple } from './entry.ts';
import { beginsConnection, CLOSE, ESTABLISHED, newTrack, SYN_RECV, TCP_STATES, tcpTimeout, track } from './tcp.ts';

export type ConntrackEvent = 'NEW' | 'UPDATE' | 'DESTROY';

/** sysctls net.netfilter.nf_conntrack_*_timeout*, in seconds. */
const TIMEOUTS: Record<string, number> = {
  tcp_timeout_syn_sent: 120, tcp_timeout_syn_recv: 60, tcp_timeout_established: 432000, tcp_timeout_fin_wait: 120, tcp_timeout_close_wait: 60,
  tcp_timeout_last_ack: 30, tcp_timeout_time_wait: 120, tcp_timeout_close: 10, tcp_timeout_max_retrans: 300, tcp_timeout_unacknowledged: 300,
  udp_timeout: 30, udp_timeout_stream: 120, icmp_timeout: 30, icmpv6_timeout: 30, generic_timeout: 600,
};

/** Connection tracking of a network namespace (net/netfilter/nf_conntrack_core.c). */
export class Conntrack {
  readonly world: World;
  readonly rng: Rng;
  /** nf_conntrack_max */
  max = 262144;
  /** Told when the table is full, with the line of the kernel log. */
  onFull: ((line: string) => void) | undefined;
  readonly #sysctls = new Map<string, number>(Object.entries(TIMEOUTS));
  #tcpTimeouts: Record<string, number> = {};
  /** Both directions of every confirmed connection. */
  readonly #table = new Map<string, { entry: Entry; reply: boolean }>();
  readonly #entries = new Set<Entry>();
  readonly #listeners = new Set<(event: ConntrackEvent, entry: Entry) => void>();
  readonly #id: number;
  #ids = 0;
  #sweepAt = 1024;
  #collector: { cancel(): void } | undefined;
  /** For `conntrack -S`. */
  readonly stats = { found: 0, invalid: 0, insert: 0, insert_failed: 0, drop: 0, early_drop: 0, error: 0, search_restart: 0 };

  constructor(world: World, name: string) {
    this.#id = next(world);
    this.world = world;
    this.rng = world.rng.fork(`conntrack ${name}`);
    this.#readTimeouts();
  }

  /** The value of net.netfilter.nf_conntrack_NAME; undefined for one that does not exist. */
  sysctl(name: string): number | undefined {
    if (name === 'max') return this.max;
    if (name === 'count') return this.count;
    if (name === 'buckets') return 262144;
    return this.#sysctls.get(name) ?? ({ acct: 0, checksum: 1, events: 2, expect_max: 4096, helper: 0, log_invalid: 0, tcp_be_liberal: 0, tcp_ignore_invalid_rst: 0, tcp_loose: 1, tcp_max_retrans: 3, timestamp: 0, generic_timeout: 600 } as Record<string, number>)[name];
  }

  setSysctl(name: string, value: number): void {
    if (name === 'max') this.max = value;
    else this.#sysctls.set(name, value);
    this.#readTimeouts();
  }

  sysctls(): string[] {
    return ['acct', 'buckets', 'checksum', 'count', 'events', 'expect_max', 'helper', 'log_invalid', 'max', 'tcp_be_liberal', 'tcp_ignore_invalid_rst', 'tcp_loose', 'tcp_max_retrans', 'timestamp', ...this.#sysctls.keys()].sort();
  }

  /** Confirmed connections, oldest first. */
  list(): Entry[] {
    this.#sweep();
    return [...this.#entries];
  }

  get count(): number {
    this.#sweep();
    return this.#entries.size;
  }

  /** Forgets connections; returns those that it had. */
  delete(filter: (entry: Entry) => boolean): Entry[] {
    const gone = this.list().filter(filter);
    for (const entry of gone) this.destroy(entry);
    return gone;
  }

  /** Tells of connections as they come, change and go. Returns a function that ends it. */
  onEvent(listener: (event: ConntrackEvent, entry: Entry) => void): () => void {
    this.#listeners.add(listener);
    this.#collector ??= this.world.clock.every(SECOND, () => this.#sweep());
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#collector?.cancel();
      this.#collector = undefined;
    };
  }

  /** Says that an entry was changed (its mark). */
  changed(entry: Entry): void {
    if (entry.status & CONFIRMED) this.#tell('UPDATE', entry);
  }

  /** nf_conntrack_in: finds or begins the connection of a packet and hangs it on the packet. False: the packet is dropped. */
  in(packet: Packet, zone: number): boolean {
    if (packet.ct) {
      const entry = packet.ct.entry as Entry | undefined;
      if (!entry || entry.owner === this.#id) return true;
      delete packet.ct; // the kernel scrubs it when a packet changes namespace
    }
    if (packet.icmp?.target !== undefined) {
      // Neighbour discovery is nobody's connection (nf_conntrack_icmpv6_error).
      packet.ct = { entry: undefined, reply: false, state: 'UNTRACKED' };
      return true;
    }
    if (isError(packet)) {
      this.#error(packet, zone);
      return true;
    }
    const tuple = tupleOf(packet);
    const now = this.world.clock.now;
    let found = this.#find(tuple, zone, now);
    for (;;) {
      if (!found) {
        const entry = this.#begin(packet, tuple, zone);
        if (entry === 'full') return false;
        if (!entry) {
          this.stats.invalid++;
          return true;
        }
        found = { entry, reply: false };
      }
      const { entry, reply } = found;
      const step = this.#packet(entry, packet, reply, now);
      if (step === 'reopen') {
        this.destroy(entry);
        found = undefined;
        continue;
      }
      if (step === 'invalid') {
        this.stats.invalid++;
        return true;
      }
      packet.ct = { entry, reply, state: reply || entry.status & SEEN_REPLY ? 'ESTABLISHED' : 'NEW' };
      const answered = reply && !(entry.status & SEEN_REPLY);
      if (answered) entry.status |= SEEN_REPLY;
      if ((answered || step === 'changed') && entry.status & CONFIRMED && !(entry.status & DYING)) this.#tell('UPDATE', entry);
      return true;
    }
  }

  /** At the end of the last hook: a new connection enters the table. False when another one took its place. */
  confirm(packet: Packet): boolean {
    const ct = packet.ct;
    if (!ct || ct.state !== 'NEW' || ct.entry === undefined) return true;
    const entry = ct.entry as Entry;
    if (entry.status & (CONFIRMED | DYING)) return true;
    const now = this.world.clock.now;
    const orig = key(entry.orig, entry.zone), reply = key(entry.reply, entry.zone);
    for (const k of [orig, reply]) {
      const other = this.#table.get(k);
      if (other && other.entry.expires > now) {
        this.stats.insert_failed++;
        this.stats.drop++;
        return false;
      }
      if (other) this.destroy(other.entry);
    }
    entry.status |= CONFIRMED;
    entry.expires = now + entry.timeout * SECOND;
    this.#table.set(orig, { entry, reply: false });
    this.#table.set(reply, { entry, reply: true });
    this.#entries.add(entry);
    this.stats.insert++;
    if (this.#entries.size > this.#sweepAt) this.#sweep();
    this.#tell('NEW', entry);
    return true;
  }

  destroy(entry: Entry): void {
    entry.status |= DYING;
    if (!this.#entries.delete(entry)) return;
    this.#table.delete(key(entry.orig, entry.zone));
    this.#table.delete(key(entry.reply, entry.zone));
    this.#tell('DESTROY', entry);
  }

  /** Whether a connection other than `except` already has this tuple in one of its directions. */
  taken(tuple: Tuple, zone: number, except: Entry): boolean {
    const found = this.#find(tuple, zone, this.world.clock.now);
    return found !== undefined && found.entry !== except;
  }

  /** The connection that a packet like this belongs to. */
  lookup(tuple: Tuple, zone = 0): { entry: Entry; reply: boolean } | undefined {
    return this.#find(tuple, zone, this.world.clock.now);
  }

  /** Adds a connection by hand (conntrack -I). False when it exists. */
  insert(entry: Omit<Entry, 'id' | 'owner' | 'expires'>): boolean {
    const whole: Entry = { ...entry, id: ++this.#ids, owner: this.#id, expires: 0 };
    return this.confirm({ ct: { entry: whole, reply: false, state: 'NEW' } } as Packet);
  }

  #find(tuple: Tuple, zone: number, now: Micros) {
    const found = this.#table.get(key(tuple, zone));
    if (found && found.entry.expires <= now) {
      this.destroy(found.entry);
      return undefined;
    }
    return found;
  }

  #begin(packet: Packet, orig: Tuple, zone: number): Entry | 'full' | undefined {
    if (packet.tcp && !beginsConnection(packet.tcp)) return undefined;
    if (packet.icmp && packet.icmp.type !== 'echo-request') return undefined;
    if (this.#entries.size >= this.max && this.count >= this.max && !this.#earlyDrop()) {
      this.stats.drop++;
      this.onFull?.('nf_conntrack: nf_conntrack: table full, dropping packet');
      return 'full';
    }
    const entry: Entry = { id: ++this.#ids, owner: this.#id, orig, reply: inverse(orig), status: 0, mark: 0, zone, timeout: 0, expires: 0 };
    if (packet.tcp) entry.tcp = newTrack();
    return entry;
  }

  /** The packet's effect on its connection: state and timeout. */
  #packet(entry: Entry, packet: Packet, reply: boolean, now: Micros): 'accept' | 'changed' | 'invalid' | 'ignore' | 'reopen' {
    if (packet.tcp && entry.tcp) {
      const before = entry.tcp.state;
      const step = track(entry.tcp, packet.tcp, reply ? 1 : 0);
      if (step !== 'accept') return step;
      if (!(entry.status & SEEN_REPLY) && packet.tcp.flags & 4) {
        // A RST as the only answer: the connection is forgotten at once.
        if (reply) {
          this.destroy(entry);
          return 'accept';
        }
      } else if (entry.status & SEEN_REPLY && (before === SYN_RECV || before === ESTABLISHED) && entry.tcp.state === ESTABLISHED) {
        entry.status |= ASSURED;
      }
      this.#refresh(entry, tcpTimeout(entry.tcp, packet.tcp, this.#tcpTimeouts), now);
      return before === entry.tcp.state ? 'accept' : 'changed';
    }
    if (packet.protocol === 'udp') {
      entry.streamAt ??= now + 2 * SECOND;
      const stream = (entry.status & SEEN_REPLY) !== 0 && now > entry.streamAt;
      this.#refresh(entry, this.#sysctls.get(stream ? 'udp_timeout_stream' : 'udp_timeout')!, now);
      if (!stream || entry.status & ASSURED) return 'accept';
      entry.status |= ASSURED;
      return 'changed';
    }
    this.#refresh(entry, this.#sysctls.get(packet.protocol === 'icmp6' ? 'icmpv6_timeout' : 'icmp_timeout')!, now);
    return 'accept';
  }

  /** A connection that is answered with a reset is over (nf_conntrack_tcp_set_closing). */
  closing({ ct }: Packet): void {
    const entry = ct?.entry as Entry | undefined;
    if (!entry || entry.owner !== this.#id || !(entry.status & CONFIRMED) || !entry.tcp || entry.tcp.state === CLOSE) return;
    entry.tcp.state = CLOSE;
    this.#refresh(entry, this.#sysctls.get('tcp_timeout_close')!, this.world.clock.now);
    this.#tell('UPDATE', entry);
  }

  #refresh(entry: Entry, timeout: number, now: Micros): void {
    entry.timeout = timeout;
    entry.expires = now + timeout * SECOND;
  }

  /** An ICMP error is RELATED to the connection of the packet it quotes. */
  #error(packet: Packet, zone: number): void {
    const inner = packet.icmp?.inner;
    const found = inner && this.#find(inverse(tupleOf(inner)), zone, this.world.clock.now);
    if (found) packet.ct = { entry: found.entry, reply: found.reply, state: 'RELATED' };
  }

  /** Makes room by forgetting a connection that never got an answer. */
  #earlyDrop(): boolean {
    for (const entry of this.#entries) {
      if (entry.status & ASSURED) continue;
      this.destroy(entry);
      this.stats.early_drop++;
      return true;
    }
    return false;
  }

  #sweep(): void {
    const now = this.world.clock.now;
    for (const entry of this.#entries) if (entry.expires <= now) this.destroy(entry);
    this.#sweepAt = Math.max(1024, this.#entries.size * 2);
  }

  #tell(event: ConntrackEvent, entry: Entry): void {
    for (const listener of this.#listeners) listener(event, entry);
  }

  #readTimeouts(): void {
    const t = (name: string) => this.#sysctls.get(`tcp_timeout_${name}`)!;
    this.#tcpTimeouts = Object.fromEntries(['max_retrans', 'unacknowledged', ...TCP_STATES.map((s) => s.toLowerCase())].map((s) => [s, s === 'syn_sent2' || s === 'none' ? t('syn_sent') : t(s)]));
  }
}

const numbers = new WeakMap<World, number>();

/** A number for a conntrack of a world. */
function next(world: World): number {
  const n = (numbers.get(world) ?? 0) + 1;
  numbers.set(world, n);
  return n;
}
