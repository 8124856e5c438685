import { badDns1123Label, badDns1123Subdomain, badIp, isIp } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { validateLabels } from '../meta-validation.ts';
import { portNumber, portNumberOrName, PROTOCOLS } from './container.ts';
import { goStruct } from './go-struct.ts';
import { type Any, each, goStrings, named, oneOf, qualifiedName, requiredName } from './rules.ts';

/** ValidateService (pkg/apis/core/validation/validation.go), in its order. */
export function validateService(spec: Any): FieldError[] {
  const out: FieldError[] = [], { type } = spec, ports = (spec.ports ?? []) as Any[], headless = spec.clusterIP === 'None';
  if (ports.length === 0 && !headless && type !== 'ExternalName') out.push(requiredValue('spec.ports'));
  if (type === 'LoadBalancer') out.push(...each(ports, 'spec.ports', (p, at) => (p.port === 10250 ? [invalidValue(at, p.port, 'may not expose port 10250 externally since it is used by kubelet')] : [])));
  if (headless && (type === 'LoadBalancer' || type === 'NodePort')) out.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (type === 'ExternalName') {
    for (const field of ['clusterIPs', 'ipFamilies']) if (spec[field]?.length) out.push(forbiddenValue(`spec.${field}`, 'may not be set for ExternalName services'));
    if (spec.ipFamilyPolicy !== undefined) out.push(forbiddenValue('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
    out.push(...requiredName((spec.externalName ?? '').replace(/\.$/, ''), 'spec.externalName', badDns1123Subdomain));
  }
  const names = new Set<string>();
  out.push(...each(ports, 'spec.ports', (p, at) => servicePort(p, at, ports.length > 1, names)), ...validateLabels(spec.selector, 'spec.selector'));
  out.push(...oneOf(spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None']));
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && !(seconds > 0 && seconds <= 86400)) out.push(invalidValue('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds ?? 0, 'must be greater than 0 and less than 86400'));
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig) out.push(forbiddenValue('spec.sessionAffinityConfig', 'must not be set when session affinity is None'));
  if (type !== 'ExternalName') out.push(...clusterIps(spec));
  out.push(...each(spec.externalIPs, 'spec.externalIPs', (ip, at) => [...named(ip, at, badIp), ...(isIp(ip) ? nonSpecialIp(ip, at) : [])]));
  out.push(...oneOf(type, 'spec.type', ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']));
  if (type === 'ClusterIP') out.push(...each(ports, 'spec.ports', (p, at) => (p.nodePort ? [forbiddenValue(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'")] : [])));
  out.push(...twice(ports, (p) => (p.nodePort ? `${p.protocol}/${p.nodePort}` : undefined), (p, at) => duplicateValue(`${at}.nodePort`, p.nodePort)));
  out.push(...twice(ports, (p) => `${p.protocol}/${p.port}`, (p, at) => duplicateValue(at, goStruct('core.ServicePort', { protocol: p.protocol, port: p.port }))));
  if (spec.loadBalancerSourceRanges?.length && type !== 'LoadBalancer') out.push(forbiddenValue('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  if ((spec.loadBalancerSourceRanges ?? []).some((range: string) => !isCidr(range.trim()))) out.push(invalidValue('spec.LoadBalancerSourceRanges', `[${spec.loadBalancerSourceRanges.join(' ')}]`, 'must be a list of IP ranges. For example, 10.240.0.0/24,10.250.0.0/24 '));
  for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass']) if (spec[field] !== undefined && type !== 'LoadBalancer') out.push(forbiddenValue(`spec.${field}`, "may only be used when `type` is 'LoadBalancer'"));
  return [...out, ...trafficPolicies(spec)];
}

function servicePort(p: Any, at: string, needsName: boolean, names: Set<string>): FieldError[] {
  const out = needsName || p.name ? requiredName(p.name, `${at}.name`, badDns1123Label) : [];
  if (p.name && names.has(p.name)) out.push(duplicateValue(`${at}.name`, p.name));
  if (p.name) names.add(p.name);
  return [
    ...out, ...portNumber(p.port ?? 0, `${at}.port`), ...oneOf(p.protocol, `${at}.protocol`, PROTOCOLS), ...portNumberOrName(p.targetPort, `${at}.targetPort`),
    ...(p.appProtocol === undefined ? [] : qualifiedName(p.appProtocol, `${at}.appProtocol`)),
  ];
}

function twice(ports: Any[], key: (p: Any) => string | undefined, error: (p: Any, at: string) => FieldError): FieldError[] {
  return each(ports, 'spec.ports', (p, at, i) => (key(p) !== undefined && ports.findIndex((o) => key(o) === key(p)) < i ? [error(p, at)] : []));
}

/** ValidateServiceClusterIPsRelatedFields. */
function clusterIps(spec: Any): FieldError[] {
  const out: FieldError[] = [], ips = (spec.clusterIPs ?? []) as string[], policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  if (spec.clusterIP && ips.length > 0 && ips[0] !== spec.clusterIP) out.push(invalidValue('spec.clusterIPs', goStrings(ips), 'first value must match `clusterIP`'));
  if (!spec.clusterIP && ips.length > 0) out.push(invalidValue('spec.clusterIPs', goStrings(ips), 'must be empty when `clusterIP` is not specified'));
  out.push(...each(spec.ipFamilies, 'spec.ipFamilies', (family, at, i) => [...(['IPv4', 'IPv6'].includes(family) ? [] : [notSupported(at, family, ['IPv4', 'IPv6'])]), ...(spec.ipFamilies.indexOf(family) < i ? [duplicateValue(at, family)] : [])]));
  if (spec.ipFamilyPolicy !== undefined) out.push(...oneOf(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', policies));
  if (ips[0] === 'None' && ips.length > 1) out.push(invalidValue('spec.clusterIPs', goStrings(ips), "'None' must be the first and only value"));
  out.push(...each(ips, 'spec.clusterIPs', (ip, at, i) => (i === 0 && ip === 'None' ? [] : named(ip, at, badIp))));
  return ips.length > 2 ? [...out, invalidValue('spec.clusterIPs', goStrings(ips), 'may only hold up to 2 values')] : out;
}

function trafficPolicies(spec: Any): FieldError[] {
  const out: FieldError[] = [], policies = ['Cluster', 'Local'], external = spec.externalTrafficPolicy, local = spec.type === 'LoadBalancer' && external === 'Local';
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') out.push(...oneOf(external, 'spec.externalTrafficPolicy', policies));
  else if (external) out.push(invalidValue('spec.externalTrafficPolicy', external, "may only be set when `type` is 'NodePort' or 'LoadBalancer'"));
  if (spec.healthCheckNodePort && !local) out.push(invalidValue('spec.healthCheckNodePort', spec.healthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  if (spec.internalTrafficPolicy !== undefined) out.push(...oneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', policies));
  return out;
}

/** ValidateNonSpecialIP. */
export function nonSpecialIp(ip: string, at: string): FieldError[] {
  if (!isIp(ip)) return [invalidValue(at, ip, 'must be a valid IP address')];
  const out: FieldError[] = [];
  if (ip === '0.0.0.0' || ip === '::') out.push(invalidValue(at, ip, `may not be unspecified (${ip})`));
  if (ip.startsWith('127.') || ip === '::1') out.push(invalidValue(at, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip)) out.push(invalidValue(at, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  if (ip.startsWith('224.0.0.') || /^ff02:/i.test(ip)) out.push(invalidValue(at, ip, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  return out;
}

export function isCidr(text: string): boolean {
  const [ip = '', bits = '', ...rest] = text.split('/');
  return rest.length === 0 && isIp(ip) && /^\d+$/.test(bits) && Number(bits) <= (ip.includes(':') ? 128 : 32);
}

/** ValidateEndpoints. */
export function validateEndpoints(o: Any): FieldError[] {
  return each(o.subsets, 'subsets', (s, at) => {
    const address = (a: Any, path: string) => [...named(a.ip ?? '', `${path}.ip`, badIp), ...(a.hostname ? named(a.hostname, `${path}.hostname`, badDns1123Label) : []), ...(a.nodeName === undefined ? [] : named(a.nodeName, `${path}.nodeName`, badDns1123Subdomain)), ...nonSpecialIp(a.ip ?? '', `${path}.ip`)];
    const port = (p: Any, path: string) => [...(s.ports.length > 1 || p.name ? requiredName(p.name, `${path}.name`, badDns1123Label) : []), ...portNumber(p.port ?? 0, `${path}.port`), ...oneOf(p.protocol, `${path}.protocol`, PROTOCOLS)];
    return [
      ...(s.addresses?.length || s.notReadyAddresses?.length ? [] : [requiredValue(at, 'must specify `addresses` or `notReadyAddresses`')]),
      ...each(s.addresses, `${at}.addresses`, address), ...each(s.notReadyAddresses, `${at}.notReadyAddresses`, address), ...each(s.ports, `${at}.ports`, port),
    ];
  });
}
