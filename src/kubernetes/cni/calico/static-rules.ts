import { ACCEPT, ALL, type Chain, clearMark, ctstate, go, inSet, jump, marked, notInSet, notMarked, rule, type Rule, SCRATCH0, setMark } from './rule.ts';

/** What Felix always programs (felix/rules/static.go, v3.26, without IPVS, WireGuard and BPF). */
export type Encapsulation = 'ipip' | 'vxlan' | 'none';

export interface TableRules {
  chains: Chain[];
  /** Put first into the built-in chain. */
  inserts: Record<string, Rule[]>;
  /** Put last into it. */
  appends?: Record<string, Rule[]>;
}

const HOSTS = 'cali40all-hosts-net', VXLAN_HOSTS = 'cali40all-vxlan-net', VXLAN = '-p 17 -m multiport --destination-ports 4789';
const LOCAL_DST = '-m addrtype --dst-type LOCAL', LOCAL_SRC = '-m addrtype --src-type LOCAL';

export function staticRules(encapsulation: Encapsulation): Record<'filter' | 'nat' | 'mangle' | 'raw', TableRules> {
  return { filter: filter(encapsulation), nat: nat(encapsulation), mangle: mangle(), raw: raw() };
}

const chain = (name: string, ...rules: Rule[]): Chain => ({ name, rules });
const accepted = rule([marked(ACCEPT)], jump('ACCEPT'));
const hostAccepted = (action: string) => rule([marked(ACCEPT)], action, 'Host endpoint policy accepted packet.');

function filter(encapsulation: Encapsulation): TableRules {
  const ipip = encapsulation === 'ipip', vxlan = encapsulation === 'vxlan';
  return {
    chains: [
      chain('cali-FORWARD', rule([], clearMark(ALL & ~ACCEPT)), rule([notMarked(ACCEPT)], jump('cali-from-hep-forward')), rule(['--in-interface cali+'], jump('cali-from-wl-dispatch')), rule(['--out-interface cali+'], jump('cali-to-wl-dispatch')), rule([], jump('cali-to-hep-forward')), rule([], jump('cali-cidr-block'))),
      chain('cali-INPUT',
        ...(ipip ? [rule(['-p 4', inSet(HOSTS, 'src'), LOCAL_DST], jump('ACCEPT'), 'Allow IPIP packets from Calico hosts'), rule(['-p 4'], jump('DROP'), 'Drop IPIP packets from non-Calico hosts')] : []),
        ...(vxlan ? [rule([VXLAN, inSet(VXLAN_HOSTS, 'src'), LOCAL_DST], jump('ACCEPT'), 'Allow IPv4 VXLAN packets from allowed hosts'), rule([VXLAN, LOCAL_DST], jump('DROP'), 'Drop IPv4 VXLAN packets from non-allowed hosts')] : []),
        rule(['--in-interface cali+'], go('cali-wl-to-host')), accepted, rule([], clearMark(ALL)), rule([], jump('cali-from-host-endpoint')), hostAccepted(jump('ACCEPT'))),
      chain('cali-wl-to-host', rule([], jump('cali-from-wl-dispatch')), rule([], jump('ACCEPT'), 'Configured DefaultEndpointToHostAction')),
      chain('cali-OUTPUT', accepted, rule(['--out-interface cali+'], jump('RETURN')),
        ...(ipip ? [rule(['-p 4', inSet(HOSTS, 'dst'), LOCAL_SRC], jump('ACCEPT'), 'Allow IPIP packets to other Calico hosts')] : []),
        ...(vxlan ? [rule([VXLAN, LOCAL_SRC, inSet(VXLAN_HOSTS, 'dst')], jump('ACCEPT'), 'Allow IPv4 VXLAN packets to other allowed hosts')] : []),
        rule([], clearMark(ALL)), rule(['-m conntrack ! --ctstate DNAT'], jump('cali-to-host-endpoint')), hostAccepted(jump('ACCEPT'))),
      ...['cali-from-hep-forward', 'cali-to-hep-forward', 'cali-from-host-endpoint', 'cali-to-host-endpoint', 'cali-cidr-block'].map((name) => chain(name)),
    ],
    inserts: { FORWARD: [rule([], jump('cali-FORWARD'))], INPUT: [rule([], jump('cali-INPUT'))], OUTPUT: [rule([], jump('cali-OUTPUT'))] },
    appends: { FORWARD: [rule([marked(ACCEPT)], jump('ACCEPT'), 'Policy explicitly accepted packet.'), rule([], setMark(ACCEPT))] },
  };
}

function nat(encapsulation: Encapsulation): TableRules {
  const tunnel = { ipip: 'tunl0', vxlan: 'vxlan.calico', none: undefined }[encapsulation];
  return {
    chains: [
      chain('cali-PREROUTING', rule([], jump('cali-fip-dnat'))), chain('cali-OUTPUT', rule([], jump('cali-fip-dnat'))),
      chain('cali-POSTROUTING', rule([], jump('cali-fip-snat')), rule([], jump('cali-nat-outgoing')),
        // Packets into the tunnel from another of the host's addresses: the answer must find back to the tunnel's.
        ...(tunnel ? [rule([`--out-interface ${tunnel}`, '-m addrtype ! --src-type LOCAL --limit-iface-out', LOCAL_SRC], '--jump MASQUERADE --random-fully')] : [])),
      chain('cali-nat-outgoing', rule([inSet('cali40masq-ipam-pools', 'src'), notInSet('cali40all-ipam-pools', 'dst')], '--jump MASQUERADE --random-fully')),
      chain('cali-fip-dnat'), chain('cali-fip-snat'),
    ],
    inserts: { PREROUTING: [rule([], jump('cali-PREROUTING'))], POSTROUTING: [rule([], jump('cali-POSTROUTING'))], OUTPUT: [rule([], jump('cali-OUTPUT'))] },
  };
}

function mangle(): TableRules {
  return {
    chains: [
      chain('cali-PREROUTING', rule([ctstate('RELATED,ESTABLISHED')], jump('ACCEPT')), accepted, rule([], jump('cali-from-host-endpoint')), hostAccepted(jump('ACCEPT'))),
      chain('cali-POSTROUTING', rule([marked(ACCEPT)], jump('RETURN')), rule([], clearMark(ALL)), rule([ctstate('DNAT')], jump('cali-to-host-endpoint')), hostAccepted(jump('RETURN'))),
      chain('cali-from-host-endpoint'), chain('cali-to-host-endpoint'),
    ],
    inserts: { PREROUTING: [rule([], jump('cali-PREROUTING'))], POSTROUTING: [rule([], jump('cali-POSTROUTING'))] },
  };
}

function raw(): TableRules {
  return {
    chains: [
      chain('cali-PREROUTING', rule([], clearMark(ALL)), rule(['--in-interface cali+'], setMark(SCRATCH0)), rule([marked(SCRATCH0)], jump('cali-rpf-skip')), rule([marked(SCRATCH0), '-m rpfilter --invert --validmark'], jump('DROP')),
        rule([notMarked(SCRATCH0)], jump('cali-from-host-endpoint')), accepted),
      chain('cali-OUTPUT', rule([], clearMark(ALL)), rule([], jump('cali-to-host-endpoint')), accepted),
      chain('cali-rpf-skip'), chain('cali-from-host-endpoint'), chain('cali-to-host-endpoint'),
    ],
    inserts: { PREROUTING: [rule([], jump('cali-PREROUTING'))], OUTPUT: [rule([], jump('cali-OUTPUT'))] },
  };
}
