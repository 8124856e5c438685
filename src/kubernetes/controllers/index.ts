import type { KubeObject } from '../api/types.ts';
import { core, type Gvr, gvr } from '../client/client.ts';
import { type ControllerContext, CRONJOBS, JOBS, PODS, PVCS, PVS, STATEFULSETS } from './context.ts';
import { startCertificateControllers } from './certificates.ts';
import { startDaemonSetController } from './daemonset.ts';
import { startDeploymentController } from './deployment.ts';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import { startEndpointSliceMirroring } from './endpointslicemirroring.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startClusterRoleAggregation, startPodGarbageCollector, startTtlController } from './housekeeping.ts';
import { startNamespaceController } from './namespace.ts';
import { startNodeIpamController } from './node-ipam.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startReplicaSetController, startReplicationManager } from './replicaset.ts';
import { startRootCaPublisher, startServiceAccountController } from './serviceaccount.ts';
import { startServiceAccountTokens } from './serviceaccount-tokens.ts';

export type StartController = (context: ControllerContext) => void;

/** A controller that has nothing to do before there is an object of one of these resources: loaded when there is. */
export interface DeferredController {
  of: readonly Gvr[];
  /** Of another resource, those that concern it too. */
  among?: [resource: Gvr, concerns: (object: KubeObject) => boolean | undefined];
  load: () => Promise<StartController>;
}

const BOOTSTRAP_TOKENS: DeferredController['among'] = [core('secrets'), (s) => s['type'] === 'bootstrap.kubernetes.io/token'];

/** What kube-controller-manager runs, by the names of its --controllers flag. To add one: a file and a line. */
export const CONTROLLERS: Readonly<Record<string, StartController | DeferredController>> = {
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
  'statefulset': { of: [STATEFULSETS], load: async () => (await import('./statefulset.ts')).startStatefulSetController },
  'job': { of: [JOBS], among: [PODS, (p) => p.metadata.finalizers?.includes('batch.kubernetes.io/job-tracking')], load: async () => (await import('./job.ts')).startJobController },
  'cronjob': { of: [CRONJOBS], load: async () => (await import('./cronjob.ts')).startCronJobController },
  'disruption': { of: [gvr('policy', 'v1', 'poddisruptionbudgets')], load: async () => (await import('./disruption.ts')).startDisruptionController },
  'persistentvolume-binder': { of: [PVCS, PVS], load: async () => (await import('./persistentvolume.ts')).startPersistentVolumeBinder },
  'pvc-protection': { of: [PVCS, PVS], load: async () => (await import('./persistentvolume.ts')).startVolumeProtection },
  'resourcequota': { of: [core('resourcequotas')], load: async () => (await import('./resourcequota.ts')).startResourceQuotaController },
  'podgc': startPodGarbageCollector,
  'ttl-after-finished': { of: [JOBS], load: async () => (await import('./ttl-after-finished.ts')).startTtlAfterFinished },
  'ttl': startTtlController,
  'clusterrole-aggregation': startClusterRoleAggregation,
  'horizontalpodautoscaling': { of: [gvr('autoscaling', 'v2', 'horizontalpodautoscalers')], load: async () => (await import('./horizontalpodautoscaler.ts')).startHorizontalPodAutoscaler },
  'csrsigning': startCertificateControllers,
  'bootstrapsigner': { of: [], among: BOOTSTRAP_TOKENS, load: async () => (await import('./bootstrap-tokens.ts')).startBootstrapSigner },
  'tokencleaner': { of: [], among: BOOTSTRAP_TOKENS, load: async () => (await import('./bootstrap-tokens.ts')).startTokenCleaner },
  'namespace': startNamespaceController,
  'garbagecollector': startGarbageCollector,
  'nodelifecycle': startNodeLifecycleController,
};

const LOADED = new Map<string, StartController>();

/** Loads controllers before their objects are there (all of them when none is named): a world that boots waits for nothing. */
export async function loadControllers(...names: string[]): Promise<void> {
  for (const name of names.length > 0 ? names : Object.keys(CONTROLLERS)) {
    const entry = CONTROLLERS[name];
    if (!entry) throw new Error(`no controller is called ${name}`);
    if (typeof entry !== 'function' && !LOADED.has(name)) LOADED.set(name, await entry.load());
  }
}

/** Starts the controller of that name, or sees to it that it starts when it has something to do. */
export function startController(name: string, context: ControllerContext): void {
  const entry = CONTROLLERS[name]!, start = typeof entry === 'function' ? entry : LOADED.get(name);
  if (start) return start(context);
  const { of, among, load } = entry as DeferredController;
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    context.bring(load, (loaded) => {
      LOADED.set(name, loaded);
      loaded(context);
    });
  };
  for (const resource of of) context.informer(resource).on({ add: begin });
  if (!among) return;
  const [resource, concerns] = among;
  context.informer(resource).on({ add: (object) => (concerns(object) ? begin() : undefined) });
}
