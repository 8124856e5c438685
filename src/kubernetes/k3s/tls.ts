import type { FileSystem } from '../../linux/files.ts';
import type { Micros } from '../../sim/clock.ts';
import { kubeconfigText } from '../runtime/kubeconfig.ts';
import { toBase64 } from '../api/base64.ts';
import { certificatePem, privateKeyPem } from '../runtime/pki.ts';

const DATA = '/var/lib/rancher/k3s';
const YEAR = 365 * 86_400_000_000;

export interface K3sIdentity {
  node: string;
  ip: string;
  /** The Service kubernetes' own address. */
  apiAddress: string;
  now: Micros;
}

/** The certificates and kubeconfigs that `k3s server` makes when it first starts (pkg/daemons/control/deps). */
export function writeTls(fs: FileSystem, { node, ip, apiAddress, now }: K3sIdentity): void {
  const from = Math.floor(now / 1e6), ca = (name: string) => `k3s-${name}-ca@${from}`;
  const put = (path: string, content: string, mode = 0o600) => {
    fs.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true });
    fs.writeFile(path, content, { mode });
  };
  const authority = (name: string) => certificatePem({ cn: ca(name), ca: ca(name), notBefore: now, notAfter: now + 10 * YEAR });
  const pair = (path: string, signer: 'server' | 'client', cn: string, more: { organizations?: string[]; sans?: string[] } = {}) => {
    const certificate = certificatePem({ cn, ...more, ca: ca(signer), notBefore: now, notAfter: now + YEAR }), key = privateKeyPem(`k3s ${path}`);
    put(`${path}.crt`, certificate, 0o644);
    put(`${path}.key`, key);
    return { certificate, key };
  };
  const tls = `${DATA}/server/tls`;
  for (const name of ['server', 'client', 'request-header']) put(`${tls}/${name}-ca.crt`, authority(name), 0o644);
  pair(`${tls}/serving-kube-apiserver`, 'server', 'kube-apiserver', { sans: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', node, '127.0.0.1', ip, apiAddress] });
  const config = (path: string, name: string, cn: string, organizations: string[] = []) => {
    pair(`${tls}/client-${name}`, 'client', cn, organizations.length ? { organizations } : {});
    put(path, kubeconfigText({ server: 'https://127.0.0.1:6443', caPem: authority('server'), cluster: 'local', user: 'user', context: 'Default', credentials: `    client-certificate: ${tls}/client-${name}.crt\n    client-key: ${tls}/client-${name}.key\n` }));
  };
  config(`${DATA}/server/cred/controller.kubeconfig`, 'controller', 'system:kube-controller-manager');
  config(`${DATA}/server/cred/scheduler.kubeconfig`, 'scheduler', 'system:kube-scheduler');
  config(`${DATA}/server/cred/supervisor.kubeconfig`, 'supervisor', 'system:k3s-supervisor', ['system:masters']);
  config(`${DATA}/agent/kubelet.kubeconfig`, 'kubelet', `system:node:${node}`, ['system:nodes']);
  config(`${DATA}/agent/kubeproxy.kubeconfig`, 'kube-proxy', 'system:kube-proxy');
  config(`${DATA}/agent/k3scontroller.kubeconfig`, 'k3s-controller', 'system:k3s-controller');
  put(`${DATA}/agent/client-ca.crt`, authority('client'), 0o644);
  const { certificate, key } = pair(`${tls}/client-admin`, 'client', 'system:admin', { organizations: ['system:masters'] });
  put('/etc/rancher/k3s/k3s.yaml', kubeconfigText({ server: 'https://127.0.0.1:6443', caPem: authority('server'), cluster: 'default', user: 'default', context: 'default', credentials: `    client-certificate-data: ${toBase64(certificate)}\n    client-key-data: ${toBase64(key)}\n` }));
}
