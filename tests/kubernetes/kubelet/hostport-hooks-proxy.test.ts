import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

const WEB = `cat <<'EOF' | kubectl apply -f -
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  nodeName: worker-1
  containers:
  - name: app
    image: nginx
    imagePullPolicy: IfNotPresent
    ports: [{ containerPort: 80, hostPort: 8085 }]
    lifecycle: { postStart: { httpGet: { path: /index.html, port: 80 } } }
EOF`;

describe('a Pod with a hostPort and a hook', async () => {
  const world = bootScenario(kindPodman(), { seed: 'hostport' });
  const run = async (machine: string, command: string) => (await runCommand(world, machine, command)).output;
  await run('mac', WEB);
  await world.advance(world.clock.now + 5 * SECOND);

  it("answers on its node's port, by the rules of the portmap plugin", async () => {
    expect(await run('mac', 'curl -s http://172.18.0.3:8085 | head -1')).toBe('<!DOCTYPE html>\n');
    expect(await run('worker-1', 'curl -s http://localhost:8085 | head -1')).toBe('<!DOCTYPE html>\n');
    expect(await run('worker-1', 'iptables -t nat -S CNI-HOSTPORT-DNAT')).toMatch(/-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"[0-9a-f]{64}\\"" -m multiport --dports 8085 -j CNI-DN-[0-9a-f]{21}\n/);
  });

  it('was asked by its postStart hook, and answers through the API server', async () => {
    expect(await run('mac', 'kubectl logs web | grep -c "GET /index.html"')).toBe('1\n');
    expect(await run('mac', 'kubectl get --raw /api/v1/namespaces/default/pods/web/proxy/ | head -1')).toBe('<!DOCTYPE html>\n');
    expect(await run('mac', 'kubectl get --raw /api/v1/namespaces/default/services/spink/proxy/actuator/health')).toBe('{"status":"UP"}');
    expect(await run('mac', 'kubectl get --raw /api/v1/namespaces/default/pods/web:81/proxy/')).toMatch(/^Error from server \(ServiceUnavailable\): error trying to reach service: dial tcp 10\.244\.1\.\d+:81: connect: connection refused\n$/);
  });

  it('takes its rules with it', async () => {
    await run('mac', 'kubectl delete pod web');
    expect(await run('worker-1', 'iptables-save -t nat | grep -c CNI-DN')).toBe('0\n');
  });
});
