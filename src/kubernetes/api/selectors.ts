import type { KubeObject } from './types.ts';
import { badLabelKey, badLabelValue } from './names.ts';

/** A compiled label selector (k8s.io/apimachinery/pkg/labels). */
export interface Requirement {
  key: string;
  operator: '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  values: string[];
}

export class SelectorError extends Error {}

const cache = new Map<string, Requirement[]>();

/** Parses `app=web,tier in (a,b),!x`. Throws SelectorError with the real text. */
export function parseLabelSelector(text: string): Requirement[] {
  const known = cache.get(text);
  if (known) return known;
  const parsed = new Parser(text).parse();
  if (cache.size < 5_000) cache.set(text, parsed);
  return parsed;
}

export function matchesLabels(requirements: readonly Requirement[], labels: Record<string, string> | undefined): boolean {
  for (const r of requirements) {
    const value = labels?.[r.key];
    switch (r.operator) {
      case '=': case '==': case 'in': if (value === undefined || !r.values.includes(value)) return false; break;
      case '!=': case 'notin': if (value !== undefined && r.values.includes(value)) return false; break;
      case 'exists': if (value === undefined) return false; break;
      case '!': if (value !== undefined) return false; break;
      case 'gt': if (value === undefined || !(Number(value) > Number(r.values[0]))) return false; break;
      case 'lt': if (value === undefined || !(Number(value) < Number(r.values[0]))) return false; break;
    }
  }
  return true;
}

export interface FieldRequirement {
  field: string;
  equal: boolean;
  value: string;
}

/** Parses `status.phase=Running,spec.nodeName!=x`. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const out: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    out.push({ field: match[1]!, equal: match[2] !== '!=', value: unescape(match[3]!) });
  }
  return out;
}

export function matchesFields(requirements: readonly FieldRequirement[], object: KubeObject, read: (object: KubeObject, field: string) => string): boolean {
  for (const r of requirements) if ((read(object, r.field) === r.value) !== r.equal) return false;
  return true;
}

function splitTerms(text: string): string[] {
  const out: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      out.push(text.slice(start, i));
      start = i + 1;
    }
  }
  out.push(text.slice(start));
  return out;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

type Token = { kind: 'end' | 'identifier' | 'error' | 'symbol'; text: string };

class Parser {
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    let i = 0;
    while (i < text.length) {
      const c = text[i]!;
      if (/[ \t\r\n]/.test(c)) i++;
      else if ('=!(),><'.includes(c)) {
        let word = c;
        if (i + 1 < text.length && (text.slice(i, i + 2) === '==' || text.slice(i, i + 2) === '!=')) word = text.slice(i, i + 2);
        this.#tokens.push({ kind: 'symbol', text: word });
        i += word.length;
      } else {
        let j = i;
        while (j < text.length && !/[ \t\r\n=!(),><]/.test(text[j]!)) j++;
        const word = text.slice(i, j);
        this.#tokens.push({ kind: word === 'in' || word === 'notin' ? 'symbol' : 'identifier', text: word });
        i = j;
      }
    }
    this.#tokens.push({ kind: 'end', text: '' });
  }

  parse(): Requirement[] {
    const out: Requirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') return out;
      if (token.kind !== 'identifier' && token.text !== '!') throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      out.push(this.#requirement());
      const after = this.#next();
      if (after.kind === 'end') return sortByKey(out);
      if (after.text !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const next = this.#peek();
      if (next.kind !== 'identifier' && next.text !== '!') throw new SelectorError(`found '${next.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    let negated = false;
    if (this.#peek().text === '!' && this.#peek().kind === 'symbol') {
      negated = true;
      this.#next();
    }
    // `in` and `notin` are keys at this place.
    const key = this.#next();
    if (key.kind !== 'identifier' && key.text !== 'in' && key.text !== 'notin') throw error(`found '${key.text}', expected: identifier`);
    const bad = badLabelKey(key.text);
    if (bad.length > 0) throw new SelectorError(`unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key.text)}: ${bad.join('; ')}`);
    const after = this.#peek();
    if (negated) return { key: key.text, operator: '!', values: [] };
    if (after.kind === 'end' || after.text === ',') return { key: key.text, operator: 'exists', values: [] };
    const operator = this.#next();
    switch (operator.text) {
      case 'in': case 'notin': return this.#checked({ key: key.text, operator: operator.text, values: this.#set() });
      case '=': case '==': case '!=': return this.#checked({ key: key.text, operator: operator.text, values: [this.#exact()] });
      case '>': case '<': {
        const value = this.#exact();
        if (!/^[+-]?\d+$/.test(value)) throw new SelectorError(`unable to parse requirement: values[0][${key.text}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`);
        return { key: key.text, operator: operator.text === '>' ? 'gt' : 'lt', values: [value] };
      }
      default: throw error(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  #checked(r: Requirement): Requirement {
    r.values.forEach((value, i) => {
      const bad = badLabelValue(value);
      if (bad.length > 0) throw new SelectorError(`unable to parse requirement: values[${i}][${r.key}]: Invalid value: ${JSON.stringify(value)}: ${bad.join('; ')}`);
    });
    return r;
  }

  #exact(): string {
    const token = this.#peek();
    if (token.kind === 'end' || token.text === ',') return '';
    this.#next();
    if (token.kind === 'identifier' || token.text === 'in' || token.text === 'notin') return token.text;
    throw error(`found '${token.text}', expected: identifier`);
  }

  #set(): string[] {
    const open = this.#next();
    if (open.text !== '(') throw error(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    if (this.#peek().text === ')') {
      this.#next();
      return [''];
    }
    for (;;) {
      const token = this.#next();
      if (token.kind === 'identifier' || token.text === 'in' || token.text === 'notin') {
        values.add(token.text);
        const after = this.#next();
        if (after.text === ')') break;
        if (after.text !== ',') throw error(`found '${after.text}', expected: ',' or ')'`);
        if (this.#peek().text === ')') {
          values.add('');
          this.#next();
          break;
        }
      } else if (token.text === ',') values.add('');
      else throw error(`found '${token.text}', expected: ',', or identifier`);
    }
    return [...values].sort();
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #next(): Token {
    const token = this.#tokens[this.#at]!;
    if (token.kind !== 'end') this.#at++;
    return token;
  }
}

function sortByKey(requirements: Requirement[]): Requirement[] {
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function error(text: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${text}`);
}

