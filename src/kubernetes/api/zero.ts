/**
 * Which zero values a kind's JSON shows and which it leaves out. Go's `omitempty` decides it in the real API: numbers and
 * booleans below are left out when zero (others are pointers, or always there); FILLED are structs and numbers that are there
 * even when nobody set them. Facts of k8s.io/api's json tags.
 */
const DROPPED = new Set(
  ('observedGeneration minReadySeconds readyReplicas availableReplicas unavailableReplicas updatedReplicas currentReplicas fullyLabeledReplicas ' +
  'updatedNumberScheduled numberAvailable numberUnavailable paused authenticated denied active succeeded failed readOnly chapAuthDiscovery chapAuthSession ' +
  'sslEnabled hostPort initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold stdin stdinOnce tty signal hostNetwork hostPID hostIPC ' +
  'healthCheckNodePort publishNotReadyAddresses nodePort unschedulable sizeBytes count deprecatedCount clusterScope number globalDefault generation').split(' '),
);
const DROPPED_IN = new Set(['DeploymentStatus.replicas', 'ScaleSpec.replicas', 'GCEPersistentDiskVolumeSource.partition', 'AWSElasticBlockStoreVolumeSource.partition']);
const KEPT_IN = new Set([
  'HorizontalPodAutoscalerStatus.observedGeneration', 'CSIVolumeSource.readOnly', 'AzureDiskVolumeSource.readOnly', 'StatefulSetStatus.availableReplicas',
  'ClientIPConfig.timeoutSeconds', 'ValidatingWebhook.timeoutSeconds', 'MutatingWebhook.timeoutSeconds', 'HPAScalingPolicy.periodSeconds', 'JobStatus.ready', 'VolumeNodeResources.count',
]);

/** Whether 0 or false in this field is as good as nothing. */
export function dropsZero(struct: string, field: string): boolean {
  return DROPPED.has(field) ? !KEPT_IN.has(`${struct}.${field}`) : DROPPED_IN.has(`${struct}.${field}`);
}

/** Strings that are pointers in Go, so that "" is a value. */
const POINTER_STRINGS = new Set([
  'PersistentVolumeClaimSpec.storageClassName', 'EndpointPort.name', 'ServicePort.appProtocol', 'EndpointPort.appProtocol', 'IngressSpec.ingressClassName', 'PodSpec.runtimeClassName',
  'LeaseSpec.holderIdentity', 'Endpoint.hostname', 'Endpoint.nodeName', 'Endpoint.zone', 'EndpointAddress.nodeName', 'JobStatus.failedIndexes', 'GRPCAction.service', 'PodDNSConfigOption.value',
  'ServiceSpec.loadBalancerClass', 'TypedLocalObjectReference.apiGroup', 'TypedObjectReference.apiGroup', 'ContainerStatus.image', 'ContainerStatus.imageID',
  'Event.reportingComponent', 'Event.reportingInstance', 'RoleRef.apiGroup', 'HTTPHeader.value', 'StatefulSetSpec.serviceName', 'MetricIdentifier.name',
]);
export function keepsEmptyString(struct: string, field: string): boolean {
  return POINTER_STRINGS.has(`${struct}.${field}`);
}

/** Fields that are always there, by struct. */
export const FILLED: Record<string, Record<string, unknown>> = {
  Container: { resources: {} },
  EphemeralContainer: { resources: {} },
  PodTemplateSpec: { metadata: {}, spec: {} },
  JobTemplateSpec: { metadata: {}, spec: {} },
  ContainerStatus: { state: {}, lastState: {}, ready: false, restartCount: 0, image: '', imageID: '' },
  ContainerStateRunning: { startedAt: null },
  ContainerStateTerminated: { exitCode: 0, startedAt: null, finishedAt: null },
  PodCondition: { lastProbeTime: null, lastTransitionTime: null },
  ServiceStatus: { loadBalancer: {} },
  IngressStatus: { loadBalancer: {} },
  NodeStatus: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo: { machineID: '', systemUUID: '', bootID: '', kernelVersion: '', osImage: '', containerRuntimeVersion: '', kubeletVersion: '', kubeProxyVersion: '', operatingSystem: '', architecture: '' } },
  NodeDaemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  NodeCondition: { lastHeartbeatTime: null, lastTransitionTime: null },
  DaemonSetStatus: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  ReplicaSetStatus: { replicas: 0 },
  ReplicationControllerStatus: { replicas: 0 },
  StatefulSetStatus: { replicas: 0, availableReplicas: 0 },
  PodDisruptionBudgetStatus: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  PersistentVolumeClaimSpec: { resources: {} },
  NetworkPolicySpec: { podSelector: {} },
  CustomResourceDefinitionSpec: { group: '', names: { plural: '', kind: '' }, scope: '', versions: null },
  ScaleStatus: { replicas: 0 },
  Endpoint: { conditions: {} },
  HPAStatusV1: { currentReplicas: 0, desiredReplicas: 0 },
  SubjectAccessReviewStatus: { allowed: false },
  ResourceQuotaStatus: {},
};

/** Kinds whose `spec` and `status` are structs, not pointers: they are there even when empty. */
export const WITH_STATUS = new Set(
  ('StatefulSet Deployment DaemonSet ReplicaSet TokenReview TokenRequest SelfSubjectReview SubjectAccessReview SelfSubjectAccessReview LocalSubjectAccessReview SelfSubjectRulesReview ' +
  'HorizontalPodAutoscaler Scale Job CronJob CertificateSigningRequest PersistentVolume PersistentVolumeClaim Pod ReplicationController Service Node Namespace ResourceQuota FlowSchema ' +
  'PriorityLevelConfiguration Ingress PodDisruptionBudget VolumeAttachment').split(' '),
);
export const WITH_SPEC = new Set([...WITH_STATUS, 'Lease', 'LimitRange', 'NetworkPolicy', 'IngressClass', 'CSIDriver', 'CSINode', 'CustomResourceDefinition']);
