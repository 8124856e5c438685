import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { parseQuantity } from '../quantity.ts';
import { TabWriter } from '../tabwriter.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const METRICS = '/apis/metrics.k8s.io/v1beta1';

async function needMetrics(k: Kubectl): Promise<void> {
  const has = async () => (await k.discovery.groups()).some((g) => g.name === 'metrics.k8s.io' && g.versions.includes('v1beta1'));
  if (!(await has()) && !(k.discovery.invalidate() && (await has()))) throw new KubectlError('Metrics API not available');
}

const cpu = (text: string) => `${Math.ceil((parseQuantity(text) ?? 0) * 1000)}m`;
const memory = (text: string) => `${Math.floor((parseQuantity(text) ?? 0) / 2 ** 20)}Mi`;

export async function node(k: Kubectl, { args, flags }: Command): Promise<void> {
  if (args.length > 1) throw new KubectlError(`unexpected arguments: [${args.slice(1).join(' ')}]`);
  const sortBy = checkSort(flags.string('sort-by'));
  await needMetrics(k);
  const items = args[0] ? [await k.rest.get(`${METRICS}/nodes/${args[0]}`)] : ((await k.rest.get(`${METRICS}/nodes`, { labelSelector: flags.string('selector') }))['items'] as KubeObject[]);
  if (items.length === 0) throw new KubectlError('metrics not available yet');
  const nodes = args[0] ? [await k.rest.get(`/api/v1/nodes/${args[0]}`)] : ((await k.rest.get('/api/v1/nodes', { labelSelector: flags.string('selector') }))['items'] as KubeObject[]);
  const w = new TabWriter((text) => k.out(text), { min: 6, padding: 3 });
  if (!flags.bool('no-headers')) w.write('NAME\tCPU(cores)\tCPU%\tMEMORY(bytes)\tMEMORY%\n');
  order(items, sortBy, (m) => m['usage']);
  for (const m of items) {
    const n = nodes.find((x) => x.metadata.name === m.metadata.name);
    const total = n?.status?.[flags.bool('show-capacity') ? 'capacity' : 'allocatable'] ?? {};
    const share = (name: string) => `${Math.floor(((parseQuantity(m['usage'][name]) ?? 0) / (parseQuantity(String(total[name] ?? '0')) || 1)) * 100)}%`;
    w.write(`${m.metadata.name}\t${cpu(m['usage'].cpu)}\t${share('cpu')}\t${memory(m['usage'].memory)}\t${share('memory')}\n`);
  }
  for (const n of nodes) if (!items.some((m) => m.metadata.name === n.metadata.name)) w.write(`${n.metadata.name}\t<unknown>\t<unknown>\t<unknown>\t<unknown>\n`);
  w.flush();
}

export async function pod(k: Kubectl, { args, flags }: Command): Promise<void> {
  if (args.length > 1) throw new KubectlError(`unexpected arguments: [${args.slice(1).join(' ')}]`);
  const sortBy = checkSort(flags.string('sort-by')), all = flags.bool('all-namespaces');
  await needMetrics(k);
  const base = all ? METRICS : `${METRICS}/namespaces/${k.namespace}`;
  let items: KubeObject[];
  try {
    items = args[0] ? [await k.rest.get(`${base}/pods/${args[0]}`)] : ((await k.rest.get(`${base}/pods`, { labelSelector: flags.string('selector'), fieldSelector: flags.string('field-selector') }))['items'] as KubeObject[]);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw error;
  }
  if (items.length === 0) {
    const pods = (await k.rest.get(all ? '/api/v1/pods' : `/api/v1/namespaces/${k.namespace}/pods`, { labelSelector: flags.string('selector') }))['items'] as KubeObject[];
    if (pods.length > 0) throw new KubectlError('metrics not available yet');
    return k.err(all ? 'No resources found\n' : `No resources found in ${k.namespace} namespace.\n`);
  }
  const perContainer = flags.bool('containers');
  const w = new TabWriter((text) => k.out(text), { min: 6, padding: 3 });
  if (!flags.bool('no-headers')) w.write(`${all ? 'NAMESPACE\t' : ''}${perContainer ? 'POD\t' : ''}NAME\tCPU(cores)\tMEMORY(bytes)\n`);
  const sum = (m: KubeObject, name: string) => (m['containers'] as any[]).reduce((n, c) => n + (parseQuantity(c.usage[name]) ?? 0), 0) as number;
  order(items, sortBy, (m) => ({ cpu: String(sum(m, 'cpu')), memory: String(sum(m, 'memory')) }));
  for (const m of items) {
    const ns = all ? `${m.metadata.namespace}\t` : '';
    if (perContainer) for (const c of m['containers'] as any[]) w.write(`${ns}${m.metadata.name}\t${c.name}\t${cpu(c.usage.cpu)}\t${memory(c.usage.memory)}\n`);
    else w.write(`${ns}${m.metadata.name}\t${Math.ceil(sum(m, 'cpu') * 1000)}m\t${Math.floor(sum(m, 'memory') / 2 ** 20)}Mi\n`);
  }
  w.flush();
}

function checkSort(by: string): string {
  if (by && by !== 'cpu' && by !== 'memory') throw new KubectlError('--sort-by accepts only cpu or memory');
  return by;
}

function order(items: KubeObject[], by: string, usage: (m: KubeObject) => Record<string, string>): void {
  items.sort((a, b) => (by ? (parseQuantity(usage(b)[by]!) ?? 0) - (parseQuantity(usage(a)[by]!) ?? 0) : `${a.metadata.namespace}/${a.metadata.name}` < `${b.metadata.namespace}/${b.metadata.name}` ? -1 : 1));
}
