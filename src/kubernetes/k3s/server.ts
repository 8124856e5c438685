import type { Process } from '../../linux/process.ts';
import { logLine } from '../../linux/systemd.ts';
import { MS } from '../../sim/clock.ts';
import { runFlannel } from '../cni/flanneld.ts';
import { ApiError, ConnectionError, core } from '../client/client.ts';
import { kubeProxy } from '../kube-proxy/daemon.ts';
import { EVICTION_HARD } from '../kubelet/load-config.ts';
import { runKubelet } from '../kubelet/run.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { KubeletOptions } from '../kubelet/config.ts';
import { kubeApiserver, kubeControllerManager, kubeScheduler } from '../runtime/images/control-plane.ts';
import { openStore } from '../runtime/images/etcd.ts';
import { wires } from '../runtime/images/wires.ts';
import { clientFor, readKubeconfig } from '../runtime/kubeconfig.ts';
import { readCertificate } from '../runtime/pki.ts';
import type { Component } from '../runtime/daemons.ts';
import { writeTls } from './tls.ts';

const DATA = '/var/lib/rancher/k3s', TLS = `${DATA}/server/tls`;
/** kine: etcd's API over a SQLite file. */
const KINE = 'unix://kine.sock';

export interface K3sOptions {
  node: Omit<KubeletOptions, 'process' | 'client' | 'clusterDNS' | 'clusterDomain' | 'staticPodPath' | 'evictionHard'>;
  podCidr: string;
  serviceCidr: string;
  /** The Service kubernetes' own address. */
  apiAddress: string;
  dnsIP: string;
  /** Told of the kubelet once it runs. */
  kubelet(kubelet: Kubelet): void;
}

/**
 * `k3s server`: the control plane, the kubelet, kube-proxy and flannel in one process, each with the flags that k3s gives it
 * (pkg/daemons/control/server.go, pkg/daemons/agent). What they log goes to the journal of k3s.service.
 */
export function runK3sServer(process: Process, o: K3sOptions): void {
  const { node } = o, { fs } = process;
  const say = (text: string) => logLine(process, 'k3s.service', `time="${new Date(Math.floor(process.now / 1e6) * 1000).toISOString().replace('.000Z', 'Z')}" level=info msg="${text.replaceAll('"', '\\"')}"`);
  say(`Starting k3s ${node.version}`);
  if (!fs.exists('/etc/rancher/k3s/k3s.yaml')) writeTls(fs, { node: node.nodeName, ip: node.nodeIP, apiAddress: o.apiAddress, now: process.now });
  fs.mkdir(`${DATA}/server/db`, { parents: true });
  if (!fs.exists(`${DATA}/server/db/state.db`)) fs.writeFile(`${DATA}/server/db/state.db`, '');
  const store = openStore(process, `${DATA}/server/db`);
  store.unavailable = undefined;
  wires(process.world).etcd.set(`${process.machine.name}/${KINE}`, { process, store });
  process.onExit(() => {
    store.unavailable = 'context deadline exceeded';
  });
  say(`Kine available at ${KINE}`);
  const start = (name: string, component: Component, args: string[]) => {
    say(`Running ${name} ${args.join(' ')}`);
    component(process, { args });
  };
  start('kube-apiserver', kubeApiserver, [
    `--advertise-address=${node.nodeIP}`, '--advertise-port=6443', '--allow-privileged=true', '--anonymous-auth=false', '--api-audiences=https://kubernetes.default.svc.cluster.local,k3s', '--authorization-mode=Node,RBAC', `--client-ca-file=${TLS}/client-ca.crt`,
    '--enable-admission-plugins=NodeRestriction', '--enable-bootstrap-token-auth=true', `--etcd-servers=${KINE}`, '--secure-port=6443', '--service-account-issuer=https://kubernetes.default.svc.cluster.local', `--service-cluster-ip-range=${o.serviceCidr}`,
    '--service-node-port-range=30000-32767', '--storage-backend=etcd3', `--tls-cert-file=${TLS}/serving-kube-apiserver.crt`, `--tls-private-key-file=${TLS}/serving-kube-apiserver.key`,
  ]);
  start('kube-scheduler', kubeScheduler, ['--bind-address=127.0.0.1', `--kubeconfig=${DATA}/server/cred/scheduler.kubeconfig`, '--profiling=false', '--secure-port=10259']);
  start('kube-controller-manager', kubeControllerManager, [
    '--allocate-node-cidrs=true', '--bind-address=127.0.0.1', `--cluster-cidr=${o.podCidr}`, `--cluster-signing-cert-file=${TLS}/client-ca.crt`, '--controllers=*,tokencleaner', `--kubeconfig=${DATA}/server/cred/controller.kubeconfig`, '--profiling=false',
    `--root-ca-file=${TLS}/server-ca.crt`, '--secure-port=10257', `--service-cluster-ip-range=${o.serviceCidr}`, '--use-service-account-credentials=true',
  ]);
  agent(process, o, start);
}

/** What k3s runs on every node, once the API server answers. */
function agent(process: Process, o: K3sOptions, start: (name: string, component: Component, args: string[]) => void): void {
  const { clock } = process.world, { node } = o;
  const controller = clientFor(process, readKubeconfig(process, `${DATA}/agent/k3scontroller.kubeconfig`), 'k3s');
  const tryAgain = (action: () => boolean, done: () => void): void => {
    if (!process.running) return;
    let ok = false;
    try {
      ok = action();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    }
    if (ok) done();
    else clock.after(250 * MS, () => tryAgain(action, done), { background: true });
  };
  const begin = () => {
    const clientCa = readCertificate(process.fs.readFile(`${DATA}/agent/client-ca.crt`))?.cn ?? '';
    o.kubelet(runKubelet(process, { staticPodPath: `${DATA}/agent/pod-manifests`, clusterDNS: o.dnsIP, clusterDomain: 'cluster.local', evictionHard: EVICTION, access: readKubeconfig(process, `${DATA}/agent/kubelet.kubeconfig`), clientCa }, node));
    const here = () => controller.find(core('nodes'), undefined, node.nodeName);
    tryAgain(() => here()?.spec?.podCIDR !== undefined && here()?.status?.addresses !== undefined, () => {
      start('kube-proxy', kubeProxy, [`--cluster-cidr=${o.podCidr}`, '--conntrack-max-per-core=0', '--conntrack-tcp-timeout-close-wait=0s', '--conntrack-tcp-timeout-established=0s', '--healthz-bind-address=127.0.0.1', `--hostname-override=${node.nodeName}`, `--kubeconfig=${DATA}/agent/kubeproxy.kubeconfig`, '--proxy-mode=iptables']);
      writeFlannelConfig(process, o.podCidr);
      runFlannel(process, { client: controller, nodeName: node.nodeName, Network: o.podCidr, Backend: { Type: 'vxlan' }, iface: undefined });
    });
  };
  tryAgain(() => controller.list(core('namespaces')).items.some((n) => n.metadata.name === 'kube-system'), begin);
}

/** k3s: imagefs.available=5%,nodefs.available=5%; the rest is the kubelet's own. */
const EVICTION = { ...EVICTION_HARD, 'memory.available': '0', 'imagefs.available': '5%', 'nodefs.available': '5%' };

function writeFlannelConfig({ fs }: Process, Network: string): void {
  for (const dir of ['flannel', 'cni/net.d']) fs.mkdir(`${DATA}/agent/etc/${dir}`, { parents: true });
  fs.writeFile(`${DATA}/agent/etc/flannel/net-conf.json`, `{\n\t"Network": "${Network}",\n\t"EnableIPv6": false,\n\t"EnableIPv4": true,\n\t"IPv6Network": "::/0",\n\t"Backend": {\n\t"Type": "vxlan"\n}\n}\n`);
  fs.writeFile(`${DATA}/agent/etc/cni/net.d/10-flannel.conflist`, CONFLIST);
}

const CONFLIST = `{
  "name":"cbr0",
  "cniVersion":"1.0.0",
  "plugins":[
    {
      "type":"flannel",
      "delegate":{
        "hairpinMode":true,
        "forceAddress":true,
        "isDefaultGateway":true
      }
    },
    {
      "type":"portmap",
      "capabilities":{
        "portMappings":true
      }
    }
  ]
}
`;
