/**
 * The kinds of admissionregistration.k8s.io/v1beta1 that 1.28 serves when it is asked to
 * (--feature-gates=ValidatingAdmissionPolicy=true --runtime-config=admissionregistration.k8s.io/v1beta1=true), and their rules
 * (pkg/apis/admissionregistration/validation).
 */
import type { JsonSchema } from '../../../api/custom-schema.ts';
import { age } from '../../../api/duration.ts';
import { type FieldError, invalidValue, notSupported, requiredValue } from '../../../api/field-errors.ts';
import type { Kind } from '../../../api/kind.ts';
import type { CustomKind } from '../../custom-resources.ts';
import type { KubeObject } from '../../../api/types.ts';
import type { CelEngine } from '../../cel/program.ts';
import { wrongExpression } from '../../cel/wrong-expression.ts';

export const GROUP = 'admissionregistration.k8s.io', VERSION = 'v1beta1';
/** What expressions of a policy may name. */
export const VARIABLES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'];

const text: JsonSchema = { type: 'string' }, texts: JsonSchema = { type: 'array', items: text };
const object = (properties: Record<string, JsonSchema>): JsonSchema => ({ type: 'object', properties });
const list = (properties: Record<string, JsonSchema>): JsonSchema => ({ type: 'array', items: object(properties) });
const selector = object({ matchLabels: { type: 'object', additionalProperties: text }, matchExpressions: list({ key: text, operator: text, values: texts }) });
const rules = list({ apiGroups: texts, apiVersions: texts, operations: texts, resources: texts, resourceNames: texts, scope: { ...text, default: '*' } });
const match = object({ resourceRules: rules, excludeResourceRules: rules, namespaceSelector: { ...selector, default: {} }, objectSelector: { ...selector, default: {} }, matchPolicy: { ...text, default: 'Equivalent' } });

const POLICY = object({
  spec: object({
    paramKind: object({ apiVersion: text, kind: text }), matchConstraints: match, failurePolicy: { ...text, default: 'Fail' },
    validations: list({ expression: text, message: text, messageExpression: text, reason: text }), auditAnnotations: list({ key: text, valueExpression: text }),
    matchConditions: list({ name: text, expression: text }), variables: list({ name: text, expression: text }),
  }),
  status: object({ observedGeneration: { type: 'integer' }, typeChecking: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as JsonSchema, conditions: { type: 'array' } }),
});
const BINDING = object({
  spec: object({ policyName: text, paramRef: object({ name: text, namespace: text, selector, parameterNotFoundAction: text }), matchResources: match, validationActions: texts }),
});

/** A definition as CustomResources takes it, with the kind's own rules. */
export interface OwnKind {
  definition: KubeObject;
  kind: CustomKind;
}

const definition = (plural: string, kind: string, schema: JsonSchema, status: boolean): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${GROUP}` },
  spec: { group: GROUP, scope: 'Cluster', names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` }, versions: [{ name: VERSION, served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: status ? { status: {} } : {} }] },
});

export function policyKinds(engine: CelEngine): OwnKind[] {
  const reference = (r: { apiVersion?: string; kind?: string } | undefined) => (r ? `${r.apiVersion}/${r.kind}` : '<unset>');
  const param = (r: { name?: string; namespace?: string } | undefined) => (r ? `${r.namespace ? `${r.namespace}/` : '*/'}${r.name ?? ''}` : '<unset>');
  return [
    {
      definition: definition('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', POLICY, true),
      kind: {
        validate: (policy) => validatePolicy(engine, policy),
        columns: columns('Validations', 'ParamKind'),
        row: (p, now) => [p.metadata.name, ((p.spec.validations ?? []) as unknown[]).length, reference(p.spec.paramKind), age(p.metadata.creationTimestamp!, now)],
      },
    },
    {
      definition: definition('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', BINDING, false),
      kind: { validate: validateBinding, columns: columns('PolicyName', 'ParamRef'), row: (b, now) => [b.metadata.name, b.spec.policyName, param(b.spec.paramRef), age(b.metadata.creationTimestamp!, now)] },
    },
  ];
}

function columns(first: string, second: string): NonNullable<Kind['columns']> {
  return [{ name: 'Name', type: 'string', format: 'name' }, { name: first, type: first === 'Validations' ? 'integer' : 'string' }, { name: second, type: 'string' }, { name: 'Age', type: 'string' }];
}

interface Expressed {
  expression?: string;
}

function validatePolicy(engine: CelEngine, { spec }: KubeObject): FieldError[] {
  const out: FieldError[] = [];
  if (!spec?.matchConstraints) out.push(requiredValue('spec.matchConstraints'));
  else if (!spec.matchConstraints.resourceRules?.length) out.push(requiredValue('spec.matchConstraints.resourceRules'));
  if (!spec?.validations?.length && !spec?.auditAnnotations?.length) out.push(requiredValue('spec.validations', 'validations or auditAnnotations must be non-empty'), requiredValue('spec.auditAnnotations', 'validations or auditAnnotations must be non-empty'));
  for (const part of ['matchConditions', 'variables', 'validations'] as const) {
    ((spec?.[part] ?? []) as Expressed[]).forEach(({ expression }, i) => out.push(...expressionOf(engine, expression, `spec.${part}[${i}].expression`)));
  }
  if (spec?.failurePolicy !== undefined && !['Fail', 'Ignore'].includes(spec.failurePolicy)) out.push(notSupported('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore']));
  return out;
}

function expressionOf(engine: CelEngine, expression: string | undefined, at: string): FieldError[] {
  if (!expression?.trim()) return [requiredValue(at, 'expression is not specified')];
  return wrongExpression(engine, expression, VARIABLES, at);
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function validateBinding({ spec }: KubeObject): FieldError[] {
  const out: FieldError[] = [], actions = (spec?.validationActions ?? []) as string[];
  if (!spec?.policyName) out.push(requiredValue('spec.policyName'));
  if (spec?.paramRef && !spec.paramRef.name && !spec.paramRef.selector) out.push(requiredValue('spec.paramRef.name', 'one of name or selector must be specified'));
  if (actions.length === 0) out.push(requiredValue('spec.validationActions', 'at least one validation action is required'));
  actions.forEach((action, i) => {
    if (!ACTIONS.includes(action)) out.push(notSupported(`spec.validationActions[${i}]`, action, ACTIONS));
  });
  if (actions.includes('Deny') && actions.includes('Warn')) out.push(invalidValue('spec.validationActions', actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  return out;
}
