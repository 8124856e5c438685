/** What kubeadm writes for the kubelet (cmd/kubeadm/app/phases/kubelet): its configuration and its flags, by path. */
export function kubeletFiles({ dnsIP, domain, nodeIP, socket = '/run/containerd/containerd.sock', certificatesDir = '/etc/kubernetes/pki', noEviction = false }: { dnsIP: string; domain: string; nodeIP: string; socket?: string; certificatesDir?: string; noEviction?: boolean }): Record<string, string> {
  return {
    '/var/lib/kubelet/config.yaml': `apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  anonymous:\n    enabled: false\n  webhook:\n    cacheTTL: 0s\n    enabled: true\n  x509:\n    clientCAFile: ${certificatesDir}/ca.crt\nauthorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n    cacheUnauthorizedTTL: 0s\ncgroupDriver: systemd\nclusterDNS:\n- ${dnsIP}\nclusterDomain: ${domain}\n${noEviction ? 'evictionHard:\n  imagefs.available: 0%\n  nodefs.available: 0%\n  nodefs.inodesFree: 0%\n' : ''}kind: KubeletConfiguration\nrotateCertificates: true\nstaticPodPath: /etc/kubernetes/manifests\n`,
    '/var/lib/kubelet/kubeadm-flags.env': `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix://${socket} --node-ip=${nodeIP} --pod-infra-container-image=registry.k8s.io/pause:3.9"\n`,
  };
}
