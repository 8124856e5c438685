import type { KubeObject } from '../api/types.ts';
import { goOrder } from '../api/go-order.ts';
import { apiVersionOf, type ResourceInfo } from '../api/scheme.ts';
import type { ApiRequest, WatchEvent } from './http.ts';
import type { ApiServer } from './server.ts';
import { param } from './request.ts';
import { type IncludeObject, partialMetadata, table } from './tables.ts';
import { withManagedFields } from './fields-v1.ts';

/** In what form a client wants its answer: objects, Tables, or metadata only (the `as=` of the Accept header). */
export class Output {
  readonly #server: ApiServer;
  readonly #resource: ResourceInfo;
  readonly #form: 'object' | 'table' | 'metadata';
  readonly #include: IncludeObject;
  /** Components do not look at managedFields, so theirs are not worked out. */
  readonly #managed: boolean;

  constructor(server: ApiServer, request: ApiRequest, resource: ResourceInfo) {
    this.#server = server;
    this.#resource = resource;
    const accept = (request.headers['accept'] ?? '').split(',')[0]!;
    this.#form = accept.includes('as=Table') ? 'table' : accept.includes('as=PartialObjectMetadata') ? 'metadata' : 'object';
    this.#include = (param(request, 'includeObject') || 'Metadata') as IncludeObject;
    this.#managed = /^(kubectl|curl|python-|undici|node$)/.test(request.headers['user-agent'] ?? '');
  }

  one(object: KubeObject): KubeObject {
    if (object.kind === 'Status') return object;
    switch (this.#form) {
      case 'table': return table(this.#server.kindOf(this.#resource), [object], this.#server.clock.now, this.#include, listMeta(object));
      case 'metadata': return partialMetadata(object);
      default: return this.#whole(object);
    }
  }

  list(items: KubeObject[], metadata: Record<string, unknown>): KubeObject {
    switch (this.#form) {
      case 'table': return table(this.#server.kindOf(this.#resource), items, this.#server.clock.now, this.#include, metadata);
      case 'metadata': return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partialMetadata) } as unknown as KubeObject;
      default: return { kind: this.#resource.listKind, apiVersion: apiVersionOf(this.#resource.group, this.#resource.version), metadata, items: this.#managed ? items.map((i) => this.#item(i)) : items } as unknown as KubeObject;
    }
  }

  /** How the events of a watch are sent. A Table's columns come with the first row only. */
  events(convert: (event: WatchEvent) => WatchEvent): (event: WatchEvent) => WatchEvent {
    if (this.#form === 'object') {
      if (!this.#managed) return convert;
      return (event) => {
        const { type, object } = convert(event);
        return { type, object: type === 'BOOKMARK' || type === 'ERROR' ? object : this.#whole(object) };
      };
    }
    if (this.#form === 'metadata') return (event) => ({ type: event.type, object: partialMetadata(convert(event).object) });
    let first = true;
    return (event) => {
      const { object } = convert(event);
      if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', object };
      const out = table(this.#server.kindOf(this.#resource), [object], this.#server.clock.now, this.#include, listMeta(object), first);
      first = false;
      return { type: event.type, object: out };
    };
  }

  /** In a list the list's kind says it for all; only items of custom resources carry their own. */
  #item(object: KubeObject): KubeObject {
    const whole = this.#whole(object);
    if (this.#resource.crd !== undefined) return whole;
    const { kind: _kind, apiVersion: _version, ...rest } = whole;
    return rest as KubeObject;
  }

  #whole(object: KubeObject): KubeObject {
    if (!this.#managed) return object;
    const whole = withManagedFields(this.#server, this.#resource, object);
    return object.kind === this.#resource.kind ? (goOrder(whole, this.#resource.type) as KubeObject) : whole;
  }
}

function listMeta(object: KubeObject): Record<string, unknown> {
  return { resourceVersion: object.metadata.resourceVersion };
}
