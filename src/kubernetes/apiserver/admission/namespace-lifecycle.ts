import * as errors from '../errors.ts';
import { type Admission, shownName } from './index.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Refuses to create in a namespace that is not there or is being deleted (plugin/namespace/lifecycle). */
export function namespaceLifecycle({ server, operation, info, object, old }: Admission): void {
  if (operation === 'DELETE' && info.kind === 'Namespace' && IMMORTAL.has(old!.metadata.name)) throw errors.forbidden(info, old!.metadata.name, 'this namespace may not be deleted');
  if (operation !== 'CREATE' || !info.namespaced || !object?.metadata.namespace) return;
  const name = object.metadata.namespace;
  const namespace = server.registry.find(server.resource('', 'v1', 'namespaces')!, '', name);
  if (!namespace) throw errors.notFound({ group: '', resource: 'namespaces' }, name);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const error = errors.forbidden(info, shownName(object), `unable to create new content in namespace ${name} because it is being terminated`);
  error.status.details = { ...error.status.details, causes: [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }] };
  throw error;
}
