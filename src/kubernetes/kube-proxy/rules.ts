import { endpointChain, servicePortChain } from './names.ts';
import { categorize, type Endpoint, externallyAccessible, type ServicePort } from './services.ts';

/** The rules of the iptables mode (pkg/proxy/iptables/proxier.go syncProxyRules), as input of iptables-restore --noflush. */
export interface RuleSet {
  filter: string[];
  nat: string[];
  /** Chains of nat that belong to Services: those that are there and not in it are removed. */
  chains: Set<string>;
}

export function buildRules(services: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>, clusterCIDR: string): RuleSet {
  const filterRules: string[] = [], natRules: string[] = [], chains = new Set<string>();
  for (const s of services) serviceRules(s, endpoints.get(s.name) ?? [], clusterCIDR, filterRules, natRules, chains);
  natRules.push('-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS');
  return {
    chains,
    filter: [
      ...['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-FORWARD', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'].map((c) => `:${c} - [0:0]`),
      ...filterRules,
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
      '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
      '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ],
    nat: [
      ...['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', ...chains].map((c) => `:${c} - [0:0]`),
      '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
      '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
      '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
      '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
      ...natRules,
    ],
  };
}

function serviceRules(s: ServicePort, all: readonly Endpoint[], clusterCIDR: string, filter: string[], nat: string[], chains: Set<string>): void {
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
  if (hasInternal) nat.push(`-A ${internalChain} ${match(`${name} cluster IP`, s.clusterIP, port)} ! -s ${clusterCIDR} -j KUBE-MARK-MASQ`);
  if (any && external) {
    chains.add(externalChain);
    if (!s.externalLocal) nat.push(`-A ${externalChain} -m comment --comment "masquerade traffic for ${name} external destinations" -j KUBE-MARK-MASQ`);
    else nat.push(
      `-A ${externalChain} -m comment --comment "pod traffic for ${name} external destinations" -s ${clusterCIDR} -j ${clusterChain}`,
      `-A ${externalChain} -m comment --comment "masquerade LOCAL traffic for ${name} external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `-A ${externalChain} -m comment --comment "route LOCAL traffic for ${name} external destinations" -m addrtype --src-type LOCAL -j ${clusterChain}`,
    );
    if (hasExternal) nat.push(`-A ${externalChain} -j ${externalPolicyChain}`);
  }
  if (usesFirewall) {
    chains.add(firewall);
    for (const range of s.loadBalancerSourceRanges) nat.push(`-A ${firewall} -m comment --comment "${name} loadbalancer IP" -s ${range} -j ${externalChain}`);
  }
  if (cluster.length > 0) balance(s, clusterChain, cluster, nat, chains);
  if (local.length > 0) balance(s, localChain, local, nat, chains);
  for (const e of reachable) {
    const chain = endpointChain(name, p, e.address);
    chains.add(chain);
    nat.push(`-A ${chain} -m comment --comment "${name}" -s ${e.ip}/32 -j KUBE-MARK-MASQ`);
    nat.push(`-A ${chain} -m comment --comment "${name}"${s.affinity ? ` -m recent --name ${chain} --set` : ''} -m ${p} -p ${p} -j DNAT --to-destination ${e.address}`);
  }
}

/** Who of the endpoints: the one that served this client before, else one at random, each as likely as the others. */
function balance(s: ServicePort, chain: string, endpoints: readonly Endpoint[], nat: string[], chains: Set<string>): void {
  chains.add(chain);
  const comment = (e: Endpoint) => `-m comment --comment "${s.name} -> ${e.address}"`;
  if (s.affinity) for (const e of endpoints) {
    const to = endpointChain(s.name, s.protocol, e.address);
    nat.push(`-A ${chain} ${comment(e)} -m recent --name ${to} --rcheck --seconds ${s.affinity} --reap -j ${to}`);
  }
  endpoints.forEach((e, i) => {
    const left = endpoints.length - i;
    nat.push(`-A ${chain} ${comment(e)}${left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : ''} -j ${endpointChain(s.name, s.protocol, e.address)}`);
  });
}
