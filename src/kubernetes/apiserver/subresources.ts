import type { KubeObject } from '../api/types.ts';
import { rfc3339 } from '../client/time.ts';
import type { ApiResponse, ApiStream } from './http.ts';
import * as errors from './errors.ts';
import { forbiddenValue } from '../api/field-errors.ts';
import { validationOf } from '../api/validation-of.ts';
import { stampConditions } from '../api/kinds/others.ts';
import { matchesSelector } from '../client/labels.ts';
import { patchObject } from './patching.ts';
import { checkName, parseBody, placeIn, type Target } from './resources.ts';
import { scale } from './scale.ts';
import { nodeMayAct } from './admission/node-restriction.ts';
import { attach, exec, log, nodeProxy, podProxy, portForward, serviceProxy } from './connect.ts';

type Handler = (target: Target) => ApiResponse | ApiStream;

/** What is asked of a part or an action of an object: /pods/web/log, /deployments/web/scale … */
export function serveSubresource(target: Target): ApiResponse | ApiStream {
  const { info, resource } = target;
  const known = resource.subresources.get(info.subresource);
  if (!known) throw resource.crd === undefined ? errors.noSuchResource() : errors.notFound(resource, info.name);
  if (!known.verbs.includes(info.verb)) throw errors.methodNotSupported(resource, info.verb);
  const handler = HANDLERS[`${resource.resource}/${info.subresource}`] ?? HANDLERS[`*/${info.subresource}`];
  if (!handler) throw errors.noSuchResource();
  return handler(target);
}

const HANDLERS: Record<string, Handler> = {
  '*/status': (target) => write(target, 'status'),
  '*/scale': scale,
  'pods/binding': binding,
  'pods/eviction': eviction,
  'pods/ephemeralcontainers': ephemeralContainers,
  'pods/log': log,
  'pods/exec': exec,
  'pods/attach': attach,
  'pods/portforward': portForward,
  'pods/proxy': podProxy,
  'services/proxy': serviceProxy,
  'nodes/proxy': nodeProxy,
  'namespaces/finalize': finalize,
  'serviceaccounts/token': token,
  'certificatesigningrequests/approval': approval,
};

/** get, update and patch of a part of an object. */
function write(target: Target, part: string, custom?: Parameters<typeof patchObject>[2]): ApiResponse {
  const { server, info, resource, context } = target;
  if (info.verb === 'get') return target.respond(target.out(target.get()));
  if (info.verb === 'patch') return patchObject(target, part, custom);
  const object = target.body();
  checkName(object, info);
  placeIn(object, info, resource);
  return target.respond(target.out(server.registry.update(resource, info.namespace, info.name, object, context, part, custom)));
}

/** pkg/registry/core/pod/storage: the scheduler's decision. */
function binding(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  const wanted = parseBody(target.request) as KubeObject & { target?: { name?: string; kind?: string } };
  const node = wanted.target?.name ?? '';
  if (node === '') throw errors.invalid({ group: '', kind: 'Binding' }, info.name, [{ type: 'FieldValueRequired', field: 'target.name', message: 'Required value' }]);
  const old = target.get();
  const refuse = (why: string) => errors.conflict({ group: '', resource: 'pods/binding' }, info.name, why);
  if (wanted.metadata?.uid && wanted.metadata.uid !== old.metadata.uid) throw refuse(`Precondition failed: UID in precondition: ${wanted.metadata.uid}, UID in object meta: ${old.metadata.uid}`);
  if (old.metadata.deletionTimestamp !== undefined) throw refuse(`pod ${info.name} is being deleted, cannot be assigned to a host`);
  if (old.spec.nodeName) throw refuse(`pod ${info.name} is already assigned to node "${old.spec.nodeName}"`);
  const conditions = [...(old.status?.conditions ?? [])].filter((c: { type: string }) => c.type !== 'PodScheduled');
  conditions.push({ type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: rfc3339(server.clock.now) });
  const object: KubeObject = { ...old, metadata: { ...old.metadata }, spec: { ...old.spec, nodeName: node }, status: { ...old.status, conditions } };
  if (wanted.metadata?.annotations) object.metadata.annotations = { ...old.metadata.annotations, ...wanted.metadata.annotations };
  context.writer.put = false;
  server.managedFields.updated(object, old, context.writer, 'status', server.clock.now);
  if (!context.dryRun) server.registry.put(resource, object);
  return success(201);
}

/** policy/v1 Eviction: a deletion that asks the disruption budgets first. */
function eviction(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  const asked = parseBody(target.request) as KubeObject & { deleteOptions?: object };
  const pod = target.get();
  nodeMayAct({ server, user: context.user, resource: 'pods', subresource: 'eviction', namespace: info.namespace, name: info.name, body: asked });
  const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || pod.status?.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
  if (!finished) {
    const budgets = server.resource('policy', 'v1', 'poddisruptionbudgets')!;
    const mine = server.registry.list(budgets, info.namespace).map((kv) => kv.value).filter((b) => matchesSelector(b.spec?.selector, pod.metadata.labels));
    if (mine.length > 1) throw errors.internal('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
    const budget = mine[0];
    if (budget) {
      const status = budget.status ?? {};
      const ready = (pod.status?.conditions ?? []).some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True');
      const free = !ready && ((status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0) || budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow');
      if (!free) {
        if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) throw errors.tooManyRequests('Cannot evict pod as it would violate the pod\'s disruption budget.', 10, [{ reason: 'DisruptionBudget', message: `The disruption budget ${budget.metadata.name} is still being processed by the server.` }]);
        if (!(status.disruptionsAllowed > 0)) throw errors.tooManyRequests('Cannot evict pod as it would violate the pod\'s disruption budget.', 0, [{ reason: 'DisruptionBudget', message: `The disruption budget ${budget.metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently` }]);
        const next = { ...budget, metadata: { ...budget.metadata }, status: { ...status, disruptionsAllowed: status.disruptionsAllowed - 1, disruptedPods: { ...status.disruptedPods, [info.name]: rfc3339(server.clock.now) } } };
        if (!context.dryRun) server.registry.put(budgets, next);
      }
    }
  }
  server.registry.delete(resource, info.namespace, info.name, { ...(asked?.deleteOptions ?? {}) }, context);
  return success(201);
}

function ephemeralContainers(target: Target): ApiResponse {
  return write(target, 'ephemeralcontainers', (object, old) => {
    const { ephemeralContainers: now = [] } = object.spec as { ephemeralContainers?: { name: string }[] };
    const was = (old.spec.ephemeralContainers ?? []) as { name: string }[];
    object.status = old.status;
    object.spec = { ...old.spec, ephemeralContainers: now };
    if (was.some((c) => !now.some((n) => n.name === c.name))) return [forbiddenValue('spec.ephemeralContainers', `existing ephemeral containers ${JSON.stringify(was.map((c) => c.name))} may not be removed`)];
    return validationOf(target.resource).validate?.(object, { minor: target.server.minor });
  });
}

/** The namespace controller takes its finalizer away when everything in the namespace is gone; then the namespace goes too. */
function finalize(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  const wanted = target.body(), old = target.get();
  const object: KubeObject = { ...old, metadata: { ...old.metadata }, spec: { ...old.spec } };
  if (wanted.spec?.finalizers?.length) object.spec.finalizers = wanted.spec.finalizers;
  else delete object.spec.finalizers;
  if (object.metadata.deletionTimestamp !== undefined && !object.spec.finalizers?.length && !object.metadata.finalizers?.length) {
    if (!context.dryRun) server.registry.remove(resource, '', info.name);
    return target.respond(object);
  }
  return target.respond(context.dryRun ? object : server.registry.put(resource, object));
}

function token(target: Target): ApiResponse {
  const { server, info } = target;
  const account = target.get();
  const asked = (parseBody(target.request) ?? {}) as KubeObject;
  nodeMayAct({ server, user: target.context.user, resource: 'serviceaccounts', subresource: 'token', namespace: info.namespace, name: info.name, body: asked });
  const spec = { ...asked.spec, audiences: asked.spec?.audiences ?? ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: asked.spec?.expirationSeconds ?? 3600 } as { audiences: string[]; expirationSeconds: number; boundObjectRef?: { kind: string; name: string; uid?: string } };
  if (spec.expirationSeconds < 600) throw errors.invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [{ type: 'FieldValueInvalid', field: 'spec.expirationSeconds', message: `Invalid value: ${spec.expirationSeconds}: may not specify a duration less than 10 minutes` }]);
  const issued = server.tokens.issue(info.namespace, account, spec);
  return target.respond({
    kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: { name: info.name, namespace: info.namespace, creationTimestamp: rfc3339(server.clock.now) },
    spec: { ...spec, boundObjectRef: spec.boundObjectRef ?? null }, status: { token: issued.token, expirationTimestamp: rfc3339(issued.expiresAt) },
  }, 201);
}

function approval(target: Target): ApiResponse {
  return write(target, 'approval', (object, old) => {
    object.spec = old.spec;
    object.status = { ...old.status, conditions: object.status?.conditions ?? [] };
    stampConditions(object, old, target.server.clock.now);
    target.server.authorizer.require(target.context.user, { isResource: true, verb: 'approve', path: '', group: 'certificates.k8s.io', namespace: '', resource: 'signers', subresource: '', name: old.spec.signerName });
  });
}

function success(code: number): ApiResponse {
  return { status: code, headers: { 'content-type': 'application/json' }, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code } as unknown as KubeObject };
}
