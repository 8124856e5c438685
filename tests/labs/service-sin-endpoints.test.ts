import { describe, expect, test } from 'vitest';
import { attempt, solution } from './attempts.ts';

const LAB = 'service-sin-endpoints';
const FIX = `kubectl patch svc spink -p '{"spec":{"selector":{"app":"spink"}}}'`;

describe('El Service sin endpoints: what does not count', () => {
  test('an empty session earns nothing', async () => {
    expect((await attempt(LAB, {})).report).toMatchObject({ points: 0, percent: 0, commands: 0 });
  });

  test('Pods that are restarted, scaled and deleted have as little to do with it as kube-proxy', async () => {
    const types = ['kubectl rollout restart deploy spink', 'kubectl scale deploy spink --replicas=4', 'kubectl delete pods -n kube-system -l k8s-app=kube-proxy', 'kubectl get pods'].join('\n');
    expect((await attempt(LAB, { types })).done).toEqual([]);
  });

  test('flushing the rule that rejects gives the Service no endpoints: the request is refused all the same', async () => {
    expect((await attempt(LAB, { types: 'podman exec control-plane iptables -F\ncurl -m 2 http://172.18.0.2:30080/' })).done).toEqual(['ver-el-rechazo']);
  });

  test('words are not deeds: echoed messages, scripts called curl, other ports', async () => {
    const types = [
      'echo "curl: (7) Failed to connect to 172.18.0.2 port 30080"',
      `printf '#!/bin/sh\\nexit 7\\n' > curl; chmod +x curl; ./curl http://172.18.0.2:30080/`,
      'echo "-A KUBE-EXTERNAL-SERVICES -m comment --comment \\"default/spink has no endpoints\\" -j REJECT" > reglas; cat reglas',
      'curl http://172.18.0.2:30081/',
    ].join('\n');
    expect((await attempt(LAB, { types })).done).toEqual([]);
  });

  test('another Service that works mends this one not', async () => {
    const types = 'kubectl expose deploy spink --name otro --type NodePort --port 80 --target-port 8080\nkubectl get svc otro';
    expect((await attempt(LAB, { types })).done).toEqual([]);
  });

  test('a selector mended with another NodePort is not what was asked', async () => {
    const types = `kubectl patch svc spink -p '{"spec":{"selector":{"app":"spink"},"ports":[{"port":80,"targetPort":8080,"nodePort":30081}]}}'`;
    expect((await attempt(LAB, { types })).done).toEqual([]);
  });

  test('wrong answers', async () => {
    const answers = { 'el-selector': 'app=spink', 'por-que': 'Porque el Pod recibió el paquete y lo rechazó.', 'por-localhost': 'no sé' };
    const { done, report } = await attempt(LAB, { types: FIX, answers });
    expect(done).toEqual(['arreglar']);
    expect(report.tasks.find((t) => t.id === 'el-selector')).toMatchObject({ done: false, attempts: 1 });
  });
});

describe('what counts', () => {
  test('any way to mend it does, and «Haz que vuelva a tener endpoints» must still hold at the end', async () => {
    expect((await attempt(LAB, { types: FIX })).done).toEqual(['arreglar']);
    expect((await attempt(LAB, { types: 'kubectl set selector svc spink app=spink' })).done).toEqual(['arreglar']);
    expect((await attempt(LAB, { types: `${FIX}\nsleep 5\nkubectl delete svc spink` })).done).toEqual([]);
  });

  test('hints are counted, and cost no points', async () => {
    const { report } = await attempt(LAB, { types: solution(LAB), hints: ['arreglar', 'arreglar', 'arreglar', 'arreglar'] });
    expect(report.tasks.find((t) => t.id === 'arreglar')).toMatchObject({ done: true, hints: 3, points: 2 });
  });

  test('what is checked by a request leaves no trace in the student’s world', async () => {
    const { run } = await attempt(LAB, { types: FIX });
    expect(run.world.machine('control-plane').net.conntrack.list().filter((e) => e.orig.dport === 30080)).toEqual([]);
  });
});

test('there is more than one way', async () => {
  const types = [
    'curl -v 172.18.0.4:30080', 'curl -sS 127.0.0.1:30080/actuator/health',
    'podman exec -it worker-2 bash', 'iptables -nL', 'exit',
    "kubectl get svc spink -o yaml | sed 's/app: .*/app: spink/' | kubectl apply -f -",
  ].join('\n');
  const answers = { 'por-localhost': 'El reenviador de Podman acepta la conexión en el Mac y la corta cuando el nodo le rechaza la suya.' };
  expect((await attempt(LAB, { types, answers })).done).toEqual(['ver-el-rechazo', 'por-localhost', 'la-regla', 'arreglar']);
});
