/** What «Por dentro» shows: who wrote what, how the scheduler chose, and whether endpoints and chains agree. */
import { auditOf } from '../kubernetes/apiserver/audit.ts';
import { decisionsOf } from '../kubernetes/scheduler/decisions.ts';
import type { World } from '../linux/world.ts';
import type { Inside, InsideChain } from './protocol.ts';
import { topology } from './views.ts';

/** Newest writes and decisions that are shown. */
const WRITES = 150;
const DECISIONS = 20;

export function inside(world: World): Inside {
  const { clock } = world;
  return {
    now: clock.now,
    writes: auditOf(clock)
      .slice(-WRITES)
      .map(({ at, user, verb, resource, namespace, name }) => ({ at, who: actor(user), verb, resource, namespace, name })),
    decisions: decisionsOf(clock).slice(-DECISIONS).reverse(),
    chains: chains(world),
  };
}

/** A user of the API as people call it. */
function actor(user: string): string {
  const [, account] = /^system:serviceaccount:[^:]+:(.+)$/.exec(user) ?? [];
  if (account !== undefined) return account;
  const [, node] = /^system:node:(.+)$/.exec(user) ?? [];
  if (node !== undefined) return `kubelet de ${node}`;
  return user === 'kubernetes-admin' || user === 'minikube-user' ? 'kubectl' : user.replace(/^system:/, '');
}

/** For each Service with a ClusterIP: its endpoints, and where each node's nat table would send its packets. */
function chains(world: World): InsideChain[] {
  const known = topology(world);
  if (!known) return [];
  return known.services
    .filter(({ address, type }) => address !== '' && address !== 'None' && type !== 'ExternalName')
    .map(({ namespace, name, address, ports, endpoints }) => ({
      namespace,
      name,
      address: `${address}:${ports.join(',')}`,
      endpoints: [...new Set(endpoints.filter((e) => e.ready).map((e) => e.address))].sort(),
      nodes: known.nodes.map((node) => ({ node: node.name, ...rulesOf(world, node.name, `${namespace}/${name}`) })),
    }));
}

function rulesOf(world: World, node: string, service: string): { chain: string | undefined; targets: string[]; rejects: boolean } {
  const machine = world.machines.get(node);
  if (!machine) return { chain: undefined, targets: [], rejects: false };
  const of = (line: string) => {
    const [, comment] = /--comment "?([^" ]+)/.exec(line) ?? [];
    return comment === service || comment?.startsWith(`${service}:`);
  };
  const nat = machine.net.netfilter.save('nat').split('\n').filter(of);
  const targets = nat.flatMap((line) => /--to-destination ([\d.]+)/.exec(line)?.[1] ?? []);
  return {
    chain: nat.map((line) => / -j (KUBE-SVC-\w+)$/.exec(line)?.[1]).find(Boolean),
    targets: [...new Set(targets)].sort(),
    rejects: machine.net.netfilter
      .save('filter')
      .split('\n')
      .some((line) => of(line) && line.includes('REJECT')),
  };
}
