import { createObjects } from '../../kubernetes/client/apply.ts';
import { type ApiClient, ApiError, ConnectionError, core } from '../../kubernetes/client/client.ts';
import type { Process } from '../../linux/process.ts';
import { Cluster, images, preflight } from './cluster.ts';
import { Refused } from './refused.ts';
import { dnsAddon, proxyAddon } from './phases/addons.ts';
import { bootstrapObjects, tokenSecret } from './phases/bootstrap-token.ts';
import { Pki } from './phases/certs.ts';
import { clusterConfiguration } from './phases/cluster-configuration.ts';
import { controlPlaneManifests } from './phases/control-plane.ts';
import { kubeletConfiguration, kubeletFiles } from './phases/kubelet.ts';
import { apiAddress, dnsAddress, settings } from './settings.ts';
import { expiry, joinCommand, newToken } from './token.ts';

const FLAGS = /^--(config|service-cidr|service-dns-domain|apiserver-advertise-address|pod-network-cidr|ignore-preflight-errors|control-plane-endpoint|kubernetes-version|node-name|token|upload-certs|cri-socket|v)(=|$)/;

/** kubeadm init: certificates, kubeconfigs, static Pods, the kubelet; then, through the API server that comes up, tokens and addons. */
export async function init(p: Process, args: string[]): Promise<number> {
  const unknown = args.find((a) => a.startsWith('--') && !FLAGS.test(a));
  if (unknown) throw new Refused(`unknown flag: ${unknown.split('=')[0]}`);
  const cluster = new Cluster(p), { fs } = p, { advertiseAddress: ip, endpoint, podSubnet: podCidr, serviceSubnet, dnsDomain: domain, nodeName: node, token, version, certSANs } = settings(p, args, cluster.defaultAddress);
  const api = apiAddress(serviceSubnet), dnsIP = dnsAddress(serviceSubnet), server = `https://${endpoint ? (endpoint.includes(':') ? endpoint : `${endpoint}:6443`) : `${ip}:6443`}`;
  const say = (text: string) => p.out(`${text}\n`);
  await say(`[init] Using Kubernetes version: ${version}`);
  await preflight(p, args, ['apiserver', 'controller-manager', 'scheduler'].map((n) => `/etc/kubernetes/manifests/kube-${n}.yaml`).concat('/etc/kubernetes/manifests/etcd.yaml'), [6443, 10259, 10257, 10250, 2379, 2380], images(version));
  const kubelet = kubeletConfiguration({ dnsIP, domain });
  const pki = new Pki('kubernetes', p.now, api);
  const own = [...(endpoint ? [endpoint.replace(/:\d+$/, '')] : []), ...certSANs], isAddress = (name: string) => /^[\d.]+$/.test(name);
  const names = `DNS names [${[node, 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`, ...own.filter((name) => !isAddress(name))].sort().join(' ')}] and IPs [${[api, ip, ...own.filter(isAddress)].join(' ')}]`, etcd = `DNS names [${[node, 'localhost'].sort().join(' ')}] and IPs [${ip} 127.0.0.1 ::1]`;
  await say('[certs] Using certificateDir folder "/etc/kubernetes/pki"');
  pki.writeControlPlane(fs, node, ip, { server, sans: own });
  for (const [name, more] of [['ca'], ['apiserver', `apiserver serving cert is signed for ${names}`], ['apiserver-kubelet-client'], ['front-proxy-ca'], ['front-proxy-client'], ['etcd/ca'], ['etcd/server', `etcd/server serving cert is signed for ${etcd}`], ['etcd/peer', `etcd/peer serving cert is signed for ${etcd}`], ['etcd/healthcheck-client'], ['apiserver-etcd-client']]) await say(`[certs] Generating "${name}" certificate and key${more ? `\n[certs] ${more}` : ''}`);
  await say('[certs] Generating "sa" key and public key\n[kubeconfig] Using kubeconfig folder "/etc/kubernetes"');
  pki.writeNode(fs, node, server);
  for (const name of ['admin', 'kubelet', 'controller-manager', 'scheduler']) await say(`[kubeconfig] Writing "${name}.conf" kubeconfig file`);
  await say('[etcd] Creating static Pod manifest for local etcd in "/etc/kubernetes/manifests"\n[control-plane] Using manifest folder "/etc/kubernetes/manifests"');
  for (const [file, content] of Object.entries(controlPlaneManifests({ node, ip, version, serviceCidr: serviceSubnet, podCidr, cluster: 'kubernetes' }))) fs.writeFile(`/etc/kubernetes/manifests/${file}`, podCidr ? content : content.replace(/^ *- --(allocate-node-cidrs=true|cluster-cidr=)\n/gm, ''), { mode: 0o600 });
  for (const name of ['apiserver', 'controller-manager', 'scheduler']) await say(`[control-plane] Creating static Pod manifest for "kube-${name}"`);
  for (const [path, content] of Object.entries(kubeletFiles({ config: kubelet, nodeIP: cluster.node.ip }))) fs.writeFile(path, content);
  await say('[kubelet-start] Writing kubelet environment file with flags to file "/var/lib/kubelet/kubeadm-flags.env"\n[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/config.yaml"\n[kubelet-start] Starting the kubelet');
  cluster.restartKubelet();
  await say('[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "/etc/kubernetes/manifests". This can take up to 4m0s');
  const began = p.now, client = cluster.admin();
  for (;;) {
    if (up(client, node)) break;
    if (p.now - began > 240_000_000) throw new Refused('error execution phase wait-control-plane: couldn\'t initialize a Kubernetes cluster');
    await p.sleep(500_000);
  }
  await say(`[apiclient] All control plane components are healthy after ${((p.now - began) / 1e6).toFixed(6)} seconds\n[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace\n[kubelet] Creating a ConfigMap "kubelet-config" in namespace kube-system with the configuration for the kubelets in the cluster\n[upload-certs] Skipping phase. Please see --upload-certs`);
  client.patch(core('nodes'), undefined, node, 'merge', { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }, annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/containerd/containerd.sock' } } });
  const taints = (client.get(core('nodes'), undefined, node).spec?.taints ?? []) as object[];
  client.patch(core('nodes'), undefined, node, 'merge', { spec: { taints: [...taints.filter((t) => (t as { key: string }).key !== 'node-role.kubernetes.io/control-plane'), { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] } });
  await say(`[mark-control-plane] Marking the node ${node} as control-plane by adding the labels: [node-role.kubernetes.io/control-plane node.kubernetes.io/exclude-from-external-load-balancers]\n[mark-control-plane] Marking the node ${node} as control-plane by adding the taints [node-role.kubernetes.io/control-plane:NoSchedule]`);
  const made = token ?? newToken(p);
  createObjects(client, [...bootstrapObjects({ server, caPem: pki.caPem, kubelet, config: clusterConfiguration({ version, podSubnet: podCidr, serviceSubnet, dnsDomain: domain, endpoint, certSANs }) }), tokenSecret(made, { expiration: expiry(p), description: undefined })]);
  await say(`[bootstrap-token] Using token: ${made}\n[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles\n[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to get nodes\n[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to post CSRs in order for nodes to get long term certificate credentials\n[bootstrap-token] Configured RBAC rules to allow the csrapprover controller automatically approve CSRs from a Node Bootstrap Token\n[bootstrap-token] Configured RBAC rules to allow certificate rotation for all node client certificates in the cluster\n[bootstrap-token] Creating the "cluster-info" ConfigMap in the "kube-public" namespace\n[kubelet-finalize] Updating "/etc/kubernetes/kubelet.conf" to point to a rotatable kubelet client certificate and key`);
  createObjects(client, [...dnsAddon({ dnsIP, domain }), ...proxyAddon({ version, server, podCidr })]);
  await say(`[addons] Applied essential addon: CoreDNS\n[addons] Applied essential addon: kube-proxy\n\nYour Kubernetes control-plane has initialized successfully!\n\nTo start using your cluster, you need to run the following as a regular user:\n\n  mkdir -p $HOME/.kube\n  sudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config\n  sudo chown $(id -u):$(id -g) $HOME/.kube/config\n\nAlternatively, if you are the root user, you can run:\n\n  export KUBECONFIG=/etc/kubernetes/admin.conf\n\nYou should now deploy a pod network to the cluster.\nRun "kubectl apply -f [podnetwork].yaml" with one of the options listed at:\n  https://kubernetes.io/docs/concepts/cluster-administration/addons/\n\nThen you can join any number of worker nodes by running the following on each as root:\n\n${joinCommand(p, made).replace(' --discovery', ' \\\n\t--discovery')} `);
  return 0;
}

/** The API server answers, and the node has registered. */
function up(client: ApiClient, node: string): boolean {
  try {
    return client.find(core('nodes'), undefined, node) !== undefined && client.find(core('namespaces'), undefined, 'kube-public') !== undefined;
  } catch (error) {
    if (error instanceof ApiError || error instanceof ConnectionError) return false;
    throw error;
  }
}
