/** A packet that nobody meant to send that way: it took the default route because nothing better was there, and nobody outside has its address. */
import { formatIpv4, ipv4 } from '../../linux/net/addresses.ts';
import type { TraceStep } from '../../linux/net/trace.ts';
import type { World } from '../../linux/world.ts';
import { queryObjects } from '../objects.ts';
import { hasAddress, namespaceOf, placeOf, type Cause } from './cause.ts';
import { yamlOf, type ServiceAt } from './service.ts';

/** The cause, when `end` is a place where the packet had nothing to look for; undefined when its end is what it seems. */
export function strayCause(world: World, flow: readonly TraceStep[], end: TraceStep): Omit<Cause, 'direction'> | undefined {
  const { dst } = end.packet;
  const defaults = flow.filter((step) => step.kind === 'route' && step.packet.dst === dst && step.route?.startsWith('default') === true && step.packet.outer === undefined);
  // A Pod's default route leads to its node, which is the first that could know better.
  const leave = defaults.findLast(({ machine }) => machine === defaults[0]!.machine);
  if (!leave || leave.machine === end.machine || couldGoOn(world, end)) return undefined;
  const { machine, netns } = leave, here = placeOf(leave);
  const is = (kind: Cause['kind'], text: string, lines: Cause['lines'], service?: ServiceAt) => ({ kind, machine, netns, text, lines, step: leave, service });
  const route = { source: `ip route get ${dst} (${machine})`, text: leave.route! };
  const service = serviceOf(world, dst);
  if (service) {
    const served = (service.spec.ports ?? []).map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`);
    const asked = end.packet.dport === undefined ? 'el ping' : `el puerto ${end.packet.dport}/${end.packet.proto.toUpperCase()}`;
    const text = `${dst} es la ClusterIP del Service ${service.name}, que solo atiende ${served.join(', ')}: ninguna regla cambia ${asked} por la dirección de un Pod, y el paquete sale de ${here} por la ruta por defecto, hacia nadie.`;
    return is('no-service-port', text, [{ source: yamlOf(service), text: ['spec:', `  clusterIP: ${dst}`, '  ports:', ...(service.spec.ports ?? []).map(({ port, protocol = 'TCP' }) => `  - port: ${port}\n    protocol: ${protocol}`)].join('\n') }, route], service);
  }
  if (hasAddress(world, dst)) return is('no-route', `${here} no tiene una ruta hacia ${dst}: lo manda por la ruta por defecto, hacia fuera, donde nadie sabe llegar.`, [route]);
  return is('stray', `${dst} no es de ninguna máquina a la que se llegue desde aquí: el paquete sale de ${here} por la ruta por defecto y nadie lo recoge.`, [route]);
}

/** Whether that machine would know where to send it, were it willing to. */
function couldGoOn(world: World, { machine, netns, packet, dev }: TraceStep): boolean {
  const route = namespaceOf(world, machine, netns)?.fib.output(ipv4(packet.dst));
  return route !== undefined && !route.error && route.dev.name !== dev && (route.via === undefined || hasAddress(world, formatIpv4(route.via)));
}

function serviceOf(world: World, address: string): ServiceAt | undefined {
  for (const object of queryObjects(world, { kind: 'Service', namespace: '*' }) ?? []) {
    const { spec } = object as unknown as { spec: ServiceAt['spec'] };
    if (spec.clusterIP === address) return { name: `${object.metadata.namespace ?? 'default'}/${object.metadata.name}`, address, object, spec, port: 0 };
  }
  return undefined;
}
