import type { KubeObject } from './types.ts';
import type { ResourceInfo } from './scheme.ts';
import { badDns1123Label, badLabelKey, badLabelValue } from './names.ts';
import { type FieldError, forbiddenValue, invalidValue, requiredValue, tooLong } from './field-errors.ts';

/** ValidateObjectMeta without the name, which is each kind's own (apimachinery/pkg/api/validation/objectmeta.go). */
export function validateMeta(object: KubeObject, info: Pick<ResourceInfo, 'namespaced' | 'crd'>): FieldError[] {
  const meta = object.metadata, out: FieldError[] = [];
  if (info.namespaced) {
    if (!meta.namespace) out.push(requiredValue('metadata.namespace'));
    else for (const why of badDns1123Label(meta.namespace)) out.push(invalidValue('metadata.namespace', meta.namespace, why));
  }
  out.push(...validateLabels(meta.labels, 'metadata.labels'), ...validateAnnotations(meta.annotations, 'metadata.annotations'));
  (meta.ownerReferences ?? []).forEach((owner, i) => {
    const at = `metadata.ownerReferences[${i}]`;
    if (!owner.apiVersion) out.push(invalidValue(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
    if (!owner.kind) out.push(invalidValue(`${at}.kind`, owner.kind ?? '', 'must not be empty'));
    if (!owner.name) out.push(invalidValue(`${at}.name`, owner.name ?? '', 'must not be empty'));
    if (!owner.uid) out.push(invalidValue(`${at}.uid`, owner.uid ?? '', 'must not be empty'));
  });
  for (const finalizer of meta.finalizers ?? []) out.push(...badFinalizer(finalizer, info.crd === undefined));
  return out;
}

export function validateLabels(labels: Record<string, string> | undefined, at: string): FieldError[] {
  const out: FieldError[] = [];
  for (const key of Object.keys(labels ?? {}).sort()) {
    for (const why of badLabelKey(key)) out.push(invalidValue(at, key, why));
    for (const why of badLabelValue(labels![key]!)) out.push(invalidValue(at, labels![key]!, why));
  }
  return out;
}

export function validateAnnotations(annotations: Record<string, string> | undefined, at: string): FieldError[] {
  const out: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations ?? {}).sort()) {
    for (const why of badLabelKey(key.toLowerCase())) out.push(invalidValue(at, key, why));
    size += key.length + annotations![key]!.length;
  }
  if (size > 256 * 1024) out.push(tooLong(at, 256 * 1024));
  return out;
}

export function validateMetaUpdate(object: KubeObject, old: KubeObject, info: Pick<ResourceInfo, 'namespaced' | 'crd'>): FieldError[] {
  const out = validateMeta(object, info);
  if (object.metadata.deletionTimestamp !== undefined) {
    const added = (object.metadata.finalizers ?? []).filter((f) => !(old.metadata.finalizers ?? []).includes(f));
    if (added.length > 0) out.push(forbiddenValue('metadata.finalizers', `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(', ')}}`));
  }
  return out;
}

/** That the name must have a domain is a rule for the built-in kinds alone (validateKubeFinalizerName). */
function badFinalizer(name: string, builtin: boolean): FieldError[] {
  const out = badLabelKey(name).map((why) => invalidValue('metadata.finalizers', name, why));
  if (builtin && !name.includes('/') && !['orphan', 'foregroundDeletion', 'kubernetes'].includes(name)) out.push(invalidValue('metadata.finalizers', name, 'name is neither a standard finalizer name nor is it fully qualified'));
  return out;
}
