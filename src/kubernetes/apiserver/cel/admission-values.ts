import type { Admission } from '../admission/index.ts';
import { toCel } from './values.ts';

/** What expressions about a write may name (apiserver/pkg/admission/plugin/cel): object, oldObject and request. */
export function admissionValues({ context, info, operation, subresource, object, old }: Admission): Record<string, unknown> {
  const { name, namespace = '' } = (object ?? old)!.metadata;
  const kind = { group: info.group, version: info.version, kind: info.kind }, resource = { group: info.group, version: info.version, resource: info.resource };
  return {
    object: toCel(object ?? null), oldObject: toCel(old ?? null),
    request: { kind, resource, subResource: subresource, requestKind: kind, requestResource: resource, name, namespace, operation, userInfo: { username: context.user.name, groups: context.user.groups, uid: context.user.uid ?? '' }, dryRun: context.dryRun },
  };
}
