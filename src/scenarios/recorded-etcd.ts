import { etcd } from '../kubernetes/runtime/images/etcd.ts';
import type { Machine } from '../linux/machine.ts';
import { SECOND } from '../sim/clock.ts';
import type { Blueprint } from './blueprint.ts';
import { kindPodman } from './kind-podman/index.ts';

const VERSION = '3.4.23', TOKEN = 'course';
const MEMBERS = [{ name: 'etcd-1', ip: '192.168.1.10' }, { name: 'etcd-2', ip: '192.168.1.11' }, { name: 'etcd-3', ip: '192.168.1.12' }];

/** Addresses of the members beside the one that sessions are typed at. */
export const OTHER_MEMBERS = MEMBERS.slice(1).map(({ ip }) => ip);

/** The recordings of etcdctl (tests/transcripts/etcd): etcd without TLS and with nothing in it, on a machine of its own, or on three as document 004 numbers them. */
export function recordedEtcd(members: 1 | 3): Blueprint {
  const base = kindPodman({ empty: true, workers: 1, internet: false }), machines = MEMBERS.slice(0, members);
  return {
    ...base, machines, nodes: base.nodes.map((node, i) => ({ ...node, ip: `192.168.1.${100 + i}` })), host: { ...base.host, address: '192.168.1.1', prefix: 24 },
    cluster: {
      ...base.cluster, afterBoot: (world) => {
        const cluster = machines.map(({ name, ip }) => `${name}=http://${ip}:2380`).join(',');
        for (const { name } of machines) install(world.machine(name));
        // The last one starts first, and so leads: it has waited for an election timeout before the others have.
        for (const [i, { name, ip }] of [...machines].reverse().entries()) world.clock.after(i === 0 ? 0 : SECOND, () => startEtcd(world.machine(name), [
          `--name=${name}`, '--data-dir=/var/lib/etcd', `--listen-client-urls=http://127.0.0.1:2379,http://${ip}:2379`, `--advertise-client-urls=http://${ip}:2379`, `--listen-peer-urls=http://${ip}:2380`,
          `--initial-advertise-peer-urls=http://${ip}:2380`, `--initial-cluster=${cluster}`, `--initial-cluster-token=${TOKEN}`,
        ]));
      },
    },
  };
}

function install({ fs }: Machine): void {
  fs.writeFile('/usr/local/bin/etcdctl', '', { mode: 0o755, program: 'etcdctl' });
  fs.writeFile('/usr/local/bin/etcd', VERSION, { mode: 0o755 });
}

export function startEtcd(machine: Machine, flags: string[]): void {
  etcd(machine.daemon({ argv: ['etcd', ...flags], exe: '/usr/local/bin/etcd' }));
}

/** What the member of etcd-02 had been told in etcd-01, which was recorded before with the same one. */
export const BEFORE_THE_SNAPSHOT = [
  `etcdctl put /registry/pods/default/nginx-example '{"kind":"Pod"}'`, 'etcdctl put /registry/pods/default/web a', 'etcdctl put /registry/services/specs/default/kubernetes b', 'etcdctl put /registry/deployments/default/my-app c',
  'etcdctl del /registry/pods/default/web', 'etcdctl del /registry/pods --prefix', 'etcdctl lease grant 60', 'etcdctl put b no', 'etcdctl put /w 1', 'etcdctl put /w 2', 'etcdctl del /w', 'etcdctl compaction 3', 'etcdctl defrag',
].join(' && ');
