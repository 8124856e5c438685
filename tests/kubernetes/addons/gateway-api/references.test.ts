import { beforeAll, describe, expect, it } from 'vitest';
import { toBase64 } from '../../../../src/kubernetes/api/base64.ts';
import { certificatePem } from '../../../../src/kubernetes/runtime/pki.ts';
import type { KubeObject } from '../../../../src/kubernetes/api/types.ts';
import { APPS, gateway, grant, INFRA, route, rule, Suite, WEB } from './world.ts';

/** The cases of gateway-api/conformance/tests about namespaces, references, certificates and statuses, one test each. */
describe('conformance: references and statuses', () => {
  let s: Suite;
  beforeAll(async () => {
    s = await Suite.boot('references');
  });
  const listener = async (name: string, index = 0) => {
    const found = (await s.get('gateway', name)).status?.listeners?.[index] as { attachedRoutes: number; supportedKinds: { kind: string }[]; conditions: { type: string; status: string; reason: string }[] };
    const condition = (type: string) => {
      const c = found.conditions.find((each) => each.type === type);
      return c && (c.status === 'True' && type !== 'Conflicted' ? 'True' : c.reason);
    };
    return { attached: found.attachedRoutes, kinds: found.supportedKinds.map((k) => k.kind), condition };
  };
  const secret = (name: string, namespace: string, sans: string[], more: Partial<KubeObject> = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'kubernetes.io/tls', data: { 'tls.crt': toBase64(certificatePem({ cn: sans[0]!, sans, ca: 'prueba' })), 'tls.key': toBase64('clave') }, ...more });
  const https = (refs: object[], more: object = {}) => ({ port: 443, protocol: 'HTTPS', tls: { certificateRefs: refs }, ...more });

  it('HTTPRouteCrossNamespace: a selector lets routes of other namespaces in', () => s.with([route('de-fuera', [rule('tienda')], { namespace: WEB, parents: [{ name: 'elegidos', namespace: INFRA }] })], async () => {
    expect(await s.who(['/', { gateway: 'elegidos' }])).toEqual(['tienda']);
    expect(await s.condition('Accepted', 'de-fuera', WEB)).toBe('True');
  }));

  it('HTTPRouteInvalidCrossNamespaceParentRef: Same keeps them out', () => s.with([route('colado', [rule('tienda')], { namespace: WEB, parents: [{ name: 'same', namespace: INFRA }] })], async () => {
    expect(await s.condition('Accepted', 'colado', WEB)).toBe('NotAllowedByListeners');
    expect(await s.who('/')).toEqual([404]);
  }));

  it('HTTPRouteInvalidCrossNamespaceBackendRef: 500 without a grant', () => s.with([route('sin-permiso', [rule({ name: 'tienda', namespace: WEB, port: 8080 })])], async () => {
    expect(await s.condition('ResolvedRefs', 'sin-permiso')).toBe('RefNotPermitted');
    expect(await s.condition('Accepted', 'sin-permiso')).toBe('True');
    expect(await s.who('/')).toEqual([500]);
  }));

  it('HTTPRouteReferenceGrant: works with the grant, and no longer without it', () => s.with([grant(WEB, 'tienda'), route('con-permiso', [rule({ name: 'tienda', namespace: WEB, port: 8080 })])], async () => {
    expect(await s.who('/')).toEqual(['tienda']);
    expect(await s.condition('ResolvedRefs', 'con-permiso')).toBe('True');
    await s.run(`kubectl delete referencegrant permiso -n ${WEB}`);
    await s.settle();
    expect(await s.who('/')).toEqual([500]);
  }));

  it('HTTPRoutePartiallyInvalidViaInvalidReferenceGrant', () => s.with([grant(APPS, 'app1'), route('a-medias', [rule({ name: 'app2', namespace: APPS, port: 8080 }, ['/v2']), rule({ name: 'app1', namespace: APPS, port: 8080 })])], async () => {
    expect(await s.condition('ResolvedRefs', 'a-medias')).toBe('RefNotPermitted');
    expect(await s.who('/v2', '/')).toEqual([500, 'app1']);
  }));

  it('HTTPRouteInvalidReferenceGrant: another kind, another namespace, another name', () => {
    const wrong = (name: string, from: object, to: object): KubeObject => ({ ...grant(WEB), metadata: { name, namespace: WEB }, spec: { from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: INFRA, ...from }], to: [{ group: '', kind: 'Service', ...to }] } });
    return s.with([wrong('tipo', { kind: 'Gateway' }, {}), wrong('espacio', { namespace: APPS }, {}), wrong('nombre', {}, { name: 'otra' }), wrong('grupo', {}, { group: 'otro' }), route('mal-permiso', [rule({ name: 'tienda', namespace: WEB, port: 8080 })])], async () => {
      expect(await s.condition('ResolvedRefs', 'mal-permiso')).toBe('RefNotPermitted');
      expect(await s.who('/')).toEqual([500]);
    });
  });

  it('HTTPRouteInvalidBackendRefUnknownKind', () => s.with([route('tipo-raro', [rule({ group: 'example.com', kind: 'Nada', name: 'v1', port: 8080 })])], async () => {
    expect(await s.condition('ResolvedRefs', 'tipo-raro')).toBe('InvalidKind');
    expect(await s.who('/')).toEqual([500]);
  }));

  it('HTTPRouteInvalidNonExistentBackendRef', () => s.with([route('no-existe', [rule('nadie')])], async () => {
    expect(await s.condition('ResolvedRefs', 'no-existe')).toBe('BackendNotFound');
    expect(await s.who('/')).toEqual([500]);
  }));

  it('HTTPRouteInvalidParentRefNotMatchingSectionName and …ListenerPort', () => s.with([
    route('otra-seccion', [rule('v1')], { parents: [{ name: 'same', sectionName: 'nada' }] }), route('otro-puerto', [rule('v1')], { parents: [{ name: 'same', port: 81 }] }), route('seccion-sin-puerto', [rule('v1')], { parents: [{ name: 'same', sectionName: 'l1', port: 81 }] }),
  ], async () => {
    for (const name of ['otra-seccion', 'otro-puerto', 'seccion-sin-puerto']) expect(await s.condition('Accepted', name)).toBe('NoMatchingParent');
    expect(await s.who('/')).toEqual([404]);
  }));

  it('HTTPRouteDisallowedKind: a listener for another kind', () => s.with([gateway('solo-tls', [{ port: 443, protocol: 'TLS', tls: { mode: 'Passthrough' }, allowedRoutes: { namespaces: { from: 'Same' }, kinds: [{ kind: 'TLSRoute' }] } }]), route('no-aqui', [rule('v1')], { parents: [{ name: 'solo-tls' }] })], async () => {
    expect([await s.condition('Accepted', 'no-aqui'), await s.condition('ResolvedRefs', 'no-aqui')]).toEqual(['NotAllowedByListeners', 'True']);
  }));

  it('GatewayInvalidRouteKind', () => s.with([gateway('kind-malo', [{ allowedRoutes: { kinds: [{ kind: 'RutaInventada' }] } }]), gateway('kind-mixto', [{ allowedRoutes: { kinds: [{ kind: 'RutaInventada' }, { kind: 'HTTPRoute' }] } }])], async () => {
    const bad = await listener('kind-malo'), mixed = await listener('kind-mixto');
    expect([bad.condition('ResolvedRefs'), bad.kinds, mixed.condition('ResolvedRefs'), mixed.kinds]).toEqual(['InvalidRouteKinds', [], 'InvalidRouteKinds', ['HTTPRoute']]);
  }));

  it('GatewayWithAttachedRoutes: counted, also by a listener whose certificate is missing', () => s.with([
    gateway('contador', [{ allowedRoutes: { kinds: [{ kind: 'HTTPRoute' }], namespaces: { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': INFRA } } } } }]), gateway('roto', [https([{ name: 'no-existe' }])]),
    route('r1', [rule('v1')], { parents: [{ name: 'contador' }] }), route('r2', [rule('v1')], { parents: [{ name: 'contador' }] }), route('r3', [rule('v1')], { parents: [{ name: 'roto' }] }),
  ], async () => {
    const good = await listener('contador'), broken = await listener('roto');
    expect([good.attached, good.condition('Accepted'), good.condition('ResolvedRefs')]).toEqual([2, 'True', 'True']);
    expect([broken.attached, broken.condition('Programmed'), broken.condition('ResolvedRefs')]).toEqual([1, 'Invalid', 'InvalidCertificateRef']);
  }));

  it('GatewayInvalidTLSConfiguration', () => s.with([
    gateway('tls1', [https([{ name: 'no-existe' }])]), gateway('tls2', [https([{ group: 'otro.com', name: 'x' }])]), gateway('tls3', [https([{ kind: 'ConfigMap', name: 'x' }])]), gateway('tls4', [https([{ name: 'mal-hecho' }])]),
    secret('mal-hecho', INFRA, ['x.com'], { data: { 'tls.crt': toBase64('no es un certificado'), 'tls.key': toBase64('x') } }),
  ], async () => {
    for (const name of ['tls1', 'tls2', 'tls3', 'tls4']) expect((await listener(name)).condition('ResolvedRefs')).toBe('InvalidCertificateRef');
  }));

  it('HTTPRouteHTTPSListener: the certificate by SNI', () => s.with([secret('cert', INFRA, ['uno.com', '*.dos.com']), gateway('seguro', [https([{ name: 'cert' }], { hostname: 'uno.com' }), https([{ name: 'cert' }], { hostname: '*.dos.com' })]), route('https', [rule('v1')], { parents: [{ name: 'seguro' }] })], async () => {
    const at = (serverName: string): [string, Parameters<Suite['ask']>[1]] => ['/', { gateway: 'seguro', port: 443, host: serverName, tls: { serverName, ca: ['prueba'], alpn: ['http/1.1'] } }];
    expect(await s.who(at('uno.com'), at('a.dos.com'))).toEqual(['v1', 'v1']);
    await expect(s.ask(...at('tres.com'))).rejects.toThrow('no answer');
  }));

  it('GatewaySecretMissingReferenceGrant, GatewaySecretReferenceGrantSpecific', () => s.with([secret('lejos', WEB, ['uno.com']), gateway('prestado', [https([{ name: 'lejos', namespace: WEB }])])], async () => {
    expect((await listener('prestado')).condition('ResolvedRefs')).toBe('RefNotPermitted');
    await s.with([{ ...grant(WEB), spec: { from: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: INFRA }], to: [{ group: '', kind: 'Secret', name: 'lejos' }] } }], async () => {
      expect((await listener('prestado')).condition('ResolvedRefs')).toBe('True');
    });
  }));

  it('GatewayModifyListeners, GatewayObservedGenerationBump, HTTPRouteObservedGenerationBump', () => s.with([gateway('cambia', [{}]), route('cambiante', [rule('v1')], { parents: [{ name: 'cambia' }] })], async () => {
    await s.apply(gateway('cambia', [{}, { port: 8080, hostname: 'b.com' }]), route('cambiante', [rule('v2')], { parents: [{ name: 'cambia' }] }));
    await s.settle(20);
    const g = await s.get('gateway', 'cambia'), r = await s.get('httproute', 'cambiante');
    expect([g.metadata.generation, g.status.conditions[0].observedGeneration, g.status.listeners.length]).toEqual([2, 2, 2]);
    expect([r.metadata.generation, r.status.parents[0].conditions[0].observedGeneration]).toEqual([2, 2]);
    expect(await s.who(['/', { gateway: 'cambia' }], ['/', { gateway: 'cambia', port: 8080, host: 'b.com' }])).toEqual(['v2', 'v2']);
    expect(await s.run('kubectl get svc -n envoy-gateway-system -l gateway.envoyproxy.io/owning-gateway-name=cambia')).toMatch(/80:\d+\/TCP,8080:\d+\/TCP/);
  }));

  it('listeners of one port with the same hostname are in conflict', () => s.with([gateway('pelea', [{ hostname: 'x.com' }, { hostname: 'x.com' }])], async () => {
    expect([(await listener('pelea')).condition('Conflicted'), (await listener('pelea')).condition('Programmed')]).toEqual(['HostnameConflict', 'Invalid']);
  }));

  it('the proxy goes with its Gateway, the class stays while a Gateway uses it', async () => {
    await s.apply(gateway('breve', [{}]));
    await s.settle(20);
    expect(await s.run('kubectl get deploy -n envoy-gateway-system')).toContain('envoy-infra-breve-');
    await s.run(`kubectl delete gateway breve -n ${INFRA}`);
    await s.settle(5);
    expect(await s.run('kubectl get deploy,svc,sa,cm -n envoy-gateway-system')).not.toContain('envoy-infra-breve-');
    await s.run('kubectl delete gc eg --wait=false');
    expect(await s.run('kubectl get gc eg -o jsonpath={.metadata.finalizers[0]}')).toBe('gateway-exists-finalizer.gateway.networking.k8s.io');
    await s.run(`kubectl delete gateways --all -n ${INFRA}`);
    await s.settle(5);
    expect(await s.run('kubectl get gc eg')).toContain('NotFound');
    expect(s.world.defects).toEqual([]);
  });
});
