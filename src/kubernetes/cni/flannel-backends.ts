import type { Link } from '../../linux/net/link.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import { klog } from '../runtime/klog.ts';
import { number, range, text } from './addresses.ts';

/** How flannel carries packets to other nodes (pkg/backend): "Backend" of net-conf.json. */
export interface BackendConfig {
  Type: string;
  VNI?: number;
  Port?: number;
  DirectRouting?: boolean;
}

export interface Peer {
  cidr: string;
  publicIP: string;
  /** What the node's annotation backend-data holds. */
  data: { VNI?: number; VtepMAC?: string } | null;
  type: string;
}

export interface Backend {
  type: string;
  mtu: number;
  /** Of this node, for the others. */
  data: Peer['data'];
  add(peer: Peer): void;
  remove(cidr: string): void;
}

export interface BackendOptions {
  process: Process;
  node: string;
  podCIDR: string;
  publicIP: string;
  uplink: Link;
  /** The MAC of an earlier life. */
  known: Peer['data'];
}

/** Undefined for a type that there is not. */
export function backendOf(config: BackendConfig, options: BackendOptions): Backend | undefined {
  return BACKENDS[config.Type]?.(config, options);
}

function vxlan({ VNI = 1, Port = 8472, DirectRouting = false }: BackendConfig, { process, node, podCIDR, publicIP, uplink, known }: BackendOptions): Backend {
  const { net } = process, dev = `flannel.${VNI}`, [base] = range(podCIDR);
  klog(process, 'I', 'vxlan.go:141', `VXLAN config: VNI=${VNI} Port=0 GBP=false Learning=false DirectRouting=${DirectRouting}`);
  let link = net.link(dev);
  if (!link) {
    const mac = known?.VtepMAC ?? process.world.rng.fork(`flannel/${node}`).mac();
    link = net.addLink({ name: dev, kind: 'vxlan', mtu: uplink.mtu - 50, address: mac, vxlan: { vni: VNI, port: Port, local: publicIP, dev: uplink.name, learning: false } });
  }
  link.setUp();
  if (!net.addresses(dev).some((a) => a.ip === base)) net.addAddress(dev, `${text(base)}/32`);
  return {
    type: 'vxlan', mtu: link.mtu, data: { VNI, VtepMAC: link.address },
    add({ cidr, publicIP: ip, data, type }) {
      if (type !== 'vxlan' || !data?.VtepMAC || !net.link(dev)) return;
      const [peerBase, bits] = range(cidr), gateway = text(peerBase);
      if (DirectRouting && sameNetwork(uplink, ip)) return direct(net, uplink, cidr, ip);
      net.addNeighbour({ ip: gateway, dev, lladdr: data.VtepMAC, state: 'PERMANENT' }, { replace: true });
      net.addFdb({ dev, lladdr: data.VtepMAC, dst: ip }, { replace: true });
      net.replaceRoute({ dst: `${gateway}/${bits}`, via: gateway, dev, onlink: true });
    },
    remove(cidr) {
      removeRoute(net, cidr);
      if (net.link(dev) && net.neighbours(dev).some((n) => n.ip === range(cidr)[0])) net.delNeighbour({ ip: text(range(cidr)[0]), dev });
    },
  };
}

/** Routes over the nodes' own addresses: they must share a link. */
function hostGw(_: BackendConfig, { process, uplink }: BackendOptions): Backend {
  const { net } = process;
  return {
    type: 'host-gw', mtu: uplink.mtu, data: null,
    add({ cidr, publicIP, type }) {
      if (type !== 'host-gw') return klog(process, 'W', 'route_network.go:82', `Ignoring non-host-gw subnet: type=${type}`);
      klog(process, 'I', 'route_network.go:87', `Subnet added: ${cidr} via ${publicIP}`);
      if (sameNetwork(uplink, publicIP)) direct(net, uplink, cidr, publicIP);
      else klog(process, 'E', 'route_network.go:175', `Error adding route to {Ifindex: ${uplink.index} Dst: ${cidr} Src: <nil> Gw: ${publicIP} Flags: [] Table: 0}: network is unreachable`);
    },
    remove: (cidr) => removeRoute(net, cidr),
  };
}

const BACKENDS: Record<string, (config: BackendConfig, options: BackendOptions) => Backend> = { vxlan, 'host-gw': hostGw };

function sameNetwork(uplink: Link, ip: string): boolean {
  return uplink.addresses.some((a) => range(`${text(a.ip)}/${a.bits}`)[0] === range(`${ip}/${a.bits}`)[0] && number(ip) !== a.ip);
}

function direct(net: NetNamespace, uplink: Link, cidr: string, via: string): void {
  const [base, bits] = range(cidr);
  net.replaceRoute({ dst: `${text(base)}/${bits}`, via, dev: uplink.name });
}

function removeRoute(net: NetNamespace, cidr: string): void {
  const [base, bits] = range(cidr);
  if (net.routes().some((r) => r.dst === base && r.bits === bits && r.via !== undefined)) net.delRoute({ dst: `${text(base)}/${bits}` });
}
