import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, NoResourceMatch, StatusError } from '../errors.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { labelSelector, meta } from './create-generators.ts';
import { oneName } from './common.ts';

const VERBS = ['*', 'get', 'delete', 'list', 'create', 'update', 'patch', 'watch', 'proxy', 'deletecollection', 'use', 'bind', 'escalate', 'impersonate'];
const SPECIAL: Record<string, string[]> = {
  use: ['podsecuritypolicies.policy', 'podsecuritypolicies.extensions'],
  bind: ['roles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io'],
  escalate: ['roles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io'],
  impersonate: ['users', 'serviceaccounts', 'groups', 'userextras.authentication.k8s.io'],
};
const GROUP = 'rbac.authorization.k8s.io';

interface Wanted {
  resource: string;
  group: string;
  sub: string;
}

export async function role(k: Kubectl, command: Command, name: string): Promise<KubeObject> {
  const verbs = uniqueVerbs(command), resources = wanted(command);
  if (verbs.length === 0) throw new KubectlError('at least one verb must be specified');
  warnVerbs(k, verbs, VERBS, 'resource');
  if (resources.length === 0) throw new KubectlError('at least one resource must be specified');
  await check(k, verbs, resources);
  return { kind: 'Role', apiVersion: `${GROUP}/v1`, metadata: meta(name), rules: await rules(k, verbs, resources, unique(command.flags.list('resource-name')), []) };
}

export async function clusterRole(k: Kubectl, command: Command, name: string): Promise<KubeObject> {
  const { flags } = command;
  const verbs = uniqueVerbs(command), resources = wanted(command), urls = flags.list('non-resource-url'), aggregation = flags.string('aggregation-rule');
  if (aggregation) {
    if (verbs.length + resources.length + urls.length + flags.list('resource-name').length > 0) throw new KubectlError('aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames');
    return { kind: 'ClusterRole', apiVersion: `${GROUP}/v1`, metadata: meta(name), rules: null, aggregationRule: { clusterRoleSelectors: [labelSelector(aggregation)] } };
  }
  if (verbs.length === 0) throw new KubectlError('at least one verb must be specified');
  if (resources.length === 0 && urls.length === 0) throw new KubectlError('one of resource or nonResourceURL must be specified');
  if (resources.length > 0) {
    warnVerbs(k, verbs, VERBS, 'resource');
    await check(k, verbs, resources);
  }
  for (const url of urls) {
    for (const v of verbs) if (!['*', 'get', 'post', 'put', 'delete', 'patch', 'head', 'options'].includes(v)) throw new KubectlError(`invalid verb: '${v}' for nonResourceURL`);
    if (!url.startsWith('/')) throw new KubectlError('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*')) throw new KubectlError("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
  return { kind: 'ClusterRole', apiVersion: `${GROUP}/v1`, metadata: meta(name), rules: await rules(k, verbs, resources, unique(flags.list('resource-name')), urls) };
}

function warnVerbs(k: Kubectl, verbs: string[], standard: string[], what: string): void {
  for (const v of verbs) if (!standard.includes(v)) k.err(`Warning: '${v}' is not a standard ${what} verb\n`);
}

function uniqueVerbs({ flags }: Command): string[] {
  const verbs = flags.list('verb');
  return verbs.includes('*') ? ['*'] : unique(verbs);
}

function wanted({ flags }: Command): Wanted[] {
  const out: Wanted[] = [];
  for (const text of flags.list('resource')) {
    const [main, sub = ''] = splitOnce(text, '/'), [resource, group] = splitOnce(main!, '.');
    if (resource === '*' && group === undefined && !text.includes('/')) return [{ resource, group: '', sub: '' }];
    out.push({ resource: resource!, group: group ?? '', sub });
  }
  return out;
}

async function resolveOne(k: Kubectl, w: Wanted): Promise<{ resource: string; group: string } | undefined> {
  const found = await k.mapper.find(w.group ? `${w.resource}.${w.group}` : w.resource);
  return found && { resource: found.resource, group: found.group };
}

async function check(k: Kubectl, verbs: string[], resources: Wanted[]): Promise<void> {
  for (const w of resources) {
    if (w.resource === '') throw new KubectlError('resource must be specified if apiGroup/subresource specified');
    if (w.resource === '*') return;
    const found = await resolveOne(k, w);
    let missing = !found;
    const at = found ?? w;
    for (const v of verbs) {
      const allowed = SPECIAL[v];
      if (!allowed) continue;
      if (!allowed.includes(at.group ? `${at.resource}.${at.group}` : at.resource)) throw new KubectlError(`can not perform '${v}' on '${at.resource}' in group '${at.group}'`);
      missing = false;
    }
    if (missing) throw new NoResourceMatch({ group: w.group, version: '', resource: w.resource });
  }
}

async function rules(k: Kubectl, verbs: string[], resources: Wanted[], resourceNames: string[], urls: string[]): Promise<unknown[]> {
  const groups = new Map<string, string[]>();
  for (const w of resources) {
    const { resource, group } = (await resolveOne(k, w)) ?? w;
    const name = w.sub ? `${resource}/${w.sub}` : resource;
    const list = groups.get(group) ?? [];
    if (!list.includes(name)) groups.set(group, [...list, name]);
  }
  const out: unknown[] = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, names]) => ({ verbs, apiGroups: [group], resources: names, ...(resourceNames.length > 0 ? { resourceNames } : {}) }));
  if (urls.length > 0) out.push({ verbs, nonResourceURLs: urls });
  return out;
}

function subjects({ flags }: Command): unknown[] {
  return [
    ...flags.list('user').map((name) => ({ kind: 'User', apiGroup: GROUP, name })),
    ...flags.list('group').map((name) => ({ kind: 'Group', apiGroup: GROUP, name })),
    ...flags.list('serviceaccount').map((text) => {
      const [namespace, name, more] = text.split(':');
      if (!namespace || !name || more !== undefined) throw new KubectlError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}

export function roleBinding(_k: Kubectl, command: Command, name: string): KubeObject {
  const clusterrole = command.flags.string('clusterrole'), plain = command.flags.string('role');
  if ((clusterrole === '') === (plain === '')) throw new KubectlError('exactly one of clusterrole or role must be specified');
  return binding('RoleBinding', name, command, clusterrole ? 'ClusterRole' : 'Role', clusterrole || plain);
}

export function clusterRoleBinding(_k: Kubectl, command: Command, name: string): KubeObject {
  return binding('ClusterRoleBinding', name, command, 'ClusterRole', command.flags.string('clusterrole'));
}

function binding(kind: string, name: string, command: Command, roleKind: string, roleName: string): KubeObject {
  const list = subjects(command);
  return { kind, apiVersion: `${GROUP}/v1`, metadata: meta(name), ...(list.length > 0 ? { subjects: list } : {}), roleRef: { apiGroup: GROUP, kind: roleKind, name: roleName } };
}

export function serviceAccount(_k: Kubectl, _c: Command, name: string): KubeObject {
  return { kind: 'ServiceAccount', apiVersion: 'v1', metadata: meta(name) };
}

/** kubectl create token */
export async function token(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const name = oneName(command), seconds = flags.duration('duration') / 1e6, kind = flags.string('bound-object-kind');
  if (seconds < 0) throw new KubectlError('--duration must be positive');
  if (seconds % 1 !== 0) throw new KubectlError('--duration cannot be expressed in units less than seconds');
  if (!kind && flags.string('bound-object-name')) throw new KubectlError('--bound-object-name can only be set if --bound-object-kind is provided');
  if (kind && kind !== 'Pod' && kind !== 'Secret') throw new KubectlError('supported --bound-object-kind values are Pod, Secret');
  if (kind && !flags.string('bound-object-name')) throw new KubectlError('--bound-object-name is required if --bound-object-kind is provided');
  const audiences = flags.list('audience');
  const body = {
    kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: { creationTimestamp: null },
    spec: {
      audiences: audiences.length > 0 ? audiences : null, expirationSeconds: seconds > 0 ? seconds : null,
      boundObjectRef: kind ? { kind, apiVersion: 'v1', name: flags.string('bound-object-name'), uid: flags.string('bound-object-uid') || undefined } : null,
    },
    status: { token: '', expirationTimestamp: null },
  };
  let answer: KubeObject;
  try {
    answer = await k.rest.create(pathOf({ group: '', version: 'v1', resource: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }, k.namespace, name, 'token'), body);
  } catch (error) {
    if (error instanceof StatusError) throw new KubectlError(`failed to create token: ${error.message}`);
    throw error;
  }
  if (!answer.status?.token) throw new KubectlError('failed to create token: no token in server response');
  if (!flags.string('output')) return k.out(`${answer.status.token}\n`);
  k.out((await printer(k, ''))(answer));
}

function unique(list: string[]): string[] {
  return [...new Set(list)];
}
function splitOnce(text: string, by: string): [string, string?] {
  const cut = text.indexOf(by);
  return cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
}
