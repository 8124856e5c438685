/** jq 1.6: paths, pipes, object and array construction, operators, if, reduce, foreach-less; the filters a course types. */
import { tool } from '../coreutils/tool.ts';
import { evaluate } from './evaluate.ts';
import { JqSyntax, parseJq, type Node } from './parse.ts';
import { JqError, type Json } from './value.ts';

export const main = tool(async (t) => {
  t.parse({ short: 'rcesnSjRCM', long: { 'raw-output': 'r', 'compact-output': 'c', 'exit-status': 'e', slurp: 's', 'null-input': 'n', 'sort-keys': 'S', 'join-output': 'j', 'raw-input': 'R', 'color-output': 'C', 'monochrome-output': 'M', arg: '', argjson: '', tab: '', indent: ':' } }, withoutArgs(t.process.args));
  const vars = new Map<string, Json>([['ENV', { ...t.process.env }]]);
  const argv = t.process.args;
  argv.forEach((a, i) => {
    if (a === '--arg') vars.set(argv[i + 1]!, argv[i + 2]!);
    if (a === '--argjson') vars.set(argv[i + 1]!, JSON.parse(argv[i + 2]!) as Json);
  });
  const [filter, ...files] = t.args;
  if (filter === undefined) {
    await t.process.err('jq - commandline JSON processor [version 1.6]\n\nUsage:\tjq [options] <jq filter> [file...]\n');
    return 2;
  }
  let ast: Node;
  try {
    ast = parseJq(filter);
  } catch (error) {
    if (!(error instanceof JqSyntax)) throw error;
    await t.process.err(`jq: error: ${error.message} (Unix shell quoting issues?) at <top-level>, line 1:\n${filter}\njq: 1 compile error\n`);
    return 3;
  }
  const values: Json[] = [];
  let bad: string | undefined;
  if (t.has('n')) values.push(null);
  else for await (const { text } of t.inputs(files, 2)) {
    if (t.has('R')) values.push(...(t.has('s') ? [text] : text.replace(/\n$/, '').split('\n')));
    else {
      const read = documents(text);
      values.push(...read.values);
      bad = read.bad;
    }
  }
  const inputs = t.has('s') && !t.has('n') && !t.has('R') ? [values] : values;
  let code = t.code, last: Json | undefined;
  for (const input of inputs) {
    try {
      for (const out of evaluate(ast, input, vars)) {
        last = out;
        const raw = (t.has('r') || t.has('j')) && typeof out === 'string';
        const indent = t.has('c') ? 0 : t.has('tab') ? '\t' : Number(t.get('indent') ?? 2);
        await t.out(`${raw ? out : show(t.has('S') ? sortKeys(out) : out, indent, t.has('C') || (t.process.stdout.isTTY && !t.has('M')))}${t.has('j') ? '' : '\n'}`);
      }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      await t.process.err(`jq: error (at ${files[0] ?? '<stdin>'}:1): ${error.message}\n`);
      code = 5;
    }
  }
  if (bad !== undefined) {
    await t.process.err(`parse error: ${bad}\n`);
    return 2;
  }
  if (t.has('e') && code === 0) return last === undefined ? 4 : last === null || last === false ? 1 : 0;
  return code;
}, 2);

function withoutArgs(argv: string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--arg' || argv[i] === '--argjson') i += 2;
    else out.push(argv[i]!);
  }
  return out;
}

/** Several JSON texts one after another. */
function documents(text: string): { values: Json[]; bad: string | undefined } {
  const whole = text.trim();
  if (whole === '') return { values: [], bad: undefined };
  try {
    return { values: [JSON.parse(whole) as Json], bad: undefined };
  } catch {
    const values: Json[] = [];
    let depth = 0, inString = false, start = -1;
    for (let i = 0; i <= whole.length; i++) {
      const c = whole[i];
      if (inString) {
        if (c === '\\') i++;
        else if (c === '"') inString = false;
        continue;
      }
      if (start >= 0 && depth === 0 && (c === undefined || /[\s{["]/.test(c)) && i > start) {
        try {
          values.push(JSON.parse(whole.slice(start, i)) as Json);
        } catch {
          return { values, bad: `Invalid numeric literal at line ${whole.slice(0, i).split('\n').length}, column ${i - whole.lastIndexOf('\n', i - 1)}` };
        }
        start = -1;
      }
      if (c === undefined || /\s/.test(c)) continue;
      if (start < 0) start = i;
      if (c === '"') inString = true;
      else if (c === '{' || c === '[') depth++;
      else if (c === '}' || c === ']') depth--;
    }
    return { values, bad: start >= 0 ? `Unfinished JSON term at EOF at line ${whole.split('\n').length + 1}, column 0` : undefined };
  }
}

function sortKeys(v: Json): Json {
  if (Array.isArray(v)) return v.map(sortKeys);
  if (v === null || typeof v !== 'object') return v;
  return Object.fromEntries(Object.keys(v).sort().map((k) => [k, sortKeys(v[k]!)]));
}

function show(v: Json, indent: number | string, color: boolean): string {
  if (!color) return JSON.stringify(v, null, indent);
  const pad = typeof indent === 'string' ? indent : ' '.repeat(indent), nl = indent === 0 ? '' : '\n';
  const paint = (code: string, s: string) => `\x1b[${code}m${s}\x1b[0m`;
  const go = (x: Json, at: string): string => {
    if (x === null) return paint('1;30', 'null');
    if (typeof x === 'string') return paint('0;32', JSON.stringify(x));
    if (typeof x !== 'object') return paint('0;39', String(x));
    const inner = at + pad;
    if (Array.isArray(x)) return x.length === 0 ? paint('1;39', '[]') : `${paint('1;39', '[')}${nl}${x.map((y) => (nl ? inner : '') + go(y, inner)).join(`${paint('1;39', ',')}${nl}`)}${nl}${nl ? at : ''}${paint('1;39', ']')}`;
    const keys = Object.keys(x);
    return keys.length === 0 ? paint('1;39', '{}') : `${paint('1;39', '{')}${nl}${keys.map((k) => `${nl ? inner : ''}${paint('34;1', JSON.stringify(k))}${paint('1;39', ':')}${nl ? ' ' : ''}${go(x[k]!, inner)}`).join(`${paint('1;39', ',')}${nl}`)}${nl}${nl ? at : ''}${paint('1;39', '}')}`;
  };
  return go(v, '');
}
