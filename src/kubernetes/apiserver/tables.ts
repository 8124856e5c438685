import type { KubeObject } from '../api/types.ts';
import type { Cell, Column, Kind } from '../api/kind.ts';
import type { Micros } from '../../sim/clock.ts';

/** metav1.Table (k8s.io/apiserver/pkg/endpoints/handlers/response.go). */

const NAME_DESCRIPTION = 'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';

/** For kinds without a printer of their own. */
const DEFAULT_COLUMNS: Column[] = [
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
