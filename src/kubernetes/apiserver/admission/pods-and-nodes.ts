import * as errors from '../errors.ts';
import { type Admission, shownName } from './index.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const isPodCreate = ({ operation, info, subresource }: Admission) => operation === 'CREATE' && info.resource === 'pods' && info.group === '' && subresource === '';

/** Pods leave a node that is not ready or not reachable after five minutes (plugin/pkg/admission/defaulttolerationseconds). */
export function defaultTolerationSeconds(admission: Admission): void {
  if (!isPodCreate(admission)) return;
  const { spec } = admission.object!;
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = (spec.tolerations ?? []).some((t: Any) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect));
    if (!tolerated) (spec.tolerations ??= []).push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
}

/** plugin/pkg/admission/priority: the number behind priorityClassName. */
export function priority(admission: Admission): void {
  const { server, info, object, operation } = admission;
  if (info.resource === 'priorityclasses' && operation === 'DELETE' && admission.old!.metadata.name.startsWith('system-')) throw errors.forbidden(info, admission.old!.metadata.name, 'this is a system priority class and cannot be deleted');
  if (info.resource === 'priorityclasses' && operation !== 'DELETE' && object!['globalDefault'] === true) {
    for (const { value } of server.registry.list(info, '')) {
      if (value['globalDefault'] === true && value.metadata.name !== object!.metadata.name) throw errors.forbidden(info, object!.metadata.name, `PriorityClass ${value.metadata.name} is already marked as default. Only one default can exist`);
    }
  }
  if (!isPodCreate(admission)) return;
  const { spec, metadata } = object!;
  const classes = server.resource('scheduling.k8s.io', 'v1', 'priorityclasses')!;
  let found;
  if (spec.priorityClassName) {
    found = server.registry.find(classes, '', spec.priorityClassName);
    if (!found) throw errors.forbidden(info, shownName(object!), `no PriorityClass with name ${spec.priorityClassName} was found`);
  } else {
    found = server.registry.list(classes, '').map((kv) => kv.value).find((c) => c['globalDefault'] === true);
    if (found) spec.priorityClassName = found.metadata.name;
  }
  const value = (found?.['value'] as number | undefined) ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) throw errors.forbidden(info, metadata.name, `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
  spec.priority = value;
  spec.preemptionPolicy ??= (found?.['preemptionPolicy'] as string | undefined) ?? 'PreemptLowerPriority';
}

/** A new node takes no pods until it is ready (plugin/pkg/admission/nodetaint). */
export function taintNodesByCondition({ operation, info, subresource, object }: Admission): void {
  if (operation !== 'CREATE' || info.resource !== 'nodes' || info.group !== '' || subresource !== '') return;
  const spec = (object!.spec ??= {});
  if ((spec.taints ?? []).some((t: Any) => t.key === 'node.kubernetes.io/not-ready' && t.effect === 'NoSchedule')) return;
  (spec.taints ??= []).push({ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' });
}

/** plugin/pkg/admission/storage/storageclass/setdefault: the newest of the default classes. */
export function defaultStorageClass({ server, operation, info, subresource, object }: Admission): void {
  if (operation !== 'CREATE' || info.resource !== 'persistentvolumeclaims' || subresource !== '') return;
  const { spec, metadata } = object!;
  if (spec.storageClassName !== undefined || metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return;
  const defaults = server.registry.list(server.resource('storage.k8s.io', 'v1', 'storageclasses')!, '').map((kv) => kv.value).filter((c) => c.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
  defaults.sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
  if (defaults[0]) spec.storageClassName = defaults[0].metadata.name;
}

