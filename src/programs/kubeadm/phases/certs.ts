import type { Certificate } from '../../../linux/net/tls.ts';
import type { FileSystem } from '../../../linux/files.ts';
import { kubeconfigText } from '../../../kubernetes/runtime/kubeconfig.ts';
import type { Micros } from '../../../sim/clock.ts';
import { toBase64 } from '../../../kubernetes/api/base64.ts';
import { certificatePem, privateKeyPem, publicKeyPem } from '../../../kubernetes/runtime/pki.ts';

const YEAR = 365 * 86_400_000_000;

/** Where a kubeadm cluster keeps what it is made of (ClusterConfiguration, InitConfiguration). */
export interface Layout {
  certificatesDir: string;
  /** The API server's. */
  bindPort: number;
  etcdDataDir: string;
  etcdImage: string;
}
export const LAYOUT: Layout = { certificatesDir: '/etc/kubernetes/pki', bindPort: 6443, etcdDataDir: '/var/lib/etcd', etcdImage: 'registry.k8s.io/etcd:3.5.15-0' };

/** What `kubeadm init` makes under /etc/kubernetes: certificates, keys, kubeconfigs (cmd/kubeadm/app/phases/{certs,kubeconfig}). */
export class Pki {
  readonly #from: Micros;
  readonly #cluster: string;
  readonly #apiAddress: string;
  readonly #layout: Layout;
  readonly caPem: string;

  /** `apiAddress`: the Service kubernetes' own, the first of the Services' range. */
  constructor(cluster: string, from: Micros, apiAddress: string, layout: Layout = LAYOUT) {
    this.#cluster = cluster;
    this.#apiAddress = apiAddress;
    this.#layout = layout;
    this.#from = from;
    this.caPem = certificatePem({ cn: 'kubernetes', ca: 'kubernetes', notBefore: from, notAfter: from + 10 * YEAR });
  }

  certificate(cn: string, { organizations = [], sans = [], ca = 'kubernetes' }: { organizations?: string[]; sans?: string[]; ca?: string } = {}): Certificate {
    return { cn, ...(organizations.length ? { organizations } : {}), ...(sans.length ? { sans } : {}), ca, notBefore: this.#from, notAfter: this.#from + YEAR };
  }

  kubeconfig({ server, user, cn, organizations, context = `${user}@${this.#cluster}`, files }: { server: string; user: string; cn: string; organizations: string[]; context?: string; files?: string }): string {
    const credentials = files
      ? `    client-certificate: ${files}\n    client-key: ${files}\n`
      : `    client-certificate-data: ${toBase64(certificatePem(this.certificate(cn, { organizations })))}\n    client-key-data: ${toBase64(privateKeyPem(cn))}\n`;
    const cluster = context.includes('@') ? this.#cluster : context;
    return kubeconfigText({ server, caPem: this.caPem, cluster, user, context, credentials });
  }

  /** Everything a control plane has under /etc/kubernetes. `server`: where its own kubeconfigs point; `sans`: more names of the API server. */
  writeControlPlane(fs: FileSystem, node: string, ip: string, { server = `https://${ip}:${this.#layout.bindPort}`, sans = [] }: { server?: string; sans?: readonly string[] } = {}): void {
    const { certificatesDir: dir } = this.#layout;
    fs.mkdir(`${dir}/etcd`, { parents: true });
    fs.mkdir('/etc/kubernetes', { parents: true });
    const write = (path: string, certificate: Certificate, key = true) => {
      fs.writeFile(`${dir}/${path}.crt`, certificatePem(certificate));
      if (key) fs.writeFile(`${dir}/${path}.key`, privateKeyPem(`${node} ${path}`), { mode: 0o600 });
    };
    write('ca', { cn: 'kubernetes', ca: 'kubernetes', notBefore: this.#from, notAfter: this.#from + 10 * YEAR });
    write('front-proxy-ca', { cn: 'front-proxy-ca', ca: 'front-proxy-ca', notBefore: this.#from, notAfter: this.#from + 10 * YEAR });
    write('etcd/ca', { cn: 'etcd-ca', ca: 'etcd-ca', notBefore: this.#from, notAfter: this.#from + 10 * YEAR });
    write('apiserver', this.certificate('kube-apiserver', { sans: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', node, this.#apiAddress, ip, '127.0.0.1', ...sans] }));
    write('apiserver-kubelet-client', this.certificate('kube-apiserver-kubelet-client', { organizations: ['system:masters'] }));
    write('apiserver-etcd-client', this.certificate('kube-apiserver-etcd-client', { organizations: ['system:masters'], ca: 'etcd-ca' }));
    write('front-proxy-client', this.certificate('front-proxy-client', { ca: 'front-proxy-ca' }));
    for (const name of ['server', 'peer']) write(`etcd/${name}`, this.certificate(node, { sans: ['localhost', node, ip, '127.0.0.1'], ca: 'etcd-ca' }));
    write('etcd/healthcheck-client', this.certificate('kube-etcd-healthcheck-client', { organizations: ['system:masters'], ca: 'etcd-ca' }));
    fs.writeFile(`${dir}/sa.pub`, publicKeyPem('sa'));
    fs.writeFile(`${dir}/sa.key`, privateKeyPem('sa'), { mode: 0o600 });
    const configs = {
      admin: { user: 'kubernetes-admin', cn: 'kubernetes-admin', organizations: ['system:masters'] },
      'controller-manager': { user: 'system:kube-controller-manager', cn: 'system:kube-controller-manager', organizations: [] },
      scheduler: { user: 'system:kube-scheduler', cn: 'system:kube-scheduler', organizations: [] },
    };
    for (const [name, o] of Object.entries(configs)) fs.writeFile(`/etc/kubernetes/${name}.conf`, this.kubeconfig({ server, ...o }), { mode: 0o600 });
  }

  writeNode(fs: FileSystem, node: string, server: string): void {
    fs.mkdir('/etc/kubernetes/manifests', { parents: true });
    const { certificatesDir: dir } = this.#layout;
    fs.mkdir(dir, { parents: true });
    if (!fs.exists(`${dir}/ca.crt`)) fs.writeFile(`${dir}/ca.crt`, this.caPem);
    fs.mkdir('/var/lib/kubelet/pki', { parents: true });
    fs.writeFile('/var/lib/kubelet/pki/kubelet-client-current.pem', certificatePem(this.certificate(`system:node:${node}`, { organizations: ['system:nodes'] })) + privateKeyPem(`kubelet ${node}`), { mode: 0o600 });
    fs.writeFile('/var/lib/kubelet/pki/kubelet.crt', certificatePem(this.certificate(`${node}@1`, { sans: [node], ca: `${node}-ca@1` })));
    fs.writeFile('/var/lib/kubelet/pki/kubelet.key', privateKeyPem(`kubelet serving ${node}`), { mode: 0o600 });
    fs.writeFile('/etc/kubernetes/kubelet.conf', this.kubeconfig({ server, user: 'default-auth', cn: `system:node:${node}`, organizations: ['system:nodes'], context: 'default-context', files: '/var/lib/kubelet/pki/kubelet-client-current.pem' }), { mode: 0o600 });
  }
}
