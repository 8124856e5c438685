import definitions from './schema/definitions.json' with { type: 'json' };

/** A definition of OpenAPI v2 as the API server publishes it, with the Kubernetes extensions. */
export interface Definition {
  type?: string;
  format?: string;
  $ref?: string;
  enum?: string[];
  required?: string[];
  properties?: Record<string, Definition>;
  additionalProperties?: Definition;
  items?: Definition;
  'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
}

const MATCH_CONDITIONS: Record<string, Definition> = { matchConditions: {
  type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge',
  items: { type: 'object', required: ['name', 'expression'], properties: { name: { type: 'string' }, expression: { type: 'string' } } },
} };

export const DEFINITIONS: Record<string, Definition> = { ...(definitions as unknown as Record<string, Definition>), ...additions(definitions as unknown as Record<string, Definition>) };

/** What a server of that minor version publishes; it knows all of them. */
export function definitionsFor(minor: number): Record<string, Definition> {
  return minor >= 27 ? DEFINITIONS : (definitions as unknown as Record<string, Definition>);
}

/** What 1.27 and 1.28 added to the definitions, which were read from a 1.26 server. */
function additions(of: Record<string, Definition>): Record<string, Definition> {
  const extend = (name: string, properties: Record<string, Definition>): Record<string, Definition> => ({ [name]: { ...of[name]!, properties: { ...of[name]!.properties, ...properties } } });
  const review = 'io.k8s.api.authentication.v1.SelfSubjectReview';
  return {
    ...extend('io.k8s.api.core.v1.Container', { restartPolicy: { type: 'string' }, resizePolicy: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'object', required: ['resourceName', 'restartPolicy'], properties: { resourceName: { type: 'string' }, restartPolicy: { type: 'string' } } } } }),
    ...extend('io.k8s.api.core.v1.ContainerStatus', { allocatedResources: { type: 'object', additionalProperties: { $ref: '#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity' } }, resources: { $ref: '#/definitions/io.k8s.api.core.v1.ResourceRequirements' } }),
    ...extend('io.k8s.api.core.v1.PodStatus', { hostIPs: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'object', properties: { ip: { type: 'string' } } } } }),
    ...extend('io.k8s.api.core.v1.PersistentVolumeStatus', { lastPhaseTransitionTime: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time' } }),
    ...extend('io.k8s.api.batch.v1.JobSpec', { backoffLimitPerIndex: { type: 'integer', format: 'int32' }, maxFailedIndexes: { type: 'integer', format: 'int32' }, podReplacementPolicy: { type: 'string' } }),
    ...extend('io.k8s.api.batch.v1.JobStatus', { terminating: { type: 'integer', format: 'int32' }, failedIndexes: { type: 'string' } }),
    ...extend('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule', { messageExpression: { type: 'string' }, reason: { type: 'string' }, fieldPath: { type: 'string' } }),
    ...extend('io.k8s.api.admissionregistration.v1.MutatingWebhook', MATCH_CONDITIONS), ...extend('io.k8s.api.admissionregistration.v1.ValidatingWebhook', MATCH_CONDITIONS),
    [review]: {
      type: 'object', properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }, status: { type: 'object', properties: { userInfo: { $ref: '#/definitions/io.k8s.api.authentication.v1.UserInfo' } } } },
      'x-kubernetes-group-version-kind': [{ group: 'authentication.k8s.io', kind: 'SelfSubjectReview', version: 'v1' }],
    },
  };
}

export type TypeKind = 'struct' | 'map' | 'list' | 'string' | 'bytes' | 'int32' | 'int64' | 'number' | 'boolean' | 'quantity' | 'time' | 'intstr' | 'any';

/** A type of the API, resolved from its definition once. */
export interface Type {
  readonly kind: TypeKind;
  /** The Go name of a struct: `PodSpec`. */
  readonly name: string;
  /** Full name of the definition: `io.k8s.api.core.v1.PodSpec`. */
  readonly definition: string;
  /** Of a struct. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Of a list or a map. */
  readonly element: Type | undefined;
  /** Of a list: by which keys its items are told apart (server-side apply); 'set' for lists of scalars. */
  readonly listType: 'map' | 'set' | 'atomic';
  readonly listKeys: readonly string[];
  /** Of a struct or a map that server-side apply owns as a whole. */
  readonly atomic: boolean;
  /** Keeps fields it does not know (custom resources). */
  readonly preserve: boolean;
}

export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
  readonly enum: readonly string[] | undefined;
  /** Strategic merge: 'merge', 'replace', 'retainKeys' or combinations; the key of lists. */
  readonly strategy: string;
  readonly mergeKey: string | undefined;
}

const cache = new Map<string, Type>();

/** The type of a definition by its full name. Throws when there is none. */
export function typeOf(definition: string): Type {
  const known = cache.get(definition);
  if (known) return known;
  const source = DEFINITIONS[definition];
  if (!source) throw new Error(`no definition ${definition}`);
  return build(source, definition, (type) => cache.set(definition, type));
}

/** The type of a schema that has no name of its own (a custom resource's). */
export function typeOfSchema(schema: Definition, name: string): Type {
  return build(schema, name, () => {});
}

const NO_FIELDS: ReadonlyMap<string, Field> = new Map();

const SPECIAL: Record<string, TypeKind> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intstr',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
};

function build(source: Definition, definition: string, remember: (type: Type) => void): Type {
  if (source.$ref) return typeOf(source.$ref.slice('#/definitions/'.length));
  const kind = SPECIAL[definition] ?? kindOf(source);
  const fields = kind === 'struct' ? new Map<string, Field>() : NO_FIELDS;
  const type = {
    kind, definition, name: goName(definition), fields,
    element: undefined as Type | undefined,
    listType: source['x-kubernetes-list-type'] ?? 'atomic' as 'map' | 'set' | 'atomic',
    listKeys: source['x-kubernetes-list-map-keys'] ?? [],
    atomic: source['x-kubernetes-map-type'] === 'atomic' || kind === 'any',
    preserve: source['x-kubernetes-preserve-unknown-fields'] === true,
  };
  remember(type);
  if (kind === 'list') type.element = build(source.items ?? {}, definition, () => {});
  if (kind === 'map') type.element = build(source.additionalProperties ?? {}, definition, () => {});
  if (kind === 'struct') {
    const required = new Set(source.required);
    for (const [name, property] of Object.entries(source.properties ?? {})) {
      (fields as Map<string, Field>).set(name, {
        name, type: build(property, `${definition}.${name}`, () => {}), required: required.has(name), enum: property.enum,
        strategy: property['x-kubernetes-patch-strategy'] ?? '', mergeKey: property['x-kubernetes-patch-merge-key'],
      });
    }
  }
  return type;
}

function kindOf(source: Definition): TypeKind {
  if (source['x-kubernetes-int-or-string']) return 'intstr';
  switch (source.type) {
    case 'array': return 'list';
    case 'string': return source.format === 'byte' ? 'bytes' : source.format === 'date-time' ? 'time' : source.format === 'int-or-string' ? 'intstr' : 'string';
    case 'integer': return source.format === 'int32' ? 'int32' : 'int64';
    case 'number': return 'number';
    case 'boolean': return 'boolean';
    case 'object': return source.properties || source['x-kubernetes-preserve-unknown-fields'] ? 'struct' : source.additionalProperties ? 'map' : 'any';
    default: return source.properties ? 'struct' : 'any';
  }
}

function goName(definition: string): string {
  const dot = definition.lastIndexOf('.');
  return dot < 0 ? definition : definition.slice(dot + 1);
}
