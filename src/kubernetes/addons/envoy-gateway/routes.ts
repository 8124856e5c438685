import type { KubeObject } from '../../api/types.ts';
import type { Micros } from '../../../sim/clock.ts';
import { MS } from '../../../sim/clock.ts';
import { type Condition, has, setCondition } from './conditions.ts';
import { type BackendRef, changes, type Filter, processFilters } from './filters.ts';
import { intersect } from './hostnames.ts';
import type { Destination, HttpListener, HttpRoute, RouteMatch } from './ir.ts';
import { allows, isReady, type Listener } from './listeners.ts';
import { GATEWAY_GROUP, granted, type Resources } from './resources.ts';

interface ParentRef {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  sectionName?: string;
  port?: number;
}
interface Rule {
  matches?: { path?: { type?: string; value?: string }; headers?: Match[]; queryParams?: Match[]; method?: string }[];
  filters?: Filter[];
  backendRefs?: BackendRef[];
  timeouts?: { request?: string; backendRequest?: string };
}
interface Match {
  type?: string;
  name: string;
  value: string;
}

export interface RouteParent {
  parentRef: ParentRef;
  conditions: Condition[];
}

/** What a route's parents say of it, and what it puts behind their listeners (internal/gatewayapi/route.go). */
export function processRoute(route: KubeObject, gateways: readonly { gateway: KubeObject; listeners: Listener[]; xds: HttpListener[] }[], resources: Resources): RouteParent[] {
  const out: RouteParent[] = [], namespace = route.metadata.namespace!;
  for (const parentRef of (route.spec.parentRefs ?? []) as ParentRef[]) {
    const gateway = gateways.find(({ gateway: g }) => (parentRef.group ?? GATEWAY_GROUP) === GATEWAY_GROUP && (parentRef.kind ?? 'Gateway') === 'Gateway' && (parentRef.namespace ?? namespace) === g.metadata.namespace && parentRef.name === g.metadata.name);
    if (!gateway) continue;
    const parent: RouteParent = { parentRef, conditions: [] };
    out.push(parent);
    const attached = attach(route, parent, gateway.listeners, resources);
    const rules = ((route.spec.rules ?? []) as Rule[]).flatMap((rule, i) => ruleRoutes(route, rule, i, parent, gateway.gateway, resources));
    if (!has(parent.conditions, 'ResolvedRefs', 'False')) setCondition(parent.conditions, 'ResolvedRefs', 'True', 'ResolvedRefs', 'Resolved all the Object references for the Route');
    if (!attached || has(parent.conditions, 'Accepted', 'False')) continue;
    let met = false;
    for (const listener of attached) {
      const hosts = intersect((route.spec.hostnames ?? []) as string[], listener.spec.hostname, gateway.listeners.filter((l) => l !== listener && l.spec.port === listener.spec.port && l.spec.hostname).map((l) => l.spec.hostname!));
      if (hosts.length === 0) continue;
      met = true;
      const xds = gateway.xds.find((x) => x.name === `${gateway.gateway.metadata.namespace}/${gateway.gateway.metadata.name}/${listener.spec.name}`);
      for (const host of hosts) for (const r of rules) xds?.routes.push({ ...r, name: `${r.name}/${host.replaceAll('.', '_')}`, host, redirect: r.redirect && { ...r.redirect, port: r.redirect.port ?? wellKnown(r.redirect.scheme) ?? listener.spec.port } });
    }
    if (!met) setCondition(parent.conditions, 'Accepted', 'False', 'NoMatchingListenerHostname', "There were no hostname intersections between the HTTPRoute and this parent ref's Listener(s).");
  }
  return out;
}

const wellKnown = (scheme: string | undefined) => (scheme === 'http' ? 80 : scheme === 'https' ? 443 : undefined);

/** The listeners that take the route; undefined when it is attached to none, and why. */
function attach(route: KubeObject, { parentRef, conditions }: RouteParent, listeners: readonly Listener[], resources: Resources): Listener[] | undefined {
  const refuse = (reason: string, message: string) => setCondition(conditions, 'Accepted', 'False', reason, message);
  const selected = listeners.filter((l) => (parentRef.sectionName === undefined || parentRef.sectionName === l.spec.name) && (parentRef.port === undefined || parentRef.port === l.spec.port));
  if (selected.length === 0) return void refuse('NoMatchingParent', 'No listeners match this parent ref');
  const allowed = selected.filter((l) => allows(l, route.kind, resources.namespace(route.metadata.namespace!)));
  if (allowed.length === 0) return void refuse('NotAllowedByListeners', 'No listeners included by this parent ref allowed this attachment.');
  for (const l of allowed) l.attachedRoutes++;
  if (!isReady(selected)) return void refuse('NoReadyListeners', 'There are no ready listeners for this parent ref');
  setCondition(conditions, 'Accepted', 'True', 'Accepted', 'Route is accepted');
  return allowed;
}

/** A rule as routes, one for each of its matches. */
function ruleRoutes(route: KubeObject, rule: Rule, index: number, parent: RouteParent, gateway: KubeObject, resources: Resources): HttpRoute[] {
  const prefix = `httproute/${route.metadata.namespace}/${route.metadata.name}/rule/${index}`, namespace = route.metadata.namespace!;
  const filters = processFilters(rule.filters ?? [], namespace, (message) => setCondition(parent.conditions, 'Accepted', 'False', 'UnsupportedValue', message));
  const answered = filters.redirect !== undefined || filters.directResponse !== undefined;
  const destinations = (rule.backendRefs ?? []).flatMap((ref) => destination(route, ref, parent, gateway, resources) ?? []);
  const mirrors = filters.mirrors.flatMap((ref) => destination(route, ref, parent, gateway, resources) ?? []).filter((d) => d.endpoints.length > 0);
  const valid = destinations.some((d) => d.endpoints.length > 0 && d.weight > 0);
  const { request, backendRequest } = rule.timeouts ?? {};
  const common = {
    cluster: prefix, host: '', requestHeaders: filters.requestHeaders, responseHeaders: filters.responseHeaders, destinations: answered ? [] : destinations, redirect: filters.redirect, rewrite: filters.rewrite, mirrors,
    directResponse: filters.directResponse ?? (!answered && !valid ? 500 : undefined), timeout: duration(backendRequest) ?? duration(request),
  };
  const matches = rule.matches ?? [];
  if (matches.length === 0) return [{ ...common, name: `${prefix}/match/-1`, match: { path: { type: 'prefix', value: '/' }, headers: [], query: [] } }];
  return matches.map((m, i) => ({ ...common, name: `${prefix}/match/${i}`, match: toMatch(m) }));
}

function toMatch({ path, headers = [], queryParams = [], method }: NonNullable<Rule['matches']>[number]): RouteMatch {
  const type = { Exact: 'exact', PathPrefix: 'prefix', RegularExpression: 'regex' } as const;
  const by = ({ type: t, name, value }: Match) => ({ name, value, type: t === 'RegularExpression' ? ('regex' as const) : ('exact' as const) });
  return {
    path: { type: type[(path?.type ?? 'PathPrefix') as keyof typeof type], value: path?.value ?? '/' }, query: queryParams.map(by),
    headers: [...headers.map(by), ...(method ? [{ name: ':method', type: 'exact' as const, value: method }] : [])],
  };
}

/** The endpoints of a backend, none where it is invalid (the condition says why), undefined where it gets nothing. */
function destination(route: KubeObject, ref: BackendRef, { conditions }: RouteParent, gateway: KubeObject, resources: Resources): Destination | undefined {
  const own = route.metadata.namespace!, namespace = ref.namespace ?? own, weight = ref.weight ?? 1;
  const invalid = (reason: string, message: string): Destination => {
    setCondition(conditions, 'ResolvedRefs', 'False', reason, message);
    return { weight, endpoints: [], requestHeaders: [], responseHeaders: [] };
  };
  if ((ref.filters ?? []).some((f) => f.type !== 'RequestHeaderModifier' && f.type !== 'ResponseHeaderModifier')) return invalid('UnsupportedRefValue', 'Specific filter is not supported within BackendRef, only RequestHeaderModifier and ResponseHeaderModifier are supported');
  if (ref.group && ref.group !== 'multicluster.x-k8s.io' && ref.group !== 'gateway.envoyproxy.io') return invalid('InvalidKind', 'Group is invalid, only the core API group (specified by omitting the group field or setting it to an empty string), multicluster.x-k8s.io and gateway.envoyproxy.io are supported');
  if ((ref.kind ?? 'Service') !== 'Service') return invalid('InvalidKind', 'Kind is invalid, only Service, MCS ServiceImport and Envoy Gateway Backend are supported');
  if (namespace !== own && !granted(resources.grants, { group: GATEWAY_GROUP, kind: route.kind, namespace: own }, { group: '', kind: 'Service', namespace, name: ref.name })) return invalid('RefNotPermitted', `Backend ref to Service ${namespace}/${ref.name} not permitted by any ReferenceGrant.`);
  if (ref.port === undefined) return invalid('PortNotSpecified', 'A valid port number corresponding to a port on the Service must be specified');
  const service = resources.service(namespace, ref.name);
  if (!service) return invalid('BackendNotFound', `Service ${namespace}/${ref.name} not found`);
  const port = ((service.spec.ports ?? []) as { name?: string; port: number; protocol?: string }[]).find((p) => p.port === ref.port && (p.protocol ?? 'TCP') === 'TCP');
  if (!port) return invalid('BackendNotFound', `TCP Port ${ref.port} not found on service ${namespace}/${ref.name}`);
  if (weight === 0) return undefined;
  const toService = resources.envoyProxy(gateway)?.spec?.routingType === 'Service';
  const endpoints = toService ? [{ address: service.spec.clusterIP as string, port: ref.port }] : readyEndpoints(resources.slices(namespace, ref.name), port.name ?? '');
  const of = (type: string) => (ref.filters ?? []).filter((f) => f.type === type);
  return { weight, endpoints, requestHeaders: of('RequestHeaderModifier').flatMap((f) => changes(f.requestHeaderModifier)), responseHeaders: of('ResponseHeaderModifier').flatMap((f) => changes(f.responseHeaderModifier)) };
}

function readyEndpoints(slices: readonly KubeObject[], portName: string): Destination['endpoints'] {
  const out = new Map<string, Destination['endpoints'][number]>();
  for (const slice of slices as unknown as { ports?: { name?: string; port: number; protocol?: string }[]; endpoints?: { addresses: string[]; conditions?: { ready?: boolean } }[] }[]) {
    for (const endpoint of slice.endpoints ?? []) if (endpoint.conditions?.ready !== false) {
      for (const p of slice.ports ?? []) if ((p.name ?? '') === portName && (p.protocol ?? 'TCP') === 'TCP') for (const address of endpoint.addresses) out.set(`${address}:${p.port}`, { address, port: p.port });
    }
  }
  return [...out.values()];
}

/** GEP-2257: 1h2m3s4ms. */
function duration(text: string | undefined): Micros | undefined {
  if (text === undefined) return undefined;
  let total = 0;
  for (const [, n, unit] of text.matchAll(/(\d+)(ms|h|m|s)/g)) total += Number(n) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms']! * MS;
  return total;
}
