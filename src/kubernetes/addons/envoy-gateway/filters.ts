import type { HeaderChange, HttpRoute, PathChange, Redirect } from './ir.ts';

interface Header {
  name: string;
  value: string;
}
interface Modifier {
  set?: Header[];
  add?: Header[];
  remove?: string[];
}
interface Path {
  type: string;
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}
/** An HTTPRouteFilter. */
export interface Filter {
  type: string;
  requestHeaderModifier?: Modifier;
  responseHeaderModifier?: Modifier;
  requestRedirect?: { scheme?: string; hostname?: string; path?: Path; port?: number; statusCode?: number };
  urlRewrite?: { hostname?: string; path?: Path };
  requestMirror?: { backendRef: BackendRef };
  extensionRef?: { group: string; kind: string; name: string };
}
export interface BackendRef {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  weight?: number;
  filters?: Filter[];
}

export interface Filters extends Pick<HttpRoute, 'requestHeaders' | 'responseHeaders' | 'redirect' | 'rewrite'> {
  mirrors: BackendRef[];
  directResponse: number | undefined;
}

/** What a rule's filters come to (internal/gatewayapi/filters.go). `unsupported` is told why the route cannot be accepted. */
export function processFilters(filters: readonly Filter[], namespace: string, unsupported: (message: string) => void): Filters {
  const out: Filters = { requestHeaders: [], responseHeaders: [], redirect: undefined, rewrite: undefined, mirrors: [], directResponse: undefined };
  for (const filter of filters) switch (filter.type) {
    case 'RequestHeaderModifier': out.requestHeaders.push(...changes(filter.requestHeaderModifier)); break;
    case 'ResponseHeaderModifier': out.responseHeaders.push(...changes(filter.responseHeaderModifier)); break;
    case 'RequestMirror': if (filter.requestMirror) out.mirrors.push(filter.requestMirror.backendRef); break;
    case 'RequestRedirect':
      if (out.redirect) unsupported('Cannot configure multiple requestRedirect filters for a single HTTPRouteRule');
      else if (filter.requestRedirect) out.redirect = redirect(filter.requestRedirect);
      break;
    case 'URLRewrite':
      if (out.rewrite) unsupported('Cannot configure multiple urlRewrite filters for a single HTTPRouteRule');
      else if (filter.urlRewrite) out.rewrite = { hostname: filter.urlRewrite.hostname, path: pathChange(filter.urlRewrite.path) };
      break;
    case 'ExtensionRef': {
      // No filters of one's own kind are known here: requests are answered with 500, as the specification asks.
      const { group = '', kind = '', name = '' } = filter.extensionRef ?? {};
      unsupported(group === 'gateway.envoyproxy.io' && kind === 'HTTPRouteFilter' ? `Unable to translate HTTPRouteFilter: ${namespace}/${name}` : `Invalid filter ExtensionRef: unknown kind ${group}/${kind}`);
      out.directResponse = 500;
      break;
    }
    default: unsupported(`Unsupported filter type: ${filter.type}`);
  }
  return out;
}

export function changes(modifier: Modifier | undefined): HeaderChange[] {
  return [
    ...(modifier?.add ?? []).map(({ name, value }) => ({ op: 'add' as const, name, value })), ...(modifier?.set ?? []).map(({ name, value }) => ({ op: 'set' as const, name, value })),
    ...(modifier?.remove ?? []).map((name) => ({ op: 'remove' as const, name, value: '' })),
  ];
}

function redirect({ scheme, hostname, path, port, statusCode = 302 }: NonNullable<Filter['requestRedirect']>): Redirect {
  return { scheme, hostname, port, path: pathChange(path), code: statusCode };
}

function pathChange(path: Path | undefined): PathChange | undefined {
  if (path?.type === 'ReplaceFullPath' && path.replaceFullPath !== undefined) return { type: 'full', value: path.replaceFullPath };
  if (path?.type === 'ReplacePrefixMatch' && path.replacePrefixMatch !== undefined) return { type: 'prefix', value: path.replacePrefixMatch };
  return undefined;
}
