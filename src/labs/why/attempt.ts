/** One try, with every step of its packets. It leaves traces as any request does: use a world nobody looks at. */
import { SocketError, type NetErrno } from '../../linux/net/errors.ts';
import { lookupHost, resolverConfig, type LookupFailure } from '../../linux/net/dns.ts';
import { lastConversation } from '../../linux/net/flows.ts';
import { icmpOpen } from '../../linux/net/icmp.ts';
import { tcpConnect } from '../../linux/net/tcp.ts';
import { tracer, type TraceStep } from '../../linux/net/trace.ts';
import { udpOpen } from '../../linux/net/udp.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import type { World } from '../../linux/world.ts';
import { MS, SECOND, type Micros } from '../../sim/clock.ts';
import { originOf, PROBER } from '../origin.ts';
import type { Question, Result } from './question.ts';

export interface Attempt {
  result: Result;
  /** What the sender's call said. */
  errno: NetErrno | undefined;
  /** Where it was sent from; undefined when there is no such place. */
  origin: NetNamespace | undefined;
  /** The address that was meant; undefined when its name is not known. */
  address: string | undefined;
  /** Of a name that gave no address: what getaddrinfo said and whom it asked. Then `steps` are of its last question. */
  lookup?: { failure: LookupFailure; servers: string[] };
  /** What the network told, of the first try only (not of what TCP sends again). */
  steps: TraceStep[];
}

/** An unanswered ARP request takes three seconds to tell. */
const PATIENCE: Micros = 4 * SECOND;
const RESULT_OF: Partial<Record<NetErrno, Result>> = {
  ECONNREFUSED: 'refused', ECONNRESET: 'refused', EHOSTUNREACH: 'unreachable', ENETUNREACH: 'unreachable', EMSGSIZE: 'too-long', EPERM: 'prohibited', EACCES: 'prohibited', EINVAL: 'unreachable', ENOPROTOOPT: 'refused',
};

/** Tries, while the world goes on, and tells `done`. */
export function attempt(world: World, question: Question, done: (attempt: Attempt) => void): void {
  const origin = originOf(world, question.from);
  if (!origin) return done({ result: 'no-origin', errno: undefined, origin: undefined, address: undefined, steps: [] });
  const { process, end } = origin;
  const asking = tracer(world).start(({ background }) => !background);
  lookupHost(process, question.to, (found) => {
    asking.stop();
    const address = typeof found === 'string' ? undefined : found[0];
    if (address === undefined) {
      end();
      const lookup = { failure: typeof found === 'string' ? found : 'ENOTFOUND', servers: resolverConfig(process).nameservers } as const;
      return done({ result: 'unknown-name', errno: undefined, origin: process.net, address, lookup, steps: lastQuestion(asking.steps) });
    }
    const trace = tracer(world).start(({ background }) => !background);
    let over = false;
    const finish = (outcome: 'arrives' | 'timeout' | NetErrno) => {
      if (over) return;
      if (outcome === 'arrives' && !isThrough(trace.steps)) return void world.clock.after(50 * MS, () => finish('arrives'));
      over = true;
      timer.cancel();
      // The answer to the answer, and what the end of the connection says, are no part of it.
      world.clock.after(0, () => {
        trace.stop();
        end();
        const result = outcome === 'arrives' || outcome === 'timeout' ? outcome : (RESULT_OF[outcome] ?? 'timeout');
        done({ result, errno: outcome === 'arrives' || outcome === 'timeout' ? undefined : outcome, origin: process.net, address, steps: firstTry(trace.steps) });
      });
    };
    const timer = world.clock.after(PATIENCE, () => finish('timeout'));
    try {
      SEND[question.protocol](process, address, question, finish);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      finish(error.errno);
    }
  });
}

/** The same, letting the world go on until it has ended. */
export async function attemptIn(world: World, question: Question): Promise<Attempt> {
  let told: Attempt | undefined;
  attempt(world, question, (a) => (told = a));
  await world.until(() => told !== undefined, 10 * PATIENCE);
  return told!;
}

/**
 * A forwarder takes a connection before it has one of its own: whether the sender's has arrived is known when the last one
 * was answered.
 */
function isThrough(steps: readonly TraceStep[]): boolean {
  if (!steps.some(({ kind }) => kind === 'proxy')) return true;
  const talk = lastConversation(steps, PROBER);
  return talk !== undefined && talk.out.length > 1 && talk.back.length === talk.out.length && talk.back.every((flow) => flow[0]!.packet.flags === 'S.');
}

type Send = (process: Process, address: string, question: Question, finish: (outcome: 'arrives' | 'timeout' | NetErrno) => void) => void;

const SEND: Record<Question['protocol'], Send> = {
  tcp(process, ip, { port = 80, size = 0 }, finish) {
    const socket = tcpConnect(process, { ip, port });
    socket.onOpen = () => {
      if (size === 0) return void process.world.clock.after(20 * MS, () => finish('arrives'));
      socket.onDrain = () => finish('arrives');
      socket.write('x'.repeat(size));
    };
    socket.onError = finish;
  },
  udp(process, ip, { port = 53, size = 0 }, finish) {
    const socket = udpOpen(process, size > 0 ? { dontFragment: true } : {});
    socket.connect({ ip, port });
    socket.onMessage = () => finish('arrives');
    socket.onError = finish;
    socket.send({ ip, port }, 'x'.repeat(size));
  },
  icmp(process, ip, { size = 0 }, finish) {
    const socket = icmpOpen(process);
    socket.onReply = () => finish('arrives');
    socket.onError = ({ errno }) => finish(errno);
    socket.send({ ip, seq: 1, size: size > 0 ? size : 56, pmtudisc: size > 0 ? 'do' : 'want' });
  },
};

/** What came of the last name that was asked for. */
function lastQuestion(steps: readonly TraceStep[]): TraceStep[] {
  const { out, back } = lastConversation(steps, PROBER) ?? { out: [], back: [] };
  return [...out, ...back].flat();
}

/** Without the packets that say again what one before them said. */
function firstTry(steps: readonly TraceStep[]): TraceStep[] {
  const said = new Set<string>(), again = new Set<number>(), known = new Set<number>();
  for (const { flow, kind, machine, netns, packet } of steps) {
    if (known.has(flow)) continue;
    known.add(flow);
    const { proto, src, sport, dst, dport, flags, length } = packet;
    const key = JSON.stringify([kind, machine, netns, proto, src, sport, dst, dport, flags, length]);
    if (said.has(key)) again.add(flow);
    said.add(key);
  }
  return steps.filter(({ flow }) => !again.has(flow));
}
