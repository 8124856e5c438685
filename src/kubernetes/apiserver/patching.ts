import type { KubeObject } from '../api/types.ts';
import type { ApiResponse } from './http.ts';
import { convertOut } from '../api/conversion.ts';
import { apiVersionOf } from '../api/scheme.ts';
import { type FieldError, invalidValue } from '../api/field-errors.ts';
import { ApiError } from '../client/client.ts';
import * as errors from './errors.ts';
import { goMapText, jsonPatch, type JsonPatchOperation, mergePatch, PatchError, strategicPatch } from './patch.ts';
import { applyObject } from './apply.ts';
import { parseBody, placeIn, type Target } from './resources.ts';

/** PATCH of a resource or of its status: the stored object, patched, goes the way of an update. */
export function patchObject(target: Target, subresource = '', custom?: (object: KubeObject, old: KubeObject) => FieldError[] | void): ApiResponse {
  const { server, info, resource, context, request } = target;
  const content = (request.headers['content-type'] ?? '').split(';')[0]!;
  if (content === 'application/apply-patch+yaml') return applyObject(target, subresource);
  const old = target.get();
  const body = parseBody(request);
  const migration = content === 'application/json-patch+json' && Array.isArray(body) && body.some((op: JsonPatchOperation | null) => op?.path === '/metadata/managedFields');
  const whole = convertOut(old, resource) as unknown as Record<string, unknown>;
  const current = migration ? { ...whole, metadata: { ...old.metadata, managedFields: server.managedFields.entriesOf(old) } } : whole;
  let patched: Record<string, unknown>;
  try {
    switch (content) {
      case 'application/json-patch+json':
        if (!Array.isArray(body)) throw new PatchError(`json: cannot unmarshal ${typeof body === 'object' ? 'object' : typeof body === 'boolean' ? 'bool' : typeof body} into Go value of type jsonpatch.Patch`);
        patched = jsonPatch(current, body as JsonPatchOperation[]);
        break;
      case 'application/merge-patch+json':
        patched = mergePatch(current, body) as Record<string, unknown>;
        break;
      case 'application/strategic-merge-patch+json':
        if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new PatchError(`json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body} into Go value of type map[string]interface {}`);
        if (resource.crd !== undefined) throw errors.unsupportedMediaType('the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml');
        patched = strategicPatch(current, body as Record<string, unknown>, resource.type);
        break;
      default:
        throw errors.unsupportedMediaType('the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml');
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (content !== 'application/strategic-merge-patch+json') throw error.kind === 'invalid' ? errors.apiError(422, 'Invalid', `the server rejected our request due to an error in our request`, {}) : errors.badRequest(error.message);
    if (error.kind === 'bad') throw errors.badRequest(error.message);
    throw invalidPatch(withoutLists(body), error.message);
  }
  if (typeof patched !== 'object' || patched === null || Array.isArray(patched)) target.decode(patched);
  patched['apiVersion'] ??= apiVersionOf(resource.group, resource.version);
  let object: KubeObject;
  try {
    object = target.decode(patched);
  } catch (error) {
    // A strategic merge goes through Go's unstructured converter, which words a wrong type in its own way.
    const wrong = error instanceof ApiError && content === 'application/strategic-merge-patch+json' ? /cannot unmarshal (\w+) .*of type (\S+)$/.exec(error.message) : null;
    if (!wrong) throw error;
    throw invalidPatch(body, converterError(wrong[1]!, wrong[2]!));
  }
  if (object.metadata.name !== info.name) throw errors.badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`);
  placeIn(object, info, resource);
  const stored = server.registry.update(resource, info.namespace, info.name, object, context, subresource, custom);
  if (migration) server.managedFields.replaced(stored, ((patched['metadata'] as KubeObject['metadata']).managedFields ?? []) as unknown as Parameters<typeof server.managedFields.replaced>[1]);
  return target.respond(target.out(stored));
}


/** The real merge has taken lists and directives out of the patch when it prints it. */
function withoutLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, v]) => !Array.isArray(v)).map(([k, v]) => [k, withoutLists(v)]));
}

function invalidPatch(body: unknown, why: string): ApiError {
  const { type, field, message } = invalidValue('patch', goMapText(body), why);
  return errors.apiError(422, 'Invalid', ` "" is invalid: ${field}: ${message}`, { causes: [{ reason: type, message, field }] });
}

function converterError(given: string, type: string): string {
  if (type.startsWith('[]')) return `cannot restore slice from ${given}`;
  if (type.startsWith('map[')) return `cannot restore map from ${given}`;
  return `unrecognized type: ${type.includes('.') ? 'string' : type}`;
}
