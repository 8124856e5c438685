import type { KubeObject } from '../../../api/types.ts';
import * as errors from '../../errors.ts';
import type { Admission } from '../index.ts';
import { type PodLike, type Violation, violations } from './checks.ts';
import { levelText, type LevelVersion, policyOf, sameLevel, stricter } from './policy.ts';

/** plugin/pkg/admission/security/podsecurity: what a namespace's labels demand of its pods, and say about the makers of pods. */
export function podSecurity(admission: Admission): void {
  const { operation, info, subresource } = admission;
  if (operation === 'DELETE') return;
  const resource = `${info.group}/${info.resource}`;
  if (resource === '/namespaces') return subresource === '' ? namespace(admission) : undefined;
  if (resource === '/pods') return subresource === '' || subresource === 'ephemeralcontainers' ? pod(admission) : undefined;
  if (subresource === '' && MAKERS.has(resource)) maker(admission);
}

const MAKERS = new Set(['/podtemplates', '/replicationcontrollers', 'apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets', 'batch/jobs', 'batch/cronjobs']);

/** How many of a namespace's pods are looked at when its level changes. */
const MOST = 3000;

function pod(admission: Admission): void {
  const { operation, info, object, old, context } = admission;
  const { policy } = policyFor(admission);
  if (policy.enforce.level === 'privileged' && policy.warn.level === 'privileged') return;
  if (operation === 'UPDATE' && !matters(object!, old!)) return;
  const found = violations(policy.enforce, object! as PodLike);
  if (found.length > 0) throw errors.forbidden(info, object!.metadata.name, `violates PodSecurity "${levelText(policy.enforce)}": ${told(found)}`);
  warn(context.warnings, policy.warn, object! as PodLike);
}

function maker(admission: Admission): void {
  const { object, context } = admission;
  const { policy } = policyFor(admission);
  const template = object!.kind === 'PodTemplate' ? object!['template'] : object!.kind === 'CronJob' ? object!.spec.jobTemplate.spec.template : object!.spec.template;
  if (template?.spec) warn(context.warnings, policy.warn, { metadata: template.metadata ?? {}, spec: template.spec });
}

function namespace({ server, info, object, old, context }: Admission): void {
  const { policy, wrong } = policyOf(object!.metadata.labels);
  const before = old && policyOf(old.metadata.labels);
  if (wrong.length > 0 && JSON.stringify(wrong) !== JSON.stringify(before?.wrong)) throw errors.invalid(info, object!.metadata.name, wrong);
  if (!before || sameLevel(policy.enforce, before.policy.enforce) || policy.enforce.level === 'privileged') return;
  if (policy.enforce.minor === before.policy.enforce.minor && !stricter(policy.enforce.level, before.policy.enforce.level)) return;
  const pods = server.registry.list(server.resource('', 'v1', 'pods')!, object!.metadata.name).map((kv) => kv.value);
  context.warnings.push(...standing(pods, object!.metadata.name, policy.enforce));
}

/** Warnings about pods that are there already: those of one controller once before the rest, equal ones counted. */
function standing(pods: KubeObject[], name: string, level: LevelVersion): string[] {
  const counted = new Map<string, { first: string; n: number }>();
  for (const one of pods.slice(0, MOST)) {
    const found = violations(level, one as PodLike);
    if (found.length === 0) continue;
    const reason = found.map((v) => v.reason).join(', ');
    const entry = counted.get(reason);
    if (!entry) counted.set(reason, { first: one.metadata.name, n: 1 });
    else {
      entry.n++;
      if (one.metadata.name < entry.first) entry.first = one.metadata.name;
    }
  }
  const lines = [...counted].map(([reason, { first, n }]) => `${first}${n === 1 ? '' : ` (and ${n - 1} other pod${n === 2 ? '' : 's'})`}: ${reason}`).sort();
  const out = pods.length > MOST ? [`new PodSecurity enforce level only checked against the first ${MOST} of ${pods.length} existing pods`] : [];
  if (lines.length > 0) out.push(`existing pods in namespace "${name}" violate the new PodSecurity enforce level "${levelText(level)}"`);
  return [...out, ...lines];
}

function policyFor({ server, object }: Admission) {
  const found = server.registry.find(server.resource('', 'v1', 'namespaces')!, '', object!.metadata.namespace ?? '');
  return policyOf(found?.metadata.labels);
}

function warn(warnings: string[], level: LevelVersion, like: PodLike): void {
  const found = violations(level, like);
  if (found.length > 0) warnings.push(`would violate PodSecurity "${levelText(level)}": ${told(found)}`);
}

function told(found: Violation[]): string {
  return found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/** Of what may change in a pod only images and new containers are looked at again. */
function matters(object: KubeObject, old: KubeObject): boolean {
  for (const field of ['containers', 'initContainers', 'ephemeralContainers']) {
    const now = (object.spec[field] ?? []) as { name: string; image: string }[], then = (old.spec[field] ?? []) as typeof now;
    if (now.length !== then.length || now.some((c, i) => c.image !== then[i]!.image)) return true;
  }
  return false;
}
