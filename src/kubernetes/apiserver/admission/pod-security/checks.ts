import type { LevelVersion } from './policy.ts';

/**
 * The checks of the Pod Security Standards (k8s.io/pod-security-admission/policy), as v1.28 has them. A check without `until` holds
 * for every later version; one of `restricted` may stand in for one of `baseline`.
 */

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

export interface Violation {
  reason: string;
  detail: string;
}
export interface PodLike {
  metadata: { annotations?: Record<string, string> };
  spec: Any;
}

interface Check {
  id: string;
  /** From which v1.x it is asked. */
  since: number;
  /** Pods for Windows need not obey (since v1.25). */
  linuxOnly?: boolean;
  instead?: string;
  run(pod: PodLike, minor: number): Violation | undefined;
}

/** What a pod violates of a level, in the order the real server tells it. */
export function violations({ level, minor }: LevelVersion, pod: PodLike): Violation[] {
  if (level === 'privileged') return [];
  const strict = level === 'restricted' ? RESTRICTED.filter((c) => minor >= c.since) : [];
  const covered = new Set(strict.map((c) => c.instead));
  const checks = [...BASELINE.filter((c) => minor >= c.since && !covered.has(c.id)), ...strict];
  const windows = pod.spec.os?.name === 'windows' && minor >= 25;
  return checks.flatMap((check) => (check.linuxOnly && windows ? [] : check.run(pod, minor) ?? []));
}

const byId = (checks: Check[]) => checks.sort((a, b) => (a.id < b.id ? -1 : 1));

const BASELINE: Check[] = byId([
  { id: 'appArmorProfile', since: 0, run: appArmorProfile },
  { id: 'capabilities_baseline', since: 0, run: (pod) => forbiddenCapabilities(pod) },
  {
    id: 'hostNamespaces', since: 0, run: ({ spec }) => {
      const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]).map((field) => `${field}=true`);
      return violation(used, 'host namespaces', used.join(', '));
    },
  },
  {
    id: 'hostPathVolumes', since: 0, run: ({ spec }) => {
      const bad = names((spec.volumes ?? []).filter((v: Any) => v.hostPath));
      return violation(bad, 'hostPath volumes', `${many('volume', bad)} ${quoted(bad)}`);
    },
  },
  {
    id: 'hostPorts', since: 0, run: (pod) => {
      const ports = new Set<string>();
      const bad = containers(pod, (c) => (c.ports ?? []).filter((p: Any) => p.hostPort && ports.add(String(p.hostPort))).length > 0);
      return violation(bad, 'hostPort', `${listed(bad)} ${bad.length === 1 ? 'uses' : 'use'} ${many('hostPort', [...ports])} ${[...ports].sort().join(', ')}`);
    },
  },
  {
    id: 'privileged', since: 0, run: (pod) => {
      const bad = containers(pod, (c) => c.securityContext?.privileged === true);
      return violation(bad, 'privileged', `${listed(bad)} must not set securityContext.privileged=true`);
    },
  },
  {
    id: 'procMount', since: 0, run: (pod) => {
      const types = new Set<string>();
      const bad = containers(pod, ({ securityContext: s }) => s?.procMount !== undefined && s.procMount !== 'Default' && types.add(s.procMount) !== undefined);
      return violation(bad, 'procMount', `${listed(bad)} must not set securityContext.procMount to ${quoted([...types].sort())}`);
    },
  },
  { id: 'seLinuxOptions', since: 0, run: seLinuxOptions },
  { id: 'seccompProfile_baseline', since: 19, run: (pod) => badSeccomp(pod).violation },
  {
    id: 'sysctls', since: 0, run: ({ spec }, minor) => {
      const allowed = minor >= 27 ? [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'] : SYSCTLS;
      const bad = names((spec.securityContext?.sysctls ?? []).filter((s: Any) => !allowed.includes(s.name)));
      return violation(bad, 'forbidden sysctls', bad.join(', '));
    },
  },
  { id: 'windowsHostProcess', since: 0, run: (pod) => setters(pod, (s) => s?.windowsOptions?.hostProcess === true, 'hostProcess', (who) => `${who} must not set securityContext.windowsOptions.hostProcess=true`) },
]);

const RESTRICTED: Check[] = byId([
  {
    id: 'allowPrivilegeEscalation', since: 8, linuxOnly: true, run: (pod) => {
      const bad = containers(pod, (c) => c.securityContext?.allowPrivilegeEscalation !== false);
      return violation(bad, 'allowPrivilegeEscalation != false', `${listed(bad)} must set securityContext.allowPrivilegeEscalation=false`);
    },
  },
  { id: 'capabilities_restricted', since: 22, linuxOnly: true, instead: 'capabilities_baseline', run: unrestrictedCapabilities },
  { id: 'restrictedVolumes', since: 0, instead: 'hostPathVolumes', run: restrictedVolumes },
  {
    id: 'runAsNonRoot', since: 0, run: (pod) => {
      const explicit = setters(pod, (s) => s?.runAsNonRoot === false, 'runAsNonRoot != true', (who) => `${who} must not set securityContext.runAsNonRoot=false`);
      if (explicit || pod.spec.securityContext?.runAsNonRoot) return explicit;
      const bad = containers(pod, (c) => c.securityContext?.runAsNonRoot === undefined);
      return violation(bad, 'runAsNonRoot != true', `pod or ${listed(bad)} must set securityContext.runAsNonRoot=true`);
    },
  },
  { id: 'runAsUser', since: 23, run: (pod) => setters(pod, (s) => s?.runAsUser === 0, 'runAsUser=0', (who) => `${who} must not set runAsUser=0`) },
  {
    id: 'seccompProfile_restricted', since: 19, linuxOnly: true, instead: 'seccompProfile_baseline', run: (pod) => {
      const { violation: explicit, podSet } = badSeccomp(pod);
      if (explicit || podSet) return explicit;
      const bad = containers(pod, (c) => !c.securityContext?.seccompProfile);
      return violation(bad, 'seccompProfile', `pod or ${listed(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`);
    },
  },
]);

const CAPABILITIES = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']);
const SYSCTLS = ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start'];
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

function forbiddenCapabilities(pod: PodLike): Violation | undefined {
  const found = new Set<string>();
  const bad = containers(pod, (c) => (c.securityContext?.capabilities?.add ?? []).filter((name: string) => !CAPABILITIES.has(name) && found.add(name)).length > 0);
  return violation(bad, 'non-default capabilities', `${listed(bad)} must not include ${quoted([...found].sort())} in securityContext.capabilities.add`);
}

function unrestrictedCapabilities(pod: PodLike): Violation | undefined {
  const added = new Set<string>(), details: string[] = [];
  const undropped = containers(pod, (c) => !(c.securityContext?.capabilities?.drop ?? []).includes('ALL'));
  const adding = containers(pod, (c) => (c.securityContext?.capabilities?.add ?? []).filter((name: string) => name !== 'NET_BIND_SERVICE' && added.add(name)).length > 0);
  if (undropped.length > 0) details.push(`${listed(undropped)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) details.push(`${listed(adding)} must not include ${quoted([...added].sort())} in securityContext.capabilities.add`);
  return violation(details, 'unrestricted capabilities', details.join('; '));
}

function restrictedVolumes({ spec }: PodLike): Violation | undefined {
  const types = new Set<string>();
  const bad = names((spec.volumes ?? []).filter((volume: Any) => {
    const type = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
    return !VOLUMES.includes(type) && types.add(type);
  }));
  return violation(bad, 'restricted volume types', `${many('volume', bad)} ${quoted(bad)} ${bad.length === 1 ? 'uses' : 'use'} ${many('restricted volume type', [...types])} ${quoted([...types].sort())}`);
}

function appArmorProfile({ metadata }: PodLike): Violation | undefined {
  const bad = Object.entries(metadata.annotations ?? {})
    .filter(([key, value]) => key.startsWith('container.apparmor.security.beta.kubernetes.io/') && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort();
  return violation(bad, many('forbidden AppArmor profile', bad), bad.join(', '));
}

function seLinuxOptions(pod: PodLike): Violation | undefined {
  const types = new Set<string>();
  let user = false, role = false;
  return setters(pod, (s) => {
    const options = s?.seLinuxOptions;
    if (!options) return false;
    const typed = !['', 'container_t', 'container_init_t', 'container_kvm_t'].includes(options.type ?? '');
    if (typed) types.add(options.type);
    user ||= !!options.user;
    role ||= !!options.role;
    return typed || !!options.user || !!options.role;
  }, 'seLinuxOptions', (who) => {
    const what = [types.size > 0 ? `${many('type', [...types])} ${quoted([...types].sort())}` : '', user ? 'user may not be set' : '', role ? 'role may not be set' : ''].filter((text) => text !== '');
    return `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`;
  });
}

function badSeccomp(pod: PodLike): { violation: Violation | undefined; podSet: boolean } {
  const types = new Set<string>();
  const good = (type: string) => type === 'RuntimeDefault' || type === 'Localhost';
  const found = setters(pod, (s) => s?.seccompProfile !== undefined && !good(s.seccompProfile.type) && types.add(s.seccompProfile.type) !== undefined, 'seccompProfile', (who) => `${who} must not set securityContext.seccompProfile.type to ${quoted([...types].sort())}`);
  return { violation: found, podSet: good(pod.spec.securityContext?.seccompProfile?.type ?? '') };
}

/** Pod and containers whose security context says a wrong thing: `pod and container "a"`. */
function setters(pod: PodLike, wrong: (securityContext: Any) => boolean, reason: string, detail: (who: string) => string): Violation | undefined {
  const who = wrong(pod.spec.securityContext) ? ['pod'] : [];
  const bad = containers(pod, (c) => wrong(c.securityContext));
  if (bad.length > 0) who.push(listed(bad));
  return who.length > 0 ? { reason, detail: detail(who.join(' and ')) } : undefined;
}

function containers({ spec }: PodLike, wrong: (container: Any) => boolean): string[] {
  return names([...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])].filter(wrong));
}

const violation = (bad: unknown[], reason: string, detail: string): Violation | undefined => (bad.length > 0 ? { reason, detail } : undefined);
const names = (list: { name: string }[]) => list.map(({ name }) => name);
const quoted = (list: string[]) => (list.length === 0 ? '' : `"${list.join('", "')}"`);
const many = (word: string, list: unknown[]) => (list.length === 1 ? word : `${word}s`);
const listed = (list: string[]) => `${many('container', list)} ${quoted(list)}`;
