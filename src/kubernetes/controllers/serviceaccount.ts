import type { KubeObject } from '../api/types.ts';
import { ApiError, core } from '../client/client.ts';
import { type ControllerContext, NAMESPACES } from './context.ts';
import { isNamespaceTerminating } from './replicaset.ts';

/** pkg/controller/serviceaccount: every active namespace has the ServiceAccount `default`. */
export function startServiceAccountController(context: ControllerContext): void {
  const namespaces = context.informer(NAMESPACES), accounts = context.resource('service-account-controller', core('serviceaccounts'));
  const queue = context.queue((name) => {
    const namespace = namespaces.get(undefined, name);
    if (!namespace || namespace.status?.phase !== 'Active' || accounts.get(name, 'default')) return;
    createUnlessTerminating(() => accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } }));
  });
  namespaces.on({ add: (n) => queue.add(n.metadata.name), update: (n) => queue.add(n.metadata.name) });
  accounts.informer.on({ delete: (sa) => (sa.metadata.name === 'default' ? queue.add(sa.metadata.namespace!) : undefined) });
}

/** pkg/controller/certificates/rootcacertpublisher: every active namespace has the ConfigMap `kube-root-ca.crt`. */
export function startRootCaPublisher(context: ControllerContext): void {
  const NAME = 'kube-root-ca.crt';
  const namespaces = context.informer(NAMESPACES), maps = context.resource('root-ca-cert-publisher', core('configmaps'));
  const queue = context.queue((name) => {
    const namespace = namespaces.get(undefined, name);
    if (!namespace || namespace.status?.phase !== 'Active') return;
    const data = { 'ca.crt': context.flags.rootCa };
    const current = maps.get(name, NAME);
    const annotations = { 'kubernetes.io/description': 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.' };
    if (!current) createUnlessTerminating(() => maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, namespace: name, annotations }, data }));
    else if (Object.keys(current['data'] ?? {}).length !== 1 || current['data']['ca.crt'] !== data['ca.crt'] || current.metadata.annotations?.['kubernetes.io/description'] !== annotations['kubernetes.io/description']) {
      maps.update({ ...current, metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...annotations } }, data });
    }
  });
  namespaces.on({ add: (n) => queue.add(n.metadata.name), update: (n) => queue.add(n.metadata.name) });
  const changed = (m: KubeObject) => {
    if (m.metadata.name === NAME) queue.add(m.metadata.namespace!);
  };
  maps.informer.on({ update: changed, delete: changed });
}

function createUnlessTerminating(create: () => void): void {
  try {
    create();
  } catch (error) {
    if (error instanceof ApiError && (isNamespaceTerminating(error) || error.reason === 'AlreadyExists')) return;
    throw error;
  }
}
