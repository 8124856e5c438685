import { beforeAll, describe, expect, it } from 'vitest';
import { filter, route, rule, Suite } from './world.ts';

/** The cases of gateway-api/conformance/tests about filters, weights, mirrors and timeouts, one test each. */
describe('conformance: filters', () => {
  let s: Suite;
  beforeAll(async () => {
    s = await Suite.boot('filters');
  });
  const pairs = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));
  const seen = async (path: string, headers: Record<string, string> = {}) => {
    const found = (await s.ask(path, { headers })).seen!.headers;
    return (name: string) => found[name]?.join(',');
  };
  const to = async (path: string, options: Parameters<Suite['ask']>[1] = {}) => {
    const { status, headers } = await s.ask(path, options);
    return `${status} ${headers['location'] ?? ''}`;
  };

  it('HTTPRouteRequestHeaderModifier', () => s.with([route('peticion', [
    rule('v1', ['/set'], { filters: [filter('RequestHeaderModifier', { set: pairs({ 'X-Header-Set': 'nuevo' }) })] }), rule('v1', ['/add'], { filters: [filter('RequestHeaderModifier', { add: pairs({ 'X-Header-Add': 'otro' }) })] }),
    rule('v1', ['/quita'], { filters: [filter('RequestHeaderModifier', { remove: ['X-Header-Remove'] })] }),
    rule('v1', ['/todo'], { filters: [filter('RequestHeaderModifier', { set: pairs({ 'X-Set-1': 's1', 'X-Set-2': 's2' }), add: pairs({ 'X-Add-1': 'a1', 'X-Add-2': 'a2' }), remove: ['X-Remove-1', 'X-Remove-2'] })] }),
  ])], async () => {
    expect((await seen('/set'))('X-Header-Set')).toBe('nuevo');
    expect((await seen('/set', { 'X-Header-Set': 'viejo', 'Some-Other-Header': 'val' }))('X-Header-Set')).toBe('nuevo');
    expect((await seen('/add'))('X-Header-Add')).toBe('otro');
    expect((await seen('/add', { 'x-header-add': 'uno' }))('X-Header-Add')).toBe('uno,otro');
    expect((await seen('/quita', { 'x-header-remove': 'x' }))('X-Header-Remove')).toBeUndefined();
    const all = await seen('/todo', { 'X-Set-2': 'x', 'X-Add-2': 'x', 'X-Remove-2': 'x', Otra: 'y' });
    expect(['X-Set-1', 'X-Set-2', 'X-Add-1', 'X-Add-2', 'X-Remove-2', 'Otra'].map(all)).toEqual(['s1', 's2', 'a1', 'x,a2', undefined, 'y']);
  }));

  it('HTTPRouteResponseHeaderModifier', () => s.with([route('respuesta', [
    rule('v1', ['/set'], { filters: [filter('ResponseHeaderModifier', { set: pairs({ 'X-Header-Set': 'nuevo' }) })] }), rule('v1', ['/add'], { filters: [filter('ResponseHeaderModifier', { add: pairs({ 'X-Header-Add': 'otro' }) })] }),
    rule('v1', ['/quita'], { filters: [filter('ResponseHeaderModifier', { remove: ['X-Header-Remove'] })] }),
    rule('v1', ['/ambas'], { filters: [filter('ResponseHeaderModifier', { set: pairs({ 'X-Set': 'r' }) }), filter('RequestHeaderModifier', { set: pairs({ 'X-Set': 'p' }) })] }),
  ])], async () => {
    const answer = async (path: string, set: string) => (await s.ask(path, { headers: { 'X-Echo-Set-Header': set } })).headers;
    expect(await answer('/set', 'X-Header-Set:viejo,Otra:val')).toMatchObject({ 'x-header-set': 'nuevo', otra: 'val' });
    expect((await answer('/add', 'x-header-add:uno'))['x-header-add']).toBe('uno, otro');
    expect((await answer('/quita', 'X-Header-Remove:x'))['x-header-remove']).toBeUndefined();
    const both = await s.ask('/ambas');
    expect([both.headers['x-set'], both.seen!.headers['X-Set']]).toEqual(['r', ['p']]);
  }));

  it('HTTPRouteBackendRequestHeaderModifier: filters of a backend', () => s.with([route('de-backend', [{ backendRefs: [{ name: 'v1', port: 8080, filters: [filter('RequestHeaderModifier', { set: pairs({ 'X-Backend': 'uno' }) })] }] }])], async () => {
    expect((await seen('/'))('X-Backend')).toBe('uno');
  }));

  it('HTTPRouteRedirectHostAndStatus', () => s.with([route('anfitrion', [
    { matches: [{ path: { type: 'PathPrefix', value: '/h' } }], filters: [filter('RequestRedirect', { hostname: 'example.org' })] }, { matches: [{ path: { type: 'PathPrefix', value: '/s' } }], filters: [filter('RequestRedirect', { statusCode: 301, hostname: 'example.org' })] },
  ])], async () => {
    expect([await to('/h'), await to('/s/a?b=c'), await to('/h', { host: 'ejemplo.com:30080' })]).toEqual(['302 http://example.org/h', '301 http://example.org/s/a?b=c', '302 http://example.org/h']);
  }));

  it('HTTPRouteRedirectPath', () => {
    const path = (prefix: string, value: object, more = {}) => ({ matches: [{ path: { type: 'PathPrefix', value: prefix } }], filters: [filter('RequestRedirect', { path: value, ...more })] });
    const replacePrefix = { type: 'ReplacePrefixMatch', replacePrefixMatch: '/nuevo' }, full = { type: 'ReplaceFullPath', replaceFullPath: '/entero' };
    return s.with([route('camino', [path('/viejo', replacePrefix), path('/lleno', full), path('/otro', replacePrefix, { hostname: 'example.org' }), path('/permanente', replacePrefix, { statusCode: 301 })])], async () => {
      expect([await to('/viejo/limon'), await to('/lleno/a/b'), await to('/otro'), await to('/permanente')]).toEqual(['302 http://ejemplo.com/nuevo/limon', '302 http://ejemplo.com/entero', '302 http://example.org/nuevo', '301 http://ejemplo.com/nuevo']);
    });
  });

  it('HTTPRouteRedirectPort and HTTPRouteRedirectScheme', () => {
    const r = (value: string, redirect: object) => ({ matches: [{ path: { type: 'PathPrefix', value } }], filters: [filter('RequestRedirect', redirect as Record<string, unknown>)] });
    return s.with([route('puerto', [r('/p', { port: 8083 }), r('/ph', { port: 8083, hostname: 'example.org' }), r('/e', { scheme: 'https' }), r('/eh', { scheme: 'https', hostname: 'example.org', statusCode: 301 }), r('/ep', { scheme: 'https', port: 8443 })])], async () => {
      expect([await to('/p'), await to('/ph'), await to('/e'), await to('/eh'), await to('/ep')]).toEqual(['302 http://ejemplo.com:8083/p', '302 http://example.org:8083/ph', '302 https://ejemplo.com/e', '301 https://example.org/eh', '302 https://ejemplo.com:8443/ep']);
    });
  });

  it('HTTPRouteRewriteHost', () => s.with([route('otro-host', [rule('v1', ['/uno'], { filters: [filter('URLRewrite', { hostname: 'uno.example.org' })] }), rule('v2', [], { filters: [filter('URLRewrite', { hostname: 'example.org' })] })], { hostnames: ['reescrito.com'] })], async () => {
    const one = await s.ask('/uno', { host: 'reescrito.com' }), two = await s.ask('/dos', { host: 'reescrito.com' });
    expect([one.backend, one.seen!.host, one.seen!.path, two.backend, two.seen!.host]).toEqual(['v1', 'uno.example.org', '/uno', 'v2', 'example.org']);
    expect(one.seen!.headers['X-Forwarded-Host']).toEqual(['reescrito.com']);
  }));

  it('HTTPRouteRewritePath', () => {
    const rewrite = (prefix: string, path: object, more: object[] = []) => rule('v1', [prefix], { filters: [filter('URLRewrite', { path }), ...more] });
    return s.with([route('otro-camino', [
      rewrite('/prefijo/uno', { type: 'ReplacePrefixMatch', replacePrefixMatch: '/uno' }), rewrite('/quita', { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' }), rewrite('/lleno/uno', { type: 'ReplaceFullPath', replaceFullPath: '/uno' }),
      rewrite('/lleno/cabeceras', { type: 'ReplaceFullPath', replaceFullPath: '/prueba' }, [filter('RequestHeaderModifier', { set: pairs({ 'X-Set': 'si' }) })]),
    ])], async () => {
      const path = async (p: string) => (await s.ask(p)).seen!.path;
      expect([await path('/prefijo/uno/dos'), await path('/quita/tres'), await path('/quita'), await path('/lleno/uno/dos'), await path('/lleno/cabeceras/x'), await path('/prefijo/uno/dos?a=b')]).toEqual(['/uno/dos', '/tres', '/', '/uno', '/prueba', '/uno/dos?a=b']);
    });
  });

  it('HTTPRouteRequestMirror and HTTPRouteRequestMultipleMirrors', () => s.with([route('espejo', [rule('v1', ['/espejo'], { filters: ['v2', 'v3'].map((name) => filter('RequestMirror', { backendRef: { name, port: 8080 } })) })])], async () => {
    expect(await s.who('/espejo')).toEqual(['v1']);
    await s.settle(1);
    for (const name of ['v2', 'v3']) expect(await s.run(`kubectl logs -n infra deploy/${name}`)).toContain('Echoing back request made to /espejo to client');
  }));

  it('HTTPRouteWeight: 70, 30, 0', () => s.with([route('pesos', [{ backendRefs: [['v1', 70], ['v2', 30], ['v3', 0]].map(([name, weight]) => ({ name, port: 8080, weight })) }])], async () => {
    const got = await s.who(...Array.from({ length: 200 }, () => '/'));
    const share = (name: string) => got.filter((g) => g === name).length / got.length;
    expect(share('v1')).toBeGreaterThan(0.6);
    expect(share('v1')).toBeLessThan(0.8);
    expect(share('v1') + share('v2')).toBe(1);
  }));

  it('HTTPRouteTimeoutRequest and HTTPRouteTimeoutBackendRequest', () => s.with([route('plazos', [
    rule('v1', ['/plazo'], { timeouts: { request: '500ms' } }), rule('v1', ['/sin-plazo'], { timeouts: { request: '0s' } }), rule('v1', ['/de-backend'], { timeouts: { backendRequest: '500ms' } }),
  ])], async () => {
    expect(await s.who('/plazo', '/sin-plazo?delay=20s', '/de-backend')).toEqual(['v1', 'v1', 'v1']);
    for (const path of ['/plazo?delay=1s', '/de-backend?delay=1s']) {
      const { status, body } = await s.ask(path);
      expect([status, body]).toEqual([504, 'upstream request timeout']);
    }
  }));

  it('what is no filter that Envoy Gateway knows: not accepted', () => s.with([route('ajena', [rule('v1', [], { filters: [{ type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Cosa', name: 'x' } }] })])], async () => {
    expect(await s.condition('Accepted', 'ajena')).toBe('UnsupportedValue');
  }));
});
