import type { KubeObject } from '../api/types.ts';
import { ApiError, ConnectionError, core } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { ensureChain, ensureRule } from '../kube-proxy/ensure.ts';
import { type Daemon, endsOn } from '../runtime/daemons.ts';
import { flag, klog } from '../runtime/klog.ts';
import { clientFor, inCluster } from '../runtime/kubeconfig.ts';
import { range, text } from './addresses.ts';

const ANNOTATION = 'flannel.alpha.coreos.com/';
const DEV = 'flannel.1', VNI = 1, PORT = 8472;

/** flanneld 0.22 with its vxlan backend and --kube-subnet-mgr --ip-masq: what it sets up stays when it ends. */
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
  const { clock } = process.world;
  const { Network } = JSON.parse(process.fs.readFile('/etc/kube-flannel/net-conf.json')) as { Network: string };
  const pod = client.get(core('pods'), process.env['POD_NAMESPACE'] ?? 'kube-flannel', process.env['POD_NAME'] ?? '');
  const nodeName: string = pod.spec.nodeName;
  const nodes = new Informer(client, clock, core('nodes'));
  const self = client.get(core('nodes'), undefined, nodeName);
  const podCIDR: string | undefined = self.spec?.podCIDR;
  if (!podCIDR) {
    klog(process, 'E', 'main.go:344', `Error registering network: failed to acquire lease: node "${nodeName}" pod cidr not assigned`);
    return process.exit(1);
  }
  const publicIP = (self.status?.addresses as { type: string; address: string }[]).find((a) => a.type === 'InternalIP')!.address;
  const { net } = process;
  const iface = flag(process, 'iface'), named = iface === undefined ? undefined : net.link(iface);
  if (iface !== undefined && !named) {
    klog(process, 'E', 'main.go:278', `Failed to find interface to use that matches the interfaces and/or regexes provided`);
    return process.exit(1);
  }
  const uplink = named ?? net.lookupRoute(publicIP === '' ? '0.0.0.0' : gatewayOf(process) ?? publicIP).dev;
  klog(process, 'I', 'match.go:259', `Using interface with name ${uplink.name} and address ${publicIP}`);
  klog(process, 'I', 'match.go:281', `Defaulting external address to interface address (${publicIP})`);
  klog(process, 'I', 'vxlan.go:141', `VXLAN config: VNI=${VNI} Port=0 GBP=false Learning=false DirectRouting=false`);
  const [base] = range(podCIDR);
  let link = net.link(DEV);
  if (!link) {
    const known = self.metadata.annotations?.[`${ANNOTATION}backend-data`];
    const mac = known ? (JSON.parse(known) as { VtepMAC: string }).VtepMAC : process.world.rng.fork(`flannel/${nodeName}`).mac();
    link = net.addLink({ name: DEV, kind: 'vxlan', mtu: uplink.mtu - 50, address: mac, vxlan: { vni: VNI, port: PORT, local: publicIP, dev: uplink.name, learning: false } });
  }
  link.setUp();
  if (!net.addresses(DEV).some((a) => a.ip === base)) net.addAddress(DEV, `${text(base)}/32`);
  const vtep = link.address;
  const wanted = { [`${ANNOTATION}backend-data`]: JSON.stringify({ VNI, VtepMAC: vtep }), [`${ANNOTATION}backend-type`]: 'vxlan', [`${ANNOTATION}kube-subnet-manager`]: 'true', [`${ANNOTATION}public-ip`]: publicIP };
  if (Object.entries(wanted).some(([k, v]) => self.metadata.annotations?.[k] !== v)) client.patch(core('nodes'), undefined, nodeName, 'merge', { metadata: { annotations: wanted } });
  net.set('net.ipv4.ip_forward', '1');
  const rules = () => masquerade(process, Network, podCIDR);
  rules();
  klog(process, 'I', 'main.go:408', 'Changing default FORWARD chain policy to ACCEPT');
  const [podBase, bits] = range(podCIDR);
  process.fs.writeFile('/run/flannel/subnet.env', `FLANNEL_NETWORK=${Network}\nFLANNEL_SUBNET=${text(podBase + 1)}/${bits}\nFLANNEL_MTU=${link.mtu}\nFLANNEL_IPMASQ=true\n`);
  klog(process, 'I', 'main.go:436', 'Wrote subnet file to /run/flannel/subnet.env');
  klog(process, 'I', 'main.go:440', 'Running backend.');
  const resync = clock.every(5 * SECOND, () => {
    if (!process.stopped) rules();
  });
  const peer = (node: KubeObject) => {
    if (node.metadata.name !== nodeName && !process.stopped) addPeer(process, node);
  };
  nodes.on({ add: peer, update: (node, old) => {
    if (node.metadata.annotations !== old.metadata.annotations || node.spec?.podCIDR !== old.spec?.podCIDR) peer(node);
  }, delete: (node) => removePeer(process, node) }).start();
  klog(process, 'I', 'vxlan_network.go:65', 'watching for new subnet leases');
  process.onExit(() => {
    resync.cancel();
    nodes.stop();
  });
}

/** Route, neighbour and forwarding entry towards another node's pods. */
function addPeer(process: Process, node: KubeObject): void {
  const { net } = process;
  const data = node.metadata.annotations?.[`${ANNOTATION}backend-data`], ip = node.metadata.annotations?.[`${ANNOTATION}public-ip`], cidr: string | undefined = node.spec?.podCIDR;
  if (!data || !ip || !cidr || !net.link(DEV)) return;
  const { VtepMAC } = JSON.parse(data) as { VtepMAC: string };
  const [base, bits] = range(cidr);
  net.addNeighbour({ ip: text(base), dev: DEV, lladdr: VtepMAC, state: 'PERMANENT' }, { replace: true });
  net.addFdb({ dev: DEV, lladdr: VtepMAC, dst: ip }, { replace: true });
  net.replaceRoute({ dst: `${text(base)}/${bits}`, via: text(base), dev: DEV, onlink: true });
}

function removePeer(process: Process, node: KubeObject): void {
  const { net } = process;
  const cidr: string | undefined = node.spec?.podCIDR;
  if (!cidr || !net.link(DEV)) return;
  const [base, bits] = range(cidr);
  if (net.routes().some((r) => r.dst === base && r.bits === bits)) net.delRoute({ dst: `${text(base)}/${bits}`, dev: DEV });
  if (net.neighbours(DEV).some((n) => n.ip === base)) net.delNeighbour({ ip: text(base), dev: DEV });
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
