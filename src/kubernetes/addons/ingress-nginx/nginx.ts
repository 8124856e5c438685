import { headerList, type Headers, httpListen, HttpClient, type HttpError, type HttpRequest, type HttpResponder, type HttpResponse, REASONS } from '../../../linux/net/http.ts';
import { inPrefix, parseIpv4 } from '../../../linux/net/addresses.ts';
import type { Process } from '../../../linux/process.ts';
import type { Rng } from '../../../sim/rng.ts';
import { SECOND } from '../../../sim/clock.ts';
import { httpDate } from '../../runtime/images/http-date.ts';
import { clf, errorPage, stamp } from '../../runtime/images/nginx-text.ts';
import { CATCH_ALL, type Configuration, DEFAULT_PORT, DEFAULT_UPSTREAM, type Endpoint, type Location, type Server } from './configuration.ts';
import { matchLocation, matchServer, normalize, rewrite } from './match.ts';

const REASON: Record<number, string> = { 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' };
const TRIES = 3;

/** The nginx that the controller configures: master and workers, ports 80, 443 and 8181, its access and error logs. */
export class Nginx {
  readonly master: Process;
  configuration: Configuration;
  readonly #rng: Rng;
  readonly #next = new Map<string, number>();
  #workers: Process[] = [];
  #clients: HttpClient[] = [];
  #connections = 0;

  /** Throws SocketError where a port cannot be had. */
  constructor(controller: Process, configuration: Configuration) {
    this.master = controller.machine.daemon({ argv: ['nginx: master process /usr/bin/nginx -c /etc/nginx/nginx.conf'], exe: '/usr/bin/nginx', parent: controller });
    this.configuration = configuration;
    this.#rng = controller.world.rng.fork(`ingress-nginx/${controller.uts.hostname}`);
    const port = (number: number, scheme: 'http' | 'https') => httpListen(this.master, {
      ip: '0.0.0.0', port: number, badRequest: badRequest(this.master), onConnection: () => void this.#connections++,
      ...(scheme === 'https' ? { tls: { ...this.#certificate(undefined), alpn: ['http/1.1'], select: (name) => this.#certificate(name) } } : {}),
    }, (request, res) => this.#handle(request, res, scheme));
    port(80, 'http');
    port(443, 'https');
    httpListen(this.master, { ip: '0.0.0.0', port: DEFAULT_PORT }, (_, res) => page(this.master, res, 404));
    this.reload(configuration);
    controller.onExit(() => this.master.signal('KILL'));
  }

  /** HUP: new workers with the new configuration; the old ones finish what they have. */
  reload(configuration: Configuration): void {
    this.configuration = configuration;
    for (const old of this.#clients) old.close();
    for (const old of this.#workers) old.exit(0);
    this.#workers = [0, 1].map(() => this.master.machine.daemon({ argv: ['nginx: worker process'], exe: '/usr/bin/nginx', parent: this.master }));
    this.#clients = this.#workers.map((worker) => new HttpClient(worker));
  }

  get running(): boolean {
    return this.master.running;
  }

  #certificate(name: string | undefined) {
    const named = matchServer(this.configuration, name ?? '').certificate;
    return named ?? this.configuration.servers.find((s) => s.hostname === CATCH_ALL)!.certificate!;
  }

  #handle(request: HttpRequest, res: HttpResponder, scheme: 'http' | 'https'): void {
    const host = request.headers['host'] ?? '', server = matchServer(this.configuration, host), uri = normalize(request.path);
    const exchange = new Exchange(this, request, res, scheme, server);
    if (uri === undefined) return exchange.page(400);
    const appRoot = server.locations.find((l) => l.annotations.appRoot !== '')?.annotations.appRoot;
    if (appRoot && uri === '/') return exchange.redirect(302, `${scheme}://${host}${appRoot}`);
    if (server.hostname === CATCH_ALL && uri === '/healthz') return send(this.master, res, 200, 'text/html', '');
    const found = matchLocation(server, uri);
    if (!found) return exchange.page(404);
    if ('redirect' in found) return exchange.redirect(301, `${scheme}://${host}${found.redirect}${request.query ? `?${request.query}` : ''}`);
    exchange.pass(found.location, uri);
  }

  /** Round robin over the endpoints, beginning anywhere. */
  pick(name: string, endpoints: readonly Endpoint[]): Endpoint {
    const at = this.#next.get(name) ?? this.#rng.int(endpoints.length);
    this.#next.set(name, at + 1);
    return endpoints[at % endpoints.length]!;
  }

  /** The upstream, or its canary where the request is one of those it is for. */
  chosen(name: string, request: HttpRequest): { name: string; alternative: string } {
    const canary = this.configuration.upstreams.get(name)?.canary;
    if (!canary) return { name, alternative: '' };
    const { weight, header, headerValue, cookie } = canary.rule, alternative = { name, alternative: canary.name };
    const said = header === '' ? undefined : request.headers[header];
    if (said !== undefined && (headerValue !== '' ? said === headerValue : said === 'always')) return alternative;
    if (said === 'never' && headerValue === '') return { name, alternative: '' };
    const baked = cookie === '' ? undefined : new RegExp(`(?:^|;\\s*)${cookie}=(always|never)`).exec(request.headers['cookie'] ?? '')?.[1];
    if (baked !== undefined) return baked === 'always' ? alternative : { name, alternative: '' };
    return this.#rng.int(100) < weight ? alternative : { name, alternative: '' };
  }

  client(): HttpClient {
    return this.#clients[this.#connections % this.#clients.length]!;
  }

  /** ngx_http_variables $request_id: 16 random bytes. */
  requestId(): string {
    return this.#rng.hex(32);
  }

  access(line: string): void {
    void this.master.out(line);
  }

  error(text: string): void {
    const worker = this.#workers[this.#connections % this.#workers.length]!;
    void this.master.err(`${stamp(this.master)} [error] ${worker.nspid}#${worker.nspid}: *${this.#connections} ${text}\n`);
  }
}

interface Attempt {
  address: string;
  length: number | undefined;
  /** Seconds. */
  time: number;
  status: number;
}

/** One request on its way. */
class Exchange {
  readonly #nginx: Nginx;
  readonly #request: HttpRequest;
  readonly #res: HttpResponder;
  readonly #scheme: 'http' | 'https';
  readonly #server: Server;
  readonly #began: number;
  readonly #id: string;
  #location: Location | undefined;
  #upstream = '-';
  #alternative = '';
  #attempts: Attempt[] = [];

  constructor(nginx: Nginx, request: HttpRequest, res: HttpResponder, scheme: 'http' | 'https', server: Server) {
    this.#nginx = nginx;
    this.#request = request;
    this.#res = res;
    this.#scheme = scheme;
    this.#server = server;
    this.#began = nginx.master.now;
    this.#id = request.headers['x-request-id'] || nginx.requestId();
    // The client goes away before there is an answer: 499 in the log.
    res.onClose = () => this.#log(499, 0);
  }

  page(status: number): void {
    const body = page(this.#nginx.master, this.#res, status, this.#security());
    this.#log(status, body);
  }

  redirect(status: number, to: string): void {
    const body = page(this.#nginx.master, this.#res, status, [['Location', to], ...this.#security()]);
    this.#log(status, body);
  }

  /** The phases of a location: size, rewrite, access, content. */
  pass(location: Location, uri: string): void {
    this.#location = location;
    const { annotations } = location, request = this.#request, host = request.headers['host'] ?? '';
    this.#upstream = location.upstream;
    if (annotations.bodySize > 0 && Math.max(Number(request.headers['content-length'] ?? 0), request.body.length) > annotations.bodySize) {
      this.#nginx.error(`client intended to send too large body: ${request.headers['content-length'] ?? request.body.length} bytes, ${this.#about()}`);
      return this.page(413);
    }
    if (annotations.redirect) return this.redirect(annotations.redirect.code, substitute(annotations.redirect.url, { request_uri: request.target, scheme: this.#scheme, host: host.replace(/:\d+$/, ''), http_host: host }));
    if (this.#scheme === 'http' && (annotations.forceSslRedirect || (annotations.sslRedirect && this.#server.certificate !== undefined && this.#server.hostname !== CATCH_ALL))) {
      const target = !annotations.preserveTrailingSlash && request.target.endsWith('/') ? request.target.slice(0, -1) : request.target;
      return this.redirect(308, `https://${host.replace(/:\d+$/, '')}${target}`);
    }
    if (!allowed(request.remote.ip, annotations)) {
      this.#nginx.error(`access forbidden by rule, ${this.#about()}`);
      return this.page(403);
    }
    if (annotations.cors && request.method === 'OPTIONS') {
      this.#res.send(204, [['Date', httpDate(this.#nginx.master.now)], ['Connection', 'keep-alive'], ...CORS]);
      return this.#log(204, 0);
    }
    const { name, alternative } = this.#nginx.chosen(location.upstream, request);
    this.#alternative = alternative;
    const endpoints = this.#nginx.configuration.upstreams.get(alternative || name)?.endpoints ?? [];
    if (endpoints.length === 0) return this.page(503);
    const rewritten = rewrite(location, uri);
    const target = rewritten === undefined ? request.target : `${escapeUri(rewritten)}${request.query && !rewritten.includes('?') ? `?${request.query}` : ''}`;
    this.#try(location, alternative || name, endpoints, target);
  }

  #try(location: Location, name: string, endpoints: readonly Endpoint[], target: string): void {
    const { annotations } = location, endpoint = this.#nginx.pick(name, endpoints), request = this.#request;
    const began = this.#nginx.master.now, address = `${endpoint.address}:${endpoint.port}`;
    const secure = annotations.https && name !== DEFAULT_UPSTREAM;
    this.#nginx.client().fetch({
      method: request.method, url: `${secure ? 'https' : 'http'}://${address}`, path: target, headers: this.#upstreamHeaders(annotations), connectTimeout: annotations.connectTimeout * SECOND, timeout: annotations.readTimeout * SECOND,
      ...(request.body === '' ? {} : { body: request.body }), ...(secure ? { tls: { insecure: true, alpn: ['http/1.1'] } } : {}),
    }, (error, response) => {
      const time = (this.#nginx.master.now - began) / SECOND;
      if (this.#res.finished) return;
      if (error) this.#failed(error, address, time, target, () => this.#try(location, name, endpoints, target));
      else this.#answer(response!, address, time);
    });
  }

  /** proxy_next_upstream error timeout: three tries in all, then 502 or 504. What is not idempotent and was sent is not tried again. */
  #failed(error: HttpError, address: string, time: number, target: string, again: () => void): void {
    const late = error.code === 'TIMEOUT' || error.code === 'ETIMEDOUT', status = late ? 504 : 502;
    const why = error.phase === 'resolve' ? `${error.remote.ip} could not be resolved (3: Host not found)` : late ? `upstream timed out (110: Operation timed out) while ${error.phase === 'connect' ? 'connecting to' : 'reading response header from'} upstream`
      : error.phase === 'connect' ? `connect() failed (${ERRNO[error.code] ?? error.code}) while connecting to upstream`
        : error.code === 'BAD' ? 'upstream sent no valid HTTP/1.0 header while reading response header from upstream'
          : error.code === 'ECONNRESET' ? 'recv() failed (104: Connection reset by peer) while reading response header from upstream' : 'upstream prematurely closed connection while reading response header from upstream';
    this.#attempts.push({ address, length: error.phase === 'connect' || !late ? 0 : undefined, time, status });
    this.#nginx.error(`${why}, client: ${this.#request.remote.ip}, server: ${this.#server.hostname}, request: "${this.#request.method} ${this.#request.target} HTTP/1.1", upstream: "http://${address}${target}", host: "${this.#request.headers['host'] ?? ''}"`);
    const sent = error.phase !== 'connect' && error.phase !== 'resolve';
    if (this.#attempts.length < TRIES && !(sent && /^(POST|LOCK|PATCH)$/.test(this.#request.method))) again();
    else this.page(status);
  }

  #answer(response: HttpResponse, address: string, time: number): void {
    const { master } = this.#nginx, length = response.body.length;
    this.#attempts.push({ address, length, time, status: response.status });
    const from = (name: string) => response.rawHeaders.filter(([n]) => n.toLowerCase() === name);
    const sized = from('content-length')[0], head = this.#request.method === 'HEAD';
    const headers: [string, string][] = [
      ['Date', httpDate(master.now)], ...from('content-type'), ...(sized ? [sized] : []), ...from('last-modified'), ...(sized || response.status === 204 || response.status === 304 ? [] : [['Transfer-Encoding', 'chunked'] as [string, string]]), ['Connection', 'keep-alive'],
      ...response.rawHeaders.filter(([n]) => !HIDDEN.has(n.toLowerCase())), ...(this.#location!.annotations.cors ? CORS : []), ...this.#security(),
    ];
    this.#res.send(response.status, headers, head ? '' : response.body, response.reason || REASONS[response.status]);
    this.#log(response.status, head ? 0 : length);
  }

  /** proxy_set_header, then what the client sent and none of those replace. An empty value is no header. */
  #upstreamHeaders({ upstreamVhost, forwardedPrefix, rewriteTarget }: Location['annotations']): Headers {
    const { headers, rawHeaders, remote } = this.#request, host = headers['host'] ?? '', trusted = this.#nginx.configuration.settings.bool('use-forwarded-headers', false);
    const scheme = (trusted && headers['x-forwarded-proto']) || this.#scheme, port = (trusted && headers['x-forwarded-port']) || (this.#scheme === 'https' ? '443' : '80');
    const client = (trusted && headers['x-forwarded-for']?.split(',')[0]?.trim()) || remote.ip;
    const set: [string, string][] = [
      ['Host', upstreamVhost || host], ['X-Request-ID', this.#id], ['X-Real-IP', client], ['X-Forwarded-For', client], ['X-Forwarded-Host', (trusted && headers['x-forwarded-host']) || host], ['X-Forwarded-Port', port],
      ['X-Forwarded-Proto', scheme], ['X-Forwarded-Scheme', scheme], ['X-Scheme', scheme], ['X-Original-Forwarded-For', headers['x-forwarded-for'] ?? ''], ...(forwardedPrefix && rewriteTarget ? [['X-Forwarded-Prefix', forwardedPrefix] as [string, string]] : []),
    ];
    const taken = new Set([...set.map(([n]) => n.toLowerCase()), 'connection', 'keep-alive', 'proxy', 'te', 'transfer-encoding', 'upgrade', 'expect', 'content-length']);
    return [...set.filter(([, v]) => v !== ''), ...headerList(rawHeaders).filter(([n]) => !taken.has(n.toLowerCase()) && !n.includes('_'))];
  }

  #security(): [string, string][] {
    const { settings } = this.#nginx.configuration;
    return this.#scheme === 'https' && settings.bool('hsts', true) ? [['Strict-Transport-Security', `max-age=${settings.text('hsts-max-age', '15724800')}${settings.bool('hsts-include-subdomains', true) ? '; includeSubDomains' : ''}`]] : [];
  }

  #about(): string {
    const { remote, method, target, headers } = this.#request;
    return `client: ${remote.ip}, server: ${this.#server.hostname}, request: "${method} ${target} HTTP/1.1", host: "${headers['host'] ?? ''}"`;
  }

  /** log_format upstreaminfo. */
  #log(status: number, bytes: number): void {
    this.#res.onClose = undefined;
    if (this.#location && !this.#location.annotations.accessLog) return;
    const { remote, method, target, version, headers, rawHeaders, body } = this.#request, tries = this.#attempts;
    const length = `${method} ${target} ${version}\r\n`.length + rawHeaders.reduce((n, [k, v]) => n + k.length + v.length + 4, 2) + body.length;
    const each = (of: (a: Attempt) => string) => (tries.length === 0 ? '-' : tries.map(of).join(', '));
    const seconds = (n: number) => n.toFixed(3);
    this.#nginx.access(`${remote.ip} - - [${clf(this.#nginx.master)}] "${method} ${target} ${version}" ${status} ${bytes} "${headers['referer'] ?? '-'}" "${headers['user-agent'] ?? '-'}" ${length} ${seconds((this.#nginx.master.now - this.#began) / SECOND)} [${this.#upstream}] [${this.#alternative}] ${each((a) => a.address)} ${each((a) => (a.length === undefined ? '-' : String(a.length)))} ${each((a) => seconds(a.time))} ${each((a) => String(a.status))} ${this.#id}\n`);
  }
}

/** Headers of the upstream's that nginx writes itself or keeps. */
const HIDDEN = new Set(['date', 'server', 'content-type', 'content-length', 'last-modified', 'connection', 'keep-alive', 'transfer-encoding', 'x-accel-redirect', 'x-accel-expires', 'x-pad']);
const ERRNO: Record<string, string> = { ECONNREFUSED: '111: Connection refused', EHOSTUNREACH: '113: Host is unreachable', ENETUNREACH: '101: Network unreachable', ECONNRESET: '104: Connection reset by peer' };
const CORS: [string, string][] = [
  ['Access-Control-Allow-Origin', '*'], ['Access-Control-Allow-Credentials', 'true'], ['Access-Control-Allow-Methods', 'GET, PUT, POST, DELETE, PATCH, OPTIONS'],
  ['Access-Control-Allow-Headers', 'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization'], ['Access-Control-Max-Age', '1728000'],
];

/** Answers with nginx's own page; returns its size. */
function page(process: Process, res: HttpResponder, status: number, more: readonly (readonly [string, string])[] = []): number {
  const body = errorPage(status);
  send(process, res, status, 'text/html', body, more);
  return body.length;
}

function send(process: Process, res: HttpResponder, status: number, type: string, body: string, more: readonly (readonly [string, string])[] = []): void {
  res.send(status, [['Date', httpDate(process.now)], ['Content-Type', type], ['Content-Length', String(body.length)], ['Connection', 'keep-alive'], ...more], body, REASON[status]);
}

function badRequest(process: Process): string {
  const body = errorPage(400);
  return `HTTP/1.1 400 Bad Request\r\nDate: ${httpDate(process.now)}\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

function allowed(client: string, { allow, deny }: Location['annotations']): boolean {
  const within = (cidr: string) => {
    const [net, bits = '32'] = cidr.split('/') as [string, string?], a = parseIpv4(net), ip = parseIpv4(client);
    return a !== undefined && ip !== undefined && inPrefix(ip, a, Number(bits));
  };
  return !deny.some(within) && (allow.length === 0 || allow.some(within));
}

function substitute(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(\w+)/g, (whole, name: string) => variables[name] ?? whole);
}

/** ngx_escape_uri: what may not stand in a request line. */
function escapeUri(uri: string): string {
  return uri.replace(/[^\x21-\x7e]|%(?![0-9A-F]{2})|[ "<>\\^`{|}]/gi, (c) => encodeURIComponent(c));
}
