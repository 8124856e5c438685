import { expect, test } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';

test('from a key to a user of the cluster', async () => {
  const world = bootScenario(kindPodman(), { seed: 'openssl' });
  const run = async (command: string) => {
    const { stdout, stderr } = await runCommand(world, world.machine('mac'), command, { cwd: '/root' });
    return stdout + stderr;
  };
  await run('openssl genrsa -out ana.key 2048; openssl req -new -key ana.key -out ana.csr -subj "/CN=ana/O=devs"');
  expect(await run('openssl req -in ana.csr -noout -subject')).toBe('subject=CN = ana, O = devs\n');
  await run(`printf 'apiVersion: certificates.k8s.io/v1\\nkind: CertificateSigningRequest\\nmetadata: {name: ana}\\nspec:\\n  request: %s\\n  signerName: kubernetes.io/kube-apiserver-client\\n  usages: [client auth]\\n' $(base64 -w0 ana.csr) | kubectl create -f -; kubectl certificate approve ana`);
  await world.settle();
  await run('kubectl get csr ana -o jsonpath={.status.certificate} | base64 -d > ana.crt');
  expect(await run('openssl x509 -in ana.crt -noout -subject -issuer')).toBe('subject=O = devs, CN = ana\nissuer=CN = kubernetes\n');
  await run('kubectl config set-credentials ana --client-certificate=ana.crt --client-key=ana.key');
  expect(await run('kubectl get pods --user=ana')).toBe('Error from server (Forbidden): pods is forbidden: User "ana" cannot list resource "pods" in API group "" in the namespace "default"\n');
});

test('a self-signed certificate for a Secret of type tls', async () => {
  const world = bootScenario(kindPodman(), { seed: 'openssl' });
  const { stdout } = await runCommand(world, world.machine('mac'), 'openssl req -x509 -nodes -days 365 -newkey rsa:2048 -keyout tls.key -out tls.crt -subj /CN=web.example.com 2>/dev/null; kubectl create secret tls web --cert=tls.crt --key=tls.key; openssl x509 -in tls.crt -noout -text | head -10; openssl nada', { cwd: '/root' });
  expect(stdout).toMatch(/^secret\/web created\nCertificate:\n {4}Data:\n[^]*Issuer: CN = web\.example\.com\n {8}Validity\n {12}Not Before: Nov 21 /);
});

test('a public key in DER and its digest, and what is none', async () => {
  const world = bootScenario(kindPodman(), { seed: 'openssl' });
  const run = async (command: string) => (await runCommand(world, world.machine('mac'), `openssl req -x509 -nodes -newkey rsa:2048 -keyout k -out c -subj /CN=x 2>/dev/null; ${command}`, { cwd: '/root' })).output;
  const [digest, sum] = (await run('openssl x509 -pubkey -noout -in c | openssl rsa -pubin -outform der 2>/dev/null | openssl dgst -sha256 -hex; openssl x509 -pubkey -in c | openssl pkey -pubin -outform der | sha256sum')).split('\n');
  expect(digest).toMatch(/^SHA2-256\(stdin\)= [0-9a-f]{64}$/);
  expect(sum).toBe(`${digest!.slice(17)}  -`);
  expect(await run('openssl rsa -pubin -in c')).toBe('Could not read public key from c\n');
  expect(await run('openssl rsa -pubin -in nada')).toMatch(/^Could not open file or uri for loading public key from nada\n/);
});
