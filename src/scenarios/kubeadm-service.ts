import { rfc3339 } from '../kubernetes/client/time.ts';
import { loadConfig } from '../kubernetes/kubelet/load-config.ts';
import { runKubelet } from '../kubernetes/kubelet/run.ts';
import { CNI_DIRS } from '../kubernetes/cni/network-list.ts';
import { range, text } from '../kubernetes/cni/addresses.ts';
import { klogLine } from '../kubernetes/runtime/klog.ts';
import { detachedJws } from '../kubernetes/runtime/jws.ts';
import { logLine } from '../linux/systemd.ts';
import { LAYOUT, type Layout, Pki } from '../programs/kubeadm/phases/certs.ts';
import { bootstrapObjects, newTokenOf, tokenSecret } from '../programs/kubeadm/phases/bootstrap-token.ts';
import { clusterConfiguration } from '../programs/kubeadm/phases/cluster-configuration.ts';
import { kubeletConfiguration, kubeletFiles } from '../programs/kubeadm/phases/kubelet.ts';
import { controlPlaneManifests } from '../programs/kubeadm/phases/control-plane.ts';
import { HOUR, MS } from '../sim/clock.ts';
import type { Blueprint } from './blueprint.ts';
import { NODE_TOOLS } from './executables.ts';
import type { NodeService } from './node.ts';

const CNI_PLUGINS = 'bandwidth bridge dhcp firewall host-device host-local ipvlan loopback macvlan portmap ptp sbr static tuning vlan vrf'.split(' ');

/** How one tool's nodes differ from another's: where files are, which runtime. */
export interface KubeadmNode extends Pick<NodeService, 'tools' | 'socket' | 'containerd' | 'companions' | 'runtime'> {
  layout: Layout;
  kubelet: string;
  /** More files: path → content. */
  files: Record<string, string>;
  /** The control plane's name and port where it is not known by its address. */
  endpoint?: string;
}

const SOCKET = '/run/containerd/containerd.sock';
const CONTAINERD = { unit: { name: 'containerd.service', description: 'containerd container runtime', path: '/etc/systemd/system/containerd.service', documentation: 'https://containerd.io', enabled: true }, argv: ['/usr/bin/containerd'] };

/** The cluster's certificates: those of `kubeadm init`. */
export function clusterPki({ cluster, start }: Blueprint, layout = LAYOUT): Pki {
  return new Pki(cluster.name, start, text(range(cluster.serviceCidr)[0] + 1), layout);
}

/** A node as kubeadm leaves it: containerd and the kubelet as units of systemd, the control plane as static Pods. */
export const kubeadmService = kubeadmNode({
  layout: LAYOUT, tools: NODE_TOOLS, socket: SOCKET, containerd: CONTAINERD, kubelet: '/usr/bin/kubelet',
  files: {
    '/etc/containerd/config.toml': 'version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.9"\n  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n    runtime_type = "io.containerd.runc.v2"\n    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n      SystemdCgroup = true\n  [plugins."io.containerd.grpc.v1.cri".cni]\n    bin_dir = "/opt/cni/bin"\n    conf_dir = "/etc/cni/net.d"\n',
    '/etc/systemd/system/containerd.service': '[Unit]\nDescription=containerd container runtime\nDocumentation=https://containerd.io\nAfter=network.target local-fs.target\n\n[Service]\nExecStart=/usr/local/bin/containerd\nType=notify\nDelegate=yes\nKillMode=process\nRestart=always\n\n[Install]\nWantedBy=multi-user.target\n',
  },
});

export function kubeadmNode({ layout, tools, socket, containerd, companions, runtime, kubelet, files, endpoint }: KubeadmNode): NodeService {
  const kubeletOf = ({ cluster, nodeImage }: Blueprint) => kubeletConfiguration({ dnsIP: cluster.dnsIP, domain: cluster.dnsDomain, certificatesDir: layout.certificatesDir, noEviction: nodeImage !== undefined });
  return {
    unit: { name: 'kubelet.service', description: 'kubelet: The Kubernetes Node Agent', path: '/etc/systemd/system/kubelet.service', dropIns: ['/etc/systemd/system/kubelet.service.d/10-kubeadm.conf'], documentation: 'http://kubernetes.io/docs/', enabled: true },
    tools, cni: CNI_DIRS, socket, containerd, ...(companions ? { companions } : {}), ...(runtime ? { runtime } : {}),
    install({ fs }, blueprint, node) {
      const { cluster } = blueprint;
      for (const dir of ['/opt/cni/bin', '/etc/cni/net.d', '/run/flannel', '/run/containerd', '/var/lib/cni', '/var/lib/kubelet/pods', '/etc/containerd', '/etc/systemd/system/kubelet.service.d']) fs.mkdir(dir, { parents: true });
      for (const name of CNI_PLUGINS) fs.writeFile(`/opt/cni/bin/${name}`, '', { mode: 0o755, program: `cni-${name}` });
      const write = (path: string, content: string, mode = 0o644) => fs.writeFile(path, content, { mode });
      write('/etc/crictl.yaml', `runtime-endpoint: unix://${socket}\n`);
      write('/etc/systemd/system/kubelet.service', '[Unit]\nDescription=kubelet: The Kubernetes Node Agent\nDocumentation=http://kubernetes.io/docs/\n\n[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\nStartLimitInterval=0\nRestartSec=1s\n\n[Install]\nWantedBy=multi-user.target\n');
      write('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', '[Service]\nEnvironment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"\nEnvironment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n');
      for (const [path, content] of Object.entries(files)) {
        fs.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true });
        write(path, content);
      }
      if (blueprint.bare) return;
      const config = kubeletOf(blueprint);
      for (const [path, content] of Object.entries(kubeletFiles({ config, nodeIP: node.ip, socket }))) write(path, content);
      const pki = clusterPki(blueprint, layout), leader = blueprint.nodes.find((n) => n.controlPlane)!;
      if (node.controlPlane) {
        pki.writeControlPlane(fs, node.name, node.ip);
        fs.mkdir('/root/.kube', { parents: true });
        write('/root/.kube/config', fs.readFile('/etc/kubernetes/admin.conf'), 0o600);
        fs.mkdir('/etc/kubernetes/manifests', { parents: true });
        const { serviceCidr, podCidr, name } = cluster;
        for (const [file, content] of Object.entries(controlPlaneManifests({ node: node.name, ip: node.ip, version: blueprint.kubernetesVersion, serviceCidr, podCidr, cluster: name, flags: blueprint.flags ?? {}, layout }))) write(`/etc/kubernetes/manifests/${file}`, content, 0o600);
      }
      pki.writeNode(fs, node.name, `https://${leader.ip}:${layout.bindPort}`);
    },
    bootstrap(blueprint, rng) {
      const { cluster, kubernetesVersion: version, flags, start } = blueprint, leader = blueprint.nodes.find((n) => n.controlPlane)!;
      const token = cluster.bootstrapToken ?? newTokenOf(rng), [id, secret] = token.split('.') as [string, string];
      return [
        ...bootstrapObjects({
          server: `https://${endpoint ?? `${leader.ip}:${layout.bindPort}`}`, caPem: clusterPki(blueprint, layout).caPem, kubelet: kubeletOf(blueprint),
          config: clusterConfiguration({ version, clusterName: cluster.name, podSubnet: cluster.podCidr, serviceSubnet: cluster.serviceCidr, dnsDomain: cluster.dnsDomain, endpoint, layout, flags: flags ?? {} }),
          signature: (kubeconfig) => ({ [`jws-kubeconfig-${id}`]: detachedJws(kubeconfig, id, secret) }),
        }),
        tokenSecret(token, { expiration: rfc3339(start + 24 * HOUR), description: undefined }),
      ];
    },
    main: (_, node) => ({ argv: [kubelet, '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf', '--kubeconfig=/etc/kubernetes/kubelet.conf', '--config=/var/lib/kubelet/config.yaml', `--container-runtime-endpoint=unix://${socket}`, `--node-ip=${node.ip}`, '--pod-infra-container-image=registry.k8s.io/pause:3.9'] }),
    run(process, handle, options) {
      const config = loadConfig(process);
      if (typeof config === 'string') {
        logLine(process, 'kubelet.service', klogLine(process, 'E', 'run.go:74', `"command failed" err=${JSON.stringify(config)}`).trimEnd());
        return void process.world.clock.after(60 * MS, () => process.exit(1), { background: true });
      }
      handle.kubelet = runKubelet(process, config, options);
    },
  };
}
