import { nodeOf } from '../../kubernetes/kubelet/nodes.ts';
import { imageDigest } from '../../kubernetes/runtime/image.ts';
import type { Process, Program } from '../../linux/process.ts';
import { byteSize } from './size.ts';

/** ctr of containerd 1.6: what the runtime keeps in a namespace; Kubernetes' is k8s.io. Listings only. */
export const main: Program = (p) => {
  const args = [...p.args];
  let namespace = p.env['CONTAINERD_NAMESPACE'] ?? 'default';
  while (args[0]?.startsWith('-')) {
    const [name, attached] = args.shift()!.split('=');
    if (name === '-n' || name === '--namespace') namespace = attached ?? args.shift() ?? '';
    else if (name === '--version' || name === '-v') {
      p.out('ctr github.com/containerd/containerd 1.6.20~ds1\n');
      return 0;
    } else {
      p.err(`Incorrect Usage: flag provided but not defined: ${name}\n\n`);
      return 1;
    }
  }
  const runtime = nodeOf(p.machine)?.runtime;
  const socket = '/run/containerd/containerd.sock';
  if (p.uid !== 0) return fail(p, `failed to dial "${socket}": connection error: desc = "transport: error while dialing: dial unix ${socket}: connect: permission denied"`);
  if (!runtime?.process.running) return fail(p, `failed to dial "${socket}": context deadline exceeded: connection error: desc = "transport: error while dialing: dial unix ${socket}: connect: no such file or directory"`);
  const [object = '', verb = '', ...rest] = args;
  const quiet = rest.includes('-q') || rest.includes('--quiet'), list = verb === 'ls' || verb === 'list';
  const here = namespace === 'k8s.io';
  const sandboxes = here ? [...runtime.sandboxes.values()] : [], containers = here ? [...runtime.containers.values()] : [];
  if (list && ['namespaces', 'namespace', 'ns'].includes(object)) return print(p, ['NAME', 'LABELS'], [['k8s.io', '']], quiet, 1);
  if (list && ['containers', 'container', 'c'].includes(object)) {
    const rows = [...sandboxes.map((s) => [s.id, 'registry.k8s.io/pause:3.9', RUNTIME]), ...containers.map((c) => [c.id, runtime.describe(c.config.image).name, RUNTIME])];
    return print(p, ['CONTAINER', 'IMAGE', 'RUNTIME'], rows.sort(([a], [b]) => (a! < b! ? -1 : 1)), quiet);
  }
  if (list && ['tasks', 'task', 't'].includes(object)) {
    const rows = [...sandboxes.filter((s) => s.state === 'READY').map((s) => [s.id, s.pause?.pid ?? 0, 'RUNNING'] as const), ...containers.filter((c) => c.process).map((c) => [c.id, c.process!.pid, c.state === 'RUNNING' ? 'RUNNING' : 'STOPPED'] as const)];
    return print(p, ['TASK', 'PID', 'STATUS'], rows.sort((a, b) => a[1] - b[1]).map((r) => r.map(String)), quiet);
  }
  if (list && ['images', 'image', 'i'].includes(object)) {
    const rows = here ? [...runtime.images].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { image }]) => [name, 'application/vnd.docker.distribution.manifest.v2+json', imageDigest(image), byteSize(image.size), 'linux/amd64', 'io.cri-containerd.image=managed']) : [];
    return print(p, ['REF', 'TYPE', 'DIGEST', 'SIZE', 'PLATFORMS', 'LABELS'], rows, quiet, 1);
  }
  p.err(`No help topic for '${object === '' ? 'ctr' : verb === '' || ['namespaces', 'namespace', 'ns', 'containers', 'container', 'c', 'tasks', 'task', 't', 'images', 'image', 'i'].includes(object) ? verb || object : object}'\n`);
  return 3;
};

const RUNTIME = 'io.containerd.runc.v2';

function fail(p: Process, message: string): number {
  p.err(`ctr: ${message}\n`);
  return 1;
}

/** text/tabwriter: cells as wide as the widest and `padding` more, the last one too (a task's status ends its line). */
function print(p: Process, header: string[], rows: string[][], quiet: boolean, padding = 4): number {
  if (quiet) p.out(rows.map((r) => `${r[0]}\n`).join(''));
  else {
    const all = [header, ...rows];
    const widths = header.map((_, i) => Math.max(...all.map((r) => r[i]!.length)) + padding);
    p.out(all.map((r) => `${r.map((c, i) => (c === 'RUNNING' || c === 'STOPPED' ? c : c.padEnd(widths[i]!))).join('')}\n`).join(''));
  }
  return 0;
}
