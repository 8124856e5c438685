/**
 * A packet's way as the picture tells it, from the steps that the network recorded: the request from its sender to whoever
 * took it (through a forwarder that opens a connection of its own, if there is one), then the answer all the way back.
 */
import { lastConversation } from '../linux/net/flows.ts';
import type { PacketSummary } from '../linux/net/packet.ts';
import type { DropReason, TraceStep } from '../linux/net/trace.ts';
import type { PacketStep, PacketWalk } from './protocol.ts';

/** The walk of the newest request in `steps`, or undefined when there is none. Steps are in the order they happened. */
export function lastWalk(steps: readonly TraceStep[]): PacketWalk | undefined {
  const talk = lastConversation(steps);
  if (!talk) return undefined;
  const { out, back } = talk;
  const first = out[0]![0]!.packet;
  return {
    title: `${first.proto.toUpperCase()} de ${address(first, 'src')} a ${address(first, 'dst')}`,
    steps: [...out.flatMap((flow, i) => handOver(tell(flow, 'out'), out[i + 1])), ...back.flatMap((flow) => tell(flow, 'back'))],
  };
}

/** The last step of a connection that a forwarder takes says so. */
function handOver(told: PacketStep[], next: TraceStep[] | undefined): PacketStep[] {
  const last = told.at(-1);
  if (last && next) last.text = `Lo toma ${next[0]!.note} y abre una conexión nueva a ${address(next[0]!.packet, 'dst')}.`;
  return told;
}

/** Steps of one packet; those at one desk of the porter's are one, and so are the doors it goes through one after another. */
function tell(flow: TraceStep[], direction: 'out' | 'back'): PacketStep[] {
  const told: PacketStep[] = [];
  let before = flow[0]!.packet;
  for (const [i, step] of flow.entries()) {
    if (isRepeated(step, flow[i - 1], flow[i + 1])) continue;
    const last = told.at(-1);
    const current = last && joins(step, last) ? last : start(step, direction);
    if (current !== last) told.push(current);
    else if (current.kind === 'link' && !current.where.split(' → ').includes(where(step))) current.where += ` → ${where(step)}`;
    if (step.rule && !current.rules.some(({ chain, rule }) => chain === step.chain && rule === step.rule)) {
      current.rules.push({ chain: step.chain ?? '', rule: step.rule });
    }
    const was = step.before ?? before;
    const oldFrom = address(was, 'src'),
      oldTo = address(was, 'dst');
    current.from = address(step.packet, 'src');
    current.to = address(step.packet, 'dst');
    if (oldFrom !== current.from) current.oldFrom ??= oldFrom;
    if (oldTo !== current.to) current.oldTo ??= oldTo;
    if (step.packet.outer) current.outer = `${step.packet.outer.src} → ${step.packet.outer.dst}`;
    if (step.kind === 'drop' || step.kind === 'reject') {
      current.kind = 'drop';
      if (step.reason && step.reason !== 'filter') current.text = DROPPED[step.reason];
    }
    before = step.packet;
  }
  for (const step of told) step.text = describe(step);
  return told;
}

/** What says the same as the step before or after it: FORWARD once its desk has been told, the vxlan door beside its envelope. */
function isRepeated(step: TraceStep, previous: TraceStep | undefined, next: TraceStep | undefined): boolean {
  // Of a refusal by a rule, the desk tells.
  if (step.kind === 'proxy' || (step.kind === 'reject' && step.hook === undefined)) return true;
  if (step.kind === 'forward') return hookOf(previous?.hook ?? '') === 'FORWARD';
  if (step.kind === 'link-out') return next?.kind === 'encap' && next.dev === step.dev;
  return step.kind === 'link-in' && previous?.kind === 'decap' && previous.dev === step.dev;
}

/** Whether the step goes on with what `last` tells. */
function joins(step: TraceStep, last: PacketStep): boolean {
  if (step.machine !== last.machine || step.netns !== last.namespace) return false;
  if (DESK.has(step.kind))
    return step.hook !== undefined && (last.kind === 'hook' || last.kind === 'drop') && last.where === hookOf(step.hook);
  return kindOf(step) === 'link' && last.kind === 'link' && Boolean(step.packet.outer) === Boolean(last.outer);
}

/** Why a packet ended, in words. */
const DROPPED: Record<Exclude<DropReason, 'filter'>, string> = {
  conntrack: 'conntrack no admite la conexión',
  ipvs: 'IPVS no tiene a quién dárselo',
  forwarding: 'esta máquina no reenvía (ip_forward es 0)',
  martian: 'no se espera a ese remitente por esa puerta (rp_filter)',
  route: 'no hay ruta hasta ahí',
  ttl: 'se le ha acabado el TTL',
  mtu: 'es más largo que la MTU y no se puede partir',
  neighbour: 'nadie contesta a la pregunta ARP',
  socket: 'nadie escucha en ese puerto',
  link: 'el otro extremo del cable está apagado',
};

const DESK = new Set<TraceStep['kind']>(['hook', 'rule', 'nat', 'mark', 'drop', 'reject']);

function start(step: TraceStep, direction: 'out' | 'back'): PacketStep {
  return {
    direction,
    machine: step.machine,
    namespace: step.netns,
    where: where(step),
    kind: kindOf(step),
    text: step.kind === 'route' ? (step.route ?? '') : step.kind === 'drop' ? '' : (step.note ?? ''),
    rules: [],
    from: address(step.packet, 'src'),
    to: address(step.packet, 'dst'),
  };
}

function kindOf({ kind, hook }: TraceStep): PacketStep['kind'] {
  if (kind === 'drop' || kind === 'reject') return 'drop';
  if (hook) return 'hook';
  if (kind === 'socket-send') return 'socket';
  if (kind === 'socket-receive') return 'deliver';
  if (kind === 'encap' || kind === 'decap') return kind;
  if (kind === 'route' || kind === 'forward') return 'route';
  return 'link';
}

function where({ kind, hook, dev }: TraceStep): string {
  if (hook) return hookOf(hook);
  switch (kind) {
    case 'socket-send':
      return 'socket';
    case 'socket-receive':
      return 'socket';
    case 'route':
      return 'tabla de rutas';
    case 'forward':
      return 'FORWARD';
    default:
      return dev ?? (kind === 'drop' ? 'kernel' : kind);
  }
}

function describe(step: PacketStep): string {
  const changes = [...(step.oldTo ? ['cambia el destino (DNAT)'] : []), ...(step.oldFrom ? ['cambia el remitente (SNAT)'] : [])];
  switch (step.kind) {
    case 'socket':
      return step.direction === 'back' && step.text === ''
        ? 'Sale la respuesta.'
        : `${step.text || 'El programa'} entrega el sobre al kernel.`;
    case 'deliver':
      return `El sobre llega al socket de ${step.text || 'quien lo esperaba'}.`;
    case 'route':
      return step.where === 'FORWARD'
        ? 'No es para esta máquina: sigue camino.'
        : step.text === ''
          ? 'Aquí se elige por dónde sigue.'
          : `Sigue por «${step.text}».`;
    case 'link':
      return `Pasa por ${step.where}.`;
    case 'encap':
      return `Un sobre dentro de otro: ${step.outer ?? 'vxlan'}.`;
    case 'decap':
      return 'Se abre el sobre de fuera; dentro sigue el mismo.';
    case 'drop':
      return `Aquí se acaba su camino${step.text ? `: ${step.text}` : ''}.`;
    case 'conntrack':
      return step.text;
    case 'hook':
      if (changes.length > 0 && step.rules.length === 0)
        return `La libreta (conntrack) deshace el cambio: ${[...(step.oldTo ? [`va a ${step.to}`] : []), ...(step.oldFrom ? [`viene de ${step.from}`] : [])].join(' y ')}.`;
      if (changes.length > 0) return `El portero ${changes.join(' y ')}.`;
      if (step.outer && step.rules.length > 0) return 'El portero mira su lista con el sobre de fuera, el único que ve; no cambia.';
      return step.rules.length > 0 ? 'El portero mira su lista; el sobre no cambia.' : 'Nada en la lista para este sobre: pasa.';
  }
}

function hookOf(hook: string): string {
  return hook.split('/').at(-1)!;
}

function address(packet: PacketSummary, side: 'src' | 'dst'): string {
  const port = side === 'src' ? packet.sport : packet.dport;
  return packet[side] + (port === undefined ? '' : `:${port}`);
}
