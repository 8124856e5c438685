import type { KubeObject } from '../api/types.ts';
import type { Micros } from '../../sim/clock.ts';
import { atob, base64Url } from '../api/base64.ts';
import type { UserInfo } from './http.ts';
import type { ApiServer } from './server.ts';

interface Issued {
  namespace: string;
  account: string;
  uid: string;
  expiresAt: Micros;
  audiences: string[];
  bound: { kind: string; name: string; uid?: string } | undefined;
}

/**
 * Service account tokens: JSON Web Tokens with the real claims. Their signature is random here, and a token is recognised because it
 * was issued, not because a key verifies it.
 */
export class Tokens {
  readonly #server: ApiServer;
  readonly #issued = new Map<string, Issued>();
  readonly #keyId: string;

  constructor(server: ApiServer) {
    this.#server = server;
    this.#keyId = base64Url(server.rng.fork('signing-key').hex(32)).slice(0, 43);
  }

  issue(namespace: string, account: KubeObject, spec: { audiences: string[]; expirationSeconds: number; boundObjectRef?: { kind: string; name: string; uid?: string } }): { token: string; expiresAt: Micros } {
    const { clock, rng } = this.#server;
    const now = Math.floor(clock.now / 1e6), expiresAt = clock.now + spec.expirationSeconds * 1_000_000;
    const { name, uid = '' } = account.metadata, bound = spec.boundObjectRef;
    const claims = {
      aud: spec.audiences, exp: now + spec.expirationSeconds, iat: now, iss: ISSUER,
      'kubernetes.io': { namespace, ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, ...(bound.uid ? { uid: bound.uid } : {}) } } : {}), serviceaccount: { name, uid } },
      nbf: now, sub: `system:serviceaccount:${namespace}:${name}`,
    };
    const token = `${base64Url(JSON.stringify({ alg: 'RS256', kid: this.#keyId }))}.${base64Url(JSON.stringify(claims))}.${base64Url(rng.hex(256))}`;
    this.#issued.set(token, { namespace, account: name, uid, expiresAt, audiences: spec.audiences, bound });
    return { token, expiresAt };
  }

  /** Who a bearer token stands for, or undefined: not issued here, expired, or its account or pod is gone. */
  authenticate(token: string): UserInfo | undefined {
    const issued = this.#issued.get(token);
    if (!issued || issued.expiresAt <= this.#server.clock.now) return this.#legacy(token);
    const { registry } = this.#server;
    const account = registry.find(this.#server.resource('', 'v1', 'serviceaccounts')!, issued.namespace, issued.account);
    if (account?.metadata.uid !== issued.uid) return undefined;
    const user = serviceAccountUser(issued.namespace, issued.account, issued.uid);
    if (issued.bound?.kind !== 'Pod') return user;
    const pod = registry.find(this.#server.resource('', 'v1', 'pods')!, issued.namespace, issued.bound.name);
    if (!pod || (issued.bound.uid !== undefined && pod.metadata.uid !== issued.bound.uid)) return undefined;
    return { ...user, extra: { 'authentication.kubernetes.io/pod-name': [pod.metadata.name], 'authentication.kubernetes.io/pod-uid': [pod.metadata.uid!] } };
  }

  /** Tokens kept in Secrets of type kubernetes.io/service-account-token. */
  #legacy(token: string): UserInfo | undefined {
    for (const { value } of this.#server.registry.list(this.#server.resource('', 'v1', 'secrets')!, '')) {
      if (value['type'] !== 'kubernetes.io/service-account-token' || (value['data'] as Record<string, string> | undefined)?.['token'] === undefined) continue;
      if (atob((value['data'] as Record<string, string>)['token']!) !== token) continue;
      const annotations = value.metadata.annotations ?? {};
      return serviceAccountUser(value.metadata.namespace!, annotations['kubernetes.io/service-account.name'] ?? '', annotations['kubernetes.io/service-account.uid'] ?? '');
    }
    return undefined;
  }
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

function serviceAccountUser(namespace: string, name: string, uid?: string): UserInfo {
  return { name: `system:serviceaccount:${namespace}:${name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'], ...(uid ? { uid } : {}) };
}
