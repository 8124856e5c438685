import type { KubeObject } from '../../api/types.ts';
import type { ResourceInfo } from '../../api/scheme.ts';
import type { ApiRequest } from '../http.ts';
import type { RequestContext } from '../registry.ts';
import type { ApiServer } from '../server.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';

/** What an admission plugin sees of a write. `object` may be changed by the mutating ones. */
export interface Admission {
  server: ApiServer;
  context: RequestContext;
  request: ApiRequest;
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  info: ResourceInfo;
  subresource: string;
  object: KubeObject | undefined;
  old: KubeObject | undefined;
}

export type Plugin = (admission: Admission) => void;

/** The default plugins in their order: mutating ones first, then validating ones. */
const PLUGINS: Plugin[] = [namespaceLifecycle];

export function admit(admission: Admission): void {
  for (const plugin of PLUGINS) plugin(admission);
}
