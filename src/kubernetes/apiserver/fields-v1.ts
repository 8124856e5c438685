import type { KubeObject } from '../api/types.ts';
import type { ResourceInfo } from '../api/scheme.ts';
import type { ApiServer } from './server.ts';

/** The object with its managedFields written out; frozen objects are not touched. */
export function withManagedFields(server: ApiServer, _resource: ResourceInfo, object: KubeObject): KubeObject {
  const entries = server.managedFields.entriesOf(object);
  return entries.length === 0 ? object : { ...object, metadata: { ...object.metadata, managedFields: entries } };
}
