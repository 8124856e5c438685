import { toBase64 } from '../../kubernetes/api/base64.ts';
import { ApiError, ConnectionError, core, gvr } from '../../kubernetes/client/client.ts';
import { apiClient } from '../../kubernetes/runtime/connection.ts';
import { requestPem } from '../../kubernetes/runtime/certificate-request.ts';
import { detachedJws } from '../../kubernetes/runtime/jws.ts';
import { ANONYMOUS, kubeconfigText, userOf } from '../../kubernetes/runtime/kubeconfig.ts';
import { fromBase64, privateKeyPem } from '../../kubernetes/runtime/pki.ts';
import type { Process } from '../../linux/process.ts';
import { Cluster, option, preflight, VERSION } from './cluster.ts';
import { Refused } from './refused.ts';
import { caHash } from './ca-hash.ts';
import { BOOTSTRAP_GROUPS } from './phases/bootstrap-token.ts';
import { kubeletFiles } from './phases/kubelet.ts';

const CSRS = gvr('certificates.k8s.io', 'v1', 'certificatesigningrequests');

/**
 * kubeadm join of a worker: the cluster's CA from cluster-info (pinned by its hash), a client certificate for the kubelet from a request
 * that the token may make (here kubeadm asks for it; there the kubelet, from bootstrap-kubelet.conf), then the kubelet.
 */
export async function join(p: Process, args: string[]): Promise<number> {
  const server = args.find((a, i) => !a.startsWith('-') && !/^--(token|discovery-token-ca-cert-hash|node-name|ignore-preflight-errors|cri-socket)$/.test(args[i - 1] ?? '')), token = option(args, 'token') ?? '', hash = option(args, 'discovery-token-ca-cert-hash');
  if (!server) throw new Refused('discovery: Invalid value: "": bootstrapToken or file must be set');
  if (!/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token)) throw new Refused(`discovery.bootstrapToken.token: Invalid value: ${JSON.stringify(token)}: the bootstrap token is invalid`);
  if (!hash && !args.some((a) => a.startsWith('--discovery-token-unsafe-skip-ca-verification'))) throw new Refused('discovery.bootstrapToken: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue');
  const cluster = new Cluster(p), { fs } = p, node = option(args, 'node-name') ?? p.uts.hostname;
  await preflight(p, args, ['/etc/kubernetes/kubelet.conf', '/etc/kubernetes/pki/ca.crt'], [10250]);
  const [id] = token.split('.') as [string], joiner = apiClient(p, server, userOf(`system:bootstrap:${id}`, BOOTSTRAP_GROUPS), `kubeadm/${VERSION}`);
  const caPem = await discover(p, server, token, hash);
  await p.out("[preflight] Reading configuration from the cluster...\n[preflight] FYI: You can look at this config file with 'kubectl -n kube-system get cm kubeadm-config -o yaml'\n");
  const kubelet = (joiner.get(core('configmaps'), 'kube-system', 'kubelet-config')['data'] as Record<string, string>)['kubelet']!;
  fs.mkdir('/etc/kubernetes/pki', { parents: true });
  fs.writeFile('/etc/kubernetes/pki/ca.crt', caPem);
  const request = requestPem([['O', 'system:nodes'], ['CN', `system:node:${node}`]], privateKeyPem(`kubelet ${node}`));
  const csr = joiner.create(CSRS, { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: '', generateName: 'csr-' }, spec: { request: toBase64(request), signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['digital signature', 'client auth'] } });
  for (const [path, content] of Object.entries(kubeletFiles({ config: kubelet, nodeIP: cluster.node.ip }))) fs.writeFile(path, content);
  await p.out('[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/config.yaml"\n[kubelet-start] Writing kubelet environment file with flags to file "/var/lib/kubelet/kubeadm-flags.env"\n[kubelet-start] Starting the kubelet\n[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap...\n');
  let signed: string | undefined;
  for (let tries = 0; signed === undefined; tries++) {
    signed = joiner.find(CSRS, undefined, csr.metadata.name)?.status?.certificate as string | undefined;
    if (tries > 80) throw new Refused('error execution phase kubelet-start: timed out waiting for the condition');
    if (signed === undefined) await p.sleep(500_000);
  }
  const pem = '/var/lib/kubelet/pki/kubelet-client-current.pem';
  fs.mkdir('/var/lib/kubelet/pki', { parents: true });
  fs.writeFile(pem, fromBase64(signed) + privateKeyPem(`kubelet ${node}`), { mode: 0o600 });
  fs.writeFile('/etc/kubernetes/kubelet.conf', kubeconfigText({ server: `https://${server}`, caPem, cluster: 'default-cluster', user: 'default-auth', context: 'default-context', credentials: `    client-certificate: ${pem}\n    client-key: ${pem}\n` }), { mode: 0o600 });
  fs.mkdir('/etc/kubernetes/manifests', { parents: true });
  cluster.restartKubelet();
  await p.out('\nThis node has joined the cluster:\n* Certificate signing request was sent to apiserver and a response was received.\n* The Kubelet was informed of the new secure connection details.\n\nRun \'kubectl get nodes\' on the control-plane to see this node join the cluster.\n\n');
  return 0;
}

/** The cluster's CA, from the ConfigMap cluster-info, which is signed with every token that is valid. */
async function discover(p: Process, server: string, token: string, hash: string | undefined): Promise<string> {
  const [id, secret] = token.split('.') as [string, string], anonymous = apiClient(p, server, ANONYMOUS, `kubeadm/${VERSION}`), refuse = (why: string) => new Refused(`error execution phase preflight: couldn't validate the identity of the API Server: ${why}`);
  for (let tries = 0; ; tries++) {
    let missing = `could not find a JWS signature in the cluster-info ConfigMap for token ID ${JSON.stringify(id)}`;
    try {
      const { kubeconfig = '', [`jws-kubeconfig-${id}`]: signature } = anonymous.get(core('configmaps'), 'kube-public', 'cluster-info')['data'] as Record<string, string>;
      if (signature !== undefined) {
        if (signature !== detachedJws(kubeconfig, id, secret)) throw refuse("failed to verify JWS signature of received cluster info object, can't trust this API Server");
        const caPem = fromBase64(/certificate-authority-data: (\S+)/.exec(kubeconfig)![1]!);
        if (hash && hash !== caHash(caPem)) throw refuse(`cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${caHash(caPem)}" are pinned`);
        return caPem;
      }
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      missing = `Get "https://${server}/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s": ${error.message}`;
    }
    if (tries >= 60) throw refuse(missing);
    await p.sleep(5_000_000);
  }
}
