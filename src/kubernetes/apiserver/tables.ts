import type { KubeObject } from '../api/types.ts';
import type { Cell, Column, Kind } from '../api/kind.ts';
import type { Micros } from '../../sim/clock.ts';
import { parseTime } from '../client/time.ts';

/** metav1.Table (k8s.io/apiserver/pkg/endpoints/handlers/response.go). */

const NAME_DESCRIPTION = 'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';

/** For kinds without a printer of their own. */
export const DEFAULT_COLUMNS: Column[] = [
  { name: 'Name', type: 'string', format: 'name', description: NAME_DESCRIPTION },
  { name: 'Created At', type: 'date', description: 'CreationTimestamp is a timestamp representing the server time when this object was created.' },
];

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function table(kind: Kind, objects: KubeObject[], now: Micros, include: IncludeObject, metadata: Record<string, unknown>, headers = true): KubeObject {
  const columns = kind.columns ?? DEFAULT_COLUMNS;
  const rows = objects.map((object) => ({ cells: cells(kind, object, now), object: included(object, include) }));
  return {
    kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata,
    columnDefinitions: headers ? columns.map((c) => ({ name: c.name, type: c.type, format: c.format ?? '', description: c.description ?? '', priority: c.priority ?? 0 })) : [],
    rows,
  } as unknown as KubeObject;
}

export function partialMetadata(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function cells(kind: Kind, object: KubeObject, now: Micros): Cell[] {
  if (kind.columns && kind.row) return kind.row(object, now);
  return [object.metadata.name, object.metadata.creationTimestamp ?? null];
}

function included(object: KubeObject, include: IncludeObject): KubeObject | undefined {
  if (include === 'None') return undefined;
  return include === 'Object' ? object : partialMetadata(object);
}

/** duration.HumanDuration of the time since an RFC 3339 time: `5m12s`, `3h`, `2d4h`. */
export function age(timestamp: string | null | undefined, now: Micros): string {
  const at = parseTime(timestamp);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at);
}

/** k8s.io/apimachinery/pkg/util/duration.HumanDuration, of microseconds. */
export function humanDuration(micros: Micros): string {
  const seconds = Math.trunc(micros / 1e6);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(micros / 6e7);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(micros / 3.6e9);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (years < 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}
