import type { ControllerContext } from './context.ts';
import { startCertificateControllers } from './certificates.ts';
import { startCronJobController } from './cronjob.ts';
import { startDaemonSetController } from './daemonset.ts';
import { startDeploymentController } from './deployment.ts';
import { startDisruptionController } from './disruption.ts';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import { startEndpointSliceMirroring } from './endpointslicemirroring.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startHorizontalPodAutoscaler } from './horizontalpodautoscaler.ts';
import { startClusterRoleAggregation, startPodGarbageCollector, startTtlAfterFinished, startTtlController } from './housekeeping.ts';
import { startJobController } from './job.ts';
import { startNamespaceController } from './namespace.ts';
import { startNodeIpamController } from './node-ipam.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startPersistentVolumeBinder, startVolumeProtection } from './persistentvolume.ts';
import { startReplicaSetController, startReplicationManager } from './replicaset.ts';
import { startResourceQuotaController } from './resourcequota.ts';
import { startRootCaPublisher, startServiceAccountController } from './serviceaccount.ts';
import { startServiceAccountTokens } from './serviceaccount-tokens.ts';
import { startStatefulSetController } from './statefulset.ts';

/** What kube-controller-manager runs, by the names of its --controllers flag. To add one: a file and a line. */
export const CONTROLLERS: Record<string, (context: ControllerContext) => void> = {
  'endpoint': startEndpointsController,
  'endpointslice': startEndpointSliceController,
  'endpointslicemirroring': startEndpointSliceMirroring,
  'serviceaccount-token': startServiceAccountTokens,
  'serviceaccount': startServiceAccountController,
  'root-ca-cert-publisher': startRootCaPublisher,
  'nodeipam': startNodeIpamController,
  'replicaset': startReplicaSetController,
  'replicationcontroller': startReplicationManager,
  'deployment': startDeploymentController,
  'daemonset': startDaemonSetController,
  'statefulset': startStatefulSetController,
  'job': startJobController,
  'cronjob': startCronJobController,
  'disruption': startDisruptionController,
  'persistentvolume-binder': startPersistentVolumeBinder,
  'pvc-protection': startVolumeProtection,
  'resourcequota': startResourceQuotaController,
  'podgc': startPodGarbageCollector,
  'ttl-after-finished': startTtlAfterFinished,
  'ttl': startTtlController,
  'clusterrole-aggregation': startClusterRoleAggregation,
  'horizontalpodautoscaling': startHorizontalPodAutoscaler,
  'csrsigning': startCertificateControllers,
  'namespace': startNamespaceController,
  'garbagecollector': startGarbageCollector,
  'nodelifecycle': startNodeLifecycleController,
};
