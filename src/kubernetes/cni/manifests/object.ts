import type { KubeObject } from '../../api/types.ts';

/** Short forms for manifests written as objects. */
export const subject = (name: string, namespace: string) => [{ kind: 'ServiceAccount', name, namespace }];
export const role = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });
export const rbac = 'rbac.authorization.k8s.io/v1';
export const object = (apiVersion: string, kind: string, name: string, namespace: string | undefined, rest: Record<string, unknown>, labels?: Record<string, string>): KubeObject => ({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}), ...(labels ? { labels } : {}) }, ...rest });
