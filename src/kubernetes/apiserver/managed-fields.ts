import type { KubeObject } from '../api/types.ts';
import type { Micros } from '../../sim/clock.ts';

/** Who writes and how: what an entry of metadata.managedFields says. */
export interface Writer {
  manager: string;
  operation: 'Update' | 'Apply';
  apiVersion: string;
  /** Whole objects (PUT), which must name the resourceVersion they replace. */
  put?: boolean;
}

/** One manager's changes, not yet turned into a set of fields. */
interface Change {
  writer: Writer;
  subresource: string;
  time: Micros;
  before: KubeObject | undefined;
  after: KubeObject;
}

/** Keeps who changed what of each stored version; entries are worked out when somebody asks (see fields-v1.ts). */
export class ManagedFields {
  readonly #history = new WeakMap<KubeObject, Change[]>();

  created(object: KubeObject, writer: Writer, time: Micros): void {
    this.#history.set(object, [{ writer, subresource: '', time, before: undefined, after: object }]);
  }

  updated(object: KubeObject, old: KubeObject, writer: Writer, subresource: string, time: Micros): void {
    const changes = this.#history.get(old) ?? [];
    const last = changes.at(-1);
    if (last && last.writer.manager === writer.manager && last.writer.operation === writer.operation && last.subresource === subresource) {
      this.#history.set(object, [...changes.slice(0, -1), { ...last, time, after: object }]);
    } else this.#history.set(object, [...changes, { writer, subresource, time, before: old, after: object }]);
  }

  carried(object: KubeObject, old: KubeObject): void {
    const changes = this.#history.get(old);
    if (changes) this.#history.set(object, changes);
  }
}
