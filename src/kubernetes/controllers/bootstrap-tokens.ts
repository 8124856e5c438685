import type { KubeObject } from '../api/types.ts';
import { core } from '../client/client.ts';
import { deepEqual } from '../client/pods.ts';
import { detachedJws } from '../runtime/jws.ts';
import { fromBase64 } from '../runtime/pki.ts';
import type { ControllerContext } from './context.ts';

const SECRETS = core('secrets'), CONFIGMAPS = core('configmaps'), INFO = 'kube-public/cluster-info', SIGNATURE = 'jws-kubeconfig-';

/** Secrets of kube-system that let a machine join (bootstrap.kubernetes.io/token). */
export const isBootstrapToken = (secret: KubeObject): boolean => secret['type'] === 'bootstrap.kubernetes.io/token' && secret.metadata.namespace === 'kube-system';

/** pkg/controller/bootstrap, bootstrapsigner.go: signs the ConfigMap cluster-info with every token that says it may be used for that. */
export function startBootstrapSigner(context: ControllerContext): void {
  const secrets = context.informer(SECRETS), configMaps = context.resource('bootstrap-signer', CONFIGMAPS);
  const queue = context.queue(() => {
    const info = configMaps.byKey(INFO), data = (info?.['data'] ?? {}) as Record<string, string>, kubeconfig = data['kubeconfig'];
    if (!info || kubeconfig === undefined) return;
    const unsigned = Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith(SIGNATURE))), signed = { ...unsigned };
    for (const secret of secrets.list().filter(isBootstrapToken)) {
      const of = field(secret), expires = expiration(secret);
      if (of('usage-bootstrap-signing') === 'true' && !(expires <= context.clock.now)) signed[`${SIGNATURE}${of('token-id')}`] = detachedJws(kubeconfig, of('token-id'), of('token-secret'));
    }
    if (!deepEqual(data, signed)) configMaps.update({ ...info, data: signed });
  });
  const look = (o: KubeObject) => {
    if (isBootstrapToken(o)) queue.add(INFO);
  };
  secrets.on({ add: look, update: look, delete: look });
  const lookAtInfo = ({ metadata }: KubeObject) => {
    if (`${metadata.namespace}/${metadata.name}` === INFO) queue.add(INFO);
  };
  configMaps.informer.on({ add: lookAtInfo, update: lookAtInfo });
}

/** tokencleaner.go: deletes tokens when their time is over. */
export function startTokenCleaner(context: ControllerContext): void {
  const secrets = context.resource('token-cleaner', SECRETS);
  const queue = context.queue((key) => {
    const secret = secrets.byKey(key);
    if (!secret) return;
    const left = expiration(secret) - context.clock.now;
    if (left <= 0) secrets.delete(secret);
    else if (left !== Infinity) context.after(left, () => queue.add(key));
  });
  const look = (s: KubeObject) => {
    if (isBootstrapToken(s)) queue.add(`${s.metadata.namespace}/${s.metadata.name}`);
  };
  secrets.informer.on({ add: look, update: look });
}

const field = ({ data = {} }: KubeObject & { data?: Record<string, string> }) => (name: string): string => fromBase64(data[name] ?? '');

/** Microseconds since the epoch; never without the field. */
function expiration(secret: KubeObject): number {
  const text = field(secret)('expiration');
  return text === '' ? Infinity : Date.parse(text) * 1000;
}
