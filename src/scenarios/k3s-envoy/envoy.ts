import type { KubeObject } from '../../kubernetes/api/types.ts';

/**
 * What makes Envoy answer on port 30080 of the node: the proxy's own Service has the name, address and NodePort of the document,
 * by the EnvoyProxy that its class names. The route has no hostname, since the document asks for the node's address.
 */
export const ENVOY: KubeObject[] = [
  { apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyProxy', metadata: { name: 'nodeport', namespace: 'envoy-gateway-system' }, spec: { provider: { type: 'Kubernetes', kubernetes: { envoyService: {
    name: 'envoy-gateway-nodeport', type: 'NodePort', patch: { type: 'StrategicMerge', value: { spec: { clusterIP: '10.43.90.71', ports: [{ port: 80, nodePort: 30080 }] } } },
  } } } } },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name: 'eg' }, spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller', parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'nodeport', namespace: 'envoy-gateway-system' } } },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'eg' }, spec: { gatewayClassName: 'eg', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }] } },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'backend' }, spec: { parentRefs: [{ name: 'eg' }], rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ group: '', kind: 'Service', name: 'backend', port: 3000, weight: 1 }] }] } },
];
