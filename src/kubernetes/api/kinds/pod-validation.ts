import { badConfigMapKey, badDns1123Label, badDns1123Subdomain, badEnvVarName, badIp, badLabelKey, badPortName, badPortNumber } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notFoundValue, notSupported, requiredValue } from '../field-errors.ts';
import { compareQuantities, quantity } from '../quantity.ts';
import { VOLUME_SOURCES } from './pod-defaults.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const PULL = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** ValidatePodSpec (pkg/apis/core/validation/validation.go), in its order. */
export function validatePodSpec(spec: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  const volumes = new Set<string>();
  (spec.volumes ?? []).forEach((volume: Any, i: number) => out.push(...validateVolume(volume, `${at}.volumes[${i}]`, volumes)));
  const containers = (spec.containers ?? []) as Any[];
  const names = new Set<string>();
  if (containers.length === 0) out.push(requiredValue(`${at}.containers`));
  containers.forEach((c, i) => out.push(...validateContainer(c, `${at}.containers[${i}]`, volumes, names)));
  if (containers.length > 0) out.push(...hostPortConflicts(containers, `${at}.containers`));
  (spec.initContainers ?? []).forEach((c: Any, i: number) => {
    const path = `${at}.initContainers[${i}]`;
    out.push(...validateContainer(c, path, volumes, names));
    if (c.restartPolicy === 'Always') return;
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) if (c[field]) out.push(forbiddenValue(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
  });
  if (!['Always', 'OnFailure', 'Never'].includes(spec.restartPolicy)) out.push(spec.restartPolicy ? notSupported(`${at}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']) : requiredValue(`${at}.restartPolicy`));
  const dns = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
  if (!dns.includes(spec.dnsPolicy)) out.push(spec.dnsPolicy ? notSupported(`${at}.dnsPolicy`, spec.dnsPolicy, dns) : requiredValue(`${at}.dnsPolicy`));
  if (spec.dnsPolicy === 'None' && !spec.dnsConfig?.nameservers?.length) out.push(requiredValue(`${at}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  (spec.hostAliases ?? []).forEach((alias: Any, i: number) => {
    for (const why of badIp(alias.ip ?? '')) out.push(invalidValue(`${at}.hostAliases[${i}].ip`, alias.ip ?? '', why));
  });
  if (spec.serviceAccountName) for (const why of badDns1123Subdomain(spec.serviceAccountName)) out.push(invalidValue(`${at}.serviceAccountName`, spec.serviceAccountName, why));
  if (spec.nodeName) for (const why of badDns1123Subdomain(spec.nodeName)) out.push(invalidValue(`${at}.nodeName`, spec.nodeName, why));
  if (spec.activeDeadlineSeconds !== undefined && (spec.activeDeadlineSeconds < 1 || spec.activeDeadlineSeconds > 2147483647)) out.push(invalidValue(`${at}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive'));
  if (spec.hostname) for (const why of badDns1123Label(spec.hostname)) out.push(invalidValue(`${at}.hostname`, spec.hostname, why));
  if (spec.subdomain) for (const why of badDns1123Label(spec.subdomain)) out.push(invalidValue(`${at}.subdomain`, spec.subdomain, why));
  (spec.tolerations ?? []).forEach((t: Any, i: number) => out.push(...validateToleration(t, `${at}.tolerations[${i}]`)));
  out.push(...validateAffinity(spec.affinity, `${at}.affinity`));
  return out;
}

function validateContainer(c: Any, at: string, volumes: Set<string>, names: Set<string>): FieldError[] {
  const out: FieldError[] = [];
  if (!c.name) out.push(requiredValue(`${at}.name`));
  else {
    for (const why of badDns1123Label(c.name)) out.push(invalidValue(`${at}.name`, c.name, why));
    if (names.has(c.name)) out.push(duplicateValue(`${at}.name`, c.name));
    else names.add(c.name);
  }
  if (!c.image) out.push(requiredValue(`${at}.image`));
  else if (c.image !== c.image.trim()) out.push(invalidValue(`${at}.image`, c.image, 'must not have leading or trailing whitespace'));
  if (c.terminationMessagePolicy && !['File', 'FallbackToLogsOnError'].includes(c.terminationMessagePolicy)) out.push(notSupported(`${at}.terminationMessagePolicy`, c.terminationMessagePolicy, ['FallbackToLogsOnError', 'File']));
  const portNames = new Set<string>();
  (c.ports ?? []).forEach((p: Any, i: number) => out.push(...validatePort(p, `${at}.ports[${i}]`, portNames)));
  (c.env ?? []).forEach((e: Any, i: number) => out.push(...validateEnv(e, `${at}.env[${i}]`)));
  (c.envFrom ?? []).forEach((e: Any, i: number) => {
    const path = `${at}.envFrom[${i}]`;
    if (!e.configMapRef && !e.secretRef) out.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (e.configMapRef && e.secretRef) out.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    if (e.configMapRef && !e.configMapRef.name) out.push(requiredValue(`${path}.configMapRef.name`));
    if (e.secretRef && !e.secretRef.name) out.push(requiredValue(`${path}.secretRef.name`));
  });
  const paths = new Set<string>();
  (c.volumeMounts ?? []).forEach((m: Any, i: number) => {
    const path = `${at}.volumeMounts[${i}]`;
    if (!m.name) out.push(requiredValue(`${path}.name`));
    else if (!volumes.has(m.name)) out.push(notFoundValue(`${path}.name`, m.name));
    if (!m.mountPath) out.push(requiredValue(`${path}.mountPath`));
    else if (paths.has(m.mountPath)) out.push(invalidValue(`${path}.mountPath`, m.mountPath, 'must be unique'));
    paths.add(m.mountPath);
    if (m.subPath?.split('/').includes('..')) out.push(invalidValue(`${path}.subPath`, m.subPath, "must not contain '..'"));
  });
  if (!PULL.includes(c.imagePullPolicy)) out.push(c.imagePullPolicy ? notSupported(`${at}.imagePullPolicy`, c.imagePullPolicy, PULL) : requiredValue(`${at}.imagePullPolicy`));
  out.push(...validateResources(c.resources ?? {}, `${at}.resources`));
  for (const hook of ['postStart', 'preStop']) if (c.lifecycle?.[hook]) out.push(...validateHandler(c.lifecycle[hook], `${at}.lifecycle.${hook}`));
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) if (c[probe]) out.push(...validateProbe(c[probe], `${at}.${probe}`, probe !== 'readinessProbe'));
  const sc = c.securityContext;
  if (sc?.allowPrivilegeEscalation === false && sc.privileged) out.push(invalidValue(`${at}.securityContext`, sc, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  if (sc?.runAsUser !== undefined && sc.runAsUser < 0) out.push(invalidValue(`${at}.securityContext.runAsUser`, sc.runAsUser, 'must be between 0 and 2147483647, inclusive'));
  return out;
}

function validatePort(p: Any, at: string, names: Set<string>): FieldError[] {
  const out: FieldError[] = [];
  if (p.name) {
    const bad = badPortName(p.name);
    for (const why of bad) out.push(invalidValue(`${at}.name`, p.name, why));
    if (bad.length === 0 && names.has(p.name)) out.push(duplicateValue(`${at}.name`, p.name));
    names.add(p.name);
  }
  if (!p.containerPort) out.push(requiredValue(`${at}.containerPort`));
  else for (const why of badPortNumber(p.containerPort)) out.push(invalidValue(`${at}.containerPort`, p.containerPort, why));
  if (p.hostPort) for (const why of badPortNumber(p.hostPort)) out.push(invalidValue(`${at}.hostPort`, p.hostPort, why));
  if (!p.protocol) out.push(requiredValue(`${at}.protocol`));
  else if (!PROTOCOLS.includes(p.protocol)) out.push(notSupported(`${at}.protocol`, p.protocol, PROTOCOLS));
  return out;
}

function hostPortConflicts(containers: Any[], at: string): FieldError[] {
  const seen = new Set<string>(), out: FieldError[] = [];
  containers.forEach((c, i) => (c.ports ?? []).forEach((p: Any, j: number) => {
    if (!p.hostPort) return;
    const key = `${p.protocol}/${p.hostIP ?? ''}/${p.hostPort}`;
    if (seen.has(key)) out.push(duplicateValue(`${at}[${i}].ports[${j}].hostPort`, key));
    seen.add(key);
  }));
  return out;
}

function validateEnv(e: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  if (!e.name) out.push(requiredValue(`${at}.name`));
  else for (const why of badEnvVarName(e.name)) out.push(invalidValue(`${at}.name`, e.name, why));
  const from = e.valueFrom;
  if (!from) return out;
  const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'].filter((s) => from[s]);
  if (sources.length === 0) out.push(invalidValue(`${at}.valueFrom`, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  else if (e.value) out.push(invalidValue(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1) out.push(invalidValue(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
  for (const s of ['configMapKeyRef', 'secretKeyRef']) {
    if (!from[s]) continue;
    if (!from[s].name) out.push(requiredValue(`${at}.valueFrom.${s}.name`));
    if (!from[s].key) out.push(requiredValue(`${at}.valueFrom.${s}.key`));
    else for (const why of badConfigMapKey(from[s].key)) out.push(invalidValue(`${at}.valueFrom.${s}.key`, from[s].key, why));
  }
  if (from.fieldRef) {
    const path = from.fieldRef.fieldPath ?? '';
    const known = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.podIP', 'status.podIPs'];
    if (!path) out.push(requiredValue(`${at}.valueFrom.fieldRef.fieldPath`));
    else if (!known.includes(path) && !/^metadata\.(labels|annotations)\['.*'\]$/.test(path)) {
      if (/^(metadata|spec|status)\.[a-zA-Z]+$/.test(path)) out.push(notSupported(`${at}.valueFrom.fieldRef.fieldPath`, path, known.sort()));
      else out.push(invalidValue(`${at}.valueFrom.fieldRef.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`));
    }
  }
  return out;
}

function validateResources(resources: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  const limits = (resources.limits ?? {}) as Record<string, string>, requests = (resources.requests ?? {}) as Record<string, string>;
  for (const [field, list] of [['limits', limits], ['requests', requests]] as const) {
    for (const name of Object.keys(list).sort()) {
      const path = `${at}.${field}[${name}]`;
      if (!standardResource(name)) out.push(invalidValue(`${at}.${field}`, name, 'must be a standard resource type or fully qualified'), invalidValue(path, name, 'must be a standard resource for containers'));
      if (quantity(list[name]).nano < 0n) out.push(invalidValue(path, list[name]!, 'must be greater than or equal to 0'));
    }
  }
  for (const name of Object.keys(requests).sort()) {
    const limit = limits[name];
    if (limit !== undefined && compareQuantities(requests[name]!, limit) > 0) out.push(invalidValue(`${at}.requests`, requests[name]!, `must be less than or equal to ${name} limit`));
  }
  return out.sort((a, b) => Number(a.field.includes('[')) - Number(b.field.includes('[')));
}

function standardResource(name: string): boolean {
  return name.includes('/') || ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-');
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function validateHandler(h: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  let found = 0;
  for (const type of HANDLERS) {
    if (!h[type]) continue;
    if (found++ > 0) {
      out.push(forbiddenValue(`${at}.${type}`, 'may not specify more than 1 handler type'));
      continue;
    }
    const path = `${at}.${type}`;
    if (type === 'exec' && !h.exec.command?.length) out.push(requiredValue(`${path}.command`));
    if (type === 'httpGet' && !h.httpGet.path) out.push(requiredValue(`${path}.path`));
    if (type === 'httpGet' || type === 'tcpSocket') {
      const port = h[type].port;
      if (typeof port === 'number') for (const why of badPortNumber(port)) out.push(invalidValue(`${path}.port`, port, why));
      else if (port !== undefined) for (const why of badPortName(port)) out.push(invalidValue(`${path}.port`, port, why));
    }
    if (type === 'httpGet' && !['HTTP', 'HTTPS'].includes(h.httpGet.scheme)) out.push(notSupported(`${path}.scheme`, h.httpGet.scheme, ['HTTP', 'HTTPS']));
  }
  if (found === 0) out.push(requiredValue(at, 'must specify a handler type'));
  return out;
}

function validateProbe(probe: Any, at: string, once: boolean): FieldError[] {
  const out = validateHandler(probe, at);
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']) {
    if ((probe[field] ?? 0) < 0) out.push(invalidValue(`${at}.${field}`, probe[field], 'must be greater than or equal to 0'));
  }
  if (once && probe.successThreshold !== 1) out.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'));
  return out;
}

function validateVolume(v: Any, at: string, names: Set<string>): FieldError[] {
  const out: FieldError[] = [];
  let found = 0;
  for (const source of ['emptyDir', 'hostPath', ...VOLUME_SOURCES.filter((s) => s !== 'emptyDir' && s !== 'hostPath')]) {
    if (!v[source]) continue;
    const path = `${at}.${source}`;
    if (found++ > 0) {
      out.push(forbiddenValue(path, 'may not specify more than 1 volume type'));
      continue;
    }
    if (source === 'secret' && !v.secret.secretName) out.push(requiredValue(`${path}.secretName`));
    if (source === 'configMap' && !v.configMap.name) out.push(requiredValue(`${path}.name`));
    if (source === 'persistentVolumeClaim' && !v.persistentVolumeClaim.claimName) out.push(requiredValue(`${path}.claimName`));
    if (source === 'hostPath') {
      if (!v.hostPath.path) out.push(requiredValue(`${path}.path`));
      else if (v.hostPath.path.split('/').includes('..')) out.push(invalidValue(`${path}.path`, v.hostPath.path, "must not contain '..'"));
      const types = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
      if (!types.includes(v.hostPath.type ?? '')) out.push(notSupported(`${path}.type`, v.hostPath.type, types));
    }
    if (source === 'nfs') for (const f of ['server', 'path']) if (!v.nfs[f]) out.push(requiredValue(`${path}.${f}`));
  }
  if (found === 0) out.push(requiredValue(at, 'must specify a volume type'));
  if (!v.name) out.push(requiredValue(`${at}.name`));
  else {
    for (const why of badDns1123Label(v.name)) out.push(invalidValue(`${at}.name`, v.name, why));
    if (names.has(v.name)) out.push(duplicateValue(`${at}.name`, v.name));
  }
  // What is wrong with the volume itself must not be told again of its mounts.
  if (v.name) names.add(v.name);
  return out;
}

function validateToleration(t: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  if (t.operator !== undefined && t.operator !== 'Equal' && t.operator !== 'Exists') out.push(notSupported(`${at}.operator`, t.operator, ['Equal', 'Exists']));
  if (!t.key && t.operator !== 'Exists') out.push(invalidValue(`${at}.operator`, t.operator ?? '', "operator must be Exists when `key` is empty, which means \"match all values and all keys\""));
  if (t.operator === 'Exists' && t.value) out.push(invalidValue(`${at}.operator`, t, 'value must be empty when `operator` is \'Exists\''));
  if (t.tolerationSeconds !== undefined && t.effect !== 'NoExecute') out.push(invalidValue(`${at}.effect`, t.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (t.effect !== undefined && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(t.effect)) out.push(notSupported(`${at}.effect`, t.effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']));
  return out;
}

function validateAffinity(affinity: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  if (!affinity) return out;
  const required = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required && !required.nodeSelectorTerms?.length) out.push(requiredValue(`${at}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`, 'must have at least one node selector term'));
  ((required?.nodeSelectorTerms ?? []) as Any[]).forEach((term, i) => out.push(...validateNodeTerm(term, `${at}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`)));
  ((affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) as Any[]).forEach((term, i) => {
    const path = `${at}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    if (!(term.weight >= 1 && term.weight <= 100)) out.push(invalidValue(`${path}.weight`, term.weight ?? 0, 'must be in the range 1-100'));
    out.push(...validateNodeTerm(term.preference ?? {}, `${path}.preference`));
  });
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const a = affinity[kind] ?? {};
    (a.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term: Any, i: number) => {
      if (!term.topologyKey) out.push(requiredValue(`${at}.${kind}.requiredDuringSchedulingIgnoredDuringExecution[${i}].topologyKey`, 'can not be empty'));
    });
    (a.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term: Any, i: number) => {
      const path = `${at}.${kind}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      if (!(term.weight >= 1 && term.weight <= 100)) out.push(invalidValue(`${path}.weight`, term.weight, 'must be in the range 1-100'));
      if (!term.podAffinityTerm?.topologyKey) out.push(requiredValue(`${path}.podAffinityTerm.topologyKey`, 'can not be empty'));
    });
  }
  return out;
}

function validateNodeTerm(term: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  ((term.matchExpressions ?? []) as Any[]).forEach((e, i) => {
    const path = `${at}.matchExpressions[${i}]`;
    if (e.operator === 'In' || e.operator === 'NotIn') {
      if (!e.values?.length) out.push(requiredValue(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (e.operator === 'Exists' || e.operator === 'DoesNotExist') {
      if (e.values?.length) out.push(forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else if (e.operator === 'Gt' || e.operator === 'Lt') {
      if (e.values?.length !== 1) out.push(requiredValue(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
    } else out.push(invalidValue(`${path}.operator`, e.operator ?? '', 'not a valid selector operator'));
    for (const why of badLabelKey(e.key ?? '')) out.push(invalidValue(`${path}.key`, e.key ?? '', why));
  });
  return out;
}
