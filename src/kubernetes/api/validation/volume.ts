import { badDns1123Label, badDns1123Subdomain } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notSupported, requiredValue, tooLong } from '../field-errors.ts';
import { quantity } from '../quantity.ts';
import { VOLUME_SOURCES } from '../kinds/pod-defaults.ts';
import { fieldRef, resourceFieldRef } from './downward-api.ts';
import { validateClaimSpec } from './storage.ts';
import { type Any, descendingPath, each, noBacksteps, requiredName } from './rules.ts';

/** ValidateVolumes: the errors, and the sources of those without any, which containers may mount. `podName` is known of pods only. */
export function validateVolumes(list: Any[] | undefined, podName: string | undefined, at: string, minor: number): { errors: FieldError[]; volumes: Map<string, Any> } {
  const volumes = new Map<string, Any>();
  const created = new Set((list ?? []).filter((v) => podName && v.ephemeral).map((v) => `${podName}-${v.name}`));
  const errors = each(list, at, (v, path) => {
    const out = [...source(v, path, minor), ...requiredName(v.name, `${path}.name`, badDns1123Label)];
    if (volumes.has(v.name)) out.push(duplicateValue(`${path}.name`, v.name));
    if (out.length === 0) volumes.set(v.name, v);
    const claim = v.persistentVolumeClaim?.claimName;
    return created.has(claim) ? [...out, invalidValue(`${path}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume')] : out;
  });
  return { errors, volumes };
}

/** validateVolumeSource looks at the sources in this order. */
const ORDER = ['emptyDir', 'hostPath', ...['gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi', 'glusterfs', 'flocker', 'persistentVolumeClaim', 'rbd', 'cinder', 'cephfs', 'quobyte', 'downwardAPI', 'fc', 'flexVolume', 'configMap', 'azureFile', 'vsphereVolume', 'portworxVolume', 'azureDisk', 'storageos', 'projected', 'scaleIO', 'csi', 'ephemeral']];
const SOURCES = [...ORDER, ...VOLUME_SOURCES.filter((s) => !ORDER.includes(s))];

function source(v: Any, at: string, minor: number): FieldError[] {
  const found = SOURCES.filter((s) => v[s]);
  if (found.length === 0) return [requiredValue(at, 'must specify a volume type')];
  return found.flatMap((s, i) => (i > 0 ? [forbiddenValue(`${at}.${s}`, 'may not specify more than 1 volume type')] : (RULES[s]?.(v[s], `${at}.${s}`, minor) ?? [])));
}

const RULES: Record<string, (source: Any, at: string, minor: number) => FieldError[]> = {
  emptyDir: ({ sizeLimit }, at) => (sizeLimit !== undefined && quantity(sizeLimit).nano < 0n ? [forbiddenValue(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : []),
  hostPath,
  gitRepo: (s, at) => [...requiredName(s.repository, `${at}.repository`), ...descendingPath(s.directory ?? '', `${at}.directory`)],
  secret: (s, at) => [...requiredName(s.secretName, `${at}.secretName`), ...items(s, at)],
  configMap: (s, at) => [...requiredName(s.name, `${at}.name`), ...items(s, at)],
  nfs: nfsSource,
  persistentVolumeClaim: (s, at) => requiredName(s.claimName, `${at}.claimName`),
  downwardAPI: (s, at, minor) => [...mode(s.defaultMode, `${at}.defaultMode`), ...((s.items ?? []) as Any[]).flatMap((file) => downwardFile(file, at, minor))],
  projected: (s, at, minor) => [...mode(s.defaultMode, `${at}.defaultMode`), ...projections(s, at, minor)],
  csi: (s, at) => csiDriverName(s.driver, `${at}.driver`),
  ephemeral: (s, at) => (s.volumeClaimTemplate ? validateClaimSpec(s.volumeClaimTemplate.spec ?? {}, `${at}.volumeClaimTemplate.spec`) : [requiredValue(`${at}.volumeClaimTemplate`)]),
};

export function hostPath(s: Any, at: string): FieldError[] {
  const types = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
  return [...requiredName(s.path, `${at}.path`), ...noBacksteps(s.path ?? '', `${at}.path`), ...(types.includes(s.type ?? '') ? [] : [notSupported(`${at}.type`, s.type, types)])];
}

export function nfsSource(s: Any, at: string): FieldError[] {
  return [...requiredName(s.server, `${at}.server`), ...requiredName(s.path, `${at}.path`), ...(s.path?.startsWith('/') ? [] : [invalidValue(`${at}.path`, s.path ?? '', 'must be an absolute path')])];
}

export function csiDriverName(name: string | undefined, at: string): FieldError[] {
  return [...requiredName(name, at), ...((name ?? '').length > 63 ? [tooLong(at, 63)] : []), ...badDns1123Subdomain((name ?? '').toLowerCase()).map((why) => invalidValue(at, name ?? '', why))];
}

const MODE = 'must be a number between 0 and 0777 (octal), both inclusive';
function mode(value: number | undefined, at: string): FieldError[] {
  return value !== undefined && (value < 0 || value > 0o777) ? [invalidValue(at, value, MODE)] : [];
}

function items(s: Any, at: string): FieldError[] {
  return [...mode(s.defaultMode, `${at}.defaultMode`), ...each(s.items, `${at}.items`, keyToPath)];
}

function keyToPath(item: Any, at: string): FieldError[] {
  return [...requiredName(item.key, `${at}.key`), ...requiredName(item.path, `${at}.path`), ...notReserved(item.path ?? '', `${at}.path`), ...mode(item.mode, `${at}.mode`)];
}

function notReserved(path: string, at: string): FieldError[] {
  return [...descendingPath(path, at), ...(path.startsWith('..') && !path.startsWith('../') ? [invalidValue(at, path, "must not start with '..'")] : [])];
}

function downwardFile(file: Any, at: string, minor: number): FieldError[] {
  const out = [...requiredName(file.path, `${at}.path`), ...notReserved(file.path ?? '', `${at}.path`)];
  if (file.fieldRef) out.push(...fieldRef(file.fieldRef, `${at}.fieldRef`, 'volume', minor), ...(file.resourceFieldRef ? [invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')] : []));
  else if (file.resourceFieldRef) out.push(...resourceFieldRef(file.resourceFieldRef, `${at}.resourceFieldRef`, true));
  else out.push(requiredValue(at, 'one of fieldRef and resourceFieldRef is required'));
  return [...out, ...mode(file.mode, `${at}.mode`)];
}

function projections(projected: Any, at: string, minor: number): FieldError[] {
  const paths = new Set<string>();
  const taken = (path: string | undefined, named: string): FieldError[] => {
    if (!path) return [];
    const twice = paths.has(path);
    paths.add(path);
    return twice ? [invalidValue(at, named, 'conflicting duplicate paths')] : [];
  };
  return each(projected.sources, `${at}.sources`, (s, path) => {
    const out: FieldError[] = [];
    for (const kind of ['secret', 'configMap']) {
      if (s[kind]) out.push(...requiredName(s[kind].name, `${path}.${kind}.name`), ...each(s[kind].items, `${path}.${kind}.items`, (item, itemPath) => [...keyToPath(item, itemPath), ...taken(item.path, s[kind].name ?? '')]));
    }
    for (const file of (s.downwardAPI?.items ?? []) as Any[]) out.push(...downwardFile(file, `${path}.downwardAPI`, minor), ...taken(file.path, file.path));
    const token = s.serviceAccountToken, seconds = token?.expirationSeconds;
    if (seconds < 600) out.push(invalidValue(`${path}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > 2 ** 32) out.push(invalidValue(`${path}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
    if (token && !token.path) out.push(requiredValue(`${at}.path`));
    if (['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'].filter((kind) => s[kind]).length > 1) out.push(forbiddenValue(path, 'may not specify more than 1 volume type'));
    return out;
  });
}

