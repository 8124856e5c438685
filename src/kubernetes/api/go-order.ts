import type { Type } from './schema.ts';

/** The order in which Go writes the fields of a struct as JSON: that of k8s.io/api's types. What is not listed comes after, as it is. */
const ORDER: Record<string, string> = {
  ObjectMeta: 'name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields',
  ManagedFieldsEntry: 'manager operation apiVersion time fieldsType fieldsV1 subresource',
  OwnerReference: 'apiVersion kind name uid controller blockOwnerDeletion',
  ServiceSpec: 'ports selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy',
  ServicePort: 'name protocol appProtocol port targetPort nodePort',
  PodSpec: 'volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims',
  Container: 'name image command args workingDir ports envFrom env resources resizePolicy restartPolicy volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty',
  ContainerPort: 'name hostPort containerPort protocol hostIP',
  EnvVar: 'name value valueFrom',
  ResourceRequirements: 'limits requests claims',
  VolumeMount: 'name readOnly mountPath subPath mountPropagation subPathExpr',
  Probe: 'exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds',
  Toleration: 'key operator value effect tolerationSeconds',
  PodStatus: 'phase conditions message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize',
  PodCondition: 'type status lastProbeTime lastTransitionTime reason message',
  ContainerStatus: 'name state lastState ready restartCount image imageID containerID started',
  DeploymentSpec: 'replicas selector template strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds',
  DeploymentStatus: 'observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas conditions collisionCount',
  DeploymentCondition: 'type status lastUpdateTime lastTransitionTime reason message',
  ReplicaSetSpec: 'replicas minReadySeconds selector template',
  ReplicaSetStatus: 'replicas fullyLabeledReplicas readyReplicas availableReplicas observedGeneration conditions',
  NodeSpec: 'podCIDR podCIDRs providerID unschedulable taints',
  Taint: 'key value effect timeAdded',
  NodeStatus: 'capacity allocatable phase conditions addresses daemonEndpoints nodeInfo images volumesInUse volumesAttached config',
  NodeCondition: 'type status lastHeartbeatTime lastTransitionTime reason message',
  NodeSystemInfo: 'machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion operatingSystem architecture',
  Event: 'kind apiVersion metadata involvedObject reason message source firstTimestamp lastTimestamp count type eventTime series action related reportingComponent reportingInstance',
  ObjectReference: 'kind namespace name uid apiVersion resourceVersion fieldPath',
  EndpointSubset: 'addresses notReadyAddresses ports',
  EndpointPort: 'name port protocol appProtocol',
  EndpointAddress: 'ip hostname nodeName targetRef',
  LeaseSpec: 'holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions',
  RoleRef: 'apiGroup kind name',
  Subject: 'kind apiGroup name namespace',
  PolicyRule: 'verbs apiGroups resources resourceNames nonResourceURLs',
};
const TOP = ['kind', 'apiVersion', 'metadata'];

const ranks = new Map<string, string[]>();

/** The same value with its fields in Go's order; maps are sorted by key. */
export function goOrder(value: unknown, type: Type | undefined, top = true): unknown {
  if (typeof value !== 'object' || value === null || !type) return value;
  if (Array.isArray(value)) return value.map((item) => goOrder(item, type.element, false));
  const object = value as Record<string, unknown>, out: Record<string, unknown> = {};
  if (type.kind === 'map') {
    for (const key of Object.keys(object).sort()) out[key] = goOrder(object[key], type.element, false);
    return out;
  }
  if (type.kind !== 'struct') return value;
  for (const key of top ? TOP : rankOf(type.name)) if (object[key] !== undefined) out[key] = goOrder(object[key], type.fields.get(key)?.type, false);
  if (top) for (const key of rankOf(type.name)) if (object[key] !== undefined && !(key in out)) out[key] = goOrder(object[key], type.fields.get(key)?.type, false);
  for (const key of Object.keys(object)) if (!(key in out) && object[key] !== undefined) out[key] = goOrder(object[key], type.fields.get(key)?.type, false);
  return out;
}

function rankOf(struct: string): string[] {
  let known = ranks.get(struct);
  if (!known) ranks.set(struct, (known = ORDER[struct]?.split(' ') ?? []));
  return known;
}
