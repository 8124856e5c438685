import type { Identity } from '../kubernetes/apiserver/registry.ts';
import type { KubeObject } from '../kubernetes/api/types.ts';
import type { ApiClient } from '../kubernetes/client/client.ts';
import type { Daemon } from '../kubernetes/runtime/daemons.ts';
import type { Image } from '../kubernetes/runtime/image.ts';
import type { World } from '../linux/world.ts';
import type { Micros } from '../sim/clock.ts';
import type { NodeService } from './node.ts';

/** A whole world, declared. Every scenario is one of these; what builds it is in build.ts. */
export interface Blueprint {
  name: string;
  /** When the first machine boots: microseconds since the epoch. */
  start: Micros;
  /** How old the cluster is, and how old its workloads are, when the student arrives. */
  age: Micros;
  workloadAge: Micros;
  /** Of the control plane and, unless they say otherwise, of the nodes. */
  kubernetesVersion: string;
  /** More flags of components: { 'kube-controller-manager': ['--node-monitor-grace-period=16s'] }. */
  flags?: Record<string, string[]>;
  /** Of the nodes; default: those of Machine and containerd 1.6.20. */
  kernel?: string;
  /** Modules that the kernel of all machines was built without (Machine.kernel). */
  kernelWithout?: readonly string[];
  containerd?: string;
  /** What makes the machines nodes; default: kubeadm's. */
  service?: NodeService;
  /** Its machines have a container runtime and a kubelet, and are no cluster yet. */
  bare?: true;
  /** Its one node can be deleted and made anew. */
  replaceable?: true;
  /** Servers that only this scenario's images have, by the name of their program. */
  daemons?: Readonly<Record<string, Daemon>>;
  /** The container image whose containers the nodes are; without it they are machines of their own. */
  nodeImage?: string;
  cluster: ClusterBlueprint;
  host: HostBlueprint;
  nodes: NodeBlueprint[];
  /** Other Linux machines on the nodes' network. */
  machines: MachineBlueprint[];
}

export interface ClusterBlueprint {
  name: string;
  serviceCidr: string;
  podCidr: string;
  dnsIP: string;
  dnsDomain: string;
  /** Context and user of the student's kubeconfig. */
  context: string;
  user: string;
  /** What is applied once the API server answers: addons first, then the workloads. */
  addons: KubeObject[];
  workloads: KubeObject[];
  /** Addresses that pods get by name (NAMESPACE/NAME), on whatever node they land. */
  reservations: Record<string, string>;
  /** ID.SECRET with which machines join; default: drawn. */
  bootstrapToken?: string;
  identity?: Identity;
  /** Endings of generated names: NAMESPACE/PREFIX- → those it gets, in turn. */
  nameEndings?: Record<string, string[]>;
  /** Images that every node has from the beginning. */
  images: string[];
  /** Images of the scenario's own under names that may hide those of the catalogue. */
  loadedImages?: Image[];
  /** Pods that are bound by hand as soon as they and the nodes exist: NAMESPACE/NAME of their workload → a node for each. */
  placed?: Record<string, string[]>;
  /** Its nodes lack something (a network plugin): nobody waits until all is ready. */
  neverReady?: boolean;
  /** What a list of objects cannot say: done when the addons are up, when the workloads' time has come, and when all is up. */
  afterControlPlane?: (world: World) => void;
  afterAddons?: (client: ApiClient, world: World) => void;
  /** Events of the boot have outlived --event-ttl, as in a cluster that is not as young as its clock says. */
  forgottenEvents?: boolean;
  afterBoot?: (world: World) => void;
}

/** A network of machines: its bridge on the host, and the bridge's address. */
export interface NetworkBlueprint {
  bridge: string;
  address: string;
  prefix: number;
  mtu?: number;
}

/** The machine that holds the nodes' network: the student's own, or a hypervisor that nobody sees. */
export interface HostBlueprint extends NetworkBlueprint {
  name: string;
  /** What its containers run in (default: podman). */
  engine?: 'docker';
  distribution?: 'ubuntu';
  /** Whom the student is there (default: root). */
  user?: string;
  /** It is no machine of the world's list; the student sits on the first node. */
  hidden?: true;
  /** A second network, through which the nodes reach the world: their default route leads there. */
  management?: NetworkBlueprint;
  /** The domain below which the network's name server knows the machines too. */
  domain?: string;
  /** mirrors: the gateway leads to the package mirrors and knows their names; without them it swallows everything. */
  uplink: { dev: string; address: string; gateway: string; mirrors?: boolean };
  /** The address of its stub resolver, which knows no names; without it the gateway is asked. */
  resolver?: string;
  /** What serves the names of the container network where that is not Podman's aardvark-dns. */
  nameServer?: { argv: string[]; backlog: number };
  /** Ports that a user-space forwarder takes for the nodes. */
  forwards: { listen: string; port: number; to: string; toPort: number }[];
  /** The API server as the kubeconfig names it. */
  server: string;
  files: Record<string, string>;
  home: string;
  /** What kubectl, podman and their like are there (default: HOST_TOOLS). */
  tools?: readonly string[];
}

export interface MachineBlueprint {
  name: string;
  ip: string;
  /** The student sits here: the first of the world's machines. */
  student?: true;
  tools?: readonly string[];
  distribution?: 'debian' | 'ubuntu';
  files?: Record<string, string>;
  /** Its root's ~/.kube/config: a node's file, with another address in it. */
  kubeconfig?: { node: string; path: string; server: string };
}

export interface NodeBlueprint {
  name: string;
  ip: string;
  controlPlane: boolean;
  /** Its address in the management network. */
  managementIP?: string;
  /** Of its kubelet; default: the cluster's. */
  version?: string;
  mac?: string;
  /** Of links that are made later: { cni0: '5e:8c:…' }. */
  macs?: Record<string, string>;
  /** More files: path → content. */
  files?: Record<string, string>;
  /** /etc/machine-id; made up when missing. */
  machineId?: string;
  /** No machine-id and no firmware that knows one. */
  unidentified?: boolean;
  providerId?: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  annotations?: Record<string, string>;
  capacity: { cpu: string; memory: string; ephemeralStorage: string; pods: string };
  osImage: string;
  distribution?: 'debian' | 'ubuntu';
  /** Somebody with sudo whom `minikube ssh` logs in. */
  user?: string;
}
