import { Kubelet } from '../kubernetes/kubelet/kubelet.ts';
import { type ClusterNode, registerNode } from '../kubernetes/kubelet/nodes.ts';
import { loadConfig } from '../kubernetes/kubelet/load-config.ts';
import { KubeletServer } from '../kubernetes/kubelet/server.ts';
import { ensureNodeRules } from '../kubernetes/kubelet/node-rules.ts';
import { ContainerRuntime } from '../kubernetes/runtime/cri.ts';
import { klogLine } from '../kubernetes/runtime/klog.ts';
import { formatReference } from '../kubernetes/runtime/reference.ts';
import { wires as wiring } from '../kubernetes/runtime/images/control-plane.ts';
import { clientFor } from '../kubernetes/runtime/kubeconfig.ts';
import { Machine } from '../linux/machine.ts';
import { httpListen } from '../linux/net/http.ts';
import { tcpListen } from '../linux/net/tcp.ts';
import { type Process, SIGNALS } from '../linux/process.ts';
import { addUnit, logLine, logUnit } from '../linux/systemd.ts';
import { procRoot } from '../linux/proc.ts';
import type { World } from '../linux/world.ts';
import { MS, SECOND } from '../sim/clock.ts';
import type { Blueprint, NodeBlueprint } from './blueprint.ts';
import { installExecutables, NODE_TOOLS } from './executables.ts';
import { addUsers, mountSys } from './host.ts';
import { devices } from '../kubernetes/runtime/image.ts';
import { BASHRC, osRelease } from '../kubernetes/runtime/images/os.ts';

const KUBELET = 'kubelet: The Kubernetes Node Agent';
const CNI_PLUGINS = 'bandwidth bridge dhcp firewall host-device host-local ipvlan loopback macvlan portmap ptp sbr static tuning vlan vrf'.split(' ');

/** The node's machine with its files, not yet on any network. */
export function nodeMachine(world: World, blueprint: Blueprint, node: NodeBlueprint, programs: readonly string[]): Machine {
  const machine = new Machine(world, node.name);
  world.machines.set(node.name, machine);
  if (blueprint.kernel) machine.kernel.release = blueprint.kernel;
  if (blueprint.kernelWithout) machine.kernel.without = new Set(blueprint.kernelWithout);
  const { fs } = machine;
  for (const dir of ['/boot', '/dev', '/etc', '/home', '/media', '/mnt', '/opt', '/proc', '/root', '/run', '/srv', '/sys', '/tmp', '/usr/local/bin', '/usr/lib/modules', '/var/lib', '/var/log', '/var/log/pods', '/var/log/containers', '/opt/cni/bin', '/etc/cni/net.d', '/run/flannel', '/run/containerd', '/var/lib/cni', '/var/lib/kubelet/pods', '/etc/containerd', '/etc/systemd/system/kubelet.service.d']) fs.mkdir(dir, { parents: true });
  fs.change('/tmp', { mode: 0o1777 });
  devices(fs);
  fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' });
  mountSys(fs, machine.net);
  fs.symlink('../run', '/var/run');
  installExecutables(fs, world, programs, NODE_TOOLS);
  for (const name of CNI_PLUGINS) fs.writeFile(`/opt/cni/bin/${name}`, '', { mode: 0o755, program: `cni-${name}` });
  const { cluster, kubernetesVersion } = blueprint;
  const write = (path: string, content: string, mode = 0o644) => fs.writeFile(path, content, { mode });
  write('/etc/hostname', `${node.name}\n`);
  const { distribution = 'debian' } = node, { domain, address } = blueprint.host;
  write('/etc/hosts', `127.0.0.1\tlocalhost\n${(blueprint.nodeImage ? [node] : blueprint.nodes).map((n) => `${n.ip}\t${n.name}\n`).join('')}`);
  write('/etc/resolv.conf', `${domain ? `search ${domain}\n` : ''}nameserver ${address}\n`);
  write('/etc/nsswitch.conf', 'passwd:         files\ngroup:          files\nhosts:          files dns\n');
  write('/etc/os-release', osRelease(distribution));
  for (const [path, content] of Object.entries(BASHRC)) write(path, content);
  write('/etc/debian_version', distribution === 'debian' ? '12.5\n' : 'bookworm/sid\n');
  addUsers(machine);
  if (node.machineId) write('/etc/machine-id', `${node.machineId}\n`);
  if (blueprint.nodeImage?.startsWith('docker.io/kindest/')) {
    fs.mkdir('/kind');
    write('/kind/version', `${kubernetesVersion}\n`);
  }
  write('/etc/crictl.yaml', 'runtime-endpoint: unix:///run/containerd/containerd.sock\n');
  write('/etc/containerd/config.toml', 'version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.9"\n  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n    runtime_type = "io.containerd.runc.v2"\n    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n      SystemdCgroup = true\n  [plugins."io.containerd.grpc.v1.cri".cni]\n    bin_dir = "/opt/cni/bin"\n    conf_dir = "/etc/cni/net.d"\n');
  write('/var/lib/kubelet/config.yaml', `apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  anonymous:\n    enabled: false\n  webhook:\n    cacheTTL: 0s\n    enabled: true\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt\nauthorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n    cacheUnauthorizedTTL: 0s\ncgroupDriver: systemd\nclusterDNS:\n- ${cluster.dnsIP}\nclusterDomain: ${cluster.dnsDomain}\n${blueprint.nodeImage ? 'evictionHard:\n  imagefs.available: 0%\n  nodefs.available: 0%\n  nodefs.inodesFree: 0%\n' : ''}kind: KubeletConfiguration\nrotateCertificates: true\nstaticPodPath: /etc/kubernetes/manifests\n`);
  write('/var/lib/kubelet/kubeadm-flags.env', `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=${node.ip} --pod-infra-container-image=registry.k8s.io/pause:3.9"\n`);
  write('/etc/systemd/system/kubelet.service', '[Unit]\nDescription=kubelet: The Kubernetes Node Agent\nDocumentation=http://kubernetes.io/docs/\n\n[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\nStartLimitInterval=0\nRestartSec=1s\n\n[Install]\nWantedBy=multi-user.target\n');
  write('/etc/systemd/system/containerd.service', '[Unit]\nDescription=containerd container runtime\nDocumentation=https://containerd.io\nAfter=network.target local-fs.target\n\n[Service]\nExecStart=/usr/local/bin/containerd\nType=notify\nDelegate=yes\nKillMode=process\nRestart=always\n\n[Install]\nWantedBy=multi-user.target\n');
  write('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', '[Service]\nEnvironment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"\nEnvironment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n');
  for (const [path, content] of Object.entries(node.files ?? {})) {
    fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { parents: true });
    write(path, content);
  }
  for (const [link, mac] of Object.entries(node.macs ?? {})) machine.net.macs.set(link, mac);
  return machine;
}

/** Where its packets to the rest of the world go. */
export function defaultRoute({ host }: Blueprint, { managementIP }: NodeBlueprint): { dst: 'default'; via: string; dev: string } {
  return host.management && managementIP ? { dst: 'default', via: host.management.address, dev: 'eth1' } : { dst: 'default', via: host.address, dev: 'eth0' };
}

/** Starts what systemd starts on the node: containerd with its images, then the kubelet. */
export function startNode(machine: Machine, blueprint: Blueprint, node: NodeBlueprint): ClusterNode {
  const { world } = machine;
  let init = boot(machine), restarts = 0;
  let main: Process | undefined;
  const wires = machine.net.links().filter((l) => /^eth\d$/.test(l.name));
  const runtime = new ContainerRuntime(machine, startContainerd(machine, init));
  if (blueprint.containerd) runtime.version = blueprint.containerd;
  runtime.mountSystem = (fs, pids, net) => {
    fs.mount({ path: '/proc', root: procRoot(machine, { pids }), type: 'proc', source: 'proc' });
    mountSys(fs, net);
  };
  for (const image of blueprint.cluster.images) runtime.loadName(image);
  const own = blueprint.cluster.loadedImages ?? [];
  for (const image of own) runtime.load(image);
  runtime.registry = (reference) => own.find((i) => !i.local && i.names.includes(formatReference(reference)));
  const options = {
    machine, runtime, nodeName: node.name, nodeIP: node.ip, version: node.version ?? blueprint.kubernetesVersion, labels: node.labels ?? {}, taints: node.taints ?? [], annotations: node.annotations ?? {},
    osImage: node.osImage, capacity: node.capacity, ...(node.providerId ? { providerID: node.providerId } : {}),
  };
  // Restart=always, RestartSec=1s
  const supervise = (process: Process) => {
    process.onExit(() => {
      if (!init.running || handle.kubeletStopped) return;
      const { code, signal } = process.status!;
      logUnit(machine, 'kubelet.service', `kubelet.service: Main process exited, ${signal ? `code=killed, status=${SIGNALS[signal]}/${signal}` : `code=exited, status=${code}${code === 0 ? '/SUCCESS' : code === 1 ? '/FAILURE' : '/n/a'}`}`);
      if (code !== 0) logUnit(machine, 'kubelet.service', `kubelet.service: Failed with result '${signal ? 'signal' : 'exit-code'}'.`);
      world.clock.after(SECOND, () => {
        if (!init.running || handle.kubeletStopped || main?.running) return;
        logUnit(machine, 'kubelet.service', `kubelet.service: Scheduled restart job, restart counter is at ${++restarts}.`);
        handle.startKubelet();
      }, { background: true });
    });
  };
  const handle: ClusterNode = {
    name: node.name, ip: node.ip, machine, runtime, kubelet: undefined as unknown as Kubelet, host: blueprint.host.name, image: blueprint.nodeImage ?? '', controlPlane: node.controlPlane,
    ports: blueprint.host.forwards.filter((f) => f.to === node.ip).map((f) => ({ hostIP: f.listen, hostPort: f.port, containerPort: f.toPort })), startedAt: world.clock.now, state: 'running', kubeletStopped: false,
    startKubelet() {
      if (main?.running) return;
      handle.kubeletStopped = false;
      const process = machine.daemon({
        argv: ['/usr/bin/kubelet', '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf', '--kubeconfig=/etc/kubernetes/kubelet.conf', '--config=/var/lib/kubelet/config.yaml', '--container-runtime-endpoint=unix:///run/containerd/containerd.sock', `--node-ip=${node.ip}`, '--pod-infra-container-image=registry.k8s.io/pause:3.9'],
        exe: '/usr/bin/kubelet', parent: init,
      });
      main = process;
      logUnit(machine, 'kubelet.service', `Started kubelet.service - ${KUBELET}.`);
      supervise(process);
      const config = loadConfig(process);
      if (typeof config === 'string') {
        logLine(process, 'kubelet.service', klogLine(process, 'E', 'run.go:74', `"command failed" err=${JSON.stringify(config)}`).trimEnd());
        return void world.clock.after(60 * MS, () => process.exit(1), { background: true });
      }
      const { staticPodPath, clusterDNS = '', clusterDomain = '', evictionHard, access } = config;
      const kubelet = new Kubelet({ ...options, staticPodPath, evictionHard, clusterDNS, clusterDomain, process, client: clientFor(process, access, `kubelet/${blueprint.kubernetesVersion}`) });
      handle.kubelet = kubelet;
      const server = new KubeletServer(kubelet);
      listen(process, server, node.name);
      wiring(world).kubelets.set(node.name, { process, api: server });
      ensureNodeRules(machine.net);
      kubelet.start();
    },
    stopKubelet() {
      handle.kubeletStopped = true;
      main?.exit(0);
    },
    stop() {
      if (handle.state === 'exited') return;
      handle.state = 'exited';
      handle.kubeletStopped = true;
      for (const p of machine.pids.processes().sort((a, b) => Number(a !== init) - Number(b !== init))) p.exit(137, 'KILL');
      for (const link of wires) link.setDown();
    },
    start() {
      if (handle.state === 'running') return;
      handle.state = 'running';
      handle.startedAt = world.clock.now;
      for (const link of wires) link.setUp();
      if (!machine.net.routes().some((r) => r.bits === 0)) machine.net.addRoute(defaultRoute(blueprint, node));
      init = boot(machine);
      runtime.process = startContainerd(machine, init);
      handle.startKubelet();
    },
    pause() {
      handle.state = 'paused';
      for (const p of machine.pids.processes()) p.signal('STOP');
    },
    unpause() {
      handle.state = 'running';
      for (const p of machine.pids.processes()) p.signal('CONT');
    },
  };
  handle.startKubelet();
  addUnit(machine, {
    name: 'kubelet.service', description: KUBELET, path: '/etc/systemd/system/kubelet.service', dropIns: ['/etc/systemd/system/kubelet.service.d/10-kubeadm.conf'], documentation: 'http://kubernetes.io/docs/', enabled: true,
    main: () => main, stopped: () => handle.kubeletStopped, start: () => handle.startKubelet(), stop: () => handle.stopKubelet(),
  });
  addUnit(machine, {
    name: 'containerd.service', description: 'containerd container runtime', path: '/etc/systemd/system/containerd.service', documentation: 'https://containerd.io', enabled: true,
    main: () => runtime.process, stopped: () => !runtime.process.running, start: () => (runtime.process = startContainerd(machine, init)), stop: () => runtime.process.exit(0),
  });
  registerNode(world, handle);
  return handle;
}

function boot(machine: Machine): Process {
  const init = machine.daemon({ argv: ['/sbin/init'], exe: '/sbin/init' });
  init.comm = 'systemd';
  machine.daemon({ argv: ['/lib/systemd/systemd-journald'], exe: '/lib/systemd/systemd-journald', parent: init });
  return init;
}

function startContainerd(machine: Machine, init: Process): Process {
  logUnit(machine, 'containerd.service', 'Started containerd.service - containerd container runtime.');
  const containerd = machine.daemon({ argv: ['/usr/bin/containerd'], exe: '/usr/bin/containerd', parent: init });
  tcpListen(containerd, { ip: '127.0.0.1', port: 32768 + machine.world.rng.fork(`containerd-port/${machine.name}`).int(28000) }, (s) => s.abort());
  return containerd;
}

function listen(process: Process, server: KubeletServer, node: string): void {
  httpListen(process, { ip: '127.0.0.1', port: 10248 }, (request, res) => res.send(request.path === '/healthz' ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' }, request.path === '/healthz' ? 'ok' : '404 page not found\n'));
  httpListen(process, { ip: '::', port: 10250, tls: { cn: `${node}@1`, ca: `${node}-ca@1`, sans: [node], requestCert: true } }, (request, res) => {
    const peer = request.tls?.peer;
    if (peer?.ca !== 'kubernetes') return res.send(401, { 'Content-Type': 'text/plain; charset=utf-8' }, 'Unauthorized');
    const answer = server.http(request.method, request.path);
    res.send(answer.status, { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' }, typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
}
