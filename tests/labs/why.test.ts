import { describe, expect, test, vi } from 'vitest';
import { loadLab } from '../../src/cli/lab-files.ts';
import { openWorld } from '../../src/labs/run.ts';
import { why, type Answer, type Question } from '../../src/labs/why/index.ts';
import type { World } from '../../src/linux/world.ts';
import { bootScenario, loadScenario } from '../../src/scenarios/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

vi.setConfig({ testTimeout: 120_000 });

const NODEPORT: Question = { from: 'mac', to: '172.18.0.2', port: 30080, protocol: 'tcp' };
const POD: Question = { from: 'mac', to: 'localhost', port: 30080, protocol: 'tcp' };

/** Asks in the course's cluster after those commands were typed (`node: command` on a node). */
async function ask(question: Question, ...commands: string[]): Promise<Answer> {
  const copy = async (): Promise<World> => {
    const world = bootScenario(await loadScenario('kind-podman'), { seed: 'why' });
    for (const line of commands) {
      const [, machine = 'mac', command] = /^(?:([\w-]+): )?(.*)$/s.exec(line)!;
      const { code, output } = await runCommand(world, machine, command!);
      if (code !== 0) throw new Error(`${line}: ${output}`);
      await world.settle({ limit: 40 * SECOND });
    }
    return world;
  };
  return why(question, copy);
}

const cures = ({ changes }: Answer) => changes.filter(({ result }) => result === 'arrives').map(({ command }) => command);
const lines = ({ cause }: Answer) => cause.lines.map(({ text }) => text).join('\n');

describe('why a packet dies', () => {
  test('it does not: who takes it, and what would cut it', async () => {
    const answer = await ask(POD);
    expect(answer.result).toBe('arrives');
    expect(answer.cause).toMatchObject({ kind: 'socket' });
    expect(answer.cause.netns).not.toBe('');
    expect(answer.changes).toMatchObject([{ result: 'refused' }]);
  });

  test('a Deployment of none: the Service has no endpoints, and a replica mends it', async () => {
    const answer = await ask(NODEPORT, 'kubectl scale deployment spink --replicas=0');
    expect(answer.result).toBe('refused');
    expect(answer.cause).toMatchObject({ kind: 'no-endpoints', machine: 'control-plane', direction: 'out' });
    expect(lines(answer)).toMatch(/-A KUBE-EXTERNAL-SERVICES .*has no endpoints.* -j REJECT/);
    expect(lines(answer)).toMatch(/selector:\n {4}app: spink/);
    expect(cures(answer)).toContain('kubectl scale deployment spink -n default --replicas=1');
  });

  test('a selector that finds nobody: mended with the labels of the Pods', async () => {
    const answer = await ask(NODEPORT, `kubectl patch svc spink -p '{"spec":{"selector":{"app":"spring"}}}'`);
    expect(answer.cause.kind).toBe('no-endpoints');
    expect(cures(answer).join()).toMatch(/patch service spink.*selector.*"app":"spink"/);
  });

  test('a wrong targetPort: the Pod itself refuses, and the port where it listens is found', async () => {
    const answer = await ask(NODEPORT, `kubectl patch svc spink -p '{"spec":{"ports":[{"port":80,"targetPort":9999,"nodePort":30080}]}}'`);
    expect(answer.result).toBe('refused');
    expect(answer.cause).toMatchObject({ kind: 'no-listener', direction: 'out' });
    expect(answer.cause.netns).not.toBe('');
    expect(lines(answer)).toMatch(/targetPort: 9999/);
    expect(cures(answer).join()).toMatch(/targetPort","value":8080/);
  });

  test('nobody listens on a machine: a program that does', async () => {
    const answer = await ask({ from: 'mac', to: '172.18.0.3', port: 7777, protocol: 'tcp' });
    expect(answer.cause).toMatchObject({ kind: 'no-listener', machine: 'worker-1', netns: '' });
  });

  test('a node that does not forward', async () => {
    const answer = await ask(NODEPORT, 'control-plane: sysctl -w net.ipv4.ip_forward=0');
    expect(answer.result).toBe('timeout');
    expect(answer.cause).toMatchObject({ kind: 'forwarding', machine: 'control-plane' });
    expect(cures(answer)).toEqual(['sysctl -w net.ipv4.ip_forward=1']);
  });

  test('a rule that drops what is forwarded', async () => {
    const answer = await ask(NODEPORT, 'control-plane: iptables -I FORWARD 1 -p tcp --dport 8080 -j DROP');
    expect(answer.result).toBe('timeout');
    expect(answer.cause).toMatchObject({ kind: 'rule', machine: 'control-plane' });
    expect(lines(answer)).toBe('-A FORWARD -p tcp -m tcp --dport 8080 -j DROP');
    expect(cures(answer)).toEqual(['iptables -t filter -D FORWARD -p tcp -m tcp --dport 8080 -j DROP']);
  });

  test('the way back counts too: answers that are dropped', async () => {
    const answer = await ask(NODEPORT, 'control-plane: iptables -I FORWARD 1 -p tcp --sport 8080 -j DROP');
    expect(answer.cause).toMatchObject({ kind: 'rule', machine: 'control-plane', direction: 'back' });
    expect(cures(answer)).toHaveLength(1);
  });

  test('a policy that drops', async () => {
    const answer = await ask({ from: 'mac', to: '172.18.0.3', protocol: 'icmp' }, 'worker-1: iptables -P INPUT DROP');
    expect(answer.cause).toMatchObject({ kind: 'policy', machine: 'worker-1' });
    expect(cures(answer)).toContain('iptables -t filter -P INPUT ACCEPT');
  });

  test('a missing route on a node: what would lead there', async () => {
    const question: Question = { from: 'control-plane', to: '10.244.1.2', protocol: 'icmp' };
    const answer = await ask(question, 'control-plane: ip route del 10.244.1.0/24', 'control-plane: ip route del default');
    expect(answer.result).toBe('unreachable');
    expect(answer.cause).toMatchObject({ kind: 'no-route', machine: 'control-plane' });
    expect(cures(answer).join()).toMatch(/ip route add 10\.244\.1\.\S+ via 172\.18\.0\.3/);
  });

  test('a route that says no', async () => {
    const answer = await ask({ from: 'mac', to: '172.18.0.3', protocol: 'icmp' }, 'ip route add blackhole 172.18.0.3');
    expect(answer.cause).toMatchObject({ kind: 'route', machine: 'mac' });
    expect(cures(answer)).toEqual(['ip route del blackhole 172.18.0.3']);
  });

  test('too long for a link, and it may not be split', async () => {
    const answer = await ask({ from: 'mac', to: '172.18.0.3', protocol: 'icmp', size: 1600 });
    expect(answer).toMatchObject({ result: 'too-long', cause: { kind: 'mtu' } });
    expect(lines(answer)).toMatch(/mtu 1500/);
  });

  test('the rules of kube-proxy are gone: the ClusterIP is nobody', async () => {
    const answer = await ask({ from: 'control-plane', to: '10.96.244.84', port: 80, protocol: 'tcp' }, 'control-plane: iptables -t nat -F');
    expect(answer.cause).toMatchObject({ kind: 'no-service-rules' });
    expect(cures(answer).join()).toMatch(/delete pod kube-proxy-\S+ -n kube-system/);
  });

  test('a dead node: nobody answers for it', async () => {
    const answer = await ask({ from: 'control-plane', to: '172.18.0.3', port: 10250, protocol: 'tcp' }, 'podman stop worker-1');
    expect(answer.cause).toMatchObject({ kind: 'neighbour', machine: 'control-plane' });
    expect(cures(answer)).toContain('podman start worker-1');
  });

  test('a name that nobody knows', async () => {
    expect(await ask({ from: 'mac', to: 'no.existe.example', port: 80, protocol: 'tcp' })).toMatchObject({ result: 'unknown-name', cause: { kind: 'name' } });
  });

  test('a name in another namespace: what it is called from here', async () => {
    const answer = await ask({ from: 'pod:spink-*', to: 'kube-dns', port: 53, protocol: 'tcp' });
    expect(answer.cause).toMatchObject({ kind: 'name', lines: [{ text: 'nameserver 10.96.0.10' }] });
    expect(answer.cause.text).toContain('kube-dns.kube-system');
  });

  test('no server of names: the fate of the question, and what mends that', async () => {
    const answer = await ask({ from: 'pod:spink-*', to: 'spink', port: 80, protocol: 'tcp' }, 'kubectl -n kube-system scale deploy coredns --replicas=0');
    expect(answer).toMatchObject({ result: 'unknown-name', cause: { kind: 'no-endpoints' } });
    expect(answer.cause.text).toContain('10.96.0.10, puerto 53 de UDP');
    expect(cures(answer)).toEqual(['kubectl scale deployment coredns -n kube-system --replicas=1']);
  });

  test('a node without Pods of a Service whose policy is Local', async () => {
    const answer = await ask(NODEPORT, `kubectl patch svc spink -p '{"spec":{"externalTrafficPolicy":"Local"}}'`);
    expect(answer).toMatchObject({ result: 'timeout', cause: { kind: 'no-endpoints', machine: 'control-plane' } });
    expect(cures(answer).join()).toContain('"externalTrafficPolicy":"Cluster"');
  });

  test('a full table of connections', async () => {
    const answer = await ask(NODEPORT, 'control-plane: sysctl -w net.netfilter.nf_conntrack_max=1');
    expect(answer.cause).toMatchObject({ kind: 'conntrack', machine: 'control-plane' });
    expect(cures(answer)[0]).toMatch(/nf_conntrack_max/);
  });

  test('a port that the ClusterIP does not serve: no rule changes it, and it leaves by the default route', async () => {
    const answer = await ask({ from: 'worker-1', to: '10.96.244.84', port: 8080, protocol: 'tcp' });
    expect(answer.cause).toMatchObject({ kind: 'no-service-port', machine: 'worker-1', netns: '' });
    expect(lines(answer)).toMatch(/port: 80\n.*\n?.*default via/s);
    expect(cures(answer).join()).toContain('/spec/ports/-');
  });

  test('the tunnel is down: its routes are gone and the default one leads away', async () => {
    const answer = await ask(NODEPORT, 'control-plane: ip link set flannel.1 down');
    expect(answer.cause).toMatchObject({ kind: 'no-route', machine: 'control-plane' });
    expect(cures(answer).join()).toMatch(/delete pod kube-flannel-ds-\S+ -n kube-flannel/);
  });

  test('a route that sends it back: the one that somebody added', async () => {
    const answer = await ask({ from: 'control-plane', to: '10.244.1.2', port: 8080, protocol: 'tcp' }, 'worker-1: ip route add 10.244.1.2/32 via 10.244.0.0 dev flannel.1 onlink');
    expect(cures(answer)).toEqual(['ip route del 10.244.1.2 via 10.244.0.0 dev flannel.1 onlink']);
  });

  test('a ClusterIP from a machine that is no node', async () => {
    const answer = await ask({ from: 'mac', to: '10.96.244.84', port: 80, protocol: 'tcp' });
    expect(answer.cause).toMatchObject({ kind: 'no-service-rules', machine: 'mac', lines: [{ source: 'iptables-save -t nat (mac)' }] });
    expect(answer.cause.text).toContain('mac no es un nodo');
  });

  test('an address that is nobody\'s', async () => {
    const answer = await ask({ from: 'pod:spink-*', to: '8.8.8.8', port: 53, protocol: 'udp' });
    expect(answer.cause).toMatchObject({ kind: 'stray', machine: 'worker-1', netns: '' });
    expect(answer.changes).toEqual([]);
  });
});

describe('a NetworkPolicy', () => {
  const lab = loadLab('networkpolicy');
  const policy = (name: string, spec: object) => `echo '${JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'datos' }, spec })}' | kubectl apply -f -; sleep 10`;
  const asked = (question: Question, line: string) => why(question, async () => {
    const world = await openWorld(lab, 'why');
    expect((await runCommand(world, 'controlplane', line)).code).toBe(0);
    return world;
  });

  test('of the receiver: what it says, and the rule that would let this Pod in', async () => {
    const answer = await asked({ from: 'pod:curioso', to: 'bd.datos.svc.cluster.local', port: 80, protocol: 'tcp' }, policy('bd', { podSelector: { matchLabels: { app: 'bd' } }, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] }));
    expect(answer).toMatchObject({ result: 'timeout', cause: { kind: 'network-policy' } });
    expect(answer.cause.text).toContain('no lo deja entrar');
    expect(lines(answer)).toMatch(/spec:\n {2}ingress:\n {2}- from:\n {4}- podSelector: \{\}/);
    expect(cures(answer)[0]).toContain('"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"fuera"}}');
    expect(cures(answer)).toContain('kubectl delete networkpolicy bd -n datos');
  });

  test('of the sender, which has no rule yet', async () => {
    const answer = await asked({ from: 'pod:informes', to: 'bd.datos.svc.cluster.local', port: 80, protocol: 'tcp' }, policy('informes', { podSelector: { matchLabels: { app: 'informes' } }, policyTypes: ['Egress'], egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }));
    expect(answer.cause.text).toContain('no lo deja salir');
    expect(cures(answer)[0]).toMatch(/^kubectl patch networkpolicy informes -n datos --type=json .*"path":"\/spec\/egress\/-".*"port":80/);
  });
});

