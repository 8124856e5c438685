import type { KubeObject } from '../api/types.ts';
import type { ResourceInfo } from '../api/scheme.ts';
import type { ApiServer } from './server.ts';

export function withManagedFields(_server: ApiServer, _resource: ResourceInfo, object: KubeObject): KubeObject {
  return object;
}
