import type { KubeObject } from '../api/types.ts';
import { apiVersionOf, type GroupVersion } from '../api/scheme.ts';
import { rfc3339 } from '../client/time.ts';
import { ensure } from './ensure.ts';
import type { ApiServer } from './server.ts';

/** kube-aggregator's record of who serves a group version: here the server itself, for its own groups and those of custom resources. */

const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** apiVersionPriorities (cmd/kube-apiserver/app/aggregator.go): a group's, and what its versions have if it is not 15. */
const PRIORITIES: Record<string, [group: number, versions?: Record<string, number>]> = {
  '': [18000, { v1: 1 }], apps: [17800], 'events.k8s.io': [17750], 'authentication.k8s.io': [17700, { v1beta1: 9, v1alpha1: 1 }], 'authorization.k8s.io': [17600], autoscaling: [17500, { v2: 30, v2beta2: 1 }], batch: [17400],
  'certificates.k8s.io': [17300, { v1alpha1: 1 }], 'networking.k8s.io': [17200, { v1alpha1: 1 }], policy: [17100], 'rbac.authorization.k8s.io': [17000], 'storage.k8s.io': [16800, { v1beta1: 9, v1alpha1: 1 }], 'apiextensions.k8s.io': [16700],
  'admissionregistration.k8s.io': [16700, { v1beta1: 12, v1alpha1: 9 }], 'scheduling.k8s.io': [16600], 'coordination.k8s.io': [16500], 'node.k8s.io': [16300], 'discovery.k8s.io': [16200], 'flowcontrol.apiserver.k8s.io': [16100, { v1beta2: 12, v1beta3: 18 }],
  'internal.apiserver.k8s.io': [16000, { v1alpha1: 9 }], 'resource.k8s.io': [15900, { v1alpha2: 9 }],
};

/** The APIServices of the built-in groups, which the server makes when it starts. */
export function localApiServices(versions: readonly GroupVersion[], now: string): KubeObject[] {
  return versions.filter(({ group }) => group !== 'apiregistration.k8s.io').map(({ group, version }) => {
    const [minimum, of] = PRIORITIES[group] ?? [1000];
    return apiService(group, version, minimum, of?.[version] ?? 15, 'onstart', now);
  });
}

/** crdregistration_controller.go: one for each group version of custom resources, as long as there are any. */
export function registerCustomGroups(server: ApiServer): void {
  const info = server.resource('apiregistration.k8s.io', 'v1', 'apiservices')!, wanted = new Map(server.customResources.groupVersions().map(({ group, version }) => [`${version}.${group}`, { group, version }]));
  for (const { value } of server.registry.list(info, '')) {
    if (wanted.delete(value.metadata.name) || value.metadata.labels?.[AUTOMANAGED] !== 'true') continue;
    server.registry.remove(info, '', value.metadata.name);
  }
  for (const { group, version } of wanted.values()) ensure(server, info, apiService(group, version, 1000, 100, 'true', rfc3339(server.clock.now)));
}

function apiService(group: string, version: string, groupPriorityMinimum: number, versionPriority: number, automanaged: string, lastTransitionTime: string): KubeObject {
  return {
    apiVersion: apiVersionOf('apiregistration.k8s.io', 'v1'), kind: 'APIService', metadata: { name: `${version}.${group}`, labels: { [AUTOMANAGED]: automanaged } },
    spec: { ...(group ? { group } : {}), groupPriorityMinimum, version, versionPriority },
    status: { conditions: [{ lastTransitionTime, message: 'Local APIServices are always available', reason: 'Local', status: 'True', type: 'Available' }] },
  };
}
