import { FileError } from '../../linux/files.ts';
import { httpListen } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';
import { ConnectionError, ApiError, core } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { builtVersion, type Component, endsOn, type Flags } from '../runtime/daemons.ts';
import { flag, klog } from '../runtime/klog.ts';
import { clientFor, inCluster, readKubeconfig } from '../runtime/kubeconfig.ts';
import { parseOnce } from '../runtime/yaml.ts';
import { IptablesBackend } from './iptables-backend.ts';
import { configOfFlags, type KubeProxyConfig, KubeProxyConfigError, MIN_SYNC, period, SYNC } from './config.ts';
import { localDetector } from './detect-local.ts';
import { type Backend, Proxier } from './proxier.ts';
import type { RuleOptions } from './rules.ts';
import { ServiceHealth } from './service-health.ts';

/** The process kube-proxy: reads its KubeProxyConfiguration, then keeps the node's rules while it lives. */
export const kubeProxy: Component = (process, flags = process) => {
  endsOn(process, ['TERM', 'INT'], 2);
  guarded(process, () => {
    const path = flag(flags, 'config');
    const config = path === undefined ? configOfFlags(flags) : ((parseOnce(process.fs.readFile(path)) ?? {}) as KubeProxyConfig);
    const mode = config.mode || 'iptables';
    if (mode === 'iptables') return run(process, flags, config, mode, (options) => new IptablesBackend(process, options, config.nodePortAddresses ?? [], config.iptables?.localhostNodePorts ?? true));
    if (mode !== 'ipvs') throw new KubeProxyConfigError(`failed validate: KubeProxyConfiguration.Mode.ProxyMode: Invalid value: "${mode}": must be iptables,ipvs or blank (blank means the best-available proxy [currently iptables])`);
    // Few clusters use it: it comes when it is asked for.
    const { tasks } = process.world;
    tasks.start(async () => {
      const { IpvsBackend } = await tasks.outside(import('./ipvs-backend.ts'));
      guarded(process, () => run(process, flags, config, mode, (options) => IpvsBackend.make(process, { ...options, nodePortAddresses: config.nodePortAddresses ?? [], scheduler: config.ipvs?.scheduler || 'rr', strictARP: config.ipvs?.strictARP ?? false }) ?? refuse("can't use the IPVS proxier: Ipvs not supported by the kernel")));
    }, (error) => process.world.defect(error, process));
  });
};

function refuse(message: string): never {
  throw new KubeProxyConfigError(message);
}

function guarded(process: Process, start: () => void): void {
  try {
    start();
  } catch (error) {
    if (!(error instanceof KubeProxyConfigError || error instanceof FileError || error instanceof ConnectionError || error instanceof ApiError || (error instanceof Error && 'errno' in error))) throw error;
    if (error instanceof KubeProxyConfigError) klog(process, 'E', 'server.go:554', `"Error running ProxyServer" err=${JSON.stringify(error.message)}`);
    klog(process, 'E', 'run.go:74', `"command failed" err=${JSON.stringify(error instanceof FileError ? `open ${error.path}: no such file or directory` : error.message)}`);
    process.exit(1);
  }
}

function run(process: Process, flags: Flags, config: KubeProxyConfig, mode: 'iptables' | 'ipvs', backend: (options: RuleOptions) => Backend): void {
  const node = flag(flags, 'hostname-override') || process.uts.hostname;
  const version = builtVersion(process, 'v1.28.15'), kubeconfig = flag(flags, 'kubeconfig');
  const client = clientFor(process, kubeconfig === undefined ? inCluster(process) : readKubeconfig(process, kubeconfig), `kube-proxy/${version}`);
  const say = (where: string, text: string) => klog(process, 'I', where, text);
  if (mode === 'iptables') say('server_others.go:69', '"Using iptables proxy"');
  const recorder = new EventRecorder(client, process.world.clock, process.world.rng.fork(`kube-proxy/${node}`), { component: 'kube-proxy', host: node });
  const self = client.find(core('nodes'), undefined, node), ip = self?.status?.addresses?.find((a: { type: string }) => a.type === 'InternalIP')?.address as string | undefined;
  say('server.go:1050', `"Successfully retrieved node IP(s)" IPs=["${ip ?? '127.0.0.1'}"]`);
  say('conntrack.go:58', '"Setting nf_conntrack_max" nfConntrackMax=131072');
  say('server.go:652', '"kube-proxy running in dual-stack mode" primary ipFamily="IPv4"');
  const detector = localDetector(config, self?.spec?.podCIDR, (text) => klog(process, 'W', 'server_others.go:384', text));
  const options = { detector, masqueradeAll: config.iptables?.masqueradeAll ?? false, nodeIP: ip };
  const proxier = new Proxier({ process, client, node, minSyncPeriod: period(config.iptables?.minSyncPeriod, MIN_SYNC), syncPeriod: period(config.iptables?.syncPeriod, SYNC), health: new ServiceHealth(process, recorder, node) }, backend(options));
  if (mode === 'iptables') {
    say('server_others.go:168', '"Using iptables Proxier"');
    say('proxier.go:251', '"Setting route_localnet=1 to allow node-ports on localhost; to change this either disable iptables.localhostNodePorts (--iptables-localhost-nodeports) or set nodePortAddresses (--nodeport-addresses) to filter loopback addresses"');
    if (config.iptables?.localhostNodePorts ?? true) process.net.set('net.ipv4.conf.all.route_localnet', '1');
  } else {
    say('server_others.go:218', '"Using ipvs Proxier"');
    if (!config.ipvs?.scheduler) for (const family of ['IPv4', 'IPv6']) say('proxier.go:411', `"IPVS scheduler not specified, use rr by default" ipFamily="${family}"`);
  }
  say('server.go:865', `"Version info" version="${version}"`);
  say('server.go:867', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""');
  httpListen(process, { ip: '::', port: 10256 }, (request, res) => {
    const ok = request.path === '/healthz';
    const now = goTime(process.now, process.startedAt), last = goTime(proxier.lastSynced, process.startedAt);
    res.send(ok ? 200 : 404, { 'Content-Type': ok ? 'application/json' : 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }, ok ? `{"lastUpdated": "${last}","currentTime": "${now}"}` : '404 page not found\n');
  });
  httpListen(process, { ip: '127.0.0.1', port: 10249 }, (request, res) => {
    const body = { '/proxyMode': mode, '/healthz': 'ok' }[request.path];
    res.send(body ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' }, body ?? '404 page not found\n');
  });
  for (const [where, kind] of [['config.go:188', 'service'], ['config.go:97', 'endpoint slice'], ['config.go:315', 'node']] as const) {
    say(where, `"Starting ${kind} config controller"`);
    say('shared_informer.go:311', `Waiting for caches to sync for ${kind} config`);
  }
  proxier.start();
  for (const kind of ['service', 'endpoint slice', 'node']) say('shared_informer.go:318', `Caches are synced for ${kind} config`);
  recorder.event({ kind: 'Node', name: node, uid: node }, 'Normal', 'Starting', '');
}

/** time.Time.String() of Go, with its monotonic reading: seconds since the process began. */
function goTime(at: number, start: number): string {
  const second = Math.floor(at / 1e6);
  return `${new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${String(at - second * 1e6).padStart(6, '0')}000 +0000 UTC m=+${((at - start) / 1e6).toFixed(6)}000`;
}
