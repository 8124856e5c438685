// The API server as kubectl sees it: HTTP requests with its credentials (client-go's rest.Client).
import type { KubeObject, Status } from '../../kubernetes/api/types.ts';
import type { ChannelMessage } from '../../kubernetes/apiserver/http.ts';
import type { Process } from '../../linux/process.ts';
import { KubectlError, StatusError, UrlError } from './errors.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import type { Exchange } from './request-log.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** A request as it goes over the wire. */
export interface WireRequest {
  method: Method;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Microseconds; none without it. */
  timeout?: number | undefined;
}
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}
export interface WireStream extends WireResponse {
  /** Ends it from our side. */
  close(): void;
}
export interface WireChannel extends WireResponse {
  send(message: ChannelMessage): void;
  close(): void;
}

/** How requests reach the API server. What fails on the way throws WireError. */
export interface Connection {
  request(request: WireRequest): Promise<WireResponse>;
  /** `data` gets pieces of the body as they come; `body` holds it when the status is an error. */
  stream(request: WireRequest, data: (text: string) => void, end: (error?: string) => void): Promise<WireStream>;
  /** Switches protocols: messages in both directions (status 101), or the refusal. */
  upgrade(request: WireRequest, message: (message: ChannelMessage) => void, end: () => void): Promise<WireChannel>;
}
export type Connect = (process: Process, access: ClusterAccess) => Connection;

/** What the network or TLS said: "dial tcp 127.0.0.1:6443: connect: connection refused". */
export class WireError extends Error {}

export type Query = Record<string, string | number | boolean | undefined | string[]>;
export interface Options {
  /** The answer is read as it comes, so it is no part of what -v=8 tells. */
  streamed?: boolean;
  query?: Query;
  headers?: Record<string, string>;
  body?: unknown;
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
export const ACCEPT_TABLE = { accept: TABLE };
export const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
export type PatchType = keyof typeof PATCH_TYPES;

export class Rest {
  readonly access: ClusterAccess;
  readonly #connection: Connection;
  /** Gets each warning of the server once. */
  readonly #warn: (text: string) => void;
  #connected = false;
  readonly #log: ((exchange: Exchange) => void) | undefined;

  constructor(access: ClusterAccess, connection: Connection, { warn, log }: { warn: (text: string) => void; log?: (exchange: Exchange) => void }) {
    this.access = access;
    this.#connection = connection;
    this.#warn = warn;
    this.#log = log;
  }

  /** An object or a Status; throws StatusError for a refusal, UrlError when there is no answer. */
  async json(method: Method, path: string, options: Options = {}): Promise<KubeObject> {
    return JSON.parse(await this.text(method, path, options)) as KubeObject;
  }

  async text(method: Method, path: string, options: Options = {}): Promise<string> {
    const response = await this.raw(method, path, options);
    if (response.status >= 400) throw refusal(response, method, path);
    return response.body;
  }

  /** Whatever the server answered, also a refusal. */
  async raw(method: Method, path: string, options: Options = {}): Promise<WireResponse> {
    const request = this.#request(method, path, options);
    const response = await this.#reach(request, () => this.#connection.request(request), options.streamed);
    this.#warnings(response.headers);
    return response;
  }

  /** A body that comes in pieces. */
  async stream(path: string, options: Options, data: (text: string) => void, end: (error?: string) => void): Promise<WireStream> {
    const stream = await this.open(path, options, data, end);
    if (stream.status >= 400) throw refusal(stream, 'GET', path);
    return stream;
  }

  /** The same, whatever the server answered: a refusal is whole in `body`. */
  async open(path: string, options: Options, data: (text: string) => void, end: (error?: string) => void): Promise<WireStream> {
    const request = this.#request('GET', path, options);
    const stream = await this.#reach(request, () => this.#connection.stream(request, data, end));
    this.#warnings(stream.headers);
    return stream;
  }

  async upgrade(path: string, options: Options, message: (message: ChannelMessage) => void, end: () => void): Promise<WireChannel> {
    const request = this.#request('POST', path, { ...options, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', ...options.headers } });
    const channel = await this.#reach(request, () => this.#connection.upgrade(request, message, end));
    if (channel.status !== 101) throw isStatus(channel.body) ? refusal(channel, 'POST', path) : new KubectlError(`unable to upgrade connection: ${channel.body.trim()}`);
    return channel;
  }

  get(path: string, query?: Query): Promise<KubeObject> {
    return this.json('GET', path, query ? { query } : {});
  }
  create(path: string, body: unknown, query?: Query): Promise<KubeObject> {
    return this.json('POST', path, { body, query: query ?? {} });
  }
  update(path: string, body: unknown, query?: Query): Promise<KubeObject> {
    return this.json('PUT', path, { body, query: query ?? {} });
  }
  patch(path: string, type: PatchType, body: unknown, query?: Query): Promise<KubeObject> {
    return this.json('PATCH', path, { body, query: query ?? {}, headers: { 'content-type': PATCH_TYPES[type] } });
  }
  delete(path: string, body?: unknown, query?: Query): Promise<KubeObject> {
    return this.json('DELETE', path, { body, query: query ?? {} });
  }

  /** As it is shown in messages. */
  url(path: string, query: Query = {}): string {
    return this.access.server.replace(/\/$/, '') + withQuery(path, query);
  }

  #request(method: Method, path: string, { query = {}, headers = {}, body }: Options): WireRequest {
    const seconds = this.access.timeout;
    const all: Record<string, string> = {
      accept: 'application/json', 'user-agent': 'kubectl/v1.28.15 (linux/amd64) kubernetes/8418565', ...this.access.headers, ...headers,
    };
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    if (text !== undefined && !all['content-type']) all['content-type'] = 'application/json';
    const request: WireRequest = { method, path: withQuery(path, seconds ? { ...query, timeout: `${seconds}s` } : query), headers: all, timeout: seconds ? seconds * 1e6 : undefined };
    if (text !== undefined) request.body = text;
    return request;
  }

  async #reach<T extends WireResponse>(request: WireRequest, act: () => Promise<T>, streamed = false): Promise<T> {
    const url = this.access.server.replace(/\/$/, '') + request.path;
    try {
      const answer = await act();
      this.#log?.({ request, url, answer: streamed ? { ...answer, body: '' } : answer, first: !this.#connected });
      this.#connected = true;
      return answer;
    } catch (error) {
      if (error instanceof WireError) this.#log?.({ request, url, answer: error.message, first: true });
      if (error instanceof WireError) throw new UrlError(request.method, url, error.message);
      throw error;
    }
  }

  #warnings(headers: Record<string, string>): void {
    const header = headers['warning'];
    if (header) for (const [, text] of header.matchAll(/299 (?:\S+) "((?:[^"\\]|\\.)*)"/g)) this.#warn(text!.replace(/\\(.)/g, '$1'));
  }
}

function withQuery(path: string, query: Query): string {
  const parts: string[] = [];
  for (const name of Object.keys(query).sort()) {
    const value = query[name];
    if (value === undefined || value === '' || value === false) continue;
    for (const v of Array.isArray(value) ? value : [value]) parts.push(`${escape(name)}=${escape(String(v))}`);
  }
  return parts.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${parts.join('&')}`;
}

/** url.QueryEscape */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The Status in a response, or the one client-go makes from its code (errors.NewGenericServerResponse). */
export function refusal(response: WireResponse, method: string, path: string): Error {
  try {
    const body = JSON.parse(response.body) as Status;
    if (body.kind === 'Status') return new StatusError(body);
  } catch {
    // not JSON: made below
  }
  return new StatusError(genericStatus(response.status, response.body, method, path));
}

function isStatus(text: string): boolean {
  try {
    return (JSON.parse(text) as Status).kind === 'Status';
  } catch {
    return false;
  }
}

const GENERIC: Record<number, [string, string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', ''],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', ''],
  409: ['Conflict', 'the server reported a conflict'],
  415: ['UnsupportedMediaType', ''],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted, but may still be processing the request'],
};

function genericStatus(code: number, text: string, method: string, path: string): Status {
  const said = text.trim();
  let [reason, message] = GENERIC[code] ?? (code >= 500 ? ['InternalError', `an error on the server (${JSON.stringify(said || 'unknown')}) has prevented the request from succeeding`] : ['', `the server responded with the status code ${code} but did not return more information`]);
  if (message === '') message = said;
  if (code === 409 && method === 'POST') reason = 'AlreadyExists';
  const [, resource, name] = /\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/)?([^/?]+)(?:\/([^/?]+))?/.exec(path) ?? [];
  if (resource) message += ` (${method.toLowerCase()} ${resource}${name ? ` ${name}` : ''})`;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code, details: {} };
}
