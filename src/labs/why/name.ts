/** A name that gave no address: what its servers say of it, and how it may have been meant. */
import type { World } from '../../linux/world.ts';
import { queryObjects } from '../objects.ts';
import type { Attempt } from './attempt.ts';
import type { Line } from './cause.ts';

/** One or two sentences, Spanish, and where it is written. */
export function unknownName(world: World, name: string, { lookup, origin }: Attempt): { text: string; lines: Line[] } {
  const servers = lookup?.servers ?? [];
  const lines = [{ source: `/etc/resolv.conf (${origin?.machine ?? ''}${origin && origin.name !== '' ? ', el Pod' : ''})`, text: servers.map((ip) => `nameserver ${ip}`).join('\n') }];
  const text = `${servers.join(' y ')} contesta que el nombre «${name}» no existe.`;
  const services = queryObjects(world, { kind: 'Service', namespace: '*' }) ?? [];
  const cluster = services.filter(({ metadata, ...rest }) => metadata.labels?.['k8s-app'] === 'kube-dns' && servers.includes((rest as unknown as { spec: { clusterIP?: string } }).spec.clusterIP ?? ''));
  const meant = services.filter(({ metadata }) => metadata.name === name.split('.')[0]);
  if (meant.length === 0) return { text, lines };
  if (cluster.length === 0) return { text: `${text} Hay un Service ${meant[0]!.metadata.name}, pero aquí no se pregunta al DNS del cluster: los nombres de los Services solo valen dentro de los Pods.`, lines };
  const full = meant.map(({ metadata }) => `${metadata.name}.${metadata.namespace ?? 'default'}`);
  return { text: `${text} Hay un Service que se llama así en otro namespace: desde aquí su nombre es ${full.join(' o ')}.`, lines };
}
