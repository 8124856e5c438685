import type { KubeObject } from '../../api/types.ts';
import { core } from '../../client/client.ts';
import { FileError } from '../../../linux/files.ts';
import { httpListen, type HttpResponder } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import { HOUR, type Micros, SECOND } from '../../../sim/clock.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { toBase64 } from '../../api/base64.ts';
import { certificatePem, privateKeyPem } from '../../runtime/pki.ts';
import { envoy } from './envoy.ts';
import { gatewayServer } from './gateway.ts';

const READY = '/tmp/shutdown-ready';
/** envoy-gateway waits that long at least, so that load balancers notice. */
const MIN_DRAIN = 10 * SECOND;

/** The program of the image envoyproxy/gateway, by its first words. */
const envoyGateway: Daemon = (process) => {
  const words = process.args.filter((a) => !a.startsWith('-')).join(' ');
  if (words === 'server') return gatewayServer(process);
  if (words === 'certgen') return certgen(process);
  if (words === 'envoy shutdown-manager') return shutdownManager(process);
  if (words === 'envoy shutdown') return shutdown(process);
  if (words === 'version') void process.out('ENVOY_GATEWAY_VERSION: v1.2.4\nENVOY_PROXY_VERSION: distroless-v1.32.2\nGATEWAYAPI_VERSION: v1.2.0\n');
  else if (words === '') void process.out('Envoy Gateway is an open source project for managing Envoy Proxy as a standalone or Kubernetes-based application gateway.\n\nUsage:\n  envoy-gateway [command]\n\nAvailable Commands:\n  certgen     Generate Control Plane Certificates\n  envoy       Envoy proxy management\n  help        Help about any command\n  server      Serve Envoy Gateway\n  version     Show versions\n');
  else {
    void process.err(`Error: unknown command ${JSON.stringify(process.args[0])} for "envoy-gateway"\nRun 'envoy-gateway --help' for usage.\n`);
    return process.exit(1);
  }
  process.exit(0);
};

/** The certificates between the control plane and its proxies, as Secrets; those that are there stay. */
function certgen(process: Process): void {
  const namespace = process.env['ENVOY_GATEWAY_NAMESPACE'] ?? 'envoy-gateway-system';
  try {
    const client = clientFor(process, inCluster(process), 'envoy-gateway/v1.2.4');
    for (const secret of certificates(namespace, process.now)) if (!client.find(core('secrets'), namespace, secret.metadata.name)) client.create(core('secrets'), secret);
    void process.out('generated certificates\n');
    process.exit(0);
  } catch (error) {
    if (!(error instanceof FileError || (error instanceof Error && ('status' in error || error.name === 'ConnectionError')))) throw error;
    void process.err(`Error: failed to output certificates: ${error.message}\n`);
    process.exit(1);
  }
}

/** The Secrets that certgen leaves. */
export function certificates(namespace: string, now: Micros): KubeObject[] {
  const ca = { cn: 'envoy-gateway', ca: 'envoy-gateway', notBefore: now - HOUR, notAfter: now + 5 * 365 * 24 * HOUR };
  return ['envoy-gateway', 'envoy', 'envoy-rate-limit'].map((name) => {
    const data = { 'ca.crt': certificatePem(ca), 'tls.crt': certificatePem({ ...ca, cn: name, sans: [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`] }), 'tls.key': privateKeyPem(`${namespace}/${name}`) };
    return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels: { 'control-plane': 'envoy-gateway' } }, type: 'kubernetes.io/tls', data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, toBase64(v)])) };
  });
}

/** Answers /shutdown/ready, which Envoy's preStop hook asks, when the drain is over. */
function shutdownManager(process: Process): void {
  const waiting = new Set<HttpResponder>();
  httpListen(process, { ip: '0.0.0.0', port: 19002 }, (request, res) => {
    if (request.path === '/healthz') return res.send(200, {}, '');
    if (request.path !== '/shutdown/ready') return res.send(404, { 'Content-Type': 'text/plain; charset=utf-8' }, '404 page not found\n');
    waiting.add(res);
    const ticking = process.world.clock.every(SECOND, () => {
      if (!process.fs.exists(READY)) return;
      ticking.cancel();
      waiting.delete(res);
      res.send(200, {}, '');
    });
  });
  void process.out(`${new Date(Math.floor(process.now / 1000)).toISOString()}\tINFO\tshutdown-manager\tenvoy/shutdown_manager.go:66\tstarting shutdown manager\n`);
  endsOn(process, ['TERM', 'INT']);
}

function shutdown(process: Process): void {
  process.world.clock.after(MIN_DRAIN, () => {
    if (!process.running) return;
    process.fs.writeFile(READY, '');
    process.exit(0);
  }, { background: true });
}

/** The programs of the addon's images. */
export const ENVOY_GATEWAY: Record<'envoy' | 'envoy-gateway', Daemon> = { envoy, 'envoy-gateway': envoyGateway };
