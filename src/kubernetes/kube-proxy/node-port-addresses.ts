import { inPrefix, parseCidr } from '../../linux/net/addresses.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';

/** Whether nodePortAddresses, a list of CIDRs, lets nodePorts be served on all of the node's addresses. */
export const anyAddress = (cidrs: readonly string[]): boolean => cidrs.length === 0 || cidrs.includes('0.0.0.0/0');

/** The node's addresses (as numbers) in these CIDRs. */
export function addressesWithin(net: NetNamespace, cidrs: readonly string[]): number[] {
  const within = cidrs.flatMap((c) => parseCidr(c) ?? []);
  return net.addresses().map((a) => a.ip).filter((ip) => within.some((w) => inPrefix(ip, w.address, w.bits)));
}
