import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { core, gvr, ApiError } from '../../../src/kubernetes/client/client.ts';
import { newTestServer } from './new-test-server.ts';

const { client } = newTestServer();
const refused = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
  return 'accepted';
};
const pod = (yaml: string) => refused(() => client.raw('POST', '/api/v1/namespaces/default/pods', parse(yaml), { fieldValidation: ['Strict'] }));
const deployment = (yaml: string) => refused(() => client.raw('POST', '/apis/apps/v1/namespaces/default/deployments', parse(yaml), { fieldValidation: ['Strict'] }));

describe('what the API server says of wrong objects', () => {
  test('names', () => {
    expect(pod('{metadata: {name: Mi_Pod}, spec: {containers: [{name: C_1, image: nginx}]}}')).toBe(
      `Pod "Mi_Pod" is invalid: [metadata.name: Invalid value: "Mi_Pod": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), spec.containers[0].name: Invalid value: "C_1": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')]`,
    );
  });

  test.each([
    ['{metadata: {name: p}, spec: {containers: []}}', 'Pod "p" is invalid: spec.containers: Required value'],
    ['{metadata: {name: p}, spec: {containers: [{name: c}]}}', 'Pod "p" is invalid: spec.containers[0].image: Required value'],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx}, {name: c, image: redis}]}}', 'Pod "p" is invalid: spec.containers[1].name: Duplicate value: "c"'],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: 1x, memory: 10GB}}}]}}', `Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx, volumeMounts: [{name: falta, mountPath: /x}]}], volumes: [{name: otro}]}}', 'Pod "p" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "falta"'],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx}], volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}]}}', 'Pod "p" is invalid: spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ['{metadata: {name: p}, spec: {restartPolicy: Siempre, dnsPolicy: Nada, containers: [{name: c, image: nginx, imagePullPolicy: A veces}]}}', 'Pod "p" is invalid: [spec.containers[0].imagePullPolicy: Unsupported value: "A veces": supported values: "Always", "IfNotPresent", "Never", spec.restartPolicy: Unsupported value: "Siempre": supported values: "Always", "OnFailure", "Never", spec.dnsPolicy: Unsupported value: "Nada": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]'],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx, livenessProbe: {periodSeconds: 5}, readinessProbe: {httpGet: {path: /, port: web}, tcpSocket: {port: 80}}}]}}', 'Pod "p" is invalid: [spec.containers[0].livenessProbe: Required value: must specify a handler type, spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type]'],
    ['{metadata: {name: p}, spec: {contenedores: [], containers: [{name: c, image: nginx, imagen: otra}]}}', 'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagen", unknown field "spec.contenedores"'],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx, env: [{name: A, value: 1}]}]}}', 'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string'],
    ['{metadata: {name: p}, spec: {containers: {name: c}}}', 'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    ['{metadata: {name: p}, kind: pod, apiVersion: v1}', 'pod in version "v1" cannot be handled as a Pod: no kind "pod" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'],
    ['{metadata: {name: p}, spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 0}, {containerPort: 70000}, {containerPort: 80, name: nombre-demasiado-largo}, {containerPort: 81, protocol: HTTP}]}]}}', 'Pod "p" is invalid: [spec.containers[0].ports[0].containerPort: Required value, spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.containers[0].ports[2].name: Invalid value: "nombre-demasiado-largo": must be no more than 15 characters, spec.containers[0].ports[3].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"]'],
  ])('%s', (yaml, message) => expect(pod(yaml)).toBe(message));

  test.each([
    ['{metadata: {name: d}, spec: {selector: {matchLabels: {app: uno}}, template: {metadata: {labels: {app: dos}}, spec: {containers: [{name: c, image: nginx}]}}}}', 'Deployment.apps "d" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app":"dos"}: `selector` does not match template `labels`'],
    ['{metadata: {name: d}, spec: {replicas: -2, template: {metadata: {labels: {app: dos}}, spec: {containers: [{name: c, image: nginx}]}}}}', 'Deployment.apps "d" is invalid: [spec.replicas: Invalid value: -2: must be greater than or equal to 0, spec.selector: Required value, spec.template.metadata.labels: Invalid value: map[string]string{"app":"dos"}: `selector` does not match template `labels`]'],
    ['{metadata: {name: d}, spec: {selector: {matchLabels: {app: d}}, strategy: {type: Azul}, template: {metadata: {labels: {app: d}}, spec: {restartPolicy: Never, containers: [{name: c, image: nginx}]}}}}', 'Deployment.apps "d" is invalid: [spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always", spec.strategy: Unsupported value: apps.DeploymentStrategy{Type:"Azul", RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}: supported values: "Recreate", "RollingUpdate"]'],
    ['{metadata: {name: types}, spec: {replicas: "dos", template: {spec: {containers: [{name: c, image: nginx}]}}}}', 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
  ])('%s', (yaml, message) => expect(deployment(yaml)).toBe(message));
});

describe('what the API server fills in', () => {
  test('a pod', () => {
    const made = client.create(core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec: { containers: [{ name: 'web', image: 'nginx:1.25', ports: [{ containerPort: 80 }] }] } });
    const volume = made.spec.volumes[0].name as string;
    expect(volume).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(made.spec).toEqual({
      containers: [{
        name: 'web', image: 'nginx:1.25', imagePullPolicy: 'IfNotPresent', ports: [{ containerPort: 80, protocol: 'TCP' }], resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File',
        volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', name: volume, readOnly: true }],
      }],
      dnsPolicy: 'ClusterFirst', enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority', priority: 0, restartPolicy: 'Always', schedulerName: 'default-scheduler', securityContext: {}, serviceAccount: 'default', serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
      tolerations: [{ effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 }, { effect: 'NoExecute', key: 'node.kubernetes.io/unreachable', operator: 'Exists', tolerationSeconds: 300 }],
      volumes: [{ name: volume, projected: { defaultMode: 420, sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }, { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } }, { downwardAPI: { items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }] } }] } }],
    });
    expect(made.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  test('a Service', () => {
    const made = client.create(core('services'), { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30080 }] } });
    expect(made.spec).toEqual({
      type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30080, protocol: 'TCP', targetPort: 80 }], clusterIP: expect.stringMatching(/^10\.(9[6-9]|10\d|11[01])\./), clusterIPs: [made.spec.clusterIP],
      externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', sessionAffinity: 'None',
    });
    expect(refused(() => client.create(core('services'), { apiVersion: 'v1', kind: 'Service', metadata: { name: 'dos', namespace: 'default' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } }))).toBe('Service "dos" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated');
  });

  test('a Deployment, and its generation', () => {
    const r = gvr('apps', 'v1', 'deployments');
    const made = client.create(r, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' }, spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } } } });
    expect(made.metadata.generation).toBe(1);
    expect(made.spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } });
    expect(made.spec.template.metadata).toEqual({ creationTimestamp: null, labels: { app: 'web' } });
    expect(client.patch(r, 'default', 'web', 'strategic', { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:1.25' }] } } } }).metadata.generation).toBe(2);
    expect(client.updateStatus(r, { ...client.get(r, 'default', 'web'), status: { replicas: 1, readyReplicas: 0 } }).status).toEqual({ replicas: 1 });
    expect(client.get(r, 'default', 'web').metadata.generation).toBe(2);
    expect(client.raw('GET', '/apis/apps/v1/namespaces/default/deployments/web/scale').spec).toEqual({ replicas: 1 });
  });

  test('the table of pods', () => {
    const table = client.raw('GET', '/api/v1/namespaces/default/pods', undefined, {}, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
    expect((table['columnDefinitions'] as { name: string }[]).map((c) => c.name)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP', 'Node', 'Nominated Node', 'Readiness Gates']);
    expect((table['rows'] as { cells: unknown[] }[])[0]!.cells).toEqual(['web', '0/1', 'Pending', '0', '0s', '<none>', '<none>', '<none>', '<none>']);
  });
});

describe('what the API server says of refused changes', () => {
  const patch = (body: object) => refused(() => client.patch(core('pods'), 'default', 'web', 'strategic', body));
  test('of a pod', () => {
    expect(patch({ spec: { terminationGracePeriodSeconds: 5 } })).toBe(
      'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations) or `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n' +
      '  core.PodSpec{\n  \t... // 3 identical fields\n  \tEphemeralContainers:           nil,\n  \tRestartPolicy:                 "Always",\n- \tTerminationGracePeriodSeconds: &30,\n+ \tTerminationGracePeriodSeconds: &5,\n  \tActiveDeadlineSeconds:         nil,\n  \tDNSPolicy:                     "ClusterFirst",\n  \t... // 25 identical fields\n  }\n',
    );
    expect(patch({ metadata: { name: 'otro' } })).toBe('the name of the object (otro) does not match the name on the URL (web)');
  });

  test('by patches that do not fit', () => {
    const of = (body: unknown, type: string) => refused(() => client.raw('PATCH', '/apis/apps/v1/namespaces/default/deployments/web', body as never, {}, { 'content-type': `application/${type}+json` }));
    expect(of({ spec: { replicas: 'tres' } }, 'strategic-merge-patch')).toBe(' "" is invalid: patch: Invalid value: "map[spec:map[replicas:tres]]": unrecognized type: int32');
    expect(of({ spec: { template: { spec: { containers: [{ name: 'nginx' }] } } } }, 'merge-patch')).toBe('Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value');
    expect(of([{ op: 'test', path: '/spec/replicas', value: 9 }], 'json-patch')).toBe('the server rejected our request due to an error in our request');
    expect(of('{spec', 'strategic-merge-patch')).toBe("invalid character 's' looking for beginning of object key string");
  });
});
