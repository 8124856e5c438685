export type Node =
  | { t: 'identity' } | { t: 'recurse' } | { t: 'literal'; v: string | number | boolean | null } | { t: 'string'; parts: (string | Node)[]; format: string | undefined }
  | { t: 'field'; of: Node; key: Node; optional: boolean } | { t: 'slice'; of: Node; from: Node | undefined; to: Node | undefined } | { t: 'each'; of: Node; optional: boolean }
  | { t: 'pipe'; a: Node; b: Node } | { t: 'comma'; a: Node; b: Node } | { t: 'bin'; op: string; a: Node; b: Node } | { t: 'neg'; a: Node } | { t: 'var'; name: string }
  | { t: 'array'; of: Node | undefined } | { t: 'object'; entries: [Node, Node | undefined][] } | { t: 'call'; name: string; args: Node[] } | { t: 'if'; test: Node; yes: Node; no: Node | undefined }
  | { t: 'try'; body: Node; or: Node | undefined } | { t: 'reduce'; of: Node; name: string; init: Node; update: Node } | { t: 'as'; of: Node; name: string; body: Node } | { t: 'def'; name: string; params: string[]; body: Node; rest: Node } | { t: 'format'; name: string };

export class JqSyntax extends Error {}

const TOKEN = /\s+|#[^\n]*|("(?:\\\((?:[^()"]|"(?:\\.|[^"\\])*"|\((?:[^()]|\([^()]*\))*\))*\)|\\.|[^"\\])*")|(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(\.\.|\/\/=|\/\/|\|=|\+=|-=|\*=|\/=|==|!=|<=|>=|[.[\]{}(),:;|<>=+\-*/%?])|(\$?[A-Za-z_]\w*|@\w+)/gy;

export function parseJq(source: string): Node {
  const tokens: { k: 'str' | 'num' | 'op' | 'name'; v: string }[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const m = TOKEN.exec(source);
    if (!m) throw new JqSyntax('syntax error, unexpected INVALID_CHARACTER');
    if (m[1] !== undefined) tokens.push({ k: 'str', v: m[1] });
    else if (m[2] !== undefined) tokens.push({ k: 'num', v: m[2] });
    else if (m[3] !== undefined) tokens.push({ k: 'op', v: m[3] });
    else if (m[4] !== undefined) tokens.push({ k: 'name', v: m[4] });
  }
  let i = 0;
  const peek = (v: string) => tokens[i]?.v === v && tokens[i]!.k !== 'str';
  const take = (v: string) => (peek(v) ? (i++, true) : false);
  const fail = (): never => {
    throw new JqSyntax(tokens[i] ? `syntax error, unexpected ${tokens[i]!.k === 'name' ? 'IDENT' : tokens[i]!.k === 'num' ? 'LITERAL' : `'${tokens[i]!.v}'`}` : 'syntax error, unexpected $end');
  };
  const need = (v: string) => void (take(v) || fail());
  if (tokens.length === 0) return { t: 'identity' };
  const node = pipe();
  if (i < tokens.length) fail();
  return node;

  function pipe(): Node {
    if (take('def')) {
      const name = tokens[i++]!.v, params: string[] = [];
      if (take('(')) do params.push(tokens[i++]!.v);
      while (take(';') || !take(')'));
      need(':');
      const body = pipe();
      need(';');
      return { t: 'def', name, params, body, rest: pipe() };
    }
    const a = comma();
    if (take('as')) {
      const name = tokens[i++]!.v.slice(1);
      need('|');
      return { t: 'as', of: a, name, body: pipe() };
    }
    return take('|') ? { t: 'pipe', a, b: pipe() } : a;
  }
  function comma(): Node {
    let a = binary(0);
    while (take(',')) a = { t: 'comma', a, b: binary(0) };
    return a;
  }
  function binary(level: number): Node {
    const levels = [['//'], ['=', '|=', '+=', '-=', '*=', '/=', '//='], ['or'], ['and'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%']];
    if (level === levels.length) return postfix();
    let a = binary(level + 1);
    for (let op; (op = levels[level]!.find((o) => peek(o))); ) {
      i++;
      a = { t: 'bin', op, a, b: op === '//' ? binary(level) : binary(level + 1) };
    }
    return a;
  }
  function postfix(): Node {
    let a = primary();
    for (;;) {
      if (peek('.') && (tokens[i + 1]?.k === 'str' || (tokens[i + 1]?.k === 'name'))) {
        i++;
        a = { t: 'field', of: a, key: key(), optional: false };
      } else if (peek('.') && tokens[i + 1]?.v === '[') i++;
      else if (peek('[')) a = bracket(a);
      else if (take('?')) a = { t: 'try', body: a, or: undefined };
      else return a;
    }
  }
  function key(): Node {
    const token = tokens[i++]!;
    return token.k === 'str' ? stringNode(token.v, undefined) : { t: 'literal', v: token.v };
  }
  function bracket(of: Node): Node {
    need('[');
    if (take(']')) return { t: 'each', of, optional: false };
    if (take(':')) {
      const to = pipe();
      need(']');
      return { t: 'slice', of, from: undefined, to };
    }
    const at = pipe();
    if (take(':')) {
      const to = peek(']') ? undefined : pipe();
      need(']');
      return { t: 'slice', of, from: at, to };
    }
    need(']');
    return { t: 'field', of, key: at, optional: false };
  }
  function stringNode(raw: string, format: string | undefined): Node {
    const parts: (string | Node)[] = [];
    let text = '', k = 1;
    while (k < raw.length - 1) {
      if (raw[k] === '\\' && raw[k + 1] === '(') {
        let depth = 0, end = k + 1;
        for (; end < raw.length; end++) {
          if (raw[end] === '(') depth++;
          else if (raw[end] === ')' && --depth === 0) break;
        }
        if (text !== '') parts.push(text);
        text = '';
        parts.push(parseJq(raw.slice(k + 2, end)));
        k = end + 1;
      } else if (raw[k] === '\\') {
        const unicode = /^\\u[0-9a-fA-F]{4}/.exec(raw.slice(k))?.[0] ?? raw.slice(k, k + 2);
        text += JSON.parse(`"${unicode}"`) as string;
        k += unicode.length;
      } else text += raw[k++];
    }
    if (text !== '' || parts.length === 0) parts.push(text);
    return parts.length === 1 && typeof parts[0] === 'string' ? { t: 'literal', v: parts[0] } : { t: 'string', parts, format };
  }
  function primary(): Node {
    const token = tokens[i] ?? fail();
    if (token.k === 'num') return (i++, { t: 'literal', v: Number(token.v) });
    if (token.k === 'str') return (i++, stringNode(token.v, undefined));
    if (take('..')) return { t: 'recurse' };
    if (take('.')) {
      if (tokens[i]?.k === 'str' || (tokens[i]?.k === 'name' && !tokens[i]!.v.startsWith('@'))) {
        return { t: 'field', of: { t: 'identity' }, key: key(), optional: false };
      }
      return peek('[') ? bracket({ t: 'identity' }) : { t: 'identity' };
    }
    if (take('-')) return { t: 'neg', a: postfix() };
    if (take('(')) {
      const a = pipe();
      need(')');
      return a;
    }
    if (take('[')) {
      if (take(']')) return { t: 'array', of: undefined };
      const of = pipe();
      need(']');
      return { t: 'array', of };
    }
    if (take('{')) {
      const entries: [Node, Node | undefined][] = [];
      while (!take('}')) {
        const k = tokens[i++] ?? fail();
        let name: Node;
        if (k.k === 'str') name = stringNode(k.v, undefined);
        else if (k.v === '(') {
          name = pipe();
          need(')');
        } else if (k.k === 'name') name = { t: 'literal', v: k.v };
        else name = fail();
        if (take(':')) {
          let value = binary(0);
          while (take('|')) value = { t: 'pipe', a: value, b: binary(0) };
          entries.push([name, value]);
        } else entries.push(k.v.startsWith('$') ? [{ t: 'literal', v: k.v.slice(1) }, { t: 'var', name: k.v.slice(1) }] : [name, undefined]);
        if (!peek('}')) need(',');
      }
      return { t: 'object', entries };
    }
    if (take('if')) {
      const test = pipe();
      need('then');
      const yes = pipe();
      if (peek('elif')) {
        tokens[i]!.v = 'if';
        return { t: 'if', test, yes, no: primary() };
      }
      const no = take('else') ? pipe() : undefined;
      need('end');
      return { t: 'if', test, yes, no };
    }
    if (take('try')) {
      const body = postfix();
      return { t: 'try', body, or: take('catch') ? postfix() : undefined };
    }
    if (take('reduce')) {
      const of = postfix();
      need('as');
      const name = tokens[i++]!.v.slice(1);
      need('(');
      const init = pipe();
      need(';');
      const update = pipe();
      need(')');
      return { t: 'reduce', of, name, init, update };
    }
    if (token.k === 'name') {
      i++;
      if (token.v.startsWith('$')) return { t: 'var', name: token.v.slice(1) };
      if (token.v.startsWith('@')) return tokens[i]?.k === 'str' ? stringNode(tokens[i++]!.v, token.v.slice(1)) : { t: 'format', name: token.v.slice(1) };
      if (token.v === 'null' || token.v === 'true' || token.v === 'false') return { t: 'literal', v: JSON.parse(token.v) as null | boolean };
      const args: Node[] = [];
      if (take('(')) do args.push(pipe());
      while (take(';') || !take(')'));
      return { t: 'call', name: token.v, args };
    }
    return fail();
  }
}
