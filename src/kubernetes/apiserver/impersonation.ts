import type { ApiRequest, UserInfo } from './http.ts';
import type { ApiServer } from './server.ts';

/** The user a request acts as: the headers impersonate-user, -group, -uid, which the real user needs the right for. */
export function impersonated(server: ApiServer, request: ApiRequest): UserInfo {
  const name = request.headers['impersonate-user'];
  if (name === undefined) return request.user;
  const groups = (request.headers['impersonate-group'] ?? '').split(',').map((g) => g.trim()).filter((g) => g !== '');
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (server.options.authorization === 'RBAC') {
    if (account) server.authorizer.require(request.user, { ...IMPERSONATE, resource: 'serviceaccounts', namespace: account[1]!, name: account[2]! });
    else server.authorizer.require(request.user, { ...IMPERSONATE, resource: 'users', name });
    for (const group of groups) server.authorizer.require(request.user, { ...IMPERSONATE, resource: 'groups', name: group });
  }
  if (account && groups.length === 0) groups.push('system:serviceaccounts', `system:serviceaccounts:${account[1]}`);
  if (name !== 'system:anonymous' && !groups.includes('system:authenticated')) groups.push('system:authenticated');
  const uid = request.headers['impersonate-uid'];
  return { name, groups, ...(uid ? { uid } : {}) };
}

const IMPERSONATE = { isResource: true, verb: 'impersonate', path: '', group: '', version: 'v1', namespace: '', subresource: '', rest: '', resource: '', name: '' };
