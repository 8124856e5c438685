import type { KubeObject } from '../api/types.ts';
import { matchesLabels, parseLabelSelector } from '../api/selectors.ts';
import { ApiError, gvr, path } from '../client/client.ts';
import { type Condition, deepEqual, isPodReady, isPodTerminal } from '../client/pods.ts';
import { rfc3339 } from '../client/time.ts';
import { milli, quantity } from '../scheduler/resources.ts';
import { type Micros, MINUTE, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, DEPLOYMENTS, PODS, REPLICASETS, STATEFULSETS } from './context.ts';

const HPAS = gvr('autoscaling', 'v2', 'horizontalpodautoscalers'), SYNC = 15 * SECOND, TOLERANCE = 0.1, DOWN_WINDOW = 5 * MINUTE;
const TARGETS: Record<string, ReturnType<typeof gvr>> = { 'apps/Deployment': DEPLOYMENTS, 'apps/ReplicaSet': REPLICASETS, 'apps/StatefulSet': STATEFULSETS };

interface Metric {
  type: string;
  resource?: { name: string; target: { type: string; averageUtilization?: number; averageValue?: string } };
}
interface Proposal {
  replicas: number;
  current: unknown;
  name: string;
}

/** pkg/controller/podautoscaler: Resource metrics, read from metrics.k8s.io where something serves it. Other kinds of metrics are refused as unavailable. */
export function startHorizontalPodAutoscaler(context: ControllerContext): void {
  const hpas = context.resource('horizontal-pod-autoscaler', HPAS), pods = context.informer(PODS), recorder = context.recorder('horizontal-pod-autoscaler');
  const recommended = new Map<string, { at: Micros; replicas: number }[]>();
  const { client } = hpas;

  const sync = (hpa: KubeObject) => {
    const now = rfc3339(context.clock.now), { scaleTargetRef: ref, maxReplicas } = hpa.spec, minReplicas = (hpa.spec.minReplicas ?? 1) as number;
    let conditions = (hpa.status?.conditions ?? []) as Condition[], status: KubeObject['status'] = { ...hpa.status };
    const set = (type: string, value: string, reason: string, message: string) => {
      const old = conditions.find((c) => c.type === type), next = { type, status: value, lastTransitionTime: old?.status === value ? old.lastTransitionTime : now, reason, message };
      conditions = old ? conditions.map((c) => (c === old ? next : c)) : [...conditions, next];
    };
    const write = () => {
      const next = { ...status, conditions };
      if (!deepEqual(next, hpa.status ?? {})) hpas.updateStatus({ ...hpa, status: next });
    };
    const target = TARGETS[`${String(ref.apiVersion).split('/')[0]}/${ref.kind}`];
    let scaled: KubeObject;
    try {
      if (!target) throw new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `no matches for kind "${ref.kind}" in group "${String(ref.apiVersion).includes('/') ? String(ref.apiVersion).split('/')[0] : ''}"`, code: 404 });
      scaled = client.raw('GET', path(target, hpa.metadata.namespace, ref.name, 'scale'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      recorder.event(hpa, 'Warning', 'FailedGetScale', error.message);
      set('AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${error.message}`);
      return write();
    }
    set('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    const current = (scaled.spec.replicas ?? 1) as number;
    status = { ...status, currentReplicas: (scaled.status?.replicas ?? 0) as number, desiredReplicas: status.desiredReplicas ?? 0 };
    if (current === 0 && minReplicas !== 0) {
      set('ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      return write();
    }
    let desired = current, reason = '';
    if (current > maxReplicas) [desired, reason] = [maxReplicas, 'Current number of replicas above Spec.MaxReplicas'];
    else if (current < minReplicas) [desired, reason] = [minReplicas, 'Current number of replicas below Spec.MinReplicas'];
    else {
      const measured = measure(hpa, scaled, current, set);
      if (!measured) return write();
      const best = measured.reduce((a, b) => (b.replicas > a.replicas ? b : a));
      status = { ...status, currentMetrics: measured.map((m) => m.current) };
      set('ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${best.name}`);
      reason = best.replicas > current ? `${best.name} above target` : best.replicas < current ? 'All metrics below target' : '';
      desired = stabilize(hpa, best.replicas, set);
      const limited = Math.min(maxReplicas, Math.max(minReplicas, desired, 0));
      if (limited < desired) set('ScalingLimited', 'True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count');
      else if (limited > desired) set('ScalingLimited', 'True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count');
      else set('ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range');
      desired = limited;
    }
    if (desired !== current) {
      const why = reason || (desired > current ? 'cpu resource above target' : 'All metrics below target');
      // Its role lets it update scales, not patch them.
      try {
        client.raw('PUT', path(target!, hpa.metadata.namespace, ref.name, 'scale'), { ...scaled, spec: { replicas: desired } });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        recorder.event(hpa, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${why}; error: ${error.message}`);
        set('AbleToScale', 'False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${error.message}`);
        status = { ...status, desiredReplicas: current };
        return write();
      }
      set('AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
      recorder.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${why}`);
      status = { ...status, lastScaleTime: now };
    }
    status = { ...status, desiredReplicas: desired };
    write();
  };

  /** computeReplicasForMetrics; undefined when no metric can be had. */
  const measure = (hpa: KubeObject, scaled: KubeObject, current: number, set: (type: string, value: string, reason: string, message: string) => void): Proposal[] | undefined => {
    const metrics = (hpa.spec.metrics ?? []) as Metric[], good: Proposal[] = [], bad: string[] = [];
    for (const metric of metrics) {
      const { name = metric.type, target } = metric.resource ?? {};
      const what = target?.type === 'Utilization' ? 'utilization' : 'usage';
      try {
        good.push(propose(hpa, scaled, current, metric));
      } catch (error) {
        if (!(error instanceof Unmeasured)) throw error;
        const message = `failed to get ${name} ${what}: ${error.message}`;
        recorder.event(hpa, 'Warning', 'FailedGetResourceMetric', message);
        if (bad.length === 0) set('ScalingActive', 'False', 'FailedGetResourceMetric', `the HPA was unable to compute the replica count: ${message}`);
        bad.push(`failed to get ${name} resource metric value: ${message}`);
      }
    }
    if (bad.length > 0 && (good.length === 0 || good.every((g) => g.replicas < current))) {
      recorder.event(hpa, 'Warning', 'FailedComputeMetricsReplicas', `invalid metrics (${bad.length} invalid out of ${metrics.length}), first error is: ${bad[0]}`);
      return undefined;
    }
    return good;
  };

  const propose = (hpa: KubeObject, scaled: KubeObject, current: number, metric: Metric): Proposal => {
    const { namespace } = hpa.metadata, selector = scaled.status?.selector as string;
    const { name, target } = metric.resource!;
    let items: { metadata: { name: string }; containers: { usage: Record<string, string> }[] }[];
    try {
      items = client.raw('GET', `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`, undefined, { labelSelector: [selector] })['items'];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new Unmeasured(`unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: ${error.message}${error.code === 404 && !error.message.endsWith(')') ? ' (get pods.metrics.k8s.io)' : ''}`);
    }
    if (items.length === 0) throw new Unmeasured(`unable to get metrics for resource ${name}: no metrics returned from resource metrics API`);
    const amount = (text: string | undefined) => (name === 'cpu' ? milli(text) : quantity(text));
    const mine = pods.byIndex('namespace', namespace!).filter((p) => matchesLabels(parseLabelSelector(selector), p.metadata.labels) && !isPodTerminal(p) && !p.metadata.deletionTimestamp);
    let usage = 0, requests = 0, counted = 0;
    for (const pod of mine) {
      const sample = items.find((m) => m.metadata.name === pod.metadata.name);
      if (!sample || (name === 'cpu' && !isPodReady(pod))) continue;
      counted++;
      usage += sample.containers.reduce((n, c) => n + amount(c.usage[name]), 0);
      for (const c of pod.spec.containers) {
        const request = c.resources?.requests?.[name];
        if (request === undefined && target.type === 'Utilization') throw new Unmeasured(`missing request for ${name} in container ${c.name} of Pod ${pod.metadata.name}`);
        requests += amount(request);
      }
    }
    if (counted === 0) throw new Unmeasured('did not receive metrics for targeted pods (pods might be unready)');
    const average = Math.floor(usage / counted), averageValue = name === 'cpu' ? `${average}m` : String(average);
    const utilization = requests > 0 ? Math.floor((usage * 100) / requests) : undefined;
    const ratio = target.type === 'Utilization' ? utilization! / target.averageUtilization! : average / amount(target.averageValue);
    const replicas = Math.abs(1 - ratio) <= TOLERANCE ? current : Math.ceil(ratio * counted);
    return {
      replicas, current: { type: 'Resource', resource: { name, current: { averageValue, ...(target.type === 'Utilization' ? { averageUtilization: utilization } : {}) } } },
      name: target.type === 'Utilization' ? `${name} resource utilization (percentage of request)` : `${name} resource`,
    };
  };

  /** Downwards the highest recommendation of the last five minutes counts. */
  const stabilize = (hpa: KubeObject, replicas: number, set: (type: string, value: string, reason: string, message: string) => void): number => {
    const key = hpa.metadata.uid!, window = hpa.spec.behavior?.scaleDown?.stabilizationWindowSeconds !== undefined ? hpa.spec.behavior.scaleDown.stabilizationWindowSeconds * SECOND : DOWN_WINDOW;
    const recent = (recommended.get(key) ?? []).filter((r) => r.at > context.clock.now - window);
    recommended.set(key, [...recent, { at: context.clock.now, replicas }]);
    const highest = Math.max(replicas, ...recent.map((r) => r.replicas));
    if (highest > replicas) set('AbleToScale', 'True', 'ScaleDownStabilized', 'recent recommendations were higher than current one, applying the highest recent recommendation');
    else set('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
    return highest;
  };

  const queue = context.queue((key) => {
    const hpa = hpas.byKey(key);
    if (!hpa) return;
    queue.add(key, SYNC, true);
    sync(hpa);
  });
  hpas.informer.on({ add: (h) => queue.add(`${h.metadata.namespace}/${h.metadata.name}`, SYNC, true), delete: (h) => void recommended.delete(h.metadata.uid!) });
}

class Unmeasured extends Error {}
