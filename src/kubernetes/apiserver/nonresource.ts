import type { KubeObject } from '../api/types.ts';
import { GROUP_VERSIONS, GROUPS } from '../api/scheme.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import type { ApiServer } from './server.ts';
import * as errors from './errors.ts';

/** Paths that are no resources: discovery, version, health, metrics, OpenAPI. */
export function serveNonResource(server: ApiServer, request: ApiRequest): ApiResponse {
  const { path } = request;
  if (path === '/api') return json({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: `${server.options.advertiseAddress}:${server.options.port}` }] });
  if (path === '/apis') return json({ kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS });
  const match = /^\/apis?\/(.+)$/.exec(path);
  if (match) {
    const found = GROUP_VERSIONS.find((g) => (g.group === '' ? path === '/api/v1' : path === `/apis/${g.group}/${g.version}`));
    if (found) return json({ kind: 'APIResourceList', ...(found.group === '' ? {} : { apiVersion: 'v1' }), groupVersion: match[1], resources: found.resources });
    const group = GROUPS.find((g) => g.name === match[1]);
    if (group) return json({ kind: 'APIGroup', apiVersion: 'v1', ...group });
  }
  throw errors.noSuchResource();
}

export function json(body: unknown): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: body as KubeObject };
}

export function text(body: string, status = 200): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
