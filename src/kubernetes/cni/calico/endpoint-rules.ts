import { chainName } from './hash.ts';
import { ACCEPT, type Chain, clearMark, ctstate, go, jump, marked, notMarked, PASS, rule, type Rule } from './rule.ts';

/** A pod on this node, as Felix sees it (felix/rules/endpoints.go, dispatch.go). */
export interface Endpoint {
  /** cali… */
  interface: string;
  profiles: string[];
  /** Names of the policies that select it and speak of this direction, in their order. */
  ingress: string[];
  egress: string[];
}

/** cali-tw- and cali-fw-: to and from the workload. */
export function endpointChains(e: Endpoint): Chain[] {
  return [
    { name: chainName('cali-tw-', e.interface), rules: endpointRules(e.ingress.map((p) => chainName('cali-pi-', p)), e.profiles.map((p) => chainName('cali-pri-', p)), []) },
    { name: chainName('cali-fw-', e.interface), rules: endpointRules(e.egress.map((p) => chainName('cali-po-', p)), e.profiles.map((p) => chainName('cali-pro-', p)), [
      rule(['-p 17', '-m multiport --destination-ports 4789'], jump('DROP'), 'Drop VXLAN encapped packets originating in workloads'), rule(['-p 4'], jump('DROP'), 'Drop IPinIP encapped packets originating in workloads'),
    ]) },
  ];
}

function endpointRules(policies: readonly string[], profiles: readonly string[], encapsulated: readonly Rule[]): Rule[] {
  return [
    rule([ctstate('RELATED,ESTABLISHED')], jump('ACCEPT')), rule([ctstate('INVALID')], jump('DROP')), rule([], clearMark(ACCEPT)), ...encapsulated,
    ...(policies.length === 0 ? [] : [
      rule([], clearMark(PASS), 'Start of policies'),
      ...policies.flatMap((p) => [rule([notMarked(PASS)], jump(p)), rule([marked(ACCEPT)], jump('RETURN'), 'Return if policy accepted')]),
      rule([notMarked(PASS)], jump('DROP'), 'Drop if no policies passed packet'),
    ]),
    ...profiles.flatMap((p) => [rule([], jump(p)), rule([marked(ACCEPT)], jump('RETURN'), 'Return if profile accepted')]),
    rule([], jump('DROP'), 'Drop if no profiles matched'),
  ];
}

/** Which interface leads to which chain: a tree of the names' next letter, where several share one. */
export function dispatchChains(interfaces: readonly string[]): Chain[] {
  const names = [...interfaces].sort(), common = commonPrefix(names);
  const groups = new Map<string, string[]>();
  for (const n of names) {
    const key = n.slice(0, common.length + 1);
    groups.set(key, [...(groups.get(key) ?? []), n]);
  }
  const unknown = rule([], jump('DROP'), 'Unknown interface');
  return (['from', 'to'] as const).flatMap((way) => {
    const root = `cali-${way}-wl-dispatch`, option = way === 'from' ? '--in-interface' : '--out-interface', prefix = way === 'from' ? 'cali-fw-' : 'cali-tw-';
    const leaf = (n: string) => rule([`${option} ${n}`], go(chainName(prefix, n)));
    const children: Chain[] = [], rules: Rule[] = [];
    for (const [key, list] of groups) {
      if (list.length === 1) {
        rules.push(leaf(list[0]!));
        continue;
      }
      const child = `${root}-${key.slice(common.length)}`;
      rules.push(rule([`${option} ${key}+`], go(child)));
      children.push({ name: child, rules: [...list.map(leaf), unknown] });
    }
    return [...children, { name: root, rules: [...rules, unknown] }];
  });
}

function commonPrefix(names: readonly string[]): string {
  let prefix = names[0] ?? '';
  for (const n of names) while (!n.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
