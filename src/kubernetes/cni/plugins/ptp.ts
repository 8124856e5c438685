import { networkOf, range, text } from '../addresses.ts';
import { type CniPlugin, type CniResult, sandboxOf } from '../types.ts';
import { vethPair } from './bridge.ts';
import { releaseIpam, runIpam } from './ipam.ts';
import { masquerade, unmasquerade } from './masquerade.ts';

/** plugins/main/ptp: a veth pair of its own for each container, the gateway's address on every host end, a host route to it. */
export const ptp: CniPlugin = (call) => {
  const { config, host } = call;
  if (call.command === 'DEL') {
    releaseIpam(call);
    if (call.net?.link(call.ifName)) call.net.delLink(call.ifName);
    if (config['ipMasq']) unmasquerade(call);
    return undefined;
  }
  if (call.command === 'CHECK') return undefined;
  const net = sandboxOf(call), ipam = runIpam(call);
  host.set('net.ipv4.ip_forward', '1');
  const [outer, inner] = vethPair(call, net, Number(config['mtu'] ?? 1500));
  outer.setUp();
  inner.setUp();
  for (const { address, gateway } of ipam.ips!) {
    const [base, bits] = range(address), ip = address.split('/')[0]!, subnet = networkOf(address);
    net.addAddress(call.ifName, address, { broadcast: text(base + 2 ** (32 - bits) - 1) });
    // The subnet is reached over the gateway, which is reached at the link.
    net.delRoute({ dst: subnet, dev: call.ifName });
    net.addRoute({ dst: `${gateway}/32`, dev: call.ifName, src: ip, scope: 'link' });
    net.addRoute({ dst: subnet, via: gateway!, dev: call.ifName, src: ip });
    host.addAddress(outer.name, `${gateway}/32`);
    host.addRoute({ dst: `${ip}/32`, dev: outer.name, scope: 'host' });
    if (config['ipMasq']) masquerade(call, address);
  }
  for (const { dst, gw } of ipam.routes ?? []) net.addRoute({ dst: dst === '0.0.0.0/0' ? 'default' : networkOf(dst), via: gw ?? ipam.ips![0]!.gateway!, dev: call.ifName });
  const interfaces = [{ name: outer.name, mac: outer.address }, { name: call.ifName, mac: inner.address, sandbox: call.netns }];
  return { cniVersion: config.cniVersion ?? '', interfaces, ips: ipam.ips!.map((i) => ({ interface: 1, ...i })), routes: ipam.routes ?? [], dns: ipam.dns ?? {} } satisfies CniResult;
};
