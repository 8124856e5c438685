import type { KubeObject, Status } from '../api/types.ts';
import type { ApiRequest, ApiResponse, ApiStream, UserInfo, WatchEvent } from '../apiserver/http.ts';

/** A resource of the API: `{ group: 'apps', version: 'v1', resource: 'deployments' }`; the core group is ''. */
export interface Gvr {
  group: string;
  version: string;
  resource: string;
}

export const core = (resource: string): Gvr => ({ group: '', version: 'v1', resource });
export const gvr = (group: string, version: string, resource: string): Gvr => ({ group, version, resource });

export interface ListOptions {
  labelSelector?: string;
  fieldSelector?: string;
}

/** A refusal of the API server; `status` is what it sent. */
export class ApiError extends Error {
  readonly status: Status;
  constructor(status: Status) {
    super(status.message ?? 'unknown');
    this.status = status;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
  get code(): number {
    return this.status.code ?? 0;
  }
}

/** How a component reaches the API server: its own process, user and connection. Throws ApiError or ConnectionError. */
export interface Transport {
  handle(request: ApiRequest): ApiResponse | ApiStream;
}

/** The API server could not be reached (its process is gone, the wire is cut). */
export class ConnectionError extends Error {}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';
const PATCH_CONTENT: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A synchronous client for the components of the cluster (controllers, scheduler, kubelet, kube-proxy …). */
export class ApiClient {
  readonly #transport: Transport;
  readonly #user: UserInfo;
  readonly #agent: string;

  constructor(transport: Transport, user: UserInfo, agent: string) {
    this.#transport = transport;
    this.#user = user;
    this.#agent = agent;
  }

  get(r: Gvr, namespace: string | undefined, name: string): KubeObject {
    return this.#call('GET', path(r, namespace, name));
  }

  /** Like get, but undefined when there is none. */
  find(r: Gvr, namespace: string | undefined, name: string): KubeObject | undefined {
    try {
      return this.get(r, namespace, name);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  list(r: Gvr, namespace?: string, options: ListOptions = {}): { items: KubeObject[]; resourceVersion: string } {
    const list = this.#call('GET', path(r, namespace), undefined, listQuery(options));
    return { items: list['items'] as KubeObject[], resourceVersion: list.metadata.resourceVersion ?? '' };
  }

  create(r: Gvr, object: KubeObject, subresource?: { name: string; subresource: string }): KubeObject {
    const to = subresource ? path(r, object.metadata.namespace, subresource.name, subresource.subresource) : path(r, object.metadata.namespace);
    return this.#call('POST', to, object);
  }

  update(r: Gvr, object: KubeObject): KubeObject {
    return this.#call('PUT', path(r, object.metadata.namespace, object.metadata.name), object);
  }

  updateStatus(r: Gvr, object: KubeObject): KubeObject {
    return this.#call('PUT', path(r, object.metadata.namespace, object.metadata.name, 'status'), object);
  }

  patch(r: Gvr, namespace: string | undefined, name: string, type: PatchType, patch: unknown, subresource?: string): KubeObject {
    return this.#call('PATCH', path(r, namespace, name, subresource), patch as KubeObject, {}, { 'content-type': PATCH_CONTENT[type] });
  }

  delete(r: Gvr, namespace: string | undefined, name: string, options: { gracePeriodSeconds?: number; propagationPolicy?: string; preconditions?: { uid?: string; resourceVersion?: string } } = {}): KubeObject {
    return this.#call('DELETE', path(r, namespace, name), { kind: 'DeleteOptions', apiVersion: 'v1', ...options } as unknown as KubeObject);
  }

  /** Opens a watch from `resourceVersion` on. Events come from the clock, never from inside this call. Returns a function that ends it. */
  watch(r: Gvr, namespace: string | undefined, options: ListOptions & { resourceVersion: string }, event: (event: WatchEvent) => void, ended: () => void = () => {}): () => void {
    const query = { ...listQuery(options), watch: ['true'], resourceVersion: [options.resourceVersion], allowWatchBookmarks: ['true'] };
    const answer = this.#transport.handle(this.#request('GET', path(r, namespace), undefined, query));
    if (!('start' in answer)) throw new ApiError(answer.body as unknown as Status);
    const control = answer.start({ data: (chunk) => event(chunk as WatchEvent), end: ended });
    return () => control.close();
  }

  /** Any request, for what the methods above do not cover. */
  raw(method: ApiRequest['method'], to: string, body?: KubeObject, query: Record<string, string[]> = {}, headers: Record<string, string> = {}): KubeObject {
    return this.#call(method, to, body, query, headers);
  }

  #call(method: ApiRequest['method'], to: string, body?: KubeObject, query: Record<string, string[]> = {}, headers: Record<string, string> = {}): KubeObject {
    const answer = this.#transport.handle(this.#request(method, to, body, query, headers));
    if ('start' in answer) throw new Error(`${method} ${to} answered with a stream`);
    if (answer.status >= 400) throw new ApiError(answer.body as unknown as Status);
    return answer.body as KubeObject;
  }

  #request(method: ApiRequest['method'], to: string, body?: KubeObject, query: Record<string, string[]> = {}, headers: Record<string, string> = {}): ApiRequest {
    return { method, path: to, query, headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': this.#agent, ...headers }, body, user: this.#user };
  }
}

/** /apis/GROUP/VERSION/namespaces/NS/RESOURCE/NAME/SUBRESOURCE, with what is given. */
export function path(r: Gvr, namespace?: string, name?: string, subresource?: string): string {
  const base = r.group === '' ? `/api/${r.version}` : `/apis/${r.group}/${r.version}`;
  return base + (namespace ? `/namespaces/${namespace}` : '') + `/${r.resource}` + (name === undefined ? '' : `/${name}`) + (subresource ? `/${subresource}` : '');
}

function listQuery(options: ListOptions): Record<string, string[]> {
  return { ...(options.labelSelector ? { labelSelector: [options.labelSelector] } : {}), ...(options.fieldSelector ? { fieldSelector: [options.fieldSelector] } : {}) };
}
