import { httpListen, type HttpRequest } from '../../../linux/net/http.ts';
import { SECOND } from '../../../sim/clock.ts';
import { httpDate } from '../../runtime/images/http-date.ts';
import type { Envoy } from './envoy.ts';
import type { HttpRoute } from './ir.ts';

const HELP = `admin commands are:
  /: Admin home page
  /clusters: upstream cluster status
  /config_dump: dump current Envoy configs (experimental)
  /help: print out list of admin commands
  /listeners: print listener info
  /ready: print server state, return 200 if LIVE, otherwise return 503
  /server_info: print server version/status information
  /stats: print server stats
`;
const VERSION = '1.32.2/Clean/RELEASE/BoringSSL';

/** The admin interface on 127.0.0.1:19000, and what the kubelet may ask on port 19001. */
export function serveAdmin(envoy: Envoy): void {
  const { process } = envoy;
  const answer = (request: HttpRequest): [number, string, string] => {
    switch (request.path) {
      case '/': case '/help': return [200, 'text/plain; charset=UTF-8', HELP];
      case '/ready': return [envoy.xds ? 200 : 503, 'text/plain; charset=UTF-8', envoy.xds ? 'LIVE\n' : 'INITIALIZING\n'];
      case '/clusters': return [200, 'text/plain; charset=UTF-8', clusters(envoy)];
      case '/listeners': return [200, 'text/plain; charset=UTF-8', [...ports(envoy)].map(([port, name]) => `${name}::0.0.0.0:${port}\n`).join('') + 'envoy-gateway-proxy-ready-0.0.0.0-19001::0.0.0.0:19001\n'];
      case '/stats': return [200, 'text/plain; charset=UTF-8', [...statistics(envoy)].map(([k, v]) => `${k}: ${v}\n`).join('')];
      case '/stats/prometheus': return [200, 'text/plain; charset=UTF-8', prometheus(envoy)];
      case '/server_info': return [200, 'application/json', JSON.stringify({ version: VERSION, state: envoy.xds ? 'LIVE' : 'INITIALIZING', uptime_current_epoch: `${uptime(envoy)}s`, uptime_all_epochs: `${uptime(envoy)}s`, hot_restart_version: '11.104', node: { id: process.uts.hostname, cluster: envoy.xds?.key ?? '' } }, undefined, 1)];
      case '/config_dump': return [200, 'application/json', JSON.stringify({ configs: configDump(envoy) }, undefined, 1)];
      default: return [404, 'text/plain; charset=UTF-8', `invalid path. ${HELP}`];
    }
  };
  const serve = (ip: string, port: number, only?: RegExp) => httpListen(process, { ip, port }, (request, res) => {
    const [status, type, body] = only && !only.test(request.path) ? ([404, '', ''] as const) : answer(request);
    res.send(status, { ...(type ? { 'content-type': type, 'cache-control': 'no-cache, max-age=0', 'x-content-type-options': 'nosniff' } : {}), date: httpDate(process.now), server: 'envoy' }, body);
  });
  serve('127.0.0.1', 19000);
  serve('0.0.0.0', 19001, /^\/(ready|stats\/prometheus)$/);
}

const uptime = (envoy: Envoy) => Math.floor((envoy.process.now - envoy.started) / SECOND);

/** Every port's listener is called after the first Gateway listener that is behind it. */
function ports(envoy: Envoy): Map<number, string> {
  const out = new Map<number, string>();
  for (const l of envoy.xds?.listeners ?? []) if (!out.has(l.port)) out.set(l.port, l.name);
  return out;
}

function allClusters(envoy: Envoy): Map<string, HttpRoute> {
  return new Map((envoy.xds?.listeners ?? []).flatMap((l) => l.routes).filter((r) => r.destinations.some((d) => d.endpoints.length > 0)).map((r) => [r.cluster, r]));
}

function clusters(envoy: Envoy): string {
  let out = '';
  for (const [name, route] of allClusters(envoy)) {
    out += `${name}::observability_name::${name}\n${name}::default_priority::max_connections::1024\n${name}::default_priority::max_pending_requests::1024\n${name}::default_priority::max_requests::1024\n${name}::default_priority::max_retries::1024\n${name}::added_via_api::true\n`;
    for (const { address, port } of route.destinations.flatMap((d) => d.endpoints)) {
      const total = envoy.stats.get(`cluster.${name}.upstream_rq_total`) ?? 0, line = (key: string, value: string | number) => `${name}::${address}:${port}::${key}::${value}\n`;
      out += line('rq_total', total) + line('health_flags', 'healthy') + line('weight', 1) + line('priority', 0) + line('success_rate', -1);
    }
  }
  return out;
}

function* statistics(envoy: Envoy): Generator<[string, number]> {
  const all = new Map<string, number>([['server.live', envoy.xds ? 1 : 0], ['server.uptime', uptime(envoy)], ['listener_manager.total_listeners_active', ports(envoy).size + 1], ['cluster_manager.active_clusters', allClusters(envoy).size]]);
  for (const [k, v] of envoy.stats) all.set(k.startsWith('downstream') ? `http.http-10080.${k}` : k, v);
  for (const k of [...all.keys()].sort()) yield [k, all.get(k)!];
}

function prometheus(envoy: Envoy): string {
  return [...statistics(envoy)].map(([k, v]) => {
    const name = `envoy_${k.replace(/[^A-Za-z0-9_]/g, '_')}`;
    return `# TYPE ${name} ${/active|live|uptime/.test(k) ? 'gauge' : 'counter'}\n${name}{} ${v}\n`;
  }).join('');
}

/** Listeners, clusters and routes as the xDS API has them, as far as they are known here. */
function configDump(envoy: Envoy): unknown[] {
  const type = (name: string) => `type.googleapis.com/envoy.admin.v3.${name}`;
  const match = ({ match: m }: HttpRoute) => ({
    ...(m.path.type === 'exact' ? { path: m.path.value } : m.path.type === 'regex' ? { safe_regex: { regex: m.path.value } } : m.path.value === '/' ? { prefix: '/' } : { path_separated_prefix: m.path.value.replace(/\/$/, '') }),
    ...(m.headers.length > 0 ? { headers: m.headers.map((h) => ({ name: h.name, string_match: h.type === 'regex' ? { safe_regex: { regex: h.value } } : { exact: h.value } })) } : {}),
    ...(m.query.length > 0 ? { query_parameters: m.query.map((q) => ({ name: q.name, string_match: q.type === 'regex' ? { safe_regex: { regex: q.value } } : { exact: q.value } })) } : {}),
  });
  const route = (r: HttpRoute) => ({
    match: match(r), name: r.name,
    ...(r.redirect ? { redirect: { ...(r.redirect.hostname ? { host_redirect: r.redirect.hostname } : {}), response_code: r.redirect.code === 302 ? 'FOUND' : 'MOVED_PERMANENTLY' } } : r.directResponse !== undefined ? { direct_response: { status: r.directResponse } } : { route: { cluster: r.cluster, ...(r.rewrite?.hostname ? { host_rewrite_literal: r.rewrite.hostname } : {}), ...(r.timeout === undefined ? {} : { timeout: `${r.timeout / SECOND}s` }), upgrade_configs: [{ upgrade_type: 'websocket' }] } }),
  });
  const listeners = [...ports(envoy)].map(([port, name]) => ({ name, active_state: { listener: { '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener', name, address: { socket_address: { address: '0.0.0.0', port_value: port } } } } }));
  const endpoints = [...allClusters(envoy)].map(([name, r]) => ({ endpoint_config: { '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment', cluster_name: name, endpoints: r.destinations.map((d) => ({ lb_endpoints: d.endpoints.map((e) => ({ endpoint: { address: { socket_address: { address: e.address, port_value: e.port } } } })), load_balancing_weight: d.weight })) } }));
  const configs = [...ports(envoy)].map(([port, name]) => {
    const routes = (envoy.xds?.listeners ?? []).filter((l) => l.port === port).flatMap((l) => l.routes), hosts = [...new Set(routes.map((r) => r.host))];
    return { route_config: { '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration', name, virtual_hosts: hosts.map((host) => ({ name: `${name}/${host.replaceAll('.', '_')}`, domains: [host], routes: routes.filter((r) => r.host === host).map(route) })), ignore_port_in_host_matching: true } };
  });
  return [
    { '@type': type('ClustersConfigDump'), dynamic_active_clusters: [...allClusters(envoy).keys()].map((name) => ({ cluster: { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', name, type: 'EDS', connect_timeout: '10s', lb_policy: 'LEAST_REQUEST' } })) },
    { '@type': type('ListenersConfigDump'), dynamic_listeners: listeners }, { '@type': type('RoutesConfigDump'), dynamic_route_configs: configs }, { '@type': type('EndpointsConfigDump'), dynamic_endpoint_configs: endpoints },
  ];
}
