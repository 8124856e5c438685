import { beforeAll, describe, expect, test } from 'vitest';
import { btoa } from '../../../src/kubernetes/api/base64.ts';
import type { KubeObject } from '../../../src/kubernetes/api/types.ts';
import { loadValidation } from '../../../src/kubernetes/api/validation-of.ts';
import { loadWebhooks } from '../../../src/kubernetes/apiserver/admission/webhook-configurations.ts';
import type { ReviewRequest, ReviewResponse } from '../../../src/kubernetes/apiserver/admission/webhooks.ts';
import { celEngine } from '../../../src/kubernetes/apiserver/cel/engine.ts';
import { ApiError, core, gvr } from '../../../src/kubernetes/client/client.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { newTestServer } from './new-test-server.ts';

const PODS = core('pods');
const pod = (name: string, labels: Record<string, string> = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } });
const patch = (...operations: object[]): ReviewResponse => ({ allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(operations)) });

/** A server whose webhooks answer as said, each in a configuration of its own; `asked` keeps who was asked, in turn. */
function world(webhooks: Record<string, { mutating?: boolean; hook?: object; answer: (request: ReviewRequest) => ReviewResponse | string }>) {
  const { server, client } = newTestServer(), asked: string[] = [];
  server.cel = celEngine();
  client.create(core('services'), { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hooks', namespace: 'default' }, spec: { ports: [{ port: 443 }] } });
  client.create(gvr('discovery.k8s.io', 'v1', 'endpointslices'), { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'hooks', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hooks' } }, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.9'] }], ports: [{ name: '', port: 8443 }] });
  server.callWebhook = (_, path, request) => {
    asked.push(path.slice(1));
    return webhooks[path.slice(1)]!.answer(request);
  };
  for (const [name, { mutating = false, hook }] of Object.entries(webhooks)) client.create(gvr('admissionregistration.k8s.io', 'v1', `${mutating ? 'mutating' : 'validating'}webhookconfigurations`), {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: `${mutating ? 'Mutating' : 'Validating'}WebhookConfiguration`, metadata: { name },
    webhooks: [{ name: `${name}.curso.es`, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] }], clientConfig: { caBundle: 'Q0E=', service: { namespace: 'default', name: 'hooks', path: `/${name}` } }, ...hook }],
  });
  const refusal = (object: KubeObject): string => {
    try {
      client.create(PODS, object);
    } catch (error) {
      if (error instanceof ApiError) return `${error.code} ${error.reason}: ${error.message}`;
      throw error;
    }
    return 'created';
  };
  return { client, asked, refusal };
}

beforeAll(async () => {
  await loadValidation();
  await loadWebhooks();
});

describe('webhooks that mutate', () => {
  test('a JSON patch changes what is stored; what it adds is decoded and defaulted, and what validates sees it', () => {
    let seen: KubeObject | undefined;
    const { client, asked } = world({
      'b-looks': { answer: ({ object }) => ({ allowed: (seen = object) !== undefined }) },
      sidecar: { mutating: true, answer: () => patch({ op: 'add', path: '/spec/containers/-', value: { name: 'proxy', image: 'envoy', nonsense: 1 } }, { op: 'add', path: '/metadata/annotations', value: { inyectado: 'si' } }) },
    });
    const stored = client.create(PODS, pod('web'));
    expect(stored.spec.containers[1]).toMatchObject({ name: 'proxy', image: 'envoy', imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log' });
    expect(stored.spec.containers[1]).not.toHaveProperty('nonsense');
    expect(stored.metadata.annotations).toEqual({ inyectado: 'si' });
    expect(asked).toEqual(['sidecar', 'b-looks']);
    expect(seen!.spec.containers).toHaveLength(2);
    expect(client.get(PODS, 'default', 'web').spec.containers).toHaveLength(2);
  });

  test('in the order of the configurations; IfNeeded is asked again after somebody else changed the object, once', () => {
    const label = (name: string) => ({ object }: ReviewRequest) => patch({ op: 'add', path: `/metadata/labels/${name}`, value: String(Number(object!.metadata.labels![name] ?? 0) + 1) });
    const { client, asked } = world({
      z: { mutating: true, answer: label('z') }, a: { mutating: true, hook: { reinvocationPolicy: 'IfNeeded' }, answer: label('a') }, m: { mutating: true, answer: label('m') },
    });
    expect(client.create(PODS, pod('web', { app: 'web' })).metadata.labels).toEqual({ app: 'web', a: '2', m: '1', z: '1' });
    expect(asked).toEqual(['a', 'm', 'z', 'a']);
  });

  test('the plugins of the server have a second turn: a service account that a webhook asks for is mounted', () => {
    const { client } = world({ sa: { mutating: true, answer: () => patch({ op: 'replace', path: '/spec/serviceAccountName', value: 'otra' }, { op: 'remove', path: '/spec/volumes' }, { op: 'remove', path: '/spec/containers/0/volumeMounts' }) } });
    client.create(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'otra', namespace: 'default' } });
    const { spec } = client.create(PODS, pod('web'));
    expect(spec.serviceAccountName).toBe('otra');
    expect(spec.volumes[0].name).toMatch(/^kube-api-access-/);
  });

  test('what is wrong with an answer: a refusal, no patchType, a patch that does not fit', () => {
    expect(world({ no: { mutating: true, answer: () => ({ allowed: false, status: { message: 'sin etiqueta', code: 403, reason: 'Forbidden' } }) } }).refusal(pod('p'))).toBe('403 Forbidden: admission webhook "no.curso.es" denied the request: sin etiqueta');
    expect(world({ no: { mutating: true, answer: () => ({ allowed: false }) } }).refusal(pod('p'))).toBe('400 : admission webhook "no.curso.es" denied the request without explanation');
    const untyped = () => ({ ...patch(), patchType: undefined }) as unknown as ReviewResponse;
    expect(world({ no: { mutating: true, answer: untyped } }).refusal(pod('p'))).toBe('500 InternalError: Internal error occurred: failed calling webhook "no.curso.es": received invalid webhook response: webhook returned response.patch but not response.patchType');
    expect(world({ no: { mutating: true, hook: { failurePolicy: 'Ignore' }, answer: untyped } }).refusal(pod('p'))).toBe('created');
    expect(world({ no: { mutating: true, answer: () => patch({ op: 'remove', path: '/spec/nada' }) } }).refusal(pod('p'))).toMatch(/^500 InternalError: Internal error occurred: remove operation does not apply: doc is missing path/);
    expect(world({ no: { mutating: true, answer: () => patch({ op: 'replace', path: '/spec/containers/0/name', value: 'MAL' }) } }).refusal(pod('p'))).toContain('422 Invalid: Pod "p" is invalid: spec.containers[0].name: Invalid value: "MAL"');
  });
});

describe('matchConditions', () => {
  const conditions = (...expressions: string[]) => ({ matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })) });
  const asked = (hook: object, object: KubeObject) => {
    const it = world({ w: { hook, answer: () => ({ allowed: true }) } }), said = it.refusal(object);
    return `${it.asked.join()} ${said}`;
  };

  test('all must be true for a webhook to be asked', () => {
    expect(asked(conditions("object.metadata.labels.app == 'web'"), pod('p', { app: 'web' }))).toBe('w created');
    expect(asked(conditions("request.operation == 'CREATE'", "object.metadata.labels.app == 'web'"), pod('p', { app: 'otra' }))).toBe(' created');
    expect(asked(conditions("!('system:nodes' in request.userInfo.groups)"), pod('p'))).toBe('w created');
  });

  test('one that cannot be told is a matter of the failure policy, unless another is false', () => {
    const wrong = "object.metadata.labels.app == 'web'";
    expect(asked(conditions(wrong), pod('p'))).toBe(` 403 Forbidden: pods "p" is forbidden: expression '${wrong}' resulted in error: no such key: labels`);
    expect(asked(conditions(wrong, 'false'), pod('p'))).toBe(' created');
    expect(asked({ ...conditions(wrong), failurePolicy: 'Ignore' }, pod('p'))).toBe(' created');
  });

  test('a configuration must say expressions, under names of their own', () => {
    const refused = (matchConditions: object[]) => {
      try {
        world({ w: { hook: { matchConditions }, answer: () => ({ allowed: true }) } });
      } catch (error) {
        return (error as Error).message.split('.curso.es').at(-1)!.replace(/^.*is invalid: /, '');
      }
      return '';
    };
    expect(refused([{ name: 'a', expression: ' ' }, { name: 'a', expression: 'true' }])).toBe('[webhooks[0].matchConditions[0].expression: Required value, webhooks[0].matchConditions[1].name: Duplicate value: "a"]');
    expect(refused([{ name: 'a', expression: 'nada.x' }])).toContain(`webhooks[0].matchConditions[0].expression: Invalid value: "nada.x": compilation failed: ERROR: <input>:1:1: undeclared reference to 'nada' (in container '')`);
  });
});

test('kubectl: a configuration whose Service has nobody behind it stands in the way, or not', async () => {
  const cluster = bootScenario(kindPodman(), { seed: 'webhooks' });
  const run = async (line: string) => (await runCommand(cluster, 'mac', line)).output;
  const configuration = (policy: string) => `kubectl apply -f - <<'FIN'
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: inyector}
webhooks:
- name: inyector.curso.es
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: ${policy}
  matchConditions: [{name: sin-etiqueta, expression: '!("libre" in object.metadata.labels)'}]
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  clientConfig: {service: {namespace: default, name: inyector, path: /mutar}}
FIN`;
  expect(await run(configuration('Fail'))).toBe('mutatingwebhookconfiguration.admissionregistration.k8s.io/inyector created\n');
  expect(await run('kubectl run a --image=nginx')).toBe('Error from server (InternalError): Internal error occurred: failed calling webhook "inyector.curso.es": failed to call webhook: Post "https://inyector.default.svc:443/mutar?timeout=10s": service "inyector" not found\n');
  expect(await run('kubectl run b --image=nginx --labels=libre=si')).toBe('pod/b created\n');
  await run('kubectl create deployment web --image=nginx; sleep 2');
  expect(await run('kubectl get events --field-selector reason=FailedCreate -o jsonpath={.items[0].message}')).toContain('failed calling webhook "inyector.curso.es"');
  expect(await run(configuration('Ignore'))).toContain('configured');
  expect(await run('kubectl run a --image=nginx')).toBe('pod/a created\n');
  expect(cluster.defects).toEqual([]);
});
