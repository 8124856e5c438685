import { inPrefix, parseCidr, parseIpv4 } from '../../linux/net/addresses.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { SocketInfo } from '../../linux/net/sockets.ts';

const ALL = ['ESTAB', 'SYN-SENT', 'SYN-RECV', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'UNCONN', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING'];
/** What may stand after `state`. */
export const STATES: Record<string, string[]> = {
  all: ALL, established: ['ESTAB'], 'syn-sent': ['SYN-SENT'], 'syn-recv': ['SYN-RECV'], 'fin-wait-1': ['FIN-WAIT-1'], 'fin-wait-2': ['FIN-WAIT-2'], 'time-wait': ['TIME-WAIT'], closed: ['UNCONN'], unconnected: ['UNCONN'],
  'close-wait': ['CLOSE-WAIT'], 'last-ack': ['LAST-ACK'], listening: ['LISTEN'], listen: ['LISTEN'], closing: ['CLOSING'], connected: ALL.filter((s) => s !== 'LISTEN' && s !== 'UNCONN'),
  synchronized: ALL.filter((s) => !['LISTEN', 'UNCONN', 'SYN-SENT'].includes(s)), bucket: ['SYN-RECV', 'TIME-WAIT'], big: ALL.filter((s) => !['SYN-RECV', 'TIME-WAIT'].includes(s)),
};

const SYNTAX = 'ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n';

/** Compiles `dport = :6443 and src 10.0.0.0/8`; an error message when it is not one. */
export function compileFilter(words: string[], net: NetNamespace): ((s: SocketInfo) => boolean) | string {
  const tokens = words.join(' ').replace(/(!=|[<>=]=?|[()!])/g, ' $1 ').split(/\s+/).filter(Boolean);
  let at = 0;
  const or = (): ((s: SocketInfo) => boolean) => {
    let left = and();
    while (['or', '|', '||'].includes(tokens[at] ?? '')) {
      at++;
      const a = left, b = and();
      left = (s) => a(s) || b(s);
    }
    return left;
  };
  const and = (): ((s: SocketInfo) => boolean) => {
    let left = not();
    while (at < tokens.length && tokens[at] !== ')' && !['or', '|', '||'].includes(tokens[at]!)) {
      if (['and', '&', '&&'].includes(tokens[at]!)) at++;
      const a = left, b = not();
      left = (s) => a(s) && b(s);
    }
    return left;
  };
  const not = (): ((s: SocketInfo) => boolean) => {
    if (tokens[at] === 'not' || tokens[at] === '!') {
      at++;
      const inner = not();
      return (s) => !inner(s);
    }
    if (tokens[at] === '(') {
      at++;
      const inner = or();
      if (tokens[at++] !== ')') throw new SyntaxError(SYNTAX);
      return inner;
    }
    const key = tokens[at++];
    if (key === 'dport' || key === 'sport') {
      const operator = tokens[at++] ?? '';
      const text = (/^[<>=!]|^(eq|ne|gt|lt|ge|le|neq)$/.test(operator) ? tokens[at++] : operator)?.replace(/^.*:/, '');
      if (!text) throw new SyntaxError(SYNTAX);
      const value = Number(text);
      if (Number.isNaN(value)) throw new SyntaxError(`Error: "${text}" does not look like a port.\nCannot parse dst/src address.\n`);
      const end = (s: SocketInfo) => (key === 'dport' ? s.remote.port : s.local.port);
      if (['=', '==', 'eq'].includes(operator)) return (s) => end(s) === value;
      if (['!=', 'ne', 'neq'].includes(operator)) return (s) => end(s) !== value;
      if (['>', 'gt'].includes(operator)) return (s) => end(s) > value;
      if (['<', 'lt'].includes(operator)) return (s) => end(s) < value;
      if (['>=', 'ge'].includes(operator)) return (s) => end(s) >= value;
      if (['<=', 'le'].includes(operator)) return (s) => end(s) <= value;
      return (s) => end(s) === value;
    }
    if (key === 'src' || key === 'dst') {
      const text = (tokens[at] === '=' ? tokens[++at, at++] : tokens[at++]) ?? '';
      const [host = '', port] = text.split(':');
      const prefix = host === '' || host === '*' ? { address: 0, bits: 0 } : parseCidr(host);
      if (!prefix) throw new SyntaxError(`Error: an inet prefix is expected rather than "${host}".\nCannot parse dst/src address.\n`);
      return (s) => {
        const e = key === 'dst' ? s.remote : s.local;
        return inPrefix(parseIpv4(e.ip) ?? 0, prefix.address, prefix.bits) && (port === undefined || e.port === Number(port));
      };
    }
    if (key === 'dev') {
      const name = (tokens[at] === '=' ? tokens[++at, at++] : tokens[at++]) ?? '';
      if (!net.link(name)) throw new SyntaxError('Cannot parse device.\n');
      // The device that a socket is bound to: none here is.
      return () => false;
    }
    if (key === undefined || /^[()<>=!&|]/.test(key)) throw new SyntaxError(SYNTAX);
    // Anything else is taken for an address.
    throw new SyntaxError(`Error: an inet prefix is expected rather than "${key}".\nCannot parse dst/src address.\n`);
  };
  if (tokens.length === 0) return () => true;
  try {
    return or();
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}
