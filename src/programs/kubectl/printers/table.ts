// Tables as the API server sends them (meta.k8s.io/v1 Table), printed as cli-runtime's TablePrinter.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { TabWriter } from '../tabwriter.ts';
import { compactJson } from './json.ts';

export interface Column {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority: number;
}
export interface Row {
  cells: unknown[];
  object?: KubeObject;
  conditions?: unknown[];
}
export interface Table extends KubeObject {
  columnDefinitions: Column[];
  rows: Row[];
}

export interface TableOptions {
  noHeaders: boolean;
  wide: boolean;
  withNamespace: boolean;
  /** Prefix of the names: deployment.apps */
  kind: string;
  showLabels: boolean;
  labelColumns: string[];
}

/** Prints one table after the other; headers come again only when the columns change. */
export class TablePrinter {
  readonly #options: TableOptions;
  #last: string | undefined;
  #columns: Column[] = [];

  constructor(options: TableOptions) {
    this.#options = options;
  }

  print(table: Table, out: TabWriter): void {
    const o = this.#options;
    const given = table.columnDefinitions ?? [];
    const key = given.map((c) => c.name).join('\t');
    const headers = !o.noHeaders && !(this.#last !== undefined && (given.length === 0 || key === this.#last));
    if (given.length > 0) this.#columns = given;
    const rows = table.rows ?? [];
    if (rows.length === 0) return;
    if (!o.noHeaders) this.#last = given.length > 0 ? key : this.#last;
    const shown = this.#columns.map((c, i) => ({ c, i })).filter(({ c }) => o.wide || !c.priority);
    const lines: string[] = [];
    if (headers) {
      const cells = [...(o.withNamespace ? ['NAMESPACE'] : []), ...shown.map(({ c }) => c.name.toUpperCase()), ...o.labelColumns.map(labelHeader), ...(o.showLabels ? ['LABELS'] : [])];
      lines.push(cells.join('\t'));
    }
    for (const row of rows) {
      const meta = row.object?.metadata;
      const cells: string[] = o.withNamespace ? [meta?.namespace ?? ''] : [];
      for (const { c, i } of shown) {
        const text = cell(row.cells[i]);
        cells.push(o.kind && (c.format === 'name' || (i === 0 && c.name === 'Name')) ? `${o.kind}/${text}` : text);
      }
      for (const label of o.labelColumns) cells.push(meta?.labels?.[label] ?? '');
      if (o.showLabels) cells.push(formatLabels(meta?.labels));
      lines.push(cells.join('\t'));
    }
    out.write(`${lines.join('\n')}\n`);
  }
}

export function formatLabels(labels: Record<string, string> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? '<none>' : keys.map((k) => `${k}=${labels![k]}`).join(',');
}

function labelHeader(label: string): string {
  return label.slice(label.lastIndexOf('/') + 1).toUpperCase();
}

function cell(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.search(/[\f\n\r]/);
    return escapeTerminal(cut >= 0 ? `${value.slice(0, cut)}...` : value);
  }
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? escapeTerminal(compactJson(value)) : String(value);
}

/** Control characters are shown, not obeyed (printers.WriteEscaped). */
function escapeTerminal(text: string): string {
  return text.replaceAll('\x1b', '^[').replaceAll('\r', '\\r');
}
