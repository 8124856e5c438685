import type { KubeObject } from '../kubernetes/api/types.ts';
import type { Kubelet } from '../kubernetes/kubelet/kubelet.ts';
import { type ClusterNode, registerNode } from '../kubernetes/kubelet/nodes.ts';
import type { runKubelet } from '../kubernetes/kubelet/run.ts';
import type { CniDirs } from '../kubernetes/cni/network-list.ts';
import { ContainerRuntime } from '../kubernetes/runtime/cri.ts';
import { formatReference } from '../kubernetes/runtime/reference.ts';
import { Machine } from '../linux/machine.ts';
import { tcpListen } from '../linux/net/tcp.ts';
import { type Process, SIGNALS } from '../linux/process.ts';
import { Sink } from '../linux/streams.ts';
import { addUnit, logLine, logUnit, type Unit } from '../linux/systemd.ts';
import { procRoot } from '../linux/proc.ts';
import type { World } from '../linux/world.ts';
import { SECOND } from '../sim/clock.ts';
import type { Rng } from '../sim/rng.ts';
import type { Blueprint, NodeBlueprint } from './blueprint.ts';
import { installExecutables } from './executables.ts';
import { kubeadmService } from './kubeadm-service.ts';
import { addUsers, mountSys } from './host.ts';
import { devices } from '../kubernetes/runtime/image.ts';
import { APT, BASHRC, osRelease } from '../kubernetes/runtime/images/os.ts';

/** What makes a machine a node: the service that systemd runs, its files, its container runtime. */
export interface NodeService {
  unit: Pick<Unit, 'name' | 'description' | 'path' | 'dropIns' | 'documentation' | 'enabled'>;
  /** Executables that only special machines have. */
  tools: readonly string[];
  cni: CniDirs;
  socket: string;
  /** containerd: a unit of its own, or (without one) a child of this service's process. */
  containerd: { unit?: NodeService['unit']; argv: readonly string[] };
  /** Other services that run beside them. */
  companions?: readonly { unit: NodeService['unit']; argv: readonly string[] }[];
  /** What CONTAINER-RUNTIME calls it (default: containerd), and the namespace of its shims. */
  runtime?: { name: string; shimNamespace: string };
  /** Writes its files. */
  install(machine: Machine, blueprint: Blueprint, node: NodeBlueprint): void;
  main(blueprint: Blueprint, node: NodeBlueprint): { argv: readonly string[]; comm?: string };
  /** What its tool leaves in a new cluster, before any addon. */
  bootstrap?(blueprint: Blueprint, rng: Rng): KubeObject[];
  /** Its main process has begun. */
  run(process: Process, handle: ClusterNode, options: NodeOptions, blueprint: Blueprint): void;
}

/** What the kubelet of a node is told by the scenario. */
export type NodeOptions = Parameters<typeof runKubelet>[2];

/** The node's machine with its files, not yet on any network. */
export function nodeMachine(world: World, blueprint: Blueprint, node: NodeBlueprint, programs: readonly string[]): Machine {
  const machine = new Machine(world, node.name);
  world.machines.set(node.name, machine);
  if (blueprint.kernel) machine.kernel.release = blueprint.kernel;
  if (blueprint.kernelWithout) machine.kernel.without = new Set(blueprint.kernelWithout);
  const { fs } = machine;
  for (const dir of ['/boot', '/dev', '/etc', '/home', '/media', '/mnt', '/opt', '/proc', '/root', '/run', '/srv', '/sys', '/tmp', '/usr/local/bin', '/usr/lib/modules', '/var/lib', '/var/log', '/var/log/pods', '/var/log/containers', '/etc/systemd/system']) fs.mkdir(dir, { parents: true });
  fs.change('/tmp', { mode: 0o1777 });
  devices(fs);
  fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' });
  mountSys(fs, machine.net);
  fs.symlink('../run', '/var/run');
  const service = blueprint.service ?? kubeadmService;
  installExecutables(fs, world, programs, service.tools);
  const { kubernetesVersion } = blueprint;
  const write = (path: string, content: string, mode = 0o644) => fs.writeFile(path, content, { mode });
  write('/etc/hostname', `${node.name}\n`);
  const { distribution = 'debian' } = node, { domain, address } = blueprint.host;
  write('/etc/hosts', `127.0.0.1\tlocalhost\n${(blueprint.nodeImage ? [node] : blueprint.nodes).map((n) => `${n.ip}\t${n.name}\n`).join('')}`);
  write('/etc/resolv.conf', `${domain ? `search ${domain}\n` : ''}nameserver ${address}\n`);
  write('/etc/nsswitch.conf', 'passwd:         files\ngroup:          files\nhosts:          files dns\n');
  write('/etc/os-release', osRelease(distribution));
  for (const [path, content] of Object.entries(BASHRC)) write(path, content);
  if (blueprint.host.uplink.mirrors) for (const [path, content] of Object.entries(APT.debian)) {
    fs.mkdir('/etc/apt/sources.list.d', { parents: true });
    write(path, content);
  }
  write('/etc/debian_version', distribution === 'debian' ? '12.5\n' : 'bookworm/sid\n');
  addUsers(machine, node.user);
  if (node.unidentified) write('/etc/machine-id', '');
  else if (node.machineId) write('/etc/machine-id', `${node.machineId}\n`);
  if (blueprint.nodeImage?.startsWith('docker.io/kindest/')) {
    fs.mkdir('/kind');
    write('/kind/version', `${kubernetesVersion}\n`);
  }
  service.install(machine, blueprint, node);
  for (const [path, content] of Object.entries(node.files ?? {})) {
    fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { parents: true });
    write(path, content);
  }
  for (const [link, mac] of Object.entries(node.macs ?? {})) machine.net.macs.set(link, mac);
  return machine;
}

/** Where its packets to the rest of the world go. */
export function defaultRoute({ host }: Blueprint, { managementIP }: NodeBlueprint): { dst: 'default'; via: string; dev: string } {
  return host.management && managementIP ? { dst: 'default', via: host.management.address, dev: 'eth1' } : { dst: 'default', via: host.address, dev: 'eth0' };
}

/** Starts what systemd starts on the node: containerd with its images, then the kubelet, or what holds them. */
export function startNode(machine: Machine, blueprint: Blueprint, node: NodeBlueprint): ClusterNode {
  const { world } = machine, service = blueprint.service ?? kubeadmService, { unit, containerd } = service;
  let init = boot(machine), restarts = 0;
  let main: Process | undefined;
  const wires = machine.net.links().filter((l) => /^eth\d$/.test(l.name));
  const beginContainerd = (parent: Process) => startContainerd(machine, parent, containerd);
  const runtime = new ContainerRuntime(machine, containerd.unit ? beginContainerd(init) : init);
  Object.assign(runtime, { cni: service.cni, socket: service.socket, ...service.runtime }, blueprint.containerd ? { version: blueprint.containerd } : {});
  runtime.mountSystem = (fs, pids, net) => {
    fs.mount({ path: '/proc', root: procRoot(machine, { pids }), type: 'proc', source: 'proc' });
    mountSys(fs, net);
  };
  const own = blueprint.cluster.loadedImages ?? [];
  runtime.registry = (reference) => own.find((i) => !i.local && i.names.includes(formatReference(reference)));
  for (const image of blueprint.cluster.images) runtime.loadName(image);
  for (const image of own) runtime.load(image);
  const options = {
    machine, runtime, nodeName: node.name, nodeIP: node.ip, version: node.version ?? blueprint.kubernetesVersion, labels: node.labels ?? {}, taints: node.taints ?? [], annotations: node.annotations ?? {},
    osImage: node.osImage, capacity: node.capacity, ...(node.providerId ? { providerID: node.providerId } : {}),
  };
  // Restart=always, RestartSec=1s
  const supervise = (process: Process) => {
    process.onExit(() => {
      if (!init.running || handle.kubeletStopped) return;
      const { code, signal } = process.status!;
      logUnit(machine, unit.name, `${unit.name}: Main process exited, ${signal ? `code=killed, status=${SIGNALS[signal]}/${signal}` : `code=exited, status=${code}${code === 0 ? '/SUCCESS' : code === 1 ? '/FAILURE' : '/n/a'}`}`);
      if (code !== 0) logUnit(machine, unit.name, `${unit.name}: Failed with result '${signal ? 'signal' : 'exit-code'}'.`);
      world.clock.after(SECOND, () => {
        if (!init.running || handle.kubeletStopped || main?.running) return;
        logUnit(machine, unit.name, `${unit.name}: Scheduled restart job, restart counter is at ${++restarts}.`);
        handle.startKubelet();
      }, { background: true });
    });
  };
  const handle: ClusterNode = {
    name: node.name, ip: node.ip, machine, runtime, kubelet: undefined as unknown as Kubelet, host: blueprint.host.name, image: blueprint.nodeImage ?? '', controlPlane: node.controlPlane,
    ports: blueprint.host.forwards.filter((f) => f.to === node.ip).map((f) => ({ hostIP: f.listen, hostPort: f.port, containerPort: f.toPort })), startedAt: world.clock.now, state: 'running', kubeletStopped: false,
    startKubelet() {
      if (main?.running) return;
      handle.kubeletStopped = false;
      const { argv, comm } = service.main(blueprint, node);
      const process = machine.daemon({ argv: [...argv], exe: argv[0]!, parent: init, stderr: new Sink((text) => logLine(process, unit.name, text.trimEnd())) });
      if (comm) process.comm = comm;
      main = process;
      logUnit(machine, unit.name, `Started ${unit.name} - ${unit.description}.`);
      supervise(process);
      if (!containerd.unit) {
        const child = (runtime.process = beginContainerd(process));
        process.onExit(() => child.exit(0));
      }
      service.run(process, handle, options, blueprint);
    },
    stopKubelet() {
      handle.kubeletStopped = true;
      main?.exit(0);
    },
    stop() {
      if (handle.state === 'exited') return;
      handle.state = 'exited';
      handle.kubeletStopped = true;
      for (const p of machine.pids.processes().sort((a, b) => Number(a !== init) - Number(b !== init))) p.exit(137, 'KILL');
      for (const link of wires) link.setDown();
    },
    start() {
      if (handle.state === 'running') return;
      handle.state = 'running';
      handle.startedAt = world.clock.now;
      for (const link of wires) link.setUp();
      if (!machine.net.routes().some((r) => r.bits === 0)) machine.net.addRoute(defaultRoute(blueprint, node));
      init = boot(machine);
      if (containerd.unit) runtime.process = beginContainerd(init);
      handle.startKubelet();
    },
    pause() {
      handle.state = 'paused';
      for (const p of machine.pids.processes()) p.signal('STOP');
    },
    unpause() {
      handle.state = 'running';
      for (const p of machine.pids.processes()) p.signal('CONT');
    },
  };
  handle.startKubelet();
  addUnit(machine, { ...unit, main: () => main, stopped: () => handle.kubeletStopped, start: () => handle.startKubelet(), stop: () => handle.stopKubelet() });
  if (containerd.unit) addUnit(machine, { ...containerd.unit, main: () => runtime.process, stopped: () => !runtime.process.running, start: () => (runtime.process = beginContainerd(init)), stop: () => runtime.process.exit(0) });
  for (const { unit: about, argv } of service.companions ?? []) {
    let process: Process | undefined;
    const begin = () => (process = machine.daemon({ argv: [...argv], exe: argv[0]!, parent: init }));
    begin();
    addUnit(machine, { ...about, main: () => process, stopped: () => !process?.running, start: begin, stop: () => process?.exit(0) });
  }
  registerNode(world, handle);
  return handle;
}

function boot(machine: Machine): Process {
  const init = machine.daemon({ argv: ['/sbin/init'], exe: '/sbin/init' });
  init.comm = 'systemd';
  machine.daemon({ argv: ['/lib/systemd/systemd-journald'], exe: '/lib/systemd/systemd-journald', parent: init });
  return init;
}

function startContainerd(machine: Machine, parent: Process, { unit, argv }: NodeService['containerd']): Process {
  if (unit) logUnit(machine, unit.name, `Started ${unit.name} - ${unit.description}.`);
  const containerd = machine.daemon({ argv: [...argv], exe: argv[0]!.startsWith('/') ? argv[0]! : `/usr/bin/${argv[0]!}`, parent });
  tcpListen(containerd, { ip: '127.0.0.1', port: 32768 + machine.world.rng.fork(`containerd-port/${machine.name}`).int(28000) }, (s) => s.abort());
  return containerd;
}
