/** Where and how encoding/json's scanner refuses a text that is no JSON (`at` counts the bytes it had read). */
export function goJsonError(text: string): { at: number; message: string } {
  let at = 0;
  const fail = (where: string): never => {
    throw new Stop(text[at] === undefined ? { at, message: 'unexpected EOF' } : { at: at + 1, message: `invalid character ${shown(text[at]!)} ${where}` });
  };
  const space = () => {
    while (text[at] !== undefined && ' \t\r\n'.includes(text[at]!)) at++;
  };
  const string = () => {
    at++;
    while (text[at] !== '"') {
      if (text[at] === undefined || text[at]! < ' ') fail('in string literal');
      if (text[at] === '\\') {
        at++;
        if (text[at] === 'u') for (let i = 0; i < 4; i++) if (!/[0-9a-fA-F]/.test(text[++at] ?? '')) fail('in \\u hexadecimal character escape');
        if (text[at] === undefined || !'"\\/bfnrtu0123456789abcdefABCDEF'.includes(text[at]!)) fail('in string escape code');
      }
      at++;
    }
    at++;
  };
  const word = (w: string) => {
    for (let i = 1; i < w.length; i++) {
      at++;
      if (text[at] !== w[i]) fail(`in literal ${w} (expecting ${shown(w[i]!)})`);
    }
    at++;
  };
  const value = (): void => {
    space();
    const c = text[at];
    if (c === '{') {
      at++;
      space();
      if (text[at] === '}') return void at++;
      for (let first = true; ; first = false) {
        space();
        if (text[at] !== '"') fail(first ? 'looking for beginning of object key string' : 'looking for beginning of object key string');
        string();
        space();
        if (text[at] !== ':') fail('after object key');
        at++;
        value();
        space();
        if (text[at] === '}') return void at++;
        if (text[at] !== ',') fail('after object key:value pair');
        at++;
      }
    }
    if (c === '[') {
      at++;
      space();
      if (text[at] === ']') return void at++;
      for (;;) {
        value();
        space();
        if (text[at] === ']') return void at++;
        if (text[at] !== ',') fail('after array element');
        at++;
      }
    }
    if (c === '"') return string();
    if (c === 't') return word('true');
    if (c === 'f') return word('false');
    if (c === 'n') return word('null');
    const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/.exec(text.slice(at, at + 40));
    if (!number) return fail('looking for beginning of value');
    at += number[0].length;
  };
  try {
    value();
    space();
    if (text[at] !== undefined) fail('after top-level value');
  } catch (error) {
    if (error instanceof Stop) return error.problem;
    throw error;
  }
  return { at, message: 'unexpected EOF' };
}

class Stop extends Error {
  readonly problem: { at: number; message: string };
  constructor(problem: { at: number; message: string }) {
    super(problem.message);
    this.problem = problem;
  }
}

function shown(c: string): string {
  if (c === "'") return `'\\''`;
  if (c === '"') return `'"'`;
  return `'${JSON.stringify(c).slice(1, -1)}'`;
}
