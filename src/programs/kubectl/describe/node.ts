import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { rfc1123, since } from '../duration.ts';
import { StatusError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { formatQuantity, parseQuantity, type QuantityFormat, formatOf } from '../quantity.ts';
import { annotations, events, labels, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

export async function node(w: Writer, n: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const { metadata, spec = {}, status = {} } = n;
  let pods: KubeObject[] | undefined;
  try {
    const all = await k.rest.get('/api/v1/pods', { fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Failed,status.phase!=Succeeded`, limit: 500 });
    pods = all['items'] as KubeObject[];
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Forbidden') throw error;
  }
  w.field('Name', metadata.name);
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, v]) => (key.startsWith('node-role.kubernetes.io/') ? [key.slice(24)] : key === 'kubernetes.io/role' && v ? [v] : [])).filter(Boolean);
  w.field('Roles', [...new Set(roles)].sort().join(',') || '<none>');
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('CreationTimestamp', rfc1123(metadata.creationTimestamp));
  taints(w, spec.taints);
  w.field('Unschedulable', spec.unschedulable === true);
  await lease(w, k, metadata.name);
  if (status.conditions?.length) {
    w.w(0, 'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n');
    w.w(1, '----\t------\t-----------------\t------------------\t------\t-------\n');
    for (const c of status.conditions) w.w(1, `${c.type} \t${c.status} \t${rfc1123(c.lastHeartbeatTime)} \t${rfc1123(c.lastTransitionTime)} \t${c.reason ?? ''} \t${c.message ?? ''}\n`);
  }
  w.w(0, 'Addresses:\n');
  for (const a of status.addresses ?? []) w.field(a.type, a.address, 1);
  for (const [title, amounts] of [['Capacity', status.capacity], ['Allocatable', status.allocatable]] as const) {
    if (Object.keys(amounts ?? {}).length === 0) continue;
    w.w(0, `${title}:\n`);
    for (const name of Object.keys(amounts).sort()) w.field(name, amounts[name], 1);
  }
  const info = status.nodeInfo ?? {};
  w.w(0, 'System Info:\n');
  for (const [title, field] of INFO) w.w(0, `  ${title}:\t${info[field] ?? ''}\n`);
  if (spec.podCIDR) w.field('PodCIDR', spec.podCIDR);
  if (spec.podCIDRs?.length) w.field('PodCIDRs', spec.podCIDRs.join(','));
  if (spec.providerID) w.field('ProviderID', spec.providerID);
  if (pods) resources(w, pods, status.allocatable ?? status.capacity ?? {});
  else w.field('Pods', 'not authorized');
  events(w, list);
}

const INFO: [string, string][] = [
  ['Machine ID', 'machineID'], ['System UUID', 'systemUUID'], ['Boot ID', 'bootID'], ['Kernel Version', 'kernelVersion'], ['OS Image', 'osImage'], ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'], ['Container Runtime Version', 'containerRuntimeVersion'], ['Kubelet Version', 'kubeletVersion'], ['Kube-Proxy Version', 'kubeProxyVersion'],
];

function taints(w: Writer, list: any[] | undefined): void {
  w.w(0, 'Taints:\t');
  if (!list?.length) return w.w(0, '<none>\n');
  const key = (t: any) => `${t.effect},${t.key}`;
  [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1)).forEach((t, i) => w.w(0, `${i === 0 ? '' : '\t'}${t.key}${t.value ? `=${t.value}` : ''}:${t.effect}\n`));
}

async function lease(w: Writer, k: Kubectl, name: string): Promise<void> {
  let l: KubeObject;
  try {
    l = await k.rest.get(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`);
  } catch (error) {
    return w.field('Lease', `Failed to get lease: ${(error as Error).message}`);
  }
  w.w(0, 'Lease:\n');
  w.field('HolderIdentity', l.spec?.holderIdentity ?? '<unset>', 1);
  w.field('AcquireTime', l.spec?.acquireTime ? rfc1123(l.spec.acquireTime) : '<unset>', 1);
  w.field('RenewTime', l.spec?.renewTime ? rfc1123(l.spec.renewTime) : '<unset>', 1);
}

interface Sum {
  value: number;
  format: QuantityFormat;
}
type Sums = Map<string, Sum>;

function add(to: Sums, name: string, text: string | number): void {
  const value = parseQuantity(String(text)) ?? 0, known = to.get(name);
  if (known) known.value += value;
  else to.set(name, { value, format: formatOf(String(text)) });
}
function max(to: Sums, from: Sums): void {
  for (const [name, sum] of from) if (!to.has(name) || to.get(name)!.value < sum.value) to.set(name, { ...sum });
}

/** resourcehelper.PodRequestsAndLimits */
function podAmounts(pod: KubeObject, kind: 'requests' | 'limits'): Sums {
  const total: Sums = new Map();
  for (const c of pod.spec.containers ?? []) for (const [name, q] of Object.entries(c.resources?.[kind] ?? {})) add(total, name, q as string);
  for (const c of pod.spec.initContainers ?? []) {
    const one: Sums = new Map();
    for (const [name, q] of Object.entries(c.resources?.[kind] ?? {})) add(one, name, q as string);
    max(total, one);
  }
  for (const [name, q] of Object.entries(pod.spec.overhead ?? {})) if (kind === 'requests' || total.has(name)) add(total, name, q as string);
  return total;
}

function resources(w: Writer, pods: KubeObject[], allocatable: Record<string, string>): void {
  const share = (sum: Sum | undefined, name: string) => {
    const all = parseQuantity(String(allocatable[name] ?? '0')) ?? 0;
    return `${sum ? formatQuantity(sum.value, sum.format) : '0'} (${all === 0 ? 0 : Math.trunc((Math.round((sum?.value ?? 0) * 1000) / Math.round(all * 1000)) * 100)}%)`;
  };
  w.field('Non-terminated Pods', `(${pods.length} in total)`);
  w.w(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n');
  w.w(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n');
  const requests: Sums = new Map(), limits: Sums = new Map();
  for (const p of pods) {
    const req = podAmounts(p, 'requests'), lim = podAmounts(p, 'limits');
    for (const [from, to] of [[req, requests], [lim, limits]] as const) for (const [name, sum] of from) {
      const known = to.get(name);
      if (known) known.value += sum.value;
      else to.set(name, { ...sum });
    }
    w.w(1, `${p.metadata.namespace}\t${p.metadata.name}\t\t${share(req.get('cpu'), 'cpu')}\t${share(lim.get('cpu'), 'cpu')}\t${share(req.get('memory'), 'memory')}\t${share(lim.get('memory'), 'memory')}\t${since(p.metadata.creationTimestamp, w.now)}\n`);
  }
  w.w(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n');
  w.w(1, 'Resource\tRequests\tLimits\n');
  w.w(1, '--------\t--------\t------\n');
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) w.w(1, `${name}\t${share(requests.get(name), name)}\t${share(limits.get(name), name)}\n`);
  for (const name of Object.keys(allocatable).sort()) {
    if (['cpu', 'memory', 'ephemeral-storage', 'pods'].includes(name)) continue;
    const text = (sums: Sums) => (sums.has(name) ? formatQuantity(sums.get(name)!.value, sums.get(name)!.format) : '0');
    w.w(1, `${name}\t${text(requests)}${name.startsWith('hugepages-') ? ' (0%)' : ''}\t${text(limits)}${name.startsWith('hugepages-') ? ' (0%)' : ''}\n`);
  }
}
