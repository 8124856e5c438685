import type { KubeObject } from '../api/types.ts';
import type { ResourceInfo } from '../api/scheme.ts';
import { rfc3339 } from '../client/time.ts';
import type { ApiServer } from './server.ts';

/** Stores an object of the server's own, unless it is there. */
export function ensure(server: ApiServer, info: ResourceInfo, object: KubeObject): void {
  if (server.registry.find(info, object.metadata.namespace ?? '', object.metadata.name)) return;
  object.metadata.uid = server.rng.uuid();
  object.metadata.creationTimestamp = rfc3339(server.clock.now);
  server.managedFields.created(object, { manager: 'kube-apiserver', operation: 'Update', apiVersion: object.apiVersion }, server.clock.now);
  server.registry.put(info, object);
}
