/** The cluster in the page: the document's commands, and what really follows when something is broken. */
import { expect, test } from 'vitest';
import { ready, typeLine, useBrowser, visit, waitForText, type Visit } from './browser.ts';

useBrowser();
const LESSON = '/de-curl-al-pod/tres-mundos/';

let n = 0;

/** Types a command, waits until it has ended, and gives what the screen shows of it. */
async function run({ page }: Visit, command: string, timeout = 40_000): Promise<string> {
  const before = `hecho-${n}`,
    mark = `hecho-${++n}`;
  await typeLine(page, `${command}; echo; echo "${mark.replace('-', '-""')}" $?`);
  const shown = await waitForText(page, new RegExp(`^${mark} \\d+$`, 'm'), timeout);
  const from = shown.search(new RegExp(`^${before} `, 'm'));
  return shown.slice(Math.max(0, from), shown.search(new RegExp(`^${mark} `, 'm')));
}

async function open(): Promise<Visit> {
  const opened = await visit(LESSON);
  await ready(opened.page);
  return opened;
}

test('a curl through the NodePort answers, and its packet is drawn', async () => {
  const opened = await open();
  expect(await run(opened, 'curl -s http://localhost:30080/actuator/health')).toContain('"status":"UP"');
  await opened.page.click('[data-view="paquete"]');
  await opened.page.waitForSelector('.pasos:has-text("MASQUERADE")');
  const text = await opened.page.textContent('.pasos');
  expect(text).toContain('KUBE-SVC-66BRF57DTBANX7J2');
  expect(text).toContain('MASQUERADE');
  await opened.page.focus('.paquete .mandos [aria-label="Paso siguiente"]');
  await opened.page.keyboard.press('ArrowRight');
  expect(await opened.page.textContent('.mandos > span')).toMatch(/^2 de \d+$/);
  expect(opened.complaints).toEqual([]);
  await opened.context.close();
});

test('kubectl shows the cluster of the document', async () => {
  const opened = await open();
  const nodes = await run(opened, 'kubectl get nodes');
  for (const node of ['control-plane', 'worker-1', 'worker-2']) expect(nodes).toMatch(new RegExp(`^${node} +Ready`, 'm'));
  expect(await run(opened, 'kubectl get svc spink')).toMatch(/spink +NodePort +10\.96\.244\.84 +<none> +80:30080\/TCP/);
  expect(await run(opened, 'kubectl frobnicate')).toContain('error: unknown command "frobnicate" for "kubectl"');
  await opened.context.close();
});

test('without its Service nobody answers on the NodePort', async () => {
  const opened = await open();
  expect(await run(opened, 'kubectl delete svc spink')).toContain('service "spink" deleted');
  expect(await run(opened, 'sleep 2; curl http://172.18.0.2:30080/')).toContain('curl: (7)');
  await opened.context.close();
});

test('a flushed nat table breaks the NodePort; kube-proxy misses only its own chains, and then writes everything again', async () => {
  const opened = await open();
  const broken = await run(opened, 'podman exec control-plane iptables -t nat -F; curl -m 2 http://172.18.0.2:30080/actuator/health');
  expect(broken).toMatch(/curl: \((7|28)\)/);
  // Its canary is a chain of mangle: deleted it is missed within 30 s, and 5 s later everything is written.
  await run(opened, 'podman exec control-plane iptables -t mangle -X KUBE-PROXY-CANARY; sleep 36', 80_000);
  expect(await run(opened, 'curl -s -m 2 http://172.18.0.2:30080/actuator/health')).toContain('UP');
  await opened.context.close();
}, 150_000);

test('a kube-proxy Pod that is deleted comes back, and what it had written stays', async () => {
  const opened = await open();
  expect(await run(opened, 'kubectl delete pod -n kube-system -l k8s-app=kube-proxy', 90_000)).toContain('deleted');
  expect(await run(opened, 'curl -s http://localhost:30080/actuator/health')).toContain('UP');
  expect(await run(opened, 'kubectl get pods -n kube-system -l k8s-app=kube-proxy --no-headers | wc -l')).toMatch(/^\s*3$/m);
  await opened.context.close();
}, 150_000);

test('each machine has terminals of its own', async () => {
  const opened = await open();
  await opened.page.selectOption('.maquinas select', 'worker-1');
  await waitForText(opened.page, /[$#] *$/);
  await typeLine(opened.page, 'ip route');
  await waitForText(opened.page, /^10\.244\.0\.0\/24 via 10\.244\.0\.0 dev flannel\.1 onlink/m);
  await opened.context.close();
});
