import type { NetNamespace } from '../../../linux/net/namespace.ts';
import { ensureChain, ensureRule } from '../../kube-proxy/ensure.ts';
import { sha512Hex } from '../../runtime/sha512.ts';
import { networkOf } from '../addresses.ts';
import type { CniCall } from '../types.ts';

/** pkg/ip SetupIPMasq: what leaves the pods' network goes out under the node's address. `address` is the pod's, with its prefix. */
export function masquerade(call: CniCall, address: string): void {
  const { host, config, containerId } = call, chain = chainName(config.name!, containerId), comment = commentOf(call);
  ensureChain(host, 'nat', chain);
  ensureRule(host, 'A', 'nat', chain, `-d ${networkOf(address)} ${comment} -j ACCEPT`);
  ensureRule(host, 'A', 'nat', chain, `! -d 224.0.0.0/4 ${comment} -j MASQUERADE`);
  ensureRule(host, 'A', 'nat', 'POSTROUTING', `-s ${address.split('/')[0]}/32 ${comment} -j ${chain}`);
}

export function unmasquerade(call: CniCall): void {
  const chain = chainName(call.config.name!, call.containerId);
  dropChain(call.host, chain);
}

const commentOf = ({ config, containerId }: CniCall): string => `-m comment --comment "name: \\"${config.name}\\" id: \\"${containerId}\\""`;
const chainName = (network: string, containerId: string): string => `CNI-${sha512Hex(network + containerId).slice(0, 24)}`;

/** Takes a nat chain away together with the jumps into it from POSTROUTING. */
function dropChain(host: NetNamespace, chain: string): void {
  const { chains } = host.netfilter.tables['nat'];
  if (!chains.has(chain)) return;
  const jumps = chains.get('POSTROUTING')!.rules.filter((r) => r.text.endsWith(` -j ${chain}`)).map((r) => `-D POSTROUTING${r.text}\n`);
  host.netfilter.restore(`*nat\n${jumps.join('')}-F ${chain}\n-X ${chain}\nCOMMIT\n`, { noflush: true });
}
