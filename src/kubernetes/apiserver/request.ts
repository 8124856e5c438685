import type { ApiRequest } from './http.ts';
import { apiError } from './errors.ts';

/** What a request asks for (k8s.io/apiserver/pkg/endpoints/request.RequestInfo). */
export interface RequestInfo {
  isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; or the method in lower case. */
  verb: string;
  path: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  name: string;
  /** What follows the subresource: the path of a proxied request. */
  rest: string;
}

const VERBS: Record<string, string> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', OPTIONS: 'options' };
/** Subresources of namespaces, which /namespaces/NAME/X could otherwise be taken for resources inside one. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

export function requestInfo(request: ApiRequest): RequestInfo {
  // net/http does not hand on what is no escaped path.
  if (/%(?![0-9a-fA-F]{2})/.test(request.path)) throw apiError(400, 'BadRequest', `parse ${JSON.stringify(request.path)}: invalid URL escape ${JSON.stringify(/%(?![0-9a-fA-F]{2}).{0,2}/s.exec(request.path)![0])}`);
  const parts = request.path.split('/').filter((p) => p !== '');
  const info: RequestInfo = { isResource: false, verb: request.method.toLowerCase(), path: request.path, group: '', version: '', namespace: '', resource: '', subresource: '', name: '', rest: '' };
  let at: number;
  if (parts[0] === 'api' && parts.length >= 3) {
    info.version = parts[1]!;
    at = 2;
  } else if (parts[0] === 'apis' && parts.length >= 4) {
    info.group = parts[1]!;
    info.version = parts[2]!;
    at = 3;
  } else return info;
  info.isResource = true;
  info.verb = VERBS[request.method] ?? request.method.toLowerCase();
  let rest = parts.slice(at);
  if (rest[0] === 'watch') {
    rest = rest.slice(1);
    request.query['watch'] ??= ['true'];
  }
  if (rest[0] === 'namespaces' && rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2]!)) {
    info.namespace = unescape(rest[1]!);
    rest = rest.slice(2);
  } else if (rest[0] === 'namespaces' && rest.length > 1) info.namespace = unescape(rest[1]!);
  info.resource = rest[0] ?? '';
  info.name = rest[1] === undefined ? '' : unescape(rest[1]);
  info.subresource = rest[2] ?? '';
  info.rest = rest.slice(3).join('/');
  if (info.name === '') {
    if (info.verb === 'get') {
      info.verb = flag(request, 'watch') ? 'watch' : 'list';
      const only = /(?:^|,)metadata\.name=([^,]+)/.exec(request.query['fieldSelector']?.[0] ?? '');
      if (only) info.name = only[1]!;
    } else if (info.verb === 'delete') info.verb = 'deletecollection';
  }
  return info;
}

/** Bytes that are no UTF-8 stay as they are written: no object is called so. */
function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** Whether a query parameter is set to something true (as Go's conversion of *[]string to bool takes it). */
export function flag(request: ApiRequest, name: string): boolean {
  const value = request.query[name]?.[0];
  return value !== undefined && value !== 'false' && value !== '0';
}

export function param(request: ApiRequest, name: string): string {
  return request.query[name]?.[0] ?? '';
}
