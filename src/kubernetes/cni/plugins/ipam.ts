import type { NetNamespace } from '../../../linux/net/namespace.ts';
import { networkOf, range, text } from '../addresses.ts';
import { execPlugin } from '../exec.ts';
import { type CniCall, CniError, type CniResult } from '../types.ts';

/** Asks the IPAM plugin that the configuration names: the main plugins do not choose addresses. */
export function runIpam(call: CniCall): CniResult {
  const type = call.config.ipam?.type ?? '';
  const result = execPlugin(call, type)!;
  if (!result.ips?.length) throw new CniError('IPAM plugin returned missing IP config');
  return result;
}

export function releaseIpam(call: CniCall): void {
  if (call.config.ipam?.type) execPlugin(call, call.config.ipam.type);
}

/** pkg/ipam ConfigureIface: the addresses and the routes of a result, on the container's interface. */
export function configure(net: NetNamespace, ifName: string, result: CniResult): void {
  const [first] = result.ips!;
  for (const { address } of result.ips!) {
    const [base, bits] = range(address);
    net.addAddress(ifName, address, bits === 32 ? {} : { broadcast: text(base + 2 ** (32 - bits) - 1) });
  }
  for (const { dst, gw } of result.routes ?? []) {
    const via = gw ?? first?.gateway;
    net.addRoute({ dst: dst === '0.0.0.0/0' ? 'default' : networkOf(dst), dev: ifName, ...(via ? { via } : {}) });
  }
}
