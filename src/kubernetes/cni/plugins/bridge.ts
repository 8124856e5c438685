import type { Link } from '../../../linux/net/link.ts';
import { createVeth, type NetNamespace } from '../../../linux/net/namespace.ts';
import { range, text } from '../addresses.ts';
import { type CniCall, CniError, type CniPlugin, type CniResult, sandboxOf } from '../types.ts';
import { configure, releaseIpam, runIpam } from './ipam.ts';
import { masquerade, unmasquerade } from './masquerade.ts';

/** plugins/main/bridge: a bridge with the gateway's address, a veth pair for each container. */
export const bridge: CniPlugin = (call) => {
  const { config, host } = call;
  const gateway = Boolean(config['isGateway']) || Boolean(config['isDefaultGateway']);
  if (call.command === 'DEL') {
    releaseIpam(call);
    if (call.net?.link(call.ifName)) call.net.delLink(call.ifName);
    if (config['ipMasq']) unmasquerade(call);
    return undefined;
  }
  if (call.command === 'CHECK') return undefined;
  const net = sandboxOf(call), mtu = Number(config['mtu'] ?? 0), name = String(config['bridge'] ?? 'cni0');
  const br = ensureBridge(host, name, mtu);
  const [outer, inner] = vethPair(call, net, mtu || br.mtu);
  outer.setMaster(br);
  if (outer.port) outer.port.hairpin = Boolean(config['hairpinMode']);
  outer.setUp();
  const interfaces = [{ name, mac: br.address }, { name: outer.name, mac: outer.address }, { name: call.ifName, mac: inner.address, sandbox: call.netns }];
  if (!config.ipam?.type) return { cniVersion: config.cniVersion ?? '', interfaces, dns: {} };
  let ipam: CniResult | undefined;
  try {
    ipam = runIpam(call);
    const result: CniResult = { cniVersion: config.cniVersion ?? '', interfaces, ips: ipam.ips!.map((ip) => ({ interface: 2, ...ip })), routes: [...(ipam.routes ?? [])], dns: ipam.dns ?? {} };
    if (config['isDefaultGateway'] && !result.routes!.some((r) => r.dst === '0.0.0.0/0')) result.routes!.push({ dst: '0.0.0.0/0', gw: result.ips![0]!.gateway! });
    inner.setUp();
    configure(net, call.ifName, result);
    if (gateway) {
      for (const ip of result.ips!) ensureAddress(host, br, `${ip.gateway}/${ip.address.split('/')[1]}`, Boolean(config['forceAddress']));
      host.set('net.ipv4.ip_forward', '1');
    }
    if (config['ipMasq']) for (const ip of result.ips!) masquerade(call, ip.address);
    return result;
  } catch (error) {
    if (ipam) releaseIpam({ ...call, command: 'DEL' });
    throw error;
  }
};

function ensureBridge(host: NetNamespace, name: string, mtu: number): Link {
  const there = host.link(name);
  if (there && there.kind !== 'bridge') throw new CniError(`failed to create bridge "${name}": "${name}" already exists but is not a bridge`);
  if (there) {
    there.setUp();
    return there;
  }
  const br = host.addLink({ name, kind: 'bridge', ...(mtu ? { mtu } : {}) });
  br.addressSet = true;
  br.setUp();
  br.setAddress(br.address); // or it would change as ports come and go
  return br;
}

/** The gateway's address on the bridge, which must have no other of its kind. */
function ensureAddress(host: NetNamespace, br: Link, address: string, force: boolean): void {
  const [base, bits] = range(address);
  if (br.addresses.some((a) => `${text(a.ip)}/${a.bits}` === address)) return;
  for (const a of [...br.addresses]) {
    if (!force) throw new CniError(`failed to set bridge addr: "${br.name}" already has an IP address different from ${address}`);
    host.delAddress(br.name, `${text(a.ip)}/${a.bits}`);
  }
  host.addAddress(br.name, address, { broadcast: text(base + 2 ** (32 - bits) - 1) });
  br.setAddress(br.address);
}

/** pkg/ip SetupVeth: the container's end and the host's, which gets a random name. */
export function vethPair({ machine, host, ifName, containerId }: CniCall, net: NetNamespace, mtu: number): [Link, Link] {
  if (net.link(ifName)) throw new CniError(`container veth name provided (${ifName}) already exists`);
  const name = `veth${machine.world.rng.fork(`veth/${machine.name}/${containerId}`).hex(8)}`;
  const [outer, inner] = createVeth(host, name, net, ifName, { mtu });
  outer.txqlen = inner.txqlen = 0;
  return [outer, inner];
}
