import type { KubeObject } from '../api/types.ts';
import { convertOut } from '../api/conversion.ts';
import { copy } from '../api/decode.ts';
import type { ApiResponse } from './http.ts';
import * as errors from './errors.ts';
import { compare, difference, fieldsOf, type FieldSet, intersection, isEmptySet, mergeApplied, pathsOf, removeFields } from './field-set.ts';
import { type Manager, strip } from './managed-fields.ts';
import { flag, param } from './request.ts';
import { parseBody, placeIn, type Target } from './resources.ts';

/** Server-side apply: PATCH with application/apply-patch+yaml (apimachinery/pkg/util/managedfields, structured-merge-diff/merge). */
export function applyObject(target: Target, subresource: string): ApiResponse {
  const { server, info, resource, context, request } = target;
  if (param(request, 'fieldManager') === '') throw errors.apiError(422, 'Invalid', 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch', { group: 'meta.k8s.io', kind: 'PatchOptions', causes: [{ reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' }] });
  const sent = parseBody(request) as KubeObject;
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) throw errors.badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${Array.isArray(sent) ? 'array' : sent === null ? 'null' : typeof sent === 'boolean' ? 'bool' : typeof sent} into Go value of type map[string]interface {}`);
  if (sent.metadata !== undefined && (typeof sent.metadata !== 'object' || sent.metadata === null || Array.isArray(sent.metadata))) target.decode(sent);
  if (sent.metadata?.managedFields?.length) throw errors.badRequest('metadata.managedFields must be nil');
  if (sent.metadata?.name !== undefined && sent.metadata.name !== info.name) throw errors.badRequest(`the name of the object (${sent.metadata.name}) does not match the name on the URL (${info.name})`);
  sent.metadata = { ...sent.metadata, name: info.name };
  // Checked for unknown fields and wrong types; what is applied is what was sent, not its defaults.
  target.decode(copy(sent));
  const { type } = resource, manager = param(request, 'fieldManager');
  const applied = strip(fieldsOf(sent, type), resource.kind, subresource);
  context.writer = { manager, operation: 'Apply', apiVersion: context.writer.apiVersion, applied };
  const live = server.registry.find(resource, info.namespace, info.name);
  if (!live) {
    const object = target.decode(copy(sent));
    placeIn(object, info, resource);
    return target.respond(target.out(server.registry.create(resource, object, context)), 201);
  }
  const current = convertOut(live, resource);
  const managers = server.managedFields.managersOf(live);
  const merged = mergeApplied(current, sent, type) as Record<string, unknown>;
  if (!flag(request, 'force')) refuseConflicts(managers, strip(compare(current, normalized(target, merged), type).changed, resource.kind, subresource), applied, manager, subresource);
  const before = managers.find((m) => m.manager === manager && m.operation === 'Apply' && m.subresource === subresource);
  let dropped: FieldSet = before ? difference(before.fields, applied) : { self: false, children: new Map() };
  for (const m of managers) if (m !== before) dropped = difference(dropped, m.fields);
  const object = target.decode(isEmptySet(dropped) ? merged : removeFields(merged, dropped, type));
  placeIn(object, info, resource);
  // kubectl's annotation goes with its server-side apply, so that one can go back to the other way (managedfields/internal/lastappliedupdater.go).
  if (manager === 'kubectl' && live.metadata.annotations?.[LAST_APPLIED] !== undefined) object.metadata.annotations = { ...object.metadata.annotations, [LAST_APPLIED]: `${JSON.stringify(sorted(sent))}\n` };
  return target.respond(target.out(server.registry.update(resource, info.namespace, info.name, object, context, subresource)));
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}

function normalized(target: Target, merged: Record<string, unknown>): KubeObject {
  return convertOut(target.decode(copy(merged)), target.resource);
}

/** Fields that this configuration would change and that belong to others. */
function refuseConflicts(managers: Manager[], changed: FieldSet, applied: FieldSet, manager: string, subresource: string): void {
  const mine = intersection(changed, applied);
  const conflicts: { who: string; path: string }[] = [];
  for (const m of managers) {
    if (m.manager === manager && m.operation === 'Apply' && m.subresource === subresource) continue;
    for (const path of pathsOf(intersection(m.fields, mine))) conflicts.push({ who: nameOf(m), path });
  }
  if (conflicts.length === 0) return;
  let message: string;
  if (conflicts.length === 1) message = `Apply failed with 1 conflict: conflict with ${conflicts[0]!.who}: ${conflicts[0]!.path}`;
  else {
    const lines: string[] = [];
    for (const who of [...new Set(conflicts.map((c) => c.who))].sort()) lines.push(`conflicts with ${who}:`, ...conflicts.filter((c) => c.who === who).map((c) => `- ${c.path}`));
    message = `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
  }
  throw errors.apiError(409, 'Conflict', message, { causes: conflicts.map((c) => ({ reason: 'FieldManagerConflict', message: `conflict with ${c.who}`, field: c.path })) });
}

function nameOf({ manager, operation, apiVersion, subresource }: Manager): string {
  if (operation === 'Apply') return JSON.stringify(manager);
  return `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''} using ${apiVersion}`;
}

