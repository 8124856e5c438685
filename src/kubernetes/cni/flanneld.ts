import type { KubeObject } from '../api/types.ts';
import { type ApiClient, ApiError, ConnectionError, core } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { ensureChain, ensureRule } from '../kube-proxy/ensure.ts';
import { type Daemon, endsOn } from '../runtime/daemons.ts';
import { flag, klog } from '../runtime/klog.ts';
import { clientFor, inCluster } from '../runtime/kubeconfig.ts';
import { range, text } from './addresses.ts';
import { type BackendConfig, backendOf, type Peer } from './flannel-backends.ts';

const ANNOTATION = 'flannel.alpha.coreos.com/';

/** flanneld 0.22 with --kube-subnet-mgr --ip-masq: what it sets up stays when it ends. */
export const flanneld: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT', 'HUP']);
  klog(process, 'I', 'main.go:212', `CLI flags config: {etcdEndpoints:http://127.0.0.1:4001,http://127.0.0.1:2379 etcdPrefix:/coreos.com/network kubeSubnetMgr:true iface:[${flag(process, 'iface') ?? ''}] ifaceRegex:[] ipMasq:true subnetFile:/run/flannel/subnet.env publicIP: publicIPv6: subnetLeaseRenewMargin:60 healthzIP:0.0.0.0 healthzPort:0 iptablesResyncSeconds:5 iptablesForwardRules:true netConfPath:/etc/kube-flannel/net-conf.json setNodeNetworkUnavailable:true}`);
  try {
    begin(process);
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    klog(process, 'E', 'main.go:232', `Failed to create SubnetManager: ${error.message}`);
    process.exit(1);
  }
};

function begin(process: Process): void {
  const client = clientFor(process, inCluster(process), 'flanneld/v0.22.3');
  const { Network, Backend = { Type: 'udp' } } = JSON.parse(process.fs.readFile('/etc/kube-flannel/net-conf.json')) as { Network: string; Backend?: BackendConfig };
  const pod = client.get(core('pods'), process.env['POD_NAMESPACE'] ?? 'kube-flannel', process.env['POD_NAME'] ?? '');
  const nodeName: string = pod.spec.nodeName;
  if (!client.get(core('nodes'), undefined, nodeName).spec?.podCIDR) {
    klog(process, 'E', 'main.go:344', `Error registering network: failed to acquire lease: node "${nodeName}" pod cidr not assigned`);
    return process.exit(1);
  }
  runFlannel(process, { client, nodeName, Network, Backend, iface: flag(process, 'iface') });
}

/** Network: the cluster's Pods; iface: the link to send through, otherwise that of the default route. The node has its podCIDR. */
export interface FlannelOptions {
  client: ApiClient;
  nodeName: string;
  Network: string;
  Backend: BackendConfig;
  iface: string | undefined;
}

/** The backend of one node, as flanneld runs it and k3s embeds it. */
export function runFlannel(process: Process, { client, nodeName, Network, Backend, iface }: FlannelOptions): void {
  const { clock } = process.world;
  const nodes = new Informer(client, clock, core('nodes'));
  const self = client.get(core('nodes'), undefined, nodeName);
  const podCIDR: string = self.spec.podCIDR;
  const nodeIP = (self.status?.addresses as { type: string; address: string }[]).find((a) => a.type === 'InternalIP')!.address;
  const { net } = process;
  const named = iface === undefined ? undefined : net.link(iface);
  if (iface !== undefined && !named) {
    klog(process, 'E', 'main.go:278', `Failed to find interface to use that matches the interfaces and/or regexes provided`);
    return process.exit(1);
  }
  // The interface of the default route and its address, whatever the kubelet calls the node's.
  const uplink = named ?? net.lookupRoute(gatewayOf(process) ?? nodeIP).dev, [own] = uplink.addresses, publicIP = own ? text(own.ip) : nodeIP;
  klog(process, 'I', 'match.go:259', `Using interface with name ${uplink.name} and address ${publicIP}`);
  klog(process, 'I', 'match.go:281', `Defaulting external address to interface address (${publicIP})`);
  const noted = self.metadata.annotations?.[`${ANNOTATION}backend-data`];
  const backend = backendOf(Backend, { process, node: nodeName, podCIDR, publicIP, uplink, known: noted ? (JSON.parse(noted) as Peer['data']) : null });
  if (!backend) {
    klog(process, 'E', 'main.go:332', `Error fetching backend: unknown backend type: ${Backend.Type}`);
    return process.exit(1);
  }
  const wanted = { [`${ANNOTATION}backend-data`]: JSON.stringify(backend.data), [`${ANNOTATION}backend-type`]: backend.type, [`${ANNOTATION}kube-subnet-manager`]: 'true', [`${ANNOTATION}public-ip`]: publicIP };
  if (Object.entries(wanted).some(([k, v]) => self.metadata.annotations?.[k] !== v)) client.patch(core('nodes'), undefined, nodeName, 'merge', { metadata: { annotations: wanted } });
  net.set('net.ipv4.ip_forward', '1');
  const rules = () => masquerade(process, Network, podCIDR);
  rules();
  klog(process, 'I', 'main.go:408', 'Changing default FORWARD chain policy to ACCEPT');
  const [podBase, bits] = range(podCIDR);
  process.fs.mkdir('/run/flannel', { parents: true });
  process.fs.writeFile('/run/flannel/subnet.env', `FLANNEL_NETWORK=${Network}\nFLANNEL_SUBNET=${text(podBase + 1)}/${bits}\nFLANNEL_MTU=${backend.mtu}\nFLANNEL_IPMASQ=true\n`);
  klog(process, 'I', 'main.go:436', 'Wrote subnet file to /run/flannel/subnet.env');
  klog(process, 'I', 'main.go:440', 'Running backend.');
  const resync = clock.every(5 * SECOND, () => {
    if (!process.stopped) rules();
  });
  const peer = (node: KubeObject) => {
    const found = node.metadata.name === nodeName || process.stopped ? undefined : peerOf(node);
    if (found) backend.add(found);
  };
  nodes.on({ add: peer, update: (node, old) => {
    if (node.metadata.annotations !== old.metadata.annotations || node.spec?.podCIDR !== old.spec?.podCIDR) peer(node);
  }, delete: (node) => node.spec?.podCIDR && backend.remove(node.spec.podCIDR as string) }).start();
  klog(process, 'I', backend.type === 'vxlan' ? 'vxlan_network.go:65' : 'route_network.go:55', backend.type === 'vxlan' ? 'watching for new subnet leases' : 'Watching for new subnet leases');
  process.onExit(() => {
    resync.cancel();
    nodes.stop();
  });
}

function peerOf({ metadata, spec }: KubeObject): Peer | undefined {
  const { [`${ANNOTATION}backend-data`]: data, [`${ANNOTATION}public-ip`]: publicIP, [`${ANNOTATION}backend-type`]: type } = metadata.annotations ?? {}, cidr: string | undefined = spec?.podCIDR;
  return data && publicIP && type && cidr ? { cidr, publicIP, type, data: JSON.parse(data) as Peer['data'] } : undefined;
}

/** FLANNEL-POSTRTG and FLANNEL-FWD (pkg/ip/iptables.go), put back every five seconds. */
function masquerade(process: Process, network: string, podCIDR: string): void {
  const { net } = process;
  const comment = '-m comment --comment "flanneld masq"', forward = '-m comment --comment "flanneld forward"';
  ensureChain(net, 'nat', 'FLANNEL-POSTRTG');
  ensureRule(net, 'A', 'nat', 'POSTROUTING', `${comment} -j FLANNEL-POSTRTG`);
  ensureRule(net, 'A', 'nat', 'FLANNEL-POSTRTG', `-m mark --mark 0x4000/0x4000 ${comment} -j RETURN`);
  ensureRule(net, 'A', 'nat', 'FLANNEL-POSTRTG', `-s ${podCIDR} -d ${network} ${comment} -j RETURN`);
  ensureRule(net, 'A', 'nat', 'FLANNEL-POSTRTG', `-s ${network} -d ${podCIDR} ${comment} -j RETURN`);
  ensureRule(net, 'A', 'nat', 'FLANNEL-POSTRTG', `! -s ${network} -d ${podCIDR} ${comment} -j RETURN`);
  ensureRule(net, 'A', 'nat', 'FLANNEL-POSTRTG', `-s ${network} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE --random-fully`);
  ensureRule(net, 'A', 'nat', 'FLANNEL-POSTRTG', `! -s ${network} -d ${network} ${comment} -j MASQUERADE --random-fully`);
  ensureChain(net, 'filter', 'FLANNEL-FWD');
  ensureRule(net, 'A', 'filter', 'FORWARD', `${forward} -j FLANNEL-FWD`);
  ensureRule(net, 'A', 'filter', 'FLANNEL-FWD', `-s ${network} ${forward} -j ACCEPT`);
  ensureRule(net, 'A', 'filter', 'FLANNEL-FWD', `-d ${network} ${forward} -j ACCEPT`);
}

function gatewayOf(process: Process): string | undefined {
  const via = process.net.routes().find((r) => r.bits === 0)?.via;
  return via === undefined ? undefined : text(via);
}
