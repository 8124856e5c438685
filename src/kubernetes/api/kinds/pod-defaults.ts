/** Defaults of pods and of everything with a pod template (pkg/apis/core/v1/defaults.go). They change what they are given. */
import { parseReference } from '../../runtime/reference.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema knows what is in here
type Any = any;

/** Defaults of a PodSpec; `pod`: of a Pod itself, which has some that templates have not. */
export function podSpecDefaults(spec: Any, pod: boolean): void {
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= 'default-scheduler';
  if (pod) spec.enableServiceLinks ??= true;
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) for (const container of list ?? []) containerDefaults(container, spec.hostNetwork === true, pod);
  for (const volume of spec.volumes ?? []) volumeDefaults(volume);
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    if (constraint.labelSelector !== undefined || constraint.nodeAffinityPolicy !== undefined) continue;
  }
}

function containerDefaults(c: Any, hostNetwork: boolean, pod: boolean): void {
  c.terminationMessagePath ??= '/dev/termination-log';
  c.terminationMessagePolicy ??= 'File';
  if (c.imagePullPolicy === undefined) c.imagePullPolicy = c.image !== undefined && tagOf(c.image) === 'latest' ? 'Always' : 'IfNotPresent';
  for (const port of c.ports ?? []) {
    port.protocol ??= 'TCP';
    if (hostNetwork) port.hostPort ??= port.containerPort;
  }
  for (const env of c.env ?? []) {
    const from = env.valueFrom;
    if (from?.fieldRef) from.fieldRef.apiVersion ??= 'v1';
    if (from?.resourceFieldRef) from.resourceFieldRef.divisor ??= '0';
  }
  for (const probe of [c.livenessProbe, c.readinessProbe, c.startupProbe]) if (probe) probeDefaults(probe);
  for (const hook of [c.lifecycle?.postStart, c.lifecycle?.preStop]) if (hook?.httpGet) httpGetDefaults(hook.httpGet);
  if (!pod) return;
  const { limits } = c.resources ?? {};
  if (limits) {
    const requests = (c.resources.requests ??= {});
    for (const name of Object.keys(limits)) requests[name] ??= limits[name];
  }
}

function probeDefaults(probe: Any): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.httpGet) httpGetDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function httpGetDefaults(get: Any): void {
  get.path ??= '/';
  get.scheme ??= 'HTTP';
}

const SOURCES = ['secret', 'configMap', 'downwardAPI', 'projected', 'hostPath', 'emptyDir', 'persistentVolumeClaim', 'ephemeral', 'nfs', 'csi', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos'];
export { SOURCES as VOLUME_SOURCES };

function volumeDefaults(volume: Any): void {
  if (!SOURCES.some((source) => volume[source] !== undefined)) volume.emptyDir = {};
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) if (volume[source]) volume[source].defaultMode ??= 420;
  if (volume.hostPath) volume.hostPath.type ??= '';
  for (const item of volume.downwardAPI?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1';
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
    for (const item of source.downwardAPI?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1';
  }
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) claim.volumeMode ??= 'Filesystem';
}

/** The tag of an image's name, `latest` when it has neither tag nor digest. */
/** Empty where there is none to be read, as in what is no image name at all. */
function tagOf(image: string): string {
  if ('error' in parseReference(image) || image.includes('@')) return '';
  const last = image.slice(image.lastIndexOf('/') + 1), colon = last.indexOf(':');
  return colon < 0 ? 'latest' : last.slice(colon + 1);
}
