import type { KubeObject } from '../../api/types.ts';
import { matchesLabels, parseLabelSelector } from '../../api/selectors.ts';
import type { ApiRequest, ApiResponse } from '../../apiserver/http.ts';
import { ApiError, type ApiClient, ConnectionError, core } from '../../client/client.ts';
import { rfc3339 } from '../../client/time.ts';
import { clusterNodes } from '../../kubelet/nodes.ts';
import { parseGoDuration } from '../../kubelet/duration.ts';
import { FileError } from '../../../linux/files.ts';
import { httpListen } from '../../../linux/net/http.ts';
import { cpuUsed, memoryOf } from '../../../linux/proc.ts';
import type { Process } from '../../../linux/process.ts';
import { type Micros, SECOND } from '../../../sim/clock.ts';
import { serveAggregated } from '../../runtime/aggregated-server.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';
import { flag, klog } from '../../runtime/klog.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';

/** Processor time used so far (microseconds) and memory (bytes) of one thing. */
interface Sample {
  at: Micros;
  cpu: number;
  memory: number;
}
interface Point {
  last: Sample;
  before: Sample | undefined;
}

/** metrics-server 0.6: asks every kubelet what its node and its containers use, keeps the two newest answers, serves metrics.k8s.io. */
export const metricsServer: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  const { clock } = process.world, port = Number(flag(process, 'secure-port') ?? 4443), resolution = parseGoDuration(flag(process, 'metric-resolution') ?? '60s');
  const nodes = new Map<string, Point>(), pods = new Map<string, Map<string, Point>>();
  try {
    const client = clientFor(process, inCluster(process), 'metrics-server/v0.6.4');
    klog(process, 'I', 'serving.go:342', 'Generated self-signed cert (/tmp/apiserver.crt, /tmp/apiserver.key)');
    klog(process, 'I', 'secure_serving.go:266', `Serving securely on [::]:${port}`);
    let scraped = false;
    const scrape = () => {
      if (process.stopped) return;
      const live = new Set<string>();
      for (const node of listed(client)) if (scrapeNode(process, node, nodes, pods, live)) scraped = true;
      for (const key of pods.keys()) if (!live.has(key)) pods.delete(key);
    };
    const timer = clock.every(resolution, scrape, { first: SECOND });
    process.onExit(() => timer.cancel());
    const ready = () => scraped && nodes.size > 0;
    httpListen(process, { ip: '::', port, tls: { cn: 'localhost@1', ca: 'localhost-ca@1', sans: ['localhost'] } }, (request, res) => {
      const ok = request.path === '/livez' || (request.path === '/readyz' && ready());
      res.send(ok ? 200 : request.path === '/readyz' ? 500 : 403, { 'Content-Type': 'text/plain; charset=utf-8' }, ok ? 'ok' : request.path === '/readyz' ? '[-]metric-storage-ready failed: reason withheld\nreadyz check failed\n' : 'Forbidden');
    });
    serveAggregated(process, port, (request) => serve(request, client, nodes, pods));
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError || (error instanceof Error && 'errno' in error))) throw error;
    void process.err(`panic: ${error.message}\n`);
    process.exit(2);
  }
};

function listed(client: ApiClient): KubeObject[] {
  try {
    return client.list(core('nodes')).items;
  } catch (error) {
    if (error instanceof ApiError || error instanceof ConnectionError) return [];
    throw error;
  }
}

/** GET https://NODE:10250/metrics/resource, as far as its certificate is believed and its kubelet answers. */
function scrapeNode(process: Process, node: KubeObject, nodes: Map<string, Point>, pods: Map<string, Map<string, Point>>, live: Set<string>): boolean {
  const { name } = node.metadata, ip = (node.status?.addresses as { type: string; address: string }[] | undefined)?.find((a) => a.type === 'InternalIP')?.address ?? '';
  const failed = (why: string) => {
    klog(process, 'E', 'scraper.go:140', `"Failed to scrape node" err="Get \\"https://${ip}:10250/metrics/resource\\": ${why}" node="${name}"`);
    return false;
  };
  // The kubelet's own certificate names its node only, and nobody has signed it.
  if (!process.args.includes('--kubelet-insecure-tls')) return failed(`x509: cannot validate certificate for ${ip} because it doesn't contain any IP SANs`);
  const found = clusterNodes(process.world).get(name);
  if (!found?.kubelet?.acting || found.state !== 'running') return failed(found?.state === 'running' ? `dial tcp ${ip}:10250: connect: connection refused` : 'context deadline exceeded');
  const at = process.now, add = (points: Map<string, Point>, key: string, processes: readonly Process[]) => {
    const last = { at, cpu: processes.reduce((n, p) => n + cpuUsed(p), 0), memory: processes.reduce((n, p) => n + memoryOf(p).rss * 1024 + p.allocated, 0) };
    points.set(key, { last, before: points.get(key)?.last });
  };
  add(nodes, name, found.machine.pids.processes());
  for (const c of found.runtime.containers.values()) {
    if (c.state !== 'RUNNING' || !c.process) continue;
    const { namespace, name: pod } = c.sandbox.config, key = `${namespace}/${pod}`;
    live.add(key);
    let points = pods.get(key);
    if (!points) pods.set(key, (points = new Map()));
    add(points, c.config.name, found.machine.pids.processes().filter((p) => p.container === c.id));
  }
  return true;
}

/** Usage between the two newest answers; undefined before there are two. */
function usage({ last, before }: Point): { cpu: string; memory: string } | undefined {
  if (!before || last.at <= before.at) return undefined;
  const nano = Math.round((Math.max(0, last.cpu - before.cpu) / (last.at - before.at)) * 1e9);
  return { cpu: nano === 0 ? '0' : `${nano}n`, memory: `${Math.round(last.memory / 1024)}Ki` };
}

const RESOURCES = [
  { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
  { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
];

function serve(request: ApiRequest, client: ApiClient, nodes: Map<string, Point>, pods: Map<string, Map<string, Point>>): ApiResponse {
  const json = (status: number, body: unknown): ApiResponse => ({ status, headers: { 'content-type': 'application/json' }, body: body as KubeObject });
  const rest = request.path.replace(/^\/apis\/metrics\.k8s\.io\/v1beta1\/?/, '').split('/').filter(Boolean);
  if (rest.length === 0) return json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'metrics.k8s.io/v1beta1', resources: RESOURCES });
  const namespace = rest[0] === 'namespaces' ? rest[1] : undefined, [resource, name] = namespace === undefined ? rest : rest.slice(2);
  const selector = parseLabelSelector(request.query['labelSelector']?.[0] ?? '');
  const about = (o: KubeObject) => ({ name: o.metadata.name, ...(o.metadata.namespace ? { namespace: o.metadata.namespace } : {}), creationTimestamp: rfc3339(now), ...(o.metadata.labels ? { labels: o.metadata.labels } : {}) });
  let now = 0;
  const one = (o: KubeObject): object | undefined => {
    const isNode = resource === 'nodes', points = isNode ? new Map([['', nodes.get(o.metadata.name)!]]) : pods.get(`${o.metadata.namespace}/${o.metadata.name}`);
    const used = [...(points ?? [])].map(([container, point]) => ({ name: container, point, usage: point && usage(point) }));
    if (used.length === 0 || used.some((u) => !u.usage)) return undefined;
    const { last, before } = used[0]!.point;
    now = last.at;
    const common = { metadata: about(o), timestamp: rfc3339(last.at), window: `${((last.at - before!.at) / 1e6).toFixed(3).replace(/\.?0+$/, '')}s` };
    return isNode ? { kind: 'NodeMetrics', apiVersion: 'metrics.k8s.io/v1beta1', ...common, usage: used[0]!.usage } : { kind: 'PodMetrics', apiVersion: 'metrics.k8s.io/v1beta1', ...common, containers: used.map((u) => ({ name: u.name, usage: u.usage })) };
  };
  const kind = resource === 'nodes' ? 'NodeMetrics' : 'PodMetrics', full = `${resource}.metrics.k8s.io`;
  const missing = (n: string) => json(404, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `${full} ${JSON.stringify(namespace ? `${namespace}/${n}` : n)} not found`, reason: 'NotFound', details: { name: n, group: 'metrics.k8s.io', kind: resource }, code: 404 });
  if (resource !== 'nodes' && resource !== 'pods') return missing(resource ?? '');
  const objects = client.list(core(resource), namespace).items;
  if (name !== undefined) {
    const found = objects.find((o) => o.metadata.name === name), metrics = found && one(found);
    return metrics ? json(200, metrics) : missing(name);
  }
  const items = objects.filter((o) => matchesLabels(selector, o.metadata.labels ?? {})).map(one).filter((m) => m !== undefined);
  return json(200, { kind: `${kind}List`, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items });
}
