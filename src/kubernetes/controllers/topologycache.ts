import { compareQuantities, quantity } from '../api/quantity.ts';
import type { KubeObject } from '../api/types.ts';
import { type Endpoint, endpointsOf, type SlicePlan } from './endpointslice-plan.ts';

/** The most that an endpoint may have to bear above its share. */
const OVERLOAD = 0.2;
const DISABLED = 'TopologyAwareHintsDisabled';

export interface HintEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

interface Allocation {
  minimum: number;
  maximum: number;
  desired: number;
}

type ByZone = Map<string, number>;

/**
 * Which zone's nodes each endpoint of a Service is for, so that every zone has endpoints in proportion to its nodes' allocatable CPU
 * (k8s.io/endpointslice/topologycache). Where Go takes a map's order, zones are taken by their names.
 */
export class TopologyCache {
  /** Each zone's share of the CPU; undefined where a node's zone or CPU is not known, or there is one zone only. */
  #ratios: ByZone | undefined;
  /** Endpoints hinted by zone, of Service keys, by address type. */
  readonly #services = new Map<string, Map<string, ByZone>>();
  readonly #populated = new Set<string>();

  /** Control planes and nodes that are not ready do not count. */
  setNodes(nodes: readonly KubeObject[]): void {
    const milli = new Map<string, number>();
    this.#ratios = undefined;
    let total = 0;
    for (const { metadata: { labels = {} }, status } of nodes) {
      if (labels['node-role.kubernetes.io/control-plane'] !== undefined || labels['node-role.kubernetes.io/master'] !== undefined) continue;
      if (status?.conditions?.find((c: { type: string }) => c.type === 'Ready')?.status !== 'True') continue;
      const cpu: string = status.allocatable?.cpu ?? '0', zone = labels['topology.kubernetes.io/zone'];
      if (!zone || compareQuantities(cpu, '0') === 0) return;
      const m = Math.ceil(Number(quantity(cpu).nano) / 1e6);
      milli.set(zone, (milli.get(zone) ?? 0) + m);
      total += m;
    }
    if (milli.size >= 2) this.#ratios = new Map([...milli].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, m]) => [zone, m / total]));
  }

  /** Keys of Services of which some zone has too few endpoints. */
  overloadedServices(): string[] {
    return [...this.#services].filter(([, families]) => [...families.values()].some((zones) => this.#overloaded(zones))).map(([key]) => key);
  }

  forget(key: string): void {
    this.#services.delete(key);
    this.#populated.delete(key);
  }

  /** Gives the planned slices their hints, or takes those there are from them. */
  reconcile(key: string, family: string, plan: SlicePlan, enabled: boolean): HintEvent[] {
    const disabled = (message: string): HintEvent[] => {
      this.#drop(key, family);
      removeHints(plan);
      return [{ type: 'Warning', reason: DISABLED, message: `${message}, addressType: ${family}` }];
    };
    if (!enabled) {
      if (this.#populated.has(key)) return disabled('Topology Aware Hints has been disabled');
      this.#drop(key, family);
      removeHints(plan);
      return [];
    }
    const allocations = this.#allocate([...plan.create, ...plan.update, ...plan.unchanged].flatMap(readyOf).length);
    if (typeof allocations === 'string') return disabled(allocations);
    const hinted = keepHints(plan, allocations), open = [...plan.create, ...plan.update].flatMap(readyOf);
    if (open.some((e) => !e.zone)) return disabled('One or more endpoints do not have a zone specified');
    for (const e of open) {
      add(hinted, e.zone!, 1);
      e.hints = { forZones: [{ name: e.zone! }] };
    }
    redistribute(open, hinted, allocations);
    if (hinted.size === 0) return disabled('No hints allocated for zones');
    const before = this.#populated.has(key);
    this.#services.set(key, (this.#services.get(key) ?? new Map<string, ByZone>()).set(family, hinted));
    this.#populated.add(key);
    return before ? [] : [{ type: 'Normal', reason: 'TopologyAwareHintsEnabled', message: `Topology Aware Hints has been enabled, addressType: ${family}` }];
  }

  #drop(key: string, family: string): void {
    const families = this.#services.get(key);
    families?.delete(family);
    if (families?.size === 0) this.#services.delete(key);
    this.#populated.delete(key);
  }

  /** How many endpoints each zone is to have, or why that cannot be. */
  #allocate(endpoints: number): Map<string, Allocation> | string {
    const ratios = this.#ratios;
    if (!ratios) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
    const numbers = `(${endpoints} endpoints, ${ratios.size} zones)`;
    if (ratios.size > endpoints) return `Insufficient number of endpoints ${numbers}`;
    const out = new Map<string, Allocation>();
    let spare = endpoints;
    for (const [zone, ratio] of ratios) {
      const desired = ratio * endpoints, minimum = Math.ceil(desired * (1 / (1 + OVERLOAD)));
      spare -= minimum;
      if (spare < 0) return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${numbers}`;
      out.set(zone, { minimum, maximum: 0, desired: Math.max(desired, minimum) });
    }
    for (const a of out.values()) a.maximum = a.minimum + spare;
    return out;
  }

  #overloaded(zones: ByZone): boolean {
    if (zones.size === 0) return false;
    if (!this.#ratios) return true;
    const total = [...zones.values()].reduce((sum, n) => sum + n, 0);
    return [...this.#ratios].some(([zone, ratio]) => (zones.get(zone) ?? -1) < Math.ceil(total * ratio * (1 / (1 + OVERLOAD))));
  }
}

const readyOf = (slice: KubeObject): Endpoint[] => endpointsOf(slice).filter((e) => e.conditions.ready);
const bare = (slice: KubeObject): KubeObject => ({ ...slice, endpoints: endpointsOf(slice).map(({ hints: _hints, ...rest }) => rest) });

/** Also of slices that nothing else would change. */
function removeHints(plan: SlicePlan): void {
  const hinted = plan.unchanged.filter((s) => endpointsOf(s).some((e) => e.hints));
  plan.unchanged = plan.unchanged.filter((s) => !hinted.includes(s));
  plan.create = plan.create.map(bare);
  plan.update = [...plan.update, ...hinted].map(bare);
}

/** Endpoints by zone of the unchanged slices. Those whose hints do not fit the allocations any more are to be updated, and begin anew. */
function keepHints(plan: SlicePlan, allocations: ReadonlyMap<string, Allocation>): ByZone {
  const total: ByZone = new Map();
  plan.unchanged = plan.unchanged.filter((slice) => {
    const own: ByZone = new Map();
    for (const e of readyOf(slice)) {
      if (!e.hints?.forZones?.length) return renew(slice);
      for (const { name } of e.hints.forZones) add(own, name, 1);
    }
    for (const [zone, n] of own) if (n + (total.get(zone) ?? 0) > (allocations.get(zone)?.maximum ?? -1)) return renew(slice);
    for (const [zone, n] of own) add(total, zone, n);
    return true;
  });
  function renew(slice: KubeObject): false {
    plan.update.push(bare(slice));
    return false;
  }
  return total;
}

/** Gives endpoints of zones that have more than they should to zones that have less. */
function redistribute(endpoints: readonly Endpoint[], hinted: ByZone, allocations: ReadonlyMap<string, Allocation>): void {
  const surplus: ByZone = new Map(), shortage: ByZone = new Map(), giving: ByZone = new Map(), receiving: ByZone = new Map();
  for (const [zone, { desired }] of allocations) {
    const beyond = (hinted.get(zone) ?? 0) - desired;
    if (beyond > 0) surplus.set(zone, beyond);
    else if (beyond < 0) shortage.set(zone, -beyond);
  }
  for (;;) {
    const [from, give] = most(surplus), [to, take] = most(shortage);
    if (from === '' || to === '' || (give < 1 && take < 1) || give < 0.5 || take < 0.5) break;
    for (const [zones, zone, n] of [[giving, from, 1], [surplus, from, -1], [receiving, to, 1], [shortage, to, -1]] as const) add(zones, zone, n);
  }
  for (const e of endpoints) {
    const from = e.zone!, to = [...receiving].find(([, n]) => n > 0)?.[0];
    if (to === undefined) return;
    if ((giving.get(from) ?? 0) <= 0) continue;
    e.hints = { forZones: [{ name: to }] };
    for (const [zones, zone, n] of [[giving, from, -1], [receiving, to, -1], [hinted, from, -1], [hinted, to, 1]] as const) add(zones, zone, n);
  }
}

function most(zones: ByZone): [zone: string, n: number] {
  let best: [string, number] = ['', 0];
  for (const [zone, n] of zones) if (n > best[1]) best = [zone, n];
  return best;
}

function add(zones: ByZone, zone: string, n: number): void {
  zones.set(zone, (zones.get(zone) ?? 0) + n);
}
