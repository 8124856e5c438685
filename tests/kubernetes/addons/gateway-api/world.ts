import { stringify } from 'yaml';
import { gatewayApiCrds } from '../../../../src/kubernetes/addons/gateway-api/crds.ts';
import { ENVOY_GATEWAY } from '../../../../src/kubernetes/addons/envoy-gateway/index.ts';
import { infraName, NAMESPACE } from '../../../../src/kubernetes/addons/envoy-gateway/infra.ts';
import { envoyGateway } from '../../../../src/kubernetes/addons/envoy-gateway/manifest.ts';
import type { KubeObject } from '../../../../src/kubernetes/api/types.ts';
import { registerDaemons } from '../../../../src/kubernetes/runtime/daemons.ts';
import { type HttpError, httpFetch, type HttpResponse, type RequestOptions } from '../../../../src/linux/net/http.ts';
import type { World } from '../../../../src/linux/world.ts';
import { bootScenario } from '../../../../src/scenarios/index.ts';
import { kindPodman } from '../../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../../src/shell/session.ts';
import { SECOND } from '../../../../src/sim/clock.ts';

/** Where the suite's objects are: Gateways and their backends, and two namespaces beside it. */
export const INFRA = 'infra', APPS = 'apps', WEB = 'web';

type Part = Record<string, unknown>;
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** What the backend saw: echo-basic's JSON. */
  seen: { path: string; host: string; method: string; headers: Record<string, string[]>; namespace: string; pod: string } | undefined;
  body: string;
  /** The Deployment that answered: v1, v2 … */
  backend: string | undefined;
}

/** A cluster with Envoy Gateway, the Gateways and backends of the conformance suite (gateway-api/conformance/base). */
export class Suite {
  readonly world: World;
  private constructor(world: World) {
    this.world = world;
  }

  static async boot(seed: string, ...more: KubeObject[]): Promise<Suite> {
    registerDaemons(ENVOY_GATEWAY);
    const suite = new Suite(bootScenario(kindPodman({ empty: true }), { seed }));
    await suite.apply(...envoyGateway());
    await suite.apply({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name: 'eg' }, spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' } });
    await suite.apply(...[INFRA, APPS, WEB].map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { suite: 'backend' } } })));
    await suite.apply(
      gateway('same', [{ allowedRoutes: { namespaces: { from: 'Same' } } }]), gateway('todos', [{ allowedRoutes: { namespaces: { from: 'All' } } }]), gateway('elegidos', [{ allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { suite: 'backend' } } } } }]),
      ...['v1', 'v2', 'v3'].flatMap((name) => backend(name, INFRA)), ...['app1', 'app2'].flatMap((name) => backend(name, APPS)), ...backend('tienda', WEB), ...more,
    );
    await suite.settle(40);
    return suite;
  }

  /** kubectl apply; what it printed. */
  async apply(...objects: KubeObject[]): Promise<string> {
    return this.run(`kubectl apply -f - <<'FIN'\n${objects.map((o) => stringify(o)).join('---\n')}FIN`);
  }

  async run(command: string): Promise<string> {
    return (await runCommand(this.world, 'mac', command)).output;
  }

  async get(kind: string, name: string, namespace = INFRA): Promise<KubeObject> {
    return JSON.parse(await this.run(`kubectl get ${kind} ${name} -n ${namespace} -o json`)) as KubeObject;
  }

  async settle(seconds = 2): Promise<void> {
    await this.world.advance(this.world.clock.now + seconds * SECOND);
  }

  /** Routes of one case: applied, asked, deleted. */
  async with<T>(objects: KubeObject[], then: () => Promise<T>): Promise<T> {
    await this.apply(...objects);
    await this.settle(objects.some((o) => o.kind === 'Gateway') ? 20 : 2);
    try {
      return await then();
    } finally {
      for (const o of objects) await this.run(`kubectl delete ${o.kind} ${o.metadata.name}${o.metadata.namespace ? ` -n ${o.metadata.namespace}` : ''} --wait=false`);
      await this.settle(2);
    }
  }

  /** A request to a Gateway's proxy, from a node. */
  async ask(path: string, { gateway: name = 'same', host = 'ejemplo.com', port = 80, ...options }: { gateway?: string; port?: number } & RequestOptions = {}): Promise<Answer> {
    const key = infraName({ apiVersion: '', kind: '', metadata: { name, namespace: INFRA } });
    const ip = (await this.run(`kubectl get pods -n ${NAMESPACE} -l gateway.envoyproxy.io/owning-gateway-name=${name} -o jsonpath='{.items[0].status.podIP}'`)).trim();
    if (ip === '') throw new Error(`${key} has no Pod`);
    const process = this.world.machine('worker-1').daemon({ argv: ['prueba'] });
    let done: { error: HttpError | undefined; response: HttpResponse | undefined } | undefined;
    httpFetch(process, { ip, port: port < 1024 ? port + 10000 : port, path, host, ...options }, (error, response) => (done = { error, response }));
    await this.world.until(() => done !== undefined, 60 * SECOND);
    process.exit(0);
    const response = done?.response;
    if (!response) throw new Error(`no answer: ${done?.error?.message ?? 'too late'}`);
    const seen = response.headers['content-type'] === 'application/json' ? (JSON.parse(response.body) as Answer['seen']) : undefined;
    return { status: response.status, headers: response.headers, body: response.body, seen, backend: seen?.pod.split('-')[0] };
  }

  /** Who answers each of these paths: a backend, or a status. */
  async who(...requests: (string | [string, Parameters<Suite['ask']>[1]])[]): Promise<(string | number)[]> {
    const out: (string | number)[] = [];
    for (const request of requests) {
      const answer = typeof request === 'string' ? await this.ask(request) : await this.ask(...request);
      out.push(answer.backend ?? answer.status);
    }
    return out;
  }

  /** A route's condition as its first parent has it: True or the reason. */
  async condition(type: string, route: string, namespace = INFRA): Promise<string> {
    const found = await this.get('httproute', route, namespace);
    const c = found.status?.parents?.[0]?.conditions.find((each: { type: string }) => each.type === type) as { status: string; reason: string } | undefined;
    return c ? (c.status === 'True' ? 'True' : c.reason) : 'missing';
  }
}

export const CRDS = gatewayApiCrds;

export function gateway(name: string, listeners: Part[], namespace = INFRA): KubeObject {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name, namespace }, spec: { gatewayClassName: 'eg', listeners: listeners.map((l, i) => ({ name: `l${i + 1}`, port: 80, protocol: 'HTTP', ...l })) } };
}

export function route(name: string, rules: Part[], { hostnames, parents = [{ name: 'same' }], namespace = INFRA }: { hostnames?: string[]; parents?: Part[]; namespace?: string } = {}): KubeObject {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name, namespace }, spec: { parentRefs: parents, ...(hostnames ? { hostnames } : {}), rules } };
}

/** A rule to a backend; `matches` in short: a path prefix, or the match itself. */
export function rule(to: string | Part, matches: (string | Part)[] = [], more: Part = {}): Part {
  return { ...(matches.length > 0 ? { matches: matches.map((m) => (typeof m === 'string' ? prefix(m) : m)) } : {}), backendRefs: [typeof to === 'string' ? { name: to, port: 8080 } : to], ...more };
}

export const prefix = (value: string): Part => ({ path: { type: 'PathPrefix', value } });
export const exact = (value: string): Part => ({ path: { type: 'Exact', value } });
export const header = (...pairs: [string, string][]): Part => ({ headers: pairs.map(([name, value]) => ({ name, value })) });
export const filter = (type: string, value: Part): Part => ({ type, [type[0]!.toLowerCase() + type.slice(1).replace(/^RLRewrite/, 'rlRewrite')]: value });
export const grant = (namespace: string, name?: string): KubeObject => ({ apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant', metadata: { name: 'permiso', namespace }, spec: { from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: INFRA }], to: [{ group: '', kind: 'Service', ...(name ? { name } : {}) }] } });

function backend(name: string, namespace: string): KubeObject[] {
  const field = (env: string, fieldPath: string) => ({ name: env, valueFrom: { fieldRef: { fieldPath } } });
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: { app: name }, ports: [{ protocol: 'TCP', port: 8080, targetPort: 3000 }] } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'echo', image: 'gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e', env: [field('POD_NAME', 'metadata.name'), field('NAMESPACE', 'metadata.namespace')] }] } } } },
  ];
}
