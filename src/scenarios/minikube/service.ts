import { kubeadmNode } from '../kubeadm-service.ts';
import { VERSION } from './images.ts';

const unit = (name: string, description: string, documentation: string) => ({ name: `${name}.service`, description, path: `/lib/systemd/system/${name}.service`, documentation, enabled: true });
const file = (description: string, exec: string) => `[Unit]\nDescription=${description}\nAfter=network.target\n\n[Service]\nType=notify\nRestart=on-failure\nExecStart=${exec}\n\n[Install]\nWantedBy=multi-user.target\n`;
const DOCKERD = '/usr/bin/dockerd -H tcp://0.0.0.0:2376 -H unix:///var/run/docker.sock --default-ulimit=nofile=1048576:1048576 --tlsverify --tlscacert /etc/docker/ca.pem --tlscert /etc/docker/server.pem --tlskey /etc/docker/server-key.pem --label provider=docker --insecure-registry 10.96.0.0/12';
const SOCKET = '/var/run/cri-dockerd.sock', CRI = `/usr/bin/cri-dockerd --container-runtime-endpoint fd:// --pod-infra-container-image=registry.k8s.io/pause:3.9 --network-plugin=cni --hairpin-mode=hairpin-veth`;

/** minikube's node: kubeadm in a container of kicbase, with Docker and cri-dockerd; files below /var/lib/minikube. */
export const minikubeService = kubeadmNode({
  layout: { certificatesDir: '/var/lib/minikube/certs', bindPort: 8443, etcdDataDir: '/var/lib/minikube/etcd', etcdImage: 'registry.k8s.io/etcd:3.5.9-0' }, endpoint: 'control-plane.minikube.internal:8443',
  tools: ['crictl', 'docker-cli', 'containerd', 'systemctl', 'journalctl'], socket: SOCKET, kubelet: `/var/lib/minikube/binaries/${VERSION}/kubelet`, runtime: { name: 'docker', shimNamespace: 'moby' },
  containerd: { unit: unit('docker', 'Docker Application Container Engine', 'https://docs.docker.com'), argv: DOCKERD.split(' ') },
  companions: [{ unit: unit('containerd', 'containerd container runtime', 'https://containerd.io'), argv: ['/usr/bin/containerd'] }, { unit: unit('cri-docker', 'CRI Interface for Docker Application Container Engine', 'https://docs.mirantis.com'), argv: CRI.split(' ') }],
  files: {
    '/lib/systemd/system/docker.service': file('Docker Application Container Engine', DOCKERD),
    '/lib/systemd/system/containerd.service': file('containerd container runtime', '/usr/bin/containerd'),
    '/lib/systemd/system/cri-docker.service': file('CRI Interface for Docker Application Container Engine', CRI),
    '/etc/cni/net.d/1-k8s.conflist': '\n{\n  "cniVersion": "0.3.1",\n  "name": "bridge",\n  "plugins": [\n    {\n      "type": "bridge",\n      "bridge": "bridge",\n      "addIf": "true",\n      "isDefaultGateway": true,\n      "forceAddress": false,\n      "ipMasq": true,\n      "hairpinMode": true,\n      "ipam": {\n          "type": "host-local",\n          "subnet": "10.244.0.0/16"\n      }\n    },\n    {\n      "type": "portmap",\n      "capabilities": {\n          "portMappings": true\n      }\n    }\n  ]\n}\n',
  },
});
