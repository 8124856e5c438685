import { expect, test } from 'vitest';
import { ensureNodeRules } from '../../../src/kubernetes/kubelet/node-rules.ts';
import { oneMachine } from '../../shell/machine.ts';

test.each([
  ['v1.26.15', ['KUBE-MARK-DROP', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING'], 2],
  ['v1.28.15', [], 1],
])('the chains of a kubelet %s', (version, own, firewall) => {
  const { net } = oneMachine({}).machine;
  ensureNodeRules(net, version);
  ensureNodeRules(net, version);
  const { nat, filter } = net.netfilter.tables;
  expect([...nat.chains.keys()].filter((c) => /^KUBE-(?!KUBELET)/.test(c)).sort()).toEqual(own);
  expect(filter.chains.get('KUBE-FIREWALL')!.rules).toHaveLength(firewall);
  expect(filter.chains.has('KUBE-KUBELET-CANARY')).toBe(true);
});
