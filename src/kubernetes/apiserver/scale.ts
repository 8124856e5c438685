import type { KubeObject } from '../api/types.ts';
import { formatSelector, type LabelSelector } from '../client/labels.ts';
import { type FieldError, invalidValue } from '../api/field-errors.ts';
import type { ApiResponse } from './http.ts';
import * as errors from './errors.ts';
import { decode, DecodeError } from '../api/decode.ts';
import { typeOfKind } from '../api/scheme.ts';
import { jsonPatch, type JsonPatchOperation, mergePatch, PatchError } from './patch.ts';
import { checkName, parseBody, type Target } from './resources.ts';

/** autoscaling/v1 Scale of Deployments, ReplicaSets, StatefulSets, ReplicationControllers and custom resources that have one. */
export function scale(target: Target): ApiResponse {
  const { info, server, resource, context, request } = target;
  const paths = resource.crd === undefined ? BUILTIN : server.customResources.scalePaths(resource);
  if (!paths) throw errors.noSuchResource();
  const current = target.get();
  if (info.verb === 'get') return target.respond(scaleOf(current, paths));
  let wanted = parseBody(request) as KubeObject;
  if (info.verb === 'patch') {
    const list = (request.headers['content-type'] ?? '').startsWith('application/json-patch');
    if (list !== Array.isArray(wanted) || typeof wanted !== 'object' || wanted === null) throw errors.badRequest(`json: cannot unmarshal ${Array.isArray(wanted) ? 'array' : typeof wanted === 'object' ? 'object' : typeof wanted} into Go value of type ${list ? 'jsonpatch.Patch' : 'map[string]interface {}'}`);
    const before = scaleOf(current, paths) as unknown as Record<string, unknown>;
    try {
      wanted = (list ? jsonPatch(before, wanted as unknown as JsonPatchOperation[]) : mergePatch(before, wanted)) as unknown as KubeObject;
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw error.kind === 'invalid' ? errors.apiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {}) : errors.badRequest(error.message);
    }
  }
  wanted = decodeScale(wanted);
  checkName(wanted, info);
  const replicas = (wanted.spec?.replicas ?? 0) as number;
  const wrong: FieldError[] = [];
  if (replicas < 0) wrong.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'));
  if (wrong.length > 0) throw errors.invalid({ group: 'autoscaling', kind: 'Scale' }, info.name, wrong);
  const { resourceVersion } = wanted.metadata;
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) throw errors.conflict(resource, info.name, errors.OPTIMISTIC_LOCK);
  const object = write(structuredClone(current), paths.specReplicas, replicas);
  return target.respond(scaleOf(server.registry.update(resource, info.namespace, info.name, object, { ...context, writer: { ...context.writer } }), paths));
}

function decodeScale(value: unknown): KubeObject {
  try {
    const { object } = decode(value, typeOfKind('autoscaling', 'v1', 'Scale')!);
    object.metadata ??= { name: '' };
    return object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw errors.badRequest(`Scale in version "v1" cannot be handled as a Scale: ${error.message}`);
  }
}

export interface ScalePaths {
  specReplicas: string[];
  statusReplicas: string[];
  selector: string[] | undefined;
}

const BUILTIN: ScalePaths = { specReplicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'], selector: ['spec', 'selector'] };

function scaleOf(object: KubeObject, paths: ScalePaths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector ? read(object, paths.selector) : undefined;
  const text = typeof selector === 'string' ? selector : isMap(selector) ? Object.entries(selector).map(([k, v]) => `${k}=${v}`).sort().join(',') : formatSelector(selector as LabelSelector | undefined);
  const replicas = (read(object, paths.specReplicas) as number | undefined) ?? 0;
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: replicas === 0 ? {} : { replicas }, status: { replicas: (read(object, paths.statusReplicas) as number | undefined) ?? 0, ...(text ? { selector: text } : {}) },
  };
}

/** A ReplicationController's selector is a map of labels. */
function isMap(selector: unknown): selector is Record<string, string> {
  return typeof selector === 'object' && selector !== null && !('matchLabels' in selector) && !('matchExpressions' in selector);
}

function read(object: unknown, path: string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
}

function write(object: KubeObject, path: string[], value: unknown): KubeObject {
  let at = object as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
  at[path.at(-1)!] = value;
  return object;
}
