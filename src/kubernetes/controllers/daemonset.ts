import type { KubeObject } from '../api/types.ts';
import type { EventRecorder } from '../client/events.ts';
import { matchesSelector } from '../client/labels.ts';
import { controllerOf } from '../client/owners.ts';
import { deepEqual, isPodAvailable, isPodReady } from '../client/pods.ts';
import { matchesNodeAffinity, type Taint, tolerates, type Toleration } from '../scheduler/affinity.ts';
import { type Micros, MS, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, CONTROLLERREVISIONS, DAEMONSETS, NODES, PODS, type Resource } from './context.ts';
import { scaled } from './deployment-util.ts';
import { podTemplateHash } from './podtemplate-hash.ts';
import { claimPods, createPod, deletePod, podFromTemplate, slowStart } from './replicaset.ts';
import { syncRevisions } from './revisions.ts';

const GENERATION = 'deprecated.daemonset.template.generation', HASH = 'controller-revision-hash';
/** Going over the nodes takes longer the more there are; what they tell meanwhile is seen at once afterwards. */
const TIME_OF_A_NODE: Micros = 100;
/** Every daemon pod bears these (util.AddOrUpdateDaemonPodTolerations). */
const TOLERATIONS: Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** pkg/controller/daemon */
export function startDaemonSetController(context: ControllerContext): void {
  const sets = context.resource('daemon-set-controller', DAEMONSETS), pods = context.resource('daemon-set-controller', PODS), nodes = context.informer(NODES);
  const revisions = context.resource('daemon-set-controller', CONTROLLERREVISIONS), recorder = context.recorder('daemonset-controller', 'daemon-set-controller');
  const queue = context.queue((key) => {
    const ds = sets.byKey(key);
    if (ds) sync(context, { sets, pods, revisions, recorder }, nodes.list(), ds, (delay) => queue.add(key, delay, true));
  }, (key) => Math.max(MS, (sets.byKey(key)?.status?.desiredNumberScheduled ?? 0) * TIME_OF_A_NODE));
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  const all = () => {
    for (const ds of sets.informer.list()) queue.add(keyOf(ds));
  };
  const changed = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'DaemonSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    else if (!owner) for (const ds of sets.inNamespace(pod.metadata.namespace!)) if (matchesSelector(ds.spec.selector, pod.metadata.labels)) queue.add(keyOf(ds));
  };
  sets.informer.on({ add: (ds) => queue.add(keyOf(ds)), update: (ds) => queue.add(keyOf(ds)) });
  pods.informer.on({ add: changed, update: changed, delete: changed });
  nodes.on({
    add: all, delete: all,
    update: (n, old) => {
      if (!deepEqual(n.metadata.labels, old.metadata.labels) || !deepEqual(n.spec?.taints, old.spec?.taints) || n.spec?.unschedulable !== old.spec?.unschedulable) all();
    },
  });
}

interface Parts {
  sets: Resource;
  pods: Resource;
  revisions: Resource;
  recorder: EventRecorder;
}

function sync(context: ControllerContext, { sets, pods, revisions, recorder }: Parts, nodes: KubeObject[], ds: KubeObject, again: (delay: Micros) => void): void {
  if (ds.metadata.deletionTimestamp) return;
  const now = context.clock.now, minReady = ds.spec.minReadySeconds ?? 0;
  const hash = podTemplateHash(ds.spec.template, ds.status?.collisionCount, context.flags.minor);
  syncRevisions(revisions, ds, hash, ds.spec.revisionHistoryLimit ?? 10);
  const byNode = new Map<string, KubeObject[]>();
  for (const pod of claimPods(pods, ds, ds.spec.selector)) {
    const node = targetNode(pod);
    if (node) push(byNode, node, pod);
  }
  const decide = nodeFilter(ds), fits = new Map(nodes.map((n) => [n.metadata.name, decide(n)]));
  const create: string[] = [], remove: KubeObject[] = [];
  for (const node of nodes) {
    const { run, stay } = fits.get(node.metadata.name)!, here = byNode.get(node.metadata.name) ?? [];
    if (run && here.length === 0) create.push(node.metadata.name);
    if (!stay) remove.push(...here.filter((p) => !p.metadata.deletionTimestamp));
    else if (stay) {
      const alive: KubeObject[] = [];
      for (const pod of here) {
        if (pod.metadata.deletionTimestamp) continue;
        if (pod.status?.phase === 'Failed') {
          recorder.event(ds, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node.metadata.name}, will try to kill it`);
          remove.push(pod);
        } else if (pod.status?.phase === 'Succeeded') {
          recorder.event(ds, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node.metadata.name}, will try to delete it`);
          remove.push(pod);
        } else alive.push(pod);
      }
      remove.push(...alive.sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1)).slice(1));
    }
  }
  for (const [node, pods] of byNode) if (!fits.has(node)) for (const pod of pods) if (!pod.metadata.deletionTimestamp) remove.push(pod);
  const generation = Number(ds.metadata.annotations?.[GENERATION] ?? ds.metadata.generation ?? 1);
  const template = daemonTemplate(ds, generation, hash);
  const started = slowStart(create.length, () => createPod(pods, recorder, ds, onNode(podFromTemplate(template, ds), create.shift()!)));
  for (const pod of remove) deletePod(pods, recorder, ds, pod);
  if (started.error) {
    writeStatus();
    throw started.error;
  }
  if ((ds.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate' && create.length === 0 && remove.length === 0) rollingUpdate();
  writeStatus();

  function isCurrent(pod: KubeObject): boolean {
    return pod.metadata.labels?.[HASH] === hash || pod.metadata.labels?.['pod-template-generation'] === String(generation);
  }

  function rollingUpdate(): void {
    const wanted = nodes.filter((n) => fits.get(n.metadata.name)!.run);
    const { maxUnavailable = 1, maxSurge = 0 } = ds.spec.updateStrategy?.rollingUpdate ?? {};
    const allowed = scaled(maxUnavailable, wanted.length, true), surge = scaled(maxSurge, wanted.length, true);
    if (surge > 0) return;
    let unavailable = 0;
    const old: KubeObject[] = [], oldUnavailable: KubeObject[] = [];
    for (const node of wanted) {
      const here = (byNode.get(node.metadata.name) ?? []).filter((p) => !p.metadata.deletionTimestamp);
      const current = here.find(isCurrent), outdated = here.find((p) => !isCurrent(p));
      if (current ? !isPodAvailable(current, minReady, now) : !outdated) unavailable++;
      else if (outdated && !isPodAvailable(outdated, minReady, now)) {
        unavailable++;
        oldUnavailable.push(outdated);
      } else if (outdated) old.push(outdated);
    }
    const spare = Math.max(0, allowed - unavailable);
    for (const pod of [...oldUnavailable, ...old.slice(0, spare)]) deletePod(pods, recorder, ds, pod);
  }

  function writeStatus(): void {
    let desired = 0, currentN = 0, misscheduled = 0, ready = 0, updated = 0, available = 0;
    const owned = new Map<string, KubeObject[]>();
    for (const pod of pods.ownedBy(ds)) push(owned, targetNode(pod) ?? '', pod);
    for (const node of nodes) {
      const here = owned.get(node.metadata.name) ?? [];
      const { run } = fits.get(node.metadata.name)!;
      if (run) {
        desired++;
        const oldest = here.sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1))[0];
        if (!oldest) continue;
        currentN++;
        if (isPodReady(oldest)) {
          ready++;
          if (isPodAvailable(oldest, minReady, now)) available++;
        }
        if (isCurrent(oldest)) updated++;
      } else if (here.length > 0) misscheduled++;
    }
    const status = {
      currentNumberScheduled: currentN, numberMisscheduled: misscheduled, desiredNumberScheduled: desired, numberReady: ready, observedGeneration: ds.metadata.generation,
      ...(updated ? { updatedNumberScheduled: updated } : {}), ...(available ? { numberAvailable: available } : {}), ...(desired - available ? { numberUnavailable: desired - available } : {}),
      ...(ds.status?.collisionCount !== undefined ? { collisionCount: ds.status.collisionCount } : {}), ...(ds.status?.conditions ? { conditions: ds.status.conditions } : {}),
    };
    if (!deepEqual(status, ds.status ?? {})) sets.updateStatus({ ...(sets.get(ds.metadata.namespace, ds.metadata.name) ?? ds), status });
    if (minReady > 0 && ready !== available) again(minReady * SECOND);
  }
}

function daemonTemplate(ds: KubeObject, generation: number, hash: string): KubeObject['spec'] {
  const { metadata, spec } = ds.spec.template, own = (spec.tolerations ?? []) as Toleration[];
  const added = [...TOLERATIONS, ...(spec.hostNetwork ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }] : [])].filter((t) => !own.some((o) => deepEqual(o, t)));
  return { metadata: { ...metadata, labels: { ...metadata?.labels, [HASH]: hash, 'pod-template-generation': String(generation) } }, spec: { ...spec, tolerations: [...own, ...added] } };
}

/** Daemon pods go through the scheduler, bound to their node by affinity (util.ReplaceDaemonSetPodNodeNameNodeAffinity). */
function onNode(pod: KubeObject, name: string): KubeObject {
  const fields = [{ key: 'metadata.name', operator: 'In', values: [name] }], { affinity } = pod.spec;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const nodeSelectorTerms = terms?.length ? terms.map((t: object) => ({ ...t, matchFields: fields })) : [{ matchFields: fields }];
  return { ...pod, spec: { ...pod.spec, affinity: { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } } };
}

function targetNode(pod: KubeObject): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  for (const term of pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []) {
    for (const f of term.matchFields ?? []) if (f.key === 'metadata.name' && f.operator === 'In') return f.values[0];
  }
  return undefined;
}

function push(lists: Map<string, KubeObject[]>, key: string, pod: KubeObject): void {
  const list = lists.get(key);
  if (list) list.push(pod);
  else lists.set(key, [pod]);
}

/** NodeShouldRunDaemonPod: whether a pod may start on a node, and whether one that runs may stay. */
function nodeFilter(ds: KubeObject): (node: KubeObject) => { run: boolean; stay: boolean } {
  const { spec } = ds.spec.template, pod = { ...ds, spec } as KubeObject;
  const tolerations = [...((spec.tolerations ?? []) as Toleration[]), ...TOLERATIONS, ...(spec.hostNetwork ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }] : [])];
  return (node) => {
    if (spec.nodeName && spec.nodeName !== node.metadata.name) return { run: false, stay: false };
    if (!matchesNodeAffinity(pod, node)) return { run: false, stay: false };
    let run = true, stay = true;
    for (const t of (node.spec?.taints ?? []) as Taint[]) {
      if (t.effect === 'PreferNoSchedule' || tolerations.some((x) => tolerates(x, t))) continue;
      run = false;
      if (t.effect === 'NoExecute') stay = false;
    }
    return { run, stay };
  };
}
