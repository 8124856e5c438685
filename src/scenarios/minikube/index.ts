import { defaultAddons } from '../../kubernetes/addons/minikube/manifests.ts';
import { core } from '../../kubernetes/client/client.ts';
import { dnsAddon, proxyAddon } from '../../programs/kubeadm/phases/addons.ts';
import { HOUR } from '../../sim/clock.ts';
import type { Blueprint } from '../blueprint.ts';
import { MINIKUBE_DAEMONS, MINIKUBE_IMAGES, VERSION } from './images.ts';
import { minikubeService } from './service.ts';

const IP = '192.168.49.2', DNS = '10.96.0.10', POD_CIDR = '10.244.0.0/16';
const START = Date.UTC(2026, 10, 21, 7, 12, 40) * 1000;
/** The ports that the container's are published on, on the VM's loopback. */
const PUBLISHED: [port: number, toPort: number][] = [[32772, 22], [32771, 2376], [32770, 5000], [32769, 8443], [32768, 32443]];

/** The environment of the module on architecture (document 004): a VM with Ubuntu in Azure, in it Docker, in that minikube 1.32 with one node. */
export function minikube(): Blueprint {
  return {
    name: 'minikube', start: START, age: HOUR, workloadAge: 0, kubernetesVersion: VERSION, kernel: '6.2.0-1018-azure', containerd: '24.0.7', nodeImage: 'gcr.io/k8s-minikube/kicbase:v0.0.42', service: minikubeService, replaceable: true, daemons: MINIKUBE_DAEMONS,
    flags: { 'kube-apiserver': ['--enable-admission-plugins=NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota'] },
    host: {
      name: 'vm', engine: 'docker', distribution: 'ubuntu', user: 'azureuser', home: '/home/azureuser', files: {}, tools: ['kubectl', 'docker-cli', 'minikube', 'helm'], bridge: 'br-4f1c7d0e9a2b', address: '192.168.49.1', prefix: 24,
      uplink: { dev: 'eth0', address: '10.0.0.4', gateway: '10.0.0.1', mirrors: true }, server: `https://${IP}:8443`, forwards: PUBLISHED.map(([port, toPort]) => ({ listen: '127.0.0.1', port, to: IP, toPort })),
    },
    nodes: [{
      name: 'minikube', ip: IP, mac: '02:42:c0:a8:31:02', controlPlane: true, osImage: 'Ubuntu 22.04.3 LTS', distribution: 'ubuntu', user: 'docker', capacity: { cpu: '2', memory: '8130824Ki', ephemeralStorage: '30297152Ki', pods: '110' },
      labels: { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
      annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/cri-dockerd.sock' },
    }],
    machines: [],
    cluster: {
      name: 'mk', serviceCidr: '10.96.0.0/12', podCidr: POD_CIDR, dnsIP: DNS, dnsDomain: 'cluster.local', context: 'minikube', user: 'minikube', reservations: {}, workloads: [],
      addons: [...proxyAddon({ version: VERSION, server: 'https://control-plane.minikube.internal:8443', podCidr: POD_CIDR }), ...dnsAddon({ dnsIP: DNS, domain: 'cluster.local', replicas: 1 }), ...defaultAddons()],
      images: ['registry.k8s.io/pause:3.9', 'registry.k8s.io/coredns/coredns:v1.10.1'], loadedImages: MINIKUBE_IMAGES,
      afterAddons: (client) => client.patch(core('nodes'), undefined, 'minikube', 'merge', { metadata: { labels: LABELS } }),
    },
  };
}

/** What `minikube start` labels its node with. */
const LABELS = {
  'minikube.k8s.io/commit': '8220a6eb95f0a4d75f7f2d7b14cef975f050512d', 'minikube.k8s.io/name': 'minikube', 'minikube.k8s.io/primary': 'true', 'minikube.k8s.io/updated_at': '2026_11_21T07_12_49_0700', 'minikube.k8s.io/version': 'v1.32.0',
};
