import { posixRegex } from '../../shell/conditional.ts';
import { Fatal } from '../coreutils/tool.ts';
import { input, str, type Value } from './value.ts';

/** The record and its fields: split when a field is first asked for, joined again when one was set. */
export class InputRecord {
  readonly #variable: (name: 'FS' | 'OFS') => Value;
  #record = '';
  #fields: string[] = [];
  #split = true;
  #stale = false;

  constructor(variable: (name: 'FS' | 'OFS') => Value) {
    this.#variable = variable;
  }

  set(text: string): void {
    this.#record = text;
    this.#split = false;
    this.#stale = false;
  }

  fields(): string[] {
    if (!this.#split) {
      this.#fields = splitBy(this.#record, str(this.#variable('FS')));
      this.#split = true;
    }
    return this.#fields;
  }

  text(): string {
    if (this.#stale) {
      this.#record = this.#fields.join(str(this.#variable('OFS')));
      this.#stale = false;
    }
    return this.#record;
  }

  field(n: number): Value {
    if (n === 0) return input(this.text());
    if (n < 0) throw new Fatal(`attempt to access field ${n}`, 2);
    return input(this.fields()[n - 1] ?? '');
  }

  setField(n: number, value: string): void {
    if (n === 0) return this.set(value);
    const fields = this.fields();
    while (fields.length < n) fields.push('');
    fields[n - 1] = value;
    this.#stale = true;
  }

  /** What assigning to NF does. */
  resize(n: number): void {
    const fields = this.fields();
    fields.length = Math.min(fields.length, n);
    while (fields.length < n) fields.push('');
    this.#stale = true;
  }
}

/** Text cut at a field separator as FS and split() have it. */
export function splitBy(text: string, fs: string): string[] {
  if (text === '') return [];
  if (fs === ' ') return text.trim().split(/[ \t\n]+/).filter((x, _i, a) => x !== '' || a.length > 1);
  if (fs === '') return [...text];
  if (fs.length === 1 && fs !== '\\') return text.split(fs);
  return text.split(new RegExp(posixRegex(fs), 'u'));
}
