import type { DaemonEntry } from '../daemons.ts';
import type { Image } from '../image.ts';
import { ALPINE, etc, NETWORK_TOOLS } from './os.ts';

/** Calico 3.26.1. What its executables do is in src/kubernetes/cni/calico, loaded when one of them first runs. */
const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }, TAGS = ['v3.26.0', 'v3.26.1', 'v3.26.3', 'v3.26.4'];
const of = (name: string) => TAGS.map((t) => `docker.io/calico/${name}:${t}`);
const plugins = Object.fromEntries(['bandwidth', 'flannel', 'host-local', 'loopback', 'portmap', 'calico', 'calico-ipam'].map((n) => [`/opt/cni/bin/${n}`, `cni-${n}`]));

export const CALICO: Image[] = [
  { names: of('cni'), size: 209_000_000, executables: { ...plugins, '/opt/cni/bin/install': 'calico-install' }, files: etc('alpine'), directories: ['/host/opt/cni/bin', '/host/etc/cni/net.d'], env: PATH },
  { names: of('node'), size: 245_000_000, executables: { ...ALPINE, ...NETWORK_TOOLS, '/usr/sbin/start_runit': 'calico-start', '/bin/calico-node': 'calico-node' }, files: etc('alpine'), entrypoint: ['start_runit'], env: PATH, directories: ['/var/lib/calico', '/var/run/calico', '/etc/calico/confd/config'] },
  { names: of('kube-controllers'), size: 74_300_000, executables: { '/usr/bin/kube-controllers': 'calico-kube-controllers', '/usr/bin/check-status': 'calico-check-status' }, entrypoint: ['/usr/bin/kube-controllers'], user: '999', env: PATH },
];

const entry = (name: string): DaemonEntry => ({ load: async () => (await import('../../cni/calico/programs.ts')).CALICO_DAEMONS[name]! });

export const CALICO_DAEMONS: Record<string, DaemonEntry> = Object.fromEntries(['calico-start', 'calico-node', 'calico-install', 'calico-kube-controllers', 'calico-check-status', 'cni-calico', 'cni-calico-ipam'].map((name) => [name, entry(name)]));
