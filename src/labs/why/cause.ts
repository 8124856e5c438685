/** The first thing that decided a packet's fate, told from its trace, and the lines of configuration that say so. */
import { formatIpv4, inPrefix, ipv4 } from '../../linux/net/addresses.ts';
import { lastConversation } from '../../linux/net/flows.ts';
import { formatRoute } from '../../linux/net/fib.ts';
import { ERROR_TEXT } from '../../linux/net/errors.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { TraceStep } from '../../linux/net/trace.ts';
import type { World } from '../../linux/world.ts';
import { queryObjects } from '../objects.ts';
import { PROBER } from '../origin.ts';
import type { Attempt } from './attempt.ts';
import type { Question } from './question.ts';
import { type Deciding, decidingPolicies, policyYaml } from './policy.ts';
import { portYaml, selectorYaml, serviceAt, yamlOf, type ServiceAt } from './service.ts';
import { unknownName } from './name.ts';
import { strayCause } from './stray.ts';

export const CAUSES = [
  'socket', 'no-listener', 'silence', 'rule', 'policy', 'network-policy', 'no-endpoints', 'no-service-rules', 'no-service-port', 'no-route', 'stray', 'route', 'forwarding', 'rp-filter', 'mtu', 'ttl', 'neighbour', 'link', 'conntrack', 'name',
  'origin',
] as const;
export type CauseKind = (typeof CAUSES)[number];

export interface Line {
  /** The command or object that shows it. */
  source: string;
  text: string;
}

export interface Cause {
  kind: CauseKind;
  /** Where: a machine and its network namespace ('' is the machine's own). */
  machine: string;
  netns: string;
  /** On the way there or back. */
  direction: 'out' | 'back';
  /** One sentence, Spanish. */
  text: string;
  lines: Line[];
  /** The step that decided, when the network told one. */
  step: TraceStep | undefined;
  service: ServiceAt | undefined;
  /** Of a `network-policy`: those that had a say. */
  policies?: Deciding[];
}

/** Why it ended as it did. Of a name that no server answered for: why the question did not get there. */
export function causeOf(world: World, question: Question, tried: Attempt): Cause {
  const [server] = tried.lookup?.servers ?? [];
  if (tried.lookup?.failure !== 'EAI_AGAIN' || server === undefined) return fateOf(world, question, tried);
  const cause = fateOf(world, { ...question, to: server, port: 53, protocol: 'udp' }, { ...tried, address: server });
  if (cause.kind === 'socket') return { ...cause, kind: 'name', text: `${server} contesta que no puede averiguar «${question.to}» (SERVFAIL).` };
  return { ...cause, text: `Para saber qué dirección tiene «${question.to}» hay que preguntar a ${server}, puerto 53 de UDP, y eso falla. ${cause.text}` };
}

function fateOf(world: World, question: Question, tried: Attempt): Cause {
  const { origin, address, steps } = tried;
  const at = (kind: CauseKind, text: string, lines: Line[] = [], more: Partial<Cause> = {}): Cause => ({
    kind, machine: origin?.machine ?? '', netns: origin?.name ?? '', direction: 'out', text, lines, step: undefined, service: undefined, ...more,
  });
  if (!origin) return at('origin', `No hay ninguna máquina ni Pod «${question.from}».`);
  if (address === undefined) {
    const { text, lines } = unknownName(world, question.to, tried);
    return at('name', text, lines);
  }
  const talk = lastConversation(steps, PROBER);
  if (!talk || (talk.out.length === 1 && tried.errno && !talk.out[0]!.some(({ kind }) => LEFT.has(kind)) && !endOf(talk.out[0]!))) return unsent(tried, at);
  const flows = [...talk.out.map((flow) => ({ flow, direction: 'out' as const })), ...talk.back.map((flow) => ({ flow, direction: 'back' as const }))];
  const service = serviceAt(world, talk.out.map((flow) => flow[0]!), address, question.port);
  const dismissed = service?.spec.clusterIP === address && !talk.out.flat().some(isTranslated);
  for (const { flow, direction } of flows) {
    const end = endOf(flow);
    const stray = end && strayCause(world, flow, end);
    if (stray && !(service && dismissed)) return { ...stray, direction };
    if (end) return { ...(dismissed && !HERE.has(end.reason ?? 'filter') ? noServiceRules(world, service, flow[0]!, end) : decided(world, flow, end, service)), direction };
  }
  const last = flows.at(-1)!, end = last.flow.at(-1)!;
  const where = { machine: end.machine, netns: end.netns, direction: last.direction, step: end, service };
  if (tried.result === 'arrives' || (tried.lookup && end.kind === 'socket-receive' && last.direction === 'back')) {
    const taken = talk.out.at(-1)!.at(-1)!;
    return at('socket', `Lo toma ${taken.note ?? 'el kernel'} en ${placeOf(taken)}, y la respuesta vuelve.`, [], { ...where, machine: taken.machine, netns: taken.netns, step: taken });
  }
  const lost = talk.out.at(-1)!.at(-1)!;
  if (lost.kind === 'socket-receive') return at('silence', `Llega a ${lost.note ?? 'un programa'} en ${placeOf(lost)}, que no contesta.`, [], { ...where, machine: lost.machine, netns: lost.netns, step: lost });
  if (service && dismissed) return noServiceRules(world, service, talk.out[0]![0]!, lost);
  return strayed(world, last.flow, where, at);
}

/** It went out and nobody took it: who should have? */
function strayed(world: World, flow: readonly TraceStep[], where: Partial<Cause>, at: (kind: CauseKind, text: string, lines?: Line[], more?: Partial<Cause>) => Cause): Cause {
  const route = flow.findLast(({ kind, route: text }) => kind === 'route' && text !== undefined && !text.startsWith('local')) ?? flow.at(-1)!;
  const ns = namespaceOf(world, route.machine, route.netns);
  const next = ns && nextHop(ns, (route.packet.outer ?? route.packet).dst);
  const here = { ...where, machine: route.machine, netns: route.netns, step: route };
  if (next !== undefined && !hasAddress(world, next)) {
    const text = `Sale de ${placeOf(route)} por ${route.dev ?? '?'} hacia ${next}, y ninguna máquina encendida tiene esa dirección.`;
    return at('neighbour', text, [{ source: `ip neigh (${route.machine})`, text: `${next} dev ${route.dev ?? '?'}` }], here);
  }
  return at('link', `Sale por ${route.dev ?? 'la interfaz'} de ${placeOf(route)} y nadie lo recoge al otro lado.`, [{ source: `ip link (${route.machine})`, text: route.dev ?? '' }], here);
}

export function hasAddress(world: World, ip: string): boolean {
  const spaces = [...world.machines.values()].flatMap((machine) => [machine.net, ...machine.netns.values()]);
  return spaces.some((ns) => ns.addresses().some((a) => a.dev.running && formatIpv4(a.ip) === ip));
}

/** Where the packet ended, if anywhere: a refusal is told before the rule that made it, and the drop after both. */
function endOf(flow: readonly TraceStep[]): TraceStep | undefined {
  return flow.find(({ kind }) => kind === 'drop') ?? flow.find(({ kind }) => kind === 'reject');
}

/** DNAT. */
function isTranslated({ kind, note }: TraceStep): boolean {
  return kind === 'nat' && note === 'destination';
}

/** Steps of a packet that has left its namespace. */
const LEFT = new Set<TraceStep['kind']>(['link-out', 'link-in', 'encap', 'bridge', 'socket-receive']);
/** What ends it whatever it is addressed to. */
const HERE = new Set(['filter', 'conntrack', 'ipvs', 'mtu']);

/** It never left: no route, or the sender's own kernel refused it. */
function unsent({ origin, address, errno }: Attempt, at: (kind: CauseKind, text: string, lines?: Line[], more?: Partial<Cause>) => Cause): Cause {
  const ns = origin!, here = placeOf({ machine: ns.machine, netns: ns.name });
  if (errno === 'EMSGSIZE') return at('mtu', `El paquete es más largo que la MTU por donde sale de ${here}.`, [routeLine(ns, address!)]);
  const route = routeTo(ns, address!);
  if (route) return at('route', `En ${here}, la ruta «${route}» dice que no.`, [{ source: `ip route (${ns.machine})`, text: route }]);
  return at('no-route', `${here} no tiene ninguna ruta hacia ${address!}${errno ? ` (${ERROR_TEXT[errno]})` : ''}.`, [{ source: `ip route get ${address!} (${ns.machine})`, text: 'RTNETLINK answers: Network is unreachable' }]);
}

function decided(world: World, flow: readonly TraceStep[], end: TraceStep, service: ServiceAt | undefined): Cause {
  const { machine, netns, packet } = end, here = placeOf(end);
  const ns = namespaceOf(world, machine, netns);
  const is = (kind: CauseKind, text: string, lines: Line[]): Cause => ({ kind, machine, netns, direction: 'out', text, lines, step: end, service });
  const save = (table: string | undefined) => `iptables-save -t ${table ?? 'filter'} (${machine})`;
  switch (end.reason ?? 'filter') {
    case 'filter': {
      const upTo = flow.slice(0, flow.indexOf(end) + 1);
      const rule = upTo.findLast(({ kind, machine: m, netns: n, hook }) => kind === 'rule' && m === machine && n === netns && hook !== undefined && (end.hook === undefined || hook.endsWith(end.hook.split('/').at(-1)!)));
      if (!rule || !ENDS.has(rule.verdict ?? '')) {
        const [table = 'filter', hook = ''] = (end.hook ?? '').split('/');
        return is('policy', `La política de la cadena ${hook} de ${here} lo descarta: ninguna regla anterior lo acepta.`, [{ source: save(table), text: `:${hook} DROP` }]);
      }
      const path = upTo.filter((s) => s.kind === 'rule' && s.hook === rule.hook && s.machine === machine && s.netns === netns && s.rule && (s === rule || s.verdict === 'CONTINUE' || s.rule.endsWith(`-j ${s.verdict ?? ''}`)));
      const lines = path.slice(-4).map((s) => ({ source: save(rule.table), text: s.rule! }));
      const none = /--comment "([^"]+) has no (local )?endpoints"/.exec(rule.rule ?? '');
      if (none?.[2]) return is('no-endpoints', `El Service ${none[1]!} no tiene ningún Pod listo en ${machine}, y su política de tráfico (Local) no deja enviar a los de otros nodos: kube-proxy escribe una regla que descarta.`, [...lines.slice(-1), ...(service ? [{ source: yamlOf(service), text: `spec:\n  externalTrafficPolicy: ${service.spec.externalTrafficPolicy ?? 'Cluster'}\n  internalTrafficPolicy: ${service.spec.internalTrafficPolicy ?? 'Cluster'}` }] : [])]);
      if (none) return is('no-endpoints', `El Service ${none[1]!} no tiene ningún Pod listo detrás: kube-proxy escribe una regla que rechaza.`, [...lines.slice(-1), ...selectorYaml(world, service)]);
      const verb = rule.verdict === 'REJECT' ? 'rechaza' : 'descarta';
      if (POLICY_CHAIN.test(rule.chain ?? '')) {
        const policies = decidingPolicies(world, rule);
        const text = `${policies.length > 1 ? 'Ninguna de las NetworkPolicy del Pod lo deja' : 'La NetworkPolicy del Pod no lo deja'} ${policies[0]?.direction === 'egress' ? 'salir' : 'entrar'}: ${here} lo ${verb}.`;
        return { ...is('network-policy', text, [...lines, ...policies.map(policyYaml)]), policies };
      }
      return is('rule', `Una regla de la cadena ${rule.chain ?? ''} de ${here} lo ${verb}.`, lines);
    }
    case 'socket': {
      const translated = service && flow.some(isTranslated);
      const text = `Nadie escucha en el puerto ${packet.dport ?? ''} de ${here}${translated ? `: es el targetPort del Service ${service.name}` : ''}.`;
      return is('no-listener', text, [...listening(ns), ...(translated ? portYaml(service) : [])]);
    }
    case 'forwarding':
      return is('forwarding', `${here} no reenvía lo que no es para ella.`, [{ source: `sysctl (${machine})`, text: `net.ipv4.ip_forward = ${ns?.get('net.ipv4.ip_forward') ?? '0'}` }]);
    case 'martian':
      return is('rp-filter', `${here} no espera a ese remitente (${packet.src}) por ${end.dev ?? 'esa interfaz'}.`, [{ source: `sysctl (${machine})`, text: `net.ipv4.conf.${end.dev ?? 'all'}.rp_filter = ${ns?.get(`net.ipv4.conf.${end.dev ?? 'all'}.rp_filter`) ?? ''}` }]);
    case 'route': {
      const route = ns && routeTo(ns, packet.dst);
      if (route) return is('route', `En ${here}, la ruta «${route}» dice que no.`, [{ source: `ip route (${machine})`, text: route }]);
      return is('no-route', `${here} no tiene ninguna ruta hacia ${packet.dst}.`, [{ source: `ip route get ${packet.dst} (${machine})`, text: 'RTNETLINK answers: Network is unreachable' }]);
    }
    case 'mtu': {
      const { dst } = packet.outer ?? packet;
      return is('mtu', `Mide ${packet.length} bytes y no se puede partir; por donde sigue, en ${here}, no cabe.`, ns ? [routeLine(ns, dst)] : []);
    }
    case 'ttl':
      return is('ttl', `Su TTL se acaba en ${here}: da demasiadas vueltas.`, ns ? [routeLine(ns, packet.dst)] : []);
    case 'neighbour': {
      const next = ns && nextHop(ns, (packet.outer ?? packet).dst);
      return is('neighbour', `En ${here} nadie contesta a quién tiene la dirección ${next ?? packet.dst} (ARP por ${end.dev ?? '?'}): esa máquina no está o está apagada.`, [{ source: `ip neigh (${machine})`, text: `${next ?? packet.dst} dev ${end.dev ?? '?'} FAILED` }]);
    }
    case 'link':
      return is('link', `Sale por ${end.dev ?? '?'} de ${here}, y el otro extremo está apagado.`, [{ source: `ip link (${machine})`, text: end.dev ?? '' }]);
    case 'conntrack':
    case 'ipvs': {
      const [count = '', max = ''] = ['count', 'max'].map((name) => ns?.get(`net.netfilter.nf_conntrack_${name}`));
      const text = Number(count) >= Number(max) ? `La tabla de conexiones de ${here} está llena.` : `El seguimiento de conexiones de ${here} no lo admite.`;
      return is('conntrack', text, [{ source: `sysctl (${machine})`, text: `net.netfilter.nf_conntrack_count = ${count}\nnet.netfilter.nf_conntrack_max = ${max}` }]);
    }
  }
}

const ENDS = new Set(['DROP', 'REJECT']);
/** Chains of those that enforce NetworkPolicies (Calico, kube-router, kube-network-policies). */
const POLICY_CHAIN = /^(cali-|KUBE-NWPLCY|KUBE-POD-FW|KUBE-NETWORK-POLIC)/;

function noServiceRules(world: World, service: ServiceAt, first: TraceStep, end: TraceStep): Cause {
  const { machine, netns } = first;
  const isNode = (queryObjects(world, { kind: 'Node' }) ?? []).some(({ metadata }) => metadata.name === machine);
  const text = isNode
    ? `${service.address} es del Service ${service.name}, pero en su camino ninguna regla lo cambia por la dirección de un Pod: faltan las reglas de kube-proxy.`
    : `${service.address} es la ClusterIP del Service ${service.name}, que solo existe en las reglas de los nodos; ${machine} no es un nodo, y el paquete sale hacia nadie.`;
  return { kind: 'no-service-rules', machine, netns, direction: 'out', step: end, service, text, lines: [{ source: `iptables-save -t nat (${machine})`, text: `(ninguna línea con ${service.address})` }] };
}

/** The namespace of a step. */
export function namespaceOf(world: World, machine: string, netns: string): NetNamespace | undefined {
  const on = world.machines.get(machine);
  return netns === '' ? on?.net : (on?.netns.get(netns) ?? on?.pids.processes().find(({ net }) => net.name === netns)?.net);
}

export function placeOf({ machine, netns }: { machine: string; netns: string }): string {
  return netns === '' ? machine : `un Pod de ${machine}`;
}

/** The route that refuses the destination. */
function routeTo(ns: NetNamespace, dst: string): string | undefined {
  const refusing = ns.fib.tableIds().flatMap((id) => [...(ns.fib.table(id) ?? [])]).filter((r) => ['blackhole', 'unreachable', 'prohibit'].includes(r.type) && inPrefix(ipv4(dst), r.dst, r.bits));
  const best = refusing.sort((a, b) => b.bits - a.bits)[0];
  return best && formatRoute(best);
}

function routeLine(ns: NetNamespace, dst: string): Line {
  const route = ns.fib.output(ipv4(dst));
  return { source: `ip route get ${dst} (${ns.machine})`, text: `${route.route ? formatRoute(route.route) : dst} · mtu ${route.mtu} (${route.dev.name})` };
}

function nextHop(ns: NetNamespace, dst: string): string | undefined {
  const { via } = ns.fib.output(ipv4(dst));
  return via === undefined ? dst : formatIpv4(via);
}

function listening(ns: NetNamespace | undefined): Line[] {
  const open = ns?.sockets.list().filter(({ state }) => state === 'LISTEN').map(({ local, process }) => `${local.ip}:${local.port} (${process?.comm ?? '-'})`) ?? [];
  return [{ source: `ss -ltnp (${ns?.machine ?? ''})`, text: open.length > 0 ? open.join(', ') : '(nadie escucha)' }];
}
