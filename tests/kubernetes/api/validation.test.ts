import { describe, expect, test } from 'vitest';
import { type ApiError, gvr } from '../../../src/kubernetes/client/client.ts';
import { newTestServer } from '../apiserver/new-test-server.ts';

/** What the server refuses in an object of a kind, as `field: message`. The texts are those of pkg/apis/…/validation of 1.28. */
type Case = [apiVersion: string, plural: string, kind: string, body: object, refused: string[]];

const containers = [{ name: 'c', image: 'nginx' }];
const pod = (spec: object, refused: string[]): Case => ['v1', 'pods', 'Pod', { spec: { containers, ...spec } }, refused];
const container = (fields: object, refused: string[]): Case => pod({ containers: [{ ...containers[0], ...fields }] }, refused.map((r) => `spec.containers[0].${r}`));
const workload = (kind: string, spec: object, refused: string[]): Case => ['apps/v1', `${kind.toLowerCase()}s`, kind, { spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers } }, ...spec } }, refused];
const service = (spec: object, refused: string[]): Case => ['v1', 'services', 'Service', { spec: { ports: [{ port: 80 }], ...spec } }, refused];

const QUANTITY_1500M = 'resource.Quantity{i:resource.int64Amount{value:1500, scale:-3}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"1500m", Format:"DecimalSI"}';

const CASES: Case[] = [
  pod({ tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] }, ['spec.tolerations[0].operator: Invalid value: core.Toleration{Key:"a", Operator:"Exists", Value:"x", Effect:"", TolerationSeconds:(*int64)(nil)}: value must be empty when `operator` is \'Exists\'']),
  pod({ topologySpreadConstraints: [{ maxSkew: 0, whenUnsatisfiable: 'No', topologyKey: 'zone' }] }, ['spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero', 'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "No": supported values: "DoNotSchedule", "ScheduleAnyway"']),
  pod({ dnsPolicy: 'None' }, ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']),
  pod({ hostNetwork: true, containers: [{ ...containers[0], ports: [{ containerPort: 80, hostPort: 81 }] }] }, ['spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true']),
  // A volume with an error of its own is not there for those who mount it.
  pod({ volumes: [{ name: 'v', secret: { secretName: 's', defaultMode: 1000 } }], containers: [{ ...containers[0], volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }, ['spec.volumes[0].secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive', 'spec.containers[0].volumeMounts[0].name: Not found: "v"']),
  pod({ initContainers: [{ name: 'i', image: 'nginx', livenessProbe: { exec: { command: ['a'] } } }] }, ['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always']),
  pod({ securityContext: { seccompProfile: { type: 'Localhost' }, runAsUser: -1 } }, ['spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive', 'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost']),
  container({ restartPolicy: 'Always' }, ['restartPolicy: Forbidden: may not be set for non-init containers']),
  container({ resources: { requests: { cpu: '200m' }, limits: { cpu: '100m', 'example.com/gpu': '1500m' } } }, [
    `resources.limits[example.com/gpu]: Invalid value: ${QUANTITY_1500M}: must be an integer`, 'resources.requests: Invalid value: "200m": must be less than or equal to cpu limit of 100m',
    `resources.requests[example.com/gpu]: Invalid value: ${QUANTITY_1500M}: must be an integer`,
  ]),
  container({ resources: { requests: { gpu: '1' } } }, ['resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified', 'resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers']),
  container({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] }, ['env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"']),
  container({ livenessProbe: { httpGet: { path: '/', port: 'un_puerto' }, successThreshold: 2 } }, ['livenessProbe.httpGet.port: Invalid value: "un_puerto": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)', 'livenessProbe.successThreshold: Invalid value: 2: must be 1']),
  workload('Deployment', { strategy: { rollingUpdate: { maxSurge: 'mucho', maxUnavailable: 0 } } }, [
    'spec.strategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"mucho"}: a valid percent string must be a numeric string followed by an ending \'%\' (e.g. \'1%\',  or \'93%\', regex used for validation is \'[0-9]+%\')',
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:""}: may not be 0 when `maxSurge` is 0',
  ]),
  workload('DaemonSet', { updateStrategy: { rollingUpdate: { maxSurge: 1 } } }, ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:0, IntVal:1, StrVal:""}: may not be set when maxUnavailable is non-zero']),
  workload('StatefulSet', { updateStrategy: { type: 'Otra' } }, ['spec.updateStrategy: Invalid value: apps.StatefulSetUpdateStrategy{Type:"Otra", RollingUpdate:(*apps.RollingUpdateStatefulSetStrategy)(nil)}: must be \'RollingUpdate\' or \'OnDelete\'']),
  ['v1', 'replicationcontrollers', 'ReplicationController', { spec: { selector: { a: 'c' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers } } } }, ['spec.template.metadata.labels: Invalid value: map[string]string{"a":"b"}: `selector` does not match template `labels`']],
  ['batch/v1', 'jobs', 'Job', { spec: { completionMode: 'Indexed', parallelism: 2, template: { spec: { containers, restartPolicy: 'Never' } } } }, ['spec.completions: Required value: when completion mode is Indexed']],
  ['batch/v1', 'jobs', 'Job', { spec: { podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [3, 0] } }] }, template: { spec: { containers, restartPolicy: 'Never' } } } }, ['spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator', 'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []int32{3, 0}: must be ordered']],
  ['batch/v1', 'cronjobs', 'CronJob', { spec: { schedule: 'TZ=UTC 0 * * * *', jobTemplate: { spec: { template: { spec: { containers, restartPolicy: 'Never' } } } } } }, ['spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead']],
  service({ type: 'NodePort', clusterIP: 'None' }, ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services']),
  service({ externalIPs: ['127.0.0.1'], externalTrafficPolicy: 'Local' }, ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)', 'spec.externalTrafficPolicy: Invalid value: "Local": may only be set when `type` is \'NodePort\' or \'LoadBalancer\'']),
  ['v1', 'limitranges', 'LimitRange', { spec: { limits: [{ type: 'Pod', default: { cpu: '1' } }, { type: 'PersistentVolumeClaim' }] } }, ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'", 'spec.limits[1].limits: Required value: either minimum or maximum storage value is required, but neither was provided']],
  ['v1', 'resourcequotas', 'ResourceQuota', { spec: { hard: { pods: '1500m', cpu: '1' }, scopes: ['BestEffort'] } }, [`spec.hard[pods]: Invalid value: ${QUANTITY_1500M}: must be an integer`, 'spec.scopes: Invalid value: []core.ResourceQuotaScope{"BestEffort"}: unsupported scope applied to resource']],
  ['v1', 'persistentvolumes', 'PersistentVolume', { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '0' }, local: { path: '/d/../e' } } }, ['spec.capacity[storage]: Invalid value: "0": must be greater than zero', "spec.local.path: Invalid value: \"/d/../e\": must not contain '..'", 'spec.nodeAffinity: Required value: Local volume requires node affinity']],
  ['v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } } } }, ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes']],
  ['v1', 'secrets', 'Secret', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '[]' } }, ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}']],
  ['v1', 'configmaps', 'ConfigMap', { data: { k: 'v' }, binaryData: { k: 'AA==' } }, ['data[k]: Invalid value: "k": duplicate of key present in binaryData']],
  ['networking.k8s.io/v1', 'ingresses', 'Ingress', { spec: { rules: [{ host: '10.0.0.1', http: { paths: [{ path: '/a//b', pathType: 'Prefix', backend: {} }] } }] } }, ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address', "spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'", 'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required']],
  ['networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/9'] } }], ports: [{ port: 'http', endPort: 90 }] }] } }, ['spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric', 'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/9": must be a strict subset of `cidr`']],
  ['autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', { spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd' }, metrics: [{ type: 'Pods', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] } }, ['spec.metrics[0].pods: Required value: must populate information for the given metric source']],
  ['policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { spec: { minAvailable: '150%' } }, ['spec.minAvailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"150%"}: must not be greater than 100%']],
  ['rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 's' }] }, ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"', 'subjects[0].namespace: Required value']],
  ['storage.k8s.io/v1', 'storageclasses', 'StorageClass', { provisioner: 'a b' }, ["provisioner: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"]],
  ['v1', 'endpoints', 'Endpoints', { subsets: [{ addresses: [{ ip: '169.254.1.1' }], ports: [{ port: 1 }, { port: 2, name: 'b' }] }] }, ['subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)', 'subsets[0].ports[0].name: Required value']],
  // Inside, the schema of all versions stands outside of them.
  ['apiextensions.k8s.io/v1', 'customresourcedefinitions', 'CustomResourceDefinition', { metadata: { name: 'xs.a.b' }, spec: { group: 'a.b', scope: 'Namespaced', names: { plural: 'xs', kind: 'X' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } } }] } }, ['spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields']],
];

describe('what the server refuses', () => {
  const { client } = newTestServer();
  test.for(CASES.map((c) => [`${c[2]}: ${c[4][0]!.slice(0, 60)}`, c] as const))('%s', ([, [apiVersion, plural, kind, body, refused]]) => {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const cluster = /^(ClusterRoleBinding|StorageClass|PersistentVolume|CustomResourceDefinition)$/.test(kind);
    const object = { apiVersion, kind, ...body, metadata: { name: 'x', ...(cluster ? {} : { namespace: 'default' }), ...(body as { metadata?: object }).metadata } };
    let causes: { field: string; message: string }[] = [];
    try {
      client.create(gvr(group!, version!, plural), object as never);
    } catch (error) {
      causes = ((error as ApiError).status?.details?.causes ?? []) as typeof causes;
      if (causes.length === 0) throw error;
    }
    expect(causes.map((c) => `${c.field}: ${c.message}`)).toEqual(refused);
  });
});
