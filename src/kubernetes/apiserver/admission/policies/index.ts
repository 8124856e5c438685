/** ValidatingAdmissionPolicy (apiserver/pkg/admission/plugin/validatingadmissionpolicy): policies that bindings put in force, in CEL. */
import type { KubeObject } from '../../../api/types.ts';
import { type LabelSelector, matchesSelector } from '../../../client/labels.ts';
import { admissionValues } from '../../cel/admission-values.ts';
import { celEngine } from '../../cel/engine.ts';
import { type CelEngine, EvaluationError } from '../../cel/program.ts';
import { toCel } from '../../cel/values.ts';
import { apiError } from '../../errors.ts';
import type { ApiServer } from '../../server.ts';
import type { Admission } from '../index.ts';
import { type Rule, ruleMatches, selected } from '../rules.ts';
import { GROUP, policyKinds, VARIABLES, VERSION } from './kinds.ts';

interface Match {
  resourceRules?: Rule[];
  excludeResourceRules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
}
interface Policy {
  paramKind?: { apiVersion: string; kind: string };
  matchConstraints: Match;
  failurePolicy: 'Fail' | 'Ignore';
  validations?: { expression: string; message?: string; messageExpression?: string; reason?: string }[];
  matchConditions?: { name: string; expression: string }[];
  variables?: { name: string; expression: string }[];
}
interface Binding {
  policyName: string;
  paramRef?: { name?: string; namespace?: string; selector?: LabelSelector; parameterNotFoundAction?: string };
  matchResources?: Match;
  validationActions: ('Deny' | 'Warn' | 'Audit')[];
}

/** A validation that did not hold, or could not be told. */
interface Failure {
  message: string;
  reason: string;
}

const CODES: Record<string, number> = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 };

/** The server serves the kinds from now on, and asks the policies. */
export function enablePolicies(server: ApiServer): void {
  const engine = server.cel ??= celEngine();
  for (const { definition, kind } of policyKinds(engine)) server.customResources.serveOwn(definition, kind);
  server.policies = (admission) => review(engine, admission);
}

function review(engine: CelEngine, admission: Admission): void {
  const { server, info, context } = admission;
  if (info.group === GROUP) return;
  const all = (resource: string) => server.registry.list(server.resource(GROUP, VERSION, resource)!, '').map(({ value }) => value);
  const bindings = all('validatingadmissionpolicybindings');
  for (const policy of bindings.length > 0 ? all('validatingadmissionpolicies') : []) {
    const spec = policy.spec as Policy;
    if (!means(spec.matchConstraints, admission)) continue;
    for (const binding of bindings) {
      const bound = binding.spec as Binding;
      if (bound.policyName !== policy.metadata.name || (bound.matchResources && !means(bound.matchResources, admission))) continue;
      const which = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
      for (const failure of failures(engine, spec, bound, admission)) {
        if (bound.validationActions.includes('Deny')) throw denial(admission, `${which} denied request: ${failure.message}`, failure.reason);
        if (bound.validationActions.includes('Warn')) context.warnings.push(`Validation failed for ${which}: ${failure.message}`);
      }
    }
  }
}

function means(match: Match, admission: Admission): boolean {
  if (match.excludeResourceRules?.some((rule) => ruleMatches(rule, admission))) return false;
  return (match.resourceRules === undefined || match.resourceRules.some((rule) => ruleMatches(rule, admission))) && selected(admission, match);
}

/** Of every parameter the binding names; one policy without parameters is asked once. */
function failures(engine: CelEngine, policy: Policy, binding: Binding, admission: Admission): Failure[] {
  if (!policy.paramKind) return evaluate(engine, policy, undefined, admission);
  const params = parameters(policy.paramKind, binding, admission);
  if (typeof params === 'string') return policy.failurePolicy === 'Ignore' ? [] : [{ message: `failed to configure binding: ${params}`, reason: 'Invalid' }];
  return params.flatMap((param) => evaluate(engine, policy, param, admission));
}

/** The objects; why they cannot be had. */
function parameters({ apiVersion, kind }: { apiVersion: string; kind: string }, { paramRef }: Binding, { server, info, object, old }: Admission): KubeObject[] | string {
  if (!paramRef) return [];
  const slash = apiVersion.indexOf('/'), group = slash < 0 ? '' : apiVersion.slice(0, slash), version = apiVersion.slice(slash + 1);
  const resource = server.resourceOfKind(group, version, kind);
  if (!resource) return `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`;
  const namespace = resource.namespaced ? (paramRef.namespace ?? (info.namespaced ? ((object ?? old)?.metadata.namespace ?? '') : '')) : '';
  const found = server.registry.list(resource, namespace).map(({ value }) => value)
    .filter((o) => (paramRef.name ? o.metadata.name === paramRef.name : matchesSelector(paramRef.selector, o.metadata.labels ?? {})));
  return found.length > 0 || paramRef.parameterNotFoundAction === 'Allow' ? found : 'no params found for policy binding with `Deny` parameterNotFoundAction';
}

function evaluate(engine: CelEngine, policy: Policy, param: KubeObject | undefined, admission: Admission): Failure[] {
  const values = valuesOf(engine, policy, param, admission);
  const run = (expression: string) => engine.compile(expression, VARIABLES)(values);
  const fails = (message: string, reason = 'Invalid'): Failure[] => [{ message, reason }];
  try {
    for (const { expression } of policy.matchConditions ?? []) if (run(expression) !== true) return [];
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return policy.failurePolicy === 'Ignore' ? [] : fails(`failed to evaluate match condition: ${error.message}`);
  }
  return (policy.validations ?? []).flatMap(({ expression, message, messageExpression, reason }) => {
    try {
      if (run(expression) === true) return [];
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return policy.failurePolicy === 'Ignore' ? [] : fails(`expression '${expression}' resulted in error: ${error.message}`);
    }
    return fails(told(run, messageExpression) ?? message?.trim() ?? `failed expression: ${expression.trim()}`, reason);
  });
}

function told(run: (expression: string) => unknown, messageExpression: string | undefined): string | undefined {
  if (messageExpression === undefined) return undefined;
  try {
    const text = run(messageExpression);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : undefined;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return undefined;
  }
}

function valuesOf(engine: CelEngine, policy: Policy, param: KubeObject | undefined, admission: Admission): Record<string, unknown> {
  const { server, info, object, old } = admission, { namespace } = (object ?? old)!.metadata;
  const inside = info.namespaced && namespace ? server.registry.find(server.resource('', 'v1', 'namespaces')!, '', namespace) : undefined;
  const values: Record<string, unknown> = { ...admissionValues(admission), params: toCel(param ?? null), namespaceObject: toCel(inside ?? null) };
  // A variable is worked out when it is first named, and may name those before it.
  const variables: Record<string, unknown> = {};
  values['variables'] = variables;
  for (const { name, expression } of policy.variables ?? []) {
    let known: { value: unknown } | undefined;
    Object.defineProperty(variables, name, { enumerable: true, get: () => (known ??= { value: engine.compile(expression, VARIABLES)(values) }).value });
  }
  return values;
}

function denial({ info, object, old }: Admission, message: string, reason: string) {
  const { name, generateName = '' } = (object ?? old)!.metadata;
  return apiError(CODES[reason] ?? 422, reason, `${info.resource}${info.group ? `.${info.group}` : ''} "${name || generateName}" is forbidden: ${message}`, { name: name || generateName, ...(info.group ? { group: info.group } : {}), kind: info.resource, causes: [{ message }] });
}
