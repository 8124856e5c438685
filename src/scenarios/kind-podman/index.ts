import type { KubeObject } from '../../kubernetes/api/types.ts';
import { parseYaml } from '../../programs/kubectl/yaml/parse.ts';
import { MINUTE, SECOND } from '../../sim/clock.ts';
import { standardAddons } from '../addons.ts';
import type { Blueprint, NodeBlueprint } from '../blueprint.ts';
import { FILES } from './files.ts';

/** The course's cluster: three kind nodes in Podman on the student's Mac (a Linux machine here), laid out as in the lesson "De curl al Pod". */
export interface KindOptions {
  workers?: number;
  /** Without the application of the course. */
  empty?: boolean;
  /** As `kind create cluster` makes it, some days ago: kindnet, local-path storage, nothing of the course, no events left. */
  plain?: boolean;
  /** Whether the mirrors of Debian and Ubuntu can be reached; nothing else of the Internet ever can. */
  internet?: boolean;
}

const START = Date.UTC(2026, 10, 21, 8, 1, 56) * 1000;
/** So that the student arrives early in a minute, as a schedule of the minute sees it. */
const PLAIN_START = Date.UTC(2026, 10, 21, 8, 24, 20) * 1000;
const VERSION = 'v1.28.15', POD_CIDR = '10.244.0.0/16', SERVICE_CIDR = '10.96.0.0/12', DNS = '10.96.0.10', DOMAIN = 'cluster.local';
const CAPACITY: NodeBlueprint['capacity'] = { cpu: '2', memory: '24684096Ki', ephemeralStorage: '264212084Ki', pods: '110' };
/** The recorded plain cluster's control plane is one of 1.26. */
const OLDER = '--emulated-version=v1.26.15';
/** What kind has kubeadm give to the components (kind's pkg/cluster/internal/kubeadm/config.go). */
const KIND_FLAGS = { 'kube-apiserver': ['--runtime-config='], 'kube-controller-manager': ['--enable-hostpath-provisioner=true'] };
const PLAIN_FLAGS = { 'kube-controller-manager': [...KIND_FLAGS['kube-controller-manager'], '--node-monitor-grace-period=16s', OLDER], 'kube-apiserver': [...KIND_FLAGS['kube-apiserver'], '--event-ttl=24h', OLDER], 'kube-scheduler': [OLDER] };
const MACHINE_IDS = ['a3f1c9d27b7e4a2c9a40d1c2b7f4e801', 'b81c2e5f6d3a4f7e8c21a9d0e5f3b702', 'c92d3f607e4b4a8f9d32bae1f604c603'];
const COURSE_IMAGES = [
  'localhost/spink:1.0.1', 'localhost/spink:1.0.2', ...['1.28', '1.36', 'latest'].map((t) => `docker.io/library/busybox:${t}`), ...['1.25', 'alpine', 'latest'].map((t) => `docker.io/library/nginx:${t}`),
  'docker.io/library/ubuntu:22.04', 'docker.io/library/ubuntu:latest', 'localhost/udpecho:1.0',
];
const OS_IMAGE = 'Debian GNU/Linux 12 (bookworm)';

export function kindPodman({ workers = 2, plain = false, empty = plain, internet = true }: KindOptions = {}): Blueprint {
  const capacity = plain ? { cpu: '4', memory: '8127944Ki', ephemeralStorage: '102622440Ki', pods: '110' } : CAPACITY;
  const annotations: Record<string, string> = plain ? { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///run/containerd/containerd.sock' } : {};
  const identity = (i: number, name: string) => (plain && MACHINE_IDS[i] ? { machineId: MACHINE_IDS[i], providerId: `kind://podman/podman/${name}` } : {});
  const address = (i: number) => `172.18.${Math.floor(i / 250)}.${(i % 250) + 2}`;
  return {
    name: plain ? 'kind-podman-plain' : 'kind-podman', start: plain ? PLAIN_START : START, age: plain ? 25 * SECOND : 22 * MINUTE, workloadAge: plain ? 0 : 18 * MINUTE + 10 * SECOND, kubernetesVersion: VERSION, nodeImage: `docker.io/kindest/node:${VERSION}`, flags: KIND_FLAGS, ...(plain ? { flags: PLAIN_FLAGS, kernel: '6.1.0-18-amd64', containerd: '1.7.13' } : {}),
    host: {
      name: 'mac', bridge: 'podman1', address: '172.18.0.1', prefix: 16, domain: 'dns.podman', uplink: { dev: 'enp0s1', address: '192.168.127.2', gateway: '192.168.127.1', mirrors: internet },
      forwards: [{ listen: '127.0.0.1', port: 30080, to: '172.18.0.2', toPort: 30080 }, { listen: '127.0.0.1', port: 6443, to: '172.18.0.2', toPort: 6443 }],
      ...(plain ? { resolver: '127.0.0.53' } : {}), server: 'https://127.0.0.1:6443', files: FILES, home: '/root',
    },
    nodes: [
      {
        name: 'control-plane', ip: '172.18.0.2', controlPlane: true, ...identity(0, 'control-plane'), annotations, mac: '7a:65:5c:8b:c8:00', capacity, osImage: OS_IMAGE,
        labels: { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }, taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
      },
      ...Array.from({ length: workers }, (_, i): NodeBlueprint => ({ name: `worker-${i + 1}`, ip: address(i + 1), controlPlane: false, ...identity(i + 1, `worker-${i + 1}`), annotations, capacity, osImage: OS_IMAGE, ...(i < 2 ? { mac: ['7e:21:99:1a:e9:64', '1a:ad:73:56:f3:71'][i]! } : {}) })),
    ],
    machines: [],
    cluster: {
      name: 'kind', bootstrapToken: 'abcdef.0123456789abcdef', serviceCidr: SERVICE_CIDR, podCidr: POD_CIDR, dnsIP: DNS, dnsDomain: DOMAIN, context: 'kind-podman', user: plain ? 'kind-podman' : 'kubernetes-admin', reservations: {},
      ...(plain ? { forgottenEvents: true, placed: { 'kube-system/coredns': ['worker-1', 'worker-2'], 'local-path-storage/local-path-provisioner': ['worker-2'] } } : { placed: { 'kube-system/coredns': ['control-plane', 'control-plane'] } }),
      addons: standardAddons({ version: VERSION, server: 'https://172.18.0.2:6443', podCidr: POD_CIDR, dnsIP: DNS, domain: DOMAIN, cni: plain ? 'kindnet' : 'flannel' }),
      workloads: empty ? [] : [applied(parseYaml(FILES['deployment.yaml']!) as KubeObject), fixedAddress(applied(parseYaml(FILES['service-nodeport.yaml']!) as KubeObject))],
      images: [
        'registry.k8s.io/pause:3.9', `registry.k8s.io/kube-apiserver:${VERSION}`, `registry.k8s.io/kube-controller-manager:${VERSION}`, `registry.k8s.io/kube-scheduler:${VERSION}`, `registry.k8s.io/kube-proxy:${VERSION}`, 'registry.k8s.io/etcd:3.5.15-0',
        'registry.k8s.io/coredns/coredns:v1.10.1', ...(plain ? ['docker.io/kindest/kindnetd:v20240202-8f1494ea', 'docker.io/kindest/local-path-provisioner:v20240202-8f1494ea'] : ['docker.io/flannel/flannel:v0.22.3', 'docker.io/flannel/flannel-cni-plugin:v1.2.0']), ...(plain ? [] : COURSE_IMAGES),
      ],
    },
  };
}

/** As `kubectl apply` left it: with the annotation by which a second apply knows what the first one said. */
function applied(object: KubeObject): KubeObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const said = sorted({ ...object, metadata: { ...metadata, annotations, namespace: 'default' } });
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(said)}\n` } } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}

/** The Service's address in the course: given out at random when the author made it, asked for here. */
function fixedAddress(service: KubeObject): KubeObject {
  return { ...service, spec: { ...service.spec, clusterIP: '10.96.244.84' } };
}
