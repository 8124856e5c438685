import type { ApiResponse, ApiStream } from './http.ts';
import * as errors from './errors.ts';
import { patchObject } from './patching.ts';
import { checkName, placeIn, type Target } from './resources.ts';

type Handler = (target: Target) => ApiResponse | ApiStream;

/** What is asked of a part or an action of an object: /pods/web/log, /deployments/web/scale … */
export function serveSubresource(target: Target): ApiResponse | ApiStream {
  const { info, resource } = target;
  const known = resource.subresources.get(info.subresource);
  if (!known) throw errors.noSuchResource();
  if (!known.verbs.includes(info.verb)) throw errors.methodNotSupported(resource, info.verb);
  const handler = HANDLERS[`${resource.resource}/${info.subresource}`] ?? HANDLERS[`*/${info.subresource}`];
  if (!handler) throw errors.noSuchResource();
  return handler(target);
}

export const HANDLERS: Record<string, Handler> = {
  '*/status': status,
};

function status(target: Target): ApiResponse {
  const { server, info, resource, context } = target;
  if (info.verb === 'get') return target.respond(target.out(target.get()));
  if (info.verb === 'patch') return patchObject(target, 'status');
  const object = target.body();
  checkName(object, info);
  placeIn(object, info, resource);
  return target.respond(target.out(server.registry.update(resource, info.namespace, info.name, object, context, 'status')));
}
