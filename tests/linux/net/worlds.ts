import { Machine } from '../../../src/linux/machine.ts';
import { createVeth, NetNamespace } from '../../../src/linux/net/namespace.ts';
import type { Process } from '../../../src/linux/process.ts';
import { World } from '../../../src/linux/world.ts';

export function world(seed = 'net'): World {
  return new World({ seed, start: 1_795_000_000_000_000, programs: new Map() });
}

/** A process without a program, to own sockets. */
export function daemon(machine: Machine, net?: NetNamespace, name = 'daemon'): Process {
  return machine.daemon({ argv: [name], exe: `/usr/bin/${name}`, ...(net ? { net } : {}) });
}

/** Two machines on one wire: a 10.0.0.1, b 10.0.0.2. */
export function twoMachines(w: World): { a: Machine; b: Machine } {
  const a = new Machine(w, 'a'), b = new Machine(w, 'b');
  w.machines.set('a', a);
  w.machines.set('b', b);
  createVeth(a.net, 'eth0', b.net, 'eth0');
  a.net.addAddress('eth0', '10.0.0.1/24', { broadcast: '+' });
  b.net.addAddress('eth0', '10.0.0.2/24', { broadcast: '+' });
  a.net.link('eth0')!.setUp();
  b.net.link('eth0')!.setUp();
  return { a, b };
}

export interface Cluster {
  mac: Machine;
  nodes: Machine[];
  pods: NetNamespace[];
}

/** mac with a bridge 172.18.0.1, and nodes with flannel's links and routes; pod i is 10.244.i.2 on node i. */
export function flannel(w: World, count = 3): Cluster {
  const mac = new Machine(w, 'mac');
  w.machines.set('mac', mac);
  mac.net.addLink({ name: 'podman1', kind: 'bridge' });
  mac.net.addAddress('podman1', '172.18.0.1/16');
  mac.net.link('podman1')!.setUp();
  const nodes: Machine[] = [], pods: NetNamespace[] = [];
  for (let i = 0; i < count; i++) {
    const node = new Machine(w, `node-${i}`);
    w.machines.set(node.name, node);
    nodes.push(node);
    const [port, eth0] = createVeth(mac.net, `veth${i}`, node.net, 'eth0');
    port.setMaster(mac.net.link('podman1')!);
    port.setUp();
    node.net.addAddress('eth0', `172.18.0.${i + 2}/16`, { broadcast: '+' });
    eth0.setUp();
    node.net.addRoute({ dst: 'default', via: '172.18.0.1' });
    node.net.set('net.ipv4.ip_forward', '1');
    node.net.addLink({ name: 'flannel.1', kind: 'vxlan', mtu: 1450, address: `aa:00:00:00:00:0${i}`, vxlan: { vni: 1, port: 8472, local: `172.18.0.${i + 2}`, dev: 'eth0', learning: false } });
    node.net.addAddress('flannel.1', `10.244.${i}.0/32`);
    node.net.link('flannel.1')!.setUp();
    node.net.addLink({ name: 'cni0', kind: 'bridge', mtu: 1450 });
    node.net.addAddress('cni0', `10.244.${i}.1/24`, { broadcast: '+' });
    node.net.link('cni0')!.setUp();
    pods.push(pod(node, `pod-${i}`, `10.244.${i}.2`));
  }
  nodes.forEach((node, i) => nodes.forEach((_, j) => {
    if (i === j) return;
    node.net.addRoute({ dst: `10.244.${j}.0/24`, via: `10.244.${j}.0`, dev: 'flannel.1', onlink: true });
    node.net.addNeighbour({ ip: `10.244.${j}.0`, dev: 'flannel.1', lladdr: `aa:00:00:00:00:0${j}` });
    node.net.addFdb({ dev: 'flannel.1', lladdr: `aa:00:00:00:00:0${j}`, dst: `172.18.0.${j + 2}` });
  }));
  return { mac, nodes, pods };
}

export function pod(node: Machine, name: string, ip: string): NetNamespace {
  const ns = new NetNamespace(node.world, { machine: node.name, name });
  node.netns.set(name, ns);
  const host = `veth${name}`.slice(0, 15);
  createVeth(ns, 'eth0', node.net, host, { mtu: 1450 });
  const port = node.net.link(host)!;
  port.setMaster(node.net.link('cni0')!);
  port.port!.hairpin = true;
  port.setUp();
  ns.lo.setUp();
  ns.addAddress('eth0', `${ip}/24`, { broadcast: '+' });
  ns.link('eth0')!.setUp();
  const gateway = ip.replace(/\d+$/, '1');
  ns.addRoute({ dst: 'default', via: gateway });
  ns.addRoute({ dst: '10.244.0.0/16', via: gateway });
  return ns;
}
