import * as errors from '../errors.ts';
import { type Admission, shownName } from './index.ts';

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** plugin/pkg/admission/serviceaccount: a pod gets its account and, as a projected volume, its token. */
export function serviceAccount({ server, operation, info, subresource, object }: Admission): void {
  if (operation !== 'CREATE' || info.resource !== 'pods' || info.group !== '' || subresource !== '') return;
  const pod = object!, { spec } = pod;
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    if (spec.serviceAccountName) throw errors.forbidden(info, shownName(pod), 'a mirror pod may not reference service accounts');
    return;
  }
  const name = (spec.serviceAccountName ||= 'default') as string;
  spec.serviceAccount = name;
  const account = server.registry.find(server.resource('', 'v1', 'serviceaccounts')!, pod.metadata.namespace!, name);
  if (!account) throw errors.forbidden(info, shownName(pod), `error looking up service account ${pod.metadata.namespace}/${name}: serviceaccount "${name}" not found`);
  if (!spec.imagePullSecrets?.length && account['imagePullSecrets']) spec.imagePullSecrets = structuredClone(account['imagePullSecrets']);
  if (!(spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true)) return;
  const mounted = (c: Any) => (c.volumeMounts ?? []).some((m: Any) => m.mountPath === PATH);
  const volume = `kube-api-access-${server.rng.suffix(5)}`;
  let needed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (mounted(container)) continue;
    (container.volumeMounts ??= []).push({ name: volume, readOnly: true, mountPath: PATH });
    needed = true;
  }
  if (!needed) return;
  (spec.volumes ??= []).push({
    name: volume,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 420,
    },
  });
}
