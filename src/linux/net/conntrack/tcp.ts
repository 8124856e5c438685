import { ACK, FIN, RST, SYN, type TcpPart } from '../packet.ts';

/**
 * The TCP state machine of net/netfilter/nf_conntrack_proto_tcp.c. Departure: sequence windows are not checked, so no
 * segment is INVALID for being out of its window.
 */
export const TCP_STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'] as const;
export const SYN_SENT = 1, SYN_RECV = 2, ESTABLISHED = 3, FIN_WAIT = 4, TIME_WAIT = 7, CLOSE = 8;
const IV = 10, IG = 11;

/** [direction][segment][state]: segment syn, synack, fin, ack, rst. */
const TABLE: number[][][] = [
  [
    [1, 1, IG, IG, IG, IG, IG, 1, 1, 9],
    [IV, IV, 2, IV, IV, IV, IV, IV, IV, 2],
    [IV, IV, 4, 4, 6, 6, 6, 7, 8, IV],
    [3, IV, 3, 3, 5, 5, 7, 7, 8, IV],
    [IV, 8, 8, 8, 8, 8, 8, 8, 8, 8],
  ],
  [
    [IV, 9, IV, IV, IV, IV, IV, 1, IV, 9],
    [IV, 2, IG, IG, IG, IG, IG, IG, IG, 2],
    [IV, IV, 4, 4, 6, 6, 6, 7, 8, IV],
    [IV, IG, 2, 3, 5, 5, 7, 7, 8, IG],
    [IV, 8, 8, 8, 8, 8, 8, 8, 8, 8],
  ],
];

/** Sequence numbers of one direction: what was sent up to, and whether some of it is not acknowledged. */
interface Side {
  end: number | undefined;
  unacked: boolean;
}

export interface TcpTrack {
  state: number;
  sides: [Side, Side];
  /** The last bare ACK, to count retransmissions. */
  last: { dir: number; seq: number; ack: number; end: number; win: number } | undefined;
  retrans: number;
  lastWin: number;
  /** Somebody has closed in order; who sent the last segment and of what kind; the end of a SYN that was ignored. */
  closing: boolean;
  previous: { dir: number; kind: number } | undefined;
  ignored: number | undefined;
}

export function newTrack(): TcpTrack {
  return { state: 0, sides: [{ end: undefined, unacked: false }, { end: undefined, unacked: false }], last: undefined, retrans: 0, lastWin: 1, closing: false, previous: undefined, ignored: undefined };
}

/** Whether a connection may begin with this segment (a bare ACK may: it is picked up in the middle). */
export function beginsConnection(tcp: TcpPart): boolean {
  return TABLE[0]![segment(tcp)]![0]! < IV;
}

export type TcpStep = 'accept' | 'invalid' | 'ignore' | 'reopen';

/** Takes a segment into account. 'reopen': the entry is dead, the segment begins a new connection with the same tuple. */
export function track(t: TcpTrack, tcp: TcpPart, dir: 0 | 1): TcpStep {
  const kind = segment(tcp);
  let next = TABLE[dir]![kind]![t.state]!;
  if (next === IV) return 'invalid';
  const end = (tcp.seq + tcp.payload.length + (tcp.flags & SYN ? 1 : 0) + (tcp.flags & FIN ? 1 : 0)) >>> 0;
  const again = kind === 0 && t.state >= TIME_WAIT && next === SYN_SENT;
  if (again && (t.closing || (t.previous?.kind === 4 && t.previous.dir === dir))) return 'reopen';
  if (again || next === IG) {
    // A SYN that was ignored and is answered: both ends are ahead of the entry, which follows.
    if (kind === 1 && t.previous?.kind === 0 && t.previous.dir !== dir && tcp.ack === t.ignored) next = SYN_RECV;
    else {
      t.previous = { dir, kind };
      t.ignored = kind === 0 ? end : undefined;
      return 'ignore';
    }
  }
  const sender = t.sides[dir], receiver = t.sides[1 - dir]!;
  if (sender.end === undefined) sender.end = end;
  else if (((end - sender.end) | 0) > 0) {
    sender.end = end;
    sender.unacked = true;
  }
  if (tcp.flags & ACK && receiver.end !== undefined && tcp.ack === receiver.end) receiver.unacked = false;
  if (kind === 3) {
    const l = t.last;
    if (l && l.dir === dir && l.seq === tcp.seq && l.ack === tcp.ack && l.end === end && l.win === tcp.win) t.retrans++;
    else {
      t.last = { dir, seq: tcp.seq, ack: tcp.ack, end, win: tcp.win };
      t.retrans = 0;
    }
  }
  t.lastWin = tcp.win;
  t.previous = { dir, kind };
  if (next === FIN_WAIT && t.state !== FIN_WAIT) t.closing = true;
  t.state = next;
  return 'accept';
}

/** Names of the timeouts beside those of the states. */
export type TcpTimeouts = Record<string, number>;

/** Seconds until the connection is forgotten after this segment. */
export function tcpTimeout(t: TcpTrack, tcp: TcpPart, timeouts: TcpTimeouts): number {
  const normal = timeouts[TCP_STATES[t.state]!.toLowerCase()]!;
  if (t.retrans >= 3 && normal > timeouts['max_retrans']!) return timeouts['max_retrans']!;
  if (tcp.flags & RST) return timeouts['close']!;
  if ((t.sides[0].unacked || t.sides[1].unacked) && normal > timeouts['unacknowledged']!) return timeouts['unacknowledged']!;
  if (t.lastWin === 0 && normal > timeouts['max_retrans']!) return timeouts['max_retrans']!;
  return normal;
}

function segment(tcp: TcpPart): number {
  if (tcp.flags & RST) return 4;
  if (tcp.flags & SYN) return tcp.flags & ACK ? 1 : 0;
  return tcp.flags & FIN ? 2 : 3;
}
