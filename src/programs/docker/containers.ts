import { clusterNodes, type ClusterNode, nodeOf } from '../../kubernetes/kubelet/nodes.ts';
import type { Container, Sandbox } from '../../kubernetes/runtime/containers.ts';
import type { ContainerRuntime } from '../../kubernetes/runtime/cri.ts';
import { imageId } from '../../kubernetes/runtime/image.ts';
import type { ContainerLog } from '../../kubernetes/runtime/log.ts';
import { sha256Hex } from '../../kubernetes/runtime/sha256.ts';
import { which } from '../../linux/machine.ts';
import type { Process } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import type { RelayedIo } from '../podman/relay.ts';

/** A container as dockerd of the machine keeps it: minikube's node on the VM, those of the Pods inside the node. */
export interface DockerContainer {
  id: string;
  name: string;
  image: string;
  argv: string[];
  createdAt: Micros;
  startedAt: Micros;
  finishedAt: Micros;
  state: 'running' | 'exited' | 'created' | 'paused';
  exitCode: number;
  ports: { hostIP: string; hostPort: number; containerPort: number }[];
  labels: Record<string, string>;
  /** By network: address, gateway, prefix, MAC. */
  networks: Record<string, { ip: string; gateway: string; bits: number; mac: string }>;
  pid: number;
  log: ContainerLog | undefined;
  /** Starts a process inside; a text is why it cannot. */
  exec(argv: string[], io: RelayedIo, o: { user?: string | undefined; cwd?: string | undefined; env: Record<string, string> }): Process | string;
  pids: Process['pids'];
  start(): void;
  stop(done: () => void): void;
  kill(): void;
}

/** Newest first, as `docker ps` lists them. */
export function containersOf(p: Process): DockerContainer[] {
  const node = nodeOf(p.machine);
  const all = node ? inside(node.runtime) : [...clusterNodes(p.world).values()].filter((n) => n.host === p.machine.name).map(nodeContainer);
  return all.sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1));
}

function nodeContainer(n: ClusterNode): DockerContainer {
  const eth0 = n.machine.net.link('eth0'), id = sha256Hex(`container ${n.machine.world.seed} ${n.name}`);
  return {
    id, name: n.name, image: n.image, argv: ['/usr/local/bin/entrypoint', '/sbin/init'], createdAt: n.machine.bootedAt, startedAt: n.startedAt, finishedAt: n.startedAt, state: n.state, exitCode: n.state === 'exited' ? 130 : 0, ports: [...n.ports],
    labels: { 'created_by.minikube.sigs.k8s.io': 'true', 'mode.minikube.sigs.k8s.io': n.name, 'name.minikube.sigs.k8s.io': n.name, 'role.minikube.sigs.k8s.io': '' }, networks: { [n.name]: { ip: n.state === 'exited' ? '' : n.ip, gateway: n.ip.replace(/\d+$/, '1'), bits: 24, mac: eth0?.address ?? '' } }, pid: n.state === 'exited' ? 0 : 1, log: undefined,
    pids: n.machine.pids,
    exec: (argv, io, { user = 'root', cwd = '/', env }) => {
      const { machine } = n, who = machine.users.get(user.split(':')[0]!), whole = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container: 'docker', HOSTNAME: n.name, HOME: who?.home ?? '/', ...env };
      if (!who) return `unable to find user ${user}: no matching entries in passwd file`;
      const exe = which(machine.fs, whole, cwd, argv[0]!);
      if (!exe || !machine.fs.exists(exe)) return missing(argv[0]!);
      return machine.spawn({ argv, exe, parent: machine.pids.get(1)!, cwd, env: whole, tty: io.tty, stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, uid: who.uid, gid: who.gid });
    },
    start: () => n.start(), kill: () => n.stop(),
    stop: (done) => {
      n.stop();
      done();
    },
  };
}

function inside(runtime: ContainerRuntime): DockerContainer[] {
  const kin = (s: Sandbox) => `${s.config.name}_${s.config.namespace}_${s.config.uid}`;
  const common = { ports: [], networks: {} };
  const sandboxes = [...runtime.sandboxes.values()].map((s): DockerContainer => ({
    ...common, id: s.id, name: `k8s_POD_${kin(s)}_${s.config.attempt}`, image: 'registry.k8s.io/pause:3.9', argv: ['/pause'], createdAt: s.createdAt, startedAt: s.createdAt, finishedAt: s.createdAt, state: s.state === 'READY' ? 'running' : 'exited', exitCode: 0,
    labels: { ...s.config.labels, 'io.kubernetes.docker.type': 'podsandbox' }, pid: s.pause?.pid ?? 0, log: undefined, pids: s.pause?.pids ?? runtime.machine.pids, exec: (argv) => missing(argv[0]!), start: () => {}, kill: () => s.pause?.signal('KILL'),
    stop: (done) => {
      runtime.stopPodSandbox(s);
      done();
    },
  }));
  const containers = [...runtime.containers.values()].map((c): DockerContainer => ({
    ...common, id: c.id, name: `k8s_${c.config.name}_${kin(c.sandbox)}_${c.config.attempt}`, image: imageId(c.config.image).slice(7, 19), argv: c.process?.argv ?? [...(c.config.command ?? c.config.image.entrypoint ?? [])], createdAt: c.createdAt, startedAt: c.startedAt, finishedAt: c.finishedAt,
    state: c.state === 'RUNNING' ? 'running' : c.state === 'EXITED' ? 'exited' : 'created', exitCode: c.exitCode, labels: { ...c.config.labels, 'io.kubernetes.docker.type': 'container' }, pid: c.process?.pid ?? 0, log: c.log, pids: c.pids,
    exec: (argv, io) => execIn(runtime, c, argv, io), start: () => {}, kill: () => c.process?.signal('KILL'), stop: (done) => runtime.stopContainer(c, 10_000_000, done),
  }));
  return [...sandboxes, ...containers];
}

function execIn(runtime: ContainerRuntime, container: Container, argv: string[], io: RelayedIo): Process | string {
  const { fs } = container, exe = which(fs, { PATH: container.config.image.env?.['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }, '/', argv[0]!);
  return exe && fs.exists(exe) ? runtime.exec(container, argv, io) : missing(argv[0]!);
}

const missing = (name: string): string => `exec: "${name}": ${name.includes('/') ? `stat ${name}: no such file or directory` : 'executable file not found in $PATH'}`;
