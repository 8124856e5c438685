import { toBase64 } from '../../../kubernetes/api/base64.ts';
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Rng } from '../../../sim/rng.ts';

const RBAC = 'rbac.authorization.k8s.io/v1', GROUP = 'system:bootstrappers:kubeadm:default-node-token', apiGroup = 'rbac.authorization.k8s.io';
/** Lets nodes, and who holds a token, read a ConfigMap of kube-system. */
const readable = (name: string, config: string): KubeObject[] => [
  { apiVersion: RBAC, kind: 'Role', metadata: { name, namespace: 'kube-system' }, rules: [{ apiGroups: [''], resourceNames: [config], resources: ['configmaps'], verbs: ['get'] }] },
  { apiVersion: RBAC, kind: 'RoleBinding', metadata: { name, namespace: 'kube-system' }, roleRef: { apiGroup, kind: 'Role', name }, subjects: [{ apiGroup, kind: 'Group', name: 'system:nodes' }, { apiGroup, kind: 'Group', name: GROUP }] },
];
const binding = (name: string, role: string, group = GROUP): KubeObject => ({ apiVersion: RBAC, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup, kind: 'ClusterRole', name: role }, subjects: [{ apiGroup, kind: 'Group', name: group }] });

/** What lets a machine with a token join (cmd/kubeadm/app/phases/bootstraptoken). `server`: the API server's URL; `config`: the ClusterConfiguration; `kubelet`: the KubeletConfiguration; `signature`: what the bootstrap signer adds to cluster-info, where it has had the time. */
export function bootstrapObjects({ server, caPem, config, kubelet, signature }: { server: string; caPem: string; config: string; kubelet: string; signature?: (kubeconfig: string) => Record<string, string> }): KubeObject[] {
  const kubeconfig = `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${toBase64(caPem)}\n    server: ${server}\n  name: ""\ncontexts: null\ncurrent-context: ""\nkind: Config\npreferences: {}\nusers: null\n`;
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system' }, data: { ClusterConfiguration: config } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubelet-config', namespace: 'kube-system' }, data: { kubelet } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster-info', namespace: 'kube-public' }, data: { ...signature?.(kubeconfig), kubeconfig } },
    { apiVersion: RBAC, kind: 'Role', metadata: { name: 'kubeadm:bootstrap-signer-clusterinfo', namespace: 'kube-public' }, rules: [{ apiGroups: [''], resourceNames: ['cluster-info'], resources: ['configmaps'], verbs: ['get'] }] },
    { apiVersion: RBAC, kind: 'RoleBinding', metadata: { name: 'kubeadm:bootstrap-signer-clusterinfo', namespace: 'kube-public' }, roleRef: { apiGroup, kind: 'Role', name: 'kubeadm:bootstrap-signer-clusterinfo' }, subjects: [{ apiGroup, kind: 'User', name: 'system:anonymous' }] },
    ...readable('kubeadm:nodes-kubeadm-config', 'kubeadm-config'), ...readable('kubeadm:kubelet-config', 'kubelet-config'),
    binding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper'), binding('kubeadm:node-autoapprove-bootstrap', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient'),
    binding('kubeadm:node-autoapprove-certificate-rotation', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', 'system:nodes'),
    { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name: 'kubeadm:get-nodes' }, rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] }, binding('kubeadm:get-nodes', 'kubeadm:get-nodes'),
  ];
}

/** The Secret of a bootstrap token ID.SECRET; `expiration`: RFC 3339, for ever without it. */
export function tokenSecret(token: string, { expiration, description }: { expiration: string | undefined; description: string | undefined }): KubeObject {
  const [id = '', secret = ''] = token.split('.'), data = { ...(description ? { description } : {}), ...(expiration ? { expiration } : {}), 'auth-extra-groups': GROUP, 'token-id': id, 'token-secret': secret, 'usage-bootstrap-authentication': 'true', 'usage-bootstrap-signing': 'true' };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' }, type: 'bootstrap.kubernetes.io/token', data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, toBase64(v)])) };
}

export const BOOTSTRAP_GROUPS = ['system:bootstrappers', GROUP];

/** ID.SECRET, drawn. */
export function newTokenOf(rng: Rng): string {
  const draw = (n: number) => Array.from({ length: n }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[rng.int(36)]).join('');
  return `${draw(6)}.${draw(16)}`;
}
