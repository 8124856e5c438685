import type { KubeObject } from '../kubernetes/api/types.ts';
import type { ApiRequest } from '../kubernetes/apiserver/http.ts';
import { createObjects } from '../kubernetes/client/apply.ts';
import { ApiClient, ApiError, ConnectionError, core } from '../kubernetes/client/client.ts';
import { reserveAddress } from '../kubernetes/cni/plugins/host-local.ts';
import { PLUGINS } from '../kubernetes/cni/plugins/index.ts';
import { cniPrograms } from '../kubernetes/cni/program.ts';
import { type ClusterNode, clusterNodes, type NodeProvider, registerProvider, unregisterNode } from '../kubernetes/kubelet/nodes.ts';
import { servers } from '../kubernetes/runtime/connection.ts';
import { daemonPrograms, registerDaemons } from '../kubernetes/runtime/daemons.ts';
import { wires } from '../kubernetes/runtime/images/wires.ts';
import { MAINS, SERVERS } from '../kubernetes/runtime/images/daemons.ts';
import { userOf } from '../kubernetes/runtime/kubeconfig.ts';
import type { Machine } from '../linux/machine.ts';
import { type ProgramEntry, World } from '../linux/world.ts';
import { CONTAINER_PROGRAMS } from '../programs/containers.ts';
import { type Micros, MS, SECOND } from '../sim/clock.ts';
import type { Blueprint, NodeBlueprint } from './blueprint.ts';
import { hostMachine, plainMachine, plug } from './host.ts';
import { clusterPki, kubeadmService } from './kubeadm-service.ts';
import { defaultRoute, nodeMachine, startNode } from './node.ts';

export interface BuildOptions {
  seed: string;
  programs?: ReadonlyMap<string, ProgramEntry> | Record<string, ProgramEntry>;
}

/** Builds a world from its blueprint and lets it run until all of its pods are up. Synchronous. */
export function buildWorld(blueprint: Blueprint, { seed, programs = {} }: BuildOptions): World {
  registerDaemons({ ...SERVERS, ...MAINS, ...blueprint.daemons });
  const servings = [...daemonPrograms(), ...cniPrograms()];
  const table = new Map<string, ProgramEntry>([...servings, ...(programs instanceof Map ? programs : Object.entries(programs as Record<string, ProgramEntry>))]);
  const world = new World({ seed, start: blueprint.start, programs: table });
  const commands = [...table.keys()].filter((n) => !(n in SERVERS || n in PLUGINS || n in CONTAINER_PROGRAMS));
  for (const [prefix, endings] of Object.entries(blueprint.cluster.nameEndings ?? {})) wires(world).nameEndings.set(prefix, [...endings]);
  const host = hostMachine(world, blueprint, clusterPki(blueprint), commands);
  const plain = (student: boolean) => {
    for (const m of blueprint.machines) if (Boolean(m.student) === student) plainMachine(world, blueprint, m, host, commands);
  };
  plain(true);
  const machines = new Map<string, Machine>();
  const make = (node: NodeBlueprint, i: number): Machine => {
    const machine = nodeMachine(world, blueprint, node, commands);
    plug(host, machine, blueprint.host, { dev: 'eth0', veth: `veth${i}`, ip: node.ip, mac: node.mac });
    if (blueprint.host.management && node.managementIP) plug(host, machine, blueprint.host.management, { dev: 'eth1', veth: `vethm${i}`, ip: node.managementIP });
    machine.net.addRoute(defaultRoute(blueprint, node));
    for (const [pod, ip] of Object.entries(blueprint.cluster.reservations)) reserveAddress(machine, pod, ip);
    return machine;
  };
  blueprint.nodes.forEach((node, i) => machines.set(node.name, make(node, i)));
  plain(false);
  startCluster(world, blueprint, machines);
  for (const { name, kubeconfig } of blueprint.machines) if (kubeconfig) copyKubeconfig(world.machine(kubeconfig.node), world.machine(name), kubeconfig);
  if (blueprint.replaceable) registerProvider(world, blueprint.nodes[0]!.name, provider(world, blueprint, host, () => make(blueprint.nodes[0]!, 0)));
  return world;
}

/** Makes the one node of a cluster anew, as `minikube delete` and `minikube start` do. */
function provider(world: World, blueprint: Blueprint, host: Machine, make: () => Machine): NodeProvider {
  const node = blueprint.nodes[0]!, { cluster } = blueprint;
  let waiting = false;
  return {
    create() {
      startNode(make(), blueprint, node);
      waiting = true;
    },
    ready() {
      const client = adminClient(world, blueprint);
      if (!waiting) return reachable(client);
      if (!reachable(client) || client.list(core('nodes')).items.length === 0) return false;
      createObjects(client, [...bootstrapObjects(world, blueprint), ...cluster.addons]);
      cluster.afterAddons?.(client, world);
      waiting = false;
      return true;
    },
    remove() {
      clusterNodes(world).get(node.name)?.stop();
      const eth0 = world.machine(node.name).net.link('eth0')?.peer;
      if (eth0) host.net.delLink(eth0.name);
      world.machines.delete(node.name);
      unregisterNode(world, node.name);
    },
    configure({ fs, env, uid, gid }) {
      const path = `${env['HOME'] ?? '/root'}/.kube/config`;
      fs.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true, uid, gid });
      fs.writeFile(path, clusterPki(blueprint).kubeconfig({ server: blueprint.host.server, user: cluster.user, cn: 'kubernetes-admin', organizations: ['system:masters'], context: cluster.context }), { mode: 0o600, uid, gid });
    },
  };
}

/** What the tool that makes the cluster leaves in it. These have uids of their own: the names drawn for Pods do not hang on how many such objects there are. */
function bootstrapObjects(world: World, blueprint: Blueprint): KubeObject[] {
  const rng = world.rng.fork('bootstrap'), objects = (blueprint.service ?? kubeadmService).bootstrap?.(blueprint, rng) ?? [];
  const id = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`, uids = new Map(objects.map((o) => [id(o), rng.uuid()]));
  wires(world).identity = (object) => {
    const known = blueprint.cluster.identity?.(object), uid = uids.get(id(object));
    uids.delete(id(object));
    return known ?? (uid ? { name: object.metadata.name, uid } : undefined);
  };
  return objects;
}

/** What somebody who administers the cluster from another machine has done. */
function copyKubeconfig(from: Machine, to: Machine, { path, server }: { path: string; server: string }): void {
  to.fs.mkdir('/root/.kube', { parents: true });
  to.fs.writeFile('/root/.kube/config', from.fs.readFile(path).replace(/server: \S+/, `server: ${server}`), { mode: 0o600 });
}

/** kubeadm init on the control plane, join on the others, addons, workloads. */
function startCluster(world: World, blueprint: Blueprint, machines: ReadonlyMap<string, Machine>): void {
  const bootstrap = bootstrapObjects(world, blueprint), nodes: ClusterNode[] = [];
  const start = (controlPlane: boolean) => {
    for (const node of blueprint.nodes) if (node.controlPlane === controlPlane) nodes.push(startNode(machines.get(node.name)!, blueprint, node));
  };
  start(true);
  if (blueprint.bare) {
    start(false);
    return run(world, world.clock.now + 20 * SECOND);
  }
  const client = adminClient(world, blueprint);
  waitFor(world, () => reachable(client), 60 * SECOND, 'the API server to answer');
  blueprint.cluster.afterControlPlane?.(world);
  createObjects(client, [...bootstrap, ...blueprint.cluster.addons]);
  start(false);
  place(world, client, blueprint);
  if (blueprint.cluster.neverReady) waitFor(world, () => client.list({ group: '', version: 'v1', resource: 'nodes' }).items.length === blueprint.nodes.length, 60 * SECOND, 'the nodes to be registered');
  else waitFor(world, () => allReady(client, blueprint), 120 * SECOND, 'the addons to be ready');
  rest(world, nodes, blueprint.age - blueprint.workloadAge);
  createObjects(client, blueprint.cluster.workloads);
  blueprint.cluster.afterAddons?.(client, world);
  if (blueprint.cluster.afterAddons || blueprint.cluster.neverReady) settle(world, () => allReady(client, blueprint), 20 * SECOND);
  else waitFor(world, () => allReady(client, blueprint), 120 * SECOND, 'the workloads to be ready');
  rest(world, nodes, blueprint.workloadAge);
  if (blueprint.cluster.forgottenEvents) forgetEvents(client);
  blueprint.cluster.afterBoot?.(world);
}

/** Binds pods that belong to certain nodes before the scheduler finds one ready. */
function place(world: World, client: ApiClient, blueprint: Blueprint): void {
  const pods = { group: '', version: 'v1', resource: 'pods' };
  for (const [workload, nodes] of Object.entries(blueprint.cluster.placed ?? {})) {
    const [namespace, name] = workload.split('/') as [string, string];
    const mine = () => client.list(pods, namespace).items.filter((p) => p.metadata.name.startsWith(`${name}-`));
    waitFor(world, () => mine().length >= nodes.length, 10 * SECOND, `the pods of ${workload}`);
    mine().forEach((pod, i) => {
      if (!pod.spec.nodeName) client.create(pods, { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name, namespace }, target: { kind: 'Node', name: nodes[i] } }, { name: pod.metadata.name, subresource: 'binding' });
    });
  }
}

function forgetEvents(client: ApiClient): void {
  const events = { group: '', version: 'v1', resource: 'events' };
  for (const e of client.list(events).items) client.delete(events, e.metadata.namespace, e.metadata.name);
}

/** kubectl's rights, without its process: for what the scenario itself puts into the cluster. */
function adminClient(world: World, blueprint: Blueprint): ApiClient {
  const leader = blueprint.nodes.find((n) => n.controlPlane)!;
  const transport = { handle: (request: ApiRequest) => {
    const listening = [...servers(world)].find(([address]) => address.startsWith(`${leader.ip}:`))?.[1];
    if (!listening) throw new ConnectionError(`dial tcp ${leader.ip}: connect: connection refused`);
    return listening.transport.handle(request);
  } };
  return new ApiClient(transport, userOf('kubernetes-admin', ['system:masters']), 'kubeadm/v1.28.15');
}

/** Time passes, nothing happens; then the nodes say that they are alive before anybody asks. */
function rest(world: World, nodes: readonly ClusterNode[], time: Micros): void {
  run(world, world.clock.now + 2 * SECOND);
  if (time <= 0) return;
  world.clock.suspendTo(world.clock.now + time);
  for (const n of nodes) n.kubelet.node.heartbeat();
  run(world, world.clock.now + 3 * SECOND);
}

function reachable(client: ApiClient): boolean {
  try {
    return client.list({ group: '', version: 'v1', resource: 'namespaces' }).items.some((n) => n.metadata.name === 'kube-system');
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof ApiError) return false;
    throw error;
  }
}

function allReady(client: ApiClient, blueprint: Blueprint): boolean {
  const nodes = client.list({ group: '', version: 'v1', resource: 'nodes' }).items;
  if (nodes.length < blueprint.nodes.length || !nodes.every((n) => n.status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True'))) return false;
  const sets = [['deployments', 'replicas', 'readyReplicas'], ['daemonsets', 'desiredNumberScheduled', 'numberReady']] as const;
  for (const [resource, wanted, ready] of sets) for (const o of client.list({ group: 'apps', version: 'v1', resource }).items) {
    const target = resource === 'deployments' ? o.spec.replicas : Math.max(1, o.status?.[wanted] ?? 0);
    if ((o.status?.observedGeneration ?? 0) < (o.metadata.generation ?? 1) || (o.status?.[ready] ?? 0) < target || (resource === 'daemonsets' && o.status[wanted] < 1)) return false;
  }
  return client.list({ group: '', version: 'v1', resource: 'pods' }).items.every((p) => p.status?.phase === 'Succeeded' || p.status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True'));
}

function waitFor(world: World, done: () => boolean, limit: Micros, what: string): void {
  const end = world.clock.now + limit;
  while (!done()) {
    if (world.clock.now >= end) throw new Error(`the scenario waits in vain for ${what}`);
    run(world, world.clock.now + 250 * MS);
  }
}

/** Waits too, but a recorded state may hold pods that never get ready. */
function settle(world: World, done: () => boolean, limit: Micros): void {
  const end = world.clock.now + limit;
  while (!done() && world.clock.now < end) run(world, world.clock.now + 250 * MS);
}

/** Lets time pass. Programs that containers run (a shell in a loop) begin when the world is first driven; nobody here waits for them. */
function run(world: World, to: Micros): void {
  while (world.clock.step(to));
  world.clock.advanceTo(to);
}
