export interface KubeletOptions {
  dnsIP: string;
  domain: string;
  certificatesDir?: string;
  /** Whether it is told not to evict for want of disk (kind). */
  noEviction?: boolean;
}

/** The KubeletConfiguration of a cluster (cmd/kubeadm/app/componentconfigs/kubelet.go). */
export function kubeletConfiguration({ dnsIP, domain, certificatesDir = '/etc/kubernetes/pki', noEviction = false }: KubeletOptions): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  anonymous:\n    enabled: false\n  webhook:\n    cacheTTL: 0s\n    enabled: true\n  x509:\n    clientCAFile: ${certificatesDir}/ca.crt\nauthorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n    cacheUnauthorizedTTL: 0s\ncgroupDriver: systemd\nclusterDNS:\n- ${dnsIP}\nclusterDomain: ${domain}\n${noEviction ? 'evictionHard:\n  imagefs.available: 0%\n  nodefs.available: 0%\n  nodefs.inodesFree: 0%\n' : ''}kind: KubeletConfiguration\nrotateCertificates: true\nstaticPodPath: /etc/kubernetes/manifests\n`;
}

/** What kubeadm writes for the kubelet (cmd/kubeadm/app/phases/kubelet): its configuration and its flags, by path. */
export function kubeletFiles({ config, nodeIP, socket = '/run/containerd/containerd.sock' }: { config: string; nodeIP: string; socket?: string }): Record<string, string> {
  return {
    '/var/lib/kubelet/config.yaml': config,
    '/var/lib/kubelet/kubeadm-flags.env': `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix://${socket} --node-ip=${nodeIP} --pod-infra-container-image=registry.k8s.io/pause:3.9"\n`,
  };
}
