import type { ApiClient } from '../../kubernetes/client/client.ts';
import { type ClusterNode, nodeOf } from '../../kubernetes/kubelet/nodes.ts';
import { apiClient } from '../../kubernetes/runtime/connection.ts';
import { parseReference } from '../../kubernetes/runtime/reference.ts';
import { readKubeconfig } from '../../kubernetes/runtime/kubeconfig.ts';
import { formatIpv4 } from '../../linux/net/addresses.ts';
import type { Process } from '../../linux/process.ts';
import { units } from '../../linux/systemd.ts';
import { Refused } from './refused.ts';

export const VERSION = 'v1.28.15';

/** What a control plane of that version is made of. */
export const images = (version: string): string[] => [...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => `registry.k8s.io/${name}:${version}`), 'registry.k8s.io/pause:3.9', 'registry.k8s.io/etcd:3.5.15-0', 'registry.k8s.io/coredns/coredns:v1.10.1'];

/** The machine that kubeadm is typed on, and what it knows of the cluster. */
export class Cluster {
  readonly process: Process;
  readonly node: ClusterNode;

  constructor(process: Process) {
    const node = nodeOf(process.machine);
    if (!node) throw new Refused('[preflight] Some fatal errors occurred:\n\t[ERROR CRI]: container runtime is not running');
    this.process = process;
    this.node = node;
  }

  /** A client with the rights of /etc/kubernetes/admin.conf. */
  admin(): ApiClient {
    const { server, user } = readKubeconfig(this.process, '/etc/kubernetes/admin.conf');
    return apiClient(this.process, server, user, `kubeadm/${VERSION}`);
  }

  /** The address of the interface that the default route leaves through. */
  get defaultAddress(): string {
    const { net } = this.process, dev = net.routes().find((r) => r.bits === 0)?.dev, own = dev?.addresses[0];
    return own ? formatIpv4(own.ip) : this.node.ip;
  }

  restartKubelet(): void {
    const unit = units(this.process.machine).get('kubelet.service');
    unit?.stop();
    unit?.start();
  }
}

/** --name=value, --name value. */
export function option(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((a) => a === `--${name}` || a.startsWith(`--${name}=`));
  return at < 0 ? undefined : args[at]!.includes('=') ? args[at]!.slice(name.length + 3) : args[at + 1];
}

/** What stands in the way of init or join; told as kubeadm tells it unless --ignore-preflight-errors says all. */
export async function preflight(p: Process, args: readonly string[], paths: readonly string[], ports: readonly number[], needed: readonly string[] = []): Promise<void> {
  await p.out('[preflight] Running pre-flight checks\n');
  const problems: string[] = [], { fs } = p, busy = (port: number) => p.machine.net.sockets.listeners.has(port);
  if (p.uid !== 0) throw new Refused('error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR IsPrivilegedUser]: user is not running as root\n[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`');
  for (const port of ports) if (busy(port)) problems.push(`[ERROR Port-${port}]: Port ${port} is in use`);
  for (const path of paths) if (fs.exists(path)) problems.push(`[ERROR FileAvailable-${path.slice(1).replaceAll('/', '-')}]: ${path} already exists`);
  if (!nodeOf(p.machine)?.runtime.process.running) problems.push('[ERROR CRI]: container runtime is not running');
  if (fs.exists('/var/lib/etcd/member') && ports.includes(2379)) problems.push('[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty');
  if (needed.length > 0 && problems.length === 0) {
    await p.out("[preflight] Pulling images required for setting up a Kubernetes cluster\n[preflight] This might take a minute or two, depending on the speed of your internet connection\n[preflight] You can also perform this action in beforehand using 'kubeadm config images pull'\n");
    for (const name of needed) {
      const error = pullImage(p, name);
      if (error !== undefined) problems.push(`[ERROR ImagePull]: failed to pull image ${name}: output: E${error}\n, error: exit status 1`);
    }
    await p.sleep(3_000_000);
  }
  if (problems.length > 0 && option(args, 'ignore-preflight-errors') !== 'all') throw new Refused(`error execution phase preflight: [preflight] Some fatal errors occurred:\n${problems.map((x) => `\t${x}\n`).join('')}[preflight] If you know what you are doing, you can make a check non-fatal with \`--ignore-preflight-errors=...\``);
}

/** What crictl says of an image that cannot be had; undefined when it is there. */
export function pullImage(p: Process, name: string): string | undefined {
  const reference = parseReference(name), { runtime } = new Cluster(p).node;
  if ('error' in reference) return reference.error;
  if (runtime.image(reference)) return undefined;
  const result = runtime.pull(reference);
  return 'error' in result ? ` "PullImage from image service failed" err="${result.error}" image="${name}"` : undefined;
}
