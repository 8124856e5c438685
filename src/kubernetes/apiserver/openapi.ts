import { withDescriptions } from '../api/descriptions.ts';
import { type Definition, definitionsFor } from '../api/schema.ts';
import type { ApiServer } from './server.ts';

/**
 * The schema documents. Descriptions are in the v3 documents only, once they have been read (descriptions.ts); of the paths only what clients look for is there: which
 * group, version and kind each takes (kubectl's validation and `explain` need no more).
 */
export function openApiV2(server: ApiServer): object {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: server.options.gitVersion }, paths: paths(server), definitions: { ...definitionsFor(server.minor), ...server.customResources.definitions() } };
}

export function openApiV3Index(server: ApiServer): object {
  const out: Record<string, { serverRelativeURL: string }> = {};
  const add = (path: string) => {
    out[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash(path + server.options.gitVersion)}` };
  };
  for (const { group, version } of [...server.discovery.groupVersions, ...server.customResources.groupVersions()]) add(group === '' ? 'api/v1' : `apis/${group}/${version}`);
  for (const group of new Set(server.discovery.groupVersions.map((g) => g.group))) if (group !== '') add(`apis/${group}`);
  for (const path of ['.well-known/openid-configuration', 'api', 'apis', 'logs', 'openid/v1/jwks', 'version']) add(path);
  return { paths: out };
}

/** The document of one group version: `apis/apps/v1`. */
export function openApiV3(server: ApiServer, path: string): object | undefined {
  const match = /^(?:api\/(v1)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (!match) return path in (openApiV3Index(server) as { paths: object }).paths ? { openapi: '3.0.0', info: { title: 'Kubernetes', version: server.options.gitVersion }, paths: {}, components: {} } : undefined;
  const group = match[2] ?? '', version = match[1] ?? match[3]!;
  const all: Record<string, Definition> = { ...definitionsFor(server.minor), ...server.customResources.definitions() };
  const schemas: Record<string, unknown> = {};
  const visit = (name: string) => {
    if (name in schemas || !all[name]) return;
    schemas[name] = {}; // a definition may refer to itself
    schemas[name] = ONE_OF[name] ? { ...withDescriptions(name, { ...all[name]!, type: undefined } as never), oneOf: ONE_OF[name].map((type) => ({ type })) } : toV3(withDescriptions(name, all[name]!), visit);
  };
  for (const [name, definition] of Object.entries(all)) if (definition['x-kubernetes-group-version-kind']?.some((g) => g.group === group && g.version === version)) visit(name);
  const prefix = group === '' ? '/api/v1' : `/apis/${group}/${version}`;
  const own = Object.fromEntries(Object.entries(paths(server)).filter(([p]) => p.startsWith(`${prefix}/`)));
  return Object.keys(schemas).length === 0 ? undefined : { openapi: '3.0.0', info: { title: 'Kubernetes', version: server.options.gitVersion }, paths: own, components: { schemas } };
}

/** OpenAPIV3OneOfTypes: what version 2 calls a string and version 3 can say better. */
const ONE_OF: Record<string, string[]> = { 'io.k8s.apimachinery.pkg.api.resource.Quantity': ['string', 'number'], 'io.k8s.apimachinery.pkg.util.intstr.IntOrString': ['integer', 'string'] };

function paths(server: ApiServer): Record<string, object> {
  const out: Record<string, object> = {};
  for (const { group, version, resources } of [...server.discovery.groupVersions, ...server.customResources.groupVersions()]) {
    const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    for (const r of resources) {
      if (r.name.includes('/')) continue;
      const gvk = { group: r.group ?? group, version: r.version ?? version, kind: r.kind };
      const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true }, type: 'string' }));
      const operation = (action: string) => ({ 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': gvk, parameters });
      const base = r.namespaced ? `${prefix}/namespaces/{namespace}/${r.name}` : `${prefix}/${r.name}`;
      const item: Record<string, object> = {};
      for (const [verb, method] of [['get', 'get'], ['update', 'put'], ['patch', 'patch'], ['delete', 'delete']] as const) if (r.verbs.includes(verb)) item[method] = operation(verb === 'update' ? 'put' : verb);
      out[base] = { ...(r.verbs.includes('list') ? { get: operation('list') } : {}), ...(r.verbs.includes('create') ? { post: operation('post') } : {}) };
      if (Object.keys(item).length > 0) out[`${base}/{name}`] = item;
    }
  }
  return out;
}

function toV3(definition: Definition, visit: (name: string) => void): unknown {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(definition)) {
    if (key === '$ref') {
      const name = (value as string).slice('#/definitions/'.length);
      visit(name);
      const { description } = definition as { description?: string };
      return { ...(description ? { description } : {}), allOf: [{ $ref: `#/components/schemas/${name}` }], default: {} };
    }
    if (key === 'properties') out['properties'] = Object.fromEntries(Object.entries(value as Record<string, Definition>).map(([k, v]) => [k, toV3(v, visit)]));
    else if (key === 'items' || key === 'additionalProperties') out[key] = typeof value === 'object' ? toV3(value as Definition, visit) : value;
    else out[key] = value;
  }
  return out;
}

function hash(text: string): string {
  let out = '';
  for (let round = 0; out.length < 128; round++) {
    let h = 2166136261 ^ round;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
    out += (h >>> 0).toString(16).toUpperCase().padStart(8, '0');
  }
  return out;
}
