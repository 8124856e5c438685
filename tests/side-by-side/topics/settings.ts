import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** kubeconfig files: each command finds what those before it left. */
export const settings: Topic = {
  topic: 'settings',
  files: FILES,
  setup: SETUP,
  commands: [
    ...[
      'config get-contexts', 'config get-contexts nada', 'config get-contexts -o name', 'config get-clusters', 'config get-users', 'config current-context', 'config use-context nada', 'config set-context --current --namespace=tienda',
      'config set-context nuevo --cluster=c --user=u', 'config set-context', 'config get-contexts', 'config rename-context nuevo otro', 'config rename-context nada otro', 'config rename-context otro kind-podman',
      'config delete-context otro', 'config delete-context nada', 'config set-cluster c --server=https://x:1', 'config set-cluster c --insecure-skip-tls-verify=true --certificate-authority=x',
      'config set-credentials u --username=a --password=b', 'config set-credentials u --token=t --username=a', 'config set-credentials u --client-certificate=nada --embed-certs', 'config view --minify',
      `config view -o jsonpath='{.users[*].name}'`, `config view -o jsonpath='{.contexts[?(@.name=="kind-podman")].context.namespace}'`, `config view --raw -o jsonpath='{.users[?(@.name=="u")].user.token}'`, 'config view',
      'config view -o json | head -5', 'config view --flatten --minify --context=nada', 'config set clusters.c.server https://y', 'config set contexts.x.namespace n', 'config set foo.bar 1', 'config unset users.u',
      'config unset users.nada', 'config unset foo', 'config delete-cluster c', 'config delete-cluster nada', 'config delete-user nada', 'config set-context --current --namespace=default', 'config foo',
      'config set-cluster c --certificate-authority=nada --embed-certs', 'config set-credentials u --client-certificate=nada --embed-certs', 'config set-credentials u --client-key=nada --embed-certs=true', 'config vieww', 'config get-contexts nada otra', 'config unset users.nadie.token', 'config delete-user',
      'config current-context x', 'config get-users x', 'config set-context --current --cluster', 'config view --output', 'config set-context a --current',
    ].map((rest) => `kubectl ${rest}`),
    // The help comes first, whose words are ours.
    ...['use-context', 'use-context a b', 'set a', 'set a b c', 'unset', 'set-context a b', 'set-cluster', 'set-credentials', 'rename-context a', 'delete-context a b'].flatMap((rest) => [`kubectl config ${rest} >/dev/null`, `kubectl config ${rest} 2>/dev/null | grep -A1 ^Usage`]),
  ],
};
