import { devices } from '../kubernetes/runtime/image.ts';
import { APT, BASHRC, osRelease } from '../kubernetes/runtime/images/os.ts';
import { Directory, type FileSystem } from '../linux/files.ts';
import { Machine } from '../linux/machine.ts';
import { formatIpv4, parseIpv4 } from '../linux/net/addresses.ts';
import { sysClassNet } from '../linux/net/files.ts';
import type { NetNamespace } from '../linux/net/namespace.ts';
import { createVeth } from '../linux/net/namespace.ts';
import { ask, dnsAnswer, dnsListen } from '../linux/net/dns.ts';
import { tcpProxy } from '../linux/net/proxy.ts';
import { procRoot } from '../linux/proc.ts';
import type { Process } from '../linux/process.ts';
import type { World } from '../linux/world.ts';
import type { Pki } from '../programs/kubeadm/phases/certs.ts';
import type { Blueprint, HostBlueprint, MachineBlueprint, NetworkBlueprint } from './blueprint.ts';
import { HOST_TOOLS, installExecutables } from './executables.ts';
import { dockerRules, internet, masquerade } from './internet.ts';

/** The host: the bridges of the nodes' networks, an uplink, port forwarding; where it is the student's machine, a home and tools. */
export function hostMachine(world: World, blueprint: Blueprint, pki: Pki, programs: readonly string[]): Machine {
  const { host, cluster } = blueprint;
  const machine = new Machine(world, host.name);
  if (!host.hidden) world.machines.set(host.name, machine);
  if (blueprint.kernel) machine.kernel.release = blueprint.kernel;
  if (blueprint.kernelWithout) machine.kernel.without = new Set(blueprint.kernelWithout);
  const { fs, net } = machine;
  for (const dir of ['/dev', '/etc', '/home', '/mnt', '/opt', '/proc', '/root', '/run', '/srv', '/sys', '/tmp', '/var/lib', '/var/log', host.home]) fs.mkdir(dir, { parents: true });
  fs.change('/tmp', { mode: 0o1777 });
  devices(fs);
  fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' });
  mountSys(fs, machine.net);
  installExecutables(fs, world, programs, host.tools ?? HOST_TOOLS);
  const write = (path: string, content: string, mode = 0o644) => {
    fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { parents: true });
    fs.writeFile(path, content, { mode });
  };
  write('/etc/hostname', `${host.name}\n`);
  write('/etc/hosts', '127.0.0.1\tlocalhost\n');
  write('/etc/resolv.conf', `nameserver ${host.resolver ?? host.uplink.gateway}\n`);
  write('/etc/nsswitch.conf', 'passwd:         files\ngroup:          files\nhosts:          files dns\n');
  write('/etc/os-release', osRelease(host.distribution ?? 'debian'));
  for (const [path, content] of Object.entries({ ...BASHRC, ...(host.uplink.mirrors ? APT[host.distribution ?? 'debian'] : {}) })) write(path, content);
  write('/etc/debian_version', host.distribution ? 'bookworm/sid\n' : '12.5\n');
  write('/etc/passwd', PASSWD);
  write('/etc/group', GROUP);
  if (host.user) {
    loginUser(machine, host.user, 'docker');
    machine.login = host.user;
  }
  if (!host.hidden) write(`${host.home}/.kube/config`, pki.kubeconfig({ server: host.server, user: cluster.user, cn: 'kubernetes-admin', organizations: ['system:masters'], context: cluster.context }), 0o600);
  for (const [name, content] of Object.entries(host.files)) write(`${host.home}/${name}`, content);

  if (host.user) for (const path of [`${host.home}/.kube`, `${host.home}/.kube/config`, ...Object.keys(host.files).map((name) => `${host.home}/${name}`)]) fs.change(path, { uid: 1000, gid: 1000 });

  net.link('lo')?.setUp();
  for (const network of networks(host)) {
    net.addLink({ name: network.bridge, kind: 'bridge', mtu: network.mtu ?? 1500 }).setUp();
    net.addAddress(network.bridge, `${network.address}/${network.prefix}`);
  }
  internet(world, machine, host.uplink);
  net.set('net.ipv4.ip_forward', '1');
  if (host.engine === 'docker') dockerRules(machine, { bridge: host.bridge, subnet: subnet(host), published: host.forwards });
  else if (host.uplink.mirrors) for (const network of networks(host)) masquerade(machine, subnet(network));
  const init = machine.daemon({ argv: ['/sbin/init'], exe: '/sbin/init' });
  if (host.engine === 'docker') for (const f of host.forwards) {
    const argv = ['/usr/bin/docker-proxy', '-proto', 'tcp', '-host-ip', f.listen, '-host-port', String(f.port), '-container-ip', f.to, '-container-port', String(f.toPort)];
    tcpProxy(machine.daemon({ argv, exe: argv[0]!, parent: init }), { ip: f.listen, port: f.port }, { ip: f.to, port: f.toPort });
  } else if (host.forwards.length > 0) {
    const forwarder = machine.daemon({ argv: ['rootlessport'], exe: '/usr/libexec/podman/rootlessport', parent: init });
    for (const f of host.forwards) tcpProxy(forwarder, { ip: f.listen, port: f.port }, { ip: f.to, port: f.toPort });
  }
  nameServer(machine, blueprint);
  if (host.resolver) stubResolver(machine, host.resolver, init);
  return machine;
}

/** Another Linux machine on the nodes' network. */
export function plainMachine(world: World, blueprint: Blueprint, { name, ip, tools = [], distribution, files = {} }: MachineBlueprint, host: Machine, programs: readonly string[]): Machine {
  const machine = new Machine(world, name);
  world.machines.set(name, machine);
  if (blueprint.kernel) machine.kernel.release = blueprint.kernel;
  if (blueprint.kernelWithout) machine.kernel.without = new Set(blueprint.kernelWithout);
  for (const dir of ['/dev', '/etc', '/proc', '/root', '/run', '/sys', '/tmp', '/var/log', '/home']) machine.fs.mkdir(dir, { parents: true });
  machine.fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' });
  mountSys(machine.fs, machine.net);
  devices(machine.fs);
  installExecutables(machine.fs, world, programs, tools, blueprint.kubernetesVersion.replace(/\+.*/, ''));
  if (distribution) machine.fs.writeFile('/etc/os-release', osRelease(distribution));
  machine.fs.writeFile('/etc/hosts', `127.0.0.1\tlocalhost\n${ip}\t${name}\n`);
  machine.fs.writeFile('/etc/resolv.conf', `nameserver ${blueprint.host.address}\n`);
  for (const [path, content] of Object.entries(BASHRC)) machine.fs.writeFile(path, content);
  addUsers(machine);
  machine.daemon({ argv: ['/sbin/init'], exe: '/sbin/init' });
  for (const [path, content] of Object.entries(files)) {
    machine.fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { parents: true });
    machine.fs.writeFile(path, content);
  }
  plug(host, machine, blueprint.host, { dev: 'eth0', veth: `veth${ip.split('.').at(-1)}`, ip });
  machine.net.addRoute({ dst: 'default', via: blueprint.host.address, dev: 'eth0' });
  return machine;
}

/** The host's networks: that of the nodes, and the one that leads out where it is another. */
export function networks(host: HostBlueprint): NetworkBlueprint[] {
  return host.management ? [host, host.management] : [host];
}

/** Joins a machine to a bridge of the host: a veth pair and an address. */
export function plug(host: Machine, machine: Machine, { bridge, prefix, mtu = 1500 }: NetworkBlueprint, { dev, veth, ip, mac }: { dev: string; veth: string; ip: string; mac?: string | undefined }): void {
  const [outer, inner] = createVeth(host.net, veth, machine.net, dev, { mtu });
  if (mac) inner.address = mac;
  machine.net.link('lo')?.setUp();
  outer.setMaster(host.net.link(bridge)!);
  outer.setUp();
  inner.setUp();
  machine.net.addAddress(dev, `${ip}/${prefix}`, { broadcast: '+' });
  machine.net.set('net.ipv4.ip_forward', '1');
  machine.net.set('net.bridge.bridge-nf-call-iptables', '1');
}

/** The DNS server of the nodes' network (Podman's aardvark-dns): names of the machines, also below its domain; the rest is asked of the host's own server. */
function nameServer(machine: Machine, blueprint: Blueprint): void {
  const { host } = blueprint;
  const domain = host.domain === undefined ? undefined : `.${host.domain}`;
  const argv = host.nameServer?.argv ?? ['/usr/libexec/podman/aardvark-dns', '--config', '/run/containers/networks/aardvark-dns', '-p', '53', 'run'];
  const process = machine.daemon({ argv, exe: argv[0]!, ...(machine.pids.get(1) ? { parent: machine.pids.get(1)! } : {}) });
  const names = new Map([...blueprint.nodes, ...blueprint.machines].map(({ name, ip }) => [name, ip]));
  dnsListen(process, { ip: host.address, backlog: host.nameServer?.backlog }, (question, reply) => {
    const { name, type } = question.question;
    const full = name.toLowerCase().replace(/\.$/, ''), inside = domain !== undefined && full.endsWith(domain);
    const short = inside ? full.slice(0, -domain.length) : full;
    const reverse = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(short);
    const owner = reverse && [...names].find(([, ip]) => ip === reverse.slice(1).reverse().join('.'))?.[0];
    if (owner && type === 'PTR') return reply(dnsAnswer(question, { answer: [{ name, type: 'PTR', ttl: 86400, data: `${owner}.` }] }));
    const ip = names.get(short);
    if (!ip) {
      if (!host.uplink.mirrors || inside) return reply(dnsAnswer(question, { rcode: 'NXDOMAIN' }));
      ask(process, { ip: host.uplink.gateway, port: 53 }, [question], {}, (found) => reply(typeof found === 'string' ? dnsAnswer(question, { rcode: 'SERVFAIL' }) : found[0]!));
      return;
    }
    reply(dnsAnswer(question, { answer: type === 'A' ? [{ name, type: 'A', ttl: 86400, data: ip }] : [] }));
  });
}

/** systemd-resolved without a server to ask: it knows no name. */
function stubResolver(machine: Machine, ip: string, parent: Process): void {
  const process = machine.daemon({ argv: ['/usr/lib/systemd/systemd-resolved'], exe: '/usr/lib/systemd/systemd-resolved', parent });
  dnsListen(process, { ip }, (question, reply) => reply(dnsAnswer(question, { rcode: 'NXDOMAIN' })));
}

/** A network as ADDRESS/BITS. */
function subnet({ address, prefix }: NetworkBlueprint): string {
  return `${formatIpv4((parseIpv4(address)! & (-1 << (32 - prefix))) >>> 0)}/${prefix}`;
}

/** /sys, as far as it is modelled: the links of a network namespace. */
export function mountSys(fs: FileSystem, net: NetNamespace): void {
  const sys = new Directory({ mode: 0o555 }), classes = new Directory();
  const systems = new Directory({ mode: 0o555 });
  for (const name of ['bpf', 'cgroup']) systems.set(name, new Directory({ mode: 0o755 }));
  sys.set('fs', systems);
  sys.set('class', classes);
  classes.set('net', sysClassNet(net));
  fs.mount({ path: '/sys', root: sys, type: 'sysfs', source: 'sysfs' });
}

/** root, and somebody who is not. */
export function addUsers(machine: Machine, name = 'dev'): void {
  machine.fs.writeFile('/etc/passwd', PASSWD);
  machine.fs.writeFile('/etc/group', GROUP);
  loginUser(machine, name);
  if (name !== 'dev') machine.login = name;
}

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
const GROUP = 'root:x:0:\nnogroup:x:65534:\n';

/** Somebody with a home (and, unless a plain developer, sudo). */
export function loginUser(machine: Machine, name: string, group?: string): void {
  const { fs } = machine, home = `/home/${name}`;
  const add = (path: string, line: string) => fs.writeFile(path, `${fs.exists(path) ? fs.readFile(path) : ''}${line}\n`);
  add('/etc/passwd', `${name}:x:1000:1000::${home}:/bin/bash`);
  add('/etc/group', `${name}:x:1000:`);
  if (name !== 'dev') add('/etc/group', `sudo:x:27:${name}`);
  if (group && group !== name) add('/etc/group', `${group}:x:998:${name}`);
  fs.mkdir(home, { parents: true });
  fs.change(home, { uid: 1000, gid: 1000 });
  machine.users.set(name, { name, uid: 1000, gid: 1000, home, shell: '/bin/bash' });
}
