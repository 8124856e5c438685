import { toYaml } from '../../kubectl/yaml/emit.ts';
import { LAYOUT, type Layout } from './certs.ts';

export interface ClusterOptions {
  version: string;
  clusterName?: string;
  /** '' for none. */
  podSubnet: string;
  serviceSubnet: string;
  dnsDomain: string;
  /** Where the control plane is reached when that is not the first machine's address: HOST[:PORT]. */
  endpoint?: string | undefined;
  certSANs?: readonly string[];
  layout?: Layout;
  /** More flags of components by their names: { 'kube-apiserver': ['--event-ttl=24h'] }. */
  flags?: Readonly<Record<string, readonly string[]>>;
}

/** What the ConfigMap kubeadm-config keeps (kubeadm.k8s.io/v1beta3). */
export function clusterConfiguration({ version, clusterName = 'kubernetes', podSubnet, serviceSubnet, dnsDomain, endpoint, certSANs = [], layout = LAYOUT, flags = {} }: ClusterOptions): string {
  const extraArgs = (name: string, more: Record<string, string> = {}) => {
    const all = { ...more, ...Object.fromEntries((flags[name] ?? []).map((f) => [f.slice(2, f.indexOf('=')), f.slice(f.indexOf('=') + 1)])) }, names = Object.keys(all).sort();
    return names.length > 0 ? { extraArgs: Object.fromEntries(names.map((n) => [n, all[n]])) } : {};
  };
  return toYaml({
    apiServer: { ...(certSANs.length > 0 ? { certSANs } : {}), ...extraArgs('kube-apiserver', { 'authorization-mode': 'Node,RBAC' }), timeoutForControlPlane: '4m0s' },
    apiVersion: 'kubeadm.k8s.io/v1beta3', certificatesDir: layout.certificatesDir, clusterName, ...(endpoint ? { controlPlaneEndpoint: endpoint } : {}), controllerManager: extraArgs('kube-controller-manager'), dns: {},
    etcd: { local: { dataDir: layout.etcdDataDir, ...extraArgs('etcd') } }, imageRepository: 'registry.k8s.io', kind: 'ClusterConfiguration', kubernetesVersion: version,
    networking: { dnsDomain, ...(podSubnet ? { podSubnet } : {}), serviceSubnet }, scheduler: extraArgs('kube-scheduler'),
  });
}
