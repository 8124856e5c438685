import type { KubeObject } from '../../api/types.ts';
import type { Micros } from '../../../sim/clock.ts';
import { containerPort, type Listener, processListeners } from './listeners.ts';
import type { HttpListener, HttpRoute, Xds } from './ir.ts';
import type { Resources } from './resources.ts';
import { processRoute, type RouteParent } from './routes.ts';

export interface Translation {
  gateways: { gateway: KubeObject; listeners: Listener[]; xds: Xds }[];
  routes: { route: KubeObject; parents: RouteParent[] }[];
}

/** Gateways and routes as configurations of Envoy and as statuses (internal/gatewayapi/translator.go). */
export function translate(resources: Resources): Translation {
  const gateways = [...resources.gateways].sort(byAge).map((gateway) => {
    const listeners = processListeners(gateway, resources), key = `${gateway.metadata.namespace}/${gateway.metadata.name}`;
    const xds = listeners.filter((l) => l.ready && (l.spec.protocol === 'HTTP' || l.spec.protocol === 'HTTPS')).map((l): HttpListener => ({ name: `${key}/${l.spec.name}`, port: containerPort(l.spec.port), hostname: l.spec.hostname ?? '*', certificates: l.certificates, routes: [] }));
    return { gateway, listeners, xds: { key, listeners: xds } };
  });
  const routes = [...resources.routes].sort(byAge).flatMap((route) => {
    const parents = processRoute(route, gateways.map((g) => ({ gateway: g.gateway, listeners: g.listeners, xds: g.xds.listeners })), resources);
    return parents.length > 0 ? [{ route, parents }] : [];
  });
  for (const { xds } of gateways) for (const l of xds.listeners) l.routes.sort(byPrecedence);
  return { gateways, routes };
}

function byAge(a: KubeObject, b: KubeObject): number {
  const at = (o: KubeObject) => Date.parse(o.metadata.creationTimestamp ?? '') as Micros;
  const key = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  return at(a) - at(b) || (key(a) < key(b) ? -1 : 1);
}

/** The specification's order: Exact, regular expression, prefix; longer paths; more headers (the method is one); more query parameters; older routes. */
function byPrecedence(a: HttpRoute, b: HttpRoute): number {
  const rank = { exact: 0, regex: 1, prefix: 2 }, method = (r: HttpRoute) => (r.match.headers.some((h) => h.name === ':method') ? 1 : 0);
  return rank[a.match.path.type] - rank[b.match.path.type] || b.match.path.value.length - a.match.path.value.length || method(b) - method(a) || b.match.headers.length - a.match.headers.length || b.match.query.length - a.match.query.length;
}
