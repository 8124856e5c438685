import type { ApiServer } from './server.ts';

interface Slice {
  ports: { name: string; port: number }[];
  endpoints: { addresses: string[]; conditions?: { ready?: boolean } }[];
}

/** Where a port of a Service leads, as kube-proxy would send it: IP:PORT of a ready endpoint, or why there is none. */
export function serviceEndpoint(server: ApiServer, { namespace, name, port }: { namespace: string; name: string; port: number }): { address: string; clusterIP: string } | { error: string; reason: 'ServiceNotFound' | 'ServicePortError' | 'MissingEndpoints' } {
  const all = (group: string, resource: string) => server.registry.list(server.resource(group, 'v1', resource)!, namespace).map((o) => o.value);
  const found = all('', 'services').find((s) => s.metadata.name === name);
  if (!found) return { error: `service ${JSON.stringify(name)} not found`, reason: 'ServiceNotFound' };
  const wanted = (found.spec.ports as { name?: string; port: number }[]).find((p) => p.port === port);
  if (!wanted) return { error: `no service port ${port} found for service ${JSON.stringify(name)}`, reason: 'ServicePortError' };
  const slices = all('discovery.k8s.io', 'endpointslices').filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name) as unknown as Slice[];
  const ready = slices.flatMap((s) => (s.endpoints ?? []).filter((e) => e.conditions?.ready !== false).map((e) => `${e.addresses[0]}:${(s.ports.find((p) => p.name === (wanted.name ?? '')) ?? s.ports[0])!.port}`));
  return ready[0] ? { address: ready[0], clusterIP: found.spec.clusterIP as string } : { error: `dial tcp ${found.spec.clusterIP}:${port}: connect: connection refused`, reason: 'MissingEndpoints' };
}
