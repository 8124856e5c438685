import type { KubeObject } from '../api/types.ts';
import { rfc3339 } from '../client/time.ts';
import type { UserInfo } from './http.ts';
import type { PolicyRule, Question } from './rbac.ts';
import type { ApiServer } from './server.ts';
import type { RequestInfo } from './request.ts';

type Review = (server: ApiServer, user: UserInfo, object: KubeObject, info: RequestInfo) => void;

/** Kinds that are posted to be answered, not stored: authorization.k8s.io and authentication.k8s.io. They fill in the object's status. */
export const REVIEWS: Record<string, Review> = {
  SelfSubjectAccessReview: (server, user, object) => access(server, user, object),
  SubjectAccessReview: (server, _user, object) => access(server, subject(object), object),
  LocalSubjectAccessReview: (server, _user, object) => access(server, subject(object), object),
  SelfSubjectRulesReview: (server, user, object) => rules(server, user, object),
  SelfSubjectReview: (server, user, object) => {
    object.metadata = { creationTimestamp: rfc3339(server.clock.now) } as KubeObject['metadata'];
    object.status = { userInfo: infoOf(user) };
  },
  TokenReview: (server, _user, object) => {
    const user = server.tokens.authenticate(object.spec?.token ?? '');
    object.status = user ? { authenticated: true, user: infoOf(user), audiences: object.spec?.audiences ?? ['https://kubernetes.default.svc.cluster.local'] } : { user: {}, error: '[invalid bearer token, service account token is not valid yet or has expired]' };
  },
};

function access(server: ApiServer, user: UserInfo, object: KubeObject): void {
  const { resourceAttributes: r, nonResourceAttributes: n } = object.spec ?? {};
  const question: Question = r
    ? { isResource: true, verb: r.verb ?? '', path: '', group: r.group ?? '', namespace: r.namespace ?? '', resource: r.resource ?? '', subresource: r.subresource ?? '', name: r.name ?? '' }
    : { isResource: false, verb: n?.verb ?? '', path: n?.path ?? '', group: '', namespace: '', resource: '', subresource: '', name: '' };
  const reason = server.options.authorization === 'AlwaysAllow' ? '' : server.authorizer.allows(user, question);
  object.status = reason === undefined ? { allowed: false } : { allowed: true, ...(reason ? { reason } : {}) };
}

function subject(object: KubeObject): UserInfo {
  const { user = '', groups = [], uid, extra } = object.spec ?? {};
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function rules(server: ApiServer, user: UserInfo, object: KubeObject): void {
  const all: PolicyRule[] = server.authorizer.rulesFor(user, object.spec?.namespace ?? '');
  object.status = {
    resourceRules: all.filter((r) => !r.nonResourceURLs).map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames?.length ? { resourceNames } : {}) })),
    nonResourceRules: all.filter((r) => r.nonResourceURLs).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function infoOf(user: UserInfo): Record<string, unknown> {
  return { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra ? { extra: user.extra } : {}) };
}
