import type { ApiStream } from '../../apiserver/http.ts';
import { ApiServer } from '../../apiserver/server.ts';
import { minorOf } from '../../api/scheme.ts';
import type { KubeletApi } from '../../apiserver/kubelet-api.ts';
import type { KubeObject } from '../../api/types.ts';
import { startControllerManager } from '../../controllers/manager.ts';
import type { Etcd } from '../../etcd/store.ts';
import { startScheduler } from '../../scheduler/scheduler.ts';
import { FileError } from '../../../linux/files.ts';
import { httpListen } from '../../../linux/net/http.ts';
import type { Certificate } from '../../../linux/net/tls.ts';
import type { Process } from '../../../linux/process.ts';
import { MINUTE, MS, SECOND } from '../../../sim/clock.ts';
import { parseGoDuration } from '../../kubelet/duration.ts';
import { listenApi } from '../api-endpoint.ts';
import { apiClient, serve } from '../connection.ts';
import { builtVersion, type Component, type Daemon, endsOn, type Flags } from '../daemons.ts';
import type { Image } from '../image.ts';
import { flag, klog } from '../klog.ts';
import { readKubeconfig, serviceAccount, userOf } from '../kubeconfig.ts';
import { certificatePem, fromBase64, readCertificate } from '../pki.ts';
import { callAggregated } from '../aggregated-server.ts';
import { callWebhook } from '../webhook-server.ts';
import { requestSubject } from '../certificate-request.ts';
import { withKnownFlags } from './checked-flags.ts';
import { etcd } from './etcd.ts';
import { idle } from './idle.ts';
import { etc } from './os.ts';
import { wires } from './wires.ts';

/** The control plane's own images: each component is a process that acts while it lives. */
const VERSION = 'v1.28.15';
const component = (name: string, size: number, version = VERSION): Image => ({ names: [`registry.k8s.io/${name}:${version}`], size, version, executables: { [`/usr/local/bin/${name}`]: name }, files: etc('debian'), entrypoint: [name], env: PATH });
const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** The image has a bash, linked statically, for its migration script: under the name sh, and nothing else. */
const ETCD = { '/usr/local/bin/etcd': 'etcd', '/usr/local/bin/etcdctl': 'etcdctl', '/bin/sh': 'bash' };

export const CONTROL_PLANE: Image[] = [
  component('kube-apiserver', 127_200_000), component('kube-controller-manager', 122_700_000), component('kube-scheduler', 60_100_000),
  { names: ['registry.k8s.io/etcd:3.5.15-0'], size: 148_000_000, version: '3.5.15', executables: ETCD, files: etc('debian'), entrypoint: ['etcd'], env: PATH },
  { names: ['registry.k8s.io/etcd:3.5.10-0'], size: 147_000_000, version: '3.5.10', executables: ETCD, files: etc('debian'), entrypoint: ['etcd'], env: PATH },
];

const ETCD_CONNECTIONS = 16;

/** Where --etcd-servers leads; undefined while nobody answers there. */
function etcdOf(process: Process, flags: Flags): Etcd | undefined {
  const { etcd: members } = wires(process.world);
  for (const url of (flag(flags, 'etcd-servers') ?? '').split(',')) {
    const address = url.replace(/^https?:\/\//, '');
    const member = members.get(`${process.machine.name}/${address}`) ?? members.get(address);
    if (member?.process.running) return member.store;
  }
  return undefined;
}

export const kubeApiserver: Component = (process, flags = process) => {
  const { clock, rng } = process.world;
  const advertise = flag(flags, 'advertise-address') ?? '127.0.0.1', port = Number(flag(flags, 'secure-port') ?? 6443);
  klog(process, 'I', 'options.go:220', `external host was not specified, using ${advertise}`);
  klog(process, 'I', 'server.go:148', `Version: ${builtVersion(process, VERSION)}`);
  endsOn(process, ['TERM', 'INT']);
  let tries = 0;
  const begin = () => {
    if (!process.running) return;
    const store = etcdOf(process, flags);
    if (!store) {
      if (++tries > 40) {
        klog(process, 'F', 'instance.go:290', 'Error creating leases: error creating storage factory: context deadline exceeded');
        return process.exit(1);
      }
      if (tries % 4 === 1) klog(process, 'W', 'logging.go:59', `[core] [Channel #1 SubChannel #2] grpc: addrConn.createTransport failed to connect to {Addr: "${(flag(flags, 'etcd-servers') ?? '').replace(/^https?:\/\//, '')}"}. Err: connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"`);
      clock.after(500 * MS, begin, { background: tries > 4 });
      return;
    }
    // gRPC connections, one for each resource's storage and its watch cache.
    for (let i = 0; i < ETCD_CONNECTIONS; i++) idle(process, (flag(flags, 'etcd-servers') ?? '').split(',')[0]!);
    const server = new ApiServer({ clock, rng: rng.fork(`apiserver/${process.machine.name}/${process.startedAt}`), etcd: store, advertiseAddress: advertise, port, nameEndings: wires(process.world).nameEndings, ...emulated(process, flags), identity: wires(process.world).identity, serviceCidr: flag(flags, 'service-cluster-ip-range')?.split(',')[0] ?? '10.96.0.0/12' });
    if (wantsPolicies(flags)) process.world.bring(() => import('../../apiserver/admission/policies/index.ts'), process, ({ enablePolicies }) => enablePolicies(server));
    server.callWebhook = callWebhook(process.world);
    server.aggregator.call = callAggregated(process.world);
    process.onExit(server.aggregator.start());
    server.nodeConnection = (node) => {
      const kubelet = wires(process.world).kubelets.get(node);
      if (!kubelet?.process.running) return undefined;
      return kubelet.process.stopped ? frozen(kubelet.api) : kubelet.api;
    };
    try {
      const own = certificateFile(process, flags, 'tls-cert-file'), clients = certificateFile(process, flags, 'client-ca-file');
      listenApi(process, server, { port, cn: own?.cn ?? process.machine.name, ca: own?.ca ?? process.machine.name, sans: own?.sans ?? [], clientCa: clients?.cn ?? '' });
    } catch (error) {
      if (error instanceof FileError) {
        klog(process, 'E', 'run.go:74', `"command failed" err="open ${error.path}: no such file or directory"`);
        return process.exit(1);
      }
      if (!(error instanceof Error && 'errno' in error)) throw error;
      klog(process, 'E', 'run.go:74', `"command failed" err="failed to create listener: failed to listen on 0.0.0.0:${port}: listen tcp 0.0.0.0:${port}: bind: address already in use"`);
      return process.exit(1);
    }
    serve(`${advertise}:${port}`, { process, transport: server });
    klog(process, 'I', 'secure_serving.go:213', `Serving securely on [::]:${port}`);
    process.onExit(() => server.stop());
  };
  clock.after(150 * MS, begin);
};

/** ValidatingAdmissionPolicy is beta and off in 1.28: its feature gate and its version of the API must both be asked for. */
function wantsPolicies(flags: Flags): boolean {
  const served = (flag(flags, 'runtime-config') ?? '').split(','), gates = (flag(flags, 'feature-gates') ?? '').split(',');
  return gates.some((g) => /^(ValidatingAdmissionPolicy|AllBeta)=true$/.test(g)) && served.some((s) => /^(admissionregistration\.k8s\.io\/v1beta1|api\/beta|api\/all)(=true)?$/.test(s));
}

/** A component that leads by a Lease: its HTTPS health port, its client, its end. */
function leader(process: Process, flags: Flags, name: string, port: number, start: (client: (user: string) => ReturnType<typeof apiClient>) => { stop(): void }): void {
  endsOn(process, ['TERM', 'INT'], 1);
  try {
    const access = readKubeconfig(process, flag(flags, 'kubeconfig') ?? `/etc/kubernetes/${name}.conf`);
    httpListen(process, { ip: flag(flags, 'bind-address') ?? '0.0.0.0', port, tls: { cn: `${process.machine.name}@1`, ca: `${process.machine.name}-ca@1`, sans: [process.machine.name, '127.0.0.1', 'localhost'] } }, (request, res) => {
      const ok = /^\/(healthz|livez|readyz)$/.test(request.path);
      res.send(ok ? 200 : 403, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-cache, private' }, ok ? 'ok' : `Forbidden`);
    });
    klog(process, 'I', 'serving.go:348', 'Generated self-signed cert in-memory');
    klog(process, 'I', 'server.go:154', `"Starting Kubernetes ${name === 'kube-scheduler' ? 'Scheduler' : 'Controller Manager'}" version="${builtVersion(process, VERSION)}"`);
    klog(process, 'I', 'secure_serving.go:213', `Serving securely on 127.0.0.1:${port}`);
    klog(process, 'I', 'leaderelection.go:250', `attempting to acquire leader lease kube-system/${name}...`);
    const running = start((user) => apiClient(process, access.server, user.startsWith('system:serviceaccount:') ? serviceAccount(user) : userOf(access.user.name, []), `${name}/${builtVersion(process, VERSION)}`));
    process.onExit(() => running.stop());
  } catch (error) {
    if (!(error instanceof FileError || (error instanceof Error && 'errno' in error))) throw error;
    klog(process, 'E', 'run.go:74', `"command failed" err="${error instanceof FileError ? `open ${error.path}: no such file or directory` : `failed to create listener: failed to listen on 127.0.0.1:${port}: bind: address already in use`}"`);
    process.exit(1);
  }
}

export const kubeControllerManager: Component = (process, flags = process) => {
  const grace = flag(flags, 'node-monitor-grace-period');
  leader(process, flags, 'kube-controller-manager', 10257, (client) => startControllerManager({
    client, bring: (load, then) => process.world.bring(load, process, then), clock: process.world.clock, rng: process.world.rng.fork(`controller-manager/${process.startedAt}`),
    leaderElection: { host: process.machine.name, lost: () => {
      klog(process, 'E', 'controllermanager.go:302', '"leaderelection lost"');
      process.exit(1);
    } },
    flags: {
      clusterCidr: flag(flags, 'cluster-cidr') ?? '10.244.0.0/16', serviceCidr: flag(flags, 'service-cluster-ip-range') ?? '10.96.0.0/12', rootCa: rootCa(process, flags), minor: minorOf(emulated(process, flags).gitVersion), sign: signer(process, flags),
      ...(grace ? { nodeMonitorGracePeriod: parseGoDuration(grace) } : {}),
    },
  }));
};

export const kubeScheduler: Component = (process, flags = process) => leader(process, flags, 'kube-scheduler', 10259, (client) => startScheduler({
  client, clock: process.world.clock, rng: process.world.rng.fork(`scheduler/${process.startedAt}`), host: process.machine.name, minor: minorOf(emulated(process, flags).gitVersion),
  log: { verbosity: Number(flag(flags, 'v') ?? 0), line: (where, text) => klog(process, 'I', where, text) },
  leaderElection: { lost: () => {
    klog(process, 'E', 'server.go:242', '"Leaderelection lost"');
    process.exit(1);
  } },
}));

/** The signers of kube-controller-manager: the cluster's CA says who the request's owner is, for a year (--cluster-signing-duration). */
function signer(process: Process, flags: Flags): (csr: KubeObject) => string {
  return (csr) => {
    const subject = requestSubject(fromBase64(csr.spec.request as string)) ?? [], { clock } = process.world;
    const all = (attribute: string) => subject.filter(([name]) => name === attribute).map(([, value]) => value);
    const from = Math.floor(clock.now / SECOND) * SECOND - 5 * MINUTE, seconds = (csr.spec.expirationSeconds as number | undefined) ?? 365 * 86_400;
    const organizations = all('O');
    return certificatePem({ cn: all('CN')[0] ?? '', ...(organizations.length ? { organizations } : {}), ca: readCertificate(rootCa(process, flags))?.cn ?? 'kubernetes', notBefore: from, notAfter: from + seconds * SECOND });
  };
}

/** A stopped kubelet: its kernel accepts the connection, nobody ever answers. */
function frozen(api: KubeletApi): KubeletApi {
  const silence = (): ApiStream => ({ status: 200, headers: {}, start: () => ({ send() {}, close() {} }) });
  return { ...api, containerLogs: silence, exec: silence, attach: silence, portForward: silence };
}

/** The version whose behaviour and answers a component has: its own, or an older one (--emulated-version, which real ones have since 1.31). */
function emulated(process: Process, flags: Flags): { gitVersion: string } {
  return { gitVersion: flag(flags, 'emulated-version') ?? builtVersion(process, VERSION) };
}

/** The certificate in the file that a flag names; undefined without the flag. Throws FileError. */
function certificateFile(process: Process, flags: Flags, name: string): Certificate | undefined {
  const path = flag(flags, name);
  return path === undefined ? undefined : readCertificate(process.fs.readFile(path));
}

function rootCa(process: Process, flags: Flags): string {
  const path = flag(flags, 'root-ca-file');
  return path && process.fs.exists(path) ? process.fs.readFile(path) : '';
}

export const CONTROL_PLANE_DAEMONS: Record<string, Daemon> = {
  etcd, 'kube-apiserver': withKnownFlags('kube-apiserver', kubeApiserver), 'kube-controller-manager': withKnownFlags('kube-controller-manager', kubeControllerManager), 'kube-scheduler': withKnownFlags('kube-scheduler', kubeScheduler),
};

