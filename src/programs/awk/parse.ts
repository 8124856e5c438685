/** The language of awk (POSIX awk, grammar) as a tree. */
export type Expr =
  | { t: 'num'; v: number } | { t: 'str'; v: string } | { t: 'regex'; v: RegExp }
  | { t: 'var'; name: string } | { t: 'index'; name: string; at: Expr[] } | { t: 'field'; of: Expr }
  | { t: 'assign'; op: string; to: Expr; value: Expr } | { t: 'cond'; test: Expr; yes: Expr; no: Expr }
  | { t: 'bin'; op: string; a: Expr; b: Expr } | { t: 'match'; not: boolean; a: Expr; b: Expr } | { t: 'in'; name: string; at: Expr[] }
  | { t: 'un'; op: string; a: Expr } | { t: 'inc'; op: string; prefix: boolean; a: Expr } | { t: 'call'; name: string; args: Expr[] } | { t: 'group'; list: Expr[] }
  | { t: 'getline'; to: Expr | undefined; file: Expr | undefined };
export type Stmt =
  | { t: 'expr'; e: Expr } | { t: 'print'; args: Expr[]; printf: boolean; to?: { op: string; file: Expr } } | { t: 'if'; test: Expr; yes: Stmt; no: Stmt | undefined }
  | { t: 'while'; test: Expr; body: Stmt } | { t: 'do'; test: Expr; body: Stmt } | { t: 'for'; init: Stmt | undefined; test: Expr | undefined; step: Stmt | undefined; body: Stmt }
  | { t: 'forin'; name: string; array: string; body: Stmt } | { t: 'block'; list: Stmt[] } | { t: 'jump'; kind: 'next' | 'break' | 'continue' | 'exit' | 'return' | 'nextfile'; value: Expr | undefined } | { t: 'delete'; name: string; at: Expr[] | undefined };
export interface Rule { pattern: 'BEGIN' | 'END' | Expr | undefined; to: Expr | undefined; body: Stmt | undefined }
export interface Ast { rules: Rule[]; functions: Map<string, { params: string[]; body: Stmt }> }

interface Token { k: 'num' | 'str' | 're' | 'name' | 'func' | 'kw' | 'op' | 'nl' | 'end'; v: string; at: number }
const KEYWORDS = new Set(['BEGIN', 'END', 'function', 'func', 'if', 'else', 'while', 'for', 'do', 'break', 'continue', 'next', 'nextfile', 'exit', 'return', 'delete', 'in', 'getline', 'print', 'printf']);
const OPS = ['**=', '&&', '||', '==', '<=', '>=', '!=', '++', '--', '+=', '-=', '*=', '/=', '%=', '^=', '!~', '>>', '**', '{', '}', '(', ')', '[', ']', ';', ',', '+', '-', '*', '/', '%', '^', '!', '>', '<', '|', '?', ':', '~', '$', '='];

export class AwkSyntax extends Error {
  readonly near: string;
  constructor(near: string) {
    super('syntax error');
    this.near = near;
  }
}

export function escapes(text: string): string {
  return text.replace(/\\(n|t|r|\\|"|\/|a|b|f|v|[0-7]{1,3}|[\s\S])/g, (_m, c: string) => ({ n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', '/': '/', a: '\x07', b: '\b', f: '\f', v: '\v' })[c] ?? (/^[0-7]/.test(c) ? String.fromCharCode(parseInt(c, 8)) : `\\${c}`));
}

function lex(s: string): Token[] {
  const out: Token[] = [];
  let i = 0;
  const regexMay = () => {
    const last = out.at(-1);
    return !last || last.k === 'nl' || last.k === 'kw' || (last.k === 'op' && ![')', ']', '$', '++', '--'].includes(last.v));
  };
  while (i < s.length) {
    const c = s[i]!;
    if (/[ \t\r]/.test(c)) i++;
    else if (c === '\\' && s[i + 1] === '\n') i += 2;
    else if (c === '#') while (i < s.length && s[i] !== '\n') i++;
    else if (c === '\n') out.push({ k: 'nl', v: 'newline', at: i++ });
    else if (c === '"') {
      let k = i + 1;
      while (k < s.length && s[k] !== '"') k += s[k] === '\\' ? 2 : 1;
      if (k >= s.length) throw new AwkSyntax(s.slice(i));
      out.push({ k: 'str', v: escapes(s.slice(i + 1, k)), at: i });
      i = k + 1;
    } else if (c === '/' && regexMay()) {
      let k = i + 1, set = false;
      while (k < s.length && (s[k] !== '/' || set)) {
        if (s[k] === '\\') k++;
        else if (s[k] === '[') set = true;
        else if (s[k] === ']') set = false;
        k++;
      }
      out.push({ k: 're', v: s.slice(i + 1, k).replace(/\\\//g, '/'), at: i });
      i = k + 1;
    } else {
      const rest = s.slice(i);
      const number = /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(rest)?.[0], name = /^[A-Za-z_]\w*/.exec(rest)?.[0];
      if (number) {
        out.push({ k: 'num', v: number, at: i });
        i += number.length;
      } else if (name) {
        out.push({ k: KEYWORDS.has(name) ? 'kw' : s[i + name.length] === '(' ? 'func' : 'name', v: name, at: i });
        i += name.length;
      } else {
        const op = OPS.find((o) => rest.startsWith(o));
        if (!op) throw new AwkSyntax(c);
        out.push({ k: 'op', v: op, at: i });
        i += op.length;
      }
    }
  }
  return [...out, { k: 'end', v: 'end of file', at: s.length }];
}

export function parseAwk(source: string, regex: (text: string) => RegExp): Ast {
  const tokens = lex(source);
  let i = 0;
  const ast: Ast = { rules: [], functions: new Map() };
  const peek = (v: string) => (tokens[i]!.k === 'op' || tokens[i]!.k === 'kw') && tokens[i]!.v === v;
  const take = (v: string) => (peek(v) ? (i++, true) : false);
  const fail = (): never => {
    throw new AwkSyntax(tokens[i]!.v);
  };
  const need = (v: string) => void (take(v) || fail());
  const lines = () => {
    while (tokens[i]!.k === 'nl' || peek(';')) i++;
  };
  const newlines = () => {
    while (tokens[i]!.k === 'nl') i++;
  };

  lines();
  while (tokens[i]!.k !== 'end') {
    if (take('function') || take('func')) {
      const name = tokens[i++]!.v, params: string[] = [];
      need('(');
      while (!take(')')) {
        params.push(tokens[i++]!.v);
        take(',');
        newlines();
      }
      newlines();
      ast.functions.set(name, { params, body: block() });
    } else {
      const rule: Rule = { pattern: undefined, to: undefined, body: undefined };
      if (take('BEGIN')) rule.pattern = 'BEGIN';
      else if (take('END')) rule.pattern = 'END';
      else if (!peek('{')) {
        rule.pattern = expr();
        if (take(',')) {
          newlines();
          rule.to = expr();
        }
      }
      if (peek('{')) rule.body = block();
      else if (typeof rule.pattern === 'string') fail();
      ast.rules.push(rule);
    }
    lines();
  }
  return ast;

  function block(): Stmt {
    need('{');
    const list: Stmt[] = [];
    lines();
    while (!take('}')) {
      list.push(statement());
      lines();
    }
    return { t: 'block', list };
  }

  function ends(): void {
    if (tokens[i]!.k === 'nl' || peek(';')) i++;
    else if (!peek('}') && tokens[i]!.k !== 'end') fail();
  }

  function body(): Stmt {
    newlines();
    if (take(';')) return { t: 'block', list: [] };
    return statement();
  }

  function statement(): Stmt {
    if (peek('{')) return block();
    if (take('if')) {
      need('(');
      const test = expr();
      need(')');
      const yes = body();
      const mark = i;
      lines();
      if (take('else')) return { t: 'if', test, yes, no: body() };
      i = mark;
      return { t: 'if', test, yes, no: undefined };
    }
    if (take('while')) {
      need('(');
      const test = expr();
      need(')');
      return { t: 'while', test, body: body() };
    }
    if (take('do')) {
      const b = body();
      lines();
      need('while');
      need('(');
      const test = expr();
      need(')');
      ends();
      return { t: 'do', test, body: b };
    }
    if (take('for')) {
      need('(');
      if (tokens[i]!.k === 'name' && tokens[i + 1]!.v === 'in' && tokens[i + 3]?.v === ')') {
        const name = tokens[i]!.v, array = tokens[i + 2]!.v;
        i += 4;
        return { t: 'forin', name, array, body: body() };
      }
      const init = peek(';') ? undefined : simple();
      need(';');
      newlines();
      const test = peek(';') ? undefined : expr();
      need(';');
      newlines();
      const step = peek(')') ? undefined : simple();
      need(')');
      return { t: 'for', init, test, step, body: body() };
    }
    const s = simple();
    ends();
    return s;
  }

  function simple(): Stmt {
    for (const kind of ['next', 'nextfile', 'break', 'continue', 'exit', 'return'] as const) {
      if (take(kind)) {
        const bare = tokens[i]!.k === 'nl' || peek(';') || peek('}') || tokens[i]!.k === 'end';
        return { t: 'jump', kind, value: bare ? undefined : expr() };
      }
    }
    if (take('delete')) {
      const name = tokens[i++]!.v;
      return { t: 'delete', name, at: take('[') ? list(']') : undefined };
    }
    if (peek('print') || peek('printf')) {
      const printf = tokens[i++]!.v === 'printf';
      let args: Expr[] = [];
      if (!(tokens[i]!.k === 'nl' || peek(';') || peek('}') || peek('>') || peek('|') || peek('>>') || tokens[i]!.k === 'end')) {
        args = [expr(true)];
        while (take(',')) {
          newlines();
          args.push(expr(true));
        }
        if (args.length === 1 && args[0]!.t === 'group') args = args[0]!.list;
      }
      for (const op of ['>>', '>', '|']) if (take(op)) return { t: 'print', args, printf, to: { op, file: concat(true) } };
      return { t: 'print', args, printf };
    }
    return { t: 'expr', e: expr() };
  }

  function list(end: string): Expr[] {
    const out: Expr[] = [];
    newlines();
    while (!take(end)) {
      out.push(expr());
      newlines();
      if (!peek(end)) need(',');
      newlines();
    }
    return out;
  }

  /** `inPrint`: an unparenthesised `>` is a redirection. */
  function expr(inPrint = false): Expr {
    const test = or(inPrint);
    if (take('?')) {
      newlines();
      const yes = expr(inPrint);
      newlines();
      need(':');
      newlines();
      return { t: 'cond', test, yes, no: expr(inPrint) };
    }
    for (const op of ['=', '+=', '-=', '*=', '/=', '%=', '^=', '**=']) {
      if ((test.t === 'var' || test.t === 'index' || test.t === 'field') && take(op)) {
        newlines();
        return { t: 'assign', op: op.slice(0, -1), to: test, value: expr(inPrint) };
      }
    }
    return test;
  }
  function or(p: boolean): Expr {
    let a = and(p);
    while (take('||')) {
      newlines();
      a = { t: 'bin', op: '||', a, b: and(p) };
    }
    return a;
  }
  function and(p: boolean): Expr {
    let a = isIn(p);
    while (take('&&')) {
      newlines();
      a = { t: 'bin', op: '&&', a, b: isIn(p) };
    }
    return a;
  }
  function isIn(p: boolean): Expr {
    let a = match(p);
    while (take('in')) a = { t: 'in', name: tokens[i++]!.v, at: a.t === 'group' ? a.list : [a] };
    return a;
  }
  function match(p: boolean): Expr {
    let a = compare(p);
    while (peek('~') || peek('!~')) {
      const not = tokens[i++]!.v === '!~';
      a = { t: 'match', not, a, b: compare(p) };
    }
    return a;
  }
  function compare(p: boolean): Expr {
    const a = concat(p);
    for (const op of ['<=', '>=', '==', '!=', '<', ...(p ? [] : ['>'])]) if (take(op)) return { t: 'bin', op, a, b: concat(p) };
    return a;
  }
  function concat(p: boolean): Expr {
    let a = add(p);
    for (;;) {
      const k = tokens[i]!;
      const starts = k.k === 'num' || k.k === 'str' || k.k === 're' || k.k === 'name' || k.k === 'func' || (k.k === 'op' && ['$', '!', '(', '-', '+', '++', '--'].includes(k.v));
      if (!starts || (k.k === 'op' && (k.v === '-' || k.v === '+' || k.v === '!'))) return a;
      a = { t: 'bin', op: ' ', a, b: add(p) };
    }
  }
  function add(p: boolean): Expr {
    let a = multiply(p);
    while (peek('+') || peek('-')) {
      const op = tokens[i++]!.v;
      a = { t: 'bin', op, a, b: multiply(p) };
    }
    return a;
  }
  function multiply(p: boolean): Expr {
    let a = unary(p);
    while (peek('*') || peek('/') || peek('%')) {
      const op = tokens[i++]!.v;
      a = { t: 'bin', op, a, b: unary(p) };
    }
    return a;
  }
  function unary(p: boolean): Expr {
    for (const op of ['!', '-', '+']) if (take(op)) return { t: 'un', op, a: unary(p) };
    return power(p);
  }
  function power(p: boolean): Expr {
    const a = postfix();
    if (take('^') || take('**')) return { t: 'bin', op: '^', a, b: unaryPower(p) };
    return a;
  }
  function unaryPower(p: boolean): Expr {
    for (const op of ['-', '+', '!']) if (take(op)) return { t: 'un', op, a: unaryPower(p) };
    return power(p);
  }
  function postfix(): Expr {
    const a = primary();
    if ((a.t === 'var' || a.t === 'index' || a.t === 'field') && (peek('++') || peek('--'))) return { t: 'inc', op: tokens[i++]!.v, prefix: false, a };
    return a;
  }
  function primary(): Expr {
    const k = tokens[i]!;
    if (k.k === 'num') return (i++, { t: 'num', v: Number(k.v) });
    if (k.k === 'str') return (i++, { t: 'str', v: k.v });
    if (k.k === 're') return (i++, { t: 'regex', v: regex(k.v) });
    if (take('$')) {
      if (peek('++') || peek('--')) return { t: 'field', of: primary() };
      return { t: 'field', of: primary() };
    }
    if (take('++') || take('--')) return { t: 'inc', op: k.v, prefix: true, a: primary() };
    if (take('-')) return { t: 'un', op: '-', a: primary() };
    if (take('!')) return { t: 'un', op: '!', a: primary() };
    if (take('(')) {
      const items = list(')');
      return items.length === 1 ? { t: 'group', list: items } : { t: 'group', list: items };
    }
    if (take('getline')) {
      const to = tokens[i]!.k === 'name' || peek('$') ? primary() : undefined;
      return { t: 'getline', to, file: take('<') ? primary() : undefined };
    }
    if (k.k === 'func') {
      i += 2;
      return { t: 'call', name: k.v, args: list(')') };
    }
    if (k.k === 'name') {
      i++;
      if (take('[')) return { t: 'index', name: k.v, at: list(']') };
      if (k.v === 'length') return { t: 'call', name: 'length', args: [] };
      return { t: 'var', name: k.v };
    }
    return fail();
  }
}
