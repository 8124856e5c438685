import type { KubeObject } from '../api/types.ts';
import { matchesSelector } from '../client/labels.ts';
import { controllerOf, controllerRef } from '../client/owners.ts';
import { condition, isPodTerminal } from '../client/pods.ts';
import { parseTime } from '../client/time.ts';
import { SECOND } from '../../sim/clock.ts';
import { type ControllerContext, DEPLOYMENTS, PODS, REPLICASETS } from './context.ts';
import { Rollout } from './deployment-rollout.ts';
import { deploymentComplete } from './deployment-status.ts';
import { byAge } from './deployment-util.ts';

/** pkg/controller/deployment: which Deployment to look at when; what is done then is in deployment-rollout.ts. */
export function startDeploymentController(context: ControllerContext): void {
  const deployments = context.resource('deployment-controller', DEPLOYMENTS), sets = context.resource('deployment-controller', REPLICASETS);
  const pods = context.resource('deployment-controller', PODS);
  const recorder = context.recorder('deployment-controller');
  const queue = context.queue((key) => {
    const found = deployments.byKey(key);
    if (!found) return;
    const rollout = new Rollout({ clock: context.clock, deployments, sets, recorder, minor: context.flags.minor }, found);
    const owned = claimReplicaSets(found);
    rollout.sync(owned, (rs) => pods.ownedBy(rs).some((p) => !isPodTerminal(p)));
    requeueStuck(key);
  });
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;

  const claimReplicaSets = (d: KubeObject): KubeObject[] => {
    const mine: KubeObject[] = [];
    for (const rs of sets.ownedBy(d)) {
      if (matchesSelector(d.spec.selector, rs.metadata.labels)) mine.push(rs);
      else if (!d.metadata.deletionTimestamp) sets.patch(rs, 'strategic', { metadata: { uid: rs.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: d.metadata.uid }] } });
    }
    if (!d.metadata.deletionTimestamp) {
      for (const rs of sets.informer.byIndex('orphan', d.metadata.namespace!)) {
        if (rs.metadata.deletionTimestamp || !matchesSelector(d.spec.selector, rs.metadata.labels)) continue;
        mine.push(sets.patch(rs, 'strategic', { metadata: { uid: rs.metadata.uid, ownerReferences: [controllerRef(d)] } }));
      }
    }
    return mine.sort(byAge);
  };
  /** A rollout that makes no progress is looked at again when its deadline is over. */
  const requeueStuck = (key: string) => {
    const d = deployments.byKey(key), progressing = d && condition(d, 'Progressing');
    if (!d || !progressing || !d.spec.progressDeadlineSeconds || d.spec.progressDeadlineSeconds === 2147483647) return;
    if (deploymentComplete(d, d.status) || progressing.reason === 'ProgressDeadlineExceeded' || d.spec.paused) return;
    const due = parseTime(progressing['lastUpdateTime'] as string) + d.spec.progressDeadlineSeconds * SECOND - context.clock.now;
    queue.add(key, Math.max(due, 0) + SECOND, true);
  };

  deployments.informer.on({ add: (d) => queue.add(keyOf(d)), update: (d) => queue.add(keyOf(d)) });
  const changed = (rs: KubeObject) => {
    const owner = controllerOf(rs);
    if (owner?.kind === 'Deployment') queue.add(`${rs.metadata.namespace}/${owner.name}`);
    else if (!owner) for (const d of deployments.inNamespace(rs.metadata.namespace!)) if (matchesSelector(d.spec.selector, rs.metadata.labels)) queue.add(keyOf(d));
  };
  sets.informer.on({
    add: changed,
    update: (rs, old) => {
      changed(rs);
      if (controllerOf(old)?.uid !== controllerOf(rs)?.uid) changed(old);
    },
    delete: changed,
  });
  pods.informer.on({
    delete: (pod) => {
      const owner = controllerOf(pod);
      const rs = owner?.kind === 'ReplicaSet' ? sets.get(pod.metadata.namespace, owner.name) : undefined;
      const d = rs && controllerOf(rs);
      if (d && deployments.get(pod.metadata.namespace, d.name)?.spec.strategy?.type === 'Recreate') queue.add(`${pod.metadata.namespace}/${d.name}`);
    },
  });
}
