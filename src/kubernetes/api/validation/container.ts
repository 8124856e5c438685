import { badConfigMapKey, badDns1123Label, badDns1123Subdomain, badEnvVarName, badHttpHeaderName, badPortName, badPortNumber } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notFoundValue, notSupported, requiredValue } from '../field-errors.ts';
import { fieldRef, resourceFieldRef } from './downward-api.ts';
import { validateResources } from './resources.ts';
import { type Any, descendingPath, each, named, noBacksteps, nonNegative, oneOf, requiredName } from './rules.ts';
import { validateContainerSecurity } from './security-context.ts';

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What the containers of a pod may refer to, and the server's version 1.x. */
export interface PodScope {
  /** The sources of the volumes without errors, by name. */
  volumes: Map<string, Any>;
  minor: number;
}

/** validateContainerCommon: what holds for regular, init and ephemeral containers. */
export function validateContainerCommon(c: Any, at: string, scope: PodScope): FieldError[] {
  return [
    ...requiredName(c.name, `${at}.name`, badDns1123Label), ...requiredName(c.image, `${at}.image`),
    ...oneOf(c.terminationMessagePolicy, `${at}.terminationMessagePolicy`, ['File', 'FallbackToLogsOnError']),
    ...containerPorts(c.ports, `${at}.ports`),
    ...each(c.env, `${at}.env`, (e, path) => [...requiredName(e.name, `${path}.name`, badEnvVarName), ...valueFrom(e, `${path}.valueFrom`, scope.minor)]),
    ...each(c.envFrom, `${at}.envFrom`, envFrom),
    ...volumeMounts(c, `${at}.volumeMounts`, scope.volumes), ...volumeDevices(c, `${at}.volumeDevices`, scope.volumes),
    ...oneOf(c.imagePullPolicy, `${at}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never']),
    ...validateResources(c.resources ?? {}, `${at}.resources`, scope.minor), ...resizePolicy(c.resizePolicy, `${at}.resizePolicy`),
    ...validateContainerSecurity(c.securityContext, `${at}.securityContext`),
  ];
}

export function validateContainers(containers: Any[], at: string, scope: PodScope): FieldError[] {
  if (containers.length === 0) return [requiredValue(at)];
  const names = new Set<string>();
  const out = each(containers, at, (c, path) => {
    const twice = names.has(c.name ?? '') ? [duplicateValue(`${path}.name`, c.name ?? '')] : [];
    names.add(c.name ?? '');
    const restart = c.restartPolicy === undefined ? [] : [forbiddenValue(`${path}.restartPolicy`, 'may not be set for non-init containers')];
    return [...validateContainerCommon(c, path, scope), ...twice, ...lifecycleAndProbes(c, path), ...restart];
  });
  return [...out, ...hostPortConflicts(containers, at)];
}

export function validateInitContainers(init: Any[], regular: Any[], at: string, scope: PodScope): FieldError[] {
  const names = new Set(regular.map((c) => c.name ?? ''));
  return each(init, at, (c, path) => {
    const out = validateContainerCommon(c, path, scope);
    if (c.restartPolicy !== undefined) out.push(...oneOf(c.restartPolicy || 'unset', `${path}.restartPolicy`, ['Always']));
    if (names.has(c.name ?? '')) out.push(duplicateValue(`${path}.name`, c.name ?? ''));
    else if (c.name) names.add(c.name);
    out.push(...hostPortConflicts([c], at));
    if (c.restartPolicy === 'Always') return [...out, ...lifecycleAndProbes(c, path)];
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) if (c[field]) out.push(forbiddenValue(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
    return out;
  });
}

function containerPorts(ports: Any[] | undefined, at: string): FieldError[] {
  const names = new Set<string>();
  return each(ports, at, (p, path) => {
    const out: FieldError[] = [];
    if (p.name) {
      const bad = named(p.name, `${path}.name`, badPortName);
      out.push(...bad, ...(bad.length === 0 && names.has(p.name) ? [duplicateValue(`${path}.name`, p.name)] : []));
      names.add(p.name);
    }
    out.push(...(p.containerPort ? portNumber(p.containerPort, `${path}.containerPort`) : [requiredValue(`${path}.containerPort`)]));
    if (p.hostPort) out.push(...portNumber(p.hostPort, `${path}.hostPort`));
    return [...out, ...oneOf(p.protocol, `${path}.protocol`, PROTOCOLS)];
  });
}

export function portNumber(port: number, at: string): FieldError[] {
  return badPortNumber(port).map((why) => invalidValue(at, port, why));
}

/** ValidatePortNumOrName. */
export function portNumberOrName(port: number | string | undefined, at: string): FieldError[] {
  return typeof port === 'string' ? named(port, at, badPortName) : portNumber(port ?? 0, at);
}

function hostPortConflicts(containers: Any[], at: string): FieldError[] {
  const seen = new Set<string>();
  return each(containers, at, (c, path) => each(c.ports, `${path}.ports`, (p, portPath) => {
    if (!p.hostPort) return [];
    const key = `${p.protocol}/${p.hostIP ?? ''}/${p.hostPort}`, twice = seen.has(key);
    seen.add(key);
    return twice ? [duplicateValue(`${portPath}.hostPort`, key)] : [];
  }));
}

function valueFrom(e: Any, at: string, minor: number): FieldError[] {
  const from = e.valueFrom;
  if (!from) return [];
  const out: FieldError[] = [];
  if (from.fieldRef) out.push(...fieldRef(from.fieldRef, `${at}.fieldRef`, 'env', minor));
  if (from.resourceFieldRef) out.push(...resourceFieldRef(from.resourceFieldRef, `${at}.resourceFieldRef`, false));
  for (const ref of ['configMapKeyRef', 'secretKeyRef']) {
    if (from[ref]) out.push(...named(from[ref].name ?? '', `${at}.${ref}.name`, badDns1123Subdomain), ...requiredName(from[ref].key, `${at}.${ref}.key`, badConfigMapKey));
  }
  const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'].filter((s) => from[s]).length;
  if (sources === 0) out.push(invalidValue(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  else if (e.value) out.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) out.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  return out;
}

function envFrom(e: Any, at: string): FieldError[] {
  const out = e.prefix ? named(e.prefix, `${at}.prefix`, badEnvVarName) : [];
  const sources = ['configMapRef', 'secretRef'].filter((s) => e[s]);
  for (const s of sources) out.push(...requiredName(e[s].name, `${at}.${s}.name`, badDns1123Subdomain));
  if (sources.length === 0) out.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
  else if (sources.length > 1) out.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  return out;
}

function volumeMounts(c: Any, at: string, volumes: Map<string, Any>): FieldError[] {
  const paths = new Set<string>(), devices = (c.volumeDevices ?? []) as Any[];
  return each(c.volumeMounts, at, (m, path) => {
    const out: FieldError[] = [], name = m.name ?? '', mountPath = m.mountPath ?? '';
    if (!name) out.push(requiredValue(`${path}.name`));
    if (!volumes.has(name)) out.push(notFoundValue(`${path}.name`, name));
    if (!mountPath) out.push(requiredValue(`${path}.mountPath`));
    if (paths.has(mountPath)) out.push(invalidValue(`${path}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    if (devices.some((d) => d.name === name)) out.push(invalidValue(`${path}.name`, name, 'must not already exist in volumeDevices'));
    if (devices.some((d) => d.devicePath === mountPath)) out.push(invalidValue(`${path}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    if (m.subPath) out.push(...descendingPath(m.subPath, `${path}.subPath`));
    if (m.subPathExpr) out.push(...(m.subPath ? [invalidValue(`${path}.subPathExpr`, m.subPathExpr, 'subPathExpr and subPath are mutually exclusive')] : []), ...descendingPath(m.subPathExpr, `${path}.subPathExpr`));
    if (m.mountPropagation !== undefined) {
      out.push(...oneOf(m.mountPropagation, `${path}.mountPropagation`, ['Bidirectional', 'HostToContainer', 'None']));
      if (m.mountPropagation === 'Bidirectional' && !c.securityContext?.privileged) out.push(forbiddenValue(`${path}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    }
    return out;
  });
}

function volumeDevices(c: Any, at: string, volumes: Map<string, Any>): FieldError[] {
  const paths = new Set<string>(), names = new Set<string>(), mounts = (c.volumeMounts ?? []) as Any[];
  return each(c.volumeDevices, at, (d, path) => {
    const out: FieldError[] = [], name = d.name ?? '', device = d.devicePath ?? '', source = volumes.get(name);
    if (!name) out.push(requiredValue(`${path}.name`));
    if (names.has(name)) out.push(invalidValue(`${path}.name`, name, 'must be unique'));
    if (!source) out.push(notFoundValue(`${path}.name`, name));
    else if (!source.persistentVolumeClaim && !source.ephemeral) out.push(invalidValue(`${path}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    if (!device) out.push(requiredValue(`${path}.devicePath`));
    if (paths.has(device)) out.push(invalidValue(`${path}.devicePath`, device, 'must be unique'));
    if (device && noBacksteps(device, '').length > 0) out.push(invalidValue(`${path}.devicePath`, device, "can not contain backsteps ('..')"));
    else paths.add(device);
    if (mounts.some((m) => m.name === name)) out.push(invalidValue(`${path}.name`, name, 'must not already exist in volumeMounts'));
    if (mounts.some((m) => m.mountPath === device)) out.push(invalidValue(`${path}.devicePath`, device, 'must not already exist as a path in volumeMounts'));
    if (name) names.add(name);
    return out;
  });
}

function resizePolicy(policies: Any[] | undefined, at: string): FieldError[] {
  const seen = new Set<string>();
  return each(policies, at, (p, path) => {
    const twice = seen.has(p.resourceName) ? [duplicateValue(path, p.resourceName)] : [];
    seen.add(p.resourceName);
    return [...twice, ...oneOf(p.resourceName, at, ['cpu', 'memory']), ...oneOf(p.restartPolicy, at, ['NotRequired', 'RestartContainer'])];
  });
}

function lifecycleAndProbes(c: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  for (const hook of ['postStart', 'preStop']) if (c.lifecycle?.[hook]) out.push(...handler(c.lifecycle[hook], `${at}.lifecycle.${hook}`));
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) if (c[name]) out.push(...probe(c[name], `${at}.${name}`, name === 'readinessProbe'));
  return out;
}

function probe(p: Any, at: string, readiness: boolean): FieldError[] {
  const out = handler(p, at), grace = p.terminationGracePeriodSeconds;
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']) out.push(...nonNegative(p[field], `${at}.${field}`));
  if (grace !== undefined && grace <= 0) out.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  if (readiness && grace !== undefined) out.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
  if (!readiness && p.successThreshold !== 1) out.push(invalidValue(`${at}.successThreshold`, p.successThreshold ?? 0, 'must be 1'));
  return out;
}

function handler(h: Any, at: string): FieldError[] {
  const found = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((type) => h[type]);
  if (found.length === 0) return [requiredValue(at, 'must specify a handler type')];
  return found.flatMap((type, i) => (i > 0 ? [forbiddenValue(`${at}.${type}`, 'may not specify more than 1 handler type')] : action(type, h[type], `${at}.${type}`)));
}

function action(type: string, a: Any, at: string): FieldError[] {
  if (type === 'exec') return a.command?.length ? [] : [requiredValue(`${at}.command`)];
  if (type === 'grpc') return portNumber(a.port ?? 0, `${at}.port`);
  if (type === 'tcpSocket') return portNumberOrName(a.port, `${at}.port`);
  return [
    ...requiredName(a.path, `${at}.path`), ...portNumberOrName(a.port, `${at}.port`), ...(['HTTP', 'HTTPS'].includes(a.scheme) ? [] : [notSupported(`${at}.scheme`, a.scheme ?? '', ['HTTP', 'HTTPS'])]),
    ...((a.httpHeaders ?? []) as Any[]).flatMap((h) => named(h.name ?? '', `${at}.httpHeaders`, badHttpHeaderName)),
  ];
}
