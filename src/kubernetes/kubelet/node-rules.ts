import type { NetNamespace } from '../../linux/net/namespace.ts';
import { ensureChain, ensureRule } from '../kube-proxy/ensure.ts';

/**
 * The kubelet's own iptables (pkg/kubelet/kubelet_network_linux.go): hint and canary chains, KUBE-FIREWALL. Before 1.27
 * (IPTablesOwnershipCleanup) also KUBE-MARK-DROP and what kube-proxy writes for itself. `version`: `v1.28.15`.
 */
export function ensureNodeRules(net: NetNamespace, version: string): void {
  const owner = Number(/^v1\.(\d+)/.exec(version)?.[1] ?? 0) >= 27;
  ensureChain(net, 'mangle', 'KUBE-IPTABLES-HINT');
  for (const table of ['mangle', 'nat', 'filter'] as const) ensureChain(net, table, 'KUBE-KUBELET-CANARY');
  if (!owner) {
    ensureChain(net, 'nat', 'KUBE-MARK-DROP');
    ensureRule(net, 'A', 'nat', 'KUBE-MARK-DROP', '-j MARK --set-xmark 0x8000/0x8000');
  }
  ensureChain(net, 'filter', 'KUBE-FIREWALL');
  ensureRule(net, 'A', 'filter', 'KUBE-FIREWALL', '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP');
  ensureRule(net, 'I', 'filter', 'OUTPUT', '-j KUBE-FIREWALL');
  ensureRule(net, 'I', 'filter', 'INPUT', '-j KUBE-FIREWALL');
  if (owner) return;
  ensureRule(net, 'A', 'filter', 'KUBE-FIREWALL', '-m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP');
  ensureChain(net, 'nat', 'KUBE-MARK-MASQ');
  ensureChain(net, 'nat', 'KUBE-POSTROUTING');
  ensureRule(net, 'A', 'nat', 'KUBE-MARK-MASQ', '-j MARK --set-xmark 0x4000/0x4000');
  ensureRule(net, 'I', 'nat', 'POSTROUTING', '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING');
  ensureRule(net, 'A', 'nat', 'KUBE-POSTROUTING', '-m mark ! --mark 0x4000/0x4000 -j RETURN');
  ensureRule(net, 'A', 'nat', 'KUBE-POSTROUTING', '-j MARK --set-xmark 0x4000/0x0');
  ensureRule(net, 'A', 'nat', 'KUBE-POSTROUTING', '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully');
}
