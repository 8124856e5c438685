import { expect, test } from 'vitest';
import { chainName, setName } from '../../../src/kubernetes/cni/calico/hash.ts';
import { policyOf } from '../../../src/kubernetes/cni/calico/policy.ts';
import { policyChains, profileChains, type SetsInUse } from '../../../src/kubernetes/cni/calico/policy-rules.ts';
import { interfaceName } from '../../../src/kubernetes/cni/calico/plugin.ts';
import { lines } from '../../../src/kubernetes/cni/calico/rule.ts';
import { selectorId } from '../../../src/kubernetes/cni/calico/selector.ts';
import { staticRules } from '../../../src/kubernetes/cni/calico/static-rules.ts';

/** Names and hashes as nodes with the real Calico 3.26 print them. */
const hashes = (all: string[]) => all.map((l) => /"cali:([^"]+)"/.exec(l)![1]);
const { filter, nat, raw } = staticRules('ipip');
const chain = (table: typeof filter, name: string) => hashes(lines(table.chains.find((c) => c.name === name)!));

test("the static chains' rules have Felix's hashes", () => {
  expect(hashes(lines({ name: 'FORWARD', rules: filter.inserts['FORWARD']! }))).toEqual(['wUHhoiAYhphO9Mso']);
  expect(hashes(lines({ name: 'FORWARD', rules: filter.appends!['FORWARD']! }, 'FORWARD*appends*'))).toEqual(['S93hcgKJrXEqnTfs', 'mp77cMpurHhyjLrM']);
  expect(hashes(lines({ name: 'INPUT', rules: filter.inserts['INPUT']! }))).toEqual(['Cz_u1IQiXIMmKD4c']);
  expect(chain(filter, 'cali-FORWARD')).toEqual(['vjrMJCRpqwy5oRoX', 'A_sPAO0mcxbT9mOV', '8ZoYfO5HKXWbB3pk', 'jdEuaPBe14V2hutn', '12bc6HljsMKsmfr-', 'NOSxoaGx8OIstr1z']);
  expect(chain(filter, 'cali-INPUT').slice(0, 3)).toEqual(['PajejrV4aFdkZojI', '_wjq-Yrma8Ly1Svo', '8TZGxLWh_Eiz66wc']);
  expect(chain(nat, 'cali-nat-outgoing')).toEqual(['flqWnvo8yq4ULQLa']);
  expect(chain(raw, 'cali-PREROUTING')).toEqual(['XFX5xbM8B9qR10JG', 'EWMPb0zVROM-woQp', 'PWuxTAIaFCtsg5Qa', 'fSSbGND7dgyemWU7', 'ImU0-4Rl2WoOI9Ou', 'lV4V2MPoMBf0hl9T']);
});

test('profiles, interfaces, policies and their sets', () => {
  expect(hashes(profileChains('kns.default').flatMap((c) => lines(c)))[0]).toBe('WMSw8BmYOknRHfsz');
  expect(interfaceName('default', 'a')).toMatch(/^cali[0-9a-f]{11}$/);
  const policy = policyOf({
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'haejun-policy', namespace: 'default' },
    spec: { podSelector: { matchLabels: { app: 'x' } }, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: { matchLabels: { user: 'haejun', role: 'allower' } } }], ports: [{ protocol: 'TCP', port: 80 }] }] },
  });
  const sets: SetsInUse = new Map(), [ingress] = policyChains(policy, sets);
  expect(ingress!.name).toBe('cali-pi-_Eb-vckmN-lr2eREXQcs');
  expect([...sets.keys()]).toEqual(['cali40s:dSXImMSA1iXOPxYRYLVorAP']);
  expect(setName(selectorId(policy.ingress![0]!.peer!))).toBe('cali40s:dSXImMSA1iXOPxYRYLVorAP');
  expect(lines(ingress!)[0]).toMatch(/^-A cali-pi-_Eb-vckmN-lr2eREXQcs -m comment --comment "cali:\S+" -m comment --comment "Policy default\/knp\.default\.haejun-policy ingress" -p tcp -m set --match-set cali40s:dSXImMSA1iXOPxYRYLVorAP src -m multiport --destination-ports 80 --jump MARK --set-mark 0x10000\/0x10000$/);
  expect(chainName('cali-pri-', 'kns.default')).toBe('cali-pri-kns.default');
});
