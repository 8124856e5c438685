import { FileError } from '../../../linux/files.ts';
import { httpFetch } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import { SECOND } from '../../../sim/clock.ts';
import { ApiError, ConnectionError, core } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { toBase64 } from '../../api/base64.ts';
import { CALICO_VERSION } from '../manifests/calico.ts';
import { type Plugin, registerPlugins } from '../plugins/index.ts';
import { typed } from '../program.ts';
import { releaseNode } from './ipam.ts';
import { info } from './log.ts';
import { calicoStart } from './node.ts';
import { calicoIpam, calicoPlugin } from './plugin.ts';

export const CALICO_PLUGINS: Record<string, Plugin> = {
  'cni-calico': { main: calicoPlugin, about: `Calico CNI plugin ${CALICO_VERSION}` }, 'cni-calico-ipam': { main: calicoIpam, about: `Calico CNI IPAM ${CALICO_VERSION}` },
};
// The runtime runs plugins at once, so they are there before install-cni puts their executables on a node.
registerPlugins(CALICO_PLUGINS);

/** /opt/cni/bin/install of calico/cni (cni-plugin/pkg/install): executables, a kubeconfig and the configuration, onto the node. */
const install: Daemon = (process) => {
  const { env, fs } = process, say = (text: string) => info(process, 'cni-installer/<nil>', 0, text);
  try {
    const client = clientFor(process, inCluster(process), 'calico-cni-install');
    say('Running as a Kubernetes pod');
    for (const name of fs.readdir('/opt/cni/bin').filter((n) => n !== 'install')) {
      const inode = fs.stat(`/opt/cni/bin/${name}`);
      if (inode.kind !== 'file') continue;
      fs.writeFile(`/host/opt/cni/bin/${name}`, '', { mode: 0o755, ...(inode.program ? { program: inode.program } : {}) });
      say(`Installed /host/opt/cni/bin/${name}`);
    }
    say('Wrote Calico CNI binaries to /host/opt/cni/bin');
    say(`CNI plugin version: ${CALICO_VERSION}`);
    const token = client.create(core('serviceaccounts'), { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '', namespace: 'kube-system' }, spec: { audiences: [], expirationSeconds: 86400 } }, { name: 'calico-cni-plugin', subresource: 'token' }).status.token as string;
    const ca = fs.readFile('/var/run/secrets/kubernetes.io/serviceaccount/ca.crt');
    fs.writeFile('/host/etc/cni/net.d/calico-kubeconfig', `# Kubeconfig file for Calico CNI plugin. Installed by calico/node.\napiVersion: v1\nkind: Config\nclusters:\n- name: local\n  cluster:\n    server: https://${env['KUBERNETES_SERVICE_HOST'] ?? '10.96.0.1'}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}\n    certificate-authority-data: "${toBase64(ca)}"\nusers:\n- name: calico\n  user:\n    token: ${token}\ncontexts:\n- name: calico-context\n  context:\n    cluster: local\n    user: calico\ncurrent-context: calico-context\n`, { mode: 0o600 });
    say('Using CNI config template from CNI_NETWORK_CONFIG environment variable.');
    const file = `/host/etc/cni/net.d/${env['CNI_CONF_NAME'] ?? '10-calico.conflist'}`;
    const config = (env['CNI_NETWORK_CONFIG'] ?? '').replaceAll('__KUBERNETES_NODE_NAME__', env['KUBERNETES_NODE_NAME'] ?? process.uts.hostname).replaceAll('__CNI_MTU__', env['CNI_MTU'] ?? '0').replaceAll('__KUBECONFIG_FILEPATH__', '/etc/cni/net.d/calico-kubeconfig');
    fs.writeFile(file, `${config}\n`);
    say(`Created ${file}`);
    say(`Done configuring CNI.  Sleep= ${env['SLEEP'] ?? 'true'}`);
    if (env['SLEEP'] === 'false') process.exit(0);
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    info(process, 'cni-installer/<nil>', 0, `Unable to create token for CNI kubeconfig error=${error.message}`, 'ERROR');
    process.exit(1);
  }
};

/** calico-ipam -upgrade: takes over addresses that host-local gave; nothing to do where there are none of its network. */
const upgradeIpam: Daemon = (process) => {
  info(process, 'ipam_plugin.go', 75, 'migrating from host-local to calico-ipam...');
  info(process, 'migrate.go', 66, 'checking host-local IPAM data dir dir existence...');
  const found = process.fs.find('/var/lib/cni/networks/k8s-pod-network');
  info(process, 'migrate.go', 68, found ? 'host-local IPAM data dir found' : 'host-local IPAM data dir not found; no migration necessary, successfully exiting...');
  info(process, 'ipam_plugin.go', 105, 'migration from host-local to calico-ipam complete node="' + (process.env['KUBERNETES_NODE_NAME'] ?? '') + '"');
  process.exit(0);
};

/** /bin/calico-node by itself: -init, the checks of the probes, -shutdown. */
const calicoNode: Daemon = (process) => {
  const { args } = process;
  if (args.includes('-v')) {
    void process.out(`${CALICO_VERSION}\n`);
    return process.exit(0);
  }
  const check = args.find((a) => a === '-felix-ready' || a === '-felix-live');
  if (!check) return process.exit(0);
  const path = check === '-felix-ready' ? 'readiness' : 'liveness', word = check === '-felix-ready' ? 'ready' : 'live';
  const fail = (why: string) => {
    void process.err(`calico/node is not ${word}: ${why}\n`);
    process.exit(1);
  };
  httpFetch(process, { url: `http://127.0.0.1:9099/${path}`, timeout: 10 * SECOND }, (error, response) => {
    if (error) return fail(`Felix is not ${word}: Get "http://localhost:9099/${path}": dial tcp 127.0.0.1:9099: connect: connection refused`);
    if (response!.status >= 300) return fail(`felix is not ${word}: readiness probe reporting ${response!.status}`);
    const bird = args.some((a) => a === '-bird-ready' || a === '-bird-live') && process.env['CALICO_NETWORKING_BACKEND'] === 'bird' && !process.pids.processes().some((p) => p.comm === 'bird');
    if (bird) return fail(`BIRD is not ${word}: Failed to stat() nodename file: BIRD is not running`);
    process.exit(0);
  });
};

/** calico/kube-controllers with its node controller: what a deleted node had of the pools is given back. */
const kubeControllers: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  try {
    const client = clientFor(process, inCluster(process), `calico-kube-controllers/${CALICO_VERSION}`);
    info(process, 'main.go', 107, 'Loaded configuration from environment config=&config.Config{LogLevel:"info", WorkloadEndpointWorkers:1, ProfileWorkers:1, PolicyWorkers:1, NodeWorkers:1, Kubeconfig:"", DatastoreType:"kubernetes"}');
    info(process, 'main.go', 131, 'Ensuring Calico datastore is initialized');
    const nodes = new Informer(client, process.world.clock, core('nodes')).on({ delete: (node) => releaseNode(client, node.metadata.name) });
    info(process, 'main.go', 248, 'Starting controller ControllerType="Node"');
    nodes.start();
    process.fs.mkdir('/status', { parents: true });
    process.fs.writeFile('/status/status.json', '{"Readiness":{"CalicoDatastore":{"Ready":true,"Reason":""},"KubeAPIServer":{"Ready":true,"Reason":""}}}');
    process.onExit(() => nodes.stop());
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    info(process, 'main.go', 145, `Failed to initialize Calico datastore error=${error.message}`, 'ERROR');
    process.exit(1);
  }
};

const checkStatus: Daemon = (process) => {
  const ready = readStatus(process);
  if (ready !== undefined) {
    void process.out(ready);
    return process.exit(ready === 'Ready' ? 0 : 1);
  }
  void process.out('Failed to read status file /status/status.json: unexpected end of JSON input');
  process.exit(1);
};

function readStatus({ fs }: Process): string | undefined {
  if (!fs.exists('/status/status.json')) return undefined;
  const { Readiness } = JSON.parse(fs.readFile('/status/status.json')) as { Readiness: Record<string, { Ready: boolean; Reason: string }> };
  return Object.values(Readiness).find((r) => !r.Ready)?.Reason ?? 'Ready';
}


/** A plugin's executable outside the runtime's calls: typed, or `calico-ipam -upgrade` of the init container. */
const plugin = (name: string): Daemon => (process) => {
  if (process.args.includes('-upgrade')) upgradeIpam(process);
  else process.machine.run(process, typed(CALICO_PLUGINS[name]!));
};

/** By the names of their programs. */
export const CALICO_DAEMONS: Record<string, Daemon> = {
  'calico-start': calicoStart, 'calico-node': calicoNode, 'calico-install': install, 'calico-kube-controllers': kubeControllers, 'calico-check-status': checkStatus, 'cni-calico': plugin('cni-calico'), 'cni-calico-ipam': plugin('cni-calico-ipam'),
};
