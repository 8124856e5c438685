import { chainName, setName } from './hash.ts';
import type { Policy, PolicyRule } from './policy.ts';
import { ACCEPT, type Chain, clearMark, inSet, jump, marked, notMarked, rule, type Rule, SCRATCH0, SCRATCH1, setMark, setMasked } from './rule.ts';
import { all, namedPortId, type Selector, selectorId } from './selector.ts';

/** Sets that rules refer to, by their ipset names: the endpoints of a selector, or their ports of a name. */
export type SetsInUse = Map<string, { selector: Selector; port?: { name: string; protocol: string } }>;

/** The two chains of a policy (felix/rules/policy.go PolicyToIptablesChains). Notes the sets it needs in `sets`. */
export function policyChains(policy: Policy, sets: SetsInUse): Chain[] {
  return (['ingress', 'egress'] as const).map((direction) => ({
    name: chainName(direction === 'ingress' ? 'cali-pi-' : 'cali-po-', policy.name),
    rules: commented((policy[direction] ?? []).flatMap((r) => ruleRules(r, direction, sets)), `Policy ${policy.name} ${direction}`),
  }));
}

/** A profile: what holds where no policy does. Those of namespaces let everything through, those of accounts say nothing. */
export function profileChains(profile: string): Chain[] {
  const allow = profile.startsWith('kns.') ? [rule([], setMark(ACCEPT)), rule([marked(ACCEPT)], jump('RETURN'))] : [];
  return (['ingress', 'egress'] as const).map((direction) => ({ name: chainName(direction === 'ingress' ? 'cali-pri-' : 'cali-pro-', profile), rules: commented(allow, `Profile ${profile} ${direction}`) }));
}

/** The first rule says whose chain it is; a chain without rules gets one that only says so. */
function commented(rules: readonly Rule[], comment: string): Rule[] {
  const [first = rule([], undefined), ...rest] = rules;
  return [{ ...first, comments: [...first.comments, comment] }, ...rest];
}

/**
 * One of Calico's rules as iptables rules. Ports and networks of which one must match, but which do not fit one rule, are
 * tried one by one before it, with two bits of the mark: SCRATCH0 for "all blocks so far match", SCRATCH1 for the block itself.
 */
function ruleRules(r: PolicyRule, direction: 'ingress' | 'egress', sets: SetsInUse): Rule[] {
  const out: Rule[] = [], side = direction === 'ingress' ? 'source' : 'destination', flag = direction === 'ingress' ? 'src' : 'dst';
  const proto = r.protocol === undefined ? [] : [`-p ${r.protocol}`];
  let blocks = false, positive = false;
  const begin = (initially: number) => {
    if (!blocks) out.push(rule([], setMasked(initially, SCRATCH0 | SCRATCH1)));
    blocks = true;
  };
  const anyOf = (matches: string[][]) => {
    begin(0);
    out.push(...matches.map((m) => rule(m, setMark(positive ? SCRATCH1 : SCRATCH0))));
    if (positive) out.push(rule([notMarked(SCRATCH1)], clearMark(SCRATCH0)));
    positive = true;
  };
  const numbers = r.ports.filter((p) => typeof p !== 'string'), names = r.ports.filter((p) => typeof p === 'string');
  const numeric = splitPorts(numbers).map((list) => `-m multiport --destination-ports ${list.map(([a, b]) => (a === b ? a : `${a}:${b}`)).join(',')}`);
  const destination = direction === 'egress' ? r.peer : undefined;
  const named = names.map((name) => {
    const selector = destination ?? all, set = setName(namedPortId(selector, r.protocol!, name));
    sets.set(set, { selector, port: { name, protocol: r.protocol! } });
    return inSet(set, 'dst,dst');
  });
  const portBlock = numeric.length + named.length > 1;
  if (portBlock) anyOf([...numeric.map((m) => [...proto, m]), ...named.map((m) => [m])]);
  const notBlock = r.nets.length + r.notNets.length > 1;
  if (notBlock) {
    begin(SCRATCH0);
    out.push(...r.notNets.map((net) => rule([`--${side} ${net}`], clearMark(SCRATCH0))));
  }
  // A named port's set holds the selected endpoints only: without numbers beside it, the selector's own set adds nothing.
  const peer = r.peer && (direction === 'ingress' || numbers.length > 0 || names.length === 0) ? r.peer : undefined;
  const peerSet = peer && setName(selectorId(peer));
  if (peerSet) sets.set(peerSet, { selector: peer });
  const nets = [...r.nets.map((net) => `--${side} ${net}`), ...(notBlock ? [] : r.notNets.map((net) => `! --${side} ${net}`))];
  const match = [...proto, ...nets, ...(peerSet ? [inSet(peerSet, flag)] : []), ...(portBlock ? [] : [...numeric, ...named])];
  out.push(rule([...match, ...(blocks ? [marked(SCRATCH0)] : [])], setMark(ACCEPT)), rule([marked(ACCEPT)], jump('RETURN')));
  return out;
}

/** Lists that fit a multiport match: fifteen numbers, a range counts as two. */
function splitPorts(ports: readonly [number, number][]): [number, number][][] {
  const out: [number, number][][] = [];
  let room = 0;
  for (const range of ports) {
    const size = range[0] === range[1] ? 1 : 2;
    if (room < size) {
      out.push([]);
      room = 15;
    }
    out.at(-1)!.push(range);
    room -= size;
  }
  return out;
}
