import type { Micros } from '../../sim/clock.ts';
import type { World } from '../world.ts';
import { summary, type Packet, type PacketSummary } from './packet.ts';

export type TraceKind =
  | 'socket-send' | 'hook' | 'rule' | 'nat' | 'mark' | 'route' | 'link-out' | 'link-in' | 'bridge' | 'encap' | 'decap' | 'forward'
  | 'socket-receive' | 'proxy' | 'drop' | 'reject' | 'arp';

/** What ends a packet's walk: `filter` a rule or a chain's policy, `socket` that nobody listens. */
export type DropReason = 'filter' | 'conntrack' | 'ipvs' | 'forwarding' | 'martian' | 'route' | 'ttl' | 'mtu' | 'neighbour' | 'socket' | 'link';

/** One step of a packet's walk. */
export interface TraceStep {
  t: Micros;
  /** Id of the packet as it walks, kept across NAT, encapsulation and hops. */
  flow: number;
  machine: string;
  /** Name of the network namespace; '' is the machine's own. */
  netns: string;
  kind: TraceKind;
  dev?: string | undefined;
  /** 'raw/PREROUTING', 'nat/OUTPUT' … */
  hook?: string | undefined;
  chain?: string | undefined;
  table?: string | undefined;
  /** As iptables-save prints it, without counters. */
  rule?: string | undefined;
  verdict?: string | undefined;
  /** As `ip route` prints it. */
  route?: string | undefined;
  before?: PacketSummary | undefined;
  /** After the step. */
  packet: PacketSummary;
  note?: string | undefined;
  /** Of a drop. */
  reason?: DropReason | undefined;
  /** Sent by housekeeping (a probe, a lease). */
  background?: boolean | undefined;
}

export type StepDetails = Omit<TraceStep, 't' | 'flow' | 'machine' | 'netns' | 'kind' | 'packet' | 'background'>;
export interface Trace {
  readonly steps: TraceStep[];
  stop(): void;
}

/** Observes packets of a world. `on` is the one check that everybody makes before telling a step. */
export class Tracer {
  on = false;
  readonly #world: World;
  readonly #traces = new Set<{ steps: TraceStep[]; filter: ((step: TraceStep) => boolean) | undefined }>();
  #flow = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** An identity for a new packet. */
  nextFlow(): number {
    return ++this.#flow;
  }

  start(filter?: (step: TraceStep) => boolean): Trace {
    const trace = { steps: [] as TraceStep[], filter };
    this.#traces.add(trace);
    this.on = true;
    return {
      steps: trace.steps,
      stop: () => {
        this.#traces.delete(trace);
        this.on = this.#traces.size > 0;
      },
    };
  }

  /** Call only when `on`. */
  step(ns: { machine: string; name: string }, kind: TraceKind, packet: Packet, details: StepDetails = {}): void {
    const step: TraceStep = { t: this.#world.clock.now, flow: packet.flow, machine: ns.machine, netns: ns.name, kind, ...details, packet: summary(packet), background: packet.background };
    for (const trace of this.#traces) if (!trace.filter || trace.filter(step)) trace.steps.push(step);
  }
}

const tracers = new WeakMap<World, Tracer>();

/** The world's tracer. */
export function tracer(world: World): Tracer {
  let t = tracers.get(world);
  if (!t) tracers.set(world, (t = new Tracer(world)));
  return t;
}
