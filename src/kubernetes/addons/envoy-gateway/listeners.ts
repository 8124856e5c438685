import type { KubeObject } from '../../api/types.ts';
import { type LabelSelector, matchesSelector } from '../../client/labels.ts';
import type { Certificate } from '../../../linux/net/tls.ts';
import { fromBase64, readCertificate } from '../../runtime/pki.ts';
import { type Condition, has, setCondition } from './conditions.ts';
import { GATEWAY_GROUP, granted, type Resources } from './resources.ts';

interface Spec {
  name: string;
  port: number;
  protocol: string;
  hostname?: string;
  tls?: { mode?: string; certificateRefs?: { group?: string; kind?: string; name: string; namespace?: string }[] };
  allowedRoutes?: { kinds?: { group?: string; kind: string }[]; namespaces?: { from?: string; selector?: LabelSelector } };
}

/** A listener of a Gateway with what has been found out about it. */
export interface Listener {
  gateway: KubeObject;
  spec: Spec;
  conditions: Condition[];
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  certificates: Certificate[] | undefined;
  ready: boolean;
}

const KINDS: Record<string, string[]> = { HTTP: ['HTTPRoute', 'GRPCRoute'], HTTPS: ['HTTPRoute', 'GRPCRoute'], TLS: ['TCPRoute', 'TLSRoute'], TCP: ['TCPRoute'], UDP: ['UDPRoute'] };

/** Validates a Gateway's listeners (internal/gatewayapi/listener.go, validate.go). */
export function processListeners(gateway: KubeObject, resources: Resources): Listener[] {
  const listeners = (gateway.spec.listeners as Spec[]).map((spec): Listener => ({ gateway, spec, conditions: [], supportedKinds: [], attachedRoutes: 0, certificates: undefined, ready: false }));
  conflicts(listeners);
  for (const listener of listeners) {
    const { spec, conditions } = listener, kinds = KINDS[spec.protocol];
    if (!kinds) setCondition(conditions, 'Accepted', 'False', 'UnsupportedProtocol', `Protocol ${spec.protocol} is unsupported, must be HTTP, HTTPS, TCP or UDP.`);
    else allowedKinds(listener, kinds);
    if (spec.allowedRoutes?.namespaces?.from === 'Selector' && !spec.allowedRoutes.namespaces.selector) setCondition(conditions, 'Programmed', 'False', 'Invalid', 'The allowedRoutes.namespaces.selector field must be specified when allowedRoutes.namespaces.from is set to "Selector".');
    tls(listener, resources);
    if ((spec.protocol === 'TCP' || spec.protocol === 'UDP') && spec.hostname) setCondition(conditions, 'Programmed', 'False', 'Invalid', `Listener must not have hostname set when protocol is ${spec.protocol}.`);
    conclude(listener);
  }
  return listeners;
}

function conclude(listener: Listener): void {
  const { conditions } = listener;
  const resolved = () => setCondition(conditions, 'ResolvedRefs', 'True', 'ResolvedRefs', 'Listener references have been resolved');
  if (conditions.length === 0) {
    setCondition(conditions, 'Programmed', 'True', 'Programmed', 'Sending translated listener configuration to the data plane');
    setCondition(conditions, 'Accepted', 'True', 'Accepted', 'Listener has been successfully translated');
    resolved();
    listener.ready = true;
    return;
  }
  if (!conditions.some((c) => c.type === 'Programmed')) setCondition(conditions, 'Programmed', 'False', 'Invalid', 'Listener is invalid, see other Conditions for details.');
  if (!conditions.some((c) => c.type === 'ResolvedRefs')) resolved();
}

/** Listeners of one port must agree on a protocol and have hostnames of their own. */
function conflicts(listeners: readonly Listener[]): void {
  const layer7 = listeners.filter((l) => l.spec.protocol !== 'TCP' && l.spec.protocol !== 'UDP');
  const family = (l: Listener) => (l.spec.protocol === 'HTTPS' || l.spec.protocol === 'TLS' ? 'https/tls' : l.spec.protocol);
  for (const l of layer7) {
    const same = layer7.filter((o) => o.spec.port === l.spec.port);
    if (new Set(same.map(family)).size > 1) setCondition(l.conditions, 'Conflicted', 'True', 'ProtocolConflict', 'All listeners for a given port must use a compatible protocol');
    if (same.filter((o) => (o.spec.hostname ?? '') === (l.spec.hostname ?? '')).length > 1) setCondition(l.conditions, 'Conflicted', 'True', 'HostnameConflict', 'All listeners for a given port must use a unique hostname');
  }
}

function allowedKinds(listener: Listener, kinds: readonly string[]): void {
  const asked = listener.spec.allowedRoutes?.kinds ?? [], { conditions } = listener;
  const of = (kind: string) => ({ group: GATEWAY_GROUP, kind });
  if (asked.length === 0) {
    listener.supportedKinds = kinds.map(of);
    return;
  }
  for (const { group, kind } of asked) {
    if (group !== undefined && group !== GATEWAY_GROUP) setCondition(conditions, 'ResolvedRefs', 'False', 'InvalidRouteKinds', `Group is not supported, group must be ${GATEWAY_GROUP}`);
    else if (kinds.includes(kind)) listener.supportedKinds.push(of(kind));
  }
  const known = listener.supportedKinds.map((k) => k.kind);
  for (const { group, kind } of asked) if ((group === undefined || group === GATEWAY_GROUP) && !kinds.includes(kind)) setCondition(conditions, 'ResolvedRefs', 'False', 'InvalidRouteKinds', `${kind} is not supported, kind must be one of [${(known.length > 0 ? known : kinds).join(' ')}]`);
}

function tls(listener: Listener, resources: Resources): void {
  const { spec, conditions, gateway } = listener, namespace = gateway.metadata.namespace!;
  const invalid = (message: string) => setCondition(conditions, 'Programmed', 'False', 'Invalid', message);
  if ((spec.protocol === 'HTTP' || spec.protocol === 'UDP' || spec.protocol === 'TCP') && spec.tls) return invalid(`Listener must not have TLS set when protocol is ${spec.protocol}.`);
  if (spec.protocol !== 'HTTPS') return;
  if (!spec.tls) return invalid(`Listener must have TLS set when protocol is ${spec.protocol}.`);
  if (spec.tls.mode !== undefined && spec.tls.mode !== 'Terminate') return setCondition(conditions, 'Programmed', 'False', 'UnsupportedTLSMode', `TLS ${spec.tls.mode} mode is not supported, TLS mode must be Terminate.`);
  const refs = spec.tls.certificateRefs ?? [];
  if (refs.length === 0) return invalid('Listener must have at least 1 TLS certificate ref');
  for (const ref of refs) {
    const broken = (message: string, reason = 'InvalidCertificateRef') => setCondition(conditions, 'ResolvedRefs', 'False', reason, message);
    if (ref.group) return broken(`Listener's TLS certificate ref group must be unspecified/empty.`);
    if (ref.kind && ref.kind !== 'Secret') return broken("Listener's TLS certificate ref kind must be Secret.");
    const at = ref.namespace ?? namespace;
    if (at !== namespace && !granted(resources.grants, { group: GATEWAY_GROUP, kind: 'Gateway', namespace }, { group: '', kind: 'Secret', namespace: at, name: ref.name })) return broken(`Certificate ref to secret ${at}/${ref.name} not permitted by any ReferenceGrant.`, 'RefNotPermitted');
    const secret = resources.secret(at, ref.name), data = secret?.['data'] as Record<string, string> | undefined;
    if (!secret) return broken(`Secret ${namespace}/${ref.name} does not exist.`);
    if (secret['type'] !== 'kubernetes.io/tls') return broken(`Secret ${namespace}/${ref.name} must be of type kubernetes.io/tls.`);
    if (!data?.['tls.crt'] || !data['tls.key']) return broken(`Secret ${namespace}/${ref.name} must contain tls.crt and tls.key.`);
    const certificate = readCertificate(fromBase64(data['tls.crt']));
    if (!certificate) return broken(`Secret ${at}/${ref.name} must contain valid tls.crt and tls.key, unable to validate certificate in tls.crt: unable to decode pem data in tls.crt.`);
    (listener.certificates ??= []).push(certificate);
  }
}

/** Whether a route of this kind and namespace may be attached. */
export function allows(listener: Listener, kind: string, namespace: KubeObject | undefined): boolean {
  if (!listener.supportedKinds.some((k) => k.kind === kind)) return false;
  const { from = 'Same', selector } = listener.spec.allowedRoutes?.namespaces ?? {};
  if (from === 'All') return true;
  if (from === 'Selector') return selector !== undefined && matchesSelector(selector, namespace?.metadata.labels);
  return namespace?.metadata.name === listener.gateway.metadata.namespace;
}

/** Envoy Gateway's container listens where it may without rights. */
export const containerPort = (port: number): number => (port < 1024 ? port + 10000 : port);

export const isReady = (listeners: readonly Listener[]): boolean => listeners.some((l) => has(l.conditions, 'Programmed', 'True'));
