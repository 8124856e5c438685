import type { LocalDetector } from './detect-local.ts';
import { endpointChain, servicePortChain } from './names.ts';
import { admitsNode, categorize, type Endpoint, externallyAccessible, type ServicePort } from './services.ts';

/** The rules of the iptables mode (pkg/proxy/iptables/proxier.go syncProxyRules), as input of iptables-restore --noflush. */
export interface RuleSet {
  filter: string[];
  nat: string[];
  /** Chains of nat that belong to Services: those that are there and not in it are removed. */
  chains: Set<string>;
}

export interface RuleOptions {
  /** How pods of this node are told; undefined: they are not. */
  detector: LocalDetector | undefined;
  masqueradeAll?: boolean;
  nodeIP?: string | undefined;
  /** Matches of addresses on which nodePorts are served; default: all of the node's own. */
  nodePorts?: readonly string[];
}

/** From so many endpoints on, rules are written without the comments that say whose they are (largeClusterEndpointsThreshold). */
const LARGE = 1000;
const ANY_LOCAL = ['-m addrtype --dst-type LOCAL'];

export function buildRules(services: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>, options: RuleOptions): RuleSet {
  let total = 0;
  for (const list of endpoints.values()) total += list.length;
  const out: Output = { ...options, filter: [], nat: [], chains: new Set(), large: total > LARGE };
  for (const s of services) serviceRules(s, endpoints.get(s.name) ?? [], out);
  for (const match of options.nodePorts ?? ANY_LOCAL) out.nat.push(`-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" ${match} -j KUBE-NODEPORTS`);
  return {
    chains: out.chains,
    filter: [
      ...['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-FORWARD', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'].map((c) => `:${c} - [0:0]`),
      ...out.filter,
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
      '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
      '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ],
    nat: [
      ...['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', ...out.chains].map((c) => `:${c} - [0:0]`),
      '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
      '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
      '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
      '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
      ...out.nat,
    ],
  };
}

interface Output extends RuleOptions {
  filter: string[];
  nat: string[];
  chains: Set<string>;
  large: boolean;
}

function serviceRules(s: ServicePort, all: readonly Endpoint[], out: Output): void {
  const { filter, nat, chains, detector } = out;
  const { name, protocol: p, port } = s;
  const { cluster, local, reachable, any } = categorize(all, s);
  const clusterChain = servicePortChain('SVC', name, p), localChain = servicePortChain('SVL', name, p), externalChain = servicePortChain('EXT', name, p), firewall = servicePortChain('FW', name, p);
  const external = externallyAccessible(s);
  const internalChain = s.internalLocal ? localChain : clusterChain, externalPolicyChain = s.externalLocal ? localChain : clusterChain;
  const hasInternal = any && (s.internalLocal ? local : cluster).length > 0, hasExternal = any && (s.externalLocal ? local : cluster).length > 0;
  const match = (comment: string, destination: string, n: number) => `-m comment --comment "${comment}" -m ${p} -p ${p}${destination === '' ? '' : ` -d ${destination}/32`} --dport ${n}`;
  const rejection = (local_: boolean): [string, string] => (any && local_ ? [`${name} has no local endpoints`, 'DROP'] : [`${name} has no endpoints`, 'REJECT']);
  const [internalWhy, internalTarget] = rejection(s.internalLocal), [externalWhy, externalTarget] = rejection(s.externalLocal);

  if (hasInternal) nat.push(`-A KUBE-SERVICES ${match(`${name} cluster IP`, s.clusterIP, port)} -j ${internalChain}`);
  else filter.push(`-A KUBE-SERVICES ${match(internalWhy, s.clusterIP, port)} -j ${internalTarget}`);
  for (const ip of s.externalIPs) {
    if (any) nat.push(`-A KUBE-SERVICES ${match(`${name} external IP`, ip, port)} -j ${externalChain}`);
    if (!hasExternal) filter.push(`-A KUBE-EXTERNAL-SERVICES ${match(externalWhy, ip, port)} -j ${externalTarget}`);
  }
  const usesFirewall = s.loadBalancerIPs.length > 0 && s.loadBalancerSourceRanges.length > 0 && any;
  for (const ip of s.loadBalancerIPs) {
    if (any) nat.push(`-A KUBE-SERVICES ${match(`${name} loadbalancer IP`, ip, port)} -j ${usesFirewall ? firewall : externalChain}`);
    if (usesFirewall) filter.push(`-A KUBE-PROXY-FIREWALL ${match(`${name} traffic not accepted by ${firewall}`, ip, port)} -j DROP`);
    if (!hasExternal) filter.push(`-A KUBE-EXTERNAL-SERVICES ${match(externalWhy, ip, port)} -j ${externalTarget}`);
  }
  if (s.nodePort !== 0) {
    if (any) nat.push(`-A KUBE-NODEPORTS ${match(name, '', s.nodePort)} -j ${externalChain}`);
    if (!hasExternal) filter.push(`-A KUBE-EXTERNAL-SERVICES -m comment --comment "${externalWhy}" -m addrtype --dst-type LOCAL -m ${p} -p ${p} --dport ${s.nodePort} -j ${externalTarget}`);
  }
  if (s.healthCheckNodePort !== 0) filter.push(`-A KUBE-NODEPORTS -m comment --comment "${name} health check node port" -m tcp -p tcp --dport ${s.healthCheckNodePort} -j ACCEPT`);
  const masquerade = out.masqueradeAll ? '' : detector && ` ${detector.notLocal}`;
  if (hasInternal && masquerade !== undefined) nat.push(`-A ${internalChain} ${match(`${name} cluster IP`, s.clusterIP, port)}${masquerade} -j KUBE-MARK-MASQ`);
  if (any && external) {
    chains.add(externalChain);
    if (!s.externalLocal) nat.push(`-A ${externalChain} -m comment --comment "masquerade traffic for ${name} external destinations" -j KUBE-MARK-MASQ`);
    else {
      if (detector) nat.push(`-A ${externalChain} -m comment --comment "pod traffic for ${name} external destinations" ${detector.local} -j ${clusterChain}`);
      nat.push(
        `-A ${externalChain} -m comment --comment "masquerade LOCAL traffic for ${name} external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
        `-A ${externalChain} -m comment --comment "route LOCAL traffic for ${name} external destinations" -m addrtype --src-type LOCAL -j ${clusterChain}`,
      );
    }
    if (hasExternal) nat.push(`-A ${externalChain} -j ${externalPolicyChain}`);
  }
  if (usesFirewall) {
    chains.add(firewall);
    const allow = (source: string) => nat.push(`-A ${firewall} -m comment --comment "${name} loadbalancer IP" -s ${source} -j ${externalChain}`);
    for (const range of s.loadBalancerSourceRanges) allow(range);
    // Where the balancer's address is one of the node's own, its requests come from that address.
    if (admitsNode(s, out.nodeIP)) for (const ip of s.loadBalancerIPs) allow(`${ip}/32`);
    nat.push(`-A ${firewall} -m comment --comment "other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL"`);
  }
  if (cluster.length > 0) balance(s, clusterChain, cluster, out);
  if (local.length > 0) balance(s, localChain, local, out);
  for (const e of reachable) {
    const chain = endpointChain(name, p, e.address), comment = commented(out, name);
    chains.add(chain);
    nat.push(`-A ${chain}${comment} -s ${e.ip}/32 -j KUBE-MARK-MASQ`);
    nat.push(`-A ${chain}${comment}${s.affinity ? ` -m recent --name ${chain} --set` : ''} -m ${p} -p ${p} -j DNAT --to-destination ${e.address}`);
  }
}

/** Who of the endpoints: the one that served this client before, else one at random, each as likely as the others. */
function balance(s: ServicePort, chain: string, endpoints: readonly Endpoint[], out: Output): void {
  const { nat, chains } = out;
  chains.add(chain);
  const comment = (e: Endpoint) => commented(out, `${s.name} -> ${e.address}`);
  if (s.affinity) for (const e of endpoints) {
    const to = endpointChain(s.name, s.protocol, e.address);
    nat.push(`-A ${chain}${comment(e)} -m recent --name ${to} --rcheck --seconds ${s.affinity} --reap -j ${to}`);
  }
  endpoints.forEach((e, i) => {
    const left = endpoints.length - i;
    nat.push(`-A ${chain}${comment(e)}${left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : ''} -j ${endpointChain(s.name, s.protocol, e.address)}`);
  });
}

const commented = ({ large }: Output, text: string): string => (large ? '' : ` -m comment --comment "${text}"`);
