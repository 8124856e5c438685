import type { JsonSchema } from '../../api/custom-schema.ts';
import type { KubeObject } from '../../api/types.ts';
import { conditions, controllerName, duration, group, hostname, integer, kind, list, mapOf, name, namespace, object, oneOf, pairs, port, preciseHostname, section, string, waitingStatus } from './schema.ts';

/** The CustomResourceDefinitions of the Gateway API 1.2, standard channel, without their descriptions and CEL rules. */
export function gatewayApiCrds(): KubeObject[] {
  const age = { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }, both = ['v1', 'v1beta1'];
  return [
    crd('GatewayClass', 'gatewayclasses', 'gc', 'Cluster', both, gatewayClass(), [column('.spec.controllerName', 'Controller'), column('.status.conditions[?(@.type=="Accepted")].status', 'Accepted'), age, { ...column('.spec.description', 'Description'), priority: 1 }]),
    crd('Gateway', 'gateways', 'gtw', 'Namespaced', both, gateway(), [column('.spec.gatewayClassName', 'Class'), column('.status.addresses[*].value', 'Address'), column('.status.conditions[?(@.type=="Programmed")].status', 'Programmed'), age]),
    crd('GRPCRoute', 'grpcroutes', undefined, 'Namespaced', ['v1'], grpcRoute(), [column('.spec.hostnames', 'Hostnames'), age]),
    crd('HTTPRoute', 'httproutes', undefined, 'Namespaced', both, httpRoute(), [column('.spec.hostnames', 'Hostnames'), age]),
    crd('ReferenceGrant', 'referencegrants', 'refgrant', 'Namespaced', ['v1beta1'], referenceGrant(), [age], false),
  ];
}

const GROUP = 'gateway.networking.k8s.io';
const column = (jsonPath: string, title: string) => ({ jsonPath, name: title, type: 'string' });

function crd(of: string, plural: string, short: string | undefined, scope: string, versions: string[], schema: Record<string, JsonSchema>, columns: object[], status = true): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/3328', 'gateway.networking.k8s.io/bundle-version': 'v1.2.0', 'gateway.networking.k8s.io/channel': 'standard' } },
    spec: {
      group: GROUP, names: { categories: ['gateway-api'], kind: of, listKind: `${of}List`, plural, ...(short ? { shortNames: [short] } : {}), singular: of.toLowerCase() }, scope,
      versions: versions.map((version, i) => ({
        name: version, served: true, storage: i === 0, ...(status ? { subresources: { status: {} } } : {}), additionalPrinterColumns: columns,
        schema: { openAPIV3Schema: object({ apiVersion: string(), kind: string(), metadata: object({}), ...schema }, 'spec') },
      })),
    },
  };
}

function gatewayClass(): Record<string, JsonSchema> {
  return {
    spec: object({ controllerName, description: string({ maxLength: 64 }), parametersRef: object({ group: group(), kind: kind(), name, namespace }, 'group kind name') }, 'controllerName'),
    status: waitingStatus('Accepted', {}),
  };
}

function gateway(): Record<string, JsonSchema> {
  const address = object({ type: string({ default: 'IPAddress', minLength: 1, maxLength: 253 }), value: string({ minLength: 1, maxLength: 253 }) }, 'value');
  const routeKind = object({ group: group({ default: GROUP }), kind: kind() }, 'kind');
  const requirement = object({ key: string(), operator: string(), values: list(string()) }, 'key operator');
  const from = { from: 'Same' };
  const listener = object({
    allowedRoutes: object({
      kinds: list(routeKind, { maxItems: 8 }),
      namespaces: object({ from: oneOf('All Selector Same', { default: 'Same' }), selector: object({ matchExpressions: list(requirement), matchLabels: pairs() }) }, '', { default: from }),
    }, '', { default: { namespaces: from } }),
    hostname, name: section, port, protocol: string({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$' }),
    tls: object({ certificateRefs: list(object({ group: group({ default: '' }), kind: kind({ default: 'Secret' }), name, namespace }, 'name'), { maxItems: 64 }), mode: oneOf('Terminate Passthrough', { default: 'Terminate' }), options: pairs() }),
  }, 'name port protocol');
  return {
    spec: object({
      addresses: list(address, { maxItems: 16 }), gatewayClassName: name, listeners: mapOf(listener, 'name', { minItems: 1, maxItems: 64 }),
      infrastructure: object({ annotations: pairs(), labels: pairs(), parametersRef: object({ group: group(), kind: kind(), name }, 'group kind name') }),
    }, 'gatewayClassName listeners'),
    status: waitingStatus('Accepted Programmed', {
      addresses: list(address, { maxItems: 16 }),
      listeners: mapOf(object({ attachedRoutes: integer({ format: 'int32' }), conditions: conditions(), name: section, supportedKinds: list(routeKind, { maxItems: 8 }) }, 'attachedRoutes conditions name supportedKinds'), 'name', { maxItems: 64 }),
    }),
  };
}

const parentRef = object({ group: group({ default: GROUP }), kind: kind({ default: 'Gateway' }), name, namespace, port, sectionName: section }, 'name');
const parentRefs = list(parentRef, { maxItems: 32 });
const routeStatus = object({ parents: list(object({ conditions: conditions('', { minItems: 1 }), controllerName, parentRef }, 'controllerName parentRef'), { maxItems: 32 }) }, 'parents');
const headerName = string({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$" });
const backendRef = { group: group({ default: '' }), kind: kind({ default: 'Service' }), name, namespace, port };
const weight = integer({ default: 1, format: 'int32', minimum: 0, maximum: 1000000 });
const header = object({ name: headerName, value: string({ minLength: 1, maxLength: 4096 }) }, 'name value');
const headers = mapOf(header, 'name', { maxItems: 16 });
const modifier = object({ add: headers, remove: list(string(), { maxItems: 16, 'x-kubernetes-list-type': 'set' }), set: headers });
const matchBy = (most: number) => mapOf(object({ name: headerName, type: oneOf('Exact RegularExpression', { default: 'Exact' }), value: string({ minLength: 1, maxLength: most }) }, 'name value'), 'name', { maxItems: 16 });
const mirror = object({ backendRef: object(backendRef, 'name') }, 'backendRef');
const extension = object({ group: group(), kind: kind(), name }, 'group kind name');

function httpRoute(): Record<string, JsonSchema> {
  const everything = { path: { type: 'PathPrefix', value: '/' } };
  const path = object({ replaceFullPath: string({ maxLength: 1024 }), replacePrefixMatch: string({ maxLength: 1024 }), type: oneOf('ReplaceFullPath ReplacePrefixMatch') }, 'type');
  const filter = object({
    extensionRef: extension, requestHeaderModifier: modifier, requestMirror: mirror, responseHeaderModifier: modifier, type: oneOf('RequestHeaderModifier ResponseHeaderModifier RequestMirror RequestRedirect URLRewrite ExtensionRef'),
    requestRedirect: object({ hostname: preciseHostname, path, port, scheme: oneOf('http https'), statusCode: integer({ default: 302, enum: [301, 302] }) }), urlRewrite: object({ hostname: preciseHostname, path }),
  }, 'type');
  const filters = list(filter, { maxItems: 16 });
  const match = object({
    headers: matchBy(4096), method: oneOf('GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH'), queryParams: matchBy(1024),
    path: object({ type: oneOf('Exact PathPrefix RegularExpression', { default: 'PathPrefix' }), value: string({ default: '/', maxLength: 1024 }) }, '', { default: everything.path }),
  });
  const rule = object({ backendRefs: list(object({ ...backendRef, filters, weight }, 'name'), { maxItems: 16 }), filters, matches: list(match, { default: [everything], maxItems: 64 }), timeouts: object({ backendRequest: duration, request: duration }) });
  return { spec: object({ hostnames: list(hostname, { maxItems: 16 }), parentRefs, rules: list(rule, { default: [{ matches: [everything] }], maxItems: 16 }) }), status: routeStatus };
}

function grpcRoute(): Record<string, JsonSchema> {
  const filters = list(object({ extensionRef: extension, requestHeaderModifier: modifier, requestMirror: mirror, responseHeaderModifier: modifier, type: oneOf('ResponseHeaderModifier RequestHeaderModifier RequestMirror ExtensionRef') }, 'type'), { maxItems: 16 });
  const method = object({ method: string({ maxLength: 1024 }), service: string({ maxLength: 1024 }), type: oneOf('Exact RegularExpression', { default: 'Exact' }) });
  const rule = object({ backendRefs: list(object({ ...backendRef, filters, weight }, 'name'), { maxItems: 16 }), filters, matches: list(object({ headers: matchBy(4096), method }), { maxItems: 64 }) });
  return { spec: object({ hostnames: list(hostname, { maxItems: 16 }), parentRefs, rules: list(rule, { maxItems: 16 }) }), status: routeStatus };
}

function referenceGrant(): Record<string, JsonSchema> {
  const between = { minItems: 1, maxItems: 16 };
  return { spec: object({ from: list(object({ group: group(), kind: kind(), namespace }, 'group kind namespace'), between), to: list(object({ group: group(), kind: kind(), name }, 'group kind'), between) }, 'from to') };
}
