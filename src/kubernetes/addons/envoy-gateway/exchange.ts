import { type HttpError, type HttpRequest, type HttpResponder, type HttpResponse } from '../../../linux/net/http.ts';
import { inPrefix, ipv4, parseIpv4 } from '../../../linux/net/addresses.ts';
import { SECOND } from '../../../sim/clock.ts';
import { httpDate } from '../../runtime/images/http-date.ts';
import { accessLogLine, type LogEntry } from './access-log.ts';
import type { Envoy } from './envoy.ts';
import type { Destination, HeaderChange, HttpListener, HttpRoute, Redirect } from './ir.ts';
import { changePath, findRoute } from './route-match.ts';

/** Envoy's own default where a route says nothing, and Envoy Gateway's for clusters. */
const ROUTE_TIMEOUT = 15 * SECOND, CONNECT_TIMEOUT = 10 * SECOND;
const PRIVATE: [string, number][] = [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['127.0.0.0', 8]];
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'expect']);

type Headers = [string, string][];

/** A request on its way through the HTTP connection manager and the router. */
export class Exchange {
  readonly #envoy: Envoy;
  readonly #request: HttpRequest;
  readonly #res: HttpResponder;
  readonly #listeners: readonly HttpListener[];
  readonly #began: number;
  #headers: Headers;
  #route: HttpRoute | undefined;
  #log: Partial<LogEntry> = {};

  constructor(envoy: Envoy, request: HttpRequest, res: HttpResponder, listeners: readonly HttpListener[]) {
    this.#envoy = envoy;
    this.#request = request;
    this.#res = res;
    this.#listeners = listeners;
    this.#began = envoy.process.now;
    this.#headers = this.#downstreamHeaders();
    res.onClose = () => this.#done(0, 0, 'DC', 'downstream_remote_disconnect');
  }

  start(): void {
    const path = mergeSlashes(this.#request.path);
    const route = (this.#route = findRoute(this.#listeners, this.#request, path));
    if (!route) return this.#reply(404, '', 'NR', 'route_not_found');
    const { redirect, directResponse } = route;
    if (redirect) return this.#redirect(route, redirect, path);
    if (directResponse !== undefined) return this.#reply(directResponse, '', '', 'direct_response');
    const destination = this.#pick(route.destinations);
    if (!destination) return this.#reply(500, '', 'NC', 'cluster_not_found');
    this.#forward(route, destination, path);
  }

  /** What comes from outside is marked before it is looked at (source/common/http/conn_manager_utility.cc). */
  #downstreamHeaders(): Headers {
    const { rawHeaders, remote, tls } = this.#request, headers: Headers = rawHeaders.map(([k, v]) => [k.toLowerCase(), v]);
    const get = (name: string) => headers.find(([k]) => k === name)?.[1];
    const forwarded = get('x-forwarded-for'), internal = forwarded === undefined && isPrivate(remote.ip);
    const id = get('x-request-id');
    const kept = headers.filter(([k]) => !['x-forwarded-for', 'x-forwarded-proto', 'x-request-id', 'x-envoy-internal', 'x-envoy-external-address'].includes(k) && !HOP_BY_HOP.has(k));
    return [
      ...kept, ['x-forwarded-for', forwarded === undefined ? remote.ip : `${forwarded},${remote.ip}`], ['x-forwarded-proto', tls ? 'https' : 'http'],
      internal ? ['x-envoy-internal', 'true'] : ['x-envoy-external-address', remote.ip], ['x-request-id', internal && id ? id : this.#envoy.rng.uuid()],
    ];
  }

  #pick(destinations: readonly Destination[]): Destination | undefined {
    const total = destinations.reduce((n, d) => n + d.weight, 0);
    let at = this.#envoy.rng.int(total);
    const found = destinations.find((d) => (at -= d.weight) < 0);
    return found && found.endpoints.length > 0 ? found : undefined;
  }

  #forward(route: HttpRoute, destination: Destination, path: string): void {
    const { process, client, rng } = this.#envoy, { query, method, body } = this.#request;
    const endpoint = rng.pick(destination.endpoints), address = `${endpoint.address}:${endpoint.port}`;
    const { rewrite } = route, host = this.#request.headers['host'] ?? '';
    const target = (rewrite?.path ? changePath(path, rewrite.path, route.match.path) : path) + (query ? `?${query}` : '');
    let headers = change(change(this.#headers, destination.requestHeaders), route.requestHeaders);
    if (rewrite?.hostname) headers = [...headers.filter(([k]) => k !== 'host' && k !== 'x-forwarded-host'), ['x-forwarded-host', host]];
    const sent: Headers = [['host', rewrite?.hostname ?? host], ...headers.filter(([k]) => k !== 'host' && k !== 'content-length')];
    this.#log = { upstreamHost: address, cluster: route.cluster };
    this.#mirror(route, target, sent, host);
    const timeout = route.timeout ?? ROUTE_TIMEOUT;
    client.fetch({ method, url: `http://${address}`, path: target, headers: sent, connectTimeout: CONNECT_TIMEOUT, ...(timeout > 0 ? { timeout } : {}), ...(body === '' ? {} : { body }) }, (error, response) => {
      if (this.#res.finished || !process.running) return;
      if (error) this.#failed(error);
      else this.#answer(response!, [...destination.responseHeaders, ...route.responseHeaders]);
    });
  }

  /** Copies of the request whose answers nobody waits for. */
  #mirror(route: HttpRoute, target: string, headers: Headers, host: string): void {
    const { client, rng } = this.#envoy, { method, body } = this.#request;
    for (const { endpoints } of route.mirrors) {
      const { address, port } = rng.pick(endpoints);
      client.fetch({ method, url: `http://${address}:${port}`, path: target, headers: headers.map(([k, v]): [string, string] => [k, k === 'host' ? shadow(host) : v]), timeout: ROUTE_TIMEOUT, ...(body === '' ? {} : { body }), background: true }, () => {});
    }
  }

  #failed(error: HttpError): void {
    this.#log = { ...this.#log, upstreamLocal: error.local };
    const reset = (code: number, flags: string, reason: string, transport = '') => {
      if (transport) this.#log.transportFailure = transport;
      this.#reply(code, `upstream connect error or disconnect/reset before headers. reset reason: ${reason}${transport ? `, transport failure reason: ${transport}` : ''}`, flags, `upstream_reset_before_response_started{${reason.replaceAll(' ', '_')}${transport ? `|${transport.replaceAll(' ', '_')}` : ''}}`);
    };
    if (error.phase === 'connect') return error.code === 'TIMEOUT' ? reset(503, 'UF', 'connection timeout') : reset(503, 'UF', 'remote connection failure', `delayed connect error: ${ERRNO[error.code] ?? error.code}`);
    if (error.code === 'TIMEOUT') return this.#reply(504, 'upstream request timeout', 'UT', 'response_timeout');
    if (error.code === 'BAD') return reset(502, 'UPE', 'protocol error');
    reset(503, 'UC', 'connection termination');
  }

  #answer(response: HttpResponse, changes: HeaderChange[]): void {
    const head = this.#request.method === 'HEAD', headers: Headers = response.rawHeaders.map(([k, v]): [string, string] => [k.toLowerCase(), v]).filter(([k]) => !HOP_BY_HOP.has(k));
    const sized = headers.some(([k]) => k === 'content-length');
    const out = change(headers, changes);
    this.#log.upstreamLocal = response.local;
    this.#res.send(response.status, sized || response.status === 204 || response.status === 304 ? out : [...out, ['transfer-encoding', 'chunked']], head ? '' : response.body, response.reason);
    this.#done(response.status, head ? 0 : response.body.length, '', 'via_upstream');
  }

  #redirect(route: HttpRoute, r: Redirect, path: string): void {
    const { headers, query, tls } = this.#request, host = headers['host'] ?? '';
    const port = r.port !== undefined && r.port !== 80 && r.port !== 443 ? `:${r.port}` : '';
    const to = `${r.scheme ?? (tls ? 'https' : 'http')}://${r.hostname ?? host.replace(/:\d+$/, '')}${port}${r.path ? changePath(path, r.path, route.match.path) : path}${query ? `?${query}` : ''}`;
    this.#reply(r.code, '', '', 'direct_response', [['location', to]]);
  }

  /** An answer of Envoy's own. */
  #reply(code: number, body: string, flags: string, details: string, more: Headers = []): void {
    const date: Headers = [['date', httpDate(this.#envoy.process.now)]], text: Headers = body === '' ? [] : [['content-length', String(body.length)], ['content-type', 'text/plain']];
    const headers = change([...more, ...text, ...date, ...(body === '' ? ([['content-length', '0']] as Headers) : [])], code >= 300 && code < 400 ? [] : (this.#route?.responseHeaders ?? []));
    this.#res.send(code, headers, this.#request.method === 'HEAD' ? '' : body);
    this.#done(code, body.length, flags, details);
  }

  #done(code: number, sent: number, flags: string, details: string): void {
    this.#res.onClose = undefined;
    const { process } = this.#envoy, { method, path, query, version, body, local, remote, tls } = this.#request;
    this.#envoy.count(`downstream_rq_${Math.floor(code / 100)}xx`);
    if (this.#log.cluster) {
      this.#envoy.count(`cluster.${this.#log.cluster}.upstream_rq_total`);
      this.#envoy.count(`cluster.${this.#log.cluster}.upstream_rq_${code}`);
    }
    const headers = Object.fromEntries(this.#headers);
    void process.out(accessLogLine({ ...this.#log, start: this.#began, end: process.now, method, path: path + (query ? `?${query}` : ''), protocol: version, code, flags, details, received: body.length, sent, headers, local, remote, serverName: tls?.serverName, ...(this.#route ? { route: this.#route.name } : {}) }));
  }
}

const ERRNO: Record<string, string> = { ECONNREFUSED: 'Connection refused', EHOSTUNREACH: 'No route to host', ENETUNREACH: 'Network is unreachable', ETIMEDOUT: 'Connection timed out', ECONNRESET: 'Connection reset by peer' };

/** Sets, adds and removes headers. */
function change(headers: Headers, changes: readonly HeaderChange[]): Headers {
  let out = headers;
  for (const { op, name, value } of changes) {
    const key = name.toLowerCase();
    if (op !== 'add') out = out.filter(([k]) => k !== key);
    if (op !== 'remove') out = [...out, [key, value]];
  }
  return out;
}

function isPrivate(ip: string): boolean {
  const n = parseIpv4(ip);
  return n !== undefined && PRIVATE.some(([net, bits]) => inPrefix(n, ipv4(net), bits));
}

function mergeSlashes(path: string): string {
  const out: string[] = [];
  for (const part of path.replace(/\/{2,}/g, '/').split('/').slice(1)) {
    if (part === '..') out.pop();
    else if (part !== '.') out.push(part);
  }
  return `/${out.join('/')}`;
}

/** A mirrored request says so in its Host: example.com-shadow. */
function shadow(host: string): string {
  return host.replace(/^([^:]*)/, '$1-shadow');
}
