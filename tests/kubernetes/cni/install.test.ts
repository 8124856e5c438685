import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kubeadm } from '../../../src/scenarios/kubeadm/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

/** A cluster as kubeadm leaves it, until its student installs a network. */
function cluster(seed: string) {
  const world = bootScenario(kubeadm({ cni: false }), { seed });
  return {
    world, run: async (machine: string, command: string) => (await runCommand(world, machine, command)).output,
    later: (seconds: number) => world.advance(world.clock.now + seconds * SECOND),
  };
}

describe('flannel by its URL', async () => {
  const { world, run, later } = cluster('flannel-url');
  it('nodes wait for it', async () => {
    expect(await run('controlplane', 'kubectl get nodes --no-headers')).toMatch(/^controlplane +NotReady .*\nnode01 +NotReady /);
    expect(await run('controlplane', 'kubectl get pods -n kube-system -l k8s-app=kube-dns --no-headers')).toMatch(/Pending.*\n.*Pending/);
  });
  it('an unknown address fails as the Web answers it', async () => {
    expect(await run('controlplane', 'kubectl apply -f https://raw.githubusercontent.com/weaveworks/weave/no.yaml')).toBe('error: unable to read URL "https://raw.githubusercontent.com/weaveworks/weave/no.yaml", server reported 404 Not Found, status code=404\n');
    expect(await run('controlplane', 'kubectl apply -f https://cloud.weave.works/k8s/net')).toMatch(/^Unable to connect to the server: dial tcp: lookup cloud\.weave\.works on \S+:53: no such host\n$/);
  });
  it('its DaemonSet makes them ready', async () => {
    expect(await run('controlplane', 'kubectl apply -f https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml')).toBe('namespace/kube-flannel created\nserviceaccount/flannel created\nclusterrole.rbac.authorization.k8s.io/flannel created\nclusterrolebinding.rbac.authorization.k8s.io/flannel created\nconfigmap/kube-flannel-cfg created\ndaemonset.apps/kube-flannel-ds created\n');
    await later(60);
    expect(await run('controlplane', 'kubectl get nodes --no-headers')).toMatch(/^controlplane +Ready .*\nnode01 +Ready /);
    expect(await run('controlplane', 'kubectl get pods -A --no-headers | grep -v Running')).toBe('');
    expect(await run('node01', 'ls /etc/cni/net.d; ip route | grep flannel')).toMatch(/^10-flannel\.conflist\n10\.244\.0\.0\/24 via 10\.244\.0\.0 dev flannel\.1 onlink/);
  });
  it('does not enforce NetworkPolicies: the API takes them, and everything passes', async () => {
    await run('controlplane', `kubectl run web --image=nginx; kubectl run cliente --image=busybox -- sleep 1d; kubectl apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: nada }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
EOF`);
    await later(20);
    expect(await run('controlplane', "kubectl exec cliente -- wget -qO- -T 2 $(kubectl get pod web -o jsonpath='{.status.podIP}') | head -1")).toBe('<!DOCTYPE html>\n');
    await run('controlplane', 'kubectl delete pod web cliente --now; kubectl delete netpol nada');
  });
  it('host-gw instead: routes over the nodes themselves, and the whole MTU', async () => {
    await run('controlplane', `kubectl -n kube-flannel get cm kube-flannel-cfg -o yaml | sed 's/"Type": "vxlan"/"Type": "host-gw"/' | kubectl replace -f -; kubectl -n kube-flannel rollout restart ds kube-flannel-ds`);
    await later(60);
    expect(await run('node01', 'ip route | grep 10.244.0.0; cat /run/flannel/subnet.env')).toMatch(/^10\.244\.0\.0\/24 via 172\.25\.0\.10 dev eth1 \n[^]*FLANNEL_MTU=1500\n/);
    expect(await run('controlplane', "kubectl get node node01 -o jsonpath='{.metadata.annotations.flannel\\.alpha\\.coreos\\.com/backend-type} {.metadata.annotations.flannel\\.alpha\\.coreos\\.com/backend-data}'")).toBe('host-gw null');
    expect(world.defects).toEqual([]);
  });
});

describe('Calico by its URL', async () => {
  const { world, run, later } = cluster('calico-url');
  it('its DaemonSet makes nodes ready', async () => {
    const applied = await run('controlplane', 'kubectl apply -f https://raw.githubusercontent.com/projectcalico/calico/v3.26.1/manifests/calico.yaml');
    expect(applied.split('\n').filter((l) => l.startsWith('customresourcedefinition'))).toHaveLength(18);
    expect(applied.trim().split('\n').at(-1)).toBe('deployment.apps/calico-kube-controllers created');
    await later(90);
    expect(await run('controlplane', 'kubectl get nodes --no-headers')).toMatch(/^controlplane +Ready .*\nnode01 +Ready /);
    expect(await run('controlplane', 'kubectl get pods -A --no-headers | grep -v Running')).toBe('');
    expect(world.defects).toEqual([]);
  });
  it('gives pods addresses of blocks, routes to them, and tunnels between nodes', async () => {
    await run('controlplane', 'kubectl run a --image=nginx; kubectl run b --image=busybox -- sleep 1d');
    await later(20);
    const ip = await run('controlplane', "kubectl get pod a -o jsonpath='{.status.podIP}'");
    expect(await run('controlplane', 'kubectl get ippools.crd.projectcalico.org -o jsonpath="{.items[*].spec.cidr}"')).toMatch(/^(10.244|192.168).0.0.16$/);
    expect(await run('node01', `ip route | grep ${ip}`)).toMatch(new RegExp(`^${ip.replaceAll('.', '\\.')} dev cali[0-9a-f]{11} scope link \n$`));
    expect(await run('controlplane', 'ip route | grep bird')).toMatch(/^blackhole \d+\.\d+\.\d+\.\d+\/26 proto bird \n\d+\.\d+\.\d+\.\d+\/26 via 172\.30\.1\.3 dev tunl0 proto bird onlink \n$|^\d+\.\d+\.\d+\.\d+\/26 via 172\.30\.1\.3 dev tunl0 proto bird onlink \nblackhole \d+\.\d+\.\d+\.\d+\/26 proto bird \n$/);
    expect(await run('controlplane', 'kubectl exec b -- ip route')).toBe('default via 169.254.1.1 dev eth0 \n169.254.1.1 dev eth0 scope link \n');
    expect(await run('controlplane', `kubectl exec b -- wget -qO- ${ip} | head -1; curl -s ${ip} | head -1`)).toBe('<!DOCTYPE html>\n<!DOCTYPE html>\n');
    expect(await run('controlplane', 'kubectl exec b -- nslookup kubernetes.default.svc.cluster.local')).toContain('Name:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n');
    expect(world.defects).toEqual([]);
  });
});

describe('Calico otherwise', () => {
  const URL = 'https://raw.githubusercontent.com/projectcalico/calico/v3.26.1/manifests/calico.yaml';
  it.each([
    ['VXLAN', 'Never', 'Always', /^\d+\.\d+\.\d+\.\d+\/26 via \d+\.\d+\.\d+\.\d+ dev vxlan\.calico onlink/m, /vxlan\.calico: .* mtu 1360 /],
    ['plain BGP', 'Never', 'Never', /^\d+\.\d+\.\d+\.\d+\/26 via 172\.30\.1\.3 dev eth0 proto bird/m, /^$/],
  ] as const)('%s', async (_, ipip, vxlan, route, link) => {
    const { world, run, later } = cluster(`calico-${ipip}-${vxlan}`);
    await run('controlplane', `curl -s ${URL} | sed '/CALICO_IPV4POOL_IPIP/{n;s/Always/${ipip}/}; /CALICO_IPV4POOL_VXLAN/{n;s/Never/${vxlan}/}' > calico.yaml; kubectl apply -f calico.yaml`);
    await later(90);
    await run('controlplane', 'kubectl run a --image=nginx; kubectl run b --image=busybox --overrides=\'{"spec":{"nodeName":"controlplane"}}\' -- sleep 1d');
    await later(25);
    expect(await run('controlplane', 'ip route')).toMatch(route);
    expect(await run('controlplane', 'ip link | grep vxlan.calico')).toMatch(link);
    const ip = await run('controlplane', "kubectl get pod a -o jsonpath='{.status.podIP}'");
    expect(await run('controlplane', `kubectl exec b -- wget -qO- -T 3 ${ip} | head -1; curl -s -m 3 ${ip} | head -1`)).toBe('<!DOCTYPE html>\n<!DOCTYPE html>\n');
    expect(await run('controlplane', 'kubectl get pods -A --no-headers | grep -v Running')).toBe('');
    expect(world.defects).toEqual([]);
  });
});
