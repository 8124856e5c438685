import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { since } from '../duration.ts';
import type { Kubectl } from '../kubectl.ts';
import { podList } from '../pods.ts';
import { source } from './volumes.ts';
import { annotations, events, formatLabels, goList, labels, nameAndNamespace, printBool, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const MODES: Record<string, string> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
function modes(list: string[] | undefined): string {
  return Object.keys(MODES).filter((m) => list?.includes(m)).map((m) => MODES[m]).join(',');
}

export function persistentVolume(w: Writer, pv: KubeObject, list: Events): void {
  const { metadata, spec, status = {} } = pv;
  w.field('Name', metadata.name);
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Finalizers', goList(metadata.finalizers));
  w.field('StorageClass', metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '');
  w.field('Status', metadata.deletionTimestamp ? `Terminating (lasts ${since(metadata.deletionTimestamp, w.now)})` : (status.phase ?? ''));
  w.field('Claim', spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '');
  w.field('Reclaim Policy', spec.persistentVolumeReclaimPolicy ?? '');
  w.field('Access Modes', modes(spec.accessModes));
  if (spec.volumeMode) w.field('VolumeMode', spec.volumeMode);
  w.field('Capacity', spec.capacity?.storage ?? '0');
  nodeAffinity(w, spec.nodeAffinity);
  w.field('Message', status.message ?? '');
  w.w(0, 'Source:\n');
  if (!source(w, spec)) w.w(1, '<unknown>\n');
  events(w, list);
}

function nodeAffinity(w: Writer, affinity: any): void {
  w.w(0, 'Node Affinity:\t');
  const required = affinity?.required;
  if (!required) return w.w(0, '<none>\n');
  w.w(0, '\n');
  w.w(1, 'Required Terms:\t');
  if (!required.nodeSelectorTerms?.length) return w.w(0, '<none>\n');
  w.w(0, '\n');
  required.nodeSelectorTerms.forEach((term: any, i: number) => {
    w.w(2, `Term ${i}:\t`);
    if (!term.matchExpressions?.length) w.w(0, '<none>\n');
    (term.matchExpressions ?? []).forEach((req: any, j: number) => {
      if (j > 0) w.w(2, '\t');
      w.w(0, `${req.key} ${req.operator.toLowerCase()}${req.values?.length ? ` [${req.values.join(', ')}]` : ''}\n`);
    });
  });
}

export async function persistentVolumeClaim(w: Writer, pvc: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const { metadata, spec, status = {} } = pvc;
  const users = (await podList(k, metadata.namespace!, '')).filter((p) => (p.spec.volumes ?? []).some((v: any) => v.persistentVolumeClaim?.claimName === metadata.name)).map((p) => p.metadata.name).sort();
  nameAndNamespace(w, pvc);
  w.field('StorageClass', metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '');
  w.field('Status', metadata.deletionTimestamp ? `Terminating (lasts ${since(metadata.deletionTimestamp, w.now)})` : (status.phase ?? ''));
  w.field('Volume', spec.volumeName ?? '');
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Finalizers', goList(metadata.finalizers));
  w.field('Capacity', spec.volumeName ? (status.capacity?.storage ?? '0') : '');
  w.field('Access Modes', spec.volumeName ? modes(status.accessModes) : '');
  if (spec.volumeMode) w.field('VolumeMode', spec.volumeMode);
  if (spec.dataSource) {
    w.w(0, 'DataSource:\n');
    if (spec.dataSource.apiGroup) w.field('APIGroup', spec.dataSource.apiGroup, 1);
    w.field('Kind', spec.dataSource.kind, 1);
    w.field('Name', spec.dataSource.name, 1);
  }
  w.w(0, 'Used By:\t');
  if (users.length === 0) w.w(0, '<none>\n');
  users.forEach((u, i) => w.w(0, `${i === 0 ? '' : '\t'}${u}\n`));
  events(w, list);
}

export function storageClass(w: Writer, sc: KubeObject, list: Events): void {
  w.field('Name', sc.metadata.name);
  w.field('IsDefaultClass', sc.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? 'Yes' : 'No');
  w.field('Annotations', formatLabels(sc.metadata.annotations));
  w.field('Provisioner', sc['provisioner']);
  w.field('Parameters', formatLabels(sc['parameters']));
  w.field('AllowVolumeExpansion', printBool(sc['allowVolumeExpansion']));
  const options = sc['mountOptions'] as string[] | undefined;
  if (!options?.length) w.field('MountOptions', '<none>');
  else {
    w.w(0, 'MountOptions:\n');
    for (const o of options) w.w(1, `${o}\n`);
  }
  if (sc['reclaimPolicy']) w.field('ReclaimPolicy', sc['reclaimPolicy']);
  if (sc['volumeBindingMode']) w.field('VolumeBindingMode', sc['volumeBindingMode']);
  events(w, list);
}
