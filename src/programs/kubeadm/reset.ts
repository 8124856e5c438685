import { CriError } from '../../kubernetes/runtime/containers.ts';
import { klogLine } from '../../kubernetes/runtime/klog.ts';
import type { Process } from '../../linux/process.ts';
import { units } from '../../linux/systemd.ts';
import { Cluster } from './cluster.ts';
import { Refused } from './refused.ts';

/** kubeadm reset: stops the kubelet, removes its Pods, takes back what init and join have written. */
export async function reset(p: Process, args: string[]): Promise<number> {
  const { fs } = p, { node } = new Cluster(p);
  if (p.uid !== 0) throw new Refused('error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR IsPrivilegedUser]: user is not running as root');
  await p.err('W: [reset] WARNING: Changes made to this host by \'kubeadm init\' or \'kubeadm join\' will be reverted.\n'.replace('W: ', ''));
  if (!args.includes('-f') && !args.includes('--force')) {
    await p.out('[reset] Are you sure you want to proceed? [y/N]: ');
    const answer = (await p.stdin.read(p)) ?? '';
    if (!/^y/i.test(answer)) throw new Refused('error execution phase preflight: won\'t proceed; the user didn\'t answer (Y|y) in order to continue');
  }
  await p.out('[preflight] Running pre-flight checks\n[reset] Stopping the kubelet service\n');
  units(p.machine).get('kubelet.service')?.stop();
  await p.out('[reset] Unmounting mounted directories in "/var/lib/kubelet"\n');
  const refused: string[] = [];
  for (const sandbox of [...node.runtime.sandboxes.values()]) {
    try {
      node.runtime.removePodSandbox(sandbox);
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      refused.push(`failed to stop running pod ${sandbox.id}: output: E "StopPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = ${error.message}" podSandboxID="${sandbox.id}": exit status 1`);
    }
  }
  if (refused.length > 0) await p.err(klogLine(p, 'W', 'cleanupnode.go:105', `[reset] Failed to remove containers: [${refused.join(', ')}]`));
  await p.out('[reset] Deleting contents of directories: [/etc/kubernetes/manifests /var/lib/kubelet /etc/kubernetes/pki]\n[reset] Deleting files: [/etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf /etc/kubernetes/controller-manager.conf /etc/kubernetes/scheduler.conf]\n');
  for (const path of ['/etc/kubernetes/manifests', '/var/lib/kubelet', '/etc/kubernetes/pki', '/var/lib/etcd']) if (fs.exists(path)) fs.remove(path, { recursive: true });
  for (const path of ['/etc/kubernetes/manifests', '/var/lib/kubelet/pods']) fs.mkdir(path, { parents: true });
  for (const name of ['admin', 'kubelet', 'bootstrap-kubelet', 'controller-manager', 'scheduler']) if (fs.exists(`/etc/kubernetes/${name}.conf`)) fs.remove(`/etc/kubernetes/${name}.conf`);
  await p.out('\nThe reset process does not clean CNI configuration. To do so, you must remove /etc/cni/net.d\n\nThe reset process does not reset or clean up iptables rules or IPVS tables.\nIf you wish to reset iptables, you must do so manually by using the "iptables" command.\n\nIf your cluster was setup to utilize IPVS, run ipvsadm --clear (or similar)\nto reset your system\'s IPVS tables.\n\nThe reset process does not clean your kubeconfig files and you must remove them manually.\nPlease, check the contents of the $HOME/.kube/config file.\n');
  return 0;
}
