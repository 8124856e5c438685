import type { KubeObject } from '../api/types.ts';
import type { UserInfo } from './http.ts';
import type { RequestInfo } from './request.ts';
import type { ApiServer } from './server.ts';
import * as errors from './errors.ts';
import { NodeAuthorizer } from './node-authorizer.ts';

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}
interface Subject { kind: string; name: string; namespace?: string }
interface Binding { subjects: Subject[]; role: { kind: string; name: string }; namespace: string; name: string; kind: string }

export type Question = Pick<RequestInfo, 'isResource' | 'verb' | 'path' | 'group' | 'namespace' | 'resource' | 'subresource' | 'name'>;

/** The RBAC authorizer (plugin/pkg/auth/authorizer/rbac), with system:masters before it. Bindings are indexed by subject. */
export class Authorizer {
  readonly #server: ApiServer;
  readonly #nodes: NodeAuthorizer;
  #bindings: Map<string, Binding[]> | undefined;
  readonly #decisions = new Map<string, string | undefined>();
  #revision = -1;

  constructor(server: ApiServer) {
    this.#server = server;
    this.#nodes = new NodeAuthorizer(server);
  }

  /** Throws Forbidden with the real sentence when the user may not. */
  require(user: UserInfo, question: Question): void {
    if (this.allows(user, question) !== undefined) return;
    throw forbidden(user, question, this.#nodes.decides(user, question) ? this.#nodes.refuses(user, question) : undefined);
  }

  /** Why it is allowed, or undefined when it is not. */
  allows(user: UserInfo, question: Question): string | undefined {
    if (user.groups.includes('system:masters')) return '';
    this.#refresh();
    // --authorization-mode=Node,RBAC
    if (this.#nodes.decides(user, question) && this.#nodes.refuses(user, question) === undefined) return '';
    const key = `${user.name} ${user.groups.join(',')} ${question.verb} ${question.isResource ? `${question.group}/${question.resource}/${question.subresource}/${question.namespace}/${question.name}` : question.path}`;
    if (this.#decisions.has(key)) return this.#decisions.get(key);
    const reason = this.#decide(user, question);
    if (this.#decisions.size > 20_000) this.#decisions.clear();
    this.#decisions.set(key, reason);
    return reason;
  }

  /** Every rule the user has in a namespace ('' for cluster-wide ones only). */
  rulesFor(user: UserInfo, namespace: string): PolicyRule[] {
    this.#refresh();
    return this.#bindingsOf(user).filter((b) => b.namespace === '' || b.namespace === namespace).flatMap((b) => this.#rulesOf(b));
  }

  #decide(user: UserInfo, question: Question): string | undefined {
    // The Node authorizer's other rules are those of the ClusterRole system:node, which binds nobody.
    if (!this.#nodes.decides(user, question) && user.groups.includes('system:nodes') && this.#rulesOf({ subjects: [], role: { kind: 'ClusterRole', name: 'system:node' }, namespace: '', name: '', kind: '' }).some((r) => ruleAllows(r, question))) return '';
    for (const binding of this.#bindingsOf(user)) {
      if (binding.namespace !== '' && (!question.isResource || binding.namespace !== question.namespace)) continue;
      for (const rule of this.#rulesOf(binding)) {
        if (!ruleAllows(rule, question)) continue;
        const subject = binding.subjects.find((s) => subjectMatches(s, user, binding.namespace))!;
        const where = binding.namespace === '' ? `"${binding.name}"` : `"${binding.name}/${binding.namespace}"`;
        const who = subject.kind === 'ServiceAccount' ? `"${subject.name}/${subject.namespace ?? binding.namespace}"` : `"${subject.name}"`;
        return `RBAC: allowed by ${binding.kind} ${where} of ${binding.role.kind} "${binding.role.name}" to ${subject.kind} ${who}`;
      }
    }
    return undefined;
  }

  #bindingsOf(user: UserInfo): Binding[] {
    const out: Binding[] = [...(this.#bindings!.get(`User/${user.name}`) ?? [])];
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user.name);
    if (account) out.push(...(this.#bindings!.get(`ServiceAccount/${account[1]}/${account[2]}`) ?? []));
    for (const group of user.groups) out.push(...(this.#bindings!.get(`Group/${group}`) ?? []));
    // Cluster role bindings are asked first.
    return out.sort((a, b) => Number(a.namespace !== '') - Number(b.namespace !== ''));
  }

  #rulesOf({ role, namespace }: Binding): PolicyRule[] {
    const { registry } = this.#server;
    const found = role.kind === 'ClusterRole' ? registry.find(this.#info('clusterroles'), '', role.name) : registry.find(this.#info('roles'), namespace, role.name);
    return (found?.['rules'] as PolicyRule[] | null | undefined) ?? [];
  }

  #info(resource: string) {
    return this.#server.resource('rbac.authorization.k8s.io', 'v1', resource)!;
  }

  /** The index is rebuilt when a role or binding was written since. */
  #refresh(): void {
    const { etcd } = this.#server;
    if (etcd.revision === this.#revision && this.#bindings) return;
    if (this.#bindings && this.#revision >= etcd.compactedRevision) {
      const changed = etcd.touched(RBAC_BUCKETS) > this.#revision;
      this.#revision = etcd.revision;
      if (!changed) return;
    }
    this.#revision = etcd.revision;
    this.#decisions.clear();
    this.#bindings = new Map();
    for (const resource of ['clusterrolebindings', 'rolebindings']) {
      for (const { value } of this.#server.registry.list(this.#info(resource), '')) this.#index(value);
    }
  }

  #index(object: KubeObject): void {
    const subjects = (object['subjects'] as Subject[] | undefined) ?? [];
    const binding: Binding = { subjects, role: object['roleRef'] as Binding['role'], namespace: object.metadata.namespace ?? '', name: object.metadata.name, kind: object.kind };
    for (const s of subjects) {
      const key = s.kind === 'ServiceAccount' ? `ServiceAccount/${s.namespace ?? binding.namespace}/${s.name}` : `${s.kind}/${s.name}`;
      const list = this.#bindings!.get(key);
      if (list) list.push(binding);
      else this.#bindings!.set(key, [binding]);
    }
  }
}

const RBAC_BUCKETS = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map((r) => `/registry/${r}`);

function ruleAllows(rule: PolicyRule, q: Question): boolean {
  if (!has(rule.verbs, q.verb)) return false;
  if (!q.isResource) return (rule.nonResourceURLs ?? []).some((url) => url === '*' || url === q.path || (url.endsWith('*') && q.path.startsWith(url.slice(0, -1))));
  if (!has(rule.apiGroups, q.group)) return false;
  const whole = q.subresource === '' ? q.resource : `${q.resource}/${q.subresource}`;
  if (!(rule.resources ?? []).some((r) => r === '*' || r === whole || (q.subresource !== '' && r === `*/${q.subresource}`))) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(q.name);
}

function has(list: string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function subjectMatches(s: Subject, user: UserInfo, namespace: string): boolean {
  if (s.kind === 'User') return s.name === user.name;
  if (s.kind === 'Group') return user.groups.includes(s.name);
  return user.name === `system:serviceaccount:${s.namespace ?? namespace}:${s.name}`;
}

function forbidden(user: UserInfo, q: Question, why?: string) {
  if (!q.isResource) return errors.apiError(403, 'Forbidden', `forbidden: User ${JSON.stringify(user.name)} cannot ${q.verb} path ${JSON.stringify(q.path)}`, {});
  const resource = q.subresource === '' ? q.resource : `${q.resource}/${q.subresource}`;
  const where = q.namespace === '' || q.resource === 'namespaces' ? ' at the cluster scope' : ` in the namespace ${JSON.stringify(q.namespace)}`;
  return errors.forbidden({ group: q.group, resource: q.resource }, q.name, `User ${JSON.stringify(user.name)} cannot ${q.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(q.group)}${where}${why === undefined ? '' : `: ${why}`}`);
}

