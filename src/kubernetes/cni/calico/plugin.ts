import { FileError } from '../../../linux/files.ts';
import { createVeth } from '../../../linux/net/namespace.ts';
import { ApiError, type ApiClient, ConnectionError, core } from '../../client/client.ts';
import { clientFor, readKubeconfig } from '../../runtime/kubeconfig.ts';
import { sha1Hex } from '../../runtime/sha1.ts';
import { execPlugin } from '../exec.ts';
import { type CniCall, CniError, type CniPlugin, type CniResult, sandboxOf } from '../types.ts';
import { assign, calico, releaseHandle } from './ipam.ts';

/** cni-plugin of Calico 3.26: an interface cali… for every pod, with a route to its address; inside, everything goes to 169.254.1.1. */
const GATEWAY = '169.254.1.1', HOST_MAC = 'ee:ee:ee:ee:ee:ee', NODENAME = '/var/lib/calico/nodename';

/** cali and the first digits of SHA-1 of NAMESPACE.POD. */
export const interfaceName = (namespace: string, pod: string): string => `cali${sha1Hex(`${namespace}.${pod}`).slice(0, 11)}`;
const handleOf = ({ config, containerId }: CniCall): string => `${config.name}.${containerId}`;

export const calicoPlugin: CniPlugin = (call) => withApi(call, (client) => {
  const { config, host, fs } = call, { K8S_POD_NAMESPACE: namespace = '', K8S_POD_NAME: pod = '' } = call.args;
  const name = interfaceName(namespace, pod);
  if (call.command === 'DEL') {
    if (config.ipam?.type) execPlugin(call, config.ipam.type);
    if (call.net?.link(call.ifName)) call.net.delLink(call.ifName);
    else if (host.link(name)) host.delLink(name);
    return undefined;
  }
  if (call.command === 'CHECK') return undefined;
  if (!fs.exists(NODENAME)) throw new CniError(`stat ${NODENAME}: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/`);
  const info = client.find(calico('clusterinformations'), undefined, 'default');
  if (!info?.spec.datastoreReady) throw new CniError('error getting ClusterInformation: resource does not exist: ClusterInformation(default) with error: clusterinformations.crd.projectcalico.org "default" not found');
  const net = sandboxOf(call), ipam = execPlugin(call, config.ipam?.type ?? '')!, address = ipam.ips![0]!.address, ip = address.split('/')[0]!;
  const mtu = Number(config['mtu'] ?? 0) || (fs.exists('/var/lib/calico/mtu') ? Number(fs.readFile('/var/lib/calico/mtu')) : 1500);
  if (host.link(name)) host.delLink(name);
  const [outer, inner] = createVeth(host, name, net, call.ifName, { mtu, address: HOST_MAC });
  inner.setUp();
  outer.setUp();
  net.addRoute({ dst: `${GATEWAY}/32`, dev: call.ifName, scope: 'link' });
  net.addRoute({ dst: 'default', via: GATEWAY, dev: call.ifName });
  net.addAddress(call.ifName, `${ip}/32`);
  for (const [key, value] of [['route_localnet', '1'], ['proxy_arp', '1'], ['forwarding', '1']] as const) host.set(`net.ipv4.conf.${name}.${key}`, value);
  host.set('net.ipv4.ip_forward', '1');
  host.replaceRoute({ dst: `${ip}/32`, dev: name, scope: 'link' });
  // Felix learns of the pod's address at once, before the kubelet reports it.
  client.patch(core('pods'), namespace, pod, 'strategic', { metadata: { annotations: { 'cni.projectcalico.org/containerID': call.containerId, 'cni.projectcalico.org/podIP': `${ip}/32`, 'cni.projectcalico.org/podIPs': `${ip}/32` } } }, 'status');
  return { cniVersion: config.cniVersion ?? '', interfaces: [{ name }], ips: [{ address: `${ip}/32` }], dns: {} } satisfies CniResult;
});

export const calicoIpam: CniPlugin = (call) => withApi(call, (client) => {
  if (call.command === 'DEL') {
    releaseHandle(client, handleOf(call));
    return undefined;
  }
  if (call.command === 'CHECK') return undefined;
  const { config, args, machine } = call, node = String(config['nodename'] ?? machine.name);
  const ip = assign(client, node, machine.world.rng, handleOf(call), { namespace: args['K8S_POD_NAMESPACE'] ?? '', node, pod: args['K8S_POD_NAME'] ?? '', timestamp: `${new Date(machine.world.clock.now / 1000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC` });
  return { cniVersion: config.cniVersion ?? '', ips: [{ address: `${ip}/32` }], dns: {} };
});

/** Both ask the API with the kubeconfig that install-cni wrote. */
function withApi<T>(call: CniCall, act: (client: ApiClient) => T): T {
  const path = String((call.config['kubernetes'] as { kubeconfig?: string } | undefined)?.kubeconfig ?? '');
  try {
    return act(clientFor(call.process, readKubeconfig(call.process, path), 'calico-cni'));
  } catch (error) {
    if (error instanceof FileError) throw new CniError(`error loading config file "${error.path}": open ${error.path}: ${error.message.toLowerCase()}`);
    if (error instanceof ApiError) throw new CniError(error.message);
    if (error instanceof ConnectionError) throw new CniError(`error getting ClusterInformation: Get "https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default": ${error.message}`);
    throw error;
  }
}
