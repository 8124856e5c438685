import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { kubeadm } from '../../src/scenarios/kubeadm/index.ts';
import { minikube } from '../../src/scenarios/minikube/index.ts';
import { runCommand } from '../../src/shell/session.ts';

describe('what kubeadm leaves in a cluster, whatever called it', () => {
  for (const [name, blueprint, host, id] of [['kind', kindPodman(), 'mac', 'abcdef'], ['kubeadm', kubeadm(), 'controlplane', ''], ['minikube', minikube(), 'vm', '']] as const) {
    it(name, async () => {
      const world = bootScenario(blueprint, { seed: 'bootstrap' });
      const run = async (line: string) => (await runCommand(world, host, line)).output;
      const config = await run('kubectl -n kube-system get cm kubeadm-config -o jsonpath={.data.ClusterConfiguration}');
      expect(config).toMatch(/^apiServer:\n {2}extraArgs:\n {4}authorization-mode: Node,RBAC\n/);
      expect(config).toContain(`clusterName: ${{ kind: 'kind', kubeadm: 'kubernetes', minikube: 'mk' }[name]}\n`);
      expect(config.includes('controlPlaneEndpoint: control-plane.minikube.internal:8443')).toBe(name === 'minikube');
      expect(config.includes('enable-hostpath-provisioner: "true"')).toBe(name === 'kind');
      expect(await run('kubectl -n kube-system get cm kubelet-config -o jsonpath={.data.kubelet}')).toContain('kind: KubeletConfiguration\n');
      const token = /bootstrap-token-(\w{6}) +bootstrap.kubernetes.io\/token +6 /.exec(await run('kubectl get secrets -n kube-system'))![1]!;
      if (id) expect(token).toBe(id);
      // Signed for who comes with the token; anybody may read it.
      const jws = `kubectl -n kube-public get cm cluster-info -o jsonpath={.data.jws-kubeconfig-${token}} --as=system:anonymous`;
      expect(await run(jws)).toMatch(/^eyJhbGciOiJIUzI1NiIsImtpZCI6Ij?[\w-]+\.\.[\w-]{43}$/);
      await run(`kubectl -n kube-system delete secret bootstrap-token-${token}; sleep 1`);
      expect(await run(jws)).toBe('');
      expect(world.defects).toEqual([]);
    });
  }

  it('a token that has had its time is deleted, and signs no more', async () => {
    const world = bootScenario(kubeadm(), { seed: 'bootstrap' });
    const run = async (line: string) => (await runCommand(world, 'controlplane', line)).output;
    await run('kubeadm token create aaaaaa.0123456789abcdef --ttl 60s; sleep 1');
    const signatures = 'kubectl -n kube-public get cm cluster-info -o yaml | grep -c jws-kubeconfig';
    expect(await run(signatures)).toBe('2\n');
    await run('sleep 60');
    expect(await run('kubeadm token list')).not.toContain('aaaaaa');
    expect(await run(signatures)).toBe('1\n');
  });
});
