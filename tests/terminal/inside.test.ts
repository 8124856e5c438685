import { expect, test } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { inside } from '../../src/terminal/inside-views.ts';

const world = bootScenario(kindPodman(), { seed: 'inside' });
const mac = async (command: string) => (await runCommand(world, 'mac', command)).output;

test('the writes of a Deployment are told in their order, with who made them', async () => {
  await mac('kubectl create deployment web --image=nginx --replicas=2 && kubectl rollout status deployment web');
  const story = inside(world).writes.filter(({ name }) => name.startsWith('web'));
  const first = (who: string, resource: string) => story.findIndex((w) => w.who === who && w.resource === resource);
  const steps = [
    first('kubectl', 'deployments'),
    first('deployment-controller', 'replicasets'),
    first('replicaset-controller', 'pods'),
    first('kube-scheduler', 'pods/binding'),
    story.findIndex((w) => w.who.startsWith('kubelet de worker-') && w.resource === 'pods/status'),
  ];
  expect(steps).not.toContain(-1);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

test('what was only tried, refused or looked at is no write', async () => {
  const before = inside(world).writes.length;
  await mac('kubectl run Mal --image=nginx; kubectl run prueba --image=nginx --dry-run=server; kubectl get pods -A');
  expect(inside(world).writes.length).toBe(before);
});

test('a decision tells who was refused and why, and the scores of the others', () => {
  const decision = inside(world).decisions.find(({ pod }) => pod.startsWith('web'))!;
  expect(decision.rejected).toEqual([expect.objectContaining({ node: 'control-plane', plugin: 'TaintToleration' })]);
  expect(decision.feasible.map(({ node }) => node).sort()).toEqual(['worker-1', 'worker-2']);
  const best = Math.max(...decision.feasible.map(({ total }) => total));
  expect(decision.feasible.find(({ node }) => node === decision.chosen)!.total).toBe(best);
  for (const { scores, total } of decision.feasible) expect(Object.values(scores).reduce((a, b) => a + b, 0)).toBe(total);
});

test('endpoints and chains agree, and disagree when a node misses the news', async () => {
  await mac('kubectl expose deployment web --port=80; sleep 2');
  const web = () => inside(world).chains.find(({ name }) => name === 'web')!;
  expect(web().endpoints).toHaveLength(2);
  for (const { targets, chain } of web().nodes) {
    expect(targets).toEqual(web().endpoints);
    expect(chain).toMatch(/^KUBE-SVC-\w{16}$/);
  }
  await runCommand(world, 'worker-1', 'kill -STOP $(pidof kube-proxy)');
  await mac('kubectl scale deployment web --replicas=3; kubectl rollout status deployment web; sleep 2');
  const targets = (node: string) => web().nodes.find((n) => n.node === node)!.targets;
  expect(targets('worker-2')).toEqual(web().endpoints);
  expect(targets('worker-1')).toHaveLength(2);
});

test('kube-scheduler -v=10 writes the same scores into its log', async () => {
  await runCommand(
    world,
    'control-plane',
    "sed -i 's/- --leader-elect=true/- --leader-elect=true\\n    - --v=10/' /etc/kubernetes/manifests/kube-scheduler.yaml; sleep 40",
  );
  await mac('kubectl run uno --image=nginx; sleep 3');
  const log = await mac('kubectl logs -n kube-system kube-scheduler-control-plane | grep default/uno');
  const { feasible, chosen } = inside(world).decisions.find(({ pod }) => pod === 'uno')!;
  for (const { node, total } of feasible)
    expect(log).toContain(`"Calculated node's final score for pod" pod="default/uno" node="${node}" score=${total}`);
  expect(log).toContain(`"Successfully bound pod to node" pod="default/uno" node="${chosen}" evaluatedNodes=3 feasibleNodes=2`);
});
