import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { StatusError, isNotFound } from '../errors.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { toJson } from '../printers/json.ts';
import { toYaml } from '../yaml/emit.ts';

const SERVICES = { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true };

export async function run(k: Kubectl, { flags }: Command): Promise<void> {
  const host = k.access.server.replace(/\/$/, '');
  // go-colortext looks at TERM alone.
  const colour = !['', 'dumb', undefined].includes(k.process.env['TERM']);
  const say = (name: string, url: string) => k.out(colour ? `\x1b[0;32m${name}\x1b[0m is running at \x1b[0;33m${url}\x1b[0m\n` : `${name} is running at ${url}\n`);
  const list = await k.rest.get(pathOf(SERVICES, flags.changed('namespace') ? k.namespace : 'kube-system'), { labelSelector: 'kubernetes.io/cluster-service=true' });
  say('Kubernetes control plane', host);
  for (const s of list['items'] as KubeObject[]) {
    const name = s.metadata.labels?.['kubernetes.io/name'] || s.metadata.name;
    const ingress = s.status?.loadBalancer?.ingress?.[0];
    let url = (s.spec.ports ?? []).map((p: { port: number }) => `http://${ingress?.ip || ingress?.hostname}:${p.port}`).join(' ');
    if (!ingress) {
      const port = s.spec.ports[0];
      const target = `${port.port === 443 || port.name === 'https' ? 'https:' : ''}${s.metadata.name}${port.name ? `:${port.name}` : port.port === 443 ? ':' : ''}`;
      url = `${host}/api/v1/namespaces/${s.metadata.namespace}/services/${target}/proxy`;
    }
    say(name, url);
  }
  k.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
}

const DUMPED = [
  ['/api/v1', 'nodes'], ['/api/v1', 'events'], ['/api/v1', 'replicationcontrollers'], ['/api/v1', 'services'], ['/apis/apps/v1', 'daemonsets'], ['/apis/apps/v1', 'deployments'], ['/apis/apps/v1', 'replicasets'], ['/api/v1', 'pods'],
] as const;

/** kubectl cluster-info dump, to standard output or a directory. */
export async function dump(k: Kubectl, { flags }: Command): Promise<void> {
  const print = flags.string('output') === 'yaml' ? toYaml : toJson, extension = flags.string('output') === 'yaml' ? 'yaml' : 'json';
  const dir = flags.string('output-directory');
  const write = (path: string, text: string) => {
    if (!dir || dir === '-') return k.out(text);
    const full = `${dir}/${path}`;
    k.process.fs.mkdir(full.slice(0, full.lastIndexOf('/')), { cwd: k.process.cwd, parents: true });
    k.process.fs.writeFile(full, text, { cwd: k.process.cwd });
  };
  let namespaces = flags.list('namespaces');
  if (flags.bool('all-namespaces')) namespaces = ((await k.rest.get('/api/v1/namespaces'))['items'] as KubeObject[]).map((n) => n.metadata.name);
  else if (namespaces.length === 0) namespaces = ['kube-system', k.namespace];
  write(`nodes.${extension}`, print(await k.rest.get('/api/v1/nodes')));
  for (const ns of namespaces) {
    for (const [base, resource] of DUMPED) if (resource !== 'nodes') {
      const list = await k.rest.get(`${base}/namespaces/${ns}/${resource}`);
      write(`${ns}/${resource}.${extension}`, print(list));
      if (resource === 'pods') for (const pod of list['items'] as KubeObject[]) for (const c of pod.spec.containers) await podLog(k, pod, c.name, write);
    }
  }
  if (dir && dir !== '-') k.out(`Cluster info dumped to ${dir}\n`);
}

async function podLog(k: Kubectl, pod: KubeObject, container: string, write: (path: string, text: string) => void): Promise<void> {
  const { name, namespace } = pod.metadata;
  let text: string;
  try {
    text = await k.rest.text('GET', `/api/v1/namespaces/${namespace}/pods/${name}/log`, { query: { container } });
  } catch (error) {
    if (!(error instanceof StatusError) && !isNotFound(error)) throw error;
    text = `Create log request error: ${(error as Error).message}\n`;
  }
  write(`${namespace}/${name}/logs.txt`, `==== START logs for container ${container} of pod ${namespace}/${name} ====\n${text}==== END logs for container ${container} of pod ${namespace}/${name} ====\n`);
}
