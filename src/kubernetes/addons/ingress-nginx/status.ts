import type { KubeObject } from '../../api/types.ts';
import { type ApiClient, ApiError, ConnectionError, core, gvr } from '../../client/client.ts';
import type { Clock } from '../../../sim/clock.ts';
import { SECOND } from '../../../sim/clock.ts';
import type { Log } from './log.ts';

type Address = { ip?: string; hostname?: string };
const INGRESSES = gvr('networking.k8s.io', 'v1', 'ingresses');

export interface StatusOptions {
  client: ApiClient;
  clock: Clock;
  log: Log;
  /** --publish-service, --publish-status-address. */
  publishService: string | undefined;
  publishAddress: string | undefined;
  pod: KubeObject;
  ingresses: () => KubeObject[];
}

/** The leader writes where the controller can be reached into every Ingress, once a minute. Returns a function that stops it. */
export function syncStatus(o: StatusOptions): () => void {
  const sync = () => {
    try {
      const addresses = running(o);
      for (const ingress of o.ingresses()) update(o, ingress, addresses);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    }
  };
  o.clock.after(SECOND / 10, sync, { background: true });
  const ticking = o.clock.every(60 * SECOND, sync);
  return () => ticking.cancel();
}

function running({ client, publishService, publishAddress, pod }: StatusOptions): Address[] {
  if (publishAddress) return publishAddress.split(/,\s*/).map((a) => (/^[\d.]+$/.test(a) ? { ip: a } : { hostname: a }));
  if (publishService) return ofService(client.get(core('services'), ...(publishService.split('/') as [string, string])));
  const pods = client.list(core('pods'), pod.metadata.namespace, { labelSelector: Object.entries(pod.metadata.labels ?? {}).map(([k, v]) => `${k}=${v}`).join(',') }).items;
  const ready = pods.filter((p) => p.status?.phase === 'Running' && p.status.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True'));
  const nodes = new Set(ready.map((p) => p.spec.nodeName as string));
  return [...nodes].flatMap((name) => {
    const addresses = (client.find(core('nodes'), undefined, name)?.status?.addresses ?? []) as { type: string; address: string }[];
    const ip = (addresses.find((a) => a.type === 'ExternalIP') ?? addresses.find((a) => a.type === 'InternalIP'))?.address;
    return ip ? [{ ip }] : [];
  });
}

/** What the Service of the controller says of itself, by its type. */
function ofService(service: KubeObject): Address[] {
  const { type, clusterIP, externalIPs = [], externalName } = service.spec as { type: string; clusterIP: string; externalIPs?: string[]; externalName?: string };
  if (type === 'ExternalName') return [{ hostname: externalName! }];
  if (type === 'ClusterIP') return [{ ip: clusterIP }];
  if (type === 'NodePort') return externalIPs.length > 0 ? externalIPs.map((ip) => ({ ip })) : [{ ip: clusterIP }];
  return [...((service.status?.loadBalancer?.ingress ?? []) as Address[]).map(({ ip, hostname }) => (ip ? { ip } : { hostname: hostname! })), ...externalIPs.map((ip) => ({ ip }))];
}

function update({ client, log }: StatusOptions, ingress: KubeObject, addresses: Address[]): void {
  const now = (ingress.status?.loadBalancer?.ingress ?? []) as Address[];
  const text = (list: Address[]) => list.map((a) => a.ip ?? a.hostname ?? '').sort().join();
  if (text(now) === text(addresses)) return;
  log.info('status.go:300', 'updating Ingress status', { namespace: ingress.metadata.namespace!, ingress: ingress.metadata.name, currentValue: now.length === 0 ? new Raw('null') : now, newValue: addresses });
  const current = client.find(INGRESSES, ingress.metadata.namespace, ingress.metadata.name);
  if (current) client.updateStatus(INGRESSES, { ...current, status: { ...current.status, loadBalancer: addresses.length > 0 ? { ingress: addresses } : {} } });
}

/** Printed without quotes. */
class Raw {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}
