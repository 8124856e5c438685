import type { Program } from '../linux/process.ts';
import type { ProgramEntry } from '../linux/world.ts';
import { CONTAINER_PROGRAMS } from './containers.ts';
import { coreutils, packaged } from './coreutils/index.ts';

type Load = () => Promise<{ main: Program }>;
const each = (names: string, load: Load): Record<string, ProgramEntry> => Object.fromEntries(names.split(' ').map((name) => [name, { load }]));

/**
 * All programs by the name an executable file gives (RegularFile.program). One more program: one line, loaded when it is first
 * typed. Where the file is, and on which machines and images, is said in src/scenarios/executables.ts and src/kubernetes/runtime/images.
 */
export const PROGRAMS: Record<string, ProgramEntry> = {
  ...Object.fromEntries([...coreutils, ...packaged].map(({ name, load }) => [name, { load }])),
  ...CONTAINER_PROGRAMS,
  bash: { load: () => import('../shell/bash.ts') },
  sh: { load: () => import('../shell/sh.ts') },
  ash: { load: () => import('../shell/ash.ts') },
  kubectl: { load: () => import('./kubectl/index.ts') },
  podman: { load: () => import('./podman/index.ts') },
  docker: { load: () => import('./podman/index.ts') },
  'docker-cli': { load: () => import('./docker/index.ts') },
  minikube: { load: () => import('./minikube/index.ts') },
  etcdctl: { load: () => import('./etcdctl/index.ts') },
  ctr: { load: () => import('./ctr/index.ts') },
  crictl: { load: () => import('./crictl/index.ts') },
  kind: { load: () => import('./kind/index.ts') },
  kubeadm: { load: () => import('./kubeadm/index.ts') },
  k3s: { load: () => import('./k3s/index.ts') },
  systemctl: { load: () => import('./systemd/systemctl.ts') },
  journalctl: { load: () => import('./systemd/journalctl.ts') },
  openssl: { load: () => import('./openssl/index.ts') },
  curl: { load: () => import('./curl/index.ts') },
  ...each('ping ping6', () => import('./ping/index.ts')),
  nc: { load: () => import('./nc/index.ts') },
  tcpdump: { load: () => import('./tcpdump/index.ts') },
  nmap: { load: () => import('./nmap/index.ts') },
  iperf3: { load: () => import('./iperf3/index.ts') },
  mtr: { load: () => import('./mtr/index.ts') },
  ...each('traceroute traceroute6', () => import('./traceroute/index.ts')),
  conntrack: { load: () => import('./conntrack/index.ts') },
  ipset: { load: () => import('./ipset/index.ts') },
  ipvsadm: { load: () => import('./ipvsadm/index.ts') },
  nft: { load: () => import('./nft/index.ts') },
  ip: { load: () => import('./iproute2/index.ts') },
  bridge: { load: () => import('./iproute2/bridge.ts') },
  brctl: { load: () => import('./brctl/index.ts') },
  ss: { load: () => import('./ss/index.ts') },
  ...each('busybox-ip busybox-ls busybox-netstat busybox-nslookup busybox-ps busybox-wget', () => import('./busybox/index.ts')),
  tar: { load: () => import('./tar/index.ts') },
  perl: { load: () => import('./perl/index.ts') },
  wget: { load: () => import('./wget/index.ts') },
  sysctl: { load: () => import('./net-tools/sysctl.ts') },
  ...each('arp ethtool ifconfig netstat route', () => import('./net-tools/index.ts')),
  ...each('iptables iptables-save iptables-restore iptables-legacy iptables-legacy-save iptables-legacy-restore iptables-nft iptables-nft-save iptables-nft-restore ip6tables ip6tables-save ip6tables-restore xtables-monitor xtables-nft-multi', () => import('./iptables/index.ts')),
  ...each('dig host nslookup getent', () => import('./dns-utils/index.ts')),
};
