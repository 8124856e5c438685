import type { KubeObject } from '../../api/types.ts';
import { object, rbac, role, subject } from './object.ts';

export const CALICO_VERSION = 'v3.26.1';
export const GROUP = 'crd.projectcalico.org';

/** manifests/calico.yaml of Calico 3.26.1. The schemas of its resources are open: fields are not checked, `explain` does not know them. */
export function calicoManifest(): KubeObject[] {
  const system = 'kube-system', accounts = ['calico-kube-controllers', 'calico-node', 'calico-cni-plugin'];
  return [
    object('policy/v1', 'PodDisruptionBudget', 'calico-kube-controllers', system, { spec: { maxUnavailable: 1, selector: { matchLabels: { 'k8s-app': 'calico-kube-controllers' } } } }, { 'k8s-app': 'calico-kube-controllers' }),
    ...accounts.map((name) => object('v1', 'ServiceAccount', name, system, {})),
    object('v1', 'ConfigMap', 'calico-config', system, { data: { typha_service_name: 'none', calico_backend: 'bird', veth_mtu: '0', cni_network_config: CNI_CONFIG } }),
    ...CRDS.map(crd),
    ...accounts.map((name) => object(rbac, 'ClusterRole', name, undefined, { rules: RULES[name] })),
    ...accounts.map((name) => object(rbac, 'ClusterRoleBinding', name, undefined, { roleRef: role(name), subjects: subject(name, system) })),
    node(), controllers(),
  ];
}

const CNI_CONFIG = `{
  "name": "k8s-pod-network",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "calico",
      "log_level": "info",
      "log_file_path": "/var/log/calico/cni/cni.log",
      "datastore_type": "kubernetes",
      "nodename": "__KUBERNETES_NODE_NAME__",
      "mtu": __CNI_MTU__,
      "ipam": {
          "type": "calico-ipam"
      },
      "policy": {
          "type": "k8s"
      },
      "kubernetes": {
          "kubeconfig": "__KUBECONFIG_FILEPATH__"
      }
    },
    {
      "type": "portmap",
      "snat": true,
      "capabilities": {"portMappings": true}
    },
    {
      "type": "bandwidth",
      "capabilities": {"bandwidth": true}
    }
  ]
}`;

/** Kind, plural, and whether it lives in a namespace. */
const CRDS: readonly [string, string, boolean?][] = [
  ['BGPConfiguration', 'bgpconfigurations'], ['BGPFilter', 'bgpfilters'], ['BGPPeer', 'bgppeers'], ['BlockAffinity', 'blockaffinities'], ['CalicoNodeStatus', 'caliconodestatuses'], ['ClusterInformation', 'clusterinformations'],
  ['FelixConfiguration', 'felixconfigurations'], ['GlobalNetworkPolicy', 'globalnetworkpolicies'], ['GlobalNetworkSet', 'globalnetworksets'], ['HostEndpoint', 'hostendpoints'], ['IPAMBlock', 'ipamblocks'], ['IPAMConfig', 'ipamconfigs'],
  ['IPAMHandle', 'ipamhandles'], ['IPPool', 'ippools'], ['IPReservation', 'ipreservations'], ['KubeControllersConfiguration', 'kubecontrollersconfigurations'], ['NetworkPolicy', 'networkpolicies', true], ['NetworkSet', 'networksets', true],
];

function crd([kind, plural, namespaced = false]: (typeof CRDS)[number]): KubeObject {
  return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${plural}.${GROUP}`, undefined, { spec: {
    group: GROUP, names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() }, preserveUnknownFields: false, scope: namespaced ? 'Namespaced' : 'Cluster',
    versions: [{ name: 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } }, served: true, storage: true }],
  } });
}

const may = (group: string, resources: string, verbs: string) => ({ apiGroups: [group], resources: resources.split(' '), verbs: verbs.split(' ') });
const IPAM = 'blockaffinities ipamblocks ipamhandles';
const RULES: Record<string, unknown[]> = {
  'calico-kube-controllers': [
    may('', 'nodes', 'watch list get'), may('', 'pods', 'get list watch'), may(GROUP, 'ipreservations', 'list'), may(GROUP, IPAM, 'get list create update delete watch'), may(GROUP, 'ippools', 'list watch'), may(GROUP, 'hostendpoints', 'get list create update delete'),
    may(GROUP, 'clusterinformations', 'get list create update watch'), may(GROUP, 'kubecontrollersconfigurations', 'get create update watch'),
  ],
  'calico-node': [
    { ...may('', 'serviceaccounts/token', 'create'), resourceNames: ['calico-cni-plugin'] }, may('', 'pods nodes namespaces', 'get'), may('discovery.k8s.io', 'endpointslices', 'watch list'), may('', 'endpoints services', 'watch list get'), may('', 'configmaps', 'get'),
    may('', 'nodes/status', 'patch update'), may('networking.k8s.io', 'networkpolicies', 'watch list'), may('', 'pods namespaces serviceaccounts', 'list watch'), may('', 'pods/status', 'patch'),
    may(GROUP, 'globalfelixconfigs felixconfigurations bgppeers bgpfilters globalbgpconfigs bgpconfigurations ippools ipreservations ipamblocks globalnetworkpolicies globalnetworksets networkpolicies networksets clusterinformations hostendpoints blockaffinities caliconodestatuses', 'get list watch'),
    may(GROUP, 'ippools felixconfigurations clusterinformations', 'create update'), may(GROUP, 'caliconodestatuses', 'update'), may('', 'nodes', 'get list watch'), may(GROUP, 'bgpconfigurations bgppeers', 'create update'), may(GROUP, IPAM, 'get list create update delete'),
    may(GROUP, 'ipamconfigs', 'get create'), may(GROUP, 'blockaffinities', 'watch'), may('apps', 'daemonsets', 'get'),
  ],
  'calico-cni-plugin': [may('', 'pods nodes namespaces', 'get'), may('', 'pods/status', 'patch'), may(GROUP, `${IPAM} clusterinformations ippools ipreservations ipamconfigs`, 'get list create update delete')],
};

const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const fromConfig = (name: string, key: string) => ({ name, valueFrom: { configMapKeyRef: { name: 'calico-config', key } } });
const endpoint = [{ configMapRef: { name: 'kubernetes-services-endpoint', optional: true } }];
const hostPath = (name: string, path: string, type?: string) => ({ name, hostPath: { path, ...(type ? { type } : {}) } });
const probe = (command: string[], rest: Record<string, number>) => ({ exec: { command }, periodSeconds: 10, ...rest });

function node(): KubeObject {
  const image = (name: string) => ({ image: `docker.io/calico/${name}:${CALICO_VERSION}`, imagePullPolicy: 'IfNotPresent' }), privileged = { securityContext: { privileged: true } };
  const labels = { 'k8s-app': 'calico-node' };
  return object('apps/v1', 'DaemonSet', 'calico-node', 'kube-system', { spec: {
    selector: { matchLabels: labels }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    template: { metadata: { labels }, spec: {
      nodeSelector: { 'kubernetes.io/os': 'linux' }, hostNetwork: true, tolerations: [{ effect: 'NoSchedule', operator: 'Exists' }, { key: 'CriticalAddonsOnly', operator: 'Exists' }, { effect: 'NoExecute', operator: 'Exists' }],
      serviceAccountName: 'calico-node', terminationGracePeriodSeconds: 0, priorityClassName: 'system-node-critical',
      initContainers: [
        { name: 'upgrade-ipam', ...image('cni'), command: ['/opt/cni/bin/calico-ipam', '-upgrade'], envFrom: endpoint, env: [fromField('KUBERNETES_NODE_NAME', 'spec.nodeName'), fromConfig('CALICO_NETWORKING_BACKEND', 'calico_backend')], volumeMounts: [{ mountPath: '/var/lib/cni/networks', name: 'host-local-net-dir' }, { mountPath: '/host/opt/cni/bin', name: 'cni-bin-dir' }], ...privileged },
        { name: 'install-cni', ...image('cni'), command: ['/opt/cni/bin/install'], envFrom: endpoint, env: [{ name: 'CNI_CONF_NAME', value: '10-calico.conflist' }, fromConfig('CNI_NETWORK_CONFIG', 'cni_network_config'), fromField('KUBERNETES_NODE_NAME', 'spec.nodeName'), fromConfig('CNI_MTU', 'veth_mtu'), { name: 'SLEEP', value: 'false' }], volumeMounts: [{ mountPath: '/host/opt/cni/bin', name: 'cni-bin-dir' }, { mountPath: '/host/etc/cni/net.d', name: 'cni-net-dir' }], ...privileged },
        { name: 'mount-bpffs', ...image('node'), command: ['calico-node', '-init', '-best-effort'], volumeMounts: [{ mountPath: '/sys/fs', name: 'sys-fs', mountPropagation: 'Bidirectional' }, { mountPath: '/var/run/calico', name: 'var-run-calico', mountPropagation: 'Bidirectional' }, { mountPath: '/nodeproc', name: 'nodeproc', readOnly: true }], ...privileged },
      ],
      containers: [{
        name: 'calico-node', ...image('node'), envFrom: endpoint,
        env: [
          { name: 'DATASTORE_TYPE', value: 'kubernetes' }, { name: 'WAIT_FOR_DATASTORE', value: 'true' }, fromField('NODENAME', 'spec.nodeName'), fromConfig('CALICO_NETWORKING_BACKEND', 'calico_backend'), { name: 'CLUSTER_TYPE', value: 'k8s,bgp' }, { name: 'IP', value: 'autodetect' },
          { name: 'CALICO_IPV4POOL_IPIP', value: 'Always' }, { name: 'CALICO_IPV4POOL_VXLAN', value: 'Never' }, { name: 'CALICO_IPV6POOL_VXLAN', value: 'Never' }, fromConfig('FELIX_IPINIPMTU', 'veth_mtu'), fromConfig('FELIX_VXLANMTU', 'veth_mtu'), fromConfig('FELIX_WIREGUARDMTU', 'veth_mtu'),
          { name: 'CALICO_DISABLE_FILE_LOGGING', value: 'true' }, { name: 'FELIX_DEFAULTENDPOINTTOHOSTACTION', value: 'ACCEPT' }, { name: 'FELIX_IPV6SUPPORT', value: 'false' }, { name: 'FELIX_HEALTHENABLED', value: 'true' },
        ],
        ...privileged, resources: { requests: { cpu: '250m' } }, lifecycle: { preStop: { exec: { command: ['/bin/calico-node', '-shutdown'] } } },
        livenessProbe: probe(['/bin/calico-node', '-felix-live', '-bird-live'], { initialDelaySeconds: 10, failureThreshold: 6, timeoutSeconds: 10 }), readinessProbe: probe(['/bin/calico-node', '-felix-ready', '-bird-ready'], { timeoutSeconds: 10 }),
        volumeMounts: [{ mountPath: '/host/etc/cni/net.d', name: 'cni-net-dir', readOnly: false }, { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true }, { mountPath: '/run/xtables.lock', name: 'xtables-lock', readOnly: false }, { mountPath: '/var/run/calico', name: 'var-run-calico', readOnly: false }, { mountPath: '/var/lib/calico', name: 'var-lib-calico', readOnly: false }, { name: 'policysync', mountPath: '/var/run/nodeagent' }, { name: 'bpffs', mountPath: '/sys/fs/bpf' }, { name: 'cni-log-dir', mountPath: '/var/log/calico/cni', readOnly: true }],
      }],
      volumes: [
        hostPath('lib-modules', '/lib/modules'), hostPath('var-run-calico', '/var/run/calico'), hostPath('var-lib-calico', '/var/lib/calico'), hostPath('xtables-lock', '/run/xtables.lock', 'FileOrCreate'), hostPath('sys-fs', '/sys/fs/', 'DirectoryOrCreate'), hostPath('bpffs', '/sys/fs/bpf', 'Directory'),
        hostPath('nodeproc', '/proc'), hostPath('cni-bin-dir', '/opt/cni/bin'), hostPath('cni-net-dir', '/etc/cni/net.d'), hostPath('cni-log-dir', '/var/log/calico/cni'), hostPath('host-local-net-dir', '/var/lib/cni/networks'), hostPath('policysync', '/var/run/nodeagent', 'DirectoryOrCreate'),
      ],
    } },
  } }, labels);
}

function controllers(): KubeObject {
  const labels = { 'k8s-app': 'calico-kube-controllers' };
  return object('apps/v1', 'Deployment', 'calico-kube-controllers', 'kube-system', { spec: {
    replicas: 1, selector: { matchLabels: labels }, strategy: { type: 'Recreate' },
    template: { metadata: { name: 'calico-kube-controllers', namespace: 'kube-system', labels }, spec: {
      nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, { key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }, { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
      serviceAccountName: 'calico-kube-controllers', priorityClassName: 'system-cluster-critical',
      containers: [{
        name: 'calico-kube-controllers', image: `docker.io/calico/kube-controllers:${CALICO_VERSION}`, imagePullPolicy: 'IfNotPresent', env: [{ name: 'ENABLED_CONTROLLERS', value: 'node' }, { name: 'DATASTORE_TYPE', value: 'kubernetes' }],
        livenessProbe: probe(['/usr/bin/check-status', '-l'], { initialDelaySeconds: 10, failureThreshold: 6, timeoutSeconds: 10 }), readinessProbe: probe(['/usr/bin/check-status', '-r'], {}),
      }],
    } },
  } }, labels);
}
