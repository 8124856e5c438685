import { toBase64 } from '../api/base64.ts';
import type { KubeObject } from '../api/types.ts';
import { core } from '../client/client.ts';
import type { ControllerContext } from './context.ts';

const TYPE = 'kubernetes.io/service-account-token', NAME = 'kubernetes.io/service-account.name', UID = 'kubernetes.io/service-account.uid';

/**
 * pkg/controller/serviceaccount, tokens_controller.go: fills Secrets that ask for a ServiceAccount's token, and removes those
 * whose ServiceAccount is gone. The real one signs with its own copy of the key; here the API server is asked for the token.
 */
export function startServiceAccountTokens(context: ControllerContext): void {
  const secrets = context.resource('', core('secrets')), accounts = context.informer(core('serviceaccounts'));
  const queue = context.queue((key) => {
    const secret = secrets.byKey(key), account = secret?.metadata.annotations?.[NAME];
    if (!secret || secret['type'] !== TYPE || !account) return;
    const { namespace } = secret.metadata, owner = accounts.get(namespace, account), uid = secret.metadata.annotations?.[UID];
    if (!owner || (uid && uid !== owner.metadata.uid)) return secrets.delete(secret);
    if (secret['data']?.token && secret['data']?.['ca.crt'] && secret['data']?.namespace) return;
    const answer = secrets.client.raw('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: { audiences: [], expirationSeconds: 315_360_000 },
    } as unknown as KubeObject);
    secrets.update({
      ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [UID]: owner.metadata.uid! } },
      data: { ...secret['data'], 'ca.crt': toBase64(context.flags.rootCa), namespace: toBase64(namespace!), token: toBase64(answer.status.token) },
    });
  });
  const look = (s: KubeObject) => {
    if (s['type'] === TYPE) queue.add(`${s.metadata.namespace}/${s.metadata.name}`);
  };
  secrets.informer.on({ add: look, update: look });
  accounts.on({
    delete: (a) => {
      for (const s of secrets.inNamespace(a.metadata.namespace!)) if (s.metadata.annotations?.[NAME] === a.metadata.name) look(s);
    },
  });
}
