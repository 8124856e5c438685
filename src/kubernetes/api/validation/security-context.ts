import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { goStruct } from './go-struct.ts';
import { type Any, descendingPath, each, oneOf, userId } from './rules.ts';

/** ValidateSecurityContext and validatePodSpecSecurityContext. */

export function validateContainerSecurity(sc: Any, at: string): FieldError[] {
  if (!sc) return [];
  const out = [...userId(sc.runAsUser, `${at}.runAsUser`), ...userId(sc.runAsGroup, `${at}.runAsGroup`)];
  if (sc.procMount !== undefined && !['Default', 'Unmasked'].includes(sc.procMount)) out.push(notSupported(`${at}.procMount`, sc.procMount, ['Default', 'Unmasked']));
  out.push(...seccompProfile(sc.seccompProfile, `${at}.seccompProfile`));
  if (sc.allowPrivilegeEscalation === false) {
    const whole = () => goStruct('core.SecurityContext', sc);
    if (sc.privileged) out.push(invalidValue(at, whole(), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    if (sc.capabilities?.add?.includes('CAP_SYS_ADMIN')) out.push(invalidValue(at, whole(), 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
  return out;
}

export function validatePodSecurity(spec: Any, at: string): FieldError[] {
  const sc = spec.securityContext;
  if (!sc) return [];
  const out = [...userId(sc.fsGroup, `${at}.fsGroup`), ...userId(sc.runAsUser, `${at}.runAsUser`), ...userId(sc.runAsGroup, `${at}.runAsGroup`), ...each(sc.supplementalGroups, `${at}.supplementalGroups`, userId)];
  if (spec.shareProcessNamespace && spec.hostPID) out.push(invalidValue(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  const names = new Set<string>();
  out.push(...each(sc.sysctls, `${at}.sysctls`, ({ name = '' }, path) => {
    const twice = names.has(name);
    names.add(name);
    if (!name) return [requiredValue(`${path}.name`)];
    if (name.length > 253 || !SYSCTL.test(name)) return [invalidValue(`${path}.name`, name, `must have at most 253 characters and match regex ${SYSCTL.source.replaceAll('\\/', '/')}`)];
    return twice ? [duplicateValue(`${path}.name`, name)] : [];
  }));
  if (sc.fsGroupChangePolicy !== undefined) out.push(...oneOf(sc.fsGroupChangePolicy, `${at}.fsGroupChangePolicy`, ['Always', 'OnRootMismatch']));
  return [...out, ...seccompProfile(sc.seccompProfile, `${at}.seccompProfile`)];
}

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = new RegExp(`^(${SEGMENT}[\\./])*${SEGMENT}$`);

function seccompProfile(profile: Any, at: string): FieldError[] {
  if (!profile) return [];
  const out: FieldError[] = [], types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  if (!profile.type) out.push(requiredValue(`${at}.type`, 'type is required when seccompProfile is set'));
  else if (!types.includes(profile.type)) out.push(notSupported(`${at}.type`, profile.type, types));
  if (profile.type !== 'Localhost') return profile.localhostProfile === undefined ? out : [...out, invalidValue(`${at}.localhostProfile`, goStruct('core.SeccompProfile', profile), 'can only be set when seccomp type is Localhost')];
  if (profile.localhostProfile === undefined) out.push(requiredValue(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost'));
  else out.push(...descendingPath(profile.localhostProfile, `${at}.localhostProfile`));
  return out;
}

/** validateLinux, validateWindows and validateOS: what the other system's pods have. */
export function validateOs(spec: Any, at: string): FieldError[] {
  const name = spec.os?.name;
  if (spec.os === undefined) return [];
  if (!name) return [requiredValue(`${at}.os.name`)];
  if (name !== 'linux' && name !== 'windows') return [notSupported(`${at}.os`, name, ['linux', 'windows'])];
  if (name !== 'linux') return [];
  const of = (list: Any[] | undefined, field: string) => each(list, `${at}.${field}`, (c, path) => (c.securityContext?.windowsOptions ? [forbiddenValue(`${path}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod')] : []));
  return [...(spec.securityContext?.windowsOptions ? [forbiddenValue(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod')] : []), ...of(spec.initContainers, 'initContainers'), ...of(spec.containers, 'containers')];
}
