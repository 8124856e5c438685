import type { KubeObject } from '../types.ts';
import { type FieldError, forbiddenValue } from '../field-errors.ts';
import { podSpecDiff } from './pod-diff.ts';
import { same } from '../same.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const MUTABLE = '`spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations) or `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** ValidatePodUpdate: nearly nothing of a pod's spec can be changed. */
export function validatePodUpdate(o: KubeObject, old: KubeObject): FieldError[] {
  const out: FieldError[] = [];
  const now = o.spec, was = old.spec;
  if ((now.containers ?? []).length !== (was.containers ?? []).length) return [forbiddenValue('spec.containers', 'pod updates may not add or remove containers')];
  if ((now.initContainers ?? []).length !== (was.initContainers ?? []).length) return [forbiddenValue('spec.initContainers', 'pod updates may not add or remove containers')];
  const allowed: Any = { ...now, containers: withImages(now.containers, was.containers), tolerations: tolerationsKept(now.tolerations, was.tolerations) ? was.tolerations : now.tolerations };
  if (now.initContainers) allowed.initContainers = withImages(now.initContainers, was.initContainers);
  if (now.activeDeadlineSeconds !== undefined && (was.activeDeadlineSeconds === undefined || now.activeDeadlineSeconds <= was.activeDeadlineSeconds)) allowed.activeDeadlineSeconds = was.activeDeadlineSeconds;
  if (was.terminationGracePeriodSeconds < 0 && now.terminationGracePeriodSeconds === 1) allowed.terminationGracePeriodSeconds = was.terminationGracePeriodSeconds;
  if (was.schedulingGates?.length && (now.schedulingGates ?? []).every((g: Any) => was.schedulingGates.some((h: Any) => h.name === g.name))) allowed.schedulingGates = was.schedulingGates;
  if (!same(now.ephemeralContainers, was.ephemeralContainers)) allowed.ephemeralContainers = now.ephemeralContainers;
  if (!same(allowed, was)) out.push(forbiddenValue('spec', `pod updates may not change fields other than ${MUTABLE}\n${podSpecDiff(was, allowed)}`));
  return out;
}

function withImages(now: Any[], was: Any[]): Any[] {
  return now.map((c, i) => ({ ...c, image: was[i].image }));
}

function tolerationsKept(now: Any[] = [], was: Any[] = []): boolean {
  return was.every((t) => now.some((n) => same({ ...n, tolerationSeconds: 0 }, { ...t, tolerationSeconds: 0 })));
}
