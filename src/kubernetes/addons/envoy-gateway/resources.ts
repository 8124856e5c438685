import type { KubeObject } from '../../api/types.ts';

/** What the translator looks at. */
export interface Resources {
  gateways: readonly KubeObject[];
  routes: readonly KubeObject[];
  grants: readonly KubeObject[];
  namespace(name: string): KubeObject | undefined;
  service(namespace: string, name: string): KubeObject | undefined;
  slices(namespace: string, service: string): readonly KubeObject[];
  secret(namespace: string, name: string): KubeObject | undefined;
  /** The EnvoyProxy that goes with a Gateway or its class. */
  envoyProxy(gateway: KubeObject): KubeObject | undefined;
}

/** Whether a ReferenceGrant in the target's namespace lets it be named from another one. */
export function granted(grants: readonly KubeObject[], from: { group: string; kind: string; namespace: string }, to: { group: string; kind: string; namespace: string; name: string }): boolean {
  return grants.some((g) => g.metadata.namespace === to.namespace
    && (g.spec.from as { group: string; kind: string; namespace: string }[]).some((f) => f.group === from.group && f.kind === from.kind && f.namespace === from.namespace)
    && (g.spec.to as { group: string; kind: string; name?: string }[]).some((t) => t.group === to.group && t.kind === to.kind && (!t.name || t.name === to.name)));
}

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';
