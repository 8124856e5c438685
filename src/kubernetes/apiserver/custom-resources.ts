import type { KubeObject } from '../api/types.ts';
import type { FieldError } from '../api/field-errors.ts';
import type { Cell, Kind, KindValidation } from '../api/kind.ts';
import { age } from '../api/duration.ts';
import { type Definition, type Type, typeOfSchema } from '../api/schema.ts';
import type { ApiResource, GroupVersion, ResourceInfo } from '../api/scheme.ts';
import { type JsonSchema, prune, validateAgainst } from '../api/custom-schema.ts';
import { decode } from '../api/decode.ts';
import { jsonPath } from '../api/json-path.ts';
import type { ScalePaths } from './scale.ts';
import type { ApiServer } from './server.ts';
import { hasRules, validateRules } from './cel/crd-rules.ts';
import { compareVersions } from './discovery.ts';
import { registerPrefix } from './registry.ts';

/** A kind that a definition makes: its rules are those of its schema. */
export type CustomKind = Kind & KindValidation;

interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string } };
  additionalPrinterColumns?: { name: string; type: string; format?: string; description?: string; priority?: number; jsonPath: string }[];
}

interface Served {
  info: ResourceInfo;
  kind: CustomKind;
  version: CrdVersion;
  schema: JsonSchema | undefined;
}

const BUCKET = ['/registry/apiextensions.k8s.io'];
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** What CustomResourceDefinitions add to the API (apiextensions-apiserver). Read again when one of them was written. */
export class CustomResources {
  readonly #server: ApiServer;
  #revision = -1;
  #served = new Map<string, Served>();
  #versions: GroupVersion[] = [];
  #haveRules = false;
  /** Definitions of the server's own, which nobody stored. */
  readonly #own: { definition: KubeObject; kind: CustomKind }[] = [];

  constructor(server: ApiServer) {
    this.#server = server;
  }

  resource(group: string, version: string, resource: string): ResourceInfo | undefined {
    this.#refresh();
    return this.#served.get(`${group}/${version}/${resource}`)?.info;
  }

  resourceOfKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    this.#refresh();
    for (const { info } of this.#served.values()) if (info.group === group && info.version === version && info.kind === kind) return info;
    return undefined;
  }

  kindOf(info: ResourceInfo): CustomKind {
    return this.#get(info)?.kind ?? {};
  }

  /** Whether any schema has rules in CEL. */
  get haveRules(): boolean {
    this.#refresh();
    return this.#haveRules;
  }

  /** Serves a kind that the server brings itself, as if somebody had defined it. */
  serveOwn(definition: KubeObject, kind: CustomKind): void {
    this.#own.push({ definition, kind });
    this.#revision = -1;
  }

  scalePaths(info: ResourceInfo): ScalePaths | undefined {
    const scale = this.#get(info)?.version.subresources?.scale;
    const parts = (path: string) => path.split('.').filter((p) => p !== '');
    return scale && { specReplicas: parts(scale.specReplicasPath), statusReplicas: parts(scale.statusReplicasPath), selector: scale.labelSelectorPath ? parts(scale.labelSelectorPath) : undefined };
  }

  /** A custom object without what its schema does not know. */
  decode(raw: Record<string, unknown>, info: ResourceInfo): { object: KubeObject; unknown: string[] } {
    const unknown: string[] = [];
    const object = prune(raw, this.#get(info)?.schema, '', unknown, true) as KubeObject;
    const meta = decode({ metadata: object.metadata ?? {} }, METADATA);
    object.metadata = meta.object.metadata;
    return { object, unknown: [...meta.unknown, ...unknown] };
  }

  typeOfKind(group: string, version: string, kind: string): Type | undefined {
    return this.resourceOfKind(group, version, kind)?.type;
  }

  groupVersions(): GroupVersion[] {
    this.#refresh();
    return this.#versions;
  }

  /** The schemas for OpenAPI, named as the real server names them: com.example.stable.v1.CronTab. */
  definitions(): Record<string, Definition> {
    this.#refresh();
    const out: Record<string, Definition> = {};
    for (const { info, schema } of this.#served.values()) {
      const name = `${info.group.split('.').reverse().join('.')}.${info.version}.${info.kind}`;
      const { properties, ...rest } = (schema ?? { type: 'object' }) as Definition & { properties?: Record<string, Definition> };
      out[name] = {
        ...rest, type: 'object', properties: { ...properties, apiVersion: described('string', API_VERSION), kind: described('string', KIND), metadata: { description: METADATA_TEXT, $ref: `#/definitions/${META}` } as Definition },
        'x-kubernetes-group-version-kind': [{ group: info.group, kind: info.kind, version: info.version }],
      };
    }
    return out;
  }

  /** Takes away every object of a definition that is being deleted. */
  removeAll(crd: KubeObject): void {
    const prefix = `/registry/${crd.spec.group}/${crd.spec.names.plural}/`;
    this.#server.etcd.deletePrefix(prefix);
  }

  #get(info: ResourceInfo): Served | undefined {
    this.#refresh();
    return this.#served.get(`${info.group}/${info.version}/${info.resource}`);
  }

  #refresh(): void {
    const revision = this.#server.etcd.touched(BUCKET);
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.#served = new Map();
    const versions = new Map<string, GroupVersion>();
    const crds = this.#server.resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!;
    const stored = this.#server.registry.list(crds, '').map(({ value }) => ({ definition: value, kind: {} }));
    for (const { definition, kind } of [...stored, ...this.#own]) {
      for (const version of definition.spec.versions as CrdVersion[]) if (version.served) this.#add(definition, version, versions, kind);
    }
    this.#haveRules = [...this.#served.values()].some(({ schema }) => hasRules(schema));
    this.#versions = [...versions.values()].sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : compareVersions(a.version, b.version)));
  }

  #add(crd: KubeObject, version: CrdVersion, versions: Map<string, GroupVersion>, own: CustomKind): void {
    const { group, names, scope } = crd.spec as { group: string; scope: string; names: { plural: string; singular: string; kind: string; listKind: string; shortNames?: string[]; categories?: string[] } };
    const namespaced = scope === 'Namespaced', schema = version.schema?.openAPIV3Schema;
    const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
    const api: ApiResource = {
      name: names.plural, singularName: names.singular, namespaced, kind: names.kind, verbs,
      ...(names.shortNames ? { shortNames: names.shortNames } : {}), ...(names.categories ? { categories: names.categories } : {}), storageVersionHash: `${names.plural.slice(0, 8).padEnd(11, '0')}=`,
    };
    const subs = new Map<string, ApiResource>();
    const partVerbs = ['get', 'patch', 'update'];
    if (version.subresources?.status) subs.set('status', { name: `${names.plural}/status`, singularName: '', namespaced, kind: names.kind, verbs: partVerbs });
    if (version.subresources?.scale) subs.set('scale', { name: `${names.plural}/scale`, singularName: '', namespaced, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: partVerbs });
    const prefix = `/registry/${group}/${names.plural}`;
    registerPrefix(group, names.plural, prefix);
    const info: ResourceInfo = {
      group, version: version.name, resource: names.plural, kind: names.kind, listKind: names.listKind, namespaced, verbs: new Set(verbs), subresources: subs,
      type: customType(schema, names.kind), prefix, api, crd: crd.metadata.name,
    };
    this.#served.set(`${group}/${version.name}/${names.plural}`, { info, kind: { ...this.#kindFor(version, schema), ...own }, version, schema });
    const key = `${group}/${version.name}`;
    let entry = versions.get(key);
    if (!entry) versions.set(key, (entry = { group, version: version.name, resources: [] }));
    entry.resources.push(api, ...subs.values());
  }

  #kindFor(version: CrdVersion, schema: JsonSchema | undefined): CustomKind {
    const columns = version.additionalPrinterColumns ?? [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }];
    return {
      generation: true,
      ...(version.subresources?.status ? { prepareForCreate: (object: KubeObject) => freshStatus(object, schema) } : {}),
      validate: (object, { old }) => this.#validate(object, old, schema),
      columns: [{ name: 'Name', type: 'string', format: 'name' }, ...columns.map((c) => ({ name: c.name, type: c.type, format: c.format ?? '', description: c.description ?? '', priority: c.priority ?? 0 }))],
      row: (object, now) => [object.metadata.name, ...columns.map((c): Cell => cell(jsonPath(object, c.jsonPath)[0], c.type, now))],
    };
  }

  /** The schema first; its rules only where that holds. */
  #validate(object: KubeObject, old: KubeObject | undefined, schema: JsonSchema | undefined): FieldError[] {
    const wrong = schema ? validateAgainst(withoutMeta(object), schema, '') : [];
    return wrong.length > 0 || !this.#server.cel ? wrong : validateRules(this.#server.cel, object, old, schema);
  }
}

/** What the server says of the fields that every custom resource has. */
const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const API_VERSION = `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${CONVENTIONS}#resources`;
const KIND = `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${CONVENTIONS}#types-kinds`;
const METADATA_TEXT = `Standard object's metadata. More info: ${CONVENTIONS}#metadata`;
const described = (type: string, description: string): Definition => ({ description, type }) as Definition;

const METADATA: Type = typeOfSchema({ type: 'object', properties: { metadata: { $ref: `#/definitions/${META}` } } }, 'Metadata');

function customType(schema: JsonSchema | undefined, kind: string): Type {
  const source = (schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) as Definition;
  return typeOfSchema({ ...source, type: 'object', properties: { ...source.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { $ref: `#/definitions/${META}` } } }, kind);
}

/** A status that is sent is dropped; what is read has the schema's default in its place (apiextensions-apiserver's strategy, and its decoder). */
function freshStatus(object: KubeObject, schema: JsonSchema | undefined): void {
  delete object.status;
  const status = schema?.properties?.['status'];
  if (status?.default !== undefined) Object.assign(object, prune({}, { properties: { status } }, '', []));
}

/** metadata is checked by its own rules. */
function withoutMeta(object: KubeObject): Record<string, unknown> {
  const { metadata: _, ...rest } = object;
  return { ...rest, metadata: {} };
}

function cell(value: unknown, type: string, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer': return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number': return typeof value === 'number' ? value : null;
    case 'boolean': return typeof value === 'boolean' ? value : null;
    case 'date': return typeof value === 'string' ? age(value, now) : null;
    default: return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}

