import { nodeOf } from '../../kubernetes/kubelet/nodes.ts';
import { type Container, CriError, type Sandbox } from '../../kubernetes/runtime/containers.ts';
import type { ContainerRuntime } from '../../kubernetes/runtime/cri.ts';
import { imageDigest, imageId } from '../../kubernetes/runtime/image.ts';
import { rfc3339Nano } from '../../kubernetes/runtime/log.ts';
import { formatReference, parseReference } from '../../kubernetes/runtime/reference.ts';
import type { Process, Program } from '../../linux/process.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { relay } from '../podman/relay.ts';

/** crictl v1.26: the runtime of the node it is typed on (kubernetes-sigs/cri-tools). */
export const main: Program = async (p) => {
  const [command, ...args] = p.args;
  if (command === undefined || command === '-h' || command === '--help' || command === 'help') {
    void p.out(HELP);
    return 0;
  }
  if (command === '--version' || command === '-v') {
    void p.out('crictl version v1.26.1\n');
    return 0;
  }
  const run = COMMANDS[command];
  if (!run) {
    void p.err(`No help topic for '${command}'\n`);
    return 3;
  }
  const runtime = nodeOf(p.machine)?.runtime;
  if (p.uid !== 0 && ASKS[command]) {
    const why = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect: permission denied"', [text, call, filter] = ASKS[command];
    void p.err(`${klogStamp(p)} ${call} from runtime service failed" err="${why.replaceAll('"', '\\"')}"${filter}\n`);
    fatal(p, `${text}: ${why}`);
    return 1;
  }
  if (!runtime?.process.running) {
    fatal(p, 'unable to determine runtime API version: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory"');
    return 1;
  }
  return run(p, runtime, args);
};

/** What a listing asks of the runtime first, as the error tells it. */
const ASKS: Readonly<Record<string, readonly [string, string, string]>> = {
  ps: ['listing containers', 'remote_runtime.go:390] "ListContainers with filter', ' filter="&ContainerFilter{Id:,State:&ContainerStateValue{State:CONTAINER_RUNNING,},PodSandboxId:,LabelSelector:map[string]string{},}"'],
  pods: ['listing pod sandboxes', 'remote_runtime.go:284] "ListPodSandbox with filter', ' filter="&PodSandboxFilter{Id:,State:nil,LabelSelector:map[string]string{},}"'],
};

type Command = (p: Process, runtime: ContainerRuntime, args: string[]) => Promise<number> | number;

/** Flags and operands, mixed as urfave/cli v2 of crictl takes them: flags first. */
function flags(args: string[], valued: string): { on: (...names: string[]) => boolean; value: (...names: string[]) => string | undefined; rest: string[] } {
  const withValue = new Set(valued.split(' ')), set = new Set<string>(), values = new Map<string, string>();
  let i = 0;
  for (; i < args.length && args[i]!.startsWith('-'); i++) {
    const [name, inline] = args[i]!.replace(/^--?/, '').split(/=(.*)/s) as [string, string | undefined];
    if (withValue.has(name)) values.set(name, inline ?? args[++i] ?? '');
    else if (/^-[a-z]{2,}$/.test(args[i]!)) for (const c of name) set.add(c);
    else set.add(name);
  }
  return { on: (...names) => names.some((n) => set.has(n)), value: (...names) => names.map((n) => values.get(n)).find((v) => v !== undefined), rest: args.slice(i) };
}

const ps: Command = (p, runtime, args) => {
  const f = flags(args, 'name label state s pod p image o output id n last');
  const name = f.value('name'), pod = f.value('pod', 'p'), state = f.value('state', 's');
  const list = [...runtime.containers.values()].reverse().filter((c) => (f.on('a', 'all') || state || c.state === 'RUNNING') && (!state || c.state.toLowerCase() === state.toLowerCase()) && (!name || new RegExp(name).test(c.config.name)) && (!pod || c.sandbox.id.startsWith(pod)))
    .sort((a, b) => b.createdAt - a.createdAt);
  if (f.on('q', 'quiet')) void p.out(list.map((c) => `${c.id}\n`).join(''));
  else if (f.value('o', 'output') === 'json') void p.out(`${JSON.stringify({ containers: list.map((c) => ({ id: c.id, podSandboxId: c.sandbox.id, metadata: { name: c.config.name, attempt: c.config.attempt }, image: { image: imageId(c.config.image), annotations: {} }, imageRef: imageId(c.config.image), state: `CONTAINER_${c.state}`, createdAt: String(c.createdAt * 1000), labels: sorted(c.config.labels), annotations: sorted(c.config.annotations) })) }, null, 2)}\n`);
  else void p.out(table(['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD'], list.map((c) => [c.id.slice(0, 13), imageId(c.config.image).slice(7, 20), ago(p.now - c.createdAt), STATE[c.state], c.config.name, String(c.config.attempt), c.sandbox.id.slice(0, 13), c.sandbox.config.name])));
  return 0;
};
const STATE = { CREATED: 'Created', RUNNING: 'Running', EXITED: 'Exited' };

const pods: Command = (p, runtime, args) => {
  const f = flags(args, 'name namespace label state s o output id n last');
  const name = f.value('name'), namespace = f.value('namespace');
  const list = [...runtime.sandboxes.values()].filter((s) => (!name || new RegExp(name).test(s.config.name)) && (!namespace || new RegExp(namespace).test(s.config.namespace))).sort((a, b) => b.createdAt - a.createdAt);
  if (f.on('q', 'quiet')) void p.out(list.map((s) => `${s.id}\n`).join(''));
  else void p.out(table(['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'], list.map((s) => [s.id.slice(0, 13), ago(p.now - s.createdAt), s.state === 'READY' ? 'Ready' : 'NotReady', s.config.name, s.config.namespace, String(s.config.attempt), '(default)'])));
  return 0;
};

const images: Command = (p, runtime, args) => {
  const f = flags(args, 'o output');
  const list = [...runtime.images].sort(([a], [b]) => (a < b ? -1 : 1)).filter(([n]) => !f.rest[0] || n.includes(f.rest[0]));
  if (f.on('q', 'quiet')) void p.out([...new Set(list.map(([, { image }]) => imageId(image)))].map((i) => `${i}\n`).join(''));
  else if (f.on('digests')) void p.out(table(['IMAGE', 'TAG', 'DIGEST', 'IMAGE ID', 'SIZE'], list.map(([n, { image, pulled }]) => [...split(n), pulled ? imageDigest(image).slice(7, 20) : '<none>', imageId(image).slice(7, 20), humanSize(image.size)])));
  else void p.out(table(['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], list.map(([n, { image }]) => [...split(n), imageId(image).slice(7, 20), humanSize(image.size)])));
  return 0;
};

const logs: Command = async (p, runtime, args) => {
  const f = flags(args, 'tail since limit-bytes r');
  const container = findContainer(runtime, f.rest[0] ?? '');
  if (!container) return notFound(p, 'ContainerStatus from runtime service failed', f.rest[0] ?? '', '');
  const tail = f.value('tail');
  const entries = tail === undefined ? container.log.entries : container.log.entries.slice(-Number(tail) || container.log.entries.length);
  const show = async (e: { at: Micros; stream: string; text: string }) => p[e.stream === 'stdout' ? 'out' : 'err'](f.on('t', 'timestamps') ? `${rfc3339Nano(e.at)} ${e.text}` : e.text);
  for (const e of entries) await show(e);
  if (f.on('f', 'follow') && !container.log.closed) await p.wait<void>((resume) => container.log.follow((e) => void show(e), () => resume()));
  return 0;
};

const exec: Command = async (p, runtime, args) => {
  const f = flags(args, 'timeout transport');
  const [id, ...argv] = f.rest;
  const container = findContainer(runtime, id ?? '');
  if (!container) {
    fatal(p, `execing command in container: rpc error: code = NotFound desc = an error occurred when try to find container "${id ?? ''}": not found`);
    return 1;
  }
  try {
    const code = await relay(p, { interactive: f.on('i', 'interactive'), tty: f.on('t', 'tty'), pids: container.pids }, (io) => runtime.exec(container, argv, io));
    if (code !== 0) fatal(p, `execing command in container: command terminated with exit code ${code}`);
    return code === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CriError)) throw error;
    fatal(p, `execing command in container: rpc error: code = Unknown desc = ${error.message}`);
    return 1;
  }
};

const inspect: Command = (p, runtime, args) => {
  const f = flags(args, 'o output template');
  for (const id of f.rest) {
    const c = findContainer(runtime, id);
    if (!c) return notFound(p, 'ContainerStatus from runtime service failed', id, 'getting the status of the container ' + JSON.stringify(id) + ': ');
    void p.out(`${JSON.stringify({
      status: {
        id: c.id, metadata: { attempt: c.config.attempt, name: c.config.name }, state: `CONTAINER_${c.state}`, createdAt: rfc3339Nano(c.createdAt), startedAt: c.startedAt ? rfc3339Nano(c.startedAt) : ZERO, finishedAt: c.finishedAt ? rfc3339Nano(c.finishedAt) : ZERO,
        exitCode: c.exitCode, image: { annotations: {}, image: runtime.describe(c.config.image).name }, imageRef: runtime.describe(c.config.image).ref, reason: c.reason, message: c.message, labels: sorted(c.config.labels), annotations: sorted(c.config.annotations),
        mounts: c.config.mounts.map((m) => ({ containerPath: m.path, hostPath: '', propagation: 'PROPAGATION_PRIVATE', readonly: Boolean(m.readOnly), selinuxRelabel: false })), logPath: c.config.logPath, resources: { linux: null, windows: null },
      },
      info: { sandboxID: c.sandbox.id, pid: c.process?.pid ?? 0, removing: false, snapshotKey: c.id, snapshotter: 'overlayfs', runtimeType: 'io.containerd.runc.v2' },
    }, null, 2)}\n`);
  }
  return 0;
};
const ZERO = '0001-01-01T00:00:00Z';

const inspectp: Command = (p, runtime, args) => {
  for (const id of flags(args, 'o output').rest) {
    const s = [...runtime.sandboxes.values()].find((x) => x.id.startsWith(id));
    if (!s) return notFound(p, 'PodSandboxStatus from runtime service failed', id, 'getting the status of the pod sandbox ' + JSON.stringify(id) + ': ', 'podSandboxID');
    const mode = s.config.hostNetwork ? 'NODE' : 'POD';
    void p.out(`${JSON.stringify({
      status: {
        id: s.id, metadata: { attempt: s.config.attempt, name: s.config.name, namespace: s.config.namespace, uid: s.config.uid }, state: `SANDBOX_${s.state}`, createdAt: rfc3339Nano(s.createdAt), network: { additionalIps: [], ip: s.ip ?? '' },
        linux: { namespaces: { options: { ipc: mode, network: mode, pid: s.config.hostPID ? 'NODE' : 'CONTAINER', targetId: '', usernsOptions: null } } }, labels: sorted(s.config.labels), annotations: sorted(s.config.annotations), runtimeHandler: '',
      },
      info: { pid: s.pause?.pid ?? 0, processStatus: s.state === 'READY' ? 'running' : 'deleted', netNamespaceClosed: s.state !== 'READY', image: 'registry.k8s.io/pause:3.9', runtimeType: 'io.containerd.runc.v2', ...(s.netns ? { cniResult: { Interfaces: { eth0: { IPConfigs: [{ IP: s.ip }], Mac: s.net.link('eth0')?.address ?? '', Sandbox: `/var/run/netns/${s.netns}` } } } } : {}) },
    }, null, 2)}\n`);
  }
  return 0;
};

const info: Command = (p, runtime) => {
  const ready = runtime.networkReady;
  void p.out(`${JSON.stringify({
    status: { conditions: [{ type: 'RuntimeReady', status: true, reason: '', message: '' }, { type: 'NetworkReady', status: ready, reason: ready ? '' : 'NetworkPluginNotReady', message: ready ? '' : 'Network plugin returns error: cni plugin not initialized' }] },
    cniconfig: { PluginDirs: ['/opt/cni/bin'], PluginConfDir: '/etc/cni/net.d', PluginMaxConfNum: 1, Prefix: 'eth', Networks: [] },
    config: { containerd: { snapshotter: 'overlayfs', defaultRuntimeName: 'runc' }, sandboxImage: 'registry.k8s.io/pause:3.9' }, golang: 'go1.19.8', lastCNILoadStatus: runtime.cniLoadError ?? 'OK',
  }, null, 2)}\n`);
  return 0;
};

const stop: Command = async (p, runtime, args) => {
  const f = flags(args, 'timeout t');
  for (const id of f.rest) {
    const c = findContainer(runtime, id);
    if (!c) return notFound(p, 'StopContainer from runtime service failed', id, `stopping the container "${id}": `);
    await p.wait<void>((resume) => runtime.stopContainer(c, Number(f.value('timeout', 't') ?? 0) * SECOND, () => resume()));
    await p.out(`${id}\n`);
  }
  return 0;
};

const rm: Command = (p, runtime, args) => {
  const f = flags(args, '');
  for (const id of f.rest) {
    const c = findContainer(runtime, id);
    if (!c) return notFound(p, 'ContainerStatus from runtime service failed', id, '');
    if (c.state === 'RUNNING' && !f.on('f', 'force')) {
      fatal(p, `unable to remove container(s)`);
      return 1;
    }
    runtime.removeContainer(c);
    void p.out(`${id}\n`);
  }
  return 0;
};

const stopp: Command = (p, runtime, args) => {
  for (const id of args) {
    const s = findSandbox(runtime, id);
    if (!s) return notFound(p, 'StopPodSandbox from runtime service failed', id, `stopping the pod sandbox "${id}": `, 'podSandboxID');
    try {
      runtime.stopPodSandbox(s);
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      fatal(p, `stopping the pod sandbox "${id}": rpc error: code = Unknown desc = ${error.message}`);
      return 1;
    }
    void p.out(`Stopped sandbox ${id}\n`);
  }
  return 0;
};

const rmp: Command = (p, runtime, args) => {
  const f = flags(args, '');
  for (const id of f.rest) {
    const s = findSandbox(runtime, id);
    if (!s) return notFound(p, 'PodSandboxStatus from runtime service failed', id, '', 'podSandboxID');
    if (s.state === 'READY' && !f.on('f', 'force')) {
      fatal(p, `pod sandbox "${id}" is running, please stop it first`);
      return 1;
    }
    try {
      runtime.removePodSandbox(s);
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      fatal(p, `removing the pod sandbox "${id}": rpc error: code = Unknown desc = failed to forcibly stop sandbox "${s.id}": ${error.message}`);
      return 1;
    }
    void p.out(`Removed sandbox ${id}\n`);
  }
  return 0;
};

const pullImage: Command = async (p, runtime, args) => {
  const name = flags(args, 'creds auth annotation').rest[0] ?? '';
  const reference = parseReference(name);
  const failed = (why: string) => {
    void p.err(`${klogStamp(p)} remote_image.go:171] "PullImage from image service failed" err="${why.replaceAll('"', '\\"')}" image="${name}"\n`);
    fatal(p, `pulling image: ${why}`);
    return 1;
  };
  if ('error' in reference) return failed(`rpc error: code = InvalidArgument desc = failed to parse image reference "${name}": ${reference.error}`);
  await p.sleep(SECOND);
  const result = runtime.pull(reference);
  if ('error' in result) return failed(result.error);
  void p.out(`Image is up to date for ${formatReference(reference).split(':')[0]}@${imageDigest(result.image)}\n`);
  return 0;
};

const rmi: Command = (p, runtime, args) => {
  for (const name of flags(args, '').rest) {
    const reference = parseReference(name);
    const full = 'error' in reference ? name : formatReference(reference);
    const names = [...runtime.images].filter(([n, { image }]) => n === full || imageId(image).slice(7).startsWith(name)).map(([n]) => n);
    if (names.length === 0) {
      void p.err(`${klogStamp(p)} remote_image.go:222] "RemoveImage from image service failed" err="rpc error: code = NotFound desc = no such image" image="${name}"\n`);
      return 1;
    }
    for (const n of names) {
      runtime.removeImage(n);
      void p.out(`Deleted: ${n}\n`);
    }
  }
  return 0;
};

const version: Command = (p, runtime) => {
  void p.out(`Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  ${runtime.version}~ds1\nRuntimeApiVersion:  v1\n`);
  return 0;
};

const stats: Command = async (p, runtime, args) => {
  const f = flags(args, 'id label name o output p pod s seconds');
  const id = f.value('id') ?? f.rest[0], name = f.value('name'), pod = f.value('pod', 'p');
  // The usage of the processor is a difference between two looks.
  await p.sleep((Number(f.value('seconds', 's')) || 1) * SECOND);
  const { statsOf } = await import('./stats.ts');
  const list = [...runtime.containers.values()].filter((c) => (f.on('a', 'all') || c.state === 'RUNNING') && (!id || c.id.startsWith(id)) && (!name || new RegExp(name).test(c.config.name)) && (!pod || c.sandbox.id.startsWith(pod)));
  const rows = list.map((c) => {
    const { memory, disk, inodes } = statsOf(c);
    return [c.id.slice(0, 13), c.config.name, '0.00', humanSize(memory, 4), humanSize(disk, 4), String(inodes)];
  });
  void p.out(`\x1b[2J\x1b[H${table(['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES'], rows)}`);
  return 0;
};

const COMMANDS: Record<string, Command> = { ps, pods, images, image: images, img: images, logs, exec, inspect, inspectp, info, stop, rm, stopp, rmp, pull: pullImage, rmi, stats, version };

const HELP = 'NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options] [arguments...]\n\nVERSION:\n   v1.26.1\n\nCOMMANDS:\n   attach              Attach to a running container\n   create              Create a new container\n   exec                Run a command in a running container\n   version             Display runtime version information\n   images, image, img  List images\n   inspect             Display the status of one or more containers\n   inspecti            Return the status of one or more images\n   imagefsinfo         Return image filesystem info\n   inspectp            Display the status of one or more pods\n   logs                Fetch the logs of a container\n   port-forward        Forward local port to a pod\n   ps                  List containers\n   pull                Pull an image from a registry\n   run                 Run a new container inside a sandbox\n   runp                Run a new pod\n   rm                  Remove one or more containers\n   rmi                 Remove one or more images\n   rmp                 Remove one or more pods\n   pods                List pods\n   start               Start one or more created containers\n   info                Display information of the container runtime\n   stop                Stop one or more running containers\n   stopp               Stop one or more running pods\n   update              Update one or more running containers\n   config              Get and set crictl client configuration options\n   stats               List container(s) resource usage statistics\n   statsp              List pod resource usage statistics\n   completion          Output shell completion code\n   checkpoint          Checkpoint one or more running containers\n   help, h             Shows a list of commands or help for one command\n\nGLOBAL OPTIONS:\n   --config value, -c value            Location of the client config file. If not specified and the default does not exist, the program\'s directory is searched as well (default: "/etc/crictl.yaml") [$CRI_CONFIG_FILE]\n   --debug, -D                         Enable debug mode (default: false)\n   --image-endpoint value, -i value    Endpoint of CRI image manager service (default: uses \'runtime-endpoint\' setting) [$IMAGE_SERVICE_ENDPOINT]\n   --runtime-endpoint value, -r value  Endpoint of CRI container runtime service (default: uses in order the first successful one of [unix:///var/run/dockershim.sock unix:///run/containerd/containerd.sock unix:///run/crio/crio.sock unix:///var/run/cri-dockerd.sock]). Default is now deprecated and the endpoint should be set instead. [$CONTAINER_RUNTIME_ENDPOINT]\n   --timeout value, -t value           Timeout of connecting to the server in seconds (e.g. 2s, 20s.). 0 or less is set to default (default: 2s)\n   --help, -h                          show help\n   --version, -v                       print the version\n';

function findContainer(runtime: ContainerRuntime, id: string): Container | undefined {
  return id === '' ? undefined : [...runtime.containers.values()].find((c) => c.id.startsWith(id));
}

function findSandbox(runtime: ContainerRuntime, id: string): Sandbox | undefined {
  return id === '' ? undefined : [...runtime.sandboxes.values()].find((s) => s.id.startsWith(id));
}

function notFound(p: Process, what: string, id: string, doing: string, kind = 'containerID'): number {
  const noun = kind === 'containerID' ? 'container' : 'sandbox';
  const why = `rpc error: code = NotFound desc = an error occurred when try to find ${noun} "${id}": not found`;
  void p.err(`${klogStamp(p)} remote_runtime.go:415] "${what}" err="${why.replaceAll('"', '\\"')}" ${kind}="${id}"\n`);
  fatal(p, `${doing}${why}`);
  return 1;
}

function fatal(p: Process, message: string): void {
  void p.err(`time="${new Date(p.now / 1000).toISOString().slice(0, 19)}Z" level=fatal msg="${message.replaceAll('"', '\\"')}"\n`);
}

function klogStamp(p: Process): string {
  const iso = new Date(Math.floor(p.now / 1000)).toISOString();
  return `E${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${String(p.now % 1_000_000).padStart(6, '0')} ${String(p.pid).padStart(7)}`;
}

/** text/tabwriter with cells of at least 20 and three spaces between. */
function table(header: string[], rows: string[][]): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(20, ...all.map((r) => r[i]!.length + 3)));
  return all.map((r) => `${r.map((c, i) => (i === r.length - 1 ? c : c.padEnd(widths[i]!))).join('')}\n`).join('');
}

function split(name: string): [string, string] {
  const at = name.lastIndexOf(':');
  return [name.slice(0, at), name.slice(at + 1)];
}

/** Maps are printed in the order of their keys. */
function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** go-units HumanSizeWithPrecision: 150MB, 2.13MB, 769kB. */
function humanSize(size: number, precision = 3): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let i = 0, n = size;
  for (; n >= 1000 && i < 3; i++) n /= 1000;
  return `${Number(n.toPrecision(precision))}${units[i]}`;
}

function ago(time: Micros): string {
  const s = Math.floor(time / 1e6), m = Math.floor(s / 60), h = Math.round(m / 60);
  const text = s < 1 ? 'Less than a second' : s === 1 ? '1 second' : s < 60 ? `${s} seconds` : m === 1 ? 'About a minute' : m < 60 ? `${m} minutes` : h === 1 ? 'About an hour' : h < 48 ? `${h} hours` : `${Math.floor(h / 24)} days`;
  return `${text} ago`;
}
