import { quantityFields } from '../quantity.ts';
import { GoLiteral } from '../field-errors.ts';
import { goIntOrString } from './rules.ts';
import type { Any } from './rules.ts';

/**
 * The server's internal structs that stand in messages, as `Field type`, in Go's order. A type without prefix is a string's kin; `&` is a
 * pointer, whose address no two processes share, so only nil is printed as the real one prints it.
 */
const STRUCTS: Record<string, string> = {
  'core.Toleration': 'Key Operator Value Effect TolerationSeconds:&int64',
  'core.Taint': 'Key Value Effect TimeAdded:time',
  'core.ServicePort': 'Name Protocol AppProtocol:&string Port:int TargetPort:intstr NodePort:int',
  'core.SeccompProfile': 'Type LocalhostProfile:&string',
  'core.SecurityContext': 'Capabilities:&core.Capabilities Privileged:&bool SELinuxOptions:&core.SELinuxOptions WindowsOptions:&core.WindowsSecurityContextOptions RunAsUser:&int64 RunAsGroup:&int64 RunAsNonRoot:&bool ReadOnlyRootFilesystem:&bool AllowPrivilegeEscalation:&bool ProcMount:&core.ProcMountType SeccompProfile:&core.SeccompProfile',
  'apps.StatefulSetUpdateStrategy': 'Type RollingUpdate:&apps.RollingUpdateStatefulSetStrategy',
  'apps.DaemonSetUpdateStrategy': 'Type RollingUpdate:&apps.RollingUpdateDaemonSet',
  'apps.DeploymentStrategy': 'Type RollingUpdate:&apps.RollingUpdateDeployment',
  'rbac.RoleRef': 'APIGroup Kind Name',
  'policy.PodDisruptionBudgetSpec': 'MinAvailable:&intstr.IntOrString Selector:&v1.LabelSelector MaxUnavailable:&intstr.IntOrString UnhealthyPodEvictionPolicy:&policy.UnhealthyPodEvictionPolicyType',
};
const JSON_NAMES: Record<string, string> = { SELinuxOptions: 'seLinuxOptions', APIGroup: 'apiGroup' };

/** Go's %#v of a struct that is given as its JSON. */
export function goStruct(type: string, value: Any): GoLiteral {
  const fields = STRUCTS[type]!.split(' ').map((field) => {
    const [name = '', kind = ''] = field.split(':');
    const v = value?.[JSON_NAMES[name] ?? `${name[0]!.toLowerCase()}${name.slice(1)}`];
    return `${name}:${print(kind, v)}`;
  });
  return new GoLiteral(`${type}{${fields.join(', ')}}`);
}

function print(kind: string, v: Any): string {
  if (kind === 'int') return String(v ?? 0);
  if (kind === 'intstr') return goIntOrString(v ?? 0).text;
  if (kind === 'time') return v == null ? '<nil>' : `time.Date(${new Date(v).toISOString().slice(0, 19).split(/[-T:]/).map(Number).join(', ')}, 0, time.UTC)`;
  if (kind.startsWith('&')) return `(*${kind.slice(1)})(${v === undefined || v === null ? 'nil' : address(kind, v)})`;
  return JSON.stringify(v ?? '');
}

/** Where Go's heap would have it: anywhere. */
function address(kind: string, v: Any): string {
  let hash = 7;
  for (const c of `${kind}${JSON.stringify(v)}`) hash = (hash * 31 + c.charCodeAt(0)) % 0xffffff;
  return `0xc00${(hash & ~7).toString(16).padStart(7, '0')}`;
}

/** Go's %#v of a resource.Quantity as it was read from `text`. */
export function goQuantity(text: string): GoLiteral {
  const { value, scale, s, format } = quantityFields(text);
  return new GoLiteral(`resource.Quantity{i:resource.int64Amount{value:${value}, scale:${scale}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:${JSON.stringify(s)}, Format:${JSON.stringify(format)}}`);
}
