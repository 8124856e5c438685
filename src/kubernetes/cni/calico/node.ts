import type { KubeObject } from '../../api/types.ts';
import { ApiError, type ApiClient, ConnectionError, core } from '../../client/client.ts';
import { FileError } from '../../../linux/files.ts';
import { formatIpv4 } from '../../../linux/net/addresses.ts';
import { httpListen } from '../../../linux/net/http.ts';
import { tcpListen } from '../../../linux/net/tcp.ts';
import type { Process } from '../../../linux/process.ts';
import { SECOND } from '../../../sim/clock.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { parseOnce } from '../../runtime/yaml.ts';
import { CALICO_VERSION } from '../manifests/calico.ts';
import { addressOf, assign, calico, object, type Pool, pools } from './ipam.ts';
import { Felix } from './felix.ts';
import { info } from './log.ts';
import { ANNOTATION, BlockRoutes, TUNNEL } from './routes.ts';
import type { Encapsulation } from './static-rules.ts';

const HEALTH_PORT = 9099;

/** The main process of calico/node: start-up work, then felix, bird and their kin as children. What they set up stays when they end. */
export const calicoStart: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT', 'HUP']);
  const attempt = () => {
    if (!process.running) return;
    try {
      begin(process);
    } catch (error) {
      if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
      info(process, 'startup/startup.go', 433, `Hit error connecting to datastore - retry error=${error.message}`, 'WARNING');
      process.world.clock.after(SECOND, attempt, { background: true });
    }
  };
  attempt();
};

function begin(process: Process): void {
  const node = process.env['NODENAME'] ?? process.uts.hostname, client = clientFor(process, inCluster(process), `calico-node/${CALICO_VERSION}`);
  const self = client.get(core('nodes'), undefined, node);
  const { address, prefix, uplink } = autodetect(process, self);
  info(process, 'startup/startup.go', 484, 'Initialize BGP data');
  info(process, 'startup/autodetection/autodetection_methods.go', 103, `Using autodetected IPv4 address on interface ${uplink}: ${address}/${prefix}`);
  info(process, 'startup/startup.go', 559, `Node IPv4 changed, will check for conflicts`);
  ensureDefaults(process, client);
  const [pool] = pools(client), encapsulation: Encapsulation = !pool ? 'none' : pool.vxlanMode !== 'Never' ? 'vxlan' : pool.ipipMode !== 'Never' ? 'ipip' : 'none';
  process.fs.writeFile('/var/lib/calico/nodename', node);
  const mtu = process.net.link(uplink)!.mtu - { ipip: 20, vxlan: 50, none: 0 }[encapsulation];
  process.fs.writeFile('/var/lib/calico/mtu', String(mtu));
  const annotations: Record<string, string> = { [`${ANNOTATION}IPv4Address`]: `${address}/${prefix}`, ...tunnel(process, client, node, encapsulation, mtu, address, uplink) };
  client.patch(core('nodes'), undefined, node, 'merge', { metadata: { annotations }, status: { conditions: conditions(process, self) } }, 'status');
  info(process, 'startup/startup.go', 217, `Using node name: ${node}`);
  process.net.set('net.ipv4.ip_forward', '1');
  const child = (argv: string[], exe: string) => process.machine.daemon({ argv, exe, parent: process });
  const felixProcess = child(['calico-node', '-felix'], '/bin/calico-node');
  child(['calico-node', '-confd'], '/bin/calico-node');
  const bird = (process.env['CALICO_NETWORKING_BACKEND'] ?? 'bird') !== 'bird' ? undefined : child(['bird', '-R', '-s', '/var/run/calico/bird.ctl', '-d', '-c', '/etc/calico/confd/config/bird.cfg'], '/usr/bin/bird');
  if (bird) tcpListen(bird, { ip: '0.0.0.0', port: 179 }, (s) => s.abort());
  info(process, 'felix/int_dataplane.go', 1245, 'Started internal iptables dataplane driver');
  const felix = new Felix(felixProcess, client, node, encapsulation, pools(client));
  felix.start();
  httpListen(felixProcess, { ip: '127.0.0.1', port: HEALTH_PORT }, (request, res) => {
    const ok = request.path === '/liveness' || (request.path === '/readiness' && felix.ready);
    res.send(ok ? 204 : 503, {}, '');
  });
  const router = encapsulation === 'vxlan' ? felixProcess : bird;
  if (router) new BlockRoutes(router, client, node, encapsulation).start();
  process.onExit(() => {
    for (const p of [felixProcess, ...(bird ? [bird] : [])]) p.signal('KILL');
  });
}

/** IP=autodetect, first-found: the first address of an interface that is no container's. */
function autodetect({ net }: Process, self: KubeObject): { address: string; prefix: number; uplink: string } {
  const found = net.addresses().find((a) => a.dev.up && a.dev.kind !== 'loopback' && !/^(cali|tunl|vxlan|docker|cni|br-|virbr|veth|kube-ipvs|flannel)/.test(a.dev.name));
  if (found) return { address: formatIpv4(found.ip), prefix: found.bits, uplink: found.dev.name };
  const address = (self.status?.addresses as { type: string; address: string }[]).find((a) => a.type === 'InternalIP')!.address;
  return { address, prefix: 32, uplink: net.lookupRoute(address).dev.name };
}

/** The default pool and settings, made by whichever node comes first. */
function ensureDefaults(process: Process, client: ApiClient): void {
  const { env } = process;
  const create = (resource: string, o: KubeObject) => {
    try {
      if (!client.find(calico(resource), undefined, o.metadata.name)) client.create(calico(resource), o);
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
    }
  };
  if (client.list(calico('ippools')).items.length === 0) {
    create('ippools', object('IPPool', 'default-ipv4-ippool', {
      allowedUses: ['Workload', 'Tunnel'], blockSize: Number(env['CALICO_IPV4POOL_BLOCK_SIZE'] ?? 26), cidr: env['CALICO_IPV4POOL_CIDR'] ?? kubeadmPodSubnet(client) ?? '192.168.0.0/16', ipipMode: env['CALICO_IPV4POOL_IPIP'] ?? 'Always', natOutgoing: (env['CALICO_IPV4POOL_NAT_OUTGOING'] ?? 'true') === 'true', nodeSelector: 'all()', vxlanMode: env['CALICO_IPV4POOL_VXLAN'] ?? 'Never',
    } satisfies Partial<Pool> & Record<string, unknown>));
    info(process, 'startup/startup.go', 849, `Created default IPv4 pool with NAT outgoing true. IPIP mode: ${env['CALICO_IPV4POOL_IPIP'] ?? 'Always'}, VXLAN mode: ${env['CALICO_IPV4POOL_VXLAN'] ?? 'Never'}`);
  }
  create('clusterinformations', object('ClusterInformation', 'default', { calicoVersion: CALICO_VERSION, clusterGUID: process.world.rng.fork('calico-cluster').hex(32), clusterType: `${env['CLUSTER_TYPE'] ?? 'k8s,bgp'},kdd`, datastoreReady: true }));
  create('felixconfigurations', object('FelixConfiguration', 'default', { bpfLogLevel: '', floatingIPs: 'Disabled', healthPort: HEALTH_PORT, logSeverityScreen: 'Info', reportingInterval: '0s' }));
}

/** Where kubeadm made the cluster, its pods' network is the pool. */
function kubeadmPodSubnet(client: ApiClient): string | undefined {
  const text = client.find(core('configmaps'), 'kube-system', 'kubeadm-config')?.['data']?.['ClusterConfiguration'] as string | undefined;
  return text === undefined ? undefined : (parseOnce(text) as { networking?: { podSubnet?: string } } | null)?.networking?.podSubnet;
}

/** The device that packets to other nodes go through, with an address of the node's first block. Gives the node's annotations about it. */
function tunnel({ net, world }: Process, client: ApiClient, node: string, encapsulation: Encapsulation, mtu: number, local: string, uplink: string): Record<string, string> {
  const name = TUNNEL[encapsulation];
  if (name === undefined) return {};
  const handle = `${encapsulation === 'ipip' ? 'ipip' : 'vxlan'}-tunnel-addr-${node}`;
  const ip = addressOf(client, handle) ?? assign(client, node, world.rng, handle, { node, type: `${encapsulation === 'ipip' ? 'ipip' : 'vxlan'}TunnelAddress` });
  if (encapsulation === 'ipip') net.loadTunnels('ipip');
  const link = net.link(name) ?? net.addLink({ name, kind: 'vxlan', address: `66:${world.rng.fork(`vxlan.calico/${node}`).mac().slice(3)}`, vxlan: { vni: 4096, port: 4789, local, dev: uplink, learning: false } });
  link.mtu = mtu;
  link.setUp();
  if (!net.addresses(name).some((a) => formatIpv4(a.ip) === ip)) net.addAddress(name, `${ip}/32`);
  return encapsulation === 'ipip' ? { [`${ANNOTATION}IPv4IPIPTunnelAddr`]: ip } : { [`${ANNOTATION}IPv4VXLANTunnelAddr`]: ip, [`${ANNOTATION}VXLANTunnelMACAddr`]: link.address };
}

/** The node's conditions with NetworkUnavailable=False. */
function conditions(process: Process, self: KubeObject): unknown[] {
  const now = `${new Date(process.now / 1000).toISOString().slice(0, 19)}Z`;
  const others = ((self.status?.conditions ?? []) as { type: string }[]).filter((c) => c.type !== 'NetworkUnavailable');
  return [{ type: 'NetworkUnavailable', status: 'False', lastHeartbeatTime: now, lastTransitionTime: now, reason: 'CalicoIsUp', message: 'Calico is running on this node' }, ...others];
}
