import type { KubeObject, Status } from '../api/types.ts';
import type { Clock } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { rfc3339 } from '../client/time.ts';
import type { Lease } from '../etcd/leases.ts';
import { EtcdError } from '../etcd/error.ts';
import type { Etcd, KeyValue } from '../etcd/store.ts';
import { copy, deepFreeze } from '../api/decode.ts';
import { FILLED } from '../api/zero.ts';
import type { ResourceInfo } from '../api/scheme.ts';
import type { Kind, KindValidation, KindContext } from '../api/kind.ts';
import { badDns1123Subdomain } from '../api/names.ts';
import { type FieldError, GoLiteral, invalidValue, requiredValue } from '../api/field-errors.ts';
import { validateMeta, validateMetaUpdate } from '../api/meta-validation.ts';
import type { UserInfo } from './http.ts';
import * as errors from './errors.ts';
import type { ManagedFields, Writer } from './managed-fields.ts';
import { WatchHub } from './watch.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

/** One request's view: who asks, whether it is a rehearsal, what to warn of, and what admission does to what is written. */
export interface RequestContext {
  user: UserInfo;
  dryRun: boolean;
  warnings: string[];
  writer: Writer;
  /** Admission. Mutates `object`; throws ApiError to refuse. */
  admit(operation: 'CREATE' | 'UPDATE' | 'DELETE', info: ResourceInfo, subresource: string, object: KubeObject | undefined, old: KubeObject | undefined): void;
  /** The plugins that only look, once the object is valid. */
  review(operation: 'CREATE' | 'UPDATE' | 'DELETE', info: ResourceInfo, subresource: string, object: KubeObject | undefined, old: KubeObject | undefined): void;
  /** What is to happen after a write has gone through (allocations, quota). */
  committed?: (() => void)[];
}

export interface RegistryHooks {
  /** Of the server's version 1.x. */
  minor: number;
  identity?: Identity | undefined;
  kindOf(info: ResourceInfo): Kind;
  validationOf(info: ResourceInfo): KindValidation;
  managedFields: ManagedFields;
  nameEndings?: Map<string, string[]>;
}

/** What stands between the pipeline and etcd for every kind alike (k8s.io/apiserver/pkg/registry/generic/registry.Store). */
/** The name and UID that an object is to have in place of drawn ones. */
export type Identity = (object: KubeObject) => { name: string; uid: string } | undefined;

export class Registry {
  readonly #etcd: Etcd;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #hooks: RegistryHooks;
  readonly #hubs = new Map<string, WatchHub>();
  #lease: Lease | undefined;

  constructor(etcd: Etcd, clock: Clock, rng: Rng, hooks: RegistryHooks) {
    this.#etcd = etcd;
    this.#clock = clock;
    this.#rng = rng;
    this.#hooks = hooks;
  }

  hub(info: ResourceInfo): WatchHub {
    let hub = this.#hubs.get(info.prefix);
    if (!hub) this.#hubs.set(info.prefix, (hub = new WatchHub(this.#etcd, this.#clock, info.prefix)));
    return hub;
  }

  closeWatches(): void {
    for (const hub of this.#hubs.values()) hub.closeAll();
  }

  find(info: ResourceInfo, namespace: string, name: string): KubeObject | undefined {
    return this.#etcd.get(keyOf(info, namespace, name))?.value as KubeObject | undefined;
  }

  get(info: ResourceInfo, namespace: string, name: string): KubeObject {
    const found = this.find(info, namespace, name);
    if (!found) throw errors.notFound(info, name);
    return found;
  }

  /** In order of namespace and name. `from`: the key to begin at, of a `continue` token. */
  list(info: ResourceInfo, namespace: string, options: { revision?: number; from?: string } = {}): KeyValue<KubeObject>[] {
    const prefix = namespace === '' ? `${info.prefix}/` : `${info.prefix}/${namespace}/`;
    return this.#etcd.range(prefix, options) as KeyValue<KubeObject>[];
  }

  create(info: ResourceInfo, object: KubeObject, context: RequestContext): KubeObject {
    const kind = this.#hooks.kindOf(info), kindContext = this.context(context);
    const meta = object.metadata;
    const known = this.#hooks.identity?.(object);
    if (!meta.name && meta.generateName) meta.name = known?.name ?? `${meta.generateName.slice(0, 58)}${this.#hooks.nameEndings?.get(`${meta.namespace ?? ''}/${meta.generateName}`)?.shift() ?? this.#rng.suffix(5)}`;
    meta.name ??= '';
    meta.uid = known?.uid ?? this.#rng.uuid();
    meta.creationTimestamp = rfc3339(this.#clock.now);
    delete meta.resourceVersion;
    delete meta.deletionTimestamp;
    delete meta.deletionGracePeriodSeconds;
    delete meta.managedFields;
    if (kind.generation) meta.generation = 1;
    else delete meta.generation;
    if (info.subresources.has('status') && !kind.keepsStatus && object.status !== undefined) object.status = copy(FILLED[`${info.kind}Status`] ?? {});
    const asSent = copy(object);
    kind.prepareForCreate?.(object, kindContext);
    context.admit('CREATE', info, '', object, undefined);
    this.#refuse(info, object, [...validateName(kind, object), ...validateMeta(object, info), ...(this.#hooks.validationOf(info).validate?.(object, kindContext) ?? [])]);
    for (const warning of kind.warnings?.(object) ?? []) context.warnings.push(warning);
    const key = keyOf(info, meta.namespace ?? '', meta.name);
    context.review('CREATE', info, '', object, undefined);
    if (this.#etcd.get(key)) throw errors.alreadyExists(info, meta.name);
    this.#hooks.managedFields.created(object, context.writer, this.#clock.now, asSent);
    const stored = this.#put(key, object, context);
    for (const done of context.committed ?? []) done();
    return stored;
  }

  /**
   * Replaces what is stored; `object.metadata.resourceVersion`, when given, must be the stored one. `subresource`: 'status' changes
   * nothing but the status (and some metadata).
   */
  update(info: ResourceInfo, namespace: string, name: string, object: KubeObject, context: RequestContext, subresource = '', custom?: (object: KubeObject, old: KubeObject) => FieldError[] | void): KubeObject {
    const kind = this.#hooks.kindOf(info), kindContext = this.context(context);
    const old = this.get(info, namespace, name);
    const meta = object.metadata;
    if (meta.resourceVersion && meta.resourceVersion !== '0' && meta.resourceVersion !== old.metadata.resourceVersion) throw errors.conflict(info, name, errors.OPTIMISTIC_LOCK);
    if (meta.uid && meta.uid !== old.metadata.uid) throw errors.conflict(info, name, `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${old.metadata.uid}`);
    if (!meta.resourceVersion && context.writer.put && (info.crd !== undefined || CONDITIONAL.has(info.group))) {
      this.#refuse(info, object, [invalidValue('metadata.resourceVersion', new GoLiteral('0x0'), 'must be specified for an update')]);
    }
    keepSystemMeta(object, old);
    if (subresource === 'status') {
      const { status } = object;
      for (const field of Object.keys(object)) if (field !== 'metadata') delete object[field];
      Object.assign(object, old, { metadata: { ...object.metadata, ...pickMeta(old) } });
      if (status !== undefined) object.status = status;
      else delete object.status;
      kind.prepareStatusUpdate?.(object, old, kindContext);
    } else if (custom) {
      const wrong = custom(object, old);
      if (wrong && wrong.length > 0) this.#refuse(info, object, wrong);
    } else {
      if (info.subresources.has('status')) {
        if (old.status === undefined) delete object.status;
        else object.status = old.status;
      }
      kind.prepareForUpdate?.(object, old, kindContext);
      if (kind.generation) {
        meta.generation = old.metadata.generation ?? 1;
        if (specChanged(object, old)) meta.generation++;
      }
    }
    context.admit('UPDATE', info, subresource, object, old);
    const wrong = [...validateMetaUpdate(object, old, info)];
    const rules = this.#hooks.validationOf(info);
    if (subresource === '' && !custom) wrong.push(...(rules.validate?.(object, { minor: kindContext.minor, old }) ?? []), ...(rules.validateUpdate?.(object, old) ?? []));
    this.#refuse(info, object, wrong);
    context.review('UPDATE', info, subresource, object, old);
    const key = keyOf(info, namespace, name);
    if (meta.deletionTimestamp !== undefined && !meta.finalizers?.length && !(meta.deletionGracePeriodSeconds ?? 0) && info.kind !== 'Namespace') {
      if (!context.dryRun) this.#etcd.delete(key);
      return deepFreeze(object);
    }
    // A write that changes nothing is not written: the resourceVersion stays.
    if (sameObject(object, old)) return old;
    this.#hooks.managedFields.updated(object, old, context.writer, subresource, this.#clock.now);
    const stored = this.#put(key, object, context);
    for (const done of context.committed ?? []) done();
    return stored;
  }

  delete(info: ResourceInfo, namespace: string, name: string, options: DeleteOptions, context: RequestContext, force = false): { object: KubeObject; gone: boolean } {
    const old = this.get(info, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== old.metadata.uid) throw errors.conflict(info, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`);
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw errors.conflict(info, name, `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion}`);
    if (!force) {
      context.admit('DELETE', info, '', undefined, old);
      context.review('DELETE', info, '', undefined, old);
    }
    const key = keyOf(info, namespace, name);
    if (info.kind === 'Namespace' && info.group === '') return this.#terminateNamespace(info, key, old, context);
    const finalizers = finalizersAfter(old, options);
    const grace = info.kind === 'Pod' && info.group === '' ? podGrace(old, options.gracePeriodSeconds) : 0;
    const already = old.metadata.deletionTimestamp !== undefined;
    if (already && grace > 0 && grace >= (old.metadata.deletionGracePeriodSeconds ?? 0)) return { object: old, gone: false };
    if (grace === 0 && finalizers.length === 0) {
      if (!context.dryRun) this.#etcd.delete(key);
      return { object: old, gone: true };
    }
    const meta = { ...old.metadata, deletionGracePeriodSeconds: grace };
    meta.deletionTimestamp = already && grace === 0 && old.metadata.deletionGracePeriodSeconds === 0 ? old.metadata.deletionTimestamp! : rfc3339(this.#clock.now + grace * 1_000_000);
    if (finalizers.length > 0) meta.finalizers = finalizers;
    else delete meta.finalizers;
    if (!already && (meta.generation ?? 0) > 0) meta.generation = meta.generation! + 1;
    const object: KubeObject = { ...old, metadata: meta };
    if (already && sameObject(object, old)) return { object: old, gone: false };
    this.#hooks.managedFields.carried(object, old);
    return { object: this.#put(key, object, context), gone: false };
  }

  /** Takes an object out of the store whatever holds it. */
  remove(info: ResourceInfo, namespace: string, name: string): void {
    this.#etcd.delete(keyOf(info, namespace, name));
  }

  /** Stores an object as it is: for the objects a cluster begins with and for what the server itself keeps. */
  put(info: ResourceInfo, object: KubeObject): KubeObject {
    return this.#put(keyOf(info, object.metadata.namespace ?? '', object.metadata.name), object, { dryRun: false });
  }

  context(context: RequestContext): KindContext {
    return {
      now: this.#clock.now, minor: this.#hooks.minor, user: context.user, dryRun: context.dryRun,
      find: (group, resource, namespace, name) => this.#etcd.get(`${prefixOf(group, resource)}/${namespace ? `${namespace}/` : ''}${name}`)?.value as KubeObject | undefined,
      list: (group, resource, namespace) => this.#etcd.range(`${prefixOf(group, resource)}/${namespace ? `${namespace}/` : ''}`).map((kv) => kv.value as KubeObject),
      suffix: (n) => this.#rng.suffix(n),
      uuid: () => this.#rng.uuid(),
      warn: (text) => context.warnings.push(text),
    };
  }

  #put(key: string, object: KubeObject, { dryRun }: { dryRun: boolean }): KubeObject {
    if (dryRun) return deepFreeze(object);
    try {
      return this.#etcd.put(key, (revision: number) => {
        object.metadata.resourceVersion = String(revision);
        return deepFreeze(object);
      }, key.startsWith('/registry/events/') ? this.#eventLease() : 0).value as KubeObject;
    } catch (error) {
      if (error instanceof EtcdError) throw errors.internal(error.message);
      throw error;
    }
  }

  #eventLease(): number {
    const { now } = this.#clock;
    if (!this.#lease || now - this.#lease.grantedAt > 60_000_000 || !this.#etcd.lease(this.#lease.id)) this.#lease = this.#etcd.grant(EVENT_TTL + 60);
    return this.#lease.id;
  }

  #terminateNamespace(info: ResourceInfo, key: string, old: KubeObject, context: RequestContext): { object: KubeObject; gone: boolean } {
    if (old.metadata.deletionTimestamp === undefined) {
      const object: KubeObject = { ...old, metadata: { ...old.metadata, deletionTimestamp: rfc3339(this.#clock.now) }, status: { ...old.status, phase: 'Terminating' } };
      this.#hooks.managedFields.carried(object, old);
      return { object: this.#put(key, object, context), gone: false };
    }
    if ((old.spec?.finalizers?.length ?? 0) === 0 && !old.metadata.finalizers?.length) {
      if (!context.dryRun) this.#etcd.delete(key);
      return { object: old, gone: true };
    }
    throw errors.conflict(info, old.metadata.name, 'The system is ensuring all content is removed from this namespace.  Upon completion, this namespace will automatically be purged by the system.');
  }

  #refuse(info: ResourceInfo, object: KubeObject, wrong: FieldError[]): void {
    if (wrong.length > 0) throw errors.invalid(info, object.metadata.name ?? '', wrong);
  }
}

const prefixes = new Map<string, string>();
export function registerPrefix(group: string, resource: string, prefix: string): void {
  prefixes.set(`${group}/${resource}`, prefix);
}
function prefixOf(group: string, resource: string): string {
  const prefix = prefixes.get(`${group}/${resource}`);
  if (prefix === undefined) throw new Error(`no resource ${group}/${resource}`);
  return prefix;
}

/** Groups whose objects cannot be replaced without naming the resourceVersion (AllowUnconditionalUpdate in their strategies). */
const CONDITIONAL = new Set(['coordination.k8s.io', 'policy', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'node.k8s.io', 'apiregistration.k8s.io']);

/** Events live for an hour (--event-ttl); those of one minute share a lease. */
const EVENT_TTL = 3600;

export function keyOf(info: ResourceInfo, namespace: string, name: string): string {
  return info.namespaced ? `${info.prefix}/${namespace}/${name}` : `${info.prefix}/${name}`;
}

export function deletedStatus(info: ResourceInfo, object: KubeObject): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: object.metadata.name, ...(info.group ? { group: info.group } : {}), kind: info.resource, uid: object.metadata.uid! } };
}

function validateName(kind: Kind, object: KubeObject): FieldError[] {
  const { name, generateName } = object.metadata;
  if (!name && !generateName) return [requiredValue('metadata.name', 'name or generateName is required')];
  return (kind.badName ?? badDns1123Subdomain)(name).map((why) => invalidValue('metadata.name', name, why));
}

/** What a client cannot change: taken over from what is stored. */
function keepSystemMeta(object: KubeObject, old: KubeObject): void {
  const meta = object.metadata, was = old.metadata;
  meta.uid = was.uid!;
  meta.creationTimestamp = was.creationTimestamp!;
  meta.resourceVersion = was.resourceVersion!;
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'generateName'] as const) {
    if (was[field] === undefined) delete meta[field];
    else (meta as unknown as Record<string, unknown>)[field] = was[field];
  }
  delete meta.managedFields;
}

/** Metadata that a write to /status does not touch. */
function pickMeta({ metadata }: KubeObject): Partial<KubeObject['metadata']> {
  const out: Partial<KubeObject['metadata']> = {};
  if (metadata.generation !== undefined) out.generation = metadata.generation;
  return out;
}

function finalizersAfter(old: KubeObject, options: DeleteOptions): string[] {
  const finalizers = (old.metadata.finalizers ?? []).filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  const had = old.metadata.finalizers ?? [];
  const policy = options.propagationPolicy ?? (options.orphanDependents === true ? 'Orphan' : options.orphanDependents === false ? 'Background' : undefined);
  if (policy === 'Orphan' || (policy === undefined && had.includes('orphan'))) finalizers.push('orphan');
  if (policy === 'Foreground' || (policy === undefined && had.includes('foregroundDeletion'))) finalizers.push('foregroundDeletion');
  return finalizers;
}

/** How long a pod has to stop (pkg/registry/core/pod/strategy.go CheckGracefulDelete). */
function podGrace(pod: KubeObject, asked: number | undefined): number {
  let period = asked ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  if (!pod.spec?.nodeName || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') period = 0;
  if (period < 0) period = 1;
  return period;
}

function specChanged(object: KubeObject, old: KubeObject): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field !== 'metadata' && field !== 'status' && !equal(object[field], old[field])) return true;
  }
  return false;
}

function sameObject(object: KubeObject, old: KubeObject): boolean {
  return equal(object, old);
}

/** Deep equality of JSON. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  let n = 0;
  for (const key in a) {
    const x = (a as Record<string, unknown>)[key], y = (b as Record<string, unknown>)[key];
    if (x === undefined && y === undefined) continue;
    n++;
    if (!equal(x, y)) return false;
  }
  for (const key in b) if ((b as Record<string, unknown>)[key] !== undefined) n--;
  return n === 0;
}
