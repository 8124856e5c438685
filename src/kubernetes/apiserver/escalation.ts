import type { KubeObject } from '../api/types.ts';
import type { ResourceInfo } from '../api/scheme.ts';
import type { UserInfo } from './http.ts';
import type { PolicyRule } from './rbac.ts';
import type { ApiServer } from './server.ts';
import * as errors from './errors.ts';

/**
 * Nobody gives rights away that he has not got (pkg/registry/rbac/validation): writing a role or a binding asks for all of its rules,
 * unless the user may `escalate` or `bind`.
 */
export function preventEscalation(server: ApiServer, user: UserInfo, info: ResourceInfo, object: KubeObject, old: KubeObject | undefined): void {
  if (info.group !== 'rbac.authorization.k8s.io' || server.options.authorization === 'AlwaysAllow' || user.groups.includes('system:masters')) return;
  const namespace = object.metadata.namespace ?? '', binding = info.resource.endsWith('bindings');
  const question = { isResource: true, path: '', group: info.group, namespace, subresource: '' };
  let rules: PolicyRule[];
  if (binding) {
    const ref = object['roleRef'] as { kind: string; name: string };
    const resource = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (server.authorizer.allows(user, { ...question, verb: 'bind', resource, name: ref.name }) !== undefined) return;
    const role = server.registry.find(server.resource(info.group, 'v1', resource)!, ref.kind === 'ClusterRole' ? '' : namespace, ref.name);
    if (!role) throw errors.notFound({ group: info.group, resource }, ref.name);
    rules = (role['rules'] ?? []) as PolicyRule[];
  } else {
    if (old && JSON.stringify(old['rules']) === JSON.stringify(object['rules'])) return;
    if (server.authorizer.allows(user, { ...question, verb: 'escalate', resource: info.resource, name: object.metadata.name }) !== undefined) return;
    rules = (object['rules'] ?? []) as PolicyRule[];
  }
  const mine = server.authorizer.rulesFor(user, namespace);
  const missing = rules.flatMap(breakdown).filter((r) => !mine.some((m) => covers(m, r)));
  if (missing.length === 0) return;
  const who = `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:`;
  throw errors.forbidden(info, object.metadata.name, `${who}\n${compact(missing).join('\n')}`);
}

/** One rule for each combination of group, resource, verb and name. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const out: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? []) for (const resource of rule.resources ?? []) for (const verb of rule.verbs) {
    for (const name of rule.resourceNames?.length ? rule.resourceNames : [undefined]) out.push({ apiGroups: [group], resources: [resource], verbs: [verb], ...(name === undefined ? {} : { resourceNames: [name] }) });
  }
  for (const url of rule.nonResourceURLs ?? []) for (const verb of rule.verbs) out.push({ nonResourceURLs: [url], verbs: [verb] });
  return out;
}

function covers(owner: PolicyRule, wanted: PolicyRule): boolean {
  const has = (list: string[] | undefined, values: string[] | undefined) => (values ?? []).every((v) => list?.includes('*') || list?.includes(v) || list?.some((l) => l.startsWith('*/') && v.endsWith(l.slice(1))));
  if (!has(owner.verbs, wanted.verbs)) return false;
  if (wanted.nonResourceURLs) return wanted.nonResourceURLs.every((u) => owner.nonResourceURLs?.some((o) => o === '*' || o === u || (o.endsWith('*') && u.startsWith(o.slice(0, -1)))));
  return has(owner.apiGroups, wanted.apiGroups) && has(owner.resources, wanted.resources) && (!owner.resourceNames?.length || (Boolean(wanted.resourceNames) && has(owner.resourceNames, wanted.resourceNames)));
}

/** Rules that differ in the verb only are told as one. */
function compact(rules: PolicyRule[]): string[] {
  const merged = new Map<string, PolicyRule>();
  for (const r of rules) {
    const key = JSON.stringify([r.apiGroups, r.resources, r.resourceNames, r.nonResourceURLs]);
    const known = merged.get(key);
    if (known) known.verbs.push(...r.verbs);
    else merged.set(key, { ...r, verbs: [...r.verbs] });
  }
  return [...merged.values()].map((r) => {
    if (r.nonResourceURLs) return `{NonResourceURLs:${quoted(r.nonResourceURLs)}, Verbs:${quoted(r.verbs)}}`;
    return `{APIGroups:${quoted(r.apiGroups!)}, Resources:${quoted(r.resources!)}${r.resourceNames ? `, ResourceNames:${quoted(r.resourceNames)}` : ''}, Verbs:${quoted(r.verbs)}}`;
  }).sort();
}

/** Go's %q of a []string. */
function quoted(list: string[]): string {
  return `[${list.map((s) => JSON.stringify(s)).join(' ')}]`;
}
