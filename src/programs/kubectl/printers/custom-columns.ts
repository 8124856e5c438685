import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { KubectlError } from '../errors.ts';
import type { TabWriter } from '../tabwriter.ts';
import { JsonPath, relaxedPath } from './jsonpath.ts';

/** -o custom-columns=HEADER:PATH,… */
export class CustomColumns {
  readonly #columns: { header: string; path: string }[];
  readonly #noHeaders: boolean;
  #printed = false;
  #paths: JsonPath[] | undefined;

  constructor(columns: { header: string; path: string }[], noHeaders: boolean) {
    this.#columns = columns;
    this.#noHeaders = noHeaders;
  }

  static parse(spec: string, noHeaders: boolean): CustomColumns {
    if (spec === '') throw new KubectlError('custom-columns format specified but no custom columns given');
    return new CustomColumns(spec.split(',').map((part) => {
      const cut = part.indexOf(':');
      if (cut < 0) throw new KubectlError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
      return { header: part.slice(0, cut), path: relaxedPath(part.slice(cut + 1)) };
    }), noHeaders);
  }

  /** A file: one line of headers, one of paths. */
  static parseTemplate(text: string, noHeaders: boolean): CustomColumns {
    const [headers, paths] = text.split('\n').map((l) => l.trim().split(/\s+/));
    if (!headers || !paths || headers.length !== paths.length) throw new KubectlError(`number of headers (${headers?.length ?? 0}) and field specifications (${paths?.length ?? 0}) don't match`);
    return new CustomColumns(headers.map((header, i) => ({ header, path: relaxedPath(paths[i]!) })), noHeaders);
  }

  print(object: KubeObject, out: TabWriter): void {
    if (!this.#noHeaders && !this.#printed) out.write(`${this.#columns.map((c) => c.header).join('\t')}\n`);
    this.#printed = true;
    // The paths are read after the headers were written (customcolumn.go).
    this.#paths ??= this.#columns.map(({ path }) => JsonPath.inColumn(path));
    const paths = this.#paths;
    for (const item of (object['items'] as KubeObject[] | undefined) ?? [object]) {
      out.write(`${paths.map((path) => path.values(item).map(show).join(',') || '<none>').join('\t')}\n`);
    }
  }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (value !== null && typeof value === 'object') return `map[${Object.keys(value).sort().map((k) => `${k}:${show((value as Record<string, unknown>)[k])}`).join(' ')}]`;
  return value === null ? '<nil>' : String(value);
}
