import { coredns } from '../../addons/coredns/daemon.ts';
import { flanneld } from '../../cni/flanneld.ts';
import { kubeProxy } from '../../kube-proxy/daemon.ts';
import { FileError } from '../../../linux/files.ts';
import type { Daemon, DaemonEntry } from '../daemons.ts';
import type { Image } from '../image.ts';
import { ALPINE, etc, MERGED_USR, NETWORK_TOOLS } from './os.ts';

/** Images of what every cluster runs on its nodes: kube-proxy, flannel, CoreDNS. */
const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const { '/usr/sbin/iptables': iptables, '/usr/sbin/iptables-save': iptablesSave, '/usr/sbin/iptables-restore': iptablesRestore, '/usr/sbin/conntrack': conntrack, '/usr/sbin/ip': ip } = NETWORK_TOOLS;

export const CLUSTER: Image[] = [
  { names: ['registry.k8s.io/kube-proxy:v1.28.15'], size: 74_700_000, version: 'v1.28.15', executables: { '/usr/local/bin/kube-proxy': 'kube-proxy', '/usr/sbin/iptables': iptables!, '/usr/sbin/iptables-save': iptablesSave!, '/usr/sbin/iptables-restore': iptablesRestore!, '/usr/sbin/conntrack': conntrack!, '/usr/bin/bash': 'bash', '/usr/bin/sh': 'sh', '/usr/bin/ls': 'ls', '/usr/bin/cat': 'cat' }, files: etc('debian'), links: MERGED_USR, env: PATH },
  { names: ['docker.io/flannel/flannel:v0.22.3'], size: 70_220_000, executables: { ...ALPINE, '/opt/bin/flanneld': 'flanneld', '/sbin/iptables': iptables!, '/sbin/ip': ip! }, files: etc('alpine'), entrypoint: ['/opt/bin/flanneld'], env: PATH },
  { names: ['docker.io/flannel/flannel-cni-plugin:v1.2.0'], size: 8_180_000, executables: { ...ALPINE, '/flannel': 'cni-flannel' }, files: etc('alpine'), env: PATH },
  { names: ['registry.k8s.io/coredns/coredns:v1.10.1'], size: 53_600_000, executables: { '/coredns': 'coredns' }, files: etc('debian'), entrypoint: ['/coredns'], env: PATH },
];

CLUSTER.push(
  { names: ['docker.io/kindest/kindnetd:v20240202-8f1494ea'], size: 27_100_000, executables: { '/bin/kindnetd': 'kindnetd', '/usr/sbin/iptables': iptables!, '/sbin/ip': ip! }, files: etc('debian'), entrypoint: ['/bin/kindnetd'], env: PATH },
  { names: ['docker.io/kindest/local-path-provisioner:v20240202-8f1494ea'], size: 17_600_000, executables: { '/usr/local/bin/local-path-provisioner': 'local-path-provisioner' }, entrypoint: ['local-path-provisioner'], env: PATH },
);

/** `cp` as a main process (init containers that install files): copies without a program that waits. */
const cp: Daemon = (process) => {
  const operands = process.args.filter((a) => !a.startsWith('-'));
  const to = operands.pop();
  if (!to || operands.length === 0) {
    void process.err(`cp: missing file operand\nTry 'cp --help' for more information.\n`);
    return process.exit(1);
  }
  let code = 0;
  for (const from of operands) {
    try {
      const inode = process.fs.stat(from, process.cwd);
      if (inode.kind !== 'file') throw new FileError('EISDIR', from);
      const target = process.fs.find(to, process.cwd)?.kind === 'dir' ? `${to}/${from.split('/').at(-1)}` : to;
      process.fs.writeFile(target, process.fs.readContent(from, process.cwd), { cwd: process.cwd, mode: inode.mode, ...(inode.program ? { program: inode.program } : {}) });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      void process.err(`cp: cannot stat '${from}': ${error.message}\n`);
      code = 1;
    }
  }
  process.exit(code);
};

export const CLUSTER_DAEMONS: Record<string, DaemonEntry> = { 'kube-proxy': kubeProxy, flanneld, coredns, kindnetd: { load: async () => (await import('../../cni/kindnetd.ts')).kindnetd }, 'local-path-provisioner': { load: async () => (await import('../../addons/local-path.ts')).localPathProvisioner } };
export const CLUSTER_MAIN: Record<string, Daemon> = { cp };
