// YAML documents as JavaScript values, read as go-yaml v2 reads them for sigs.k8s.io/yaml (YAML 1.1 words, string keys).
import { YamlError } from './reader.ts';
import { Scanner, type Token } from './scanner.ts';

export { YamlError } from './reader.ts';

export type Yaml = string | number | boolean | null | Yaml[] | { [key: string]: Yaml };

/** The first document of the text; throws YamlError. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the caller knows what it reads
export function parseYaml(text: string): any {
  return new Composer(text).document();
}

class Composer {
  readonly #scanner: Scanner;
  readonly #anchors = new Map<string, Yaml>();

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  document(): Yaml {
    while (this.#is('directive') || this.#is('document-end')) this.#scanner.next();
    if (this.#is('document-start')) this.#scanner.next();
    if (this.#is('stream-end') || this.#is('document-end')) return null;
    const value = this.#node(0, true);
    const after = this.#scanner.peek();
    if (!['stream-end', 'document-start', 'document-end'].includes(after.type)) throw parserError(after, 'did not find expected <document start>');
    return value;
  }

  #is(type: Token['type']): boolean {
    return this.#scanner.peek().type === type;
  }

  #node(depth: number, block: boolean, indentless = false): Yaml {
    const start = this.#scanner.peek();
    if (start.type === 'alias') {
      this.#scanner.next();
      const value = this.#anchors.get(start.value);
      if (value === undefined) throw new YamlError(0, `unknown anchor '${start.value}' referenced`);
      return value;
    }
    let anchor: string | undefined, tag: string | undefined;
    for (let t = this.#scanner.peek(); t.type === 'anchor' || t.type === 'tag'; t = this.#scanner.peek()) {
      this.#scanner.next();
      if (t.type === 'anchor') anchor = t.value;
      else tag = t.value;
    }
    const value = this.#content(depth, block, indentless, tag, start, anchor !== undefined || tag !== undefined);
    if (anchor !== undefined) this.#anchors.set(anchor, value);
    return value;
  }

  #content(depth: number, block: boolean, indentless: boolean, tag: string | undefined, start: Token, decorated: boolean): Yaml {
    const token = this.#scanner.peek();
    if (indentless && token.type === 'block-entry') return this.#indentlessSequence(depth);
    switch (token.type) {
      case 'scalar':
        this.#scanner.next();
        return scalar(token, tag);
      case 'flow-sequence-start':
        return this.#flowSequence(depth);
      case 'flow-mapping-start':
        return this.#flowMapping(depth);
      case 'block-sequence-start':
        if (block) return this.#blockSequence(depth);
        break;
      case 'block-mapping-start':
        if (block) return this.#blockMapping(depth);
        break;
    }
    if (decorated) return tag === '!!str' ? '' : null;
    throw parserError(token, 'did not find expected node content', start.line);
  }

  #blockSequence(depth: number): Yaml[] {
    const { line } = this.#scanner.next();
    const out: Yaml[] = [];
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === 'block-end') {
        this.#scanner.next();
        return out;
      }
      if (token.type !== 'block-entry') throw parserError(token, "did not find expected '-' indicator", line);
      this.#scanner.next();
      out.push(this.#is('block-entry') || this.#is('block-end') ? null : this.#node(depth + 1, true));
    }
  }

  #indentlessSequence(depth: number): Yaml[] {
    const out: Yaml[] = [];
    while (this.#is('block-entry')) {
      this.#scanner.next();
      const empty = this.#is('block-entry') || this.#is('key') || this.#is('value') || this.#is('block-end');
      out.push(empty ? null : this.#node(depth + 1, true));
    }
    return out;
  }

  #blockMapping(depth: number): Yaml {
    const { line } = this.#scanner.next();
    const out: Record<string, Yaml> = {};
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === 'block-end') {
        this.#scanner.next();
        return out;
      }
      if (token.type !== 'key' && token.type !== 'value') throw parserError(token, 'did not find expected key', line);
      let key: Yaml = null, raw = '';
      if (token.type === 'key') {
        this.#scanner.next();
        raw = this.#scanner.peek().value;
        if (!this.#is('key') && !this.#is('value') && !this.#is('block-end')) key = this.#node(depth + 1, true, true);
      }
      let value: Yaml = null;
      if (this.#is('value')) {
        this.#scanner.next();
        if (!this.#is('key') && !this.#is('value') && !this.#is('block-end')) value = this.#node(depth + 1, true, true);
      }
      put(out, key, value, raw);
    }
  }

  #flowSequence(depth: number): Yaml[] {
    const { line } = this.#scanner.next();
    const out: Yaml[] = [];
    for (let first = true; !this.#is('flow-sequence-end'); first = false) {
      if (!first) this.#comma(line, "did not find expected ',' or ']'");
      if (this.#is('flow-sequence-end')) break;
      if (this.#is('key')) {
        this.#scanner.next();
        const pair: Record<string, Yaml> = {};
        const raw = this.#scanner.peek().value;
        const key = this.#is('value') ? null : this.#node(depth + 1, false);
        let value: Yaml = null;
        if (this.#is('value')) {
          this.#scanner.next();
          if (!this.#is('flow-entry') && !this.#is('flow-sequence-end')) value = this.#node(depth + 1, false);
        }
        put(pair, key, value, raw);
        out.push(pair);
      } else out.push(this.#node(depth + 1, false));
    }
    this.#scanner.next();
    return out;
  }

  #flowMapping(depth: number): Yaml {
    const { line } = this.#scanner.next();
    const out: Record<string, Yaml> = {};
    for (let first = true; !this.#is('flow-mapping-end'); first = false) {
      if (!first) this.#comma(line, "did not find expected ',' or '}'");
      if (this.#is('flow-mapping-end')) break;
      let key: Yaml = null, value: Yaml = null, raw = '';
      if (this.#is('key')) {
        this.#scanner.next();
        raw = this.#scanner.peek().value;
        if (!this.#is('value') && !this.#is('flow-entry') && !this.#is('flow-mapping-end')) key = this.#node(depth + 1, false);
        if (this.#is('value')) {
          this.#scanner.next();
          if (!this.#is('flow-entry') && !this.#is('flow-mapping-end')) value = this.#node(depth + 1, false);
        }
      } else if (!this.#is('flow-mapping-end')) {
        raw = this.#scanner.peek().value;
        key = this.#node(depth + 1, false);
      }
      put(out, key, value, raw);
    }
    this.#scanner.next();
    return out;
  }

  #comma(line: number, problem: string): void {
    const token = this.#scanner.peek();
    if (token.type !== 'flow-entry') throw parserError(token, problem, line);
    this.#scanner.next();
  }
}

/** go-yaml gives a parser's line without adding one (a scanner's with): where it found the problem, or where the construct began. */
function parserError(token: Token, problem: string, contextLine = 0): YamlError {
  return new YamlError(token.line !== 0 ? token.line : contextLine, problem);
}

function put(out: Record<string, Yaml>, key: Yaml, value: Yaml, raw: string): void {
  if (key === '<<' && raw === '<<' && value !== null && typeof value === 'object') {
    for (const from of Array.isArray(value) ? value : [value]) if (from === null || typeof from !== 'object' || Array.isArray(from)) throw new YamlError(0, 'map merge requires map or sequence of maps as the value');
    for (const from of Array.isArray(value) ? value : [value]) for (const [k, v] of Object.entries(from as object)) if (!Object.hasOwn(out, k)) out[k] = v as Yaml;
    return;
  }
  if (key !== null && typeof key === 'object') throw new YamlError(0, `invalid map key: ${goValue(key)}`);
  const name = key === null ? 'null' : String(key);
  if (name === '__proto__') Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true });
  else out[name] = value;
}

function goValue(value: Yaml): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goValue).join(', ')}}`;
  if (value !== null && typeof value === 'object') return `map[interface {}]interface {}{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${goValue(v)}`).join(', ')}}`;
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
}

function scalar({ value, plain }: Token, tag: string | undefined): Yaml {
  if (tag === '!!str' || tag === '!') return value;
  if (tag === '!!binary') return value.replace(/\s/g, '');
  if (!plain && tag === undefined) return value;
  return resolve(value);
}

const WORDS = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((w) => [w, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((w) => [w, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((w) => [w, null] as const),
]);

/** What a plain scalar stands for (go-yaml v2, resolve.go). */
export function resolve(text: string): string | number | boolean | null {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const c = text.charCodeAt(0);
  if (!((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46)) return text;
  const plain = text.replaceAll('_', '');
  if (/^[-+]?0$|^[-+]?[1-9]\d*$/.test(plain)) return Number(plain) || 0;
  if (/^[-+]?0[0-7]+$/.test(plain)) return parseInt(plain, 8);
  const based = /^([-+]?)0([xob])([0-9a-f]+)$/i.exec(plain);
  if (based) {
    const n = parseInt(based[3]!, { x: 16, o: 8, b: 2 }[based[2]!.toLowerCase()]);
    if (!Number.isNaN(n)) return based[1] === '-' ? -n : n;
  }
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain)) return Number(plain);
  return text;
}
