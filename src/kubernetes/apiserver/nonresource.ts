import type { KubeObject } from '../api/types.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import type { ApiServer } from './server.ts';
import * as errors from './errors.ts';
import { flag } from './request.ts';
import { aggregatedDiscovery, discoveryPaths, groupList, serveGroup } from './discovery.ts';
import { openApiV2, openApiV3, openApiV3Index } from './openapi.ts';
import { openApiV2Proto } from './openapi-proto.ts';
import { metrics } from './metrics.ts';

/** Paths that are no resources: discovery, version, health, metrics, OpenAPI. */
export function serveNonResource(server: ApiServer, request: ApiRequest): ApiResponse {
  const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path;
  const accept = request.headers['accept'] ?? '';
  switch (path) {
    case '/': return pretty({ paths: ROOT(server) });
    case '/api':
    case '/apis':
      if (accept.includes('as=APIGroupDiscoveryList')) return { ...json(aggregatedDiscovery(server, path === '/api')), headers: { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' } };
      if (path === '/apis') return json(groupList(server));
      return json({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: `${server.options.advertiseAddress}:${server.options.port}` }] });
    case '/version': return pretty(version(server));
    case '/healthz': case '/livez': case '/readyz': return health(server, request, path);
    case '/metrics': return text(metrics(server));
    case '/openapi/v2':
      // A string of bytes (chars 0-255): whoever puts it on a wire writes it as latin1.
      if (accept.includes('protobuf') && !accept.includes('json')) return { status: 200, headers: { 'content-type': PROTO }, body: openApiV2Proto(openApiV2(server) as Parameters<typeof openApiV2Proto>[0]) };
      return json(openApiV2(server));
    case '/openapi/v3': return json(openApiV3Index(server));
    case '/.well-known/openid-configuration': return json({ issuer: 'https://kubernetes.default.svc.cluster.local', jwks_uri: `https://${server.options.advertiseAddress}:${server.options.port}/openid/v1/jwks`, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] });
    default:
  }
  const check = /^\/(healthz|livez|readyz)\/(.+)$/.exec(path);
  if (check) {
    if (!checks(server, `/${check[1]}`).some(([name]) => name === check[2])) throw notFoundPath(path);
    return text('ok');
  }
  if (path.startsWith('/openapi/v3/')) {
    if (accept.includes('protobuf') && !accept.includes('json')) throw notAcceptable();
    const found = openApiV3(server, path.slice('/openapi/v3/'.length));
    if (found) return json(found);
  }
  const group = serveGroup(server, path);
  if (group) return json(group);
  throw notFoundPath(path);
}

const PROTO = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The documents of version 3 are JSON only here; kubectl then takes version 2. */
function notAcceptable() {
  return errors.apiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json', {});
}

function notFoundPath(_path: string) {
  return errors.noSuchResource();
}

function ROOT(server: ApiServer): string[] {
  const health = ['/healthz', '/livez', '/readyz'].flatMap((p) => [p, ...checks(server, p).map(([name]) => `${p}/${name}`)]);
  return ['/.well-known/openid-configuration', ...discoveryPaths(server), ...health, '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/openid/v1/jwks', '/version', '/logs'].sort();
}

function version(server: ApiServer): object {
  const { gitVersion } = server.options;
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  const built = server.minor >= 27 ? { gitCommit: '841856557ef0f6a399096c42635d114d6f2cf7f4', gitTreeState: 'clean', buildDate: '2024-10-22T20:28:11Z', goVersion: 'go1.22.8' } : { gitCommit: '1649f592f1909b97aa3c2a0a8f968a3fd05a7b8b', gitTreeState: 'clean', buildDate: '2024-03-14T01:05:39Z', goVersion: 'go1.19.8' };
  return { major, minor, gitVersion, ...built, compiler: 'gc', platform: 'linux/amd64' };
}

const HOOKS = [
  'start-kube-apiserver-admission-initializer', 'generic-apiserver-start-informers', 'priority-and-fairness-config-consumer', 'priority-and-fairness-filter', 'storage-object-count-tracker-hook', 'start-apiextensions-informers',
  'start-apiextensions-controllers', 'crd-informer-synced', 'start-service-ip-repair-controllers', 'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes', 'priority-and-fairness-config-producer', 'start-system-namespaces-controller',
  'bootstrap-controller', 'start-cluster-authentication-info-controller', 'start-kube-apiserver-identity-lease-controller', 'start-kube-apiserver-identity-lease-garbage-collector', 'start-legacy-token-tracking-controller',
  'aggregator-reload-proxy-client-cert', 'start-kube-aggregator-informers', 'apiservice-registration-controller', 'apiservice-status-available-controller', 'kube-apiserver-autoregistration', 'autoregister-completion', 'apiservice-openapi-controller',
  'apiservice-openapiv3-controller', 'apiservice-discovery-controller',
];
const HOOKS_1_26 = [
  ...HOOKS.slice(0, 8), 'bootstrap-controller', 'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes', 'priority-and-fairness-config-producer', ...HOOKS.slice(14, 22), 'apiservice-wait-for-first-sync',
  'kube-apiserver-autoregistration', 'autoregister-completion', 'apiservice-openapi-controller', 'apiservice-openapiv3-controller',
];

/** The health checks with what is wrong with each, if anything. */
function checks(server: ApiServer, path: string): [string, string | undefined][] {
  const etcd = server.etcd.unavailable;
  return [
    ['ping', undefined], ['log', undefined], ['etcd', etcd], ...(path === '/readyz' ? ([['etcd-readiness', etcd], ['informer-sync', undefined]] as [string, string | undefined][]) : []),
    ...(server.minor >= 27 ? HOOKS : HOOKS_1_26).map((h): [string, undefined] => [h === 'autoregister-completion' ? h : `poststarthook/${h}`, undefined]), ...(path === '/healthz' ? [] : path === '/readyz' ? ([['shutdown', undefined]] as [string, undefined][]) : []),
  ];
}

function health(server: ApiServer, request: ApiRequest, path: string): ApiResponse {
  const all = checks(server, path), name = path.slice(1), failed = all.some(([, why]) => why !== undefined);
  const lines = all.map(([check, why]) => (why === undefined ? `[+]${check} ok` : `[-]${check} failed: reason withheld`));
  if (failed) return text(`${[...lines, `${name} check failed`].join('\n')}\n`, 500);
  return text(flag(request, 'verbose') || request.query['verbose'] !== undefined ? `${[...lines, `${name} check passed`].join('\n')}\n` : 'ok');
}

export function json(body: unknown): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: body as KubeObject };
}

/** Some handlers write their JSON indented, whatever was asked for. */
function pretty(body: unknown): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body, null, 2) };
}

export function text(body: string, status = 200): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
