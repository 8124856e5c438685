import { beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../../../src/linux/world.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

const DEPLOY = 'https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.8.1/deploy/static/provider/baremetal/deploy.yaml';
const MANIFEST = `cat <<'Y' | kubectl apply -f -
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: rewrite
  annotations: { nginx.ingress.kubernetes.io/rewrite-target: /$2 }
spec:
  ingressClassName: nginx
  rules:
  - host: rewrite.bar.com
    http:
      paths:
      - { path: "/something(/|$)(.*)", pathType: ImplementationSpecific, backend: { service: { name: echo, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ajena, annotations: { kubernetes.io/ingress.class: traefik } }
spec: { rules: [ { host: ajena.com, http: { paths: [ { path: /, pathType: Prefix, backend: { service: { name: echo, port: { number: 80 } } } } ] } } ] }
Y`;

describe('ingress-nginx installed from its manifest', () => {
  let world: World, node = '', http = '', https = '';
  const run = async (command: string) => (await runCommand(world, 'mac', command)).output;
  const ask = (host: string, path: string, options = '') => run(`curl -s ${options} -H 'Host: ${host}' ${node}:${http}${path}`);
  const code = (host: string, path: string, options = '') => ask(host, path, `-o /dev/null -w '%{http_code} %{redirect_url}' ${options}`);
  const log = () => run('kubectl logs -n ingress-nginx deploy/ingress-nginx-controller');

  beforeAll(async () => {
    world = bootScenario(kindPodman(), { seed: 'ingress' });
    await run(`kubectl apply -f ${DEPLOY}`);
    await run('kubectl wait -n ingress-nginx --for=condition=available deploy/ingress-nginx-controller --timeout=90s');
    await run('kubectl create deployment echo --image=registry.k8s.io/e2e-test-images/agnhost:2.45 --replicas=2 -- /agnhost netexec --http-port=8080; kubectl expose deployment echo --port=80 --target-port=8080');
    await run('kubectl create service clusterip vacio --tcp=80:80; kubectl create service clusterip cerrado --tcp=80:81; kubectl label --overwrite svc cerrado a=b; kubectl set selector svc cerrado app=echo');
    await run(MANIFEST);
    await run('kubectl create ingress web --class=nginx --rule="web.com/exacta=echo:80" --rule="web.com/api*=echo:80" --rule="web.com/vacio*=vacio:80" --rule="web.com/cerrado*=cerrado:80"');
    await run('kubectl create ingress comodin --class=nginx --rule="*.tienda.com/*=echo:80" --annotation nginx.ingress.kubernetes.io/app-root=/hostname');
    await run('kubectl create ingress tls --class=nginx --rule="tls.com/*=echo:80,tls=secreto"');
    await run('kubectl create ingress mudada --class=nginx --rule="mudada.com/*=echo:80" --annotation nginx.ingress.kubernetes.io/permanent-redirect=https://nueva.com');
    await run('kubectl create ingress corta --class=nginx --rule="corta.com/*=echo:80" --annotation nginx.ingress.kubernetes.io/proxy-body-size=4');
    await world.advance(world.clock.now + 15 * SECOND);
    [node, http, https] = (await run("kubectl get nodes worker-1 -o jsonpath='{.status.addresses[0].address} '; kubectl get svc -n ingress-nginx ingress-nginx-controller -o jsonpath='{.spec.ports[*].nodePort}'")).split(' ') as [string, string, string];
  });

  it('what the manifest installs runs: jobs, Deployment, class, webhook', async () => {
    expect(await run('kubectl get jobs -n ingress-nginx --no-headers')).toMatch(/admission-create +1\/1[^]*admission-patch +1\/1/);
    expect(await run('kubectl get ingressclass')).toMatch(/nginx +k8s.io\/ingress-nginx +<none>/);
    expect(await log()).toContain('"Backend successfully reloaded"');
    expect(world.defects).toEqual([]);
  });

  it('an unknown host gets the page of the default backend, and no line in the log', async () => {
    expect(await ask('nadie.com', '/')).toBe('<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n');
    expect(await log()).not.toContain('[upstream-default-backend]');
  });

  it('rewrite-target with its groups: the Pod sees the path without the prefix', async () => {
    expect(await ask('rewrite.bar.com', '/something/hostname')).toMatch(/^echo-/);
    expect(await ask('rewrite.bar.com', '/SOMETHING/hostname')).toMatch(/^echo-/);
    expect(await code('rewrite.bar.com', '/hostname')).toBe('404 ');
    expect(await log()).toMatch(/^10\.244\.1\.0 - - \[21\/Nov\/2026:08:\d\d:\d\d \+0000\] "GET \/something\/hostname HTTP\/1\.1" 200 \d+ "-" "curl\/7\.88\.1" 97 0\.00\d \[default-echo-80\] \[\] 10\.244\.\d\.\d+:8080 \d+ 0\.00\d 200 [0-9a-f]{32}$/m);
  });

  it('Exact is exact, Prefix goes by elements of the path', async () => {
    expect([await code('web.com', '/exacta'), await code('web.com', '/exacta/'), await code('web.com', '/api'), await code('web.com', '/api/v1'), await code('web.com', '/apixyz')]).toEqual(['200 ', '404 ', '200 ', '200 ', '404 ']);
  });

  it('503 without endpoints, 502 when nobody listens: three tries, as the log says', async () => {
    expect(await code('web.com', '/vacio')).toBe('503 ');
    expect(await code('web.com', '/cerrado')).toBe('502 ');
    expect(await log()).toContain('[default-vacio-80] [] - - - - ');
    expect(await log()).toMatch(/connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: [\d.]+, server: web\.com, request: "GET \/cerrado HTTP\/1\.1", upstream: "http:\/\/10\.244\.[\d.]+:81\/cerrado", host: "web\.com"/);
    expect(await log()).toMatch(/"GET \/cerrado HTTP\/1\.1" 502 150 "-" "curl\/7\.88\.1" \d+ [\d.]+ \[default-cerrado-80\] \[\] (10\.244\.[\d.]+:81(, )?){3} 0, 0, 0 [\d.]+, [\d.]+, [\d.]+ 502, 502, 502 /);
  });

  it('wildcards stand for one label; app-root, redirects, sizes', async () => {
    expect([await code('a.tienda.com', '/hostname'), await code('a.b.tienda.com', '/hostname'), await code('tienda.com', '/hostname')]).toEqual(['200 ', '404 ', '404 ']);
    expect(await code('a.tienda.com', '/')).toBe('302 http://a.tienda.com/hostname');
    expect(await code('mudada.com', '/x')).toBe('301 https://nueva.com/');
    expect(await code('corta.com', '/hostname', '-d 12345')).toBe('413 ');
  });

  it('TLS: http is sent to https, which the controller ends with its fake certificate where the Secret is missing', async () => {
    expect(await code('tls.com', '/x')).toBe('308 https://tls.com/x');
    const out = await run(`curl -skv --resolve tls.com:${https}:${node} https://tls.com:${https}/hostname 2>&1`);
    expect(out).toContain('CN=Kubernetes Ingress Controller Fake Certificate');
    expect(out).toContain('< Strict-Transport-Security: max-age=15724800; includeSubDomains');
    expect(await run(`curl -s --resolve tls.com:${https}:${node} https://tls.com:${https}/ -o /dev/null; echo $?`)).toBe('60\n');
  });

  it('another class is not its own; events and status say what is', async () => {
    expect(await code('ajena.com', '/')).toBe('404 ');
    expect(await run('kubectl describe ingress ajena')).toMatch(/Events: +<none>/);
    expect(await run('kubectl describe ingress web')).toMatch(/Normal +Sync +\S+( \(x\d+ over \w+\))? +nginx-ingress-controller +Scheduled for sync/);
    await world.advance(world.clock.now + 60 * SECOND);
    expect(await run('kubectl get ingress web -o jsonpath={.status.loadBalancer.ingress[0].ip}')).toMatch(/^172\.18\.0\.[34]$/);
  });

  it('the admission webhook refuses what is said twice, and all while nobody answers it', async () => {
    expect(await run('kubectl create ingress otra --class=nginx --rule="web.com/exacta=echo:80"')).toBe('error: failed to create ingress: admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "web.com" and path "/exacta" is already defined in ingress default/web\n');
    await run('kubectl scale -n ingress-nginx deploy/ingress-nginx-controller --replicas=0');
    await world.advance(world.clock.now + 30 * SECOND);
    expect(await run('kubectl create ingress otra --class=nginx --rule="otra.com/*=echo:80"')).toMatch(/^error: failed to create ingress: Internal error occurred: failed calling webhook "validate\.nginx\.ingress\.kubernetes\.io": failed to call webhook: Post "https:\/\/ingress-nginx-controller-admission\.ingress-nginx\.svc:443\/networking\/v1\/ingresses\?timeout=10s": dial tcp 10\.\d+\.\d+\.\d+:443: connect: connection refused\n$/);
  });

  it("the document's commands: curly quotes and old manifests are refused in their own way", async () => {
    expect(await run('kubectl create ingress ingress-test --rule=“wear.my-online-store.com/wear*=wear-service:80”')).toBe('error: rule “wear.my-online-store.com/wear*=wear-service:80” is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]\n');
    expect(await run("printf 'apiVersion: extensions/v1beta1\\nkind: Ingress\\nmetadata: {name: x}\\n' | kubectl apply -f -")).toBe('error: resource mapping not found for name: "x" namespace: "" from "STDIN": no matches for kind "Ingress" in version "extensions/v1beta1"\nensure CRDs are installed first\n');
  });
});
