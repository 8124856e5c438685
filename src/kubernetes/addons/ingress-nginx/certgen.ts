import { ApiError, ConnectionError, core, gvr } from '../../client/client.ts';
import { FileError } from '../../../linux/files.ts';
import type { Process } from '../../../linux/process.ts';
import { HOUR } from '../../../sim/clock.ts';
import type { Daemon } from '../../runtime/daemons.ts';
import { flag } from '../../runtime/klog.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { toBase64 } from '../../api/base64.ts';
import { certificatePem, privateKeyPem } from '../../runtime/pki.ts';

const WEBHOOKS = gvr('admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations');

/** kube-webhook-certgen: `create` makes a CA and a certificate in a Secret, `patch` puts the CA into the webhook configuration. */
export const certgen: Daemon = (process) => {
  const say = (level: 'info' | 'fatal', msg: string, more: Record<string, string> = {}) => void process.err(`${JSON.stringify({ ...more, level, msg, source: SOURCES[msg.split(' ')[0]!] ?? 'cmd/root.go:52', time: new Date(process.now / 1000).toISOString().slice(0, 19) + 'Z' })}\n`);
  void process.err(`W${stamp(process)}       1 client_config.go:618] Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.\n`);
  const namespace = flag(process, 'namespace') ?? 'default', name = flag(process, 'secret-name') ?? '';
  try {
    const client = clientFor(process, inCluster(process), 'kube-webhook-certgen'), secret = client.find(core('secrets'), namespace, name);
    if (process.args[0] === 'create') {
      if (secret) say('info', 'secret already exists');
      else {
        say('info', 'creating new secret');
        const hosts = (flag(process, 'host') ?? '').split(','), notBefore = process.now - HOUR, notAfter = process.now + 100 * 365 * 24 * HOUR;
        const data = { ca: certificatePem({ cn: 'nil1', organizations: ['nil1'], ca: 'nil1', notBefore, notAfter }), cert: certificatePem({ cn: 'nil2', organizations: ['nil2'], sans: hosts, ca: 'nil1', notBefore, notAfter }), key: privateKeyPem(`${namespace}/${name}`) };
        client.create(core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, toBase64(v)])) });
      }
    } else if (process.args[0] === 'patch') {
      if (!secret) {
        say('fatal', `no secret with '${name}' in '${namespace}'`);
        return process.exit(1);
      }
      const webhook = flag(process, 'webhook-name') ?? '';
      say('info', `patching webhook configurations '${webhook}' mutating=${flag(process, 'patch-mutating') !== 'false'}, validating=${flag(process, 'patch-validating') !== 'false'}, failurePolicy=${flag(process, 'patch-failure-policy') ?? ''}`);
      const found = client.get(WEBHOOKS, undefined, webhook), caBundle = (secret['data'] as Record<string, string>)['ca'];
      client.update(WEBHOOKS, { ...found, webhooks: (found['webhooks'] as { clientConfig: object }[]).map((w) => ({ ...w, clientConfig: { ...w.clientConfig, caBundle }, ...(flag(process, 'patch-failure-policy') ? { failurePolicy: flag(process, 'patch-failure-policy') } : {}) })) });
      say('info', 'Patched hook(s)');
    } else {
      void process.err(`Error: unknown command ${JSON.stringify(process.args[0] ?? '')} for "kube-webhook-certgen"\nRun 'kube-webhook-certgen --help' for usage.\n`);
      return process.exit(1);
    }
    process.exit(0);
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    say('fatal', 'error getting secret', { err: error.message });
    process.exit(1);
  }
};

const SOURCES: Record<string, string> = { creating: 'cmd/create.go:28', secret: 'cmd/create.go:35', patching: 'k8s/k8s.go:118', Patched: 'k8s/k8s.go:138', no: 'cmd/patch.go:71', error: 'k8s/k8s.go:232' };

function stamp(process: Process): string {
  const iso = new Date(Math.floor(process.now / 1000)).toISOString();
  return `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${String(process.now % 1_000_000).padStart(6, '0')}`;
}
