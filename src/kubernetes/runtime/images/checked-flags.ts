import type { Daemon } from '../daemons.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** The flags of kubeadm's manifests: who gives no other needs no list of all there are. */
const USUAL: Readonly<Record<string, ReadonlySet<string>>> = {
  'kube-apiserver': words(`
    advertise-address allow-privileged authorization-mode client-ca-file emulated-version enable-admission-plugins enable-bootstrap-token-auth etcd-cafile etcd-certfile etcd-keyfile etcd-servers event-ttl feature-gates
    kubelet-client-certificate kubelet-client-key kubelet-preferred-address-types proxy-client-cert-file proxy-client-key-file requestheader-allowed-names requestheader-client-ca-file
    requestheader-extra-headers-prefix requestheader-group-headers requestheader-username-headers runtime-config secure-port service-account-issuer service-account-key-file
    service-account-signing-key-file service-cluster-ip-range tls-cert-file tls-private-key-file`),
  'kube-controller-manager': words(`
    allocate-node-cidrs authentication-kubeconfig authorization-kubeconfig bind-address client-ca-file cluster-cidr cluster-name cluster-signing-cert-file cluster-signing-key-file controllers
    emulated-version enable-hostpath-provisioner kubeconfig leader-elect node-monitor-grace-period requestheader-client-ca-file root-ca-file service-account-private-key-file service-cluster-ip-range
    use-service-account-credentials`),
  'kube-scheduler': words('authentication-kubeconfig authorization-kubeconfig bind-address emulated-version kubeconfig leader-elect v'),
};

/** A component that ends at once when it is given a flag that it does not know, as cobra's commands do (k8s.io/component-base/cli). */
export function withKnownFlags(name: string, start: Daemon): Daemon {
  return (process) => {
    const given = process.args.filter((a) => a.startsWith('-')).map((a) => a.replace(/=.*$/s, ''));
    if (given.every((a) => USUAL[name]!.has(a.slice(2)))) return start(process);
    process.world.bring(() => import('./component-flags.ts'), process, ({ COMPONENT_FLAGS }) => {
      const wrong = given.find((a) => !a.startsWith('--') || !COMPONENT_FLAGS[name]!.has(a.slice(2).replaceAll('_', '-')));
      if (wrong === undefined) return start(process);
      void process.err(`Error: ${wrong.startsWith('--') ? `unknown flag: ${wrong}` : `unknown shorthand flag: ${JSON.stringify(wrong[1] ?? '').replaceAll('"', "'")} in ${wrong}`}\n`);
      process.exit(1);
    });
  };
}
