import { type ClusterNode, clusterNodes, nodeProvider, type NodeProvider } from '../../kubernetes/kubelet/nodes.ts';
import type { ApiClient } from '../../kubernetes/client/client.ts';
import { apiClient, servers } from '../../kubernetes/runtime/connection.ts';
import { userOf } from '../../kubernetes/runtime/kubeconfig.ts';
import type { Process } from '../../linux/process.ts';

export const VERSION = 'v1.32.0', COMMIT = '8220a6eb95f0a4d75f7f2d7b14cef975f050512d';
/** The Kubernetes that this minikube installs and has preloaded. */
export const KUBERNETES = 'v1.28.3';

/** The profile `minikube`: its node, its files below ~/.minikube, a client for its API server. */
export class Profile {
  readonly process: Process;
  readonly name = 'minikube';

  constructor(process: Process) {
    this.process = process;
  }

  get node(): ClusterNode | undefined {
    return clusterNodes(this.process.world).get(this.name);
  }

  get running(): boolean {
    return this.node?.state === 'running';
  }

  get provider(): NodeProvider | undefined {
    return nodeProvider(this.process.world, this.name);
  }

  get path(): string {
    return `${this.process.env['HOME'] ?? '/root'}/.minikube/profiles/${this.name}`;
  }

  /** Addons that are on, as the profile's config.json says. */
  get addons(): Record<string, boolean> {
    const { fs } = this.process, path = `${this.path}/config.json`;
    return fs.exists(path) ? ((JSON.parse(fs.readFile(path)) as { Addons?: Record<string, boolean> }).Addons ?? {}) : DEFAULT_ADDONS;
  }

  set addons(addons: Record<string, boolean>) {
    this.write({ Addons: addons });
  }

  write(more: Record<string, unknown>): void {
    const { fs, uid, gid } = this.process, path = `${this.path}/config.json`;
    fs.mkdir(this.path, { parents: true, uid, gid });
    const old = fs.exists(path) ? (JSON.parse(fs.readFile(path)) as Record<string, unknown>) : { Name: this.name, Driver: 'docker', KubernetesConfig: { KubernetesVersion: KUBERNETES, ContainerRuntime: 'docker' }, Addons: DEFAULT_ADDONS };
    fs.writeFile(path, `${JSON.stringify({ ...old, ...more }, null, '\t')}\n`, { uid, gid, mode: 0o600 });
  }

  /** A client with the rights of the kubeconfig's user; undefined while nobody answers. */
  client(): ApiClient | undefined {
    const { node } = this, address = node && [...servers(this.process.world).keys()].find((a) => a.startsWith(`${node.ip}:`));
    return address ? apiClient(this.process, address, userOf('minikube-user', ['system:masters']), `minikube/${VERSION}`) : undefined;
  }
}

const DEFAULT_ADDONS = { 'default-storageclass': true, 'storage-provisioner': true };
