import { certificates, ENVOY_GATEWAY } from '../../kubernetes/addons/envoy-gateway/index.ts';
import { envoyGateway } from '../../kubernetes/addons/envoy-gateway/manifest.ts';
import type { KubeObject } from '../../kubernetes/api/types.ts';
import { K3S_IMAGES } from '../../kubernetes/k3s/images.ts';
import { packagedComponents } from '../../kubernetes/k3s/manifests.ts';
import { registerDaemons } from '../../kubernetes/runtime/daemons.ts';
import { HOUR, MINUTE } from '../../sim/clock.ts';
import type { Blueprint } from '../blueprint.ts';
import { ENVOY } from './envoy.ts';
import { ARGS, k3sService } from './service.ts';

const VERSION = 'v1.32.6+k3s1', NODE = 'k3s', NODE_IP = '192.168.88.243', DNS = '10.43.0.10', DOMAIN = 'cluster.local';
const START = Date.UTC(2026, 10, 21, 6, 50, 3) * 1000;

/** The house of document 002: a k3s node and the student's machine on one LAN, the backend behind Envoy. The backend's name there, 869c8646c5, is that of a 1.32. */
export function k3sEnvoy(): Blueprint {
  // Its proxies run from the beginning: they are loaded with the scenario.
  registerDaemons(ENVOY_GATEWAY);
  return {
    name: 'k3s-envoy', start: START, age: 2 * HOUR, workloadAge: 41 * MINUTE, kubernetesVersion: VERSION, kernel: '5.15.0-101-generic', containerd: '2.0.5-k3s1.32', service: k3sService,
    host: { name: 'router', hidden: true, bridge: 'bridge', address: '192.168.88.1', prefix: 24, uplink: { dev: 'ether1', address: '192.168.127.2', gateway: '192.168.127.1', mirrors: true }, forwards: [], server: '', files: {}, home: '/root' },
    machines: [{ name: 'cliente', ip: '192.168.88.250', student: true, tools: ['kubectl', 'helm'], kubeconfig: { node: NODE, path: '/etc/rancher/k3s/k3s.yaml', server: `https://${NODE_IP}:6443` } }],
    nodes: [{
      name: NODE, ip: NODE_IP, controlPlane: true, providerId: `k3s://${NODE}`, osImage: 'Ubuntu 22.04.4 LTS', distribution: 'ubuntu', capacity: { cpu: '4', memory: '8131988Ki', ephemeralStorage: '101430960Ki', pods: '110' },
      labels: { 'node-role.kubernetes.io/control-plane': 'true', 'node-role.kubernetes.io/master': 'true', 'node.kubernetes.io/instance-type': 'k3s', 'beta.kubernetes.io/instance-type': 'k3s' },
      annotations: { 'alpha.kubernetes.io/provided-node-ip': NODE_IP, 'k3s.io/hostname': NODE, 'k3s.io/internal-ip': NODE_IP, 'k3s.io/node-args': JSON.stringify(ARGS), 'k3s.io/node-env': '{}' },
    }],
    cluster: {
      name: 'default', serviceCidr: '10.43.0.0/16', podCidr: '10.42.0.0/16', dnsIP: DNS, dnsDomain: DOMAIN, context: 'default', user: 'default',
      addons: [...packagedComponents({ node: NODE, nodeIP: NODE_IP, dnsIP: DNS, domain: DOMAIN }), ...installed()], workloads: [...BACKEND, ...ENVOY],
      reservations: { 'default/backend-869c8646c5-685q6': '10.42.0.11', 'envoy-gateway-system/envoy-default-eg-e41e7b31-5c4d7f6665-h6g5g': '10.42.0.14' },
      nameEndings: { 'default/backend-869c8646c5-': ['685q6'], 'envoy-gateway-system/envoy-default-eg-e41e7b31-5c4d7f6665-': ['h6g5g'] },
      images: ['gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e', 'docker.io/envoyproxy/gateway:v1.2.4', 'docker.io/envoyproxy/envoy:distroless-v1.32.2'], loadedImages: K3S_IMAGES,
    },
  };
}

/** Envoy Gateway some hours after its installation: the Job that made its certificates is gone, they are there. */
function installed(): KubeObject[] {
  return [...envoyGateway().filter((o) => o.kind !== 'Job'), ...certificates('envoy-gateway-system', START)];
}

/** The backend of Envoy Gateway's quick start, with the address that its Service has in the document. */
const BACKEND: KubeObject[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'backend' } },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'backend', labels: { app: 'backend', service: 'backend' } }, spec: { clusterIP: '10.43.230.157', ports: [{ name: 'http', port: 3000, targetPort: 3000 }], selector: { app: 'backend' } } },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'backend' }, spec: {
    replicas: 1, selector: { matchLabels: { app: 'backend', version: 'v1' } },
    template: { metadata: { labels: { app: 'backend', version: 'v1' } }, spec: {
      serviceAccountName: 'backend',
      containers: [{
        image: 'gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e', imagePullPolicy: 'IfNotPresent', name: 'backend', ports: [{ containerPort: 3000 }],
        env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
      }],
    } },
  } },
];
