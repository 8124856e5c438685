import type { NetNamespace } from '../../linux/net/namespace.ts';
import { ensureChain, ensureRule } from '../kube-proxy/ensure.ts';
import { sha256Hex } from '../runtime/sha256.ts';

/** hostPort: the portmap plugin's rules (containernetworking/plugins, plugins/meta/portmap). Chain names hash with SHA-256 here, SHA-512 there. */
export interface PortMapping {
  hostPort: number;
  containerPort: number;
  protocol: string;
  hostIP?: string;
}

interface Sandbox {
  network: string;
  containerId: string;
}

/** `subnet`: the pods' network of this node, as ADDRESS/BITS; `dev`: the host's device towards the pod. */
export function mapPorts(host: NetNamespace, sandbox: Sandbox, { ip, subnet, dev, mappings }: { ip: string; subnet: string; dev: string; mappings: readonly PortMapping[] }): void {
  ensureChain(host, 'nat', 'CNI-HOSTPORT-SETMARK');
  ensureRule(host, 'A', 'nat', 'CNI-HOSTPORT-SETMARK', '-m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000');
  ensureChain(host, 'nat', 'CNI-HOSTPORT-MASQ');
  ensureRule(host, 'A', 'nat', 'CNI-HOSTPORT-MASQ', '-m mark --mark 0x2000/0x2000 -j MASQUERADE');
  ensureRule(host, 'I', 'nat', 'POSTROUTING', '-m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ');
  ensureChain(host, 'nat', 'CNI-HOSTPORT-DNAT');
  for (const hook of ['PREROUTING', 'OUTPUT']) ensureRule(host, 'A', 'nat', hook, '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT');
  const chain = chainName(sandbox);
  ensureChain(host, 'nat', chain);
  for (const m of mappings) {
    const match = `${m.hostIP && m.hostIP !== '0.0.0.0' ? `-d ${m.hostIP}/32 ` : ''}-p ${m.protocol} -m ${m.protocol} --dport ${m.hostPort}`;
    for (const source of [subnet, '127.0.0.1/32']) ensureRule(host, 'A', 'nat', chain, `-s ${source} ${match} -j CNI-HOSTPORT-SETMARK`);
    ensureRule(host, 'A', 'nat', chain, `${match} -j DNAT --to-destination ${ip}:${m.containerPort}`);
  }
  for (const entry of entries(sandbox, mappings)) ensureRule(host, 'A', 'nat', 'CNI-HOSTPORT-DNAT', entry);
  host.set(`net.ipv4.conf.${dev}.route_localnet`, '1');
}

/** Takes the sandbox's rules away; the common chains stay. */
export function unmapPorts(host: NetNamespace, sandbox: Sandbox, mappings: readonly PortMapping[]): void {
  const { chains } = host.netfilter.tables['nat'], chain = chainName(sandbox);
  if (!chains.has(chain)) return;
  const there = new Set(chains.get('CNI-HOSTPORT-DNAT')?.rules.map((r) => r.text.slice(1)));
  const gone = entries(sandbox, mappings).filter((e) => there.has(e)).map((e) => `-D CNI-HOSTPORT-DNAT ${e}\n`).join('');
  host.netfilter.restore(`*nat\n${gone}-F ${chain}\n-X ${chain}\nCOMMIT\n`, { noflush: true });
}

/** The jumps into the sandbox's chain: one for each protocol, or for each 15 of its ports. */
function entries(sandbox: Sandbox, mappings: readonly PortMapping[]): string[] {
  const comment = `-m comment --comment "dnat name: \\"${sandbox.network}\\" id: \\"${sandbox.containerId}\\""`;
  return [...new Set(mappings.map((m) => m.protocol))].sort().flatMap((protocol) => {
    const ports = mappings.filter((m) => m.protocol === protocol).map((m) => m.hostPort);
    return Array.from({ length: Math.ceil(ports.length / 15) }, (_, i) => `-p ${protocol} ${comment} -m multiport --dports ${ports.slice(15 * i, 15 * i + 15).join(',')} -j ${chainName(sandbox)}`);
  });
}

const chainName = ({ network, containerId }: Sandbox): string => `CNI-DN-${sha256Hex(`${network}${containerId}`).slice(0, 21)}`;
