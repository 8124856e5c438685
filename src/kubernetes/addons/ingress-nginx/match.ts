/** How nginx finds the server and the location of a request (ngx_http_core_module). */
import { type Configuration, type Location, rewrites, type Server } from './configuration.ts';

/** By the Host header: the exact name, an alias, `*.example.com` for one label, or the catch-all. */
export function matchServer({ servers }: Configuration, host: string): Server {
  const name = host.replace(/:\d+$/, '').toLowerCase().replace(/\.$/, '');
  const named = servers.find((s) => s.hostname === name) ?? servers.find((s) => s.aliases.includes(name));
  const dot = name.indexOf('.');
  return named ?? servers.find((s) => s.hostname.startsWith('*.') && dot > 0 && /^[\w-]+$/.test(name.slice(0, dot)) && name.slice(dot) === s.hostname.slice(1).toLowerCase()) ?? servers.find((s) => s.hostname === '_')!;
}

/** `redirect`: a location is meant but for its last slash. */
export function matchLocation(server: Server, uri: string): { location: Location } | { redirect: string } | undefined {
  const { locations } = server;
  if (server.regex) {
    const found = locations.find((l) => regex(`^${l.path}`).test(uri));
    return found && { location: found };
  }
  const exact = locations.find((l) => l.pathType === 'Exact' && l.path === uri);
  if (exact) return { location: exact };
  // They are sorted, the longest first.
  const prefix = locations.find((l) => l.pathType !== 'Exact' && uri.startsWith(l.path));
  const slashed = locations.find((l) => l.pathType !== 'Exact' && l.path === `${uri}/`);
  if (slashed && !(prefix && prefix.path.length > slashed.path.length)) return { redirect: `${uri}/` };
  return prefix && { location: prefix };
}

/** `rewrite "(?i)PATH" TARGET break`: what the upstream is asked for, or undefined where nothing is rewritten. */
export function rewrite(location: Location, uri: string): string | undefined {
  if (!rewrites(location)) return undefined;
  const found = regex(location.path).exec(uri);
  if (!found) return undefined;
  return location.annotations.rewriteTarget.replace(/\$(\d)|\$\{(\d)\}|\$(\w+)/g, (_, a?: string, b?: string, name?: string) => (name === undefined ? (found[Number(a ?? b)] ?? '') : (found.groups?.[name] ?? '')));
}

/** $uri: decoded, `//` merged, `.` and `..` resolved. Undefined for what is no path. */
export function normalize(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    decoded = path;
  }
  const out: string[] = [], parts = decoded.split('/').slice(1);
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    if (part === '..' && out.length === 0) return undefined;
    if (part === '..') out.pop();
    if (part === '' || part === '.' || part === '..') {
      if (last) out.push('');
    } else out.push(part);
  }
  return `/${out.join('/')}`;
}

const COMPILED = new Map<string, RegExp>();

/** As PCRE reads it, without regard to case. A path that is no expression matches nothing. */
function regex(source: string): RegExp {
  let found = COMPILED.get(source);
  if (!found) {
    try {
      found = new RegExp(source.replaceAll('(?i)', ''), 'i');
    } catch {
      found = /(?!)/;
    }
    COMPILED.set(source, found);
  }
  return found;
}
