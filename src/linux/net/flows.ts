/** Which packets of a trace belong together: a request, the connection a forwarder opened for it, and the answers. */
import type { TraceStep } from './trace.ts';

export interface Conversation {
  /** Steps of each packet on the way: the request, then what forwarders sent on. */
  out: TraceStep[][];
  /** Of the first answer to each, the last one first. */
  back: TraceStep[][];
}

/** The newest request in `steps` (of a program called `by`) with all that came of it; undefined when there is none. Steps are in the order they happened. */
export function lastConversation(steps: readonly TraceStep[], by?: string): Conversation | undefined {
  const flows = byFlow(steps);
  const requests = [...flows.values()].filter((flow) => opens(flow[0]!) && !isReply(flow, flows));
  // A connection that a forwarder opened belongs to the one that it forwards.
  const last = requests.findLast((flow) => (by === undefined || flow[0]!.note === by) && !requests.some((other) => other !== flow && forwards(other, flow)));
  if (!last) return undefined;
  const out = [last];
  for (let next; (next = requests.find((flow) => !out.includes(flow) && forwards(out.at(-1)!, flow))); ) out.push(next);
  const back = out.toReversed().flatMap((flow) => [...flows.values()].filter((other) => answers(flow, other)).slice(0, 1));
  return { out, back };
}

function byFlow(steps: readonly TraceStep[]): Map<number, TraceStep[]> {
  const flows = new Map<number, TraceStep[]>();
  for (const step of steps) {
    if (step.kind === 'arp') continue;
    const flow = flows.get(step.flow);
    if (flow) flow.push(step);
    else flows.set(step.flow, [step]);
  }
  return flows;
}

/** The first packet of a conversation: a SYN, an echo request, a datagram. */
function opens({ packet, kind }: TraceStep): boolean {
  if (kind !== 'socket-send') return false;
  return packet.proto === 'tcp' ? packet.flags === 'S' : packet.proto === 'icmp' ? packet.flags === 'echo-request' : true;
}

/** A datagram says nothing of it: it answers one that came from where it goes to. */
function isReply(flow: TraceStep[], flows: ReadonlyMap<number, TraceStep[]>): boolean {
  return flow[0]!.packet.proto === 'udp' && [...flows.values()].some((other) => other !== flow && answers(other, flow));
}

/** `next` is the connection that the program which took `flow` opened right after, in the same place: a forwarder's. */
function forwards(flow: TraceStep[], next: TraceStep[]): boolean {
  const taken = flow.findLast(({ kind }) => kind === 'proxy' || kind === 'socket-receive');
  const start = next[0]!;
  if (!taken?.note || start.t < taken.t || next === flow) return false;
  return start.machine === taken.machine && start.netns === taken.netns && start.note === taken.note.split(' ')[0];
}

/** `other` goes where `flow` came from, and left where it arrived. */
function answers(flow: TraceStep[], other: TraceStep[]): boolean {
  const end = flow.at(-1)!, start = other[0]!;
  if (start.t < flow[0]!.t || (start.packet.proto !== 'udp' && opens(start)) || (start.packet.proto === 'tcp' && !/^(S\.|R)/.test(start.packet.flags ?? ''))) return false;
  const swapped = start.packet.src === end.packet.dst && start.packet.dst === end.packet.src && start.packet.sport === end.packet.dport && start.packet.dport === end.packet.sport;
  return swapped && start.machine === end.machine && start.netns === end.netns;
}
