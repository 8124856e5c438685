import type { KubeObject } from '../../kubernetes/api/types.ts';
import { core } from '../../kubernetes/client/client.ts';
import type { Process } from '../../linux/process.ts';
import { exitDueTo, step, table } from './output.ts';
import type { Profile } from './profile.ts';

const SERVICES = core('services');

/** `minikube service NAME [--url]`, `minikube service list`. */
export async function service(p: Process, args: string[], profile: Profile): Promise<number> {
  const client = profile.client(), names = args.filter((a, i) => !a.startsWith('-') && !/^(-n|--namespace)$/.test(args[i - 1] ?? '')), at = args.findIndex((a) => a === '-n' || a.startsWith('--namespace'));
  const namespace = at < 0 ? 'default' : args[at]!.includes('=') ? args[at]!.split('=')[1]! : (args[at + 1] ?? 'default');
  if (!client) return exitDueTo(p, 'GUEST_STATUS', 'apiserver is not running', 80);
  const urls = (s: KubeObject) => (s.spec.ports as { nodePort?: number }[]).filter((port) => port.nodePort).map((port) => `http://${profile.node!.ip}:${port.nodePort}`);
  const port = (x: { name?: string; port: number }) => (x.name ? `${x.name}/${x.port}` : String(x.port));
  if (names[0] === 'list') {
    const rows = client.list(SERVICES).items.map((s) => [s.metadata.namespace!, s.metadata.name, urls(s).length ? s.spec.ports.map(port).join('\n') : 'No node port', urls(s).join('\n')]);
    await p.out(table(['NAMESPACE', 'NAME', 'TARGET PORT', 'URL'], rows, [2]));
    return 0;
  }
  if (names[0] === undefined) return exitDueTo(p, 'MK_USAGE', 'You must specify a service name', 64);
  const found = client.find(SERVICES, namespace, names[0]);
  if (!found) return exitDueTo(p, 'SVC_NOT_FOUND', `Service '${names[0]}' was not found in '${namespace}' namespace.\nYou may select another namespace by using 'minikube service ${names[0]} -n <namespace>'. Or list out all the services using 'minikube service list'`, 115);
  const list = urls(found);
  if (args.includes('--url')) {
    if (list.length === 0) {
      await step(p, '😿', `service ${namespace}/${names[0]} has no node port`);
      return 0;
    }
    await p.out(list.map((u) => `${u}\n`).join(''));
    return 0;
  }
  await p.out(table(['NAMESPACE', 'NAME', 'TARGET PORT', 'URL'], [[namespace, names[0], list.length ? found.spec.ports.map(port).join('\n') : 'No node port', list.join('\n')]], [2]));
  if (list.length === 0) await step(p, '😿', `service ${namespace}/${names[0]} has no node port`);
  for (const url of list) await step(p, '👉', url);
  return 0;
}

/** `minikube tunnel`: while it runs, a route to the Services' range over the node, and each LoadBalancer has its own ClusterIP as external address. */
export async function tunnel(p: Process, _: string[], profile: Profile): Promise<number> {
  const { net } = p.machine, range = '10.96.0.0/12', { node } = profile;
  net.replaceRoute({ dst: range, via: node!.ip });
  const told = new Set<string>();
  const publish = (given: boolean) => {
    const client = profile.client();
    for (const s of client?.list(SERVICES).items ?? []) {
      const wanted = given ? [{ ip: s.spec.clusterIP as string }] : [];
      if (s.spec.type !== 'LoadBalancer' || (s.status?.loadBalancer?.ingress?.length ?? 0) === wanted.length) continue;
      client!.patch(SERVICES, s.metadata.namespace, s.metadata.name, 'merge', { status: { loadBalancer: { ingress: given ? wanted : null } } }, 'status');
      told.add(s.metadata.name);
    }
  };
  let ended = false;
  const restore = [p.onSignal('INT', () => (ended = true)), p.onSignal('TERM', () => (ended = true))];
  let last = '';
  while (!ended) {
    publish(true);
    const report = `Status:\t\n\tmachine: ${profile.name}\n\tpid: ${p.pid}\n\troute: ${range} -> ${node!.ip}\n\tminikube: ${profile.running ? 'Running' : 'Stopped'}\n\tservices: [${[...told].join(', ')}]\n    errors: \n\t\tminikube: no errors\n\t\trouter: no errors\n\t\tloadbalancer emulator: no errors\n`;
    if (report !== last) await p.out(report);
    last = report;
    await p.sleep(1_000_000);
  }
  for (const r of restore) r();
  publish(false);
  net.delRoute({ dst: range, via: node!.ip });
  return 0;
}
