import { sha512Hex } from '../../runtime/sha512.ts';

/** The Corefile as Caddy's parser takes it apart (coredns/caddy, caddyfile): server blocks of directives, each with its arguments and its own block. */
export interface Directive {
  name: string;
  args: string[];
  /** The Corefile, or the file imported into it. */
  file: string;
  line: number;
  /** Lines of its block. */
  block: { words: string[]; line: number }[];
}

export interface ServerBlock {
  /** As they are written: `.:53`, `consul.local`. */
  keys: string[];
  directives: Directive[];
}

interface Token {
  /** Empty for the Corefile itself. */
  File: string;
  Line: number;
  Text: string;
}

/** What ends CoreDNS, or a reload. */
export class CorefileError extends Error {}

/** Directives of the binary's plugin.cfg that are modelled, in the order in which they handle a query. */
export const ORDER = 'reload debug ready health prometheus errors log any loadbalance cache rewrite template hosts kubernetes loop forward whoami'.split(' ');

/** What `import` reads. */
export interface Imports {
  /** Files that the pattern matches. */
  files(pattern: string): { path: string; text: string }[];
  warn(line: string): void;
}

/** No more imports than these follow one another: a file may import itself. */
const EXPANSIONS = 10_000;

export function parseCorefile(text: string, file: string, imports?: Imports): { blocks: ServerBlock[]; sha: string } {
  const tokens = lex(text), blocks: ServerBlock[] = [], hashed: { Keys: string[]; Tokens: Record<string, Token[]> }[] = [], snippets = new Map<string, Token[]>();
  let i = 0, expansions = 0;
  const fail = (why: string, at: Token | undefined = tokens[i] ?? tokens.at(-1)): never => {
    throw new CorefileError(`${at?.File || file}:${at?.Line ?? 1} - Error during parsing: ${why}`);
  };
  const sameLine = (a: Token | undefined, b: Token | undefined) => a?.File === b?.File && a?.Line === b?.Line;
  /** Puts what an `import` at the cursor names in its place. */
  const imported = (): boolean => {
    const at = tokens[i]!, named = tokens[i + 1];
    if (at.Text !== 'import' || (i > 0 && sameLine(tokens[i - 1], at))) return false;
    if (!named || !sameLine(named, at)) return fail("Wrong argument count or unexpected line ending after 'import'");
    if (sameLine(tokens[i + 2], at)) fail('Import takes only one argument (glob pattern or file)');
    if (++expansions > EXPANSIONS) fail(`maximum snippet import depth (${EXPANSIONS}) exceeded`);
    const pattern = named.Text, path = pattern.startsWith('/') ? pattern : `${(at.File || file).replace(/[^/]*$/, '')}${pattern}`;
    let found = snippets.get(pattern);
    if (!found) {
      if (/\*.*\*|\?.*\?|\[.*\]/.test(path)) fail(`Glob pattern may only contain one wildcard (*), but has others: ${path}`);
      const files = imports?.files(path) ?? [];
      if (files.length === 0) {
        if (!/[*?[\]]/.test(path)) fail(`File to import not found: ${pattern}`, named);
        imports?.warn(`[WARNING] No files matching import glob pattern: ${pattern}`);
      }
      found = files.flatMap((f) => lex(f.text, f.path));
    }
    tokens.splice(i, 2, ...found);
    return true;
  };
  /** To the end of what the cursor's `{` opens; what is in it. */
  const body = (): Token[] => {
    const from = ++i;
    for (let depth = 1; tokens[i]; i++) {
      depth += tokens[i]!.Text === '{' ? 1 : tokens[i]!.Text === '}' ? -1 : 0;
      if (depth === 0) return tokens.slice(from, i++);
    }
    return fail('Unexpected EOF');
  };
  while (i < tokens.length) {
    if (imported()) continue;
    const block: ServerBlock = { keys: [], directives: [] }, kept: Record<string, Token[]> = {};
    while (tokens[i] && tokens[i]!.Text !== '{') block.keys.push(...tokens[i++]!.Text.split(',').filter(Boolean));
    if (!tokens[i]) fail('Unexpected EOF');
    const [, snippet] = block.keys.length === 1 ? (/^\((.+)\)$/.exec(block.keys[0]!) ?? []) : [];
    if (snippet) {
      if (snippets.has(snippet)) fail(`redeclaration of previously declared snippet ${snippet}`);
      snippets.set(snippet, body());
      continue;
    }
    i++;
    while (tokens[i] && tokens[i]!.Text !== '}') {
      if (imported()) continue;
      const start = tokens[i]!, { Text: name, Line: line } = start;
      if (!ORDER.includes(name)) fail(`Unknown directive '${name}'`);
      const directive: Directive = { name, args: [], file: start.File || file, line, block: [] }, mine = (kept[name] ??= []);
      mine.push(start);
      i++;
      let depth = 0, last = start;
      while (tokens[i]) {
        const token = tokens[i]!;
        // A directive ends with its line, unless its block begins there.
        if (depth === 0 && (!sameLine(token, start) || token.Text === '}')) break;
        if (depth > 0 && imported()) continue;
        mine.push(token);
        i++;
        if (token.Text === '{') depth++;
        else if (token.Text === '}') {
          if (--depth === 0) break;
        } else if (depth === 0) directive.args.push(token.Text);
        else if (directive.block.length > 0 && sameLine(last, token)) directive.block.at(-1)!.words.push(token.Text);
        else directive.block.push({ words: [token.Text], line: token.Line });
        last = token;
      }
      if (depth > 0) fail('Unexpected EOF');
      block.directives.push(directive);
    }
    if (!tokens[i]) fail('Unexpected EOF');
    i++;
    blocks.push(block);
    hashed.push({ Keys: block.keys, Tokens: Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1))) });
  }
  return { blocks, sha: sha512Hex(JSON.stringify(hashed)) };
}

/** Words and braces with their lines; `#` begins a comment, quotes hold a word together. */
function lex(text: string, file = ''): Token[] {
  return text.split('\n').flatMap((line, i) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*)|(\S+)/g)].flatMap(([, quoted, comment, word]): Token[] => (comment !== undefined ? [] : [{ File: file, Line: i + 1, Text: quoted ?? word! }])));
}

/** Zone and port of a server block's key. */
export function parseKey(key: string, port: number): { zone: string; port: number } {
  const bare = key.replace(/^dns:\/\//, ''), found = /^(.*?)(?::(\d+))?$/.exec(bare)!;
  const zone = found[1] === '' || found[1] === '.' ? '.' : `${found[1]!.toLowerCase().replace(/\.$/, '')}.`;
  return { zone: reverseZone(zone), port: Number(found[2] ?? port) };
}

/** A network written as a zone: 10.0.0.0/24 is 0.0.10.in-addr.arpa. */
export function reverseZone(zone: string): string {
  const [, ip, bits] = /^(\d+\.\d+\.\d+\.\d+)\/(8|16|24)\.?$/.exec(zone) ?? [];
  return ip ? `${ip.split('.').slice(0, Number(bits) / 8).reverse().join('.')}.in-addr.arpa.` : zone;
}
