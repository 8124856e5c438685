import { MINUTE, SECOND } from '../../sim/clock.ts';
import { standardAddons } from '../addons.ts';
import type { Blueprint, NodeBlueprint } from '../blueprint.ts';

export interface KubeadmOptions {
  workers?: number;
  /** Whether flannel has been applied. Without a network plugin the nodes stay NotReady and CoreDNS Pending. */
  cni?: boolean;
  /** Before `kubeadm init`: the machines have containerd and a kubelet that has nothing to begin with. */
  bare?: boolean;
}

/**
 * Two virtual machines with Ubuntu, containerd and what `kubeadm init` and `kubeadm join` make of them, as the notes on interfaces
 * and CNI have them (document 003): the student is root on the control plane. The machines talk over eth0, whose MTU of 1410 leaves
 * 1360 to flannel, and reach the world over eth1.
 */
export function kubeadm({ workers = 1, cni = true, bare = false }: KubeadmOptions = {}): Blueprint {
  return {
    name: bare ? 'kubeadm-vacio' : cni ? 'kubeadm' : 'kubeadm-sin-cni', ...(bare ? { bare: true as const } : {}), start: START, age: cni ? 34 * MINUTE : 4 * MINUTE + 20 * SECOND, workloadAge: 0, kubernetesVersion: VERSION, kernel: '5.15.0-1084-gcp', containerd: '1.6.26',
    host: {
      name: 'hypervisor', hidden: true, bridge: 'br0', address: '172.30.1.1', prefix: 24, mtu: 1410, management: { bridge: 'br1', address: '172.25.0.1', prefix: 24 },
      uplink: { dev: 'enp0s1', address: '192.168.127.2', gateway: '192.168.127.1', mirrors: true }, forwards: [], server: '', files: {}, home: '/root',
    },
    nodes: [
      {
        ...node('controlplane', 0), controlPlane: true, macs: { cni0: '5e:8c:d4:cc:64:d9' },
        ...(bare ? {} : { labels: { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }, taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }),
      },
      ...Array.from({ length: workers }, (_, i) => node(`node${String(i + 1).padStart(2, '0')}`, i + 1)),
    ],
    machines: [],
    cluster: {
      name: 'kubernetes', serviceCidr: '10.96.0.0/12', podCidr: POD_CIDR, dnsIP: '10.96.0.10', dnsDomain: 'cluster.local', context: 'kubernetes-admin@kubernetes', user: 'kubernetes-admin', reservations: {}, workloads: [],
      addons: standardAddons({ version: VERSION, server: SERVER, podCidr: POD_CIDR, dnsIP: '10.96.0.10', domain: 'cluster.local', cni: cni ? 'flannel' : 'none', iface: 'eth0' }),
      ...(cni ? { placed: { 'kube-system/coredns': ['controlplane', 'controlplane'] } } : { neverReady: true }),
      images: bare ? [] : [
        'registry.k8s.io/pause:3.9', ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => `registry.k8s.io/${name}:${VERSION}`), 'registry.k8s.io/etcd:3.5.15-0', 'registry.k8s.io/coredns/coredns:v1.10.1',
        ...(cni ? ['docker.io/flannel/flannel:v0.22.3', 'docker.io/flannel/flannel-cni-plugin:v1.2.0'] : []),
      ],
    },
  };
}

const START = Date.UTC(2026, 10, 21, 8, 0, 12) * 1000;
const SERVER = 'https://172.30.1.2:6443', VERSION = 'v1.28.15', POD_CIDR = '10.244.0.0/16';

function node(name: string, i: number): NodeBlueprint {
  return {
    name, ip: `172.30.1.${i + 2}`, managementIP: `172.25.0.${i + 10}`, controlPlane: false, annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/containerd/containerd.sock' },
    capacity: { cpu: '2', memory: '4025352Ki', ephemeralStorage: '20134592Ki', pods: '110' }, osImage: 'Ubuntu 22.04.4 LTS', distribution: 'ubuntu', files: PROMPT,
  };
}

/** The prompt of the notes: `controlplane ~ ➜  `. */
const PROMPT = {
  '/root/.profile': '# ~/.profile: executed by Bourne-compatible login shells.\n\nif [ "$BASH" ]; then\n  if [ -f ~/.bashrc ]; then\n    . ~/.bashrc\n  fi\nfi\n',
  '/root/.bashrc': "# ~/.bashrc: executed by bash(1) for non-login shells.\n[ -z \"$PS1\" ] && return\nPS1='\\h \\w ➜  '\nalias k=kubectl\n",
};
