import { ShellError } from './errors.ts';
import { expandArithmetic, expandPattern, expandString, pieces, type Piece } from './expand.ts';
import { patternRegExp, patternSource } from './pattern.ts';
import { ansiC, doubleQuote, shellQuote, singleQuote } from './quote.ts';
import { closing } from './scan.ts';
import type { Shell } from './shell.ts';
import { isSet } from './variables.ts';

/** What `$name` and `${…}` stand for. `body` is what is between the braces. */
export async function expandParameter(shell: Shell, body: string, quoted: boolean): Promise<Piece[]> {
  const bad = () => new ShellError(`\${${body}}: bad substitution`);
  const parsed = /^(#|!)?([A-Za-z_]\w*|\d+|[@*#?$!_-])/.exec(body);
  // ${#} ${#-x} ${!} are the parameters # and !, ${#name} and ${!name} a length and an indirection
  const alone = /^([#!?$*@_-])(?=$|[-:=+?/%^,@])/.exec(body) ?? (/^#(#|%)/.test(body) ? /^(#)/.exec(body) : null);
  let prefix: string | undefined, name: string, at: number;
  if (alone && !(body[0] === '#' && /^#[@*?$!#-]$/.test(body)) && !(body[0] === '!' && /^![@*#]/.test(body))) [prefix, name, at] = [undefined, alone[1]!, 1];
  else if (parsed) [prefix, name, at] = [parsed[1], parsed[2]!, parsed[0].length];
  else throw bad();

  let index: string | undefined;
  if (body[at] === '[') {
    const end = subscriptEnd(body, at);
    if (end < 0) throw bad();
    index = body.slice(at + 1, end);
    at = end + 1;
  }
  let rest = body.slice(at);

  if (prefix === '!') {
    if ((rest === '*' || rest === '@') && index === undefined) return list(shell.variables.names().filter((n) => n.startsWith(name)), rest === '@' ? '@' : '*', quoted, shell);
    if (index === '@' || index === '*') return list(shell.variables.keys(name), index, quoted, shell);
    const target = (await value(shell, name, index, false)).at(0);
    if (target === undefined) {
      if (shell.variables.own(name)?.nameref) return scalar(shell.variables.own(name)!.value ?? '', quoted);
      throw new ShellError(`${name}: invalid indirect expansion`);
    }
    if (!/^([A-Za-z_]\w*(\[.*\])?|\d+|[@*#?$!-])$/.test(target)) throw new ShellError(`${target}: invalid variable name`);
    return expandParameter(shell, target + rest, quoted);
  }

  const all = index === '@' || index === '*' ? index : index === undefined && (name === '@' || name === '*') ? name : undefined;
  if (prefix === '#') {
    if (rest !== '') throw bad();
    if (all) return scalar(String((await value(shell, name, index, false)).length), quoted);
    const text = (await value(shell, name, index, true))[0] ?? '';
    return scalar(String([...text].length), quoted);
  }

  let values = await value(shell, name, index, !/^(?::?[-=+?])/.test(rest));
  const present = all ? values.length > 0 : values[0] !== undefined;
  const op = /^(?::?[-=+?]|##?|%%?|\/[/#%]?|\^\^?|,,?|:|@)/.exec(rest)?.[0] ?? '';
  if (rest !== '' && op === '') throw bad();
  rest = rest.slice(op.length);

  if (/^:?[-=+?]$/.test(op)) {
    const empty = !present || (op.startsWith(':') && (all ? values.join(' ') : values[0]) === '');
    const kind = op.at(-1)!;
    if (kind === '+') return empty ? emptyResult(quoted) : operand(shell, rest, quoted);
    if (!empty) return all ? list(values, all, quoted, shell) : scalar(values[0]!, quoted);
    if (kind === '-') return operand(shell, rest, quoted);
    const text = await expandString(shell, rest, quoted ? 'double' : 'assign');
    if (kind === '?') throw new ShellError(`${name}: ${text || (op.startsWith(':') ? 'parameter null or not set' : 'parameter not set')}`, { code: 127, fatal: true });
    if (!/^[A-Za-z_]/.test(name)) throw new ShellError(`$${name}: cannot assign in this way`);
    shell.variables.set(name, text, { index });
    return scalar(text, quoted);
  }

  if (op === ':') {
    values = await slice(shell, values, rest, all !== undefined, name);
    return all ? list(values, all, quoted, shell) : scalar(values[0] ?? '', quoted);
  }
  if (op !== '') {
    const change = await modifier(shell, op, rest, name, bad);
    values = values.filter((v) => v !== undefined).map(change);
  }
  return all ? list(values, all, quoted, shell) : scalar(values[0] ?? '', quoted);
}

/** The value, or all of an array's; `[undefined]`-like empty when it is unset. */
async function value(shell: Shell, name: string, index: string | undefined, mustBeSet: boolean): Promise<string[]> {
  if (name === '@' || name === '*') return shell.positional;
  if (index === '@' || index === '*') return shell.variables.elements(name);
  const text = index === undefined ? shell.parameter(name) : shell.variables.element(name, await subscript(shell, name, index));
  if (text === undefined && mustBeSet && shell.options.nounset) {
    const shown = index === undefined ? (/^\d/.test(name) ? `$${name}` : name) : `${name}[${index}]`;
    throw new ShellError(`${shown}: unbound variable`, { code: shell.interactive ? 1 : 127, fatal: true });
  }
  return text === undefined ? [] : [text];
}

/** An index as the variable wants it: a key of an associative array, else an arithmetic expression. */
export async function subscript(shell: Shell, name: string, index: string): Promise<string> {
  if (shell.variables.find(name)?.assoc) return expandString(shell, index);
  return String(await expandArithmetic(shell, index));
}

async function operand(shell: Shell, text: string, quoted: boolean): Promise<Piece[]> {
  const found = await pieces(shell, text, quoted ? 'double' : 'word');
  if (quoted) return found.length > 0 ? found : [{ text: '', quoted: true }];
  return found.map((p) => (p.quoted || p.cut ? p : { ...p, split: true }));
}

function emptyResult(quoted: boolean): Piece[] {
  return quoted ? [{ text: '', quoted: true }] : [];
}

function scalar(text: string, quoted: boolean): Piece[] {
  return quoted ? [{ text, quoted }] : text === '' ? [] : [{ text, quoted, split: true }];
}

/** $@ and $*: fields of their own, or joined by the first character of IFS. */
function list(values: string[], kind: string, quoted: boolean, shell: Shell): Piece[] {
  if (quoted && kind === '*') {
    const ifs = shell.variables.get('IFS');
    return [{ text: values.join(ifs === undefined ? ' ' : (ifs[0] ?? '')), quoted: true }];
  }
  const out: Piece[] = [];
  values.forEach((text, i) => {
    if (i > 0) out.push({ text: '', quoted: false, cut: true });
    if (quoted) out.push({ text, quoted });
    else if (text !== '') out.push({ text, quoted, split: true });
  });
  return out;
}

async function slice(shell: Shell, values: string[], spec: string, isList: boolean, name: string): Promise<string[]> {
  const colon = splitSlice(spec);
  const offset = Number(await expandArithmetic(shell, colon < 0 ? spec : spec.slice(0, colon)));
  const length = colon < 0 ? undefined : Number(await expandArithmetic(shell, spec.slice(colon + 1)));
  if (!isList) {
    const chars = [...(values[0] ?? '')];
    const from = offset < 0 ? chars.length + offset : offset;
    if (from < 0) return [''];
    if (length !== undefined && length < 0 && chars.length + length < from) throw new ShellError(`${spec.slice(colon + 1).trim()}: substring expression < 0`);
    return [chars.slice(from, length === undefined ? undefined : length < 0 ? chars.length + length : from + length).join('')];
  }
  const items = name === '@' || name === '*' ? [shell.name, ...values] : values;
  const from = offset < 0 ? items.length + offset : offset;
  if (length !== undefined && length < 0) throw new ShellError(`${length}: substring expression < 0`);
  const start = (name === '@' || name === '*') && offset === 0 ? 0 : from;
  return items.slice(start, length === undefined ? undefined : start + length);
}

/** The colon between offset and length, which may hold a `?:` themselves. */
function splitSlice(spec: string): number {
  let depth = 0, ternary = 0;
  for (let i = 0; i < spec.length; i++) {
    const c = spec[i]!;
    if (c === '$' || c === '`') {
      const end = closing(spec, i);
      if (end > 0) i = end;
    } else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === '?') ternary++;
    else if (c === ':' && depth === 0) {
      if (ternary-- > 0) continue;
      return i;
    }
  }
  return -1;
}

async function modifier(shell: Shell, op: string, rest: string, name: string, bad: () => ShellError): Promise<(text: string) => string> {
  const { extglob } = shell.shopts;
  if (op === '#' || op === '##' || op === '%' || op === '%%') {
    const source = await expandPattern(shell, rest);
    return (text) => remove(text, source, op, extglob);
  }
  if (op.startsWith('/')) {
    const cut = replacementStart(rest);
    const pattern = await expandPattern(shell, cut < 0 ? rest : rest.slice(0, cut));
    const replacement = cut < 0 ? '' : await expandString(shell, rest.slice(cut + 1));
    if (pattern === '') return (text) => text;
    const source = patternSource(pattern, { extglob });
    const regex = new RegExp(op === '/#' ? `^(?:${source})` : op === '/%' ? `(?:${source})$` : source, op === '//' ? 'gsu' : 'su');
    return (text) => text.replace(regex, (match) => (match === '' && op === '//' ? '' : replacement));
  }
  if (op.startsWith('^') || op.startsWith(',')) {
    const matches = rest === '' ? undefined : patternRegExp(await expandPattern(shell, rest), { extglob });
    const to = (c: string) => (matches && !matches.test(c) ? c : op.startsWith('^') ? c.toUpperCase() : c.toLowerCase());
    return (text) => (op.length === 2 ? [...text].map(to).join('') : text === '' ? '' : to([...text][0]!) + [...text].slice(1).join(''));
  }
  switch (rest) {
    case 'Q': return singleQuote;
    case 'U': return (t) => t.toUpperCase();
    case 'u': return (t) => t.slice(0, 1).toUpperCase() + t.slice(1);
    case 'L': return (t) => t.toLowerCase();
    case 'E': return ansiC;
    case 'P': return (t) => shell.prompt(t);
    case 'A': return (t) => `${name}=${shellQuote(t)}`;
    case 'K':
    case 'k': return doubleQuote;
    case 'a': {
      const v = shell.variables.find(name);
      const flags = `${v?.array ? 'a' : ''}${v?.assoc ? 'A' : ''}${v?.integer ? 'i' : ''}${v?.readonly ? 'r' : ''}${v?.exported ? 'x' : ''}`;
      return () => (isSet(v) ? flags : '');
    }
    default: throw bad();
  }
}

function remove(text: string, pattern: string, op: string, extglob: boolean): string {
  const matches = patternRegExp(pattern, { extglob });
  const n = text.length;
  if (op === '#') for (let i = 0; i <= n; i++) if (matches.test(text.slice(0, i))) return text.slice(i);
  if (op === '##') for (let i = n; i >= 0; i--) if (matches.test(text.slice(0, i))) return text.slice(i);
  if (op === '%') for (let i = n; i >= 0; i--) if (matches.test(text.slice(i))) return text.slice(0, i);
  if (op === '%%') for (let i = 0; i <= n; i++) if (matches.test(text.slice(i))) return text.slice(0, i);
  return text;
}

function replacementStart(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '/' && i > 0) return i;
    if (text[i] === '[') {
      const end = text.indexOf(']', i + 2);
      if (end > 0) i = end;
      continue;
    }
    const end = closing(text, i);
    if (end > i) i = end;
  }
  return -1;
}

function subscriptEnd(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '[') depth++;
    else if (text[i] === ']' && --depth === 0) return i;
    else if (text[i] === '$' || text[i] === '"' || text[i] === "'" || text[i] === '`') {
      const end = closing(text, i);
      if (end > 0) i = end;
    }
  }
  return -1;
}

