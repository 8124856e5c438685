import { Directory, type FileSystem, FileSystem as Files } from '../../linux/files.ts';
import type { Machine, SpawnOptions } from '../../linux/machine.ts';
import { NetNamespace } from '../../linux/net/namespace.ts';
import { PidNamespace, type Process, type Signal } from '../../linux/process.ts';
import { Pipe, Sink, type Stream } from '../../linux/streams.ts';
import { Tty } from '../../linux/tty.ts';
import { type Micros, MS, SECOND } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { addNetworks, CNI_DIRS, type Attachment, CniLoadError, delNetworks, loadNetwork } from '../cni/network-list.ts';
import { CniError } from '../cni/types.ts';
import { isDaemon, startDaemon } from './daemons.ts';
import { type Image, imageDigest, imageId, imageRoot } from './image.ts';
import { type Container, type ContainerConfig, CriError, type Sandbox, type SandboxConfig } from './containers.ts';
import { ContainerLog } from './log.ts';
import { capabilities, CAPABILITIES, EMPTY, home, PATH, resolveExecutable } from './process-options.ts';
import { find, pull, type PullResult } from './registry.ts';
import { formatReference, parseReference, type Reference } from './reference.ts';

/** containerd with its CRI plugin on one machine. It keeps sandboxes and containers until they are removed, also while the kubelet is away. */
export class ContainerRuntime {
  readonly machine: Machine;
  /** containerd itself; another one after a restart. */
  process: Process;
  version = '1.6.20';
  name = 'containerd';
  shimNamespace = 'k8s.io';
  socket = '/run/containerd/containerd.sock';
  cni = CNI_DIRS;
  readonly sandboxes = new Map<string, Sandbox>();
  readonly containers = new Map<string, Container>();
  /** Images on this machine, by canonical name, with the time they came and whether a registry gave them. */
  readonly images = new Map<string, { image: Image; pulled: boolean }>();
  /** A registry of this world that answers before the catalogue's: what it does not have is asked there. */
  registry: (reference: Reference) => Image | undefined = () => undefined;
  /** Told when a container or a sandbox starts or stops. */
  onChange: (podUid: string) => void = () => {};
  /** Gives a process its /proc and /dev (the scenario knows the machine's). */
  mountSystem: (fs: FileSystem, pids: PidNamespace, net: NetNamespace) => void = () => {};
  readonly #rng: Rng;
  readonly #containersByPod = new Map<string, Container[]>();
  readonly #sandboxesByPod = new Map<string, Sandbox[]>();

  constructor(machine: Machine, process: Process) {
    this.machine = machine;
    this.process = process;
    this.#rng = machine.world.rng.fork(`containerd/${machine.name}`);
  }

  get networkReady(): boolean {
    return this.cniLoadError === undefined;
  }

  /** Why no network configuration is loaded: what `crictl info` calls lastCNILoadStatus. */
  get cniLoadError(): string | undefined {
    try {
      loadNetwork(this.machine.fs, this.cni);
      return undefined;
    } catch (error) {
      if (!(error instanceof CniLoadError)) throw error;
      return `cni config load failed: ${error.message}: failed to load cni config`;
    }
  }

  // Images

  /** Puts an image where the runtime finds it, as `kind load` or a preloaded node image does. */
  load(image: Image): void {
    for (const name of image.names) this.images.set(name, { image, pulled: false });
  }

  loadName(name: string): void {
    const reference = parseReference(name);
    const image = 'error' in reference ? undefined : find(reference);
    if (!image) throw new Error(`the catalogue has no image ${name}`);
    this.images.set(name, { image, pulled: false });
  }

  image(reference: Reference): { image: Image; pulled: boolean } | undefined {
    const exact = this.images.get(formatReference(reference));
    if (exact || !reference.digest) return exact;
    for (const entry of this.images.values()) if (imageDigest(entry.image) === reference.digest) return entry;
    return undefined;
  }

  pull(reference: Reference): PullResult {
    const own = this.registry(reference);
    const result: PullResult = own ? { image: own } : pull(reference);
    if ('image' in result) this.images.set(formatReference(reference), { image: result.image, pulled: true });
    return result;
  }

  removeImage(name: string): void {
    this.images.delete(name);
  }

  /** What a container status says of an image: its name and its reference (a repository digest when a registry gave it). */
  describe(image: Image): { name: string; ref: string; tags: string[] } {
    const tags: string[] = [];
    let pulled: string | undefined;
    for (const [name, entry] of this.images) if (entry.image === image) {
      tags.push(name);
      if (entry.pulled) pulled ??= name;
    }
    tags.sort();
    const name = tags[0] ?? image.names[0]!;
    return { name, tags, ref: pulled ? `${pulled.slice(0, pulled.lastIndexOf(':'))}@${imageDigest(image)}` : imageId(image) };
  }

  // Sandboxes

  runPodSandbox(config: SandboxConfig): Sandbox {
    const { machine } = this;
    const id = this.#rng.hex(64);
    const netns = config.hostNetwork ? '' : `cni-${this.#rng.uuid()}`;
    const net = config.hostNetwork ? machine.net : new NetNamespace(machine.world, { machine: machine.name, name: netns });
    const uts = config.hostNetwork ? machine.uts : { hostname: config.hostname };
    let ip: string | undefined;
    if (!config.hostNetwork) {
      machine.netns.set(netns, net);
      machine.fs.mkdir('/run/netns', { parents: true });
      machine.fs.writeFile(`/run/netns/${netns}`, '', { mode: 0o444 });
      try {
        ip = addNetworks(this.process, attachment(id, netns, config), this.cni).ips?.[0]?.address.split('/')[0];
      } catch (error) {
        if (!(error instanceof CniError)) throw error;
        this.#dropNamespace(net, netns);
        throw new CriError(`failed to setup network for sandbox "${id}": ${error.message}`);
      }
      if (ip === undefined) throw new CriError(`failed to find network info for sandbox "${id}"`);
    }
    const shim = machine.daemon({ argv: ['/usr/bin/containerd-shim-runc-v2', '-namespace', this.shimNamespace, '-id', id, '-address', this.socket], exe: '/usr/bin/containerd-shim-runc-v2', ...this.#init() });
    const pids = config.hostPID ? machine.pids : new PidNamespace();
    const pause = machine.daemon({ argv: ['/pause'], exe: '/pause', parent: shim, net, uts, pids, uid: 65535, gid: 65535, container: id, capabilities: new Set(CAPABILITIES), env: {} });
    const sandbox: Sandbox = { id, config, createdAt: machine.world.clock.now, state: 'READY', ip: ip ?? undefined, net, uts, netns, shim, pause };
    this.sandboxes.set(id, sandbox);
    push(this.#sandboxesByPod, config.uid, sandbox);
    // Its network that cannot be taken down stays, for whoever asks for the end of the sandbox.
    pause.onExit(() => this.#end(sandbox));
    this.onChange(config.uid);
    return sandbox;
  }

  /** Ends what runs in it and takes its network away. Throws CriError when the plugins refuse: then the network is still there. */
  stopPodSandbox(sandbox: Sandbox): void {
    const refusal = this.#end(sandbox) ?? this.#takeNetwork(sandbox);
    if (refusal !== undefined) throw new CriError(refusal);
  }

  /** Gives why its network could not be taken away; undefined too when it had ended before. */
  #end(sandbox: Sandbox): string | undefined {
    if (sandbox.state === 'NOTREADY') return undefined;
    sandbox.state = 'NOTREADY';
    for (const c of this.containersOf(sandbox)) c.process?.signal('KILL');
    sandbox.pause?.signal('KILL');
    const refusal = this.#takeNetwork(sandbox);
    this.onChange(sandbox.config.uid);
    return refusal;
  }

  #takeNetwork(sandbox: Sandbox): string | undefined {
    if (sandbox.netns === '' || sandbox.net.destroyed) return undefined;
    try {
      delNetworks(this.process, attachment(sandbox.id, sandbox.netns, sandbox.config), this.cni);
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      return `failed to destroy network for sandbox "${sandbox.id}": ${error.message}`;
    }
    this.#dropNamespace(sandbox.net, sandbox.netns);
    return undefined;
  }

  #dropNamespace(net: NetNamespace, netns: string): void {
    net.destroy();
    this.machine.netns.delete(netns);
    if (this.machine.fs.exists(`/run/netns/${netns}`)) this.machine.fs.remove(`/run/netns/${netns}`);
  }

  removePodSandbox(sandbox: Sandbox): void {
    this.stopPodSandbox(sandbox);
    for (const c of this.containersOf(sandbox)) this.removeContainer(c);
    sandbox.shim.signal('KILL');
    this.sandboxes.delete(sandbox.id);
    drop(this.#sandboxesByPod, sandbox.config.uid, sandbox);
  }

  containersOf(sandbox: Sandbox): Container[] {
    return this.podContainers(sandbox.config.uid).filter((c) => c.sandbox === sandbox);
  }

  /** Of a pod's uid, oldest first. */
  podContainers(uid: string): readonly Container[] {
    return this.#containersByPod.get(uid) ?? [];
  }

  podSandboxes(uid: string): readonly Sandbox[] {
    return this.#sandboxesByPod.get(uid) ?? [];
  }

  // Containers

  createContainer(sandbox: Sandbox, config: ContainerConfig): Container {
    const { machine } = this;
    const { clock } = machine.world;
    const fs = new Files(new Directory({}, imageRoot(machine.world, config.image)), () => clock.now);
    for (const [path, content] of Object.entries(config.files)) {
      fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { parents: true });
      fs.writeFile(path, content);
    }
    if (config.workdir && !fs.exists(config.workdir)) fs.mkdir(config.workdir, { parents: true });
    for (const mount of config.mounts) {
      // Volumes inside volumes: the kubelet makes their mount points (pkg/volume/util/nested_volumes.go).
      const around = config.mounts.find((m) => m !== mount && mount.path.startsWith(`${m.path}/`));
      if (around) new Files(around.root, () => clock.now).mkdir(mount.path.slice(around.path.length), { parents: true });
      if (!fs.exists(mount.path)) fs.mkdir(mount.path, { parents: true });
      fs.mount({ ...mount, path: fs.realpath(mount.path) });
    }
    if (config.readOnlyRoot) fs.mounts[0]!.readOnly = true;
    const pids = config.pidsOf?.pids ?? (sandbox.config.hostPID ? machine.pids : new PidNamespace());
    this.mountSystem(fs, pids, sandbox.net);
    const log = new ContainerLog(clock);
    machine.fs.mkdir(config.logPath.slice(0, config.logPath.lastIndexOf('/')), { parents: true });
    log.mount(machine.fs, config.logPath, clock.now);
    const container: Container = {
      id: this.#rng.hex(64), config, sandbox, createdAt: clock.now, log, fs, state: 'CREATED', startedAt: 0, finishedAt: 0, exitCode: 0,
      reason: '', message: '', process: undefined, tty: undefined, stdin: undefined, pids, oomKilled: false,
    };
    this.containers.set(container.id, container);
    push(this.#containersByPod, sandbox.config.uid, container);
    return container;
  }

  /** Starts its main process. Throws CriError with what runc says when there is nothing to run. */
  startContainer(container: Container): void {
    const { config, sandbox, fs, log } = container;
    const { machine } = this;
    const { image } = config;
    const argv = config.command?.length ? [...config.command, ...(config.args ?? [])] : [...(image.entrypoint ?? []), ...(config.args?.length ? config.args : (image.cmd ?? []))];
    const env: Record<string, string> = { PATH, ...(image.env ?? {}), HOSTNAME: sandbox.uts.hostname, ...config.env };
    const cwd = config.workdir ?? image.workdir ?? '/';
    if (argv.length === 0) this.#failToStart(container, 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: args must not be empty: unknown');
    const exe = this.#executable(container, argv[0]!, env, cwd);
    const [uid = 0, gid = 0] = (image.user ?? '').split(':').map(Number);
    if (config.tty) {
      container.tty = new Tty(container.pids, { name: '/dev/pts/0' });
      container.tty.onOutput = (text) => log.write('stdout', text);
    }
    if (config.stdin && !config.tty) container.stdin = new Pipe();
    const tty = container.tty;
    if (tty) fs.mkdir('/dev/pts', { parents: true });
    const options = {
      argv, exe, parent: sandbox.shim, uid: config.uid ?? uid, gid: config.gid ?? gid, cwd, fs, net: sandbox.net, uts: sandbox.uts, pids: container.pids,
      env: { ...env, HOME: env['HOME'] ?? home(fs, config.uid ?? uid), ...(tty ? { TERM: 'xterm' } : {}) },
      capabilities: config.privileged ? ('all' as const) : capabilities(config.capabilities), container: container.id, tty,
      stdin: tty ?? container.stdin ?? EMPTY, stdout: tty ?? new Sink((t) => log.write('stdout', t)), stderr: tty ?? new Sink((t) => log.write('stderr', t)),
    };
    if (container.stdin) container.stdin.retain('write');
    const inode = fs.find(exe);
    const daemon = inode?.kind === 'file' && isDaemon(inode.program) ? inode.program : undefined;
    const { memoryLimit } = config;
    if (memoryLimit) machine.memoryLimits.set(container.id, { limit: memoryLimit, used: 0, onOom: () => (container.oomKilled = true) });
    container.state = 'RUNNING';
    container.startedAt = machine.world.clock.now;
    const process = daemon ? machine.daemon(options) : machine.spawn(options);
    process.pgid = process.pid;
    container.process = process;
    if (tty) tty.foreground = process.pgid;
    process.onExit(() => this.#exited(container, process));
    if (daemon) startDaemon(daemon, process);
    this.onChange(sandbox.config.uid);
  }

  /** Sends the stop signal, and KILL when it has not ended after `timeout` microseconds; then calls `done`. */
  stopContainer(container: Container, timeout: Micros, done: () => void = () => {}): void {
    const { process } = container;
    if (!process || container.state !== 'RUNNING') return done();
    const { clock } = this.machine.world;
    const timer = timeout <= 0 ? undefined : clock.after(timeout, () => process.signal('KILL'));
    process.onExit(() => {
      timer?.cancel();
      done();
    });
    if (timeout <= 0) return process.signal('KILL');
    const signal: Signal = container.config.image.stopSignal ?? 'TERM';
    process.signal(signal);
  }

  removeContainer(container: Container): void {
    container.process?.signal('KILL');
    this.containers.delete(container.id);
    drop(this.#containersByPod, container.sandbox.config.uid, container);
    const path = container.config.logPath;
    if (this.machine.fs.exists(path)) this.machine.fs.remove(path);
    container.log.close();
  }

  /** A process inside a running container. Throws CriError when there is no such executable. */
  exec(container: Container, argv: string[], streams: { stdin?: Stream | undefined; stdout?: Stream | undefined; stderr?: Stream | undefined; tty?: Tty | undefined }): Process {
    if (container.state !== 'RUNNING' || !container.process) throw new CriError(`container is in ${container.state === 'EXITED' ? 'CONTAINER_EXITED' : 'CONTAINER_CREATED'} state`);
    const main = container.process;
    const env: Record<string, string> = { PATH, ...(container.config.image.env ?? {}), HOSTNAME: container.sandbox.uts.hostname, ...container.config.env };
    const cwd = container.config.workdir ?? container.config.image.workdir ?? '/';
    const found = resolveExecutable(container.fs, env, cwd, argv[0] ?? '');
    if ('error' in found) throw new CriError(`failed to exec in container: failed to start exec "${this.#rng.hex(64)}": OCI runtime exec failed: exec failed: unable to start container process: ${found.error}: unknown`);
    const { tty } = streams;
    const inode = container.fs.find(found.path), daemon = inode?.kind === 'file' && isDaemon(inode.program) ? inode.program : undefined;
    const options: SpawnOptions = {
      argv, exe: found.path, parent: container.sandbox.shim, uid: main.uid, gid: main.gid, cwd, fs: container.fs, net: container.sandbox.net, uts: container.sandbox.uts, pids: container.pids,
      env: { ...env, HOME: env['HOME'] ?? home(container.fs, main.uid), ...(tty ? { TERM: 'xterm' } : {}) }, capabilities: main.capabilities, container: container.id, tty,
      stdin: tty ?? streams.stdin ?? EMPTY, stdout: tty ?? streams.stdout ?? EMPTY, stderr: tty ?? streams.stderr ?? EMPTY,
    };
    if (!daemon) return this.machine.spawn(options);
    // Callers listen for its end first.
    const process = this.machine.daemon(options);
    this.machine.world.clock.after(0, () => startDaemon(daemon, process));
    return process;
  }

  #executable(container: Container, name: string, env: Record<string, string>, cwd: string): string {
    const found = resolveExecutable(container.fs, env, cwd, name);
    if ('path' in found) return found.path;
    return this.#failToStart(container, `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${found.error}: unknown`);
  }

  #failToStart(container: Container, message: string): never {
    container.state = 'EXITED';
    container.finishedAt = this.machine.world.clock.now;
    container.exitCode = 128;
    container.reason = 'StartError';
    container.message = message;
    container.log.close();
    this.onChange(container.sandbox.config.uid);
    throw new CriError(message);
  }

  #exited(container: Container, process: Process): void {
    container.state = 'EXITED';
    container.finishedAt = this.machine.world.clock.now;
    container.exitCode = container.oomKilled ? 137 : process.status!.code;
    container.reason = container.oomKilled ? 'OOMKilled' : container.exitCode === 0 ? 'Completed' : 'Error';
    container.log.close();
    this.machine.memoryLimits.delete(container.id);
    for (const p of container.config.pidsOf || container.sandbox.config.hostPID ? [] : container.pids.processes()) p.signal('KILL');
    this.onChange(container.sandbox.config.uid);
  }

  #init(): { parent: Process } | Record<string, never> {
    const init = this.machine.pids.get(1);
    return init ? { parent: init } : {};
  }
}

/** What the plugins are told of a sandbox: containerd's CNI_ARGS. */
function attachment(containerId: string, netns: string, { namespace, name, uid, portMappings }: SandboxConfig): Attachment {
  return { containerId, netns, args: { IgnoreUnknown: '1', K8S_POD_NAMESPACE: namespace, K8S_POD_NAME: name, K8S_POD_INFRA_CONTAINER_ID: containerId, K8S_POD_UID: uid }, ...(portMappings ? { portMappings } : {}) };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function drop<T>(map: Map<string, T[]>, key: string, value: T): void {
  const left = (map.get(key) ?? []).filter((v) => v !== value);
  if (left.length > 0) map.set(key, left);
  else map.delete(key);
}

/** How long the runtime takes for what it does: measured on the recorded cluster. */
export const TIMES = { sandbox: 180 * MS, create: 35 * MS, start: 60 * MS, stop: 30 * MS, relist: SECOND };
