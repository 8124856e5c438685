import { httpFetch, httpListen, type HttpRequest, type HttpResponder } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import type { ApiRequest, ApiResponse, ApiStream, ChannelMessage, UserInfo } from '../apiserver/http.ts';
import type { ApiServer } from '../apiserver/server.ts';
import { dialError } from '../kubelet/dial-error.ts';
import { ANONYMOUS, serviceAccount, tokenSubject, userOf } from './kubeconfig.ts';

/** What the API server shows on its port, and the CA whose client certificates it believes. */
export interface Serving {
  port: number;
  cn: string;
  ca: string;
  sans: string[];
  clientCa: string;
}

/** The API server on the wire: HTTP over TLS on its port, watches and logs as chunks, exec and its like as an upgraded connection. */
export function listenApi(process: Process, server: ApiServer, { port, cn, ca, sans, clientCa }: Serving): void {
  server.dial ??= (host, to, method, path) => ({ status: 200, headers: {}, body: '', upstream: { host, port: to, method, path } });
  httpListen(process, { ip: '::', port, tls: { cn, ca, sans, requestCert: true } }, (request, response) => answer(process, server, clientCa, request, response));
}

function answer(process: Process, server: ApiServer, clientCa: string, request: HttpRequest, response: HttpResponder): void {
  const user = authenticate(server, clientCa, request);
  if (!user) return json(request, response, 401, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  const asked: ApiRequest = { method: request.method as ApiRequest['method'], path: decodeURIComponent(request.path), query: parseQuery(request.query), headers: request.headers, ...(request.body === '' ? {} : { body: request.body }), user };
  const needed = server.needs(asked);
  if (needed) process.world.bring(needed, process, () => give(process, server.handle(asked), request, response));
  else give(process, server.handle(asked), request, response);
}

function give(process: Process, result: ApiResponse | ApiStream, request: HttpRequest, response: HttpResponder): void {
  if (!('start' in result)) {
    if (result.upstream) return proxy(process, result.upstream, request, response);
    const { 'content-type': type = 'application/json', ...headers } = result.headers;
    const body = typeof result.body === 'string' ? result.body : encode(result.body, request);
    return response.send(result.status, { ...standard(), 'Content-Type': type, ...headers }, request.method === 'HEAD' ? '' : body);
  }
  if (/upgrade/i.test(request.headers['connection'] ?? '') || result.status === 101) {
    const duplex = response.upgrade({ Connection: 'Upgrade', Upgrade: request.headers['upgrade'] ?? 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' });
    const control = result.start({ data: (chunk) => duplex.send(typeof chunk === 'string' ? chunk : JSON.stringify(chunk)), end: () => duplex.close() });
    duplex.onMessage = (text) => control.send(JSON.parse(text) as ChannelMessage);
    duplex.onClose = () => control.close();
    duplex.start();
    return;
  }
  response.start(result.status, { ...standard(), 'Content-Type': result.headers['content-type'] ?? 'application/json', ...result.headers });
  const control = result.start({ data: (chunk) => response.write(typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`), end: () => response.end() });
  response.onClose = () => control.close();
}

/** Asks the pod or the Service's endpoint and passes its answer on (the paths in it are not rewritten). */
function proxy(process: Process, { host, port, method, path }: NonNullable<ApiResponse['upstream']>, request: HttpRequest, response: HttpResponder): void {
  const headers = { ...Object.fromEntries(Object.entries(request.headers).filter(([name]) => !['authorization', 'connection', 'host', 'content-length'].includes(name))), Host: `${host}:${port}`, 'X-Forwarded-For': request.remote.ip };
  httpFetch(process, { method, ip: host, port, path: request.query === '' ? path : `${path}?${request.query}`, headers, ...(request.body === '' ? {} : { body: request.body }), timeout: 30 * SECOND }, (error, answered) => {
    if (error) {
      const message = `error trying to reach service: ${dialError(error.code, host, port, 'http')}`;
      return json(request, response, 503, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'ServiceUnavailable', code: 503 });
    }
    const { connection: _, 'transfer-encoding': __, ...rest } = answered!.headers;
    response.send(answered!.status, rest, answered!.body);
  });
}

/** Client certificate of the cluster's CA, bearer token of a service account, or nobody. Undefined: a credential that is not valid. */
function authenticate(server: ApiServer, clientCa: string, request: HttpRequest): UserInfo | undefined {
  // x509 comes first: who shows a certificate is its user, whatever the token says.
  const peer = request.tls?.peer;
  if (peer?.ca === clientCa) return userOf(peer.cn, peer.organizations ?? []);
  const bearer = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
  if (bearer !== undefined) return authenticateToken(server, bearer);
  return peer ? undefined : ANONYMOUS;
}

function authenticateToken(server: ApiServer, token: string): UserInfo | undefined {
  const tokens = server.tokens as unknown as { authenticate?(token: string): UserInfo | undefined };
  if (tokens.authenticate) return tokens.authenticate(token);
  const subject = tokenSubject(token);
  return subject?.startsWith('system:serviceaccount:') ? serviceAccount(subject) : undefined;
}

function parseQuery(query: string): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  if (query === '') return out;
  for (const part of query.split('&')) {
    const eq = part.indexOf('=');
    const decode = (s: string) => decodeURIComponent(s.replaceAll('+', ' '));
    const k = decode(eq < 0 ? part : part.slice(0, eq));
    (out[k] ??= []).push(eq < 0 ? '' : decode(part.slice(eq + 1)));
  }
  return out;
}

function json(request: HttpRequest, response: HttpResponder, status: number, body: unknown): void {
  response.send(status, { ...standard(), 'Content-Type': 'application/json' }, encode(body, request));
}

/** Indented for people: browsers, curl, wget, or who asks for it (negotiate.go, isPrettyPrint). A watch never is. */
function encode(body: unknown, { headers, query }: HttpRequest): string {
  const asked = parseQuery(query)['pretty']?.[0];
  const pretty = asked === undefined || asked === '' ? /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '') : /^(1|t|true)$/i.test(asked);
  return pretty ? JSON.stringify(body, null, 2) : `${JSON.stringify(body)}\n`;
}

function standard(): Record<string, string> {
  return { 'Cache-Control': 'no-cache, private' };
}
