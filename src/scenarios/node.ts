import { Kubelet } from '../kubernetes/kubelet/kubelet.ts';
import { KubeletServer } from '../kubernetes/kubelet/server.ts';
import { ensureNodeRules } from '../kubernetes/kubelet/node-rules.ts';
import { ContainerRuntime } from '../kubernetes/runtime/cri.ts';
import { wires } from '../kubernetes/runtime/images/control-plane.ts';
import { clientFor, readKubeconfig } from '../kubernetes/runtime/kubeconfig.ts';
import { Machine } from '../linux/machine.ts';
import { httpListen } from '../linux/net/http.ts';
import { tcpListen } from '../linux/net/tcp.ts';
import type { Process } from '../linux/process.ts';
import type { World } from '../linux/world.ts';
import type { Blueprint, NodeBlueprint } from './blueprint.ts';
import { installExecutables, NODE_TOOLS } from './executables.ts';
import { osRelease } from '../kubernetes/runtime/images/os.ts';

/** A node: its machine, containerd and kubelet. */
export interface ClusterNode {
  readonly blueprint: NodeBlueprint;
  readonly machine: Machine;
  readonly runtime: ContainerRuntime;
  kubelet: Kubelet;
  /** Starts a kubelet anew, as systemd does after it ended. */
  startKubelet(): Kubelet;
}

const NODES = new WeakMap<World, Map<string, ClusterNode>>();

/** The nodes of a world by name, for programs that stand on a node (crictl, systemctl, podman). */
export function clusterNodes(world: World): ReadonlyMap<string, ClusterNode> {
  return NODES.get(world) ?? new Map();
}

const CNI_PLUGINS = 'bandwidth bridge dhcp firewall host-device host-local ipvlan loopback macvlan portmap ptp sbr static tuning vlan vrf'.split(' ');

/** The node's machine with its files, not yet on any network. */
export function nodeMachine(world: World, blueprint: Blueprint, node: NodeBlueprint, programs: readonly string[]): Machine {
  const machine = new Machine(world, node.name);
  world.machines.set(node.name, machine);
  const { fs } = machine;
  for (const dir of ['/boot', '/dev', '/etc', '/home', '/media', '/mnt', '/opt', '/proc', '/root', '/run', '/srv', '/sys', '/tmp', '/usr/local/bin', '/usr/lib/modules', '/var/lib', '/var/log', '/var/log/pods', '/var/log/containers', '/kind', '/opt/cni/bin', '/etc/cni/net.d', '/run/flannel', '/run/containerd', '/var/lib/cni', '/var/lib/kubelet/pods', '/etc/containerd', '/etc/systemd/system/kubelet.service.d']) fs.mkdir(dir, { parents: true });
  fs.change('/tmp', { mode: 0o1777 });
  fs.symlink('../run', '/var/run');
  installExecutables(fs, world, programs, NODE_TOOLS);
  for (const name of CNI_PLUGINS) fs.writeFile(`/opt/cni/bin/${name}`, '', { mode: 0o755, program: 'cni-plugin' });
  const { cluster, kubernetesVersion } = blueprint;
  const write = (path: string, content: string, mode = 0o644) => fs.writeFile(path, content, { mode });
  write('/etc/hostname', `${node.name}\n`);
  write('/etc/hosts', `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${node.ip}\t${node.name}\n`);
  write('/etc/resolv.conf', `search dns.podman\nnameserver ${blueprint.host.address}\n`);
  write('/etc/nsswitch.conf', 'passwd:         files\ngroup:          files\nhosts:          files dns\n');
  write('/etc/os-release', osRelease('debian'));
  write('/etc/debian_version', '12.5\n');
  write('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n');
  write('/etc/group', 'root:x:0:\nnogroup:x:65534:\n');
  write('/kind/version', `${kubernetesVersion}\n`);
  write('/etc/crictl.yaml', 'runtime-endpoint: unix:///run/containerd/containerd.sock\n');
  write('/etc/containerd/config.toml', 'version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.9"\n  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n    runtime_type = "io.containerd.runc.v2"\n    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n      SystemdCgroup = true\n  [plugins."io.containerd.grpc.v1.cri".cni]\n    bin_dir = "/opt/cni/bin"\n    conf_dir = "/etc/cni/net.d"\n');
  write('/var/lib/kubelet/config.yaml', `apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  anonymous:\n    enabled: false\n  webhook:\n    cacheTTL: 0s\n    enabled: true\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt\nauthorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n    cacheUnauthorizedTTL: 0s\ncgroupDriver: systemd\nclusterDNS:\n- ${cluster.dnsIP}\nclusterDomain: ${cluster.dnsDomain}\nkind: KubeletConfiguration\nrotateCertificates: true\nstaticPodPath: /etc/kubernetes/manifests\n`);
  write('/var/lib/kubelet/kubeadm-flags.env', `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=${node.ip} --pod-infra-container-image=registry.k8s.io/pause:3.9"\n`);
  write('/etc/systemd/system/kubelet.service', '[Unit]\nDescription=kubelet: The Kubernetes Node Agent\nDocumentation=http://kubernetes.io/docs/\n\n[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\nStartLimitInterval=0\nRestartSec=1s\n\n[Install]\nWantedBy=multi-user.target\n');
  write('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', '[Service]\nEnvironment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"\nEnvironment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n');
  return machine;
}

/** Starts what systemd starts on the node: containerd with its images, then the kubelet. */
export function startNode(machine: Machine, blueprint: Blueprint, node: NodeBlueprint): ClusterNode {
  const { world } = machine;
  const init = machine.daemon({ argv: ['/sbin/init'], exe: '/sbin/init' });
  init.comm = 'systemd';
  machine.daemon({ argv: ['/lib/systemd/systemd-journald'], exe: '/lib/systemd/systemd-journald', parent: init });
  const containerd = machine.daemon({ argv: ['/usr/bin/containerd'], exe: '/usr/bin/containerd', parent: init });
  tcpListen(containerd, { ip: '127.0.0.1', port: 32768 + world.rng.fork(`containerd-port/${node.name}`).int(28000) }, (s) => s.abort());
  const runtime = new ContainerRuntime(machine, containerd);
  for (const image of blueprint.cluster.images) runtime.loadName(image);
  const startKubelet = (): Kubelet => {
    const process = machine.daemon({
      argv: ['/usr/bin/kubelet', '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf', '--kubeconfig=/etc/kubernetes/kubelet.conf', '--config=/var/lib/kubelet/config.yaml', '--container-runtime-endpoint=unix:///run/containerd/containerd.sock', `--node-ip=${node.ip}`, '--pod-infra-container-image=registry.k8s.io/pause:3.9'],
      exe: '/usr/bin/kubelet', parent: init,
    });
    const kubelet = new Kubelet({
      machine, process, runtime, client: clientFor(process, readKubeconfig(process, '/etc/kubernetes/kubelet.conf'), `kubelet/${blueprint.kubernetesVersion}`), nodeName: node.name, nodeIP: node.ip, version: blueprint.kubernetesVersion,
      labels: node.labels ?? {}, taints: node.taints ?? [], clusterDNS: blueprint.cluster.dnsIP, clusterDomain: blueprint.cluster.dnsDomain, staticPodPath: '/etc/kubernetes/manifests', osImage: node.osImage, capacity: node.capacity,
    });
    listen(process, new KubeletServer(kubelet), node.name);
    wires(world).kubelets.set(node.name, { process, api: new KubeletServer(kubelet) });
    ensureNodeRules(machine.net);
    kubelet.start();
    clusterNode.kubelet = kubelet;
    // Restart=always, RestartSec=1s
    process.onExit(() => {
      if (process.status?.signal && init.running && !stoppedUnits.has(machine)) world.clock.after(1_000_000, () => void startKubelet(), { background: true });
    });
    return kubelet;
  };
  const clusterNode: ClusterNode = { blueprint: node, machine, runtime, kubelet: undefined as unknown as Kubelet, startKubelet };
  startKubelet();
  let map = NODES.get(world);
  if (!map) NODES.set(world, (map = new Map()));
  map.set(node.name, clusterNode);
  return clusterNode;
}

/** Machines whose kubelet was stopped on purpose (systemctl stop kubelet): systemd does not start it again. */
export const stoppedUnits = new WeakSet<Machine>();

function listen(process: Process, server: KubeletServer, node: string): void {
  httpListen(process, { ip: '127.0.0.1', port: 10248 }, (request, res) => res.send(request.path === '/healthz' ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' }, request.path === '/healthz' ? 'ok' : '404 page not found\n'));
  httpListen(process, { ip: '::', port: 10250, tls: { cn: `${node}@1`, ca: `${node}-ca@1`, sans: [node], requestCert: true } }, (request, res) => {
    const peer = request.tls?.peer;
    if (peer?.ca !== 'kubernetes') return res.send(401, { 'Content-Type': 'text/plain; charset=utf-8' }, 'Unauthorized');
    const answer = server.http(request.method, request.path);
    res.send(answer.status, { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' }, typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
}
