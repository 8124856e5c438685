// Which objects a command line is about (cli-runtime's resource.Builder): files, TYPE NAME…, TYPE/NAME…, selectors.
import { requireTyped } from './typed.ts';
import type { KubeObject, Status } from '../../../kubernetes/api/types.ts';
import { Aggregate, KubectlError, StatusError, throwAll } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { documents, sources, type Source } from './files.ts';
import { pathOf, type Mapping, NoKindMatch } from './mapper.ts';
import { parseSelector } from './selector.ts';

export interface Info {
  mapping: Mapping;
  namespace: string;
  name: string;
  /** The file it came from, or ''. */
  source: string;
  /** What was read from the file or the server; missing while nothing was fetched. */
  object?: KubeObject;
}

export interface BuilderOptions {
  /** TYPE, NAME and TYPE/NAME words. */
  args?: string[];
  filenames?: string[];
  recursive?: boolean;
  kustomize?: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Every object of the types (--all). */
  all?: boolean;
  allNamespaces?: boolean;
  namespace?: string;
  /** A type without name or selector means all of them (get, describe). */
  allowEmptySelector?: boolean;
  /** Split lists into their items. */
  flatten?: boolean;
  /** Objects named in files are read from the server. */
  latest?: boolean;
  /** Named objects are fetched (default); else only their mapping is known. */
  fetch?: boolean;
  continueOnError?: boolean;
  /** Headers and query of reads (tables). */
  headers?: Record<string, string>;
  query?: Record<string, string | undefined>;
  /** List in pieces of that many. */
  chunk?: number;
  subresource?: string;
  /** Check files as --validate says. */
  validate?: boolean;
  /** Types taken for words without one (logs, exec: pods). */
  defaultType?: string;
  /** Objects of files have to be of Go types (WithScheme). */
  typed?: boolean;
  /** Do not ask the server (--local). */
  local?: boolean;
  /** A different text for "You must provide one or more resources…". */
  missing?: string;
}

export interface Result {
  /** One object was asked for by name. */
  single: boolean;
  /** Objects were asked for by name. */
  targeted: boolean;
  /** They come from files. */
  files?: boolean;
  items(): AsyncGenerator<Info | Error>;
}

export const MISSING = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** Reads all of it; what fails is thrown after the rest (with continueOnError) or at once. */
export async function infos(result: Result, continueOnError = false): Promise<Info[]> {
  const out: Info[] = [], errors: Error[] = [];
  for await (const item of result.items()) {
    if (!(item instanceof Error)) out.push(item);
    else if (continueOnError) errors.push(item);
    else throw item;
  }
  throwAll(errors);
  return out;
}

/** Runs `act` for each object; errors of both are collected (or thrown at once without continueOnError). */
export async function visit(result: Result, act: (info: Info) => Promise<void> | void, continueOnError = true): Promise<void> {
  const errors: Error[] = [];
  for await (const item of result.items()) {
    try {
      if (item instanceof Error) throw item;
      await act(item);
    } catch (error) {
      if (!continueOnError || !(error instanceof KubectlError || error instanceof StatusError || error instanceof Aggregate)) throw error;
      errors.push(error);
    }
  }
  throwAll(errors);
}

export async function build(k: Kubectl, options: BuilderOptions): Promise<Result> {
  const files = [...(options.filenames ?? [])];
  if (options.kustomize && files.length > 0) throw new KubectlError("only one of '-f' or '-k' can be specified");
  if (options.kustomize && options.recursive) throw new KubectlError('the -k flag can\'t be used with -f or -R');
  let { args = [] } = options;
  if (files.length > 0 || options.kustomize) {
    if (args.length > 0) {
      const words = normalize(args);
      throw new KubectlError(words.some((a) => a.includes('/')) ? 'resource/name arguments cannot be provided when a path is specified' : words.length > 1 ? 'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well' : 'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well');
    }
    return fromFiles(k, options, files);
  }
  args = normalize(args);
  const slashed = args.filter((a) => a.includes('/')).length;
  if (slashed > 0 && slashed < args.length && !options.defaultType) throw new KubectlError("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'");
  const selecting = options.labelSelector !== undefined && options.labelSelector !== '' || options.fieldSelector !== undefined && options.fieldSelector !== '' || options.all === true;
  if (slashed > 0) {
    const tuples = args.map((a) => (a.includes('/') ? tuple(a) : { type: options.defaultType!, name: a }));
    if (selecting) throw new KubectlError('selectors and the all flag cannot be used when passing resource/name arguments');
    return byName(k, options, tuples, tuples.length === 1);
  }
  if (options.defaultType && args.length > 0) return byName(k, options, args.map((name) => ({ type: options.defaultType!, name })), args.length === 1);
  if (args.length === 0) {
    if (selecting) throw new KubectlError('at least one resource must be specified to use a selector');
    throw new KubectlError(options.missing ?? MISSING);
  }
  const types = await expand(k, args[0]!);
  const names = args.slice(1);
  if (names.length === 0) {
    if (!selecting && !options.allowEmptySelector) {
      for (const type of types) await k.mapper.forResource(type);
      throw new KubectlError('resource(s) were provided, but no name was specified');
    }
    if (options.subresource) throw new KubectlError('subresource cannot be used when bulk resources are specified');
    return bySelector(k, options, types);
  }
  if (selecting) throw new KubectlError('name cannot be provided when a selector is specified');
  if (types.length > 1) throw new KubectlError('you must specify only one resource');
  return byName(k, options, names.map((name) => ({ type: types[0]!, name })), names.length === 1);
}

/** `pod,svc web` is pod/web svc/web. */
function normalize(args: string[]): string[] {
  if (args.length < 2) return args;
  const types = splitTypes(args[0]!);
  return types.length > 1 ? types.flatMap((t) => args.slice(1).map((n) => `${t}/${n}`)) : args;
}

function splitTypes(arg: string): string[] {
  return [...new Set(arg.split(','))];
}

async function expand(k: Kubectl, arg: string): Promise<string[]> {
  const out: string[] = [];
  for (const word of splitTypes(arg)) {
    const category = word === 'all' || !(await k.mapper.find(word)) ? await k.mapper.category(word) : undefined;
    out.push(...(category ?? [word]));
  }
  return out;
}

function tuple(arg: string): { type: string; name: string } {
  const parts = arg.split('/');
  if (parts.length !== 2) throw new KubectlError('arguments in resource/name form may not have more than one slash');
  const [type, name] = parts as [string, string];
  if (type === '' || name === '' || type.includes(',')) throw new KubectlError('arguments in resource/name form must have a single resource and name');
  return { type, name };
}

async function byName(k: Kubectl, options: BuilderOptions, tuples: { type: string; name: string }[], single: boolean): Promise<Result> {
  const mappings = new Map<string, Mapping>();
  for (const { type } of tuples) if (!mappings.has(type)) mappings.set(type, await k.mapper.forResource(type));
  for (const m of mappings.values()) if (m.namespaced && options.allNamespaces) throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
  async function* items(): AsyncGenerator<Info | Error> {
    for (const { type, name } of tuples) {
      const mapping = mappings.get(type)!;
      const info: Info = { mapping, namespace: mapping.namespaced ? (options.namespace ?? k.namespace) : '', name, source: '' };
      yield await guarded(async () => {
        if (options.fetch !== false) await fetchInfo(k, info, options);
        return info;
      });
    }
  }
  return { single, targeted: true, items };
}

/** Reads the object from the server into `info.object`. */
export async function fetchInfo(k: Kubectl, info: Info, { headers, query, subresource }: Pick<BuilderOptions, 'headers' | 'query' | 'subresource'> = {}): Promise<KubeObject> {
  if (info.name === '') throw new KubectlError('resource name may not be empty');
  try {
    info.object = await k.rest.json('GET', infoPath(info, subresource), { ...(headers ? { headers } : {}), query: query ?? {} });
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound' && info.namespace && info.namespace !== 'default') await existingNamespace(k, info.namespace);
    throw error;
  }
  return info.object;
}

/** Throws when the namespace is what cannot be found. */
async function existingNamespace(k: Kubectl, name: string): Promise<void> {
  const { status, body } = await k.rest.raw('GET', `/api/v1/namespaces/${name}`);
  if (status === 404) throw new StatusError(JSON.parse(body) as Status);
}

function infoPath(info: Info, subresource?: string): string {
  return pathOf(info.mapping, info.namespace, info.name, subresource);
}

async function bySelector(k: Kubectl, options: BuilderOptions, types: string[]): Promise<Result> {
  const mappings: Mapping[] = [];
  for (const type of types) {
    const mapping = await k.mapper.forResource(type);
    if (!mappings.some((m) => m.group === mapping.group && m.version === mapping.version && m.resource === mapping.resource)) mappings.push(mapping);
  }
  async function* items(): AsyncGenerator<Info | Error> {
    for (const mapping of mappings) {
      const namespace = mapping.namespaced && !options.allNamespaces ? (options.namespace ?? k.namespace) : '';
      let next: string | undefined = '';
      while (next !== undefined) {
        const piece: KubeObject | Error = await guarded(() => listPiece(k, options, mapping, namespace, next!));
        if (piece instanceof Error) {
          yield piece;
          break;
        }
        next = (piece.metadata as { continue?: string } | undefined)?.continue || undefined;
        if (piece.kind !== 'Table' && options.flatten) {
          for (const item of piece['items'] as KubeObject[]) {
            item.apiVersion ??= piece.apiVersion;
            item.kind ??= piece.kind.replace(/List$/, '');
            yield infoOf(mapping, item, '');
          }
        } else yield { mapping, namespace, name: '', source: '', object: piece };
      }
    }
  }
  return { single: false, targeted: false, items };
}

async function listPiece(k: Kubectl, options: BuilderOptions, mapping: Mapping, namespace: string, next: string): Promise<KubeObject> {
  try {
    return await k.rest.json('GET', pathOf(mapping, namespace), {
      ...(options.headers ? { headers: options.headers } : {}),
      query: { ...options.query, labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, limit: options.chunk || undefined, continue: next || undefined },
    });
  } catch (error) {
    if (!(error instanceof StatusError) || (error.reason !== 'BadRequest' && error.reason !== 'NotFound')) throw error;
    const what = `"${mapping.group ? `${mapping.group}/` : '/'}${mapping.version}, Resource=${mapping.resource}"`;
    const message = options.labelSelector || options.fieldSelector
      ? `Unable to find ${what} that match label selector ${JSON.stringify(options.labelSelector ?? '')}, field selector ${JSON.stringify(options.fieldSelector ?? '')}: ${error.message}`
      : `Unable to list ${what}: ${error.message}`;
    throw new StatusError({ ...error.status, message });
  }
}

function infoOf(mapping: Mapping, object: KubeObject, source: string): Info {
  return { mapping, object, source, namespace: mapping.namespaced ? (object.metadata?.namespace ?? '') : '', name: object.metadata?.name ?? '' };
}

async function fromFiles(k: Kubectl, options: BuilderOptions, filenames: string[]): Promise<Result> {
  let list: { sources: Source[]; dir: boolean; stream: boolean };
  if (options.kustomize) {
    const { kustomizeBuild } = await import('../commands/kustomize.ts');
    const dir = options.kustomize;
    list = { dir: true, stream: true, sources: [{ name: dir, read: async () => kustomizeBuild(k, dir) }] };
  } else list = await sources(k, filenames, options.recursive === true);
  const selector = options.labelSelector ? parseSelector(options.labelSelector) : undefined;
  async function* items(): AsyncGenerator<Info | Error> {
    for (const source of list.sources) {
      try {
        for (const value of documents(await source.read(), source.name)) {
          for await (const item of infosOf(k, options, value, source.name)) {
            if (!(item instanceof Error) && selector && !selector(item.object?.metadata.labels ?? {})) continue;
            yield item;
          }
        }
      } catch (error) {
        if (!(error instanceof KubectlError || error instanceof StatusError)) throw error;
        yield error;
        if (!options.continueOnError) return;
      }
    }
  }
  return { single: !list.dir && !list.stream && list.sources.length === 1, targeted: true, files: true, items };
}

async function* infosOf(k: Kubectl, options: BuilderOptions, value: unknown, source: string): AsyncGenerator<Info | Error> {
  if (options.validate) validate(value, source);
  const object = decode(value, source);
  if (options.typed) {
    const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
    requireTyped({ group: group!, version: version!, kind: object.kind }, source);
  }
  if (object.kind.endsWith('List') && Array.isArray(object['items']) && options.flatten !== false) {
    for (const item of object['items'] as unknown[]) yield* infosOf(k, { ...options, validate: false }, item, source);
    return;
  }
  yield await guarded(async () => {
    const mapping = options.local ? localMapping(object) : await mappingOf(k, object, source);
    const info = infoOf(mapping, object, source);
    setNamespace(k, info, options);
    if (options.latest && options.fetch !== false && !options.local) await fetchInfo(k, info, options);
    return info;
  });
}

async function mappingOf(k: Kubectl, object: KubeObject, source: string): Promise<Mapping> {
  try {
    return await k.mapper.forKind(object.apiVersion, object.kind);
  } catch (error) {
    if (!(error instanceof NoKindMatch)) throw error;
    throw new KubectlError(`resource mapping not found for name: "${object.metadata?.name ?? ''}" namespace: "${object.metadata?.namespace ?? ''}" from "${source}": ${error.message}\nensure CRDs are installed first`);
  }
}

/** With --local nothing is asked of the server: the resource's name is guessed (meta.UnsafeGuessKindToResource). */
function localMapping(object: KubeObject): Mapping {
  const [group, version] = object.apiVersion.includes('/') ? (object.apiVersion.split('/') as [string, string]) : ['', object.apiVersion];
  const lower = object.kind.toLowerCase();
  const resource = /s$/.test(lower) ? `${lower}es` : /y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
  return { group, version, kind: object.kind, resource: lower === 'endpoints' ? lower : resource, namespaced: true };
}

function setNamespace(k: Kubectl, info: Info, options: BuilderOptions): void {
  // Of what is local nobody knows whether it has a namespace: only that it says so.
  if (options.local && info.namespace === '') return;
  if (!info.mapping.namespaced) {
    if (info.object?.metadata?.namespace !== undefined) delete info.object.metadata.namespace;
    return;
  }
  const namespace = options.namespace ?? k.namespace;
  if (info.namespace === '') {
    info.namespace = namespace;
    if (info.object?.metadata) info.object.metadata.namespace = namespace;
  } else if (k.enforceNamespace && info.namespace !== namespace) {
    throw new KubectlError(`the namespace from the provided object "${info.namespace}" does not match the namespace "${namespace}". You must pass '--namespace=${info.namespace}' to perform this operation.`);
  }
}

function validate(value: unknown, source: string): void {
  const problem = invalidObject(value);
  if (problem !== undefined) throw new KubectlError(`error validating "${source}": error validating data: ${problem}; if you choose to ignore these errors, turn validation off with --validate=false`);
}

/** getObjectKind (pkg/validation): what no object of any kind may lack. */
export function invalidObject(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'invalid object to validate';
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown }, problems: string[] = [];
  if (apiVersion === undefined || apiVersion === null) problems.push('apiVersion not set');
  else if (typeof apiVersion !== 'string') problems.push("apiVersion isn't string type");
  else if (apiVersion.split('/').length > 2) problems.push(`unexpected GroupVersion string: ${apiVersion}`);
  if (kind === undefined || kind === null) problems.push('kind not set');
  else if (typeof kind !== 'string') problems.push("kind isn't string type");
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
}

function decode(value: unknown, source: string): KubeObject {
  const bad = (why: string) => new KubectlError(`unable to decode "${source}": ${why}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type struct { Items gojson.RawMessage }`);
  const object = value as KubeObject;
  if (!object.kind) throw bad(`Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (!object.apiVersion) throw bad(`Object 'apiVersion' is missing in '${JSON.stringify(value)}'`);
  object.metadata ??= {} as KubeObject['metadata'];
  for (const field of ['labels', 'annotations'] as const) {
    for (const v of Object.values(object.metadata[field] ?? {})) {
      if (typeof v !== 'string' && v !== null) throw bad(`json: cannot unmarshal ${goType(v)} into Go struct field ObjectMeta.metadata.${field} of type string`);
    }
  }
  for (const field of ['name', 'namespace'] as const) {
    const v: unknown = object.metadata[field];
    if (v !== undefined && v !== null && typeof v !== 'string') throw bad(`json: cannot unmarshal ${goType(v)} into Go struct field ObjectMeta.metadata.${field} of type string`);
  }
  return object;
}

function goType(v: unknown): string {
  return typeof v === 'boolean' ? 'bool' : Array.isArray(v) ? 'array' : typeof v;
}

async function guarded<T>(act: () => Promise<T>): Promise<T | Error> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof KubectlError || error instanceof StatusError) return error;
    throw error;
  }
}
