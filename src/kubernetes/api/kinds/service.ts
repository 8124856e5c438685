import type { Kind } from '../kind.ts';
import { badDns1035Label } from '../names.ts';
import * as columns from './columns-core.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** pkg/apis/core/v1/defaults.go and validation.go; addresses and node ports come from the server's allocators. */
export const service: Kind = {
  badName: badDns1035Label,
  defaults: ({ spec }) => {
    spec.sessionAffinity ??= 'None';
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === 'ClientIP') ((spec.sessionAffinityConfig ??= {}).clientIP ??= {}).timeoutSeconds ??= 10800;
    spec.type ??= 'ClusterIP';
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP';
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster';
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  },
  prepareForCreate: (o) => {
    o.status = { loadBalancer: {} };
  },
  prepareForUpdate: ({ spec }, old) => {
    const was = old.spec;
    // What a client that does not know its values leaves out is taken over; what no longer fits the type is dropped.
    if (spec.type !== 'ExternalName') {
      if (was.type !== 'ExternalName') {
        spec.clusterIP ??= was.clusterIP;
        spec.clusterIPs ??= was.clusterIPs;
        if (spec.clusterIP && spec.clusterIPs && spec.clusterIPs[0] !== spec.clusterIP && spec.clusterIP !== was.clusterIP) spec.clusterIPs = [spec.clusterIP];
      }
      if (was.type !== 'ExternalName') {
        spec.ipFamilies ??= was.ipFamilies;
        spec.ipFamilyPolicy ??= was.ipFamilyPolicy;
      }
    }
    const nodePorts = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    const hadPorts = was.type === 'NodePort' || was.type === 'LoadBalancer';
    for (const port of spec.ports ?? []) {
      const before = (was.ports ?? []).find((p: Any) => p.port === port.port && p.protocol === port.protocol);
      if (nodePorts && hadPorts && port.nodePort === undefined && before?.nodePort) port.nodePort = before.nodePort;
      if (!nodePorts && port.nodePort !== undefined && port.nodePort === before?.nodePort) delete port.nodePort;
    }
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer' && spec.externalTrafficPolicy === was.externalTrafficPolicy) delete spec.externalTrafficPolicy;
    if (spec.type !== 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === was.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.type === 'ExternalName' && was.type !== 'ExternalName') for (const f of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) delete spec[f];
  },
  ...columns.service,
};
