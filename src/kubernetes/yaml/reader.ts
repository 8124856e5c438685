/** A syntax error; the message is go-yaml's: "yaml: line 4: did not find expected key". */
export class YamlError extends Error {
  constructor(line: number, problem: string) {
    super(`yaml: ${line > 0 ? `line ${line}: ` : ''}${problem}`);
  }
}

/** A place in a text, by line and column from 0. */
export class Reader {
  readonly text: string;
  at = 0;
  line = 0;
  #lineStart = 0;

  constructor(text: string) {
    this.text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  get column(): number {
    return this.at - this.#lineStart;
  }

  newLine(): void {
    if (this.text[this.at] === '\r' && this.text[this.at + 1] === '\n') this.at++;
    this.at++;
    this.line++;
    this.#lineStart = this.at;
  }

  error(problem: string, contextLine = 0): YamlError {
    const line = this.line !== 0 ? this.line : contextLine;
    return new YamlError(line !== 0 ? line + 1 : 0, problem);
  }
}

export function blank(c: string | undefined): boolean {
  return c === ' ' || c === '\t';
}
export function blankOrEnd(c: string | undefined): boolean {
  return c === undefined || c === ' ' || c === '\t' || c === '\n' || c === '\r';
}
