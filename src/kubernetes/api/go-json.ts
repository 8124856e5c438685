/** What Go's encoding/json says of text that is no JSON, or undefined when it is JSON. */
export function jsonError(text: string): string | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.value();
    scanner.space();
    if (scanner.at < text.length) return `invalid character ${quote(text[scanner.at]!)} after top-level value`;
    return undefined;
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}

class JsonError extends Error {}

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;

class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  space(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at++;
  }

  value(): void {
    this.space();
    const c = this.text[this.at];
    if (c === '{') this.#object();
    else if (c === '[') this.#array();
    else if (c === '"') this.#string();
    else if (c === 't') this.#literal('true');
    else if (c === 'f') this.#literal('false');
    else if (c === 'n') this.#literal('null');
    else {
      NUMBER.lastIndex = this.at;
      const number = NUMBER.exec(this.text);
      if (!number) {
        if (c === '-') {
          this.at++;
          this.#wrong('in numeric literal');
        }
        this.#wrong('looking for beginning of value');
      }
      this.at += number[0].length;
    }
  }

  #object(): void {
    this.at++;
    this.space();
    if (this.text[this.at] === '}') {
      this.at++;
      return;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.#wrong('looking for beginning of object key string');
      this.#string();
      this.space();
      if (this.text[this.at] !== ':') this.#wrong('after object key');
      this.at++;
      this.value();
      this.space();
      const c = this.text[this.at];
      if (c !== ',' && c !== '}') this.#wrong('after object key:value pair');
      this.at++;
      if (c === '}') return;
    }
  }

  #array(): void {
    this.at++;
    this.space();
    if (this.text[this.at] === ']') {
      this.at++;
      return;
    }
    for (;;) {
      this.value();
      this.space();
      const c = this.text[this.at];
      if (c !== ',' && c !== ']') this.#wrong('after array element');
      this.at++;
      if (c === ']') return;
    }
  }

  #string(): void {
    for (this.at++; ; this.at++) {
      const c = this.text[this.at];
      if (c === undefined || c < ' ') this.#wrong('in string literal');
      if (c === '"') break;
      if (c !== '\\') continue;
      const escape = this.text[++this.at];
      if (escape === undefined || !'"\\/bfnrtu'.includes(escape)) this.#wrong('in string escape code');
      if (escape !== 'u') continue;
      for (let i = 0; i < 4; i++) if (!/[0-9a-fA-F]/.test(this.text[++this.at] ?? '')) this.#wrong('in \\u hexadecimal character escape');
    }
    this.at++;
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.at++) if (this.text[this.at] !== word[i]) this.#wrong(`in literal ${word} (expecting ${quote(word[i]!)})`);
  }

  #wrong(where: string): never {
    const c = this.text[this.at];
    throw new JsonError(c === undefined ? 'unexpected end of JSON input' : `invalid character ${quote(c)} ${where}`);
  }
}

function quote(c: string): string {
  return c === "'" ? `'\\''` : c === '\n' ? `'\\n'` : c === '\t' ? `'\\t'` : `'${c}'`;
}
