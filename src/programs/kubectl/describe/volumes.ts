import { goList, labels, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

export function volumes(w: Writer, list: any[] | undefined, space = ''): void {
  if (!list?.length) return w.w(0, `${space}Volumes:\t<none>\n`);
  w.w(0, `${space}Volumes:\n`);
  for (const v of list) {
    w.w(1, `${space ? ' ' : ''}${v.name}:\n`);
    if (!source(w, v)) w.w(1, '<unknown>\n');
  }
}

/** The lines of one volume's source; false when it is of a kind not known here. */
export function source(w: Writer, v: any): boolean {
  const say = (type: string, rows: [string, unknown][] = []) => {
    w.w(2, `Type:\t${type}\n${rows.map(([title, value]) => `    ${title}:\t${value ?? ''}\n`).join('')}`);
    return true;
  };
  if (v.hostPath) return say('HostPath (bare host directory volume)', [['Path', v.hostPath.path], ['HostPathType', v.hostPath.type === undefined ? '<none>' : v.hostPath.type]]);
  if (v.emptyDir) return say("EmptyDir (a temporary directory that shares a pod's lifetime)", [['Medium', v.emptyDir.medium], ['SizeLimit', v.emptyDir.sizeLimit && v.emptyDir.sizeLimit !== '0' ? v.emptyDir.sizeLimit : '<unset>']]);
  if (v.secret) return say('Secret (a volume populated by a Secret)', [['SecretName', v.secret.secretName], ['Optional', v.secret.optional === true]]);
  if (v.configMap) return say('ConfigMap (a volume populated by a ConfigMap)', [['Name', v.configMap.name], ['Optional', v.configMap.optional === true]]);
  if (v.nfs) return say("NFS (an NFS mount that lasts the lifetime of a pod)", [['Server', v.nfs.server], ['Path', v.nfs.path], ['ReadOnly', v.nfs.readOnly === true]]);
  if (v.persistentVolumeClaim) return say('PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)', [['ClaimName', v.persistentVolumeClaim.claimName], ['ReadOnly', v.persistentVolumeClaim.readOnly === true]]);
  if (v.local) return say('LocalVolume (a persistent volume backed by local storage on a node)', [['Path', v.local.path]]);
  if (v.csi) {
    const { driver, fsType, volumeHandle, readOnly, volumeAttributes } = v.csi;
    say('CSI (a Container Storage Interface (CSI) volume source)', [['Driver', driver], ['FSType', fsType], ...(volumeHandle === undefined ? [] : [['VolumeHandle', volumeHandle] as [string, unknown]]), ['ReadOnly', readOnly === true]]);
    labels(w, 'VolumeAttributes', volumeAttributes, '    ');
    return true;
  }
  if (v.projected) {
    say('Projected (a volume that contains injected data from multiple sources)');
    for (const s of v.projected.sources ?? []) projected(w, s);
    return true;
  }
  if (v.downwardAPI) {
    w.w(2, 'Type:\tDownwardAPI (a volume populated by information about the pod)\n    Items:\n');
    for (const item of v.downwardAPI.items ?? []) w.w(3, `${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}\n`);
    return true;
  }
  if (v.ephemeral) {
    say('EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)');
    const { metadata = {}, spec = {} } = v.ephemeral.volumeClaimTemplate ?? {};
    w.w(2, `StorageClass:\t${spec.storageClassName ?? ''}\n`);
    w.w(2, `Volume:\t${spec.volumeName ?? ''}\n`);
    labels(w, 'Labels', metadata.labels, '    ');
    labels(w, 'Annotations', metadata.annotations, '    ');
    w.w(2, 'Capacity:\t\n');
    w.w(2, 'Access Modes:\t\n');
    if (spec.volumeMode) w.w(2, `VolumeMode:\t${spec.volumeMode}\n`);
    return true;
  }
  if (v.iscsi) return say("ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)", [['TargetPortal', v.iscsi.targetPortal], ['IQN', v.iscsi.iqn], ['Lun', v.iscsi.lun], ['FSType', v.iscsi.fsType], ['ReadOnly', v.iscsi.readOnly === true], ['Portals', goList(v.iscsi.portals)]]);
  return false;
}

function projected(w: Writer, s: any): void {
  if (s.secret) w.w(2, `SecretName:\t${s.secret.name}\n    SecretOptionalName:\t${s.secret.optional ?? '<nil>'}\n`);
  else if (s.downwardAPI) w.w(2, 'DownwardAPI:\ttrue\n');
  else if (s.configMap) w.w(2, `ConfigMapName:\t${s.configMap.name}\n    ConfigMapOptional:\t${s.configMap.optional ?? '<nil>'}\n`);
  else if (s.serviceAccountToken) w.w(2, `TokenExpirationSeconds:\t${s.serviceAccountToken.expirationSeconds}\n`);
}
