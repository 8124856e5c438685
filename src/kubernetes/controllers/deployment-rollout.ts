import type { KubeObject } from '../api/types.ts';
import { ApiError } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import { controllerOf, controllerRef } from '../client/owners.ts';
import { type Condition, condition, deepEqual } from '../client/pods.ts';
import type { Clock } from '../../sim/clock.ts';
import type { Resource } from './context.ts';
import { calculateStatus, deploymentComplete, hasDeadline, newCondition, rolloutStatus, setCondition } from './deployment-status.ts';
import {
  availableReplicas, byAge, type Deployment, DESIRED, fenceposts, isRolling, MAX, newReplicas, newReplicaSetAnnotations, proportion,
  type ReplicaSet, replicasAnnotations, replicasOf, REVISION, revisionOf, selectorWithHash, specReplicas,
} from './deployment-util.ts';
import { equalIgnoreHash, podTemplateHash } from './podtemplate-hash.ts';
import { isNamespaceTerminating } from './replicaset.ts';

interface Parts {
  clock: Clock;
  deployments: Resource;
  sets: Resource;
  recorder: EventRecorder;
  /** Of the cluster's version 1.x. */
  minor: number;
}

/** One look at one Deployment (pkg/controller/deployment: sync.go, rolling.go, recreate.go). */
export class Rollout {
  readonly #parts: Parts;
  #d: Deployment;
  #new: ReplicaSet | undefined;
  /** Every old ReplicaSet, oldest first. */
  #old: ReplicaSet[] = [];

  constructor(parts: Parts, deployment: Deployment) {
    this.#parts = parts;
    this.#d = deployment;
  }

  sync(owned: ReplicaSet[], runsPods: (rs: ReplicaSet) => boolean): void {
    const d = this.#d, selector = d.spec.selector;
    if (!selector?.matchLabels && !selector?.matchExpressions?.length) {
      this.#parts.recorder.event(d, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return;
    }
    this.#split(owned);
    if (d.metadata.deletionTimestamp) {
      this.#syncRevision(false);
      return this.#writeStatus(calculateStatus(this.#d, this.#all(), this.#new, this.#parts.clock.now));
    }
    this.#checkPaused();
    if (this.#d.spec.paused || this.#isScaling()) return this.#scaleOnly();
    if (isRolling(this.#d)) this.#rolling();
    else this.#recreate(runsPods);
  }

  #split(owned: ReplicaSet[]): void {
    this.#new = owned.find((rs) => equalIgnoreHash(rs.spec.template, this.#d.spec.template));
    this.#old = owned.filter((rs) => rs !== this.#new);
  }

  #all(): ReplicaSet[] {
    return this.#new ? [...this.#old, this.#new] : this.#old;
  }

  #checkPaused(): void {
    if (!hasDeadline(this.#d)) return;
    const current = condition(this.#d, 'Progressing');
    if (current?.reason === 'ProgressDeadlineExceeded') return;
    const marked = current?.reason === 'DeploymentPaused', now = this.#parts.clock.now;
    if (this.#d.spec.paused && !marked) this.#setProgressing(newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now));
    else if (!this.#d.spec.paused && marked) this.#setProgressing(newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now));
  }

  #isScaling(): boolean {
    return this.#all().some((rs) => {
      const desired = rs.metadata.annotations?.[DESIRED];
      return replicasOf(rs) > 0 && desired !== undefined && Number(desired) !== replicasOf(this.#d);
    });
  }

  #scaleOnly(): void {
    this.#syncRevision(false);
    this.#scale();
    if (this.#d.spec.paused) this.#cleanup();
    this.#writeStatus(calculateStatus(this.#d, this.#all(), this.#new, this.#parts.clock.now));
  }

  #rolling(): void {
    this.#syncRevision(true);
    if (this.#reconcileNew() || this.#reconcileOld()) return this.#syncStatus();
    if (deploymentComplete(this.#d, this.#d.status)) this.#cleanup();
    this.#syncStatus();
  }

  #recreate(runsPods: (rs: ReplicaSet) => boolean): void {
    this.#syncRevision(false);
    let down = false;
    this.#old = this.#old.map((rs) => {
      if (replicasOf(rs) === 0) return rs;
      down = true;
      return this.#resize(rs, 0);
    });
    if (down || this.#old.some(runsPods)) return this.#syncStatus();
    if (!this.#new) this.#syncRevision(true);
    this.#reconcileNew();
    if (deploymentComplete(this.#d, this.#d.status)) this.#cleanup();
    this.#syncStatus();
  }

  /** getNewReplicaSet: finds or creates the ReplicaSet of the current template, and gives it the highest revision. */
  #syncRevision(create: boolean): void {
    const { sets, clock } = this.#parts;
    const revision = Math.max(0, ...this.#old.map(revisionOf)) + 1;
    if (this.#new) {
      const annotations = newReplicaSetAnnotations(this.#d, this.#new, revision, true), minReadySeconds = this.#d.spec.minReadySeconds;
      if (!deepEqual(annotations, this.#new.metadata.annotations ?? {}) || (this.#new.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)) {
        this.#new = sets.update({ ...this.#new, metadata: { ...this.#new.metadata, annotations }, spec: { ...this.#new.spec, minReadySeconds } });
      }
      const found = hasDeadline(this.#d) && !condition(this.#d, 'Progressing')
        ? newCondition('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${this.#new.metadata.name}"`, clock.now) : undefined;
      this.#recordRevision(this.#new.metadata.annotations?.[REVISION], found);
      return;
    }
    if (create) this.#createNew(revision);
  }

  #createNew(revision: number): void {
    const { sets, recorder, deployments, clock, minor } = this.#parts, d = this.#d;
    const hash = podTemplateHash(d.spec.template, d.status?.collisionCount, minor);
    const template = { ...d.spec.template, metadata: { ...d.spec.template.metadata, labels: { ...d.spec.template.metadata?.labels, 'pod-template-hash': hash } } };
    const draft: ReplicaSet = {
      apiVersion: 'apps/v1', kind: 'ReplicaSet',
      metadata: { name: `${d.metadata.name}-${hash}`, namespace: d.metadata.namespace!, ownerReferences: [controllerRef(d)], labels: template.metadata.labels },
      spec: { replicas: 0, ...(d.spec.minReadySeconds ? { minReadySeconds: d.spec.minReadySeconds } : {}), selector: selectorWithHash(d.spec.selector, hash), template },
    };
    const replicas = newReplicas(d, this.#old, 0);
    draft.spec.replicas = replicas;
    draft.metadata.annotations = newReplicaSetAnnotations(d, draft, revision, false);
    let existed = false;
    try {
      this.#new = sets.create(draft);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.reason === 'AlreadyExists') {
        const other = sets.client.get(sets.gvr, d.metadata.namespace, draft.metadata.name);
        if (controllerOf(other)?.uid !== d.metadata.uid || !equalIgnoreHash(other.spec.template, d.spec.template)) {
          this.#d = deployments.updateStatus({ ...d, status: { ...d.status, collisionCount: (d.status?.collisionCount ?? 0) + 1 } });
          throw error;
        }
        this.#new = other;
        existed = true;
      } else {
        if (isNamespaceTerminating(error)) throw error;
        const message = `Failed to create new replica set "${draft.metadata.name}": ${error.message}`;
        if (hasDeadline(d)) this.#setProgressing(newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now));
        recorder.event(d, 'Warning', 'ReplicaSetCreateError', message);
        throw error;
      }
    }
    if (!existed && replicas > 0) recorder.event(d, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${this.#new.metadata.name} to ${replicas}`);
    const created = !existed && hasDeadline(d) ? newCondition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${this.#new.metadata.name}"`, clock.now) : undefined;
    this.#recordRevision(this.#new.metadata.annotations?.[REVISION], created);
  }

  #recordRevision(revision: string | undefined, progressing: Condition | undefined): void {
    const d = this.#d;
    if (d.metadata.annotations?.[REVISION] === revision && !progressing) return;
    this.#d = this.#parts.deployments.updateStatus({
      ...d, metadata: { ...d.metadata, annotations: { ...d.metadata.annotations, ...(revision ? { [REVISION]: revision } : {}) } },
      status: progressing ? { ...d.status, conditions: setCondition((d.status?.conditions ?? []) as Condition[], progressing) } : d.status ?? {},
    });
  }

  #reconcileNew(): boolean {
    const rs = this.#new!, wanted = replicasOf(this.#d);
    if (replicasOf(rs) === wanted) return false;
    const next = replicasOf(rs) > wanted ? wanted : newReplicas(this.#d, this.#all(), replicasOf(rs));
    return this.#resizeNew(next);
  }

  #resizeNew(next: number): boolean {
    const before = replicasOf(this.#new!);
    this.#new = this.#resize(this.#new!, next);
    return before !== next;
  }

  /** reconcileOldReplicaSets: first pods that never became ready, then as many as availability allows. */
  #reconcileOld(): boolean {
    if (specReplicas(this.#old) === 0) return false;
    const all = this.#all(), newRS = this.#new!;
    const minimum = replicasOf(this.#d) - fenceposts(this.#d).maxUnavailable;
    const newUnavailable = replicasOf(newRS) - (newRS.status?.availableReplicas ?? 0);
    const most = specReplicas(all) - minimum - newUnavailable;
    if (most <= 0) return false;
    let downed = 0;
    this.#old = [...this.#old].sort(byAge).map((rs) => {
      const unhealthy = replicasOf(rs) - (rs.status?.availableReplicas ?? 0);
      if (downed >= most || replicasOf(rs) === 0 || unhealthy <= 0) return rs;
      const down = Math.min(most - downed, unhealthy);
      downed += down;
      return this.#resize(rs, replicasOf(rs) - down);
    });
    let spare = availableReplicas(this.#all()) - minimum;
    this.#old = this.#old.map((rs) => {
      if (spare <= 0 || replicasOf(rs) === 0) return rs;
      const down = Math.min(replicasOf(rs), spare);
      spare -= down;
      downed += down;
      return this.#resize(rs, replicasOf(rs) - down);
    });
    return downed > 0;
  }

  /** scale: replicas changed while paused or in mid-rollout. */
  #scale(): void {
    const d = this.#d, wanted = replicasOf(d);
    const active = this.#all().filter((rs) => replicasOf(rs) > 0);
    if (active.length <= 1) {
      const latest = active[0] ?? this.#new ?? [...this.#old].sort(byAge).at(-1);
      if (latest) this.#replace(latest, this.#resize(latest, wanted));
      return;
    }
    if (this.#new && this.#isSaturated(this.#new)) {
      this.#old = this.#old.map((rs) => (replicasOf(rs) > 0 ? this.#resize(rs, 0) : rs));
      return;
    }
    if (!isRolling(d)) return;
    const toAdd = (wanted > 0 ? wanted + fenceposts(d).maxSurge : 0) - specReplicas(active);
    active.sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
    let added = 0;
    const sizes = active.map((rs) => {
      const part = proportion(rs, d, toAdd, added);
      added += part;
      return replicasOf(rs) + part;
    });
    if (toAdd !== 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
    active.forEach((rs, i) => this.#replace(rs, this.#resize(rs, sizes[i]!)));
  }

  #isSaturated(rs: ReplicaSet): boolean {
    const wanted = replicasOf(this.#d);
    return replicasOf(rs) === wanted && Number(rs.metadata.annotations?.[DESIRED]) === wanted && (rs.status?.availableReplicas ?? 0) === wanted;
  }

  #replace(before: ReplicaSet, after: ReplicaSet): void {
    if (this.#new === before) this.#new = after;
    else this.#old = this.#old.map((rs) => (rs === before ? after : rs));
  }

  /** scaleReplicaSet */
  #resize(rs: ReplicaSet, size: number): ReplicaSet {
    const before = replicasOf(rs), wanted = replicasAnnotations(this.#d), has = rs.metadata.annotations ?? {};
    if (before === size && has[DESIRED] === wanted[DESIRED] && has[MAX] === wanted[MAX]) return rs;
    const updated = this.#parts.sets.update({ ...rs, metadata: { ...rs.metadata, annotations: { ...has, ...wanted } }, spec: { ...rs.spec, replicas: size } });
    if (before !== size) this.#parts.recorder.event(this.#d, 'Normal', 'ScalingReplicaSet', `Scaled ${size > before ? 'up' : 'down'} replica set ${rs.metadata.name} to ${size} from ${before}`);
    return updated;
  }

  /** cleanupDeployment: revisionHistoryLimit */
  #cleanup(): void {
    const limit = this.#d.spec.revisionHistoryLimit;
    if (limit === undefined) return;
    const alive = this.#old.filter((rs) => !rs.metadata.deletionTimestamp).sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const rs of alive.slice(0, Math.max(0, alive.length - limit))) {
      if ((rs.status?.replicas ?? 0) !== 0 || replicasOf(rs) !== 0 || (rs.metadata.generation ?? 0) > (rs.status?.observedGeneration ?? 0)) continue;
      this.#parts.sets.delete(rs);
    }
  }

  #setProgressing(next: Condition): void {
    this.#d = this.#parts.deployments.updateStatus({ ...this.#d, status: { ...this.#d.status, conditions: setCondition((this.#d.status?.conditions ?? []) as Condition[], next) } });
  }

  #syncStatus(): void {
    this.#writeStatus(rolloutStatus(this.#d, this.#all(), this.#new, this.#parts.clock.now));
  }

  #writeStatus(status: KubeObject['status']): void {
    if (deepEqual(status, this.#d.status ?? {})) return;
    this.#d = this.#parts.deployments.updateStatus({ ...this.#d, status });
  }
}
