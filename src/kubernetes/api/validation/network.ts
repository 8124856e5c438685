import { badDns1035Label, badDns1123Subdomain, badPathSegment, badPortName, badWildcardSubdomain, isIp } from '../names.ts';
import { type FieldError, forbiddenValue, GoLiteral, invalidValue, notSupported, requiredValue, tooLong } from '../field-errors.ts';
import { portNumber, PROTOCOLS } from './container.ts';
import { type Any, each, goStrings, named, requiredName } from './rules.ts';
import { validateSelector } from './selector.ts';
import { isCidr } from './service.ts';

/** Ingresses, their classes, and network policies (pkg/apis/networking/validation). */

export function validateIngress(spec: Any): FieldError[] {
  const out: FieldError[] = [];
  if (!spec.rules?.length && !spec.defaultBackend) out.push(invalidValue('spec', new GoLiteral('[]networking.IngressRule(nil)'), 'either `defaultBackend` or `rules` must be specified'));
  if (spec.defaultBackend) out.push(...backend(spec.defaultBackend, 'spec.defaultBackend'));
  out.push(...each(spec.rules, 'spec.rules', (rule, at) => {
    const wrong = rule.host && isIp(rule.host) ? [invalidValue(`${at}.host`, rule.host, 'must be a DNS name, not an IP address')] : [];
    if (rule.host) wrong.push(...hostName(rule.host, `${at}.host`));
    if (rule.http && !rule.http.paths?.length) wrong.push(requiredValue(`${at}.http.paths`));
    return [...wrong, ...each(rule.http?.paths, `${at}.http.paths`, ingressPath)];
  }));
  out.push(...each(spec.tls, 'spec.tls', (tls, at) => [...each(tls.hosts, `${at}.hosts`, hostName), ...(tls.secretName ? named(tls.secretName, `${at}.secretName`, badDns1123Subdomain) : [])]));
  return spec.ingressClassName === undefined ? out : [...out, ...named(spec.ingressClassName, 'spec.ingressClassName', badDns1123Subdomain)];
}

function hostName(host: string, at: string): FieldError[] {
  return named(host, at, host.includes('*') ? badWildcardSubdomain : badDns1123Subdomain);
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

function ingressPath(p: Any, at: string): FieldError[] {
  if (p.pathType === undefined) return [requiredValue(`${at}.pathType`, 'pathType must be specified')];
  const out: FieldError[] = [], path = p.path ?? '', wrong = (why: string) => out.push(invalidValue(`${at}.path`, path, why));
  if (!PATH_TYPES.includes(p.pathType)) out.push(notSupported(`${at}.pathType`, p.pathType, PATH_TYPES));
  else if (p.pathType === 'ImplementationSpecific') {
    if (path && !path.startsWith('/')) wrong('must be an absolute path');
  } else {
    if (!path.startsWith('/')) wrong('must be an absolute path');
    for (const part of ['//', '/./', '/../', '%2f', '%2F']) if (path.includes(part)) wrong(`must not contain '${part}'`);
    for (const end of ['/..', '/.']) if (path.endsWith(end)) wrong(`cannot end with '${end}'`);
  }
  return [...out, ...backend(p.backend ?? {}, `${at}.backend`)];
}

function backend({ resource, service }: Any, at: string): FieldError[] {
  if (resource && service) return [invalidValue(at, '', 'cannot set both resource and service backends')];
  if (resource) return reference(resource, `${at}.resource`);
  if (!service) return [invalidValue(at, '', 'resource or service backend is required')];
  const out = requiredName(service.name, `${at}.service.name`, badDns1035Label), { name, number } = service.port ?? {};
  if (name && number) return [...out, invalidValue(at, '', 'cannot set both port name & port number')];
  if (name) return [...out, ...named(name, `${at}.service.port.name`, badPortName)];
  return [...out, ...(number ? portNumber(number, `${at}.service.port.number`) : [requiredValue(at, 'port name or number is required')])];
}

function reference(ref: Any, at: string): FieldError[] {
  const part = (field: string) => (ref[field] ? named(ref[field], `${at}.${field}`, badPathSegment) : [requiredValue(`${at}.${field}`, `${field} is required`)]);
  return [...(ref.apiGroup === undefined ? [] : named(ref.apiGroup, `${at}.apiGroup`, badDns1123Subdomain)), ...part('kind'), ...part('name')];
}

/** IsDomainPrefixedPath. */
export function domainPrefixedPath(value: string, at: string): FieldError[] {
  if (!value) return [requiredValue(at)];
  const [domain = '', ...rest] = value.split('/'), path = rest.join('/');
  if (rest.length === 0 || !domain || !path) return [invalidValue(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const bad = badDns1123Subdomain(domain).map((why) => invalidValue(at, domain, why));
  return /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path) ? bad : [...bad, invalidValue(at, path, "must be a valid URL path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')")];
}

export function validateIngressClass({ controller = '', parameters }: Any): FieldError[] {
  return [...(controller.length > 250 ? [tooLong('spec.controller', 250)] : []), ...domainPrefixedPath(controller, 'spec.controller'), ...(parameters ? reference(parameters, 'spec.parameters') : [])];
}

export function validateNetworkPolicy(spec: Any): FieldError[] {
  const rules = (field: string, peers: string) => each(spec[field], `spec.${field}`, (rule, at) => [...each(rule.ports, `${at}.ports`, policyPort), ...each(rule[peers], `${at}.${peers}`, peer)]);
  const out = [...validateSelector(spec.podSelector, 'spec.podSelector'), ...rules('ingress', 'from'), ...rules('egress', 'to')], types = spec.policyTypes ?? [];
  if (types.length > 2) return [...out, invalidValue('spec.policyTypes', goStrings(types, 'networking.PolicyType'), 'may not specify more than two policyTypes')];
  return [...out, ...each(types, 'spec.policyTypes', (type, at) => (['Ingress', 'Egress'].includes(type) ? [] : [notSupported(at, type, ['Ingress', 'Egress'])]))];
}

function policyPort({ protocol, port, endPort }: Any, at: string): FieldError[] {
  const out = protocol !== undefined && !PROTOCOLS.includes(protocol) ? [notSupported(`${at}.protocol`, protocol, ['TCP', 'UDP', 'SCTP'])] : [];
  if (typeof port === 'string') return [...out, ...(endPort === undefined ? [] : [invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is non-numeric')]), ...named(port, `${at}.port`, badPortName)];
  if (port === undefined) return endPort === undefined ? out : [...out, invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is not specified')];
  out.push(...portNumber(port, `${at}.port`));
  if (endPort === undefined) return out;
  return [...out, ...(endPort < port ? [invalidValue(`${at}.endPort`, port, 'must be greater than or equal to `port`')] : []), ...portNumber(endPort, `${at}.endPort`)];
}

function peer(p: Any, at: string): FieldError[] {
  const out = [...validateSelector(p.podSelector, `${at}.podSelector`), ...validateSelector(p.namespaceSelector, `${at}.namespaceSelector`), ...(p.ipBlock ? ipBlock(p.ipBlock, `${at}.ipBlock`) : [])];
  const count = [p.podSelector, p.namespaceSelector, p.ipBlock].filter(Boolean).length;
  if (count === 0) return [...out, requiredValue(at, 'must specify a peer')];
  return count > 1 && p.ipBlock ? [...out, forbiddenValue(at, 'may not specify both ipBlock and another peer')] : out;
}

function ipBlock({ cidr, except }: Any, at: string): FieldError[] {
  if (!cidr) return [requiredValue(`${at}.cidr`)];
  if (!isCidr(cidr)) return [invalidValue(`${at}.cidr`, cidr, 'not a valid CIDR')];
  const out: FieldError[] = [];
  for (const [i, inner] of ((except ?? []) as string[]).entries()) {
    if (!isCidr(inner)) return [...out, invalidValue(`${at}.except[${i}]`, inner, 'not a valid CIDR')];
    if (!within(inner, cidr)) out.push(invalidValue(`${at}.except[${i}]`, inner, 'must be a strict subset of `cidr`'));
  }
  return out;
}

/** Of IPv4 networks; those of IPv6 are compared by their length alone. */
function within(inner: string, outer: string): boolean {
  const [a = '', n = ''] = inner.split('/'), [b = '', m = ''] = outer.split('/');
  if (Number(n) <= Number(m) || a.includes(':') !== b.includes(':')) return false;
  const number = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), size = 2 ** (32 - Number(m));
  return a.includes(':') || Math.floor(number(a) / size) === Math.floor(number(b) / size);
}
