import type { FileSystem } from '../linux/files.ts';
import type { World } from '../linux/world.ts';

/** Where executables are on machines that are not containers (Debian's places), and how big `ls -l` shows them. */
const SBIN = new Set(`ip bridge brctl iptables iptables-save iptables-restore ip6tables ip6tables-save iptables-legacy iptables-legacy-save iptables-nft xtables-monitor ipset ipvsadm conntrack arp ifconfig route
  nft tc sysctl reboot shutdown useradd groupadd arptables ebtables rarp nameif mii-tool ethtool`.split(/\s+/));
/** What `apt-get install` brings: on no machine from the beginning. */
const BY_APT = new Set(['nmap', 'mtr', 'iperf3']);
const NOT_EVERYWHERE = new Set('kubectl kubeadm kubelet crictl ctr containerd podman docker docker-cli kind etcdctl helm minikube k3s systemctl journalctl'.split(' '));

/** Tools of a Kubernetes node. */
export const NODE_TOOLS = ['kubectl', 'kubeadm', 'kubelet', 'crictl', 'ctr', 'containerd', 'systemctl', 'journalctl', 'etcdctl'];
/** Tools of the student's machine. */
export const HOST_TOOLS = ['kubectl', 'podman', 'docker', 'kind', 'helm'];

/** Puts every program this world knows where Debian has it, except the ones that only `special` machines have. `kubectl`: its version. */
export function installExecutables(fs: FileSystem, world: World, names: readonly string[], special: readonly string[], kubectl = ''): void {
  for (const dir of ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/usr/lib']) fs.mkdir(dir, { parents: true });
  for (const [link, target] of [['/bin', 'usr/bin'], ['/sbin', 'usr/sbin'], ['/lib', 'usr/lib']] as const) if (!fs.exists(link)) fs.symlink(target, link);
  for (const name of names) {
    if (NOT_EVERYWHERE.has(name) && !special.includes(name)) continue;
    if (BY_APT.has(name) || !world.hasProgram(name)) continue;
    const dir = SBIN.has(name) ? '/usr/sbin' : name === 'kubectl' || name === 'crictl' || name === 'etcdctl' ? '/usr/local/bin' : '/usr/bin';
    fs.writeFile(`${dir}/${name === 'docker-cli' ? 'docker' : name}`, name === 'kubectl' ? kubectl : '', { mode: 0o755, program: name });
  }
}
