import { badDns1123Label, badDns1123Subdomain, isIp } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notFoundValue, requiredValue } from '../field-errors.ts';
import { validateAnnotations, validateLabels } from '../meta-validation.ts';
import { validateAffinity, validateSpread, validateTolerations } from './affinity.ts';
import { type PodScope, validateContainerCommon, validateContainers, validateInitContainers } from './container.ts';
import { validateResources } from './resources.ts';
import { type Any, between, each, goStrings, named, oneOf, qualifiedName } from './rules.ts';
import { validateOs, validatePodSecurity } from './security-context.ts';
import { validateVolumes } from './volume.ts';

/** What differs between pods and templates, and between servers. */
export interface PodRules {
  /** Of the server's version 1.x. */
  minor: number;
  /** A Pod itself, not a template. */
  pod?: { name: string } | undefined;
}

/** ValidatePodSpec (pkg/apis/core/validation/validation.go), in its order. */
export function validatePodSpec(spec: Any, at: string, rules: PodRules): FieldError[] {
  const { errors, volumes } = validateVolumes(spec.volumes, rules.pod?.name, `${at}.volumes`, rules.minor);
  const scope: PodScope = { volumes, minor: rules.minor };
  const containers = (spec.containers ?? []) as Any[], init = (spec.initContainers ?? []) as Any[];
  const name = (field: string, rule: (text: string) => string[]) => (spec[field] ? named(spec[field], `${at}.${field}`, rule) : []);
  return [
    ...errors, ...validateContainers(containers, `${at}.containers`, scope), ...validateInitContainers(init, containers, `${at}.initContainers`, scope),
    ...ephemeralContainers(spec, `${at}.ephemeralContainers`, scope), ...hostNetworkPorts(spec, `${at}.containers`, rules),
    ...oneOf(spec.restartPolicy, `${at}.restartPolicy`, ['Always', 'OnFailure', 'Never']), ...oneOf(spec.dnsPolicy, `${at}.dnsPolicy`, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...validateLabels(spec.nodeSelector, `${at}.nodeSelector`), ...validatePodSecurity(spec, `${at}.securityContext`),
    ...validateAffinity(spec.affinity, `${at}.affinity`), ...dnsConfig(spec, `${at}.dnsConfig`),
    ...each(spec.readinessGates, `${at}.readinessGates`, (gate, path) => qualifiedName(gate.conditionType, `${path}.conditionType`)),
    ...each(spec.schedulingGates, `${at}.schedulingGates`, (gate, path, i) => [...qualifiedName(gate.name, path), ...(spec.schedulingGates.findIndex((g: Any) => g.name === gate.name) < i ? [duplicateValue(path, gate.name)] : [])]),
    ...validateSpread(spec.topologySpreadConstraints, `${at}.topologySpreadConstraints`), ...hostUsers(spec, at),
    ...name('serviceAccountName', badDns1123Subdomain), ...name('nodeName', badDns1123Subdomain), ...between(spec.activeDeadlineSeconds, 1, 2147483647, `${at}.activeDeadlineSeconds`),
    ...name('hostname', badDns1123Label), ...name('subdomain', badDns1123Label), ...validateTolerations(spec.tolerations, `${at}.tolerations`),
    ...((spec.hostAliases ?? []) as Any[]).flatMap((alias) => [...validIp(alias.ip, `${at}.hostAliases.ip`), ...((alias.hostnames ?? []) as string[]).flatMap((host) => named(host, `${at}.hostAliases.hostnames`, badDns1123Subdomain))]),
    ...name('priorityClassName', badDns1123Subdomain), ...name('runtimeClassName', badDns1123Subdomain),
    ...(spec.preemptionPolicy === undefined ? [] : oneOf(spec.preemptionPolicy, `${at}.preemptionPolicy`, ['PreemptLowerPriority', 'Never'])),
    ...(spec.overhead ? validateResources({ limits: spec.overhead }, `${at}.overhead`, rules.minor) : []), ...validateOs(spec, at),
    ...(rules.pod ? podOnly(spec, at) : []),
  ];
}

/** ValidatePodTemplateSpec. */
export function validatePodTemplate(template: Any, at: string, minor: number): FieldError[] {
  const spec = template?.spec ?? {};
  return [
    ...validateLabels(template?.metadata?.labels, `${at}.labels`), ...validateAnnotations(template?.metadata?.annotations, `${at}.annotations`), ...validatePodSpec(spec, `${at}.spec`, { minor }),
    ...(spec.ephemeralContainers?.length ? [forbiddenValue(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')] : []),
  ];
}

/** validatePodMetadataAndSpec: what templates may have and pods may not. */
function podOnly(spec: Any, at: string): FieldError[] {
  const tokens = spec.serviceAccountName ? [] : each(spec.volumes, `${at}.volumes`, (v, path) => each(v.projected?.sources, `${path}.projected.sources`, (s, sourcePath) => (s.serviceAccountToken ? [forbiddenValue(`${sourcePath}.serviceAccountToken`, 'must not be specified when serviceAccountName is not set')] : [])));
  const image = (c: Any, path: string) => ((c.image ?? '') === (c.image ?? '').trim() ? [] : [invalidValue(`${path}.image`, c.image, 'must not have leading or trailing whitespace')]);
  return [...tokens, ...each(spec.containers, `${at}.containers`, image), ...each(spec.initContainers, `${at}.initContainers`, image)];
}

const EPHEMERAL_FORBIDDEN = ['ports', 'resources', 'resizePolicy', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'restartPolicy'];

function ephemeralContainers(spec: Any, at: string, scope: PodScope): FieldError[] {
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c: Any) => c.name), names = new Set(others);
  return each(spec.ephemeralContainers, at, (c, path) => {
    const out = validateContainerCommon(c, path, scope);
    if (names.has(c.name)) out.push(duplicateValue(`${path}.name`, c.name));
    names.add(c.name);
    if (c.targetContainerName && !others.includes(c.targetContainerName)) out.push(notFoundValue(`${path}.targetContainerName`, c.targetContainerName));
    for (const field of EPHEMERAL_FORBIDDEN) if (c[field] !== undefined && Object.keys(c[field] as object).length > 0) out.push(forbiddenValue(`${path}.${field}`, 'cannot be set for an Ephemeral Container'));
    return [...out, ...each(c.volumeMounts, `${path}.volumeMounts`, (m, mountPath) => ['subPath', 'subPathExpr'].filter((f) => m[f]).map((f) => forbiddenValue(`${mountPath}.${f}`, 'cannot be set for an Ephemeral Container')))];
  });
}

function hostNetworkPorts(spec: Any, at: string, rules: PodRules): FieldError[] {
  if (!spec.hostNetwork) return [];
  return each(spec.containers, at, (c, path) => each(c.ports, `${path}.ports`, ({ hostPort = 0, containerPort }, portPath) =>
    (rules.pod || hostPort !== 0) && hostPort !== containerPort ? [invalidValue(`${portPath}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')] : []));
}

function hostUsers(spec: Any, at: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  return [['hostNetwork', 'hostNetwork'], ['hostPID', 'HostPID'], ['hostIPC', 'HostIPC']].filter(([field]) => spec[field!]).map(([, shown]) => forbiddenValue(`${at}.${shown}`, 'when `pod.Spec.HostUsers` is false'));
}

function dnsConfig({ dnsPolicy, dnsConfig: config }: Any, at: string): FieldError[] {
  if (dnsPolicy === 'None' && !config) return [requiredValue(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (dnsPolicy === 'None' && !config.nameservers?.length) return [requiredValue(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  const nameservers = (config?.nameservers ?? []) as string[], searches = (config?.searches ?? []) as string[], { options } = config ?? {}, out: FieldError[] = [];
  if (nameservers.length > 3) out.push(invalidValue(`${at}.nameservers`, goStrings(nameservers), 'must not have more than 3 nameservers'));
  out.push(...each(nameservers, `${at}.nameservers`, validIp));
  if (searches.length > 32) out.push(invalidValue(`${at}.searches`, goStrings(searches), 'must not have more than 32 search paths'));
  if (searches.join(' ').length > 2048) out.push(invalidValue(`${at}.searches`, goStrings(searches), 'must not have more than 2048 characters (including spaces) in the search list'));
  out.push(...each(searches, `${at}.searches`, (s, path) => named(s.replace(/\.$/, ''), path, badDns1123Subdomain)));
  return [...out, ...each(options, `${at}.options`, (o, path) => (o.name ? [] : [requiredValue(path, 'must not be empty')]))];
}

function validIp(ip: string | undefined, at: string): FieldError[] {
  return isIp(ip ?? '') ? [] : [invalidValue(at, ip ?? '', 'must be valid IP address')];
}
