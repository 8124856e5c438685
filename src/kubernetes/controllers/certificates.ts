import { toBase64 } from '../api/base64.ts';
import type { KubeObject } from '../api/types.ts';
import { gvr } from '../client/client.ts';
import { rfc3339 } from '../client/time.ts';
import type { ControllerContext } from './context.ts';

const CSRS = gvr('certificates.k8s.io', 'v1', 'certificatesigningrequests');
const SIGNERS = new Set(['kubernetes.io/kube-apiserver-client', 'kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving', 'kubernetes.io/legacy-unknown']);

/** pkg/controller/certificates: signs what was approved; approves kubelets' own client certificates. What signs is the scenario's (flag `sign`). */
export function startCertificateControllers(context: ControllerContext): void {
  const requests = context.resource('certificate-controller', CSRS);
  const queue = context.queue((name) => {
    const csr = requests.get(undefined, name);
    if (!csr || csr.status?.certificate) return;
    const has = (type: string) => csr.status?.conditions?.some((c: { type: string }) => c.type === type);
    if (has('Denied') || has('Failed')) return;
    if (has('Approved')) {
      if (!context.flags.sign || !SIGNERS.has(csr.spec.signerName)) return;
      requests.updateStatus({ ...csr, status: { ...csr.status, certificate: toBase64(context.flags.sign(csr)) } });
      return;
    }
    const reason = autoApproval(csr);
    if (!reason) return;
    const at = rfc3339(context.clock.now), condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message: reason, lastUpdateTime: at, lastTransitionTime: at };
    requests.informer.observe(requests.client.raw('PUT', `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}/approval`, { ...csr, status: { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] } }));
  });
  requests.informer.on({ add: (c) => queue.add(c.metadata.name), update: (c) => queue.add(c.metadata.name) });
}

/** approver/sarapprove.go, with the two bindings that kubeadm makes. */
function autoApproval(csr: KubeObject): string | undefined {
  if (csr.spec.signerName !== 'kubernetes.io/kube-apiserver-client-kubelet') return undefined;
  const groups = (csr.spec.groups ?? []) as string[];
  if (groups.includes('system:nodes')) return 'Auto approving self kubelet client certificate after SubjectAccessReview.';
  if (groups.includes('system:bootstrappers:kubeadm:default-node-token')) return 'Auto approving kubelet client certificate after SubjectAccessReview.';
  return undefined;
}
