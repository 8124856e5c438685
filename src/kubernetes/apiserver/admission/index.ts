import type { JsonSchema } from '../../api/custom-schema.ts';
import type { KubeObject } from '../../api/types.ts';
import type { ResourceInfo } from '../../api/scheme.ts';
import type { ApiRequest } from '../http.ts';
import type { RequestContext } from '../registry.ts';
import type { ApiServer } from '../server.ts';
import { wrongRules } from '../cel/crd-rules.ts';
import { wrongExpression } from '../cel/wrong-expression.ts';
import { invalid } from '../errors.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { serviceAccount } from './service-account.ts';
import { defaultStorageClass, defaultTolerationSeconds, priority, taintNodesByCondition } from './pods-and-nodes.ts';
import { limitRanger } from './limit-ranger.ts';
import { resourceQuota } from './resource-quota.ts';
import { podSecurity } from './pod-security/index.ts';
import { preventEscalation } from '../escalation.ts';
import { nodeRestriction } from './node-restriction.ts';
import { conditionsOf, mutatingWebhooks, validatingWebhooks, WEBHOOK_VARIABLES } from './webhook-configurations.ts';

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

/**
 * The name a refusal of a mutating plugin tells: it comes before a name is made from generateName, which then stands for it. (Plugins
 * that only validate see the made name.)
 */
export function shownName(object: KubeObject): string {
  const { name, generateName } = object.metadata;
  return generateName && name.startsWith(generateName) ? generateName : name;
}

export type Plugin = (admission: Admission) => void;

/** The default plugins in their order (pkg/kubeapiserver/options/plugins.go): those that change what is written … */
const MUTATING: Plugin[] = [namespaceLifecycle, limitRanger, serviceAccount, nodeRestriction, taintNodesByCondition, priority, defaultTolerationSeconds, defaultStorageClass];
/** … what the real server does when it stores it … */
const STORING: Plugin[] = [allocate, escalation];
/** … and those that look at the result. */
const VALIDATING: Plugin[] = [rules, podSecurity, (admission) => admission.server.policies?.(admission), validatingWebhooks, resourceQuota];

export function admit(admission: Admission): void {
  for (const plugin of MUTATING) plugin(admission);
  // What a webhook has changed goes through all of them once more.
  const webhooks = mutatingWebhooks(admission);
  if (webhooks?.run()) {
    for (const plugin of MUTATING) plugin(admission);
    webhooks.again();
  }
  for (const step of STORING) step(admission);
}

export function review(admission: Admission): void {
  for (const plugin of VALIDATING) plugin(admission);
}

/** No plugin in the real server, which gives Services their addresses when it stores them. */
function allocate({ server, operation, info, subresource, object, old }: Admission): void {
  if (info.resource !== 'services' || info.group !== '' || subresource !== '' || operation === 'DELETE') return;
  server.allocators.service(object!, old);
}

/** Part of the validation of these kinds in the real server: rules of schemas and conditions of webhooks must be expressions. */
function rules({ server, info, object }: Admission): void {
  const { cel } = server;
  if (!object || !cel) return;
  if (info.group === 'admissionregistration.k8s.io') {
    const wrong = conditionsOf(object).flatMap(({ path, expression }) => wrongExpression(cel, expression.trim(), WEBHOOK_VARIABLES, path));
    if (wrong.length > 0) throw invalid(info, object.metadata.name, wrong);
  }
  if (info.kind !== 'CustomResourceDefinition') return;
  const versions = (object.spec.versions ?? []) as { schema?: { openAPIV3Schema?: JsonSchema } }[];
  const wrong = versions.flatMap(({ schema }, i) => wrongRules(cel, schema?.openAPIV3Schema, `spec.versions[${i}].schema.openAPIV3Schema`));
  if (wrong.length > 0) throw invalid(info, object.metadata.name, wrong);
}

/** Part of the storage of RBAC's kinds in the real server. */
function escalation({ server, context, operation, info, object, old }: Admission): void {
  if (operation !== 'DELETE') preventEscalation(server, context.user, info, object!, old);
}
