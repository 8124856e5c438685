import type { ControllerContext } from './context.ts';
import { startCronJobController } from './cronjob.ts';
import { startDaemonSetController } from './daemonset.ts';
import { startDeploymentController } from './deployment.ts';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobController } from './job.ts';
import { startNamespaceController } from './namespace.ts';
import { startNodeIpamController } from './node-ipam.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startReplicaSetController } from './replicaset.ts';
import { startRootCaPublisher, startServiceAccountController } from './serviceaccount.ts';
import { startStatefulSetController } from './statefulset.ts';

/** What kube-controller-manager runs, by the names of its --controllers flag. To add one: a file and a line. */
export const CONTROLLERS: Record<string, (context: ControllerContext) => void> = {
  'endpoint': startEndpointsController,
  'endpointslice': startEndpointSliceController,
  'serviceaccount': startServiceAccountController,
  'root-ca-cert-publisher': startRootCaPublisher,
  'nodeipam': startNodeIpamController,
  'replicaset': startReplicaSetController,
  'deployment': startDeploymentController,
  'daemonset': startDaemonSetController,
  'statefulset': startStatefulSetController,
  'job': startJobController,
  'cronjob': startCronJobController,
  'namespace': startNamespaceController,
  'garbagecollector': startGarbageCollector,
  'nodelifecycle': startNodeLifecycleController,
};
