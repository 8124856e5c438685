/**
 * From Ingresses to nginx's servers, locations and upstreams (internal/ingress/controller/controller.go, location.go and
 * template.go of ingress-nginx 1.8): what is named here is what the generated nginx.conf would hold.
 */
import type { KubeObject } from '../../api/types.ts';
import { type Annotations, parseAnnotations, type Settings } from './annotations.ts';
import type { Certificate } from '../../../linux/net/tls.ts';

export interface Endpoint {
  address: string;
  port: number;
}

export interface Upstream {
  /** NAMESPACE-SERVICE-PORT */
  name: string;
  endpoints: Endpoint[];
  /** Where a canary Ingress wants a share of its requests. */
  canary: { name: string; rule: NonNullable<Annotations['canary']> } | undefined;
}

export interface Location {
  /** As nginx has it: with the slash that a Prefix gets. */
  path: string;
  pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  /** Of the Ingress. */
  ingressPath: string;
  upstream: string;
  isDefault: boolean;
  annotations: Annotations;
  ingress: KubeObject | undefined;
}

export interface Server {
  /** _ is the catch-all. */
  hostname: string;
  aliases: string[];
  locations: Location[];
  /** All locations of the server are case-insensitive regular expressions: one of them rewrites or says use-regex. */
  regex: boolean;
  certificate: Certificate | undefined;
}

export interface Configuration {
  servers: Server[];
  upstreams: Map<string, Upstream>;
  settings: Settings;
}

/** Where the controller finds what Ingresses name. */
export interface Lookup {
  service(namespace: string, name: string): KubeObject | undefined;
  slices(namespace: string, service: string): readonly KubeObject[];
  certificate(namespace: string, secret: string): Certificate | undefined;
  warn(text: string): void;
}

export const DEFAULT_UPSTREAM = 'upstream-default-backend', CATCH_ALL = '_', DEFAULT_PORT = 8181;

export function configure(ingresses: readonly KubeObject[], settings: Settings, fake: Certificate, lookup: Lookup): Configuration {
  const sorted = [...ingresses].sort(byAge).map((ingress) => ({ ingress, annotations: parseAnnotations(ingress, settings, lookup.warn) }));
  const upstreams = new Map<string, Upstream>([[DEFAULT_UPSTREAM, { name: DEFAULT_UPSTREAM, endpoints: [{ address: '127.0.0.1', port: DEFAULT_PORT }], canary: undefined }]]);
  const plain = sorted.filter((i) => !i.annotations.canary), canaries = sorted.filter((i) => i.annotations.canary);
  for (const each of sorted) createUpstreams(each.ingress, each.annotations, upstreams, lookup);
  const servers = new Map<string, Server>([[CATCH_ALL, { hostname: CATCH_ALL, aliases: [], regex: false, certificate: fake, locations: [rootLocation(DEFAULT_UPSTREAM, { ...parseAnnotations(NONE, settings), accessLog: settings.bool('enable-access-log-for-default-backend', false) }, undefined)] }]]);
  for (const each of plain) createServers(each.ingress, each.annotations, servers);
  for (const each of plain) secure(each.ingress, servers, fake, lookup);
  for (const each of plain) addLocations(each.ingress, each.annotations, servers);
  for (const each of canaries) mergeCanary(each.ingress, each.annotations, servers, upstreams);
  for (const server of servers.values()) {
    server.locations = prefixLocations(server.locations).sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? 1 : a.path > b.path ? -1 : 0));
    server.regex = server.locations.some((l) => rewrites(l) || l.annotations.useRegex);
  }
  return { servers: [...servers.values()].sort((a, b) => (a.hostname < b.hostname ? -1 : 1)), upstreams, settings };
}

/** Whether the path is rewritten: a target that is the path itself does nothing. */
export function rewrites(location: Location): boolean {
  return location.annotations.rewriteTarget !== '' && location.annotations.rewriteTarget !== location.path;
}

const NONE: KubeObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: '' } };

function byAge(a: KubeObject, b: KubeObject): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (x !== y) return x < y ? -1 : 1;
  return `${a.metadata.namespace}/${a.metadata.name}` > `${b.metadata.namespace}/${b.metadata.name}` ? -1 : 1;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parts of a manifest
type Any = any;

const rootLocation = (upstream: string, annotations: Annotations, ingress: KubeObject | undefined): Location => ({ path: '/', pathType: 'Prefix', ingressPath: '/', upstream, isDefault: true, annotations, ingress });

/** NAMESPACE-SERVICE-PORT, or without the port where there is none. */
export function upstreamName(namespace: string, service: Any): string {
  const port = service.port?.name || service.port?.number;
  return port ? `${namespace}-${service.name}-${port}` : `${namespace}-${service.name}`;
}

function createUpstreams(ingress: KubeObject, annotations: Annotations, upstreams: Map<string, Upstream>, lookup: Lookup): void {
  const namespace = ingress.metadata.namespace!;
  for (const service of backends(ingress)) {
    const name = upstreamName(namespace, service), known = upstreams.get(name);
    if (known) continue;
    const key = `${namespace}/${service.name}`, found = lookup.service(namespace, service.name);
    let endpoints: Endpoint[] = [];
    if (!found) lookup.warn(`Error obtaining Endpoints for Service ${JSON.stringify(key)}: no object matching key ${JSON.stringify(key)} in local store`);
    else {
      endpoints = annotations.serviceUpstream ? clusterEndpoint(found, service) : serviceEndpoints(found, service, lookup);
      const substitute = endpoints.length === 0 && annotations.defaultBackend !== '' ? lookup.service(namespace, annotations.defaultBackend) : undefined;
      if (substitute) endpoints = serviceEndpoints(substitute, { port: { number: substitute.spec.ports?.[0]?.port } }, lookup);
    }
    upstreams.set(name, { name, endpoints, canary: undefined });
  }
}

function* backends(ingress: KubeObject): Generator<Any> {
  if (ingress.spec.defaultBackend?.service) yield ingress.spec.defaultBackend.service;
  for (const rule of ingress.spec.rules ?? []) for (const path of rule.http?.paths ?? []) if (path.backend.service) yield path.backend.service;
}

function clusterEndpoint(service: KubeObject, backend: Any): Endpoint[] {
  const port = backend.port?.number ?? service.spec.ports?.find((p: Any) => p.name === backend.port?.name)?.port;
  return port && service.spec.clusterIP && service.spec.clusterIP !== 'None' ? [{ address: service.spec.clusterIP, port }] : [];
}

/** The ready endpoints of the Service's port that has this number, target or name. */
function serviceEndpoints(service: KubeObject, backend: Any, lookup: Lookup): Endpoint[] {
  const wanted = String(backend.port?.name || backend.port?.number), key = `${service.metadata.namespace}/${service.metadata.name}`;
  const silent = () => lookup.warn(`Service ${JSON.stringify(key)} does not have any active Endpoint.`);
  if (service.spec.type === 'ExternalName') return [{ address: service.spec.externalName.replace(/\.$/, ''), port: Number(service.spec.ports?.find((p: Any) => String(p.port) === wanted || p.name === wanted)?.targetPort ?? wanted) }];
  const port = (service.spec.ports ?? []).find((p: Any) => String(p.port) === wanted || String(p.targetPort) === wanted || p.name === wanted);
  if (!port) return [];
  const out = new Map<string, Endpoint>();
  for (const slice of lookup.slices(service.metadata.namespace!, service.metadata.name)) {
    const numbers = (slice['ports'] as Any[] ?? []).filter((p) => (p.protocol ?? 'TCP') === 'TCP' && (!port.name || p.name === port.name)).map((p) => p.port as number);
    for (const endpoint of slice['endpoints'] as Any[] ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      for (const number of numbers) for (const address of endpoint.addresses) out.set(`${address}:${number}`, { address, port: number });
    }
  }
  if (out.size === 0) silent();
  return [...out.values()];
}

function createServers(ingress: KubeObject, annotations: Annotations, servers: Map<string, Server>): void {
  const fallback = ingress.spec.defaultBackend?.service, rules = (ingress.spec.rules ?? []) as Any[];
  const upstream = fallback ? upstreamName(ingress.metadata.namespace!, fallback) : DEFAULT_UPSTREAM;
  const root = servers.get(CATCH_ALL)!.locations[0]!;
  if (fallback && rules.length === 0 && root.isDefault) Object.assign(root, { upstream, isDefault: false, ingress, annotations: { ...annotations, rewriteTarget: '', redirect: undefined } });
  for (const { host = CATCH_ALL } of rules) {
    const name = host || CATCH_ALL;
    if (!servers.has(name)) servers.set(name, { hostname: name, aliases: annotations.aliases, regex: false, certificate: undefined, locations: [rootLocation(upstream, annotations, ingress)] });
  }
}

/** A host that is listed under tls gets that Secret's certificate, or the fake one where the Secret is of no use. */
function secure(ingress: KubeObject, servers: Map<string, Server>, fake: Certificate, lookup: Lookup): void {
  const tls = (ingress.spec.tls ?? []) as Any[];
  for (const rule of ingress.spec.rules ?? []) {
    const host = rule.host || CATCH_ALL, server = servers.get(host)!;
    if (server.certificate || tls.length === 0) continue;
    const section = tls.find((t) => t.hosts?.some((h: string) => h.toLowerCase() === host.toLowerCase())) ?? tls.find((t) => !t.hosts?.length && t.secretName);
    if (!section) continue;
    const key = `${ingress.metadata.namespace}/${section.secretName}`;
    const found = section.secretName ? lookup.certificate(ingress.metadata.namespace!, section.secretName) : undefined;
    if (section.secretName && !found) lookup.warn(`Error getting SSL certificate ${JSON.stringify(key)}: local SSL certificate ${key} was not found. Using default certificate`);
    else if (found && !covers(found, host)) {
      lookup.warn(`Unexpected error validating SSL certificate ${JSON.stringify(key)} for server ${JSON.stringify(host)}: x509: certificate is valid for ${(found.sans ?? [found.cn]).join(', ')}, not ${host}`);
      lookup.warn('Validating certificate against DNS names. This will be deprecated in a future version');
    }
    server.certificate = found && (covers(found, host) || found.cn === host) ? found : fake;
  }
}

function covers(certificate: Certificate, host: string): boolean {
  return (certificate.sans ?? []).some((san) => san === host || (san.startsWith('*.') && host.slice(host.indexOf('.')) === san.slice(1)));
}

function addLocations(ingress: KubeObject, annotations: Annotations, servers: Map<string, Server>): void {
  for (const rule of ingress.spec.rules ?? []) for (const p of rule.http?.paths ?? []) {
    if (!p.backend.service) continue;
    const server = servers.get(rule.host || CATCH_ALL)!, path = p.path || '/', pathType = p.pathType === 'ImplementationSpecific' ? 'Prefix' : p.pathType;
    const upstream = upstreamName(ingress.metadata.namespace!, p.backend.service);
    const same = server.locations.find((l) => l.path === path);
    if (same && same.pathType === pathType) {
      if (same.isDefault) Object.assign(same, { upstream, isDefault: false, annotations, ingress });
    } else server.locations.push({ path, pathType, ingressPath: path, upstream, isDefault: false, annotations, ingress });
  }
}

/** A canary's backend becomes the alternative of what its main Ingress has at the same host and path. */
function mergeCanary(ingress: KubeObject, annotations: Annotations, servers: Map<string, Server>, upstreams: Map<string, Upstream>): void {
  for (const rule of ingress.spec.rules ?? []) for (const p of rule.http?.paths ?? []) {
    const main = servers.get(rule.host || CATCH_ALL)?.locations.find((l) => l.path === (p.path || '/') && !l.isDefault);
    const upstream = main && upstreams.get(main.upstream), name = upstreamName(ingress.metadata.namespace!, p.backend.service);
    if (upstream && name !== upstream.name) upstream.canary ??= { name, rule: annotations.canary! };
  }
}

/** A Prefix becomes two locations, = /path and /path/, so that /pathological is none of its business. */
function prefixLocations(locations: Location[]): Location[] {
  const exact = new Set(locations.filter((l) => l.pathType === 'Exact').map((l) => l.path));
  const withSlash = (path: string) => (path.endsWith('/') ? path : `${path}/`);
  return locations.flatMap((l) => {
    if (l.path === '/' || l.pathType !== 'Prefix' || rewrites(l) || l.annotations.useRegex) return [l];
    const prefix = { ...l, path: withSlash(l.path) };
    return exact.has(l.path) ? [prefix] : [prefix, { ...l, pathType: 'Exact' as const }];
  });
}
