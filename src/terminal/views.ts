/** What the views beside the terminal show, read from the world without leaving a trace in it. */
import type { KubeObject } from '../kubernetes/api/types.ts';
import { queryObjects } from '../labs/objects.ts';
import { FileError } from '../linux/files.ts';
import type { World } from '../linux/world.ts';
import type { EventRow, FilesView, Topology, TopologyPod } from './protocol.ts';

/** Longest text of a file that is shown, characters. */
const SHOWN = 200_000;
/** Newest events that are shown. */
const EVENTS = 200;

/** Nodes with their Pods, and Services with who is behind them; undefined while no API server answers. */
export function topology(world: World): Topology | undefined {
  const all = (kind: string) => queryObjects(world, { kind, namespace: '*' });
  const [nodes, pods, services, slices] = [all('Node'), all('Pod'), all('Service'), all('EndpointSlice')];
  if (!nodes || !pods || !services || !slices) return undefined;
  return {
    machines: [...world.machines.keys()].filter((name) => !nodes.some((node) => node.metadata.name === name)),
    nodes: nodes.map((node) => ({
      name: node.metadata.name,
      address: list(node, 'status', 'addresses').find(({ type }) => type === 'InternalIP')?.['address'] as string | undefined,
      ready: condition(node, 'Ready'),
      cordoned: field(node, 'spec')['unschedulable'] === true,
      pods: pods.filter((pod) => field(pod, 'spec')['nodeName'] === node.metadata.name).map(podOf),
    })),
    pending: pods.filter((pod) => !field(pod, 'spec')['nodeName']).map(podOf),
    services: services.map((service) => ({
      namespace: service.metadata.namespace ?? '',
      name: service.metadata.name,
      type: String(field(service, 'spec')['type'] ?? 'ClusterIP'),
      address: String(field(service, 'spec')['clusterIP'] ?? ''),
      ports: list(service, 'spec', 'ports').map(({ port }) => Number(port)),
      nodePorts: list(service, 'spec', 'ports').flatMap(({ nodePort }) => (nodePort ? [Number(nodePort)] : [])),
      endpoints: slices
        .filter(
          ({ metadata }) =>
            metadata.namespace === service.metadata.namespace && metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
        )
        .flatMap((slice) => (slice as unknown as { endpoints?: Endpoint[] }).endpoints ?? [])
        .map(({ addresses, conditions, targetRef }) => ({
          address: addresses[0] ?? '',
          ready: conditions?.ready !== false,
          pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
        })),
    })),
  };
}

interface Endpoint {
  addresses: string[];
  conditions?: { ready?: boolean };
  targetRef?: { kind: string; name: string };
}

function podOf(pod: KubeObject): TopologyPod {
  const statuses = list(pod, 'status', 'containerStatuses');
  const waiting = statuses.map(({ state }) => (state as { waiting?: { reason?: string } } | undefined)?.waiting?.reason).find(Boolean);
  return {
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    address: field(pod, 'status')['podIP'] as string | undefined,
    state: pod.metadata.deletionTimestamp ? 'Terminating' : (waiting ?? String(field(pod, 'status')['phase'] ?? 'Pending')),
    ready: condition(pod, 'Ready'),
  };
}

/** The cluster's events, the newest first; undefined while no API server answers. */
export function events(world: World): EventRow[] | undefined {
  const found = queryObjects(world, { kind: 'Event', apiVersion: 'v1', namespace: '*' });
  return found
    ?.map((event) => {
      const e = event as unknown as CoreEvent;
      const at = Date.parse(e.lastTimestamp ?? e.eventTime ?? e.metadata.creationTimestamp ?? '') * 1000;
      return {
        id: e.metadata.uid ?? '',
        at,
        age: Math.max(0, Math.round((world.clock.now - at) / 1e6)),
        warning: e.type === 'Warning',
        reason: e.reason ?? '',
        object: `${e.involvedObject?.kind?.toLowerCase() ?? ''}/${e.involvedObject?.name ?? ''}`,
        namespace: e.metadata.namespace ?? '',
        message: e.message ?? '',
        count: e.count ?? e.series?.count ?? 1,
      };
    })
    .sort((a, b) => b.at - a.at)
    .slice(0, EVENTS);
}

interface CoreEvent {
  metadata: KubeObject['metadata'];
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  series?: { count?: number };
  lastTimestamp?: string;
  eventTime?: string;
  involvedObject?: { kind?: string; name?: string };
}

/** A folder or a file of a machine; without a path, the student's home there. */
export function files(world: World, name: string, path?: string): FilesView {
  const machine = world.machine(name);
  const at = path ?? machine.users.get(machine.login)?.home ?? '/';
  try {
    const inode = machine.fs.stat(at);
    if (!('names' in inode)) {
      const content = machine.fs.readContent(at);
      if (typeof content !== 'string') return { machine: name, path: at, error: 'Es un archivo binario.' };
      return { machine: name, path: at, content: content.slice(0, SHOWN), cut: content.length > SHOWN };
    }
    const entries = machine.fs.readdir(at).map((entry) => ({ name: entry, folder: isFolder(() => machine.fs.stat(`${at}/${entry}`)) }));
    return { machine: name, path: at, entries: entries.sort((a, b) => Number(b.folder) - Number(a.folder) || (a.name < b.name ? -1 : 1)) };
  } catch (error) {
    if (error instanceof FileError) return { machine: name, path: at, error: `No se puede leer: ${error.message}` };
    throw error;
  }
}

function isFolder(stat: () => object): boolean {
  try {
    return 'names' in stat();
  } catch (error) {
    if (error instanceof FileError) return false; // a link that leads nowhere
    throw error;
  }
}

type Fields = Record<string, unknown>;

function field(object: KubeObject, name: string): Fields {
  return ((object as unknown as Fields)[name] ?? {}) as Fields;
}

function list(object: KubeObject, part: string, name: string): Fields[] {
  return (field(object, part)[name] ?? []) as Fields[];
}

function condition(object: KubeObject, type: string): boolean {
  return list(object, 'status', 'conditions').some((c) => c['type'] === type && c['status'] === 'True');
}
