import type { NetNamespace } from '../../../linux/net/namespace.ts';
import { ensureChain, ensureRule } from '../../kube-proxy/ensure.ts';
import { sha512Hex } from '../../runtime/sha512.ts';
import { networkOf } from '../addresses.ts';
import { CniError, type CniPlugin, type PortMapping } from '../types.ts';

/** hostPort: plugins/meta/portmap. It changes nothing of what the plugins before it made, and adds rules to nat. */
export const portmap: CniPlugin = (call) => {
  const { config, host, containerId } = call, mappings = config.runtimeConfig?.portMappings ?? [];
  const sandbox = { network: config.name!, containerId };
  if (call.command === 'DEL') {
    unmapPorts(host, sandbox);
    return undefined;
  }
  if (call.command === 'CHECK') return config.prevResult;
  if (!config.prevResult) throw new CniError('must be called as chained plugin');
  const address = config.prevResult.ips?.[0]?.address;
  if (mappings.length === 0 || !address) return config.prevResult;
  const outer = config.prevResult.interfaces?.find((i) => i.sandbox === undefined)?.name;
  const ip = address.split('/')[0]!;
  mapPorts(host, sandbox, { ip, subnet: networkOf(address), dev: outer ?? host.lookupRoute(ip).dev.name, mappings, snat: config['snat'] !== false });
  return config.prevResult;
};

interface Sandbox {
  network: string;
  containerId: string;
}

/** `subnet`: the pods' network of this node, as ADDRESS/BITS; `dev`: the host's device towards the pod. */
function mapPorts(host: NetNamespace, sandbox: Sandbox, { ip, subnet, dev, mappings, snat }: { ip: string; subnet: string; dev: string; mappings: readonly PortMapping[]; snat: boolean }): void {
  if (snat) {
    ensureChain(host, 'nat', 'CNI-HOSTPORT-SETMARK');
    ensureRule(host, 'A', 'nat', 'CNI-HOSTPORT-SETMARK', '-m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000');
    ensureChain(host, 'nat', 'CNI-HOSTPORT-MASQ');
    ensureRule(host, 'A', 'nat', 'CNI-HOSTPORT-MASQ', '-m mark --mark 0x2000/0x2000 -j MASQUERADE');
    ensureRule(host, 'I', 'nat', 'POSTROUTING', '-m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ');
  }
  ensureChain(host, 'nat', 'CNI-HOSTPORT-DNAT');
  for (const hook of ['PREROUTING', 'OUTPUT']) ensureRule(host, 'A', 'nat', hook, '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT');
  const chain = chainName(sandbox);
  ensureChain(host, 'nat', chain);
  for (const m of mappings) {
    const match = `${m.hostIP && m.hostIP !== '0.0.0.0' ? `-d ${m.hostIP}/32 ` : ''}-p ${m.protocol} -m ${m.protocol} --dport ${m.hostPort}`;
    if (snat) for (const source of [subnet, '127.0.0.1/32']) ensureRule(host, 'A', 'nat', chain, `-s ${source} ${match} -j CNI-HOSTPORT-SETMARK`);
    ensureRule(host, 'A', 'nat', chain, `${match} -j DNAT --to-destination ${ip}:${m.containerPort}`);
  }
  for (const entry of entries(sandbox, mappings)) ensureRule(host, 'A', 'nat', 'CNI-HOSTPORT-DNAT', entry);
  host.set(`net.ipv4.conf.${dev}.route_localnet`, '1');
}

/** Takes the sandbox's chain and the jumps into it away; the common chains stay. */
function unmapPorts(host: NetNamespace, sandbox: Sandbox): void {
  const { chains } = host.netfilter.tables['nat'];
  if (!chains.has('CNI-HOSTPORT-DNAT')) return;
  const chain = chainName(sandbox);
  if (!chains.has(chain)) return;
  const gone = chains.get('CNI-HOSTPORT-DNAT')!.rules.filter((r) => r.text.endsWith(` -j ${chain}`)).map((r) => `-D CNI-HOSTPORT-DNAT${r.text}\n`).join('');
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

const chainName = ({ network, containerId }: Sandbox): string => `CNI-DN-${sha512Hex(`${network}${containerId}`).slice(0, 21)}`;
