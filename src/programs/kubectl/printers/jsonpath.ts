// JSONPath as client-go/util/jsonpath understands it.
import { KubectlError } from '../errors.ts';
import { compactJson } from './json.ts';
import { Missing, type Node, Parser, type Step } from './jsonpath-parser.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
export class JsonPath {
  readonly #nodes: Node[];
  readonly #source: string;

  private constructor(nodes: Node[], source: string) {
    this.#nodes = nodes;
    this.#source = source;
  }

  /** Throws "error parsing jsonpath …". */
  static parse(source: string): JsonPath {
    try {
      return new JsonPath(new Parser(source).template(), source);
    } catch (error) {
      if (error instanceof Missing) throw new KubectlError(`error parsing jsonpath ${source}, ${error.message}`);
      throw error;
    }
  }

  /** `.metadata.name`, `metadata.name` and `{.metadata.name}` alike, as --sort-by and custom-columns take them. */
  static relaxed(path: string): JsonPath {
    return JsonPath.parse(relaxedPath(path));
  }

  /** A column's: what is wrong with it is said without it. */
  static inColumn(path: string): JsonPath {
    try {
      return new JsonPath(new Parser(path).template(), path);
    } catch (error) {
      if (error instanceof Missing) throw new KubectlError(error.message);
      throw error;
    }
  }

  /** What the template prints. */
  print(object: unknown, { allowMissing = true }: { allowMissing?: boolean } = {}): string {
    try {
      return this.#run(object, allowMissing).map((r) => (typeof r === 'string' ? r : r.values.map(text).join(' '))).join('');
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      throw new KubectlError(`error executing jsonpath ${JSON.stringify(this.#source)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.#source}\n\tobject given to jsonpath engine was:\n\t\t${goMap(object)}\n\n\n`);
    }
  }

  /** The values of all the paths in it. */
  values(object: unknown, { allowMissing = true }: { allowMissing?: boolean } = {}): unknown[] {
    try {
      return this.#run(object, allowMissing).flatMap((r) => (typeof r === 'string' ? [] : r.values));
    } catch (error) {
      if (error instanceof Missing) throw new KubectlError(error.message);
      throw error;
    }
  }

  #run(object: unknown, allowMissing: boolean): (string | { values: unknown[] })[] {
    const out: (string | { values: unknown[] })[] = [];
    const run = (nodes: Node[], from: number, to: number, current: unknown): void => {
      for (let i = from; i < to; i++) {
        const node = nodes[i]!;
        if ('text' in node) out.push(node.text);
        else if (node.steps[0]?.kind === 'range') {
          const end = matchingEnd(nodes, i);
          const over = evaluate(node.steps.slice(1), [current], object, allowMissing);
          for (const value of over) run(nodes, i + 1, end, value);
          i = end;
        } else if (node.steps[0]?.kind !== 'end') out.push({ values: evaluate(node.steps, [current], object, allowMissing) });
      }
    };
    run(this.#nodes, 0, this.#nodes.length, object);
    return out;
  }
}

/** RelaxedJSONPathExpression: braces and the leading dot may be left out. */
export function relaxedPath(path: string): string {
  if (path === '') return path;
  const m = /^\{?\.?([^{}]+)\}?$/.exec(path);
  if (!m || /^\{\.?[^{}]+$/.test(path)) throw new KubectlError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  return `{.${m[1]}}`;
}

function matchingEnd(nodes: Node[], at: number): number {
  for (let i = at + 1, depth = 1; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (!('steps' in node)) continue;
    if (node.steps[0]?.kind === 'range') depth++;
    if (node.steps[0]?.kind === 'end' && --depth === 0) return i;
  }
  return nodes.length;
}

function evaluate(steps: Step[], values: unknown[], root: unknown, allowMissing: boolean): unknown[] {
  for (const step of steps) {
    if (step.kind === 'field' && step.name === '$') values = [root];
    else values = apply(step, values, root, allowMissing);
  }
  return values;
}

function apply(step: Step, values: any[], root: unknown, allowMissing: boolean): unknown[] {
  switch (step.kind) {
    case 'field': {
      if (values.length === 0) return [];
      const out = values.flatMap((v) => {
        if (v === null || v === undefined) return [];
        if (typeof v !== 'object') throw new Missing(`${step.name} is not found`);
        const found = Array.isArray(v) || !Object.hasOwn(v, step.name) ? undefined : v[step.name];
        return found === undefined ? [] : [found];
      });
      if (out.length === 0 && !allowMissing) throw new Missing(`${step.name} is not found`);
      return out;
    }
    case 'identifier':
      throw new Missing(`unrecognized identifier ${step.name}`);
    case 'wild':
      return values.flatMap((v) => (Array.isArray(v) ? v : v !== null && typeof v === 'object' ? Object.keys(v).sort().map((k) => v[k]) : []));
    case 'deep':
      return values.flatMap((v) => deep(v));
    case 'slice':
      return values.flatMap((v) => {
        if (v === null || v === undefined) return [];
        if (!Array.isArray(v)) throw new Missing(`${goType(v)} is not array or slice`);
        if (step.step <= 0) throw new Missing('step must be > 0');
        const n = v.length;
        let from = step.from ?? 0, to = step.to ?? n;
        if (from < 0) from += n;
        if (step.single) to = from + 1;
        else if (to < 0) to += n;
        if (step.single && (from >= n || from < 0)) throw new Missing(`array index out of bounds: index ${step.from}, length ${n}`);
        const out: unknown[] = [];
        for (let i = Math.max(0, from); i < Math.min(to, n); i += step.step) out.push(v[i]);
        return out;
      });
    case 'union':
      return step.lists.flatMap((list) => evaluate(list, values, root, true));
    case 'filter':
      return values.flatMap((v) => {
        if (v === null || typeof v !== 'object') return [];
        const items: any[] = Array.isArray(v) ? v : Object.values(v);
        return items.filter((item) => holds(step, item, root));
      });
    case 'literal':
      return [step.value];
    default:
      return values;
  }
}

function holds(step: Extract<Step, { kind: 'filter' }>, item: unknown, root: unknown): boolean {
  const left = evaluate(step.left, [item], root, true);
  if (step.op === 'exists') return left.length > 0;
  const right = evaluate(step.right!, [item], root, true);
  if (left.length === 0) return false;
  if (left.length > 1) throw new Missing('can only compare one element at a time');
  if (right.length === 0) return false;
  const a = left[0] as any, b = right[0] as any;
  const same = typeof a === typeof b;
  switch (step.op) {
    case '==': return same && a === b;
    case '!=': return !same || a !== b;
    case '<': return same && a < b;
    case '>': return same && a > b;
    case '<=': return same && a <= b;
    case '>=': return same && a >= b;
  }
  throw new Missing(`unrecognized filter operator ${step.op}`);
}

function deep(value: any): unknown[] {
  if (value === null || typeof value !== 'object') return [];
  const children = Array.isArray(value) ? value : Object.keys(value).sort().map((k) => value[k]);
  return [value, ...children.flatMap(deep)];
}

function text(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return '<nil>';
  return typeof value === 'object' ? compactJson(value) : String(value);
}

function goType(v: unknown): string {
  return typeof v === 'object' ? 'map[string]interface {}' : typeof v === 'number' ? 'int64' : typeof v;
}

/** fmt's %#v-like form of a decoded object. */
function goMap(value: any): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goMap).join(', ')}}`;
  if (value !== null && typeof value === 'object') return `map[string]interface {}{${Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${goMap(value[k])}`).join(', ')}}`;
  if (value === null || value === undefined) return 'interface {}(nil)';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
