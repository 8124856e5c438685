import type { KubeObject } from '../api/types.ts';
import { ApiError, ConnectionError, core } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { ensureChain, ensureRule } from '../kube-proxy/ensure.ts';
import { type Daemon, endsOn } from '../runtime/daemons.ts';
import { klog } from '../runtime/klog.ts';
import { clientFor, inCluster } from '../runtime/kubeconfig.ts';
import { range, text } from './addresses.ts';

/** kindnetd: a route to every other node's pods over that node's address, the ptp plugin's configuration, masquerading of what leaves. */
export const kindnetd: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  try {
    begin(process);
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    klog(process, 'E', 'main.go:115', error.message);
    process.exit(1);
  }
};

function begin(process: Process): void {
  const client = clientFor(process, inCluster(process), 'kindnetd');
  const { net } = process, { clock } = process.world;
  const subnet = process.env['POD_SUBNET'] ?? '10.244.0.0/16', nodeName = process.env['HOSTNAME'] ?? process.machine.name;
  klog(process, 'I', 'main.go:227', `podIP = ${process.env['POD_IP'] ?? ''}`);
  klog(process, 'I', 'main.go:139', `hostIP = ${process.env['HOST_IP'] ?? ''}`);
  klog(process, 'I', 'main.go:148', 'setting mtu 1500 for CNI ');
  klog(process, 'I', 'main.go:182', `noMask IPv4 subnets: [${subnet}]`);
  const masquerade = () => {
    const comment = '-m comment --comment "kind-masq-agent:';
    ensureChain(net, 'nat', 'KIND-MASQ-AGENT');
    ensureRule(net, 'A', 'nat', 'POSTROUTING', `-m addrtype ! --dst-type LOCAL ${comment} ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain" -j KIND-MASQ-AGENT`);
    ensureRule(net, 'A', 'nat', 'KIND-MASQ-AGENT', `-d ${subnet} ${comment} local traffic is not subject to MASQUERADE" -j RETURN`);
    ensureRule(net, 'A', 'nat', 'KIND-MASQ-AGENT', `${comment} outbound traffic is subject to MASQUERADE (must be last in chain)" -j MASQUERADE`);
  };
  masquerade();
  const resync = clock.every(60 * SECOND, masquerade);
  const nodes = new Informer(client, clock, core('nodes'));
  const look = (node: KubeObject) => {
    const cidr: string | undefined = node.spec?.podCIDR, ip = (node.status?.addresses as { type: string; address: string }[] | undefined)?.find((a) => a.type === 'InternalIP')?.address;
    if (!cidr || !ip) return;
    const [base, bits] = range(cidr);
    if (node.metadata.name === nodeName) {
      const path = '/etc/cni/net.d/10-kindnet.conflist';
      const conf = JSON.stringify({ cniVersion: '0.3.1', name: 'kindnet', plugins: [{ type: 'ptp', ipMasq: false, ipam: { type: 'host-local', dataDir: '/run/cni-ipam-state', routes: [{ dst: '0.0.0.0/0' }], ranges: [[{ subnet: cidr }]] }, mtu: 1500 }, { type: 'portmap', capabilities: { portMappings: true } }] }, null, '\t');
      if (!process.fs.exists(path) || process.fs.readFile(path) !== conf) process.fs.writeFile(path, conf);
      return;
    }
    if (!net.routes().some((r) => r.dst === base && r.bits === bits)) {
      klog(process, 'I', 'main.go:250', `Node ${node.metadata.name} has CIDR [${cidr}] `);
      klog(process, 'I', 'routes.go:62', `Adding route {Ifindex: 0 Dst: ${cidr} Src: <nil> Gw: ${ip} Flags: [] Table: 0} `);
      net.replaceRoute({ dst: `${text(base)}/${bits}`, via: ip, dev: net.lookupRoute(ip).dev.name });
    }
  };
  nodes.on({ add: look, update: (node) => look(node), delete: (node) => {
    const cidr: string | undefined = node.spec?.podCIDR;
    if (cidr && net.routes().some((r) => r.dst === range(cidr)[0] && r.bits === range(cidr)[1])) net.delRoute({ dst: cidr });
  } }).start();
  process.onExit(() => {
    resync.cancel();
    nodes.stop();
  });
}
