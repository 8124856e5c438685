import type { KubeObject } from '../api/types.ts';
import type { Micros } from '../../sim/clock.ts';
import type { Type } from '../api/schema.ts';
import { copy } from '../api/decode.ts';
import { WITH_SPEC, WITH_STATUS, FILLED } from '../api/zero.ts';
import { rfc3339 } from '../client/time.ts';
import { compare, difference, type FieldSet, fromFieldsV1, intersection, isEmptySet, toFieldsV1, union } from './field-set.ts';

/** Who writes and how: what an entry of metadata.managedFields says. */
export interface Writer {
  manager: string;
  operation: 'Update' | 'Apply';
  apiVersion: string;
  /** Whole objects (PUT), which must name the resourceVersion they replace. */
  put?: boolean;
  /** Of Apply: the fields of the applied configuration. */
  applied?: FieldSet;
}

export interface Manager {
  manager: string;
  operation: 'Update' | 'Apply';
  apiVersion: string;
  subresource: string;
  time: Micros;
  fields: FieldSet;
}

/** One write, not yet turned into sets of fields. */
interface Change {
  writer: Writer;
  subresource: string;
  time: Micros;
  before: KubeObject | undefined;
  after: KubeObject;
}

interface History {
  /** What was worked out already, up to the first of `changes`. */
  managers: Manager[];
  changes: Change[];
}

/** Longer histories are worked out at once, so that they do not keep old versions alive. */
const LONGEST = 12;

/**
 * metadata.managedFields of every stored version. Writes only note who changed what; the sets are worked out when somebody asks. The
 * writer owns what its request changed, not what defaults by admission added (endpoints/handlers/fieldmanager).
 */
export class ManagedFields {
  readonly #history = new WeakMap<KubeObject, History>();
  readonly #typeOf: (object: KubeObject) => Type | undefined;

  constructor(typeOf: (object: KubeObject) => Type | undefined) {
    this.#typeOf = typeOf;
  }

  /** `asSent`: the object as it was before the server itself changed it. */
  created(object: KubeObject, writer: Writer, time: Micros, asSent: KubeObject = object): void {
    this.#history.set(object, { managers: [], changes: [{ writer, subresource: '', time, before: undefined, after: asSent }] });
  }

  updated(object: KubeObject, old: KubeObject, writer: Writer, subresource: string, time: Micros): void {
    const { managers, changes } = this.#history.get(old) ?? { managers: [], changes: [] };
    const last = changes.at(-1);
    const change: Change = { writer, subresource, time, before: old, after: object };
    let next: History;
    if (last?.before && last.writer.manager === writer.manager && last.writer.operation === 'Update' && writer.operation === 'Update' && last.subresource === subresource) next = { managers, changes: [...changes.slice(0, -1), { ...change, before: last.before }] };
    else next = { managers, changes: [...changes, change] };
    this.#history.set(object, next.changes.length > LONGEST ? { managers: this.#resolve(next, object), changes: [] } : next);
  }

  carried(object: KubeObject, old: KubeObject): void {
    const known = this.#history.get(old);
    if (known) this.#history.set(object, known);
  }

  /** Takes over what a client wrote to metadata.managedFields. */
  replaced(object: KubeObject, entries: { manager: string; operation: 'Update' | 'Apply'; apiVersion: string; subresource?: string; time?: string; fieldsV1?: Record<string, unknown> }[]): void {
    this.#history.set(object, { changes: [], managers: entries.map((e) => ({ manager: e.manager, operation: e.operation, apiVersion: e.apiVersion, subresource: e.subresource ?? '', time: Date.parse(e.time ?? '') * 1000 || 0, fields: fromFieldsV1(e.fieldsV1 ?? {}) })) });
  }

  managersOf(object: KubeObject): Manager[] {
    const known = this.#history.get(object);
    if (!known) return [];
    if (known.changes.length > 0) {
      known.managers = this.#resolve(known, object);
      known.changes = [];
    }
    return known.managers;
  }

  /** As they stand in metadata. */
  entriesOf(object: KubeObject): object[] {
    const rank = (m: Manager) => (m.operation === 'Apply' ? 0 : 1);
    return [...this.managersOf(object)]
      .sort((a, b) => rank(a) - rank(b) || Math.floor(a.time / 1e6) - Math.floor(b.time / 1e6) || (a.manager < b.manager ? -1 : a.manager > b.manager ? 1 : 0))
      .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({ manager, operation, apiVersion, time: rfc3339(time), fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(fields), ...(subresource ? { subresource } : {}) }));
  }

  #resolve({ managers, changes }: History, object: KubeObject): Manager[] {
    const type = this.#typeOf(object);
    let out = managers;
    for (const change of changes) out = replay(out, change, type);
    return out;
  }
}

function replay(managers: Manager[], { writer, subresource, time, before, after }: Change, type: Type | undefined): Manager[] {
  const { changed, removed } = compare(before ?? emptyObject(after), after, type);
  const mine = strip(changed, after.kind, subresource), gone = strip(removed, after.kind, subresource);
  const { manager, operation, apiVersion } = writer;
  const isMine = (m: Manager) => m.manager === manager && m.operation === operation && m.subresource === subresource && (operation === 'Apply' || m.apiVersion === apiVersion);
  const out: Manager[] = [];
  let own: Manager | undefined;
  for (const m of managers) {
    if (isMine(m)) own = m;
    else {
      const fields = difference(m.fields, union(operation === 'Apply' ? difference(mine, intersection(mine, m.operation === 'Apply' ? m.fields : { self: false, children: new Map() })) : mine, gone));
      if (!isEmptySet(fields)) out.push(fields === m.fields ? m : { ...m, fields });
    }
  }
  const fields = operation === 'Apply' ? writer.applied! : difference(union(own?.fields ?? { self: false, children: new Map() }, mine), gone);
  const touched = !own || operation === 'Apply' || !isEmptySet(mine);
  if (!isEmptySet(fields)) out.push({ manager, operation, apiVersion, subresource, time: touched ? time : own!.time, fields });
  return out;
}

/** Fields nobody owns: identity, what the server sets, and what this (sub)resource resets. */
export function strip(set: FieldSet, kind: string, subresource: string): FieldSet {
  const children = new Map(set.children);
  for (const key of ['f:apiVersion', 'f:kind']) children.delete(key);
  const meta = children.get('f:metadata');
  if (meta) {
    const kept = new Map(meta.children);
    for (const key of ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'generation', 'managedFields', 'resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds']) kept.delete(`f:${key}`);
    if (kept.size > 0) children.set('f:metadata', { self: false, children: kept });
    else children.delete('f:metadata');
  }
  if (subresource === 'status') children.delete('f:spec');
  else if (subresource === '' && WITH_STATUS.has(kind) && kind !== 'Node') children.delete('f:status');
  return { self: false, children };
}

/** A new object of a kind as Go would print it: structs that are always there are no change of anybody's. */
function emptyObject(after: KubeObject): KubeObject {
  const out: KubeObject = { apiVersion: after.apiVersion, kind: after.kind, metadata: {} as KubeObject['metadata'] };
  if (WITH_SPEC.has(after.kind)) out.spec = {};
  if (WITH_STATUS.has(after.kind)) out.status = {};
  const pods = { metadata: {}, spec: { containers: null } };
  if (after.kind === 'Pod') out.spec = { containers: null };
  if (['Deployment', 'DaemonSet', 'StatefulSet', 'Job'].includes(after.kind)) out.spec = { selector: null, template: pods, ...(after.kind === 'Deployment' ? { strategy: {} } : after.kind === 'Job' ? {} : { updateStrategy: {} }) };
  if (after.kind === 'CronJob') out.spec = { jobTemplate: { metadata: {}, spec: { template: pods } } };
  if (after.kind === 'PersistentVolumeClaim') out.spec = copy(FILLED['PersistentVolumeClaimSpec']!);
  return out;
}
