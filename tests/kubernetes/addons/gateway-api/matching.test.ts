import { beforeAll, describe, expect, it } from 'vitest';
import { exact, gateway, header, prefix, route, rule, Suite } from './world.ts';

/** The cases of gateway-api/conformance/tests about what a route matches, one test each. */
describe('conformance: matches', () => {
  let s: Suite;
  beforeAll(async () => {
    s = await Suite.boot('matching');
  });

  it('HTTPRouteSimpleSameNamespace', () => s.with([route('simple', [rule('v1')])], async () => {
    expect(await s.who('/')).toEqual(['v1']);
    expect(await s.condition('Accepted', 'simple')).toBe('True');
    expect(await s.condition('ResolvedRefs', 'simple')).toBe('True');
  }));

  it('HTTPRouteExactPathMatching', () => s.with([route('exactas', [rule('v1', [exact('/uno')]), rule('v2', [exact('/dos')])])], async () => {
    expect(await s.who('/uno', '/dos', '/', '/uno/mas', '/dos/', '/Dos')).toEqual(['v1', 'v2', 404, 404, 404, 404]);
  }));

  it('HTTPRouteMatching', () => s.with([route('mezcla', [rule('v1', ['/', header(['version', 'uno'])]), rule('v2', ['/v2', header(['version', 'dos'])])])], async () => {
    expect(await s.who('/', '/ejemplo', ['/', { headers: { Version: 'uno' } }], '/v2', '/v2/ejemplo', ['/', { headers: { Version: 'dos' } }], '/v2/', '/v2ejemplo', '/otra/v2/ejemplo')).toEqual(['v1', 'v1', 'v1', 'v2', 'v2', 'v2', 'v2', 'v1', 'v1']);
  }));

  it('HTTPRouteMatchingAcrossRoutes', () => s.with([
    route('parte1', [rule('v1', ['/', header(['version', 'uno'])])], { hostnames: ['example.com', 'example.net'] }), route('parte2', [rule('v2', ['/v2', header(['version', 'dos'])])], { hostnames: ['example.com'] }),
  ], async () => {
    const com = { host: 'example.com' }, net = { host: 'example.net' };
    expect(await s.who(['/', com], ['/a', com], ['/a', net], ['/a', { ...com, headers: { Version: 'uno' } }], ['/v2', com], ['/v2', net], ['/v2/a', com], ['/', { ...com, headers: { Version: 'dos' } }])).toEqual(['v1', 'v1', 'v1', 'v1', 'v2', 'v1', 'v2', 'v2']);
  }));

  it('HTTPRoutePathMatchOrder', () => s.with([route('orden', [
    rule('v1', [exact('/m')]), rule('v2', [exact('/m/exacta')]), rule('v3', [exact('/m/exacta/una')]), rule('v3', ['/m/']), rule('v1', ['/m/prefijo/']), rule('v2', ['/m/prefijo/una']),
  ])], async () => {
    expect(await s.who('/m/exacta/una', '/m/exacta', '/m', '/m/prefijo/una/x', '/m/prefijo/x', '/m/x')).toEqual(['v3', 'v2', 'v1', 'v2', 'v1', 'v3']);
  }));

  it('HTTPRouteHeaderMatching', () => s.with([route('cabeceras', [
    rule('v1', [header(['version', 'uno'])]), rule('v2', [header(['version', 'dos'])]), rule('v1', [header(['version', 'dos'], ['color', 'naranja'])]), rule('v1', [header(['color', 'azul']), header(['color', 'verde'])]), rule('v2', [header(['color', 'rojo']), header(['color', 'ocre'])]),
  ])], async () => {
    const with_ = (headers: Record<string, string>): [string, { headers: Record<string, string> }] => ['/', { headers }];
    expect(await s.who(with_({ Version: 'uno' }), with_({ Version: 'dos' }), with_({ Version: 'dos', Color: 'naranja' }), with_({ Version: 'dos', Color: 'azul' }), with_({ Color: 'naranja' }), with_({ Otra: 'uno' }), with_({ Color: 'azul' }), with_({ Color: 'verde' }), with_({ Color: 'rojo' }), with_({ Color: 'ocre' }), with_({ Color: 'lila' })))
      .toEqual(['v1', 'v2', 'v1', 'v2', 404, 404, 'v1', 'v1', 'v2', 'v2', 404]);
  }));

  it('HTTPRouteMethodMatching', () => s.with([route('metodos', [
    rule('v1', [{ method: 'POST' }]), rule('v2', [{ method: 'GET' }]), rule('v1', [{ ...prefix('/p1'), method: 'GET' }]), rule('v2', [{ ...header(['version', 'uno']), method: 'PUT' }]), rule('v3', [{ ...prefix('/p2'), ...header(['version', 'dos']), method: 'POST' }]),
    rule('v1', [{ ...prefix('/p3'), method: 'PATCH' }, { ...prefix('/p4'), ...header(['version', 'tres']), method: 'DELETE' }]), rule('v1', ['/p5']), rule('v2', [{ method: 'PATCH' }]), rule('v3', [header(['version', 'cuatro'])]),
  ])], async () => {
    const h = (version: string) => ({ headers: { version } });
    expect(await s.who(['/', { method: 'POST' }], '/', ['/', { method: 'HEAD' }], '/p1', ['/', { method: 'PUT', ...h('uno') }], ['/p2', { method: 'POST', ...h('dos') }], ['/p3', { method: 'PATCH' }], ['/p4', { method: 'DELETE', ...h('tres') }])).toEqual(['v1', 'v2', 404, 'v1', 'v2', 'v3', 'v1', 'v1']);
    expect(await s.who(['/', { method: 'PUT' }], ['/p4', { method: 'DELETE' }], ['/p5', { method: 'PATCH' }], ['/', { method: 'PATCH', ...h('cuatro') }])).toEqual([404, 404, 'v1', 'v2']);
  }));

  it('HTTPRouteQueryParamMatching', () => {
    const q = (...pairs: [string, string][]) => ({ queryParams: pairs.map(([name, value]) => ({ name, value })) });
    return s.with([route('parametros', [
      rule('v1', [q(['animal', 'ballena'])]), rule('v2', [q(['animal', 'delfin'])]), rule('v3', [q(['animal', 'delfin'], ['color', 'azul']), q(['ANIMAL', 'Ballena'])]), rule('v1', [{ ...prefix('/p1'), ...q(['animal', 'ballena']) }]), rule('v2', [{ ...header(['version', 'uno']), ...q(['animal', 'ballena']) }]),
      rule('v1', ['/p5']), rule('v2', [q(['animal', 'hidra'])]), rule('v3', [header(['version', 'cuatro'])]),
    ])], async () => {
      expect(await s.who('/?animal=ballena', '/?animal=delfin', '/?animal=delfin&color=azul', '/?ANIMAL=Ballena', '/?animal=ballena&otra=x', '/?animal=delfin&color=ocre', '/?color=azul', '/?animal=perro', '/?animal=ballenadelfin', '/')).toEqual(['v1', 'v2', 'v3', 'v3', 'v1', 'v2', 404, 404, 404, 404]);
      expect(await s.who('/p1?animal=ballena', ['/?animal=ballena', { headers: { version: 'uno' } }], '/p5?animal=hidra', ['/?animal=hidra', { headers: { version: 'cuatro' } }])).toEqual(['v1', 'v2', 'v1', 'v3']);
    });
  });

  it('HTTPRouteListenerHostnameMatching', () => s.with([
    gateway('nombres', ['bar.com', 'foo.bar.com', '*.bar.com', '*.foo.com'].map((hostname) => ({ hostname }))), route('h1', [rule('v1')], { parents: [{ name: 'nombres', sectionName: 'l1' }] }), route('h2', [rule('v2')], { parents: [{ name: 'nombres', sectionName: 'l2' }] }),
    route('h3', [rule('v3')], { parents: [{ name: 'nombres', sectionName: 'l3' }, { name: 'nombres', sectionName: 'l4' }] }),
  ], async () => {
    const at = (host: string): [string, { gateway: string; host: string }] => ['/', { gateway: 'nombres', host }];
    expect(await s.who(...['bar.com', 'foo.bar.com', 'baz.bar.com', 'boo.bar.com', 'varias.partes.bar.com', 'varias.partes.foo.com', 'foo.com', 'nadie'].map(at))).toEqual(['v1', 'v2', 'v3', 'v3', 'v3', 'v3', 404, 404]);
  }));

  it('HTTPRouteHostnameIntersection', () => s.with([
    gateway('cruces', [{ hostname: 'muy.concreto.com' }, { hostname: '*.comodin.io' }, { hostname: '*.otrocomodin.io' }]), gateway('abierto', [{}]),
    ...[
      route('concreto-concreto', [rule('v1', ['/s1'])], { hostnames: ['nada.com', '*.nada.io', 'muy.concreto.com'] }), route('concreto-comodin', [rule('v2', ['/s2'])], { hostnames: ['nada.com', 'comodin.io', 'foo.comodin.io', 'foo.bar.comodin.io'] }),
      route('comodin-concreto', [rule('v3', ['/s3'])], { hostnames: ['nada.com', '*.concreto.com'] }), route('comodin-comodin', [rule('v1', ['/s4'])], { hostnames: ['*.otrocomodin.io'] }), route('sin-cruce', [rule('v2', ['/s5'])], { hostnames: ['concreto.pero.otro.com', 'comodin.io'] }),
    ].map((r) => ({ ...r, spec: { ...r.spec, parentRefs: [{ name: 'cruces' }] } })),
    route('cualquiera', [rule('v2')], { hostnames: ['primero.com', 'sub.primero.com'], parents: [{ name: 'abierto' }] }),
  ], async () => {
    const at = (host: string, path: string): [string, { gateway: string; host: string }] => [path, { gateway: 'cruces', host }];
    expect(await s.who(at('muy.concreto.com', '/s1'), at('muy.concreto.com:1234', '/s1'), at('nada.com', '/s1'), at('foo.nada.io', '/s1'), at('foo.comodin.io', '/s1'), at('muy.concreto.com', '/otra'))).toEqual(['v1', 'v1', 404, 404, 404, 404]);
    expect(await s.who(at('foo.comodin.io', '/s2'), at('foo.bar.comodin.io', '/s2'), at('comodin.io', '/s2'), at('muy.concreto.com', '/s2'))).toEqual(['v2', 'v2', 404, 404]);
    expect(await s.who(at('muy.concreto.com', '/s3'), at('foo.concreto.com', '/s3'), at('foo.otrocomodin.io', '/s4'), at('foo.bar.otrocomodin.io', '/s4'), at('otrocomodin.io', '/s4'))).toEqual(['v3', 404, 'v1', 'v1', 404]);
    expect(await s.condition('Accepted', 'sin-cruce')).toBe('NoMatchingListenerHostname');
    expect(await s.who(['/', { gateway: 'abierto', host: 'primero.com' }], ['/', { gateway: 'abierto', host: 'sub.primero.com' }], ['/', { gateway: 'abierto', host: 'tercero.com' }])).toEqual(['v2', 'v2', 404]);
  }));

  it('HTTPRouteListenerPortMatching', () => s.with([
    gateway('puertos', [{ hostname: 'foo.com' }, { port: 8080, hostname: 'foo.com' }, { port: 8080, hostname: 'bar.com' }, { port: 8090, hostname: 'foo.com' }, { port: 8090, hostname: 'bar.com' }]),
    route('p80', [rule('v1')], { parents: [{ name: 'puertos', port: 80 }] }), route('p8080', [rule('v2')], { parents: [{ name: 'puertos', port: 8080 }] }), route('p8090', [rule('v3')], { parents: [{ name: 'puertos', port: 8090, sectionName: 'l4' }] }),
  ], async () => {
    const at = (host: string, port: number): [string, { gateway: string; host: string; port: number }] => ['/', { gateway: 'puertos', host, port }];
    expect(await s.who(at('foo.com', 80), at('foo.com:8080', 8080), at('bar.com:8080', 8080), at('foo.com:8090', 8090), at('bar.com:8090', 8090))).toEqual(['v1', 'v2', 'v2', 'v3', 404]);
  }));

  it('GatewayHTTPListenerIsolation: the most specific listener takes the host', () => s.with([
    gateway('aislado', [{}, { hostname: '*.example.com' }, { hostname: 'abc.example.com' }]),
    route('a1', [rule('v1')], { parents: [{ name: 'aislado', sectionName: 'l1' }] }), route('a2', [rule('v2')], { parents: [{ name: 'aislado', sectionName: 'l2' }] }), route('a3', [rule('v3')], { parents: [{ name: 'aislado', sectionName: 'l3' }] }),
  ], async () => {
    expect(await s.who(...['bar.com', 'x.example.com', 'abc.example.com'].map((host): [string, object] => ['/', { gateway: 'aislado', host }]))).toEqual(['v1', 'v2', 'v3']);
  }));
});
