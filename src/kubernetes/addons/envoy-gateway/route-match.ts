import type { HttpRequest } from '../../../linux/net/http.ts';
import { findDomain } from './hostnames.ts';
import type { HttpListener, HttpRoute, PathChange, StringMatch } from './ir.ts';

/** The route of a request: virtual host first, then the first route of it that matches. `listeners`: those that share the connection. */
export function findRoute(listeners: readonly HttpListener[], request: Pick<HttpRequest, 'method' | 'headers' | 'query'>, path: string): HttpRoute | undefined {
  const routes = listeners.flatMap((l) => l.routes);
  const domain = findDomain(new Set(routes.map((r) => r.host)), request.headers['host'] ?? '');
  return routes.find((r) => r.host === domain && matches(r, request, path));
}

function matches({ match }: HttpRoute, request: Pick<HttpRequest, 'method' | 'headers' | 'query'>, path: string): boolean {
  return pathMatches(match.path, path)
    && match.headers.every((h) => valueMatches(h, h.name === ':method' ? request.method : request.headers[h.name.toLowerCase()]?.replaceAll(', ', ',')))
    && match.query.every((q) => valueMatches(q, parameter(request.query, q.name)));
}

function pathMatches({ type, value }: StringMatch, path: string): boolean {
  if (type === 'exact') return path === value;
  if (type === 'regex') return full(value, path);
  const prefix = value === '/' ? '' : value.replace(/\/$/, '');
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}

function valueMatches({ type, value }: StringMatch, found: string | undefined): boolean {
  return found !== undefined && (type === 'regex' ? full(value, found) : found === value);
}

/** RE2 matches the whole text. What is no expression matches nothing. */
function full(source: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${source})$`).test(text);
  } catch {
    return false;
  }
}

function parameter(query: string, name: string): string | undefined {
  for (const pair of query.split('&')) {
    const [key = '', value = ''] = pair.split('=');
    if (decode(key) === name && pair !== '') return decode(value);
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The path with its prefix or all of it replaced; the query stays. */
export function changePath(path: string, change: PathChange, match: StringMatch): string {
  if (change.type === 'full') return change.value || '/';
  const prefix = match.type === 'prefix' ? match.value.replace(/\/$/, '') : '';
  const rest = path.slice(prefix.length);
  if (change.value === '' || change.value === '/') return `/${rest.replace(/^\/+/, '')}`;
  return change.value.replace(/\/$/, '') + rest;
}
