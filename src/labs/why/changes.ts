/** What might alter a packet's fate, as commands that a student can type. Whether it does is found out by trying (index.ts). */
import type { KubeObject } from '../../kubernetes/api/types.ts';
import { formatIpv4, inPrefix, ipv4 } from '../../linux/net/addresses.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { World } from '../../linux/world.ts';
import { queryObjects } from '../objects.ts';
import type { Attempt } from './attempt.ts';
import { namespaceOf, type Cause } from './cause.ts';
import { allowing } from './policy.ts';
import type { Question } from './question.ts';
import { behind, podsOf } from './service.ts';

export interface Change {
  /** Spanish, imperative. */
  text: string;
  machine: string;
  command: string;
}

/** Candidates, the likeliest and smallest first. */
export function changesFor(world: World, question: Question, tried: Attempt, cause: Cause): Change[] {
  const { machine, netns, step, service } = cause;
  const ns = namespaceOf(world, machine, netns);
  const inside = (command: string) => (netns === '' ? command : `ip netns exec ${netns} ${command}`);
  const here = (text: string, command: string): Change => ({ text, machine, command: inside(command) });
  const [student = 'mac'] = world.machines.keys();
  const kubectl = (text: string, command: string): Change => ({ text, machine: student, command: `kubectl ${command}` });
  switch (cause.kind) {
    case 'rule': {
      const { table = 'filter' } = step!;
      return cause.lines.toReversed().slice(0, 2).map(({ text }) => here('Borra esta regla.', `iptables -t ${cause.lines[0] ? tableOf(cause.lines[0].source) : table} ${text.replace(/^-A/, '-D')}`));
    }
    case 'policy': {
      const hook = /^:(\S+)/.exec(cause.lines[0]!.text)![1]!;
      const { proto, dst } = step!.packet;
      return [
        here('Acepta estos paquetes antes de la política.', `iptables -t ${tableOf(cause.lines[0]!.source)} -A ${hook} -d ${dst} -p ${proto} -j ACCEPT`),
        here('Cambia la política de la cadena.', `iptables -t ${tableOf(cause.lines[0]!.source)} -P ${hook} ACCEPT`),
        here('Acepta lo que pertenece a conexiones abiertas.', `iptables -t ${tableOf(cause.lines[0]!.source)} -A ${hook} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
      ];
    }
    case 'network-policy':
      return (cause.policies ?? []).flatMap((deciding) => {
        const { metadata } = deciding.policy;
        return [
          kubectl(`Añade a la NetworkPolicy ${metadata.name} una regla que lo deje ${deciding.direction === 'ingress' ? 'entrar' : 'salir'}.`, allowing(deciding, step!)),
          kubectl('Borra esta NetworkPolicy.', `delete networkpolicy ${metadata.name} -n ${metadata.namespace ?? 'default'}`),
        ];
      });
    case 'route':
      return [here('Borra esta ruta.', `ip route del ${cause.lines[0]!.text.replace(/ linkdown$/, '')}`)];
    case 'no-route':
      return [...(ns ? [...switchedOff(ns, here), ...nextHops(world, ns, step?.packet.dst ?? tried.address!).map(({ dst, via }) => here('Añade esta ruta.', `ip route add ${dst} via ${via}`))] : []), ...networkPlugin(world, machine, kubectl)];
    case 'no-service-port':
      return question.protocol === 'icmp' || question.port === undefined ? [] : [kubectl('Añade ese puerto al Service.', `patch service ${nameOf(service!.object)} --type=json -p '[${service!.spec.ports!.some(({ name }) => name) ? '' : '{"op":"add","path":"/spec/ports/0/name","value":"principal"},'}{"op":"add","path":"/spec/ports/-","value":{"name":"otro","port":${question.port},"protocol":"${question.protocol.toUpperCase()}","targetPort":${JSON.stringify(service!.spec.ports![0]!.targetPort ?? service!.spec.ports![0]!.port)}}}]'`)];
    case 'conntrack':
      return [here('Haz sitio para más conexiones.', 'sysctl -w net.netfilter.nf_conntrack_max=262144'), here('Olvida las conexiones apuntadas.', 'conntrack -F')];
    case 'ttl':
      return takenRoutes(world, tried);
    case 'forwarding':
      return [here('Deja que reenvíe paquetes.', 'sysctl -w net.ipv4.ip_forward=1')];
    case 'rp-filter':
      return [...takenRoutes(world, tried), here('No compruebes por dónde llega cada remitente.', `sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${step!.dev!}.rp_filter=0`), here('Admite direcciones 127.* de fuera.', 'sysctl -w net.ipv4.conf.all.route_localnet=1')];
    case 'mtu':
      return ns ? mtuChanges(ns, tried.address!, step?.packet.dst, here) : [];
    case 'neighbour': {
      const [ip = '', , dev = ''] = cause.lines[0]!.text.split(' ');
      return [here('Olvida al vecino que no contesta.', `ip neigh del ${ip} dev ${dev}`), ...stopped(world, ip, student), ...elsewhere(world, service, kubectl)];
    }
    case 'link':
      return [...(ns?.link(step?.dev ?? '')?.peer ? [otherEnd(ns, step!.dev!)] : []), ...stopped(world, undefined, student), ...elsewhere(world, service, kubectl)].filter((c): c is Change => c !== undefined);
    case 'no-endpoints':
      return service ? endpointChanges(world, cause, kubectl) : [];
    case 'no-listener': {
      const port = step!.packet.dport!;
      const others = service ? listeningPorts(ns).map((p) => kubectl(`Haz que el Service apunte al puerto ${p}, donde sí escuchan.`, `patch service ${nameOf(service.object)} --type=json -p '[{"op":"replace","path":"/spec/ports/${service.port}/targetPort","value":${p}}]'`)) : [];
      return [...others, here('Arranca un programa que escuche ahí.', `sh -c 'nc -l${step!.packet.proto === 'udp' ? ' -u' : ''} -k -p ${port} >/dev/null 2>&1 </dev/null &'`)];
    }
    case 'no-service-rules':
      return (queryObjects(world, { kind: 'Pod', namespace: 'kube-system', selector: 'k8s-app=kube-proxy' }) ?? [])
        .filter((pod) => [cause.machine, step?.machine].includes((pod as unknown as { spec: { nodeName?: string } }).spec.nodeName))
        .map(({ metadata }) => kubectl('Deja que kube-proxy empiece de nuevo: al arrancar escribe todas sus reglas.', `delete pod ${metadata.name} -n kube-system`));
    case 'socket':
      return [{ text: 'Córtalo con una regla.', machine, command: inside(`iptables -I INPUT -p ${question.protocol} ${step?.packet.dport === undefined ? '' : `--dport ${step.packet.dport} `}-j REJECT`) }];
    default:
      return [];
  }
}

function tableOf(source: string): string {
  return /-t (\S+)/.exec(source)?.[1] ?? 'filter';
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
}

/** Neighbours of that namespace that know how to go on. */
function nextHops(world: World, ns: NetNamespace, dst: string): { dst: string; via: string }[] {
  const out: { dst: string; via: string }[] = [];
  for (const machine of world.machines.values()) {
    for (const other of new Set([machine.net, ...machine.netns.values()])) {
      if (other === ns) continue;
      for (const a of other.addresses()) {
        if (a.dev === other.lo || !ns.addresses().some((o) => o.dev !== ns.lo && inPrefix(a.ip, o.ip, o.bits) && o.ip !== a.ip)) continue;
        const route = other.fib.output(ipv4(dst));
        if (!route.error && (route.type === 'local' || route.dev !== a.dev)) out.push({ dst: route.type === 'local' || (route.route?.bits ?? 0) < 8 ? dst : `${formatIpv4(route.route!.dst)}/${route.route!.bits}`, via: formatIpv4(a.ip) });
      }
    }
  }
  return [...new Map(out.map((o) => [`${o.dst} ${o.via}`, o])).values()].slice(0, 4);
}

function mtuChanges(ns: NetNamespace, address: string, dst: string | undefined, here: (text: string, command: string) => Change): Change[] {
  const route = ns.fib.output(ipv4(dst ?? address));
  const cut = route.route?.mtu === undefined ? [] : [here('Quita el límite de la ruta.', `ip route change ${route.route.bits === 0 ? 'default' : `${formatIpv4(route.route.dst)}/${route.route.bits}`}${route.via === undefined ? '' : ` via ${formatIpv4(route.via)}`} dev ${route.dev.name}`)];
  return [...cut, here('Deja pasar paquetes más grandes por esa interfaz.', `ip link set ${route.dev.name} mtu 1500`), here('Deja pasar paquetes más grandes por esa interfaz.', `ip link set ${route.dev.name} mtu 9000`)];
}

function otherEnd(ns: NetNamespace, dev: string): Change | undefined {
  const peer = ns.link(dev)?.peer;
  if (!peer) return undefined;
  const command = `ip link set ${peer.name} up`;
  return { text: 'Enciende el otro extremo del cable.', machine: peer.ns.machine, command: peer.ns.name === '' ? command : `ip netns exec ${peer.ns.name} ${command}` };
}

/** Nodes that are stopped containers can be started again. */
function stopped(world: World, _ip: string | undefined, student: string): Change[] {
  const nodes = queryObjects(world, { kind: 'Node' }) ?? [];
  const down = nodes.filter((node) => (node as unknown as { status?: { conditions?: { type: string; status: string }[] } }).status?.conditions?.some((c) => c.type === 'Ready' && c.status !== 'True') || !world.machines.get(node.metadata.name)?.pids.processes().some((p) => p.comm === 'kubelet'));
  return down.map(({ metadata }) => ({ text: `Enciende el nodo ${metadata.name}.`, machine: student, command: `podman start ${metadata.name}` }));
}

/** Without the Pods of the dead node the Service sends to the others. */
function elsewhere(world: World, service: Cause['service'], kubectl: (text: string, command: string) => Change): Change[] {
  if (!service) return [];
  return podsOf(world, service).filter(({ metadata, ...rest }) => behind(service, metadata.labels) && !world.machines.get((rest as unknown as { spec: { nodeName?: string } }).spec.nodeName ?? '')?.pids.processes().some((p) => p.comm === 'kubelet'))
    .slice(0, 1).map(({ metadata }) => kubectl('Borra el Pod que estaba en el nodo apagado.', `delete pod ${metadata.name} -n ${metadata.namespace ?? 'default'} --force --grace-period=0`));
}

function listeningPorts(ns: NetNamespace | undefined): number[] {
  return [...new Set((ns?.sockets.list() ?? []).filter(({ state, local }) => state === 'LISTEN' && !local.ip.startsWith('127.')).map(({ local }) => local.port))].slice(0, 4);
}

/** Routes that somebody added and that the packet took, the last first: one of them may lead it astray. */
function takenRoutes(world: World, { steps }: Attempt): Change[] {
  const taken = steps.filter(({ kind, route }) => kind === 'route' && route !== undefined && !/^(default|local|broadcast)|proto kernel/.test(route)).toReversed();
  const changes = taken.map(({ machine, netns, route }) => ({ text: 'Borra esta ruta, por la que ha ido.', machine, command: `${netns === '' ? '' : `ip netns exec ${netns} `}ip route del ${route!.replace(/ linkdown$/, '')}` }));
  return [...new Map(changes.filter(({ machine }) => world.machines.has(machine)).map((c) => [`${c.machine} ${c.command}`, c])).values()].slice(0, 3);
}

/** Interfaces that somebody has switched off. */
function switchedOff(ns: NetNamespace, here: (text: string, command: string) => Change): Change[] {
  return ns.links().filter(({ up, name }) => !up && name !== 'lo').map(({ name }) => here(`Enciende ${name}, que está apagada.`, `ip link set ${name} up`)).slice(0, 2);
}

/** The daemon that writes a node's routes writes them again when it starts. */
function networkPlugin(world: World, node: string, kubectl: (text: string, command: string) => Change): Change[] {
  const pods = queryObjects(world, { kind: 'Pod', namespace: '*' }) ?? [];
  const mine = pods.filter(({ metadata, ...rest }) => (metadata.labels?.['app'] === 'flannel' || metadata.labels?.['k8s-app'] === 'calico-node') && (rest as unknown as { spec: { nodeName?: string } }).spec.nodeName === node);
  return mine.map(({ metadata }) => kubectl('Deja que el plugin de red empiece de nuevo: al arrancar escribe sus rutas.', `delete pod ${metadata.name} -n ${metadata.namespace ?? 'default'}`));
}

/** A Deployment of none, labels that the selector does not find, or Pods that are only elsewhere. */
function endpointChanges(world: World, { service, lines }: Cause, kubectl: (text: string, command: string) => Change): Change[] {
  if (/has no local endpoints/.test(lines[0]?.text ?? '')) {
    const key = service!.spec.externalTrafficPolicy === 'Local' ? 'externalTrafficPolicy' : 'internalTrafficPolicy';
    return [kubectl('Deja que envíe también a Pods de otros nodos.', `patch service ${nameOf(service!.object)} -p '{"spec":{"${key}":"Cluster"}}'`)];
  }
  const changes: Change[] = [];
  const namespace = service!.object.metadata.namespace ?? 'default';
  for (const object of queryObjects(world, { kind: 'Deployment', namespace }) ?? []) {
    const { spec } = object as unknown as { spec: { replicas?: number; template: { metadata?: { labels?: Record<string, string> } } } };
    const labels = spec.template.metadata?.labels ?? {};
    if (behind(service!, labels)) {
      if ((spec.replicas ?? 1) === 0) changes.push(kubectl('Pide al menos una réplica.', `scale deployment ${nameOf(object)} --replicas=1`));
      else changes.push(kubectl('Crea Pods nuevos.', `rollout restart deployment ${nameOf(object)}`));
    } else changes.push(kubectl(`Haz que el selector encuentre los Pods de ${object.metadata.name}.`, `patch service ${nameOf(service!.object)} --type=json -p '[{"op":"replace","path":"/spec/selector","value":${JSON.stringify(labels)}}]'`));
  }
  const named = (c: Change) => Number(!c.command.includes(service!.object.metadata.name));
  return changes.sort((a, b) => named(a) - named(b));
}
