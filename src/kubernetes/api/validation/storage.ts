import { badDns1123Label, badDns1123Subdomain, badLabelKey } from '../names.ts';
import { type FieldError, forbiddenValue, GoLiteral, goQuote, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { compareQuantities, quantity } from '../quantity.ts';
import { same } from '../same.ts';
import { nodeSelector } from './affinity.ts';
import { goQuantity } from './go-struct.ts';
import { pvcSpecDiff } from './pod-diff.ts';
import { positiveAmount } from './resources.ts';
import { type Any, each, eachKey, IMMUTABLE, named, noBacksteps, oneOf, qualifiedName, requiredName } from './rules.ts';
import { validateSelector } from './selector.ts';
import { csiDriverName, hostPath, nfsSource } from './volume.ts';

/** Volumes, claims and classes (pkg/apis/core/validation, pkg/apis/storage/validation). */

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

function accessModes(modes: string[] | undefined, at: string): FieldError[] {
  const list = modes ?? [], out: FieldError[] = [];
  for (const mode of list) if (!MODES.includes(mode)) out.push(notSupported(at, mode, MODES));
  const known = list.filter((m) => MODES.includes(m));
  return known.includes('ReadWriteOncePod') && known.some((m) => m !== 'ReadWriteOncePod') ? [...out, forbiddenValue(at, 'may not use ReadWriteOncePod with other access modes')] : out;
}

/** ValidatePersistentVolumeClaimSpec; ephemeral volumes have such a spec too. */
export function validateClaimSpec(spec: Any, at: string): FieldError[] {
  const asked = spec.resources?.requests?.storage, amountAt = `${at}.resources[storage]`;
  return [
    ...(spec.accessModes?.length ? [] : [requiredValue(`${at}.accessModes`, 'at least 1 access mode is required')]), ...validateSelector(spec.selector, `${at}.selector`), ...accessModes(spec.accessModes, `${at}.accessModes`),
    ...(asked === undefined ? [requiredValue(amountAt)] : positiveAmount(asked, amountAt)),
    ...(spec.storageClassName ? named(spec.storageClassName, `${at}.storageClassName`, badDns1123Subdomain) : []),
    ...(spec.volumeMode === undefined ? [] : oneOf(spec.volumeMode, `${at}.volumeMode`, VOLUME_MODES)),
    ...dataSource(spec.dataSource, `${at}.dataSource`), ...dataSource(spec.dataSourceRef, `${at}.dataSourceRef`),
  ];
}

function dataSource(source: Any, at: string): FieldError[] {
  if (!source) return [];
  const out = [...requiredName(source.name, `${at}.name`), ...requiredName(source.kind, `${at}.kind`)];
  if (!source.apiGroup && source.kind !== 'PersistentVolumeClaim') out.push(invalidValue(at, source.kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  return source.namespace ? [...out, ...named(source.namespace, `${at}.namespace`, badDns1123Label)] : out;
}

const NO_SOURCE = new Set(['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity']);

/** ValidatePersistentVolumeSpec. */
export function validateVolumeSpec(spec: Any, at: string): FieldError[] {
  const out = [...(spec.accessModes?.length ? [] : [requiredValue(`${at}.accessModes`)]), ...accessModes(spec.accessModes, `${at}.accessModes`)], capacity = (spec.capacity ?? {}) as Record<string, string>, names = Object.keys(capacity);
  if (names.length === 0) out.push(requiredValue(`${at}.capacity`));
  if (capacity['storage'] === undefined || names.length > 1) out.push(notSupported(`${at}.capacity`, new GoLiteral(goResourceList(capacity)), ['storage']));
  out.push(...eachKey(capacity, `${at}.capacity`, (_, value, path) => [...(quantity(value).nano < 0n ? [invalidValue(path, Number(quantity(value).nano / 1_000_000_000n), 'must be a valid resource quantity')] : []), ...positiveAmount(value, path)]));
  if (spec.persistentVolumeReclaimPolicy) out.push(...oneOf(spec.persistentVolumeReclaimPolicy, `${at}.persistentVolumeReclaimPolicy`, ['Delete', 'Recycle', 'Retain']));
  const required = spec.nodeAffinity?.required;
  if (spec.nodeAffinity) out.push(...(required ? nodeSelector(required, `${at}.nodeAffinity.required`) : [requiredValue(`${at}.nodeAffinity.required`, 'must specify required node constraints')]));
  const sources = Object.keys(spec).filter((f) => !NO_SOURCE.has(f));
  sources.forEach((s, i) => out.push(...(i > 0 ? [forbiddenValue(`${at}.${s}`, 'may not specify more than 1 volume type')] : volumeSource(s, spec, `${at}.${s}`, at))));
  if (sources.length === 0) out.push(requiredValue(at, 'must specify a volume type'));
  if (spec.hostPath && /^\/[/.]*$/.test(spec.hostPath.path ?? '') && spec.persistentVolumeReclaimPolicy === 'Recycle') out.push(forbiddenValue(`${at}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"));
  if (spec.storageClassName) out.push(...named(spec.storageClassName, `${at}.storageClassName`, badDns1123Subdomain));
  return [...out, ...(spec.volumeMode === undefined ? [] : oneOf(spec.volumeMode, `${at}.volumeMode`, VOLUME_MODES))];
}

function volumeSource(type: string, spec: Any, at: string, specAt: string): FieldError[] {
  const s = spec[type];
  if (type === 'hostPath') return hostPath(s, at);
  if (type === 'nfs') return nfsSource(s, at);
  if (type === 'csi') return [...csiDriverName(s.driver, `${at}.driver`), ...requiredName(s.volumeHandle, `${at}.volumeHandle`)];
  if (type !== 'local') return [];
  return [...(s.path ? noBacksteps(s.path, `${at}.path`) : [requiredValue(`${at}.path`)]), ...(spec.nodeAffinity ? [] : [requiredValue(`${specAt}.nodeAffinity`, 'Local volume requires node affinity')])];
}

function goResourceList(list: Record<string, string>): string {
  return Object.keys(list).length === 0 ? 'core.ResourceList(nil)' : `core.ResourceList{${Object.keys(list).sort().map((k) => `${goQuote(k)}:${goQuantity(String(list[k])).text}`).join(', ')}}`;
}

export function validateVolumeUpdate(spec: Any, was: Any): FieldError[] {
  const source = (s: Any) => Object.fromEntries(Object.entries(s as object).filter(([field]) => !NO_SOURCE.has(field)));
  const out: FieldError[] = same(source(spec), source(was)) ? [] : [forbiddenValue('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')];
  if (spec.volumeMode !== was.volumeMode) out.push(invalidValue('volumeMode', spec.volumeMode, IMMUTABLE));
  if (was.nodeAffinity && !same(spec.nodeAffinity, was.nodeAffinity)) out.push(forbiddenValue('nodeAffinity', 'field is immutable'));
  return out;
}

export function validateStorageClass(o: Any): FieldError[] {
  return [
    ...requiredName(o.provisioner, 'provisioner', (p) => badLabelKey(p.toLowerCase())),
    ...Object.keys((o.parameters ?? {}) as object).filter((k) => k === '').map((k) => invalidValue('parameters', k, 'field can not be empty.')),
    ...(o.reclaimPolicy ? oneOf(o.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']) : []), ...oneOf(o.volumeBindingMode, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']),
    ...each(o.allowedTopologies, 'allowedTopologies', (term, path) => each(term.matchLabelExpressions, `${path}.matchLabelExpressions`, (e, at) => [...(e.values?.length ? [] : [requiredValue(`${at}.values`)]), ...qualifiedName(e.key, `${at}.key`)])),
  ];
}

export function validateStorageClassUpdate(o: Any, old: Any): FieldError[] {
  const out = ['parameters', 'provisioner', 'reclaimPolicy'].filter((f) => !same(o[f], old[f])).map((f) => forbiddenValue(f, `updates to ${f} are forbidden.`));
  return o.volumeBindingMode === old.volumeBindingMode ? out : [...out, invalidValue('volumeBindingMode', o.volumeBindingMode, IMMUTABLE)];
}

/** ValidatePersistentVolumeClaimUpdate: of a bound claim only the size may grow. */
export function validateClaimUpdate(o: Any, old: Any): FieldError[] {
  const out: FieldError[] = [];
  const strip = (spec: Record<string, unknown>, like: Record<string, unknown>) => {
    const bound = old.status?.phase === 'Bound';
    const { volumeName: _, storageClassName: __, ...rest } = spec;
    if (bound) rest['resources'] = like['resources'];
    return { ...rest, ...(like['volumeName'] ? { volumeName: spec['volumeName'] } : {}), ...(like['storageClassName'] !== undefined ? { storageClassName: spec['storageClassName'] } : {}) };
  };
  if (!same(strip(o.spec, old.spec), strip(old.spec, old.spec))) out.push(forbiddenValue('spec', `spec is immutable after creation except resources.requests for bound claims\n${pvcSpecDiff(old.spec, o.spec)}`));
  const now = o.spec.resources?.requests?.storage, was = old.spec.resources?.requests?.storage;
  if (now && was && compareQuantities(now, was) < 0) out.push(forbiddenValue('spec.resources.requests.storage', 'field can not be less than previous value'));
  return out;
}
