import type { KubeObject } from '../api/types.ts';
import type { GroupVersion } from '../api/scheme.ts';
import { rfc3339 } from '../client/time.ts';
import { SECOND } from '../../sim/clock.ts';
import * as errors from './errors.ts';
import type { ApiRequest, ApiResponse, ApiStream } from './http.ts';
import type { ApiServer } from './server.ts';
import { serviceEndpoint } from './service-endpoint.ts';

/** Hands a request on to an API server of the cluster, by its address; a text is why nobody answers there. */
export type CallAggregated = (address: string, request: ApiRequest) => ApiResponse | ApiStream | string;

interface ApiServiceSpec {
  group: string;
  version: string;
  service?: { namespace: string; name: string; port?: number };
}

/** kube-aggregator: APIServices that name a Service are group versions which other servers answer. */
export class Aggregator {
  readonly #server: ApiServer;
  /** How to reach such a server. */
  call: CallAggregated | undefined;
  #known: KubeObject[] = [];
  #revision = -1;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Looks at their availability from now on (every 5 s); ends with the function it returns. */
  start(): () => void {
    const timer = this.#server.clock.every(5 * SECOND, () => this.#check());
    return () => timer.cancel();
  }

  /** Answers a request for a resource of an aggregated group version; undefined when it is none. */
  answer(group: string, version: string, request: ApiRequest): ApiResponse | ApiStream | undefined {
    const found = this.#services().find(({ spec }) => spec.group === group && spec.version === version);
    if (!found) return undefined;
    const got = this.#ask(found, request);
    if (typeof got === 'string') throw errors.serviceUnavailable('the server is currently unable to handle the request');
    return got;
  }

  /** What the servers that answer say they have. */
  groupVersions(): GroupVersion[] {
    return this.#services().flatMap((object) => {
      const { group, version } = object.spec as ApiServiceSpec, list = this.#ask(object, { method: 'GET', path: `/apis/${group}/${version}`, query: {}, headers: {}, user: { name: 'system:aggregator', groups: [] } });
      return typeof list === 'string' || 'start' in list ? [] : [{ group, version, resources: (list.body as unknown as { resources: GroupVersion['resources'] }).resources }];
    });
  }

  #services(): KubeObject[] {
    const info = this.#server.resource('apiregistration.k8s.io', 'v1', 'apiservices')!, touched = this.#server.etcd.touched([info.prefix.split('/').slice(0, 3).join('/')]);
    if (touched !== this.#revision) {
      this.#revision = touched;
      this.#known = this.#server.registry.list(info, '').map((o) => o.value).filter((o) => o.spec?.service);
    }
    return this.#known;
  }

  #ask(object: KubeObject, request: ApiRequest): ApiResponse | ApiStream | string {
    const { service } = object.spec as ApiServiceSpec, endpoint = serviceEndpoint(this.#server, { port: 443, ...service! });
    return 'error' in endpoint ? endpoint.error : (this.call?.(endpoint.address, request) ?? `dial tcp ${endpoint.address}: connect: connection refused`);
  }

  /** The condition Available (pkg/controllers/status/available_controller.go). */
  #check(): void {
    const info = this.#server.resource('apiregistration.k8s.io', 'v1', 'apiservices')!, services = this.#services();
    for (const object of services) {
      const { group, version, service } = object.spec as ApiServiceSpec, endpoint = serviceEndpoint(this.#server, { port: 443, ...service! });
      const text = `${service!.name}.${service!.namespace}.svc`, failed = 'error' in endpoint ? undefined : this.#ask(object, { method: 'GET', path: `/apis/${group}/${version}`, query: {}, headers: {}, user: { name: 'system:aggregator', groups: [] } });
      const [status, reason, message] = 'error' in endpoint
        ? endpoint.reason === 'MissingEndpoints' ? ['False', 'MissingEndpoints', `endpoints for service/${service!.name} in ${JSON.stringify(service!.namespace)} have no addresses with port name "https"`] : ['False', endpoint.reason, `service/${service!.name} in ${JSON.stringify(service!.namespace)} is not present`]
        : typeof failed === 'string' ? ['False', 'FailedDiscoveryCheck', `failing or missing response from https://${text}:443/apis/${group}/${version}: ${failed}`] : ['True', 'Passed', 'all checks passed'];
      const old = (object.status?.conditions as { type: string; status: string; reason: string; lastTransitionTime: string }[] | undefined)?.find((c) => c.type === 'Available');
      if (old?.status === status && old.reason === reason) continue;
      const lastTransitionTime = old?.status === status ? old!.lastTransitionTime : rfc3339(this.#server.clock.now);
      this.#server.handle({ method: 'PATCH', path: `/apis/apiregistration.k8s.io/v1/${info.resource}/${object.metadata.name}/status`, query: {}, headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ status: { conditions: [{ type: 'Available', status, reason, message, lastTransitionTime }] } }), user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] } });
    }
  }
}
