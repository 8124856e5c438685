import type { KubeObject } from '../api/types.ts';
import { ApiError, type ApiClient, ConnectionError, core, gvr } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { type LabelSelector, matchesMap, matchesSelector } from '../client/labels.ts';
import { runLeaderElection } from '../client/leaderelection.ts';
import { controllerOf } from '../client/owners.ts';
import { condition, deepEqual, isPodTerminal } from '../client/pods.ts';
import { rfc3339 } from '../client/time.ts';
import { type Clock, MS, SECOND } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { requiredAffinity, termMatches } from './affinity.ts';
import { decided, decisionLog, decisionsOf } from './decisions.ts';
import { SeriesRecorder } from './events.ts';
import { compile, type Rejection } from './filters.ts';
import { fitError, preempt, priority } from './preemption.ts';
import { type ClusterEvent, nodeChanges, type QueuedPod, SchedulingQueue } from './queue.ts';
import { score, type ScoreCycle, type Scored } from './scores.ts';
import { type NodeInfo, podKey, SchedulerCache } from './snapshot.ts';
import { isBound, VolumeView } from './volumes.ts';

export interface SchedulerOptions {
  /** A client that speaks as `user`. */
  client: (user: string) => ApiClient;
  clock: Clock;
  rng: Rng;
  /** Of its version 1.x (28). */
  minor?: number;
  /** The machine it runs on. */
  host?: string;
  /** Given: nothing is scheduled before the Lease kube-system/kube-scheduler is held. */
  leaderElection?: { lost?: () => void };
  /** Its log and the -v that it has (default 0: it says nothing of its decisions). */
  log?: { verbosity: number; line(where: string, text: string): void };
}

/** Why a pod goes, or would go, where: one entry a node. */
export interface Explanation {
  node: string;
  /** The plugin that refuses the node, with its reasons. */
  rejected?: { plugin: string; reasons: string[] };
  /** Plugin → weighted score, when the node is feasible. */
  scores?: Record<string, number>;
  total?: number;
}

export interface Scheduler {
  stop(): void;
  explain(pod: KubeObject): Explanation[];
}

const PODS = core('pods'), NODES = core('nodes'), CLAIMS = core('persistentvolumeclaims'), VOLUMES = core('persistentvolumes');
const NAME = 'default-scheduler', BIND_TIMEOUT = 600 * SECOND;

/** kube-scheduler. `stop` is the end of the process. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const host = options.host ?? 'control-plane';
  let running: SchedulerProcess | undefined;
  const run = () => (running = new SchedulerProcess(options, host));
  let end = () => {};
  if (options.leaderElection) {
    const client = options.client('system:kube-scheduler');
    const recorder = new EventRecorder(client, options.clock, options.rng.fork('events/leader'), { component: NAME });
    end = runLeaderElection({
      client, clock: options.clock, name: 'kube-scheduler', identity: `${host}_${options.rng.fork(`identity/${options.clock.now}`).uuid()}`, recorder, started: run,
      lost: () => {
        running?.stop();
        options.leaderElection?.lost?.();
      },
    });
  } else run();
  return {
    stop() {
      end();
      running?.stop();
    },
    explain: (pod) => running?.explain(pod) ?? [],
  };
}

class SchedulerProcess {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #cache = new SchedulerCache();
  readonly #queue: SchedulingQueue;
  readonly #recorder: SeriesRecorder;
  readonly #informers: Record<'pods' | 'nodes' | 'namespaces' | 'services' | 'sets' | 'statefulSets' | 'claims' | 'volumes' | 'classes' | 'budgets', Informer>;
  readonly #volumes: VolumeView;
  /** Pods that were promised a node which is being cleared for them. */
  readonly #nominated = new Map<string, { pod: KubeObject; node: string }>();
  /** Pods whose claims are being bound before they are. */
  readonly #binding = new Map<string, { pod: KubeObject; node: string; since: number }>();
  readonly #minor: number;
  readonly #log: SchedulerOptions['log'];
  #ticking = false;
  #stopped = false;

  constructor({ client, clock, rng, minor = 28, log }: SchedulerOptions, host: string) {
    this.#minor = minor;
    this.#log = log;
    this.#client = client('system:kube-scheduler');
    this.#clock = clock;
    this.#rng = rng.fork('scheduler');
    this.#recorder = new SeriesRecorder(this.#client, clock, rng.fork('scheduler/events'), NAME, host);
    this.#queue = new SchedulingQueue(clock, () => this.#tick());
    const informer = (g: ReturnType<typeof core>) => new Informer(this.#client, clock, g);
    this.#informers = {
      nodes: informer(NODES), namespaces: informer(core('namespaces')),
      services: informer(core('services')).addIndex('namespace', (s) => [s.metadata.namespace!]),
      sets: informer(gvr('apps', 'v1', 'replicasets')), statefulSets: informer(gvr('apps', 'v1', 'statefulsets')),
      claims: informer(CLAIMS), volumes: informer(VOLUMES), classes: informer(gvr('storage.k8s.io', 'v1', 'storageclasses')), budgets: informer(gvr('policy', 'v1', 'poddisruptionbudgets')),
      pods: informer(PODS),
    };
    const { claims, volumes, classes } = this.#informers;
    this.#volumes = new VolumeView(claims, volumes, classes);
    this.#listen();
    for (const i of Object.values(this.#informers)) i.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.stop();
    this.#recorder.stop();
    for (const i of Object.values(this.#informers)) i.stop();
  }

  explain(pod: KubeObject): Explanation[] {
    const cycle = this.#cycle(pod.spec.nodeName ? { ...pod, spec: { ...pod.spec, nodeName: undefined } } : pod), filter = compile(cycle);
    const feasible: NodeInfo[] = [], out: Explanation[] = [];
    for (const info of cycle.nodes) {
      const rejected = filter(info);
      if (rejected) out.push({ node: info.name, rejected: { plugin: rejected.plugin, reasons: rejected.reasons } });
      else feasible.push(info);
    }
    const { parts, totals } = score(cycle, feasible);
    feasible.forEach((info, i) => out.push({ node: info.name, scores: Object.fromEntries(parts.map((p) => [p.name, p.scores[i]!])), total: totals[i]! }));
    return out;
  }

  #listen(): void {
    const { pods, nodes, claims, volumes, classes } = this.#informers, queue = this.#queue;
    nodes.on({
      add: (n) => {
        this.#cache.setNode(n);
        queue.moveOn('NodeAdd');
      },
      update: (n, old) => {
        this.#cache.setNode(n);
        for (const event of nodeChanges(n, old)) queue.moveOn(event);
      },
      delete: (n) => {
        this.#cache.removeNode(n.metadata.name);
        queue.moveOn('NodeDelete');
      },
    });
    claims.on({ add: () => queue.moveOn('PvcAdd'), update: (c) => {
      queue.moveOn('PvcUpdate');
      if (isBound(c)) this.#finishBindings();
    } });
    volumes.on({ add: () => queue.moveOn('PvAdd'), update: () => queue.moveOn('PvUpdate') });
    classes.on({ add: () => queue.moveOn('StorageClassAdd') });
    pods.on({
      add: (p) => {
        if (p.spec.nodeName) this.#assigned(p, 'PodAdd');
        else if (this.#isOurs(p) && !this.#binding.has(podKey(p))) queue.add(p);
      },
      update: (p, old) => {
        if (p.metadata.uid !== old.metadata.uid) this.#gone(old);
        if (p.spec.nodeName) {
          queue.delete(p);
          this.#assigned(p, old.spec.nodeName ? 'PodUpdate' : 'PodAdd', old);
        } else if (this.#isOurs(p) && !this.#binding.has(podKey(p))) {
          if (queue.has(p)) queue.update(p, !deepEqual(p.spec, old.spec) || !deepEqual(p.metadata.labels, old.metadata.labels) || p.metadata.deletionTimestamp !== old.metadata.deletionTimestamp);
          else if (old.spec.schedulingGates?.length || p.metadata.uid !== old.metadata.uid) queue.add(p);
        }
      },
      delete: (p) => this.#gone(p),
    });
  }

  #isOurs(pod: KubeObject): boolean {
    return (pod.spec.schedulerName ?? NAME) === NAME && !isPodTerminal(pod) && !pod.spec.schedulingGates?.length;
  }

  #assigned(pod: KubeObject, event: ClusterEvent, old?: KubeObject): void {
    this.#nominated.delete(podKey(pod));
    if (isPodTerminal(pod)) {
      this.#cache.removePod(pod);
      if (old && !isPodTerminal(old)) this.#queue.moveOn('PodDelete');
      return;
    }
    this.#cache.setPod(pod);
    if (event === 'PodAdd' || (old && (!deepEqual(old.metadata.labels, pod.metadata.labels)))) this.#queue.moveOn(event, (waiting) => requiredAffinity(waiting).some((term) => termMatches(term, waiting, pod, (name) => this.#informers.namespaces.get(undefined, name)?.metadata.labels)));
  }

  #gone(pod: KubeObject): void {
    this.#queue.delete(pod);
    this.#nominated.delete(podKey(pod));
    if (this.#binding.delete(podKey(pod)) || pod.spec.nodeName) {
      this.#cache.removePod(pod);
      this.#queue.moveOn('PodDelete');
    }
  }

  /** One pod after the other, a millisecond each. */
  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    this.#clock.after(MS, () => {
      this.#ticking = false;
      if (this.#stopped || !Object.values(this.#informers).every((i) => i.synced)) {
        if (!this.#stopped) this.#clock.after(100 * MS, () => this.#tick(), { background: true });
        return;
      }
      const next = this.#queue.pop();
      if (next) this.#schedule(next);
      if (this.#queue.size > 0) this.#tick();
    });
  }

  #schedule(q: QueuedPod): void {
    const { pod } = q;
    if (pod.metadata.deletionTimestamp) {
      this.#recorder.event(pod, undefined, 'Warning', 'FailedScheduling', 'Scheduling', `skip schedule deleting pod: ${pod.metadata.namespace}/${pod.metadata.name}`);
      return;
    }
    q.attempts++;
    const started = this.#queue.cycle, cycle = this.#cycle(pod);
    if (cycle.nodes.length === 0) return this.#failed(q, started, 'no nodes available to schedule pods', new Map(), false);
    const refusal = this.#volumes.hasClaims(pod) ? this.#volumes.refusal(pod) : undefined;
    if (refusal) {
      q.plugins = new Set(['VolumeBinding']);
      const rejections = new Map(cycle.nodes.map((n) => [n.name, { plugin: 'VolumeBinding', reasons: [refusal], unresolvable: true }]));
      return this.#failed(q, started, `0/${cycle.nodes.length} nodes are available: ${refusal}.`, rejections, true);
    }
    const filter = compile(cycle), feasible: NodeInfo[] = [], rejections = new Map<string, Rejection>();
    for (const info of cycle.nodes) {
      const rejection = this.#withNominated(pod, info, () => filter(info));
      if (rejection) rejections.set(info.name, rejection);
      else feasible.push(info);
    }
    const tell = (chosen: string | undefined, scored: Scored) => this.#tell(pod, chosen, rejections, feasible, scored);
    if (feasible.length === 0) {
      tell(undefined, { parts: [], totals: [] });
      q.plugins = new Set([...rejections.values()].map((r) => r.plugin));
      return this.#failed(q, started, fitError(cycle.nodes.length, [...rejections.values()].flatMap((r) => r.reasons)), rejections, true);
    }
    const nominated = feasible.find((n) => n.name === pod.status?.nominatedNodeName);
    // A single node that will do, or the one that was promised, is taken without scoring.
    const scored = nominated || feasible.length === 1 ? { parts: [], totals: [] } : score(cycle, feasible);
    const chosen = nominated ?? (feasible.length === 1 ? feasible[0]! : this.#select(feasible, scored.totals));
    tell(chosen.name, scored);
    this.#assume(q, chosen, started);
  }

  #tell(pod: KubeObject, chosen: string | undefined, rejections: ReadonlyMap<string, Rejection>, feasible: readonly NodeInfo[], { parts, totals }: Scored): void {
    decided(this.#clock, {
      namespace: pod.metadata.namespace!, pod: pod.metadata.name, chosen,
      rejected: [...rejections].map(([node, { plugin, reasons }]) => ({ node, plugin, reasons })),
      feasible: feasible.map(({ name }, i) => ({ node: name, scores: Object.fromEntries(parts.map((p) => [p.name, p.scores[i]!])), total: totals[i] ?? 0 })),
    });
    const log = this.#log;
    if (log && log.verbosity >= 2) for (const { where, text } of decisionLog(decisionsOf(this.#clock).at(-1)!, log.verbosity)) log.line(where, text);
  }

  /** Filters see the pods that were promised the node, if they are not less important. */
  #withNominated(pod: KubeObject, info: NodeInfo, filter: () => Rejection | undefined): Rejection | undefined {
    const promised = [...this.#nominated.values()].filter((n) => n.node === info.name && podKey(n.pod) !== podKey(pod) && priority(n.pod) >= priority(pod));
    if (promised.length === 0) return filter();
    for (const { pod: p } of promised) info.add(p);
    const rejection = filter();
    for (const { pod: p } of promised) info.remove(p);
    return rejection ?? filter();
  }

  #select(feasible: NodeInfo[], totals: readonly number[]): NodeInfo {
    let best = 0, ties = 1;
    for (let i = 1; i < feasible.length; i++) {
      if (totals[i]! > totals[best]!) {
        best = i;
        ties = 1;
      } else if (totals[i] === totals[best] && this.#rng.int(++ties) === 0) best = i;
    }
    return feasible[best]!;
  }

  #cycle(pod: KubeObject): ScoreCycle {
    const { namespaces } = this.#informers;
    return {
      pod, nodes: [...this.#cache.nodes.values()], namespaceLabels: (name) => namespaces.get(undefined, name)?.metadata.labels, volumes: this.#volumes,
      antiAffinity: this.#cache.antiAffinityPods > 0, anyAffinity: this.#cache.affinityPods > 0, defaultSelector: this.#defaultSelector(pod),
    };
  }

  #defaultSelector(pod: KubeObject): LabelSelector[] | undefined {
    if (pod.spec.topologySpreadConstraints?.length) return undefined;
    const out: LabelSelector[] = [];
    for (const s of this.#informers.services.byIndex('namespace', pod.metadata.namespace!)) {
      if (Object.keys(s.spec.selector ?? {}).length > 0 && matchesMap(s.spec.selector, pod.metadata.labels)) out.push({ matchLabels: s.spec.selector });
    }
    const owner = controllerOf(pod);
    const set = owner?.kind === 'ReplicaSet' ? this.#informers.sets.get(pod.metadata.namespace, owner.name) : owner?.kind === 'StatefulSet' ? this.#informers.statefulSets.get(pod.metadata.namespace, owner.name) : undefined;
    if (set && matchesSelector(set.spec.selector, pod.metadata.labels)) out.push(set.spec.selector);
    return out.length > 0 ? out : undefined;
  }

  #failed(q: QueuedPod, started: number, why: string, rejections: ReadonlyMap<string, Rejection>, tryPreemption: boolean): void {
    let message = why, nominate: string | undefined;
    if (tryPreemption) {
      const { node, victims, message: told } = preempt(this.#cycle(q.pod), rejections, this.#informers.budgets.list(), (info, filter) => this.#withNominated(q.pod, info, filter));
      if (told) message += ` preemption: ${told}.`;
      if (node) {
        nominate = node.name;
        for (const victim of victims) this.#evict(victim, q.pod, node.name);
        this.#nominated.set(podKey(q.pod), { pod: q.pod, node: node.name });
      }
    }
    this.#recorder.event(q.pod, undefined, 'Warning', 'FailedScheduling', 'Scheduling', message);
    this.#queue.addUnschedulable(q, started, !tryPreemption && why !== 'no nodes available to schedule pods');
    this.#guarded(() => this.#writeCondition(q.pod, message, nominate));
  }

  #evict(victim: KubeObject, preemptor: KubeObject, node: string): void {
    this.#guarded(() => {
      const { namespace, name, uid } = victim.metadata;
      if (!victim.metadata.deletionTimestamp) {
        const now = rfc3339(this.#clock.now);
        this.#client.patch(PODS, namespace, name, 'strategic', { status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: `${NAME}: preempting to accommodate a higher priority pod`, lastProbeTime: null, lastTransitionTime: now }] } }, 'status');
        this.#client.delete(PODS, namespace, name, uid ? { preconditions: { uid } } : {});
      }
      this.#recorder.event(victim, preemptor, 'Normal', 'Preempted', 'Preempting', `Preempted by ${this.#minor >= 27 ? `pod ${preemptor.metadata.uid}` : 'a pod'} on node ${node}`);
    });
  }

  #writeCondition(pod: KubeObject, message: string, nominatedNodeName: string | undefined): void {
    const old = condition(pod, 'PodScheduled');
    const same = old?.status === 'False' && old.reason === 'Unschedulable' && old.message === message;
    if (same && (nominatedNodeName === undefined || pod.status?.nominatedNodeName === nominatedNodeName)) return;
    const next = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastProbeTime: null, lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : rfc3339(this.#clock.now) };
    const stored = this.#client.patch(PODS, pod.metadata.namespace, pod.metadata.name, 'strategic', { status: { ...(nominatedNodeName ? { nominatedNodeName } : {}), conditions: [next] } }, 'status');
    this.#informers.pods.observe(stored);
  }

  #assume(q: QueuedPod, info: NodeInfo, started: number): void {
    const { pod } = q, assumed = { ...pod, spec: { ...pod.spec, nodeName: info.name } };
    this.#cache.setPod(assumed);
    const fail = (error: unknown) => {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      this.#cache.removePod(assumed);
      if (error instanceof ApiError && error.code === 404) return;
      this.#queue.addUnschedulable(q, started, true);
    };
    try {
      if (this.#bindVolumes(pod, info)) this.#bind(pod, info.name);
      else this.#binding.set(podKey(pod), { pod, node: info.name, since: this.#clock.now });
    } catch (error) {
      fail(error);
    }
  }

  /** PreBind of VolumeBinding: claims the volumes found, or asks for new ones on this node. Gives whether nothing is left to wait for. */
  #bindVolumes(pod: KubeObject, info: NodeInfo): boolean {
    const pending = this.#volumes.hasClaims(pod) ? this.#volumes.pending(pod) : [], taken = new Set<string>();
    for (const claim of pending) {
      const pv = this.#volumes.match(claim, info.node, taken), { metadata } = claim;
      if (pv) {
        const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion };
        this.#client.update(VOLUMES, { ...pv, metadata: { ...pv.metadata, annotations: { ...pv.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' } }, spec: { ...pv.spec, claimRef } });
      } else if (metadata.annotations?.['volume.kubernetes.io/selected-node'] !== info.name) {
        this.#client.update(CLAIMS, { ...claim, metadata: { ...metadata, annotations: { ...metadata.annotations, 'volume.kubernetes.io/selected-node': info.name } } });
      }
    }
    return pending.length === 0;
  }

  #finishBindings(): void {
    for (const [k, { pod, node, since }] of this.#binding) {
      if (this.#volumes.pending(pod).length > 0 && this.#clock.now - since < BIND_TIMEOUT) continue;
      this.#binding.delete(k);
      this.#guarded(() => this.#bind(pod, node));
    }
  }

  #bind(pod: KubeObject, node: string): void {
    const { name, namespace, uid } = pod.metadata;
    this.#client.create(PODS, { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace: namespace!, uid: uid! }, target: { kind: 'Node', name: node } }, { name, subresource: 'binding' });
    this.#nominated.delete(podKey(pod));
    this.#recorder.event(pod, undefined, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    }
  }
}
