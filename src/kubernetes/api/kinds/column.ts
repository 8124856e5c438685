import type { KubeObject } from '../types.ts';
import type { Cell, Column } from '../kind.ts';
import type { Micros } from '../../../sim/clock.ts';
import { formatSelector, type LabelSelector } from '../../client/labels.ts';

export interface Columns {
  columns: Column[];
  row(object: KubeObject, now: Micros): Cell[];
}

/**
 * Columns from a line of names: `Name Ready:integer +Containers` – `:type` when it is no string, `+` for `-o wide` only, `_` for a
 * space in a name.
 */
export function columns(line: string, row: (object: KubeObject, now: Micros) => Cell[]): Columns {
  const defs = line.split(' ').map((word): Column => {
    const wide = word.startsWith('+');
    const [name = '', type = 'string'] = word.slice(wide ? 1 : 0).split(':');
    return { name: name.replace(/_/g, ' '), type, format: name === 'Name' ? 'name' : '', priority: wide ? 1 : 0 };
  });
  return { columns: defs, row };
}

type Labels = Record<string, string> | undefined;

/** labels.FormatLabels. */
export function formatLabels(labels: Labels): string {
  const text = Object.keys(labels ?? {}).sort().map((k) => `${k}=${labels![k]}`).join(',');
  return text === '' ? '<none>' : text;
}

/** metav1.FormatLabelSelector. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const text = formatSelector(selector);
  return text === '' ? '<none>' : text;
}

/** The names and the images of a template's containers, as `-o wide` prints them. */
export function layoutContainers(template: { spec?: { containers?: { name: string; image?: string }[] } } | undefined): [string, string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map((c) => c.name).join(','), containers.map((c) => c.image ?? '').join(',')];
}
