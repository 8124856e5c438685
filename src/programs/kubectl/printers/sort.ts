// --sort-by (k8s.io/kubectl/pkg/cmd/get/sorter.go).
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { KubectlError } from '../errors.ts';
import { parseQuantity } from '../quantity.ts';
import { goSort } from './go-sort.ts';
import { JsonPath, relaxedPath } from './jsonpath.ts';
import type { Table } from './table.ts';

/** By the values of a field; throws when no object has it. */
export function sortObjects(objects: KubeObject[], field: string): KubeObject[] {
  const path = relaxedPath(field);
  const keys = objects.map((o) => JsonPath.parse(path).values(o)[0]);
  if (objects.length > 0 && keys.every((k) => k === undefined)) throw new KubectlError(`couldn't find any field with path "${path}" in the list of objects`);
  return order(keys).map((i) => objects[i]!);
}

/** The same for a table whose rows carry their objects; without the field nothing is left to print. */
export function sortRows(table: Table, field: string): Table {
  const path = JsonPath.parse(relaxedPath(field));
  const keys = table.rows.map((r) => path.values(r.object ?? {})[0]);
  if (table.rows.length > 0 && keys.every((k) => k === undefined)) return { ...table, rows: [] };
  return { ...table, rows: order(keys).map((i) => table.rows[i]!) };
}

/** What lacks the field counts as less than anything, itself too; null as less than a value; Go's sort is not stable. */
function order(keys: unknown[]): number[] {
  const indexes = keys.map((_, i) => i);
  goSort(indexes, (a, b) => {
    const x = keys[a], y = keys[b];
    if (x === undefined) return true;
    return x === null ? y !== null : y !== undefined && y !== null && compare(x, y) < 0;
  });
  return indexes;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const x = String(a), y = String(b);
  const qx = parseQuantity(x), qy = parseQuantity(y);
  if (qx !== undefined && qy !== undefined) return qx - qy;
  return naturalLess(x, y) ? -1 : naturalLess(y, x) ? 1 : 0;
}

/** fvbommel/sortorder.NaturalLess: runs of digits by value. */
function naturalLess(a: string, b: string): boolean {
  let i = 0, j = 0;
  while (i < a.length && j < b.length) {
    const da = /^\d+/.exec(a.slice(i))?.[0], db = /^\d+/.exec(b.slice(j))?.[0];
    if (da && db) {
      if (Number(da) !== Number(db)) return Number(da) < Number(db);
      if (da.length !== db.length) return da.length < db.length;
      i += da.length;
      j += db.length;
    } else {
      if (a[i] !== b[j]) return a[i]! < b[j]!;
      i++;
      j++;
    }
  }
  return a.length - i < b.length - j;
}
