import { badDns1035Label, badDns1123Subdomain } from '../names.ts';
import { type FieldError, invalidValue, requiredValue } from '../field-errors.ts';
import { same } from '../same.ts';
import { type Any, each, oneOf } from './rules.ts';

/** ValidateCustomResourceDefinition (apiextensions-apiserver/pkg/apis/apiextensions/validation). */
export function validateDefinition({ spec, metadata }: Any): FieldError[] {
  // A list without items is stored as null.
  const { group = '' } = spec, versions = (spec.versions ?? []) as Any[], names = spec.names ?? {}, out: FieldError[] = [];
  if (metadata.name !== `${names.plural}.${group}`) out.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!group) out.push(requiredValue('spec.group'));
  else if (badDns1123Subdomain(group).length > 0) out.push(invalidValue('spec.group', group, badDns1123Subdomain(group).join(',')));
  else if (!group.includes('.')) out.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  out.push(...oneOf(spec.scope, 'spec.scope', ['Cluster', 'Namespaced']), ...each(versions, 'spec.versions', (v, at) => version(v, shared(versions) ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`, at)));
  if (new Set(versions.map((v: Any) => v.name)).size < versions.length) out.push(invalidValue('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter((v: Any) => v.storage).length !== 1) out.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  for (const field of ['plural', 'singular', 'kind', 'listKind']) if (!names[field]) out.push(requiredValue(`spec.names.${field}`));
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    const cased = field.toLowerCase().endsWith('kind'), bad = names[field] ? badDns1035Label(cased ? names[field].toLowerCase() : names[field]) : [];
    if (bad.length > 0) out.push(invalidValue(`spec.names.${field}`, names[field], `${cased ? 'may have mixed case, but should otherwise match: ' : ''}${bad.join(',')}`));
  }
  for (const list of ['shortNames', 'categories']) out.push(...each(names[list], `spec.names.${list}`, (name, at) => (badDns1035Label(name).length > 0 ? [invalidValue(at, name, badDns1035Label(name).join(','))] : [])));
  if (names.kind && names.kind === names.listKind) out.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  if (/(^|\.)(k8s\.io|kubernetes\.io)$/.test(group) && !metadata.annotations?.['api-approved.kubernetes.io']) out.push(requiredValue('metadata.annotations[api-approved.kubernetes.io]', 'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'));
  return out;
}

/** Inside, the server keeps a schema that all versions share outside of them (conversion.go), and names it there. */
function shared(versions: Any[]): boolean {
  return versions.every((v) => same(v.schema, versions[0].schema));
}

function version(v: Any, path: string, at: string): FieldError[] {
  const bad = badDns1035Label(v.name ?? ''), schema = v.schema?.openAPIV3Schema;
  return [
    ...(bad.length > 0 ? [invalidValue(`${at}.name`, v.name ?? '', bad.join(','))] : []),
    ...(!schema ? [requiredValue(`${at}.schema.openAPIV3Schema`, 'schemas are required')] : [...(schema.type === undefined ? [requiredValue(`${path}.type`, 'must not be empty at the root')] : []), ...structural(schema, path)]),
  ];
}

/** ValidateStructural, as far as types go: every field and item says of what type it is. */
function structural(schema: Any, at: string): FieldError[] {
  const untyped = (s: Any) => s.type === undefined && !s['x-kubernetes-int-or-string'] && !s['x-kubernetes-preserve-unknown-fields'];
  const { items, additionalProperties } = schema, out: FieldError[] = [];
  for (const name of Object.keys((schema.properties ?? {}) as object).sort()) {
    const inner = schema.properties[name], path = `${at}.properties[${name}]`;
    out.push(...(untyped(inner) ? [requiredValue(`${path}.type`, 'must not be empty for specified object fields')] : []), ...structural(inner, path));
  }
  if (items) out.push(...(untyped(items) ? [requiredValue(`${at}.items.type`, 'must not be empty for specified array items')] : []), ...structural(items, `${at}.items`));
  if (typeof additionalProperties === 'object') out.push(...(untyped(additionalProperties) ? [requiredValue(`${at}.additionalProperties.type`, 'must not be empty for specified object fields')] : []), ...structural(additionalProperties, `${at}.additionalProperties`));
  return out;
}
