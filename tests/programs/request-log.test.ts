import { expect, test } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';

const world = bootScenario(kindPodman(), { seed: 'request-log' });
const run = async (command: string) => (await runCommand(world, 'mac', command)).output.replace(/^I\d{4} [\d:.]+ +\d+ /gm, 'I ');

test('kubectl -v=7 tells the request and its headers, credentials masked', async () => {
  const said = await run('kubectl get pods no --token=secreto -v=7');
  expect(said).toContain('I round_trippers.go:463] GET https://127.0.0.1:6443/api/v1/namespaces/default/pods/no\nI round_trippers.go:469] Request Headers:\n');
  expect(said).toContain('I round_trippers.go:473]     Authorization: Bearer <masked>\n');
  expect(said).toContain('I round_trippers.go:574] Response Status: 404 Not Found in ');
  expect(said).not.toMatch(/secreto|Response Body/);
});

test('-v=8 tells both bodies, cut at 1024 characters', async () => {
  const said = await run('kubectl create configmap a --from-literal=x=y -v=8');
  expect(said).toContain('I request.go:1212] Request Body: {"kind":"ConfigMap"');
  expect(said).toMatch(/Response Headers:\n(.*\n)*I request.go:1212\] Response Body: \{"kind":"ConfigMap"/);
  expect(await run('kubectl get pods -v=8')).toMatch(/Response Body: .{1024} \[truncated \d+ chars\]\n/);
});

test('items of a list do not repeat their kind; objects of a watch say theirs first', async () => {
  expect(await run('kubectl get --raw /api/v1/namespaces/default/pods')).toMatch(/^\{"kind":"PodList","apiVersion":"v1",.*"items":\[\{"metadata":/);
  expect(await run('kubectl get pods -o yaml')).toMatch(/^apiVersion: v1\nitems:\n- apiVersion: v1\n {2}kind: Pod\n/);
});

test('who writes into a pipe that nobody reads any more ends alone', async () => {
  const watch = "kubectl proxy --port=8010 >/dev/null & sleep 1; curl -sN -m 3 'http://127.0.0.1:8010/api/v1/namespaces/default/pods?watch=true' | head -c 32; kubectl run y --image=nginx; sleep 4; kill %1";
  expect(await run(watch)).toMatch(/^\{"type":"ADDED","object":\{"kind"pod\/y created\n/);
  expect(world.defects).toEqual([]);
});
