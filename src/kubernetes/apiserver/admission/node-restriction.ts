import * as errors from '../errors.ts';
import type { Admission } from './index.ts';

/** plugin/pkg/admission/noderestriction: a kubelet writes its own node and the pods bound to it, nothing else. */
export function nodeRestriction({ context, operation, info, subresource, object, old }: Admission): void {
  const { user } = context;
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:') || info.group !== '') return;
  const node = user.name.slice('system:node:'.length);
  if (info.resource === 'nodes') {
    const name = object?.metadata.name ?? old?.metadata.name ?? '';
    if (name !== node) throw errors.forbidden(info, name, `node "${node}" is not allowed to modify node "${name}"`);
    for (const key of Object.keys(object?.metadata.labels ?? {})) {
      if (key.startsWith('node-restriction.kubernetes.io/') && old?.metadata.labels?.[key] !== object!.metadata.labels![key]) throw errors.forbidden(info, name, `is not allowed to modify labels: ${key}`);
    }
  }
  if (info.resource === 'pods') {
    const pod = object ?? old!;
    if (operation === 'CREATE' && subresource === '' && pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined) throw errors.forbidden(info, pod.metadata.name, `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`);
    if (pod.spec?.nodeName !== node && subresource !== 'eviction') throw errors.forbidden(info, pod.metadata.name, operation === 'DELETE' ? `node "${node}" can only delete pods with spec.nodeName set to itself` : subresource === 'status' ? `node "${node}" can only update pod status for pods with spec.nodeName set to itself` : `node "${node}" can only create pods with spec.nodeName set to itself`);
  }
}
