import { httpListen } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';
import { wires } from '../runtime/images/wires.ts';
import { clientFor } from '../runtime/kubeconfig.ts';
import type { KubeletOptions } from './config.ts';
import { Kubelet } from './kubelet.ts';
import type { LoadedConfig } from './load-config.ts';
import { ensureNodeRules } from './node-rules.ts';
import { KubeletServer } from './server.ts';

/** A kubelet that acts while `process` lives: its ports, the node's rules, its Pods. */
export function runKubelet(process: Process, config: LoadedConfig, node: Omit<KubeletOptions, 'process' | 'client' | 'clusterDNS' | 'clusterDomain' | 'staticPodPath' | 'evictionHard'>): Kubelet {
  const { staticPodPath, clusterDNS = '', clusterDomain = '', evictionHard, access, clientCa } = config;
  const kubelet = new Kubelet({ ...node, staticPodPath, clusterDNS, clusterDomain, evictionHard, process, client: clientFor(process, access, `kubelet/${node.version}`) });
  const server = new KubeletServer(kubelet);
  listen(process, server, node.nodeName, clientCa);
  wires(process.world).kubelets.set(node.nodeName, { process, api: server });
  ensureNodeRules(process.machine.net, node.version);
  kubelet.start();
  return kubelet;
}

function listen(process: Process, server: KubeletServer, node: string, clientCa: string): void {
  httpListen(process, { ip: '127.0.0.1', port: 10248 }, (request, res) => res.send(request.path === '/healthz' ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' }, request.path === '/healthz' ? 'ok' : '404 page not found\n'));
  httpListen(process, { ip: '::', port: 10250, tls: { cn: `${node}@1`, ca: `${node}-ca@1`, sans: [node], requestCert: true } }, (request, res) => {
    if (request.tls?.peer?.ca !== clientCa) return res.send(401, { 'Content-Type': 'text/plain; charset=utf-8' }, 'Unauthorized');
    const answer = server.http(request.method, request.path);
    res.send(answer.status, { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' }, typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
}
