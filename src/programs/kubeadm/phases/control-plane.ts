import { LAYOUT, type Layout } from './certs.ts';
import { toYaml } from '../../kubectl/yaml/emit.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- manifests
type Any = any;

/** The static pods that kubeadm writes to /etc/kubernetes/manifests. */
export function controlPlaneManifests({ node, ip, version, serviceCidr, podCidr, cluster, flags = {}, layout = LAYOUT }: { node: string; ip: string; version: string; serviceCidr: string; podCidr: string; cluster: string; flags?: Record<string, string[]>; layout?: Layout }): Record<string, string> {
  const { certificatesDir: pki, bindPort: port, etcdDataDir, etcdImage } = layout;
  const probe = (host: string, path: string, port: number, scheme: string, more: Any = {}) => ({ failureThreshold: 8, httpGet: { host, path, port, scheme }, initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15, ...more });
  const hostPath = (name: string, path: string, type: string) => ({ hostPath: { path, type }, name });
  const pod = (name: string, command: string[], image: string, cpu: Any, container: Any, volumes: [string, string, string, boolean][], annotations: Any = {}): string => toYaml({
    apiVersion: 'v1', kind: 'Pod',
    metadata: { ...(Object.keys(annotations).length ? { annotations } : {}), creationTimestamp: null, labels: { component: name, tier: 'control-plane' }, name, namespace: 'kube-system' },
    spec: {
      containers: [{ command: [name, ...merged(command, flags[name] ?? [])], image, imagePullPolicy: 'IfNotPresent', ...container, name, resources: { requests: cpu }, volumeMounts: volumes.map(([n, path, , readOnly]) => ({ mountPath: path, name: n, ...(readOnly ? { readOnly: true } : {}) })) }],
      hostNetwork: true, priority: 2000001000, priorityClassName: 'system-node-critical', securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      volumes: volumes.map(([n, path, type]) => hostPath(n, path, type)),
    },
    status: {},
  });
  const image = (name: string) => `registry.k8s.io/${name}:${version}`;
  return {
    'etcd.yaml': pod('etcd', [
      `--advertise-client-urls=https://${ip}:2379`, `--cert-file=${pki}/etcd/server.crt`, '--client-cert-auth=true', `--data-dir=${etcdDataDir}`, '--experimental-initial-corrupt-check=true', '--experimental-watch-progress-notify-interval=5s',
      `--initial-advertise-peer-urls=https://${ip}:2380`, `--initial-cluster=${node}=https://${ip}:2380`, `--key-file=${pki}/etcd/server.key`, `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`, '--listen-metrics-urls=http://127.0.0.1:2381',
      `--listen-peer-urls=https://${ip}:2380`, `--name=${node}`, `--peer-cert-file=${pki}/etcd/peer.crt`, '--peer-client-cert-auth=true', `--peer-key-file=${pki}/etcd/peer.key`, `--peer-trusted-ca-file=${pki}/etcd/ca.crt`, '--snapshot-count=10000', `--trusted-ca-file=${pki}/etcd/ca.crt`,
    ], etcdImage, { cpu: '100m', memory: '100Mi' }, {
      livenessProbe: probe('127.0.0.1', '/health?exclude=NOSPACE&serializable=true', 2381, 'HTTP'), startupProbe: probe('127.0.0.1', '/health?serializable=false', 2381, 'HTTP', { failureThreshold: 24 }),
    }, [['etcd-data', etcdDataDir, 'DirectoryOrCreate', false], ['etcd-certs', `${pki}/etcd`, 'DirectoryOrCreate', false]], { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${ip}:2379` }),
    'kube-apiserver.yaml': pod('kube-apiserver', [
      `--advertise-address=${ip}`, '--allow-privileged=true', '--authorization-mode=Node,RBAC', `--client-ca-file=${pki}/ca.crt`, '--enable-admission-plugins=NodeRestriction', '--enable-bootstrap-token-auth=true', `--etcd-cafile=${pki}/etcd/ca.crt`,
      `--etcd-certfile=${pki}/apiserver-etcd-client.crt`, `--etcd-keyfile=${pki}/apiserver-etcd-client.key`, '--etcd-servers=https://127.0.0.1:2379', `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`, `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname', `--proxy-client-cert-file=${pki}/front-proxy-client.crt`, `--proxy-client-key-file=${pki}/front-proxy-client.key`, '--requestheader-allowed-names=front-proxy-client', `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      '--requestheader-extra-headers-prefix=X-Remote-Extra-', '--requestheader-group-headers=X-Remote-Group', '--requestheader-username-headers=X-Remote-User', `--secure-port=${port}`, '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki}/sa.pub`, `--service-account-signing-key-file=${pki}/sa.key`, `--service-cluster-ip-range=${serviceCidr}`, `--tls-cert-file=${pki}/apiserver.crt`, `--tls-private-key-file=${pki}/apiserver.key`,
    ], image('kube-apiserver'), { cpu: '250m' }, {
      livenessProbe: probe(ip, '/livez', port, 'HTTPS'), readinessProbe: { failureThreshold: 3, httpGet: { host: ip, path: '/readyz', port, scheme: 'HTTPS' }, periodSeconds: 1, timeoutSeconds: 15 }, startupProbe: probe(ip, '/livez', port, 'HTTPS', { failureThreshold: 24 }),
    }, [['k8s-certs', pki, 'DirectoryOrCreate', true]], { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${ip}:${port}` }),
    'kube-controller-manager.yaml': pod('kube-controller-manager', [
      '--allocate-node-cidrs=true', '--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf', '--authorization-kubeconfig=/etc/kubernetes/controller-manager.conf', '--bind-address=127.0.0.1', `--client-ca-file=${pki}/ca.crt`, `--cluster-cidr=${podCidr}`, `--cluster-name=${cluster}`,
      `--cluster-signing-cert-file=${pki}/ca.crt`, `--cluster-signing-key-file=${pki}/ca.key`, '--controllers=*,bootstrapsigner,tokencleaner', '--kubeconfig=/etc/kubernetes/controller-manager.conf', '--leader-elect=true', `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      `--root-ca-file=${pki}/ca.crt`, `--service-account-private-key-file=${pki}/sa.key`, `--service-cluster-ip-range=${serviceCidr}`, '--use-service-account-credentials=true',
    ], image('kube-controller-manager'), { cpu: '200m' }, { livenessProbe: probe('127.0.0.1', '/healthz', 10257, 'HTTPS'), startupProbe: probe('127.0.0.1', '/healthz', 10257, 'HTTPS', { failureThreshold: 24 }) },
    [['k8s-certs', pki, 'DirectoryOrCreate', true], ['kubeconfig', '/etc/kubernetes/controller-manager.conf', 'FileOrCreate', true]]),
    'kube-scheduler.yaml': pod('kube-scheduler', [
      '--authentication-kubeconfig=/etc/kubernetes/scheduler.conf', '--authorization-kubeconfig=/etc/kubernetes/scheduler.conf', '--bind-address=127.0.0.1', '--kubeconfig=/etc/kubernetes/scheduler.conf', '--leader-elect=true',
    ], image('kube-scheduler'), { cpu: '100m' }, { livenessProbe: probe('127.0.0.1', '/healthz', 10259, 'HTTPS'), startupProbe: probe('127.0.0.1', '/healthz', 10259, 'HTTPS', { failureThreshold: 24 }) },
    [['kubeconfig', '/etc/kubernetes/scheduler.conf', 'FileOrCreate', true]]),
  };
}

/** Flags given besides take the place of those of the same name; all in the order of their names. */
function merged(command: readonly string[], more: readonly string[]): string[] {
  const name = (flag: string) => flag.split('=')[0]!;
  return [...new Map([...command, ...more].map((flag) => [name(flag), flag])).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flag]) => flag);
}
