import { sha512Hex } from '../../runtime/sha512.ts';

/** The Corefile as Caddy's parser takes it apart (coredns/caddy, caddyfile): server blocks of directives, each with its arguments and its own block. */
export interface Directive {
  name: string;
  args: string[];
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
  File: '';
  Line: number;
  Text: string;
}

/** What ends CoreDNS, or a reload. */
export class CorefileError extends Error {}

/** Directives of the binary's plugin.cfg that are modelled, in the order in which they handle a query. */
export const ORDER = 'reload debug ready health prometheus errors log any loadbalance cache rewrite template hosts kubernetes loop forward whoami'.split(' ');

export function parseCorefile(text: string, file: string): { blocks: ServerBlock[]; sha: string } {
  const tokens = lex(text), blocks: ServerBlock[] = [], hashed: { Keys: string[]; Tokens: Record<string, Token[]> }[] = [];
  const fail = (line: number, why: string): never => {
    throw new CorefileError(`${file}:${line} - Error during parsing: ${why}`);
  };
  let i = 0;
  while (i < tokens.length) {
    const block: ServerBlock = { keys: [], directives: [] }, kept: Record<string, Token[]> = {};
    const first = tokens[i]!.Line;
    while (i < tokens.length && tokens[i]!.Text !== '{') block.keys.push(...tokens[i++]!.Text.split(',').filter(Boolean));
    if (i >= tokens.length) fail(tokens.at(-1)?.Line ?? first, 'Unexpected EOF');
    i++;
    while (tokens[i] && tokens[i]!.Text !== '}') {
      const { Text: name, Line: line } = tokens[i]!;
      if (!ORDER.includes(name)) fail(line, `Unknown directive '${name}'`);
      const directive: Directive = { name, args: [], line, block: [] }, mine = (kept[name] ??= []);
      mine.push(tokens[i++]!);
      let depth = 0;
      for (; tokens[i]; i++) {
        const token = tokens[i]!;
        // A directive ends with its line, unless its block begins there.
        if (depth === 0 && (token.Line !== line || token.Text === '}')) break;
        mine.push(token);
        if (token.Text === '{') depth++;
        else if (token.Text === '}') {
          if (--depth === 0) {
            i++;
            break;
          }
        } else if (depth === 0) directive.args.push(token.Text);
        else if (directive.block.at(-1)?.line === token.Line) directive.block.at(-1)!.words.push(token.Text);
        else directive.block.push({ words: [token.Text], line: token.Line });
      }
      if (depth > 0) fail(tokens.at(-1)!.Line, 'Unexpected EOF');
      block.directives.push(directive);
    }
    if (!tokens[i]) fail(tokens.at(-1)!.Line, 'Unexpected EOF');
    i++;
    blocks.push(block);
    hashed.push({ Keys: block.keys, Tokens: Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1))) });
  }
  return { blocks, sha: sha512Hex(JSON.stringify(hashed)) };
}

/** Words and braces with their lines; `#` begins a comment, quotes hold a word together. */
function lex(text: string): Token[] {
  return text.split('\n').flatMap((line, i) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*)|(\S+)/g)].flatMap(([, quoted, comment, word]): Token[] => (comment !== undefined ? [] : [{ File: '', Line: i + 1, Text: quoted ?? word! }])));
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
