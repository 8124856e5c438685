import type { KubeObject } from '../api/types.ts';
import type { ApiRequest, ApiResponse, ApiStream, WatchEvent } from './http.ts';
import type { ApiServer } from './server.ts';
import { apiVersionOf, groupResource, type ResourceInfo, splitApiVersion, typeOfKind } from '../api/scheme.ts';
import { atob, btoa } from '../api/base64.ts';
import { jsonError } from '../api/go-json.ts';
import { DecodeError, decode } from '../api/decode.ts';
import { convertIn, convertOut } from '../api/conversion.ts';
import { type FieldRequirement, matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector, type Requirement, SelectorError } from '../api/selectors.ts';
import * as errors from './errors.ts';
import { flag, param, type RequestInfo } from './request.ts';
import { admit, review } from './admission/index.ts';
import { type DeleteOptions, deletedStatus, type RequestContext } from './registry.ts';
import { Output } from './output.ts';
import { serveSubresource } from './subresources.ts';
import { patchObject } from './patching.ts';
import { REVIEWS } from './reviews.ts';
import { EtcdError } from '../etcd/error.ts';

/** Requests for resources: /api/v1/namespaces/default/pods/web. */
export function serveResource(server: ApiServer, request: ApiRequest, info: RequestInfo): ApiResponse | ApiStream {
  const resource = server.resource(info.group, info.version, info.resource);
  if (!resource) throw errors.noSuchResource(`${request.method.toLowerCase()} ${groupResource(info)}${info.name === '' ? '' : ` ${info.name}`}`);
  const target = new Target(server, request, info, resource);
  if (info.subresource !== '') return serveSubresource(target);
  if (info.namespace !== '' && !resource.namespaced && info.resource !== 'namespaces') throw errors.noSuchResource();
  if (resource.namespaced && info.namespace === '' && (info.verb === 'create' || isNamed(request, info))) throw errors.noSuchResource();
  if (!resource.verbs.has(info.verb) && !(info.verb === 'watch' && resource.verbs.has('watch'))) throw errors.methodNotSupported(resource, info.verb);
  switch (info.verb) {
    case 'get': return target.respond(resource.kind === 'ComponentStatus' ? componentStatus(target) : target.out(target.get()));
    case 'list': return resource.kind === 'ComponentStatus' ? target.respondList(server.componentStatuses(), {}) : list(target);
    case 'watch': return watch(target);
    case 'create': return create(target);
    case 'update': return update(target);
    case 'patch': return patchObject(target);
    case 'delete': return remove(target);
    case 'deletecollection': return removeAll(target);
    default: throw errors.methodNotSupported(resource, info.verb);
  }
}

/** A request together with what it is about. */
export class Target {
  readonly server: ApiServer;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly resource: ResourceInfo;
  readonly output: Output;
  readonly context: RequestContext;

  constructor(server: ApiServer, request: ApiRequest, info: RequestInfo, resource: ResourceInfo) {
    this.server = server;
    this.request = request;
    this.info = info;
    this.resource = resource;
    this.output = new Output(server, request, resource);
    const warnings: string[] = [];
    const context: RequestContext = {
      user: request.user, dryRun: dryRunOf(request), warnings,
      writer: { manager: managerOf(request), operation: 'Update', apiVersion: apiVersionOf(info.group, info.version) },
      admit: (operation, what, subresource, object, old) => admit({ server, context, operation, info: what, subresource, object, old, request }),
      review: (operation, what, subresource, object, old) => review({ server, context, operation, info: what, subresource, object, old, request }),
    };
    this.context = context;
  }

  get(): KubeObject {
    return this.server.registry.get(this.resource, this.info.namespace, this.info.name);
  }

  /** In the version that was asked for. */
  out(object: KubeObject): KubeObject {
    return convertOut(object, this.resource);
  }

  respond(object: KubeObject, status = 200): ApiResponse {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (this.context.warnings.length > 0) headers['warning'] = this.context.warnings.map((w) => `299 - ${JSON.stringify(w)}`).join(', ');
    return { status, headers, body: this.output.one(object) };
  }

  respondList(items: KubeObject[], metadata: Record<string, unknown>): ApiResponse {
    return { status: 200, headers: { 'content-type': 'application/json', ...COMPONENT_STATUS_WARNING }, body: this.output.list(items, metadata) };
  }

  /** The body as an object of the resource's kind (or of `kind`), decoded, in the stored version and with defaults. */
  body(kind?: { group: string; version: string; kind: string }): KubeObject {
    return this.decode(parseBody(this.request), kind);
  }

  decode(raw: unknown, kind?: { group: string; version: string; kind: string }): KubeObject {
    const { resource } = this;
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw errors.badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(raw) ? 'array' : typeof raw} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
    const given = raw as Partial<KubeObject>;
    for (const field of ['apiVersion', 'kind'] as const) {
      const value: unknown = given[field];
      if (value !== undefined && value !== null && typeof value !== 'string') throw errors.badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value} into Go struct field .${field} of type string`);
    }
    const want = kind ?? { group: resource.group, version: resource.version, kind: resource.kind };
    const version = splitApiVersion(given.apiVersion ?? apiVersionOf(want.group, want.version));
    const sent = given.kind ?? want.kind;
    const as = `${sent} in version ${JSON.stringify(version.version)} cannot be handled as a ${want.kind}`;
    if (resource.crd === undefined && !typeOfKind(version.group, version.version, sent)) {
      throw errors.badRequest(`${as}: no kind ${JSON.stringify(sent)} is registered for version ${JSON.stringify(given.apiVersion ?? '')} in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`);
    }
    if (sent !== want.kind || version.group !== want.group || version.version !== want.version) {
      throw errors.badRequest(sent !== want.kind ? `${as}: converting (${goTypeName(version, sent)}) to (${goTypeName(want, want.kind)}): unknown conversion` : `the API version in the data (${given.apiVersion}) does not match the expected API version (${apiVersionOf(want.group, want.version)})`);
    }
    const type = kind ? typeOfKind(want.group, want.version, want.kind)! : resource.type;
    let decoded;
    try {
      decoded = resource.crd !== undefined && !kind ? this.server.customResources.decode(raw as Record<string, unknown>, resource) : decode(raw, type);
    } catch (error) {
      if (error instanceof DecodeError) throw errors.badRequest(`${as}: ${error.message}`);
      throw error;
    }
    // Go's clients send JSON with sorted fields, which objects from inside the simulator stand for; others' text is told in its own order.
    const sorted = typeof this.request.body !== 'string' || (this.request.headers['user-agent'] ?? '').startsWith('kubectl');
    this.#unknownFields(sorted ? decoded.unknown.sort() : decoded.unknown, as);
    const object = decoded.object;
    object.apiVersion = apiVersionOf(want.group, want.version);
    object.kind = want.kind;
    object.metadata ??= { name: '' };
    if (kind) return object;
    const stored = convertIn(object, resource);
    this.server.kindOf(resource).defaults?.(stored);
    return stored;
  }

  #unknownFields(unknown: string[], as: string): void {
    if (unknown.length === 0) return;
    // What clients send when they do not say: Warn for kubectl before 1.27's default of Strict, and for everybody else.
    const wanted = param(this.request, 'fieldValidation') || 'Warn';
    if (wanted === 'Strict') throw errors.badRequest(`${as}: strict decoding error: ${unknown.join(', ')}`);
    if (wanted === 'Warn') this.context.warnings.push(...unknown);
  }
}

const COMPONENT_STATUS_WARNING = { warning: '299 - "v1 ComponentStatus is deprecated in v1.19+"' };

function componentStatus(target: Target): KubeObject {
  target.context.warnings.push('v1 ComponentStatus is deprecated in v1.19+');
  const found = target.server.componentStatuses().find((c) => c.metadata.name === target.info.name);
  if (!found) throw errors.notFound(target.resource, target.info.name);
  return found;
}

function list(target: Target): ApiResponse {
  const { server, info, resource, request } = target;
  const matches = selection(target);
  const limit = Number(param(request, 'limit') || 0);
  let revision = server.etcd.revision, from: string | undefined;
  const token = param(request, 'continue');
  if (token !== '') {
    try {
      const decoded = JSON.parse(atob(token)) as { v: string; rv: number; start: string };
      revision = decoded.rv;
      from = `${resource.prefix}/${decoded.start}`;
    } catch {
      throw errors.badRequest(`continue key is not valid: invalid character`);
    }
  }
  let stored;
  try {
    stored = server.registry.list(resource, info.namespace, { ...(from === undefined ? {} : { revision, from }) });
  } catch (error) {
    if (error instanceof EtcdError && from !== undefined) throw errors.gone('The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.');
    throw error;
  }
  const items: KubeObject[] = [];
  const metadata: Record<string, unknown> = { resourceVersion: String(revision) };
  for (let i = 0; i < stored.length; i++) {
    const { value } = stored[i]!;
    if (!matches(value)) continue;
    items.push(convertOut(value, resource));
    if (limit > 0 && items.length === limit && i + 1 < stored.length) {
      metadata['continue'] = btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${stored[i]!.key.slice(resource.prefix.length + 1)}\u0000` }));
      if (!param(request, 'labelSelector') && !param(request, 'fieldSelector')) metadata['remainingItemCount'] = stored.length - i - 1;
      break;
    }
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: target.output.list(items, metadata) };
}

function watch(target: Target): ApiStream {
  const { server, resource, request, info } = target;
  const matches = selection(target), seconds = Number(param(request, 'timeoutSeconds') || 0);
  return server.registry.hub(resource).open({
    resourceVersion: param(request, 'resourceVersion'),
    bookmarks: flag(request, 'allowWatchBookmarks'),
    timeoutSeconds: seconds > 0 ? seconds : undefined,
    matches,
    index: indexOf(target, info),
    convert: target.output.events((event: WatchEvent) => (resource.group === (splitApiVersion(event.object.apiVersion).group) ? event : { ...event, object: convertOut(event.object, resource) })),
    bookmark: (resourceVersion) => ({ kind: resource.kind, apiVersion: apiVersionOf(resource.group, resource.version), metadata: { resourceVersion, creationTimestamp: null } as unknown as KubeObject['metadata'] }),
  });
}

function indexOf({ resource, request }: Target, info: RequestInfo): string {
  const fields = parseFieldSelector(param(request, 'fieldSelector'));
  const node = resource.kind === 'Pod' && resource.group === '' ? fields.find((f) => f.field === 'spec.nodeName' && f.equal && f.value !== '') : undefined;
  if (node) return `nodeName=${node.value}`;
  const name = fields.find((f) => f.field === 'metadata.name' && f.equal && f.value !== '');
  if (name) return `name=${name.value}`;
  return info.namespace !== '' && resource.namespaced ? `ns=${info.namespace}` : '';
}

/** The filter of a list or watch: namespace, labelSelector and fieldSelector, compiled. */
function selection(target: Target): (object: KubeObject) => boolean {
  const { request, info, resource, server } = target;
  let labels: Requirement[] = [], fields: FieldRequirement[] = [];
  try {
    labels = parseLabelSelector(param(request, 'labelSelector'));
  } catch (error) {
    if (error instanceof SelectorError) throw errors.badRequest(error.message);
    throw error;
  }
  try {
    fields = parseFieldSelector(param(request, 'fieldSelector'));
  } catch (error) {
    if (error instanceof SelectorError) throw errors.badRequest(error.message);
    throw error;
  }
  const own = server.kindOf(resource).fields ?? {};
  for (const { field } of fields) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced) || field in own) continue;
    throw errors.badRequest(WITH_OWN_LABELS.has(resource.kind) ? `field label not supported: ${field}` : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
  }
  const namespace = resource.namespaced ? info.namespace : '';
  const read = (object: KubeObject, field: string) => (field === 'metadata.name' ? object.metadata.name : field === 'metadata.namespace' ? object.metadata.namespace ?? '' : own[field]!(object));
  if (labels.length === 0 && fields.length === 0) return namespace === '' ? () => true : (object) => object.metadata.namespace === namespace;
  return (object) => (namespace === '' || object.metadata.namespace === namespace) && matchesLabels(labels, object.metadata.labels) && matchesFields(fields, object, read);
}

/** Kinds whose field labels have a conversion function of their own, which words the refusal. */
const WITH_OWN_LABELS = new Set(['Pod', 'Node', 'Event', 'Namespace', 'Secret', 'ReplicationController', 'Job', 'CertificateSigningRequest']);

function create(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  const review = REVIEWS[resource.kind], object = target.body();
  if (review) {
    if (resource.namespaced) placeIn(object, info, resource);
    if (object.metadata.name === '') object.metadata = { creationTimestamp: null } as unknown as KubeObject['metadata'];
    review(server, context.user, object, info);
    return target.respond(object, 201);
  }
  placeIn(object, info, resource);
  if (info.name !== '') throw errors.methodNotSupported(resource, 'create');
  return target.respond(target.out(server.registry.create(resource, object, context)), 201);
}

/** The namespace of the path goes into the object; another one there is refused. */
export function placeIn(object: KubeObject, info: RequestInfo, resource: ResourceInfo): void {
  if (!resource.namespaced) {
    if (object.metadata.namespace) throw errors.badRequest('namespace must not be provided for cluster-scoped resource');
    return;
  }
  if (object.metadata.namespace && object.metadata.namespace !== info.namespace) throw errors.badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  object.metadata.namespace = info.namespace;
}

function update(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  const object = target.body();
  checkName(object, info);
  placeIn(object, info, resource);
  object.metadata.name = info.name;
  const kind = server.kindOf(resource);
  if (kind.createOnUpdate && !server.registry.find(resource, info.namespace, info.name)) return target.respond(target.out(server.registry.create(resource, object, context)), 201);
  context.writer.put = true;
  return target.respond(target.out(server.registry.update(resource, info.namespace, info.name, object, context)));
}

export function checkName(object: KubeObject, info: RequestInfo): void {
  if (!object.metadata.name) throw errors.badRequest('name must be provided');
  if (object.metadata.name !== info.name) throw errors.badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`);
}

export function deleteOptions(target: Target): DeleteOptions {
  const { request } = target;
  const body = request.body === undefined || request.body === '' ? {} : (parseBody(request) as DeleteOptions);
  const out: DeleteOptions = { ...body };
  if (param(request, 'gracePeriodSeconds') !== '') out.gracePeriodSeconds = Number(param(request, 'gracePeriodSeconds'));
  if (param(request, 'propagationPolicy') !== '') out.propagationPolicy = param(request, 'propagationPolicy');
  if (out.dryRun?.includes('All')) target.context.dryRun = true;
  return out;
}

function remove(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  if (resource.kind === 'CustomResourceDefinition') {
    const crd = target.get();
    if (!context.dryRun) server.customResources.removeAll(crd);
  }
  const { object, gone } = server.registry.delete(resource, info.namespace, info.name, deleteOptions(target), context);
  if (gone && !ANSWERED_WHOLE.has(groupResource(resource))) return { status: 200, headers: { 'content-type': 'application/json' }, body: deletedStatus(resource, object) as unknown as KubeObject };
  return target.respond(target.out(object));
}

/** Resources whose deletion is answered with the object itself (ReturnDeletedObject in their storage). */
const ANSWERED_WHOLE = new Set(['pods', 'services', 'serviceaccounts', 'persistentvolumes', 'persistentvolumeclaims', 'namespaces', 'resourcequotas', 'podtemplates', 'secrets-not', 'storageclasses.storage.k8s.io', 'csinodes.storage.k8s.io', 'csidrivers.storage.k8s.io', 'volumeattachments.storage.k8s.io']);

function removeAll(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  const matches = selection(target), options = deleteOptions(target);
  const items: KubeObject[] = [];
  for (const { value } of server.registry.list(resource, info.namespace)) {
    if (!matches(value)) continue;
    const { object } = server.registry.delete(resource, value.metadata.namespace ?? '', value.metadata.name, options, context);
    items.push(convertOut(object, resource));
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: target.output.list(items, { resourceVersion: String(server.etcd.revision) }) };
}

/** The body as JSON. Text that is no JSON is refused as the decoder does. */
export function parseBody(request: ApiRequest): unknown {
  if (typeof request.body !== 'string') return request.body;
  try {
    return JSON.parse(request.body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = jsonError(request.body) ?? 'unexpected end of JSON input';
    throw errors.badRequest(request.method === 'PATCH' ? why : `couldn't get version/kind; json parse error: ${why}`);
  }
}

function isNamed(_request: ApiRequest, info: RequestInfo): boolean {
  return info.verb === 'get' || info.verb === 'update' || info.verb === 'patch' || info.verb === 'delete';
}

function dryRunOf(request: ApiRequest): boolean {
  const asked = request.query['dryRun'];
  if (!asked || asked.length === 0 || (asked.length === 1 && asked[0] === '')) return false;
  if (asked.every((v) => v === 'All')) return true;
  throw errors.apiError(422, 'Invalid', `CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ${JSON.stringify(asked)}: supported values: "All"`);
}

/** The name of who writes, as managedFields shows it: fieldManager, else what stands before the first / of the user agent. */
function managerOf(request: ApiRequest): string {
  const named = param(request, 'fieldManager');
  if (named !== '') return named;
  return (request.headers['user-agent'] ?? 'unknown').split('/')[0]!.slice(0, 128);
}

function goTypeName({ group, version }: { group: string; version: string }, kind: string): string {
  return `${version}.${kind}${group === '' ? '' : ''}`;
}


