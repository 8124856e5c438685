import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { World } from '../../src/linux/world.ts';
import { bootScenario, SCENARIOS } from '../../src/scenarios/index.ts';
import { openSession, runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';
import inventory from './inventory.json' with { type: 'json' };

const lines = readFileSync(join(import.meta.dirname, 'sources/004.md'), 'utf8').split('\n');
const rows = inventory.filter((row) => row.id.startsWith('004') && row.state !== 'not-yet') as { id: string; kind: string; text: string; scenario: string; host?: string }[];
const boot = async (scenario: string): Promise<World> => bootScenario(await SCENARIOS[scenario]!.load(), { seed: 'architecture' });

/** The block that begins at the row's line. */
function manifestOf(id: string): string {
  const from = Number(id.split(':')[1]) - 1, to = lines.findIndex((l, i) => i > from && /^\s*```/.test(l));
  return lines.slice(from, to).join('\n');
}

describe('document 004: its manifests and what it types interactively', () => {
  test('every manifest is decoded by the API server, or is a file that its owner reads', async () => {
    const world = await boot('minikube'), said: Record<string, string> = {};
    for (const row of rows.filter((r) => r.kind === 'manifest')) {
      const machine = world.machine('vm');
      machine.fs.writeFile('/tmp/manifest.yaml', manifestOf(row.id));
      said[row.id] = (await runCommand(world, 'vm', 'kubectl create namespace kubernetes-dashboard 2>/dev/null >&2; kubectl apply -f /tmp/manifest.yaml')).output.replace(/^Warning: .*\n/gm, '').trim();
    }
    expect(said).toMatchInlineSnapshot(`
      {
        "004:1395": "pod/frontend created
      pod/backend created",
        "004:1426": "error: error parsing /tmp/manifest.yaml: error converting YAML to JSON: yaml: line 4: could not find expected ':'",
        "004:1560": "error: resource mapping not found for name: "" namespace: "" from "/tmp/manifest.yaml": no matches for kind "ClusterConfiguration" in version "kubeadm.k8s.io/v1beta3"
      ensure CRDs are installed first",
        "004:1867": "Error from server (Invalid): error when applying patch:
      {"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\\"apiVersion\\":\\"apps/v1\\",\\"kind\\":\\"Deployment\\",\\"metadata\\":{\\"annotations\\":{},\\"name\\":\\"coredns\\",\\"namespace\\":\\"kube-system\\"},\\"spec\\":{\\"replicas\\":2,\\"selector\\":{\\"matchLabels\\":{\\"k8s-app\\":\\"kube-dns\\"}},\\"template\\":{\\"metadata\\":{\\"labels\\":{\\"k8s-app\\":\\"kube-dns\\"}},\\"spec\\":{\\"containers\\":[{\\"args\\":[\\"-conf\\",\\"/etc/coredns/Corefile\\"],\\"image\\":\\"registry.k8s.io/coredns/coredns:v1.10.1\\",\\"name\\":\\"coredns\\",\\"ports\\":[{\\"containerPort\\":53,\\"name\\":\\"dns\\",\\"protocol\\":\\"UDP\\"},{\\"containerPort\\":53,\\"name\\":\\"dns-tcp\\",\\"protocol\\":\\"TCP\\"}],\\"volumeMounts\\":[{\\"mountPath\\":\\"/etc/coredns\\",\\"name\\":\\"config-volume\\"}]}],\\"volumes\\":[{\\"configMap\\":{\\"name\\":\\"coredns\\"},\\"name\\":\\"config-volume\\"}]}}}}\\n"}},"spec":{"replicas":2,"template":{"spec":{"$setElementOrder/containers":[{"name":"coredns"}],"containers":[{"$setElementOrder/ports":[{"containerPort":53},{"containerPort":53}],"name":"coredns","ports":[{"containerPort":53,"name":"dns-tcp","protocol":"TCP"}]}]}}}}
      to:
      Resource: "apps/v1, Resource=deployments", GroupVersionKind: "apps/v1, Kind=Deployment"
      Name: "coredns", Namespace: "kube-system"
      for: "/tmp/manifest.yaml": error when patching "/tmp/manifest.yaml": Deployment.apps "coredns" is invalid: spec.template.spec.containers[0].ports[1].name: Duplicate value: "dns-tcp"
      Error from server (Invalid): error when applying patch:
      {"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\\"apiVersion\\":\\"v1\\",\\"kind\\":\\"Service\\",\\"metadata\\":{\\"annotations\\":{},\\"name\\":\\"kube-dns\\",\\"namespace\\":\\"kube-system\\"},\\"spec\\":{\\"clusterIP\\":\\"10.96.0.10\\",\\"ports\\":[{\\"name\\":\\"dns\\",\\"port\\":53,\\"protocol\\":\\"UDP\\"},{\\"name\\":\\"dns-tcp\\",\\"port\\":53,\\"protocol\\":\\"TCP\\"}],\\"selector\\":{\\"k8s-app\\":\\"kube-dns\\"}}}\\n"}},"spec":{"$setElementOrder/ports":[{"port":53},{"port":53}],"ports":[{"name":"dns-tcp","port":53,"protocol":"TCP"}]}}
      to:
      Resource: "/v1, Resource=services", GroupVersionKind: "/v1, Kind=Service"
      Name: "kube-dns", Namespace: "kube-system"
      for: "/tmp/manifest.yaml": error when patching "/tmp/manifest.yaml": Service "kube-dns" is invalid: [spec.ports[1].name: Duplicate value: "dns-tcp", spec.ports[1]: Duplicate value: core.ServicePort{Name:"", Protocol:"TCP", AppProtocol:(*string)(nil), Port:53, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}]",
        "004:2043": "deployment.apps/metrics-server created",
        "004:207": "pod/nginx-example created",
        "004:2071": "horizontalpodautoscaler.autoscaling/webapp-hpa created",
        "004:2135": "serviceaccount/dashboard-viewer created
      clusterrolebinding.rbac.authorization.k8s.io/dashboard-viewer created",
        "004:2202": "networkpolicy.networking.k8s.io/backend-policy created",
        "004:399": "pod/webapp created",
        "004:525": "deployment.apps/webapp created",
        "004:640": "Error from server (Conflict): error when applying patch:
      {"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\\"apiVersion\\":\\"v1\\",\\"kind\\":\\"Pod\\",\\"metadata\\":{\\"annotations\\":{},\\"name\\":\\"webapp\\",\\"namespace\\":\\"default\\",\\"uid\\":\\"abc-123-def-456\\"},\\"spec\\":{\\"containers\\":[{\\"image\\":\\"nginx\\",\\"livenessProbe\\":{\\"httpGet\\":{\\"path\\":\\"/\\",\\"port\\":80},\\"initialDelaySeconds\\":10,\\"periodSeconds\\":5},\\"name\\":\\"nginx\\",\\"ports\\":[{\\"containerPort\\":80}]}],\\"nodeName\\":\\"worker-node-1\\"}}\\n"},"uid":"abc-123-def-456"},"spec":{"$setElementOrder/containers":[{"name":"nginx"}],"containers":[{"image":"nginx","livenessProbe":{"httpGet":{"path":"/","port":80},"initialDelaySeconds":10,"periodSeconds":5},"name":"nginx","ports":[{"containerPort":80}]},{"$patch":"delete","name":"app"}],"nodeName":"worker-node-1","nodeSelector":null}}
      to:
      Resource: "/v1, Resource=pods", GroupVersionKind: "/v1, Kind=Pod"
      Name: "webapp", Namespace: "default"
      for: "/tmp/manifest.yaml": error when patching "/tmp/manifest.yaml": Operation cannot be fulfilled on pods "webapp": Precondition failed: UID in precondition: abc-123-def-456, UID in object meta: 885a943d-79e2-4553-b9eb-da7a8f1e397e",
        "004:758": "error: resource mapping not found for name: "" namespace: "" from "/tmp/manifest.yaml": no matches for kind "KubeletConfiguration" in version "kubelet.config.k8s.io/v1beta1"
      ensure CRDs are installed first",
        "004:797": "deployment.apps/webapp configured
      service/webapp-service created",
        "004:950": "pod/redis created",
      }
    `);
    expect(world.defects).toEqual([]);
  });

  test('what it asks of etcd is typed inside its Pod, where there is a sh and no head', async () => {
    const world = await boot('minikube'), typed = (id: string) => rows.find((r) => r.id === id)!.text;
    const inside = async (command: string) => (await runCommand(world, 'vm', `kubectl exec etcd-minikube -n kube-system -- sh -c '${command}'`)).output;
    expect(await inside(typed('004:1706'))).toContain('sh: line 1: head: command not found\n');
    expect(await inside(typed('004:1706').replace(/ \| head.*/, ''))).toContain('/registry/pods/kube-system/etcd-minikube\n');
    expect(await inside(typed('004:1773'))).toContain('Snapshot saved at /tmp/etcd-backup.db\n');
    expect(world.defects).toEqual([]);
  });

  test('interactive commands open what they are to open', async () => {
    const lost: string[] = [];
    for (const scenario of ['minikube', 'kind-podman']) {
      const world = await boot(scenario);
      for (const row of rows.filter((r) => r.kind === 'command' && r.scenario === scenario && /\s-it?\s|minikube ssh$|kubectl proxy$/.test(r.text))) {
        const session = openSession(world, row.host!);
        let screen = '';
        session.onOutput((text) => (screen += text));
        session.input(`${row.text}\r`);
        await world.advance(world.clock.now + 20 * SECOND);
        if (/command not found/.test(screen)) lost.push(`${row.id} ${row.text}`);
        session.close();
        await world.advance(world.clock.now + 2 * SECOND);
      }
      expect(world.defects).toEqual([]);
    }
    expect(lost).toEqual([]);
  });
});
