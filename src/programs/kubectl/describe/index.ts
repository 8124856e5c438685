// Which module describes which kind; loaded on first use.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Kubectl } from '../kubectl.ts';
import type { Events, Writer } from './writer.ts';

export type Describer = (w: Writer, object: KubeObject, events: Events, k: Kubectl) => Promise<void> | void;
type Load = () => Promise<Record<string, unknown>>;

const workloads: Load = () => import('./workloads.ts');
const network: Load = () => import('./network.ts');
const config: Load = () => import('./config.ts');
const storage: Load = () => import('./storage.ts');
const policy: Load = () => import('./policy.ts');

const DESCRIBERS: Record<string, [Load, string]> = {
  '/Pod': [() => import('./pod.ts'), 'pod'],
  '/ReplicationController': [workloads, 'replicationController'],
  '/Secret': [config, 'secret'],
  '/Service': [network, 'service'],
  '/ServiceAccount': [config, 'serviceAccount'],
  '/Node': [() => import('./node.ts'), 'node'],
  '/LimitRange': [config, 'limitRange'],
  '/ResourceQuota': [config, 'resourceQuota'],
  '/PersistentVolume': [storage, 'persistentVolume'],
  '/PersistentVolumeClaim': [storage, 'persistentVolumeClaim'],
  '/Namespace': [config, 'namespace'],
  '/Endpoints': [network, 'endpoints'],
  '/ConfigMap': [config, 'configMap'],
  'scheduling.k8s.io/PriorityClass': [policy, 'priorityClass'],
  'discovery.k8s.io/EndpointSlice': [network, 'endpointSlice'],
  'autoscaling/HorizontalPodAutoscaler': [policy, 'autoscaler'],
  'networking.k8s.io/Ingress': [network, 'ingress'],
  'networking.k8s.io/IngressClass': [network, 'ingressClass'],
  'networking.k8s.io/NetworkPolicy': [network, 'networkPolicy'],
  'batch/Job': [workloads, 'job'],
  'batch/CronJob': [workloads, 'cronJob'],
  'apps/StatefulSet': [workloads, 'statefulSet'],
  'apps/Deployment': [workloads, 'deployment'],
  'apps/DaemonSet': [workloads, 'daemonSet'],
  'apps/ReplicaSet': [workloads, 'replicaSet'],
  'certificates.k8s.io/CertificateSigningRequest': [() => import('./certificate.ts'), 'certificateSigningRequest'],
  'storage.k8s.io/StorageClass': [storage, 'storageClass'],
  'policy/PodDisruptionBudget': [policy, 'disruptionBudget'],
  'rbac.authorization.k8s.io/Role': [policy, 'role'],
  'rbac.authorization.k8s.io/ClusterRole': [policy, 'role'],
  'rbac.authorization.k8s.io/RoleBinding': [policy, 'roleBinding'],
  'rbac.authorization.k8s.io/ClusterRoleBinding': [policy, 'roleBinding'],
};

const loaded = new Map<string, Describer>();

export async function describer(k: Kubectl, group: string, kind: string): Promise<Describer> {
  const key = `${group}/${kind}`;
  const known = loaded.get(key);
  if (known) return known;
  const [load, name] = DESCRIBERS[key] ?? [() => import('./generic.ts'), 'generic'];
  const made = (await k.process.world.tasks.outside(load() as Promise<Record<string, unknown>>))[name] as Describer;
  loaded.set(key, made);
  return made;
}
