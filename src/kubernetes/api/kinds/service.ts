import type { KubeObject } from '../types.ts';
import type { Kind } from '../kind.ts';
import { badDns1035Label, badDns1123Label, badDns1123Subdomain, badIp, badPortName, badPortNumber } from '../names.ts';
import { type FieldError, duplicateValue, GoLiteral, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { validateLabels } from '../meta-validation.ts';
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
  validate: validateService,
  validateUpdate: (o, old) => {
    const out: FieldError[] = [];
    if (o.spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName' && old.spec.clusterIP) {
      if (o.spec.clusterIPs?.[0] !== old.spec.clusterIPs?.[0]) out.push(invalidValue('spec.clusterIPs[0]', new GoLiteral(`[]string{${(o.spec.clusterIPs ?? []).map((ip: string) => JSON.stringify(ip)).join(', ')}}`), 'may not change once set'));
    }
    return out;
  },
  ...columns.service,
};

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validateService({ spec }: KubeObject): FieldError[] {
  const out: FieldError[] = [];
  const headless = spec.clusterIP === 'None';
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') out.push(requiredValue('spec.ports'));
  if (spec.type === 'ExternalName') {
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    if (!name) out.push(requiredValue('spec.externalName'));
    else for (const why of badDns1123Subdomain(name)) out.push(invalidValue('spec.externalName', spec.externalName, why));
  }
  const names = new Set<string>(), many = (spec.ports ?? []).length > 1;
  ((spec.ports ?? []) as Any[]).forEach((p, i) => {
    const at = `spec.ports[${i}]`;
    if (many && !p.name) out.push(requiredValue(`${at}.name`));
    else if (p.name) {
      for (const why of badDns1123Label(p.name)) out.push(invalidValue(`${at}.name`, p.name, why));
      if (names.has(p.name)) out.push(duplicateValue(`${at}.name`, p.name));
      names.add(p.name);
    }
    for (const why of badPortNumber(p.port ?? 0)) out.push(invalidValue(`${at}.port`, p.port ?? 0, why));
    if (!p.protocol) out.push(requiredValue(`${at}.protocol`));
    else if (!PROTOCOLS.includes(p.protocol)) out.push(notSupported(`${at}.protocol`, p.protocol, PROTOCOLS));
    if (typeof p.targetPort !== 'string') for (const why of badPortNumber(p.targetPort ?? 0)) out.push(invalidValue(`${at}.targetPort`, p.targetPort ?? 0, why));
    else for (const why of badPortName(p.targetPort)) out.push(invalidValue(`${at}.targetPort`, p.targetPort, why));
  });
  if (spec.selector) out.push(...validateLabels(spec.selector, 'spec.selector'));
  if (!['ClientIP', 'None'].includes(spec.sessionAffinity)) out.push(notSupported('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']));
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) for (const why of badIp(ip)) out.push(invalidValue(`spec.externalIPs[${i}]`, ip, why));
  if (!TYPES.includes(spec.type)) out.push(notSupported('spec.type', spec.type, TYPES));
  const seenPorts = new Set<string>(), seenNodePorts = new Set<string>();
  ((spec.ports ?? []) as Any[]).forEach((p, i) => {
    const key = `${p.protocol}/${p.port}`;
    if (seenPorts.has(key)) out.push({ type: 'FieldValueDuplicate', field: `spec.ports[${i}]`, message: `Duplicate value: core.ServicePort{Name:"", Protocol:${JSON.stringify(p.protocol)}, AppProtocol:(*string)(nil), Port:${p.port}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}` });
    seenPorts.add(key);
    if (!p.nodePort) return;
    if (spec.type === 'ClusterIP' || spec.type === 'ExternalName') {
      out.push({ type: 'FieldValueForbidden', field: `spec.ports[${i}].nodePort`, message: `Forbidden: may not be used when \`type\` is '${spec.type}'` });
      return;
    }
    const nodeKey = `${p.protocol}/${p.nodePort}`;
    if (seenNodePorts.has(nodeKey)) out.push(duplicateValue(`spec.ports[${i}].nodePort`, p.nodePort));
    seenNodePorts.add(nodeKey);
  });
  if (spec.externalTrafficPolicy !== undefined) {
    if (!['Cluster', 'Local'].includes(spec.externalTrafficPolicy)) out.push(notSupported('spec.externalTrafficPolicy', spec.externalTrafficPolicy, ['Cluster', 'Local']));
    else if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer' && !spec.externalIPs?.length) out.push(invalidValue('spec.externalTrafficPolicy', spec.externalTrafficPolicy, 'may only be set for externally-accessible services'));
  }
  if (spec.internalTrafficPolicy !== undefined && !['Cluster', 'Local'].includes(spec.internalTrafficPolicy)) out.push(notSupported('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']));
  return out;
}
