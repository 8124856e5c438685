import { etcd } from '../kubernetes/runtime/images/control-plane.ts';
import type { Blueprint } from './blueprint.ts';
import { kindPodman } from './kind-podman/index.ts';

/** The recordings of etcdctl against one member (tests/transcripts/etcd): a machine of its own with an etcd on 127.0.0.1:2379, without TLS and with nothing in it. */
export function etcdMember(): Blueprint {
  const base = kindPodman({ empty: true, workers: 1, internet: false });
  return {
    ...base, machines: [{ name: 'etcd-1', ip: '172.18.0.10' }],
    cluster: {
      ...base.cluster, afterBoot: (world) => {
        const machine = world.machine('etcd-1');
        machine.fs.writeFile('/usr/local/bin/etcdctl', '', { mode: 0o755, program: 'etcdctl' });
        etcd(machine.daemon({ argv: ['etcd', '--name=etcd-1', '--data-dir=/var/lib/etcd', '--listen-client-urls=http://127.0.0.1:2379', '--initial-advertise-peer-urls=http://192.168.1.10:2380', '--advertise-client-urls=http://192.168.1.10:2379'], exe: '/usr/local/bin/etcd' }));
      },
    },
  };
}
