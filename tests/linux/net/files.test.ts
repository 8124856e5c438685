import { expect, test } from 'vitest';
import { FileSystem } from '../../../src/linux/files.ts';
import { procNet, procSysNet, sysClassNet } from '../../../src/linux/net/files.ts';
import { procRoot } from '../../../src/linux/proc.ts';
import { daemon, flannel, world } from './worlds.ts';

test('the network is seen in /proc/net, /proc/sys/net and /sys/class/net', () => {
  const w = world();
  const { nodes, pods } = flannel(w);
  const { fs, net } = nodes[0]!;
  fs.mkdir('/proc');
  fs.mkdir('/sys/class/net', { parents: true });
  fs.mount({ path: '/proc', root: procRoot(nodes[0]!), type: 'proc' });
  fs.mount({ path: '/sys/class/net', root: sysClassNet(net), type: 'sysfs' });
  const p = daemon(nodes[0]!);
  expect(fs.readdir('/sys/class/net')).toEqual(['cni0', 'eth0', 'flannel.1', 'lo', 'vethpod-0']);
  expect(fs.readdir('/sys/class/net/cni0/brif')).toEqual(['vethpod-0']);
  expect([fs.readFile('/sys/class/net/cni0/mtu'), fs.readFile('/sys/class/net/eth0/operstate'), fs.readFile('/sys/class/net/vethpod-0/brport/hairpin_mode')]).toEqual(['1450\n', 'up\n', '1\n']);
  expect(fs.readFile('/proc/sys/net/ipv4/ip_forward')).toBe('1\n');
  expect(fs.readFile('/proc/sys/net/ipv4/conf/flannel.1/rp_filter')).toBe('0\n');
  fs.writeFile('/proc/sys/net/ipv4/ip_forward', '0\n');
  expect(net.forwarding(net.link('eth0')!)).toBe(false);
  expect(() => fs.readFile('/proc/sys/net/bridge/bridge-nf-call-iptables')).toThrow('No such file or directory');
  net.set('net.bridge.bridge-nf-call-iptables', '1');
  expect(fs.readFile('/proc/sys/net/bridge/bridge-nf-call-iptables')).toBe('1\n');
  expect(fs.readFile(`/proc/${p.pid}/net/route`).split('\n').length).toBe(7);
  expect(net.netfilter && fs.readFile('/proc/sys/net/netfilter/nf_conntrack_max')).toBe('262144\n');
  // A pod sees its own.
  const pod = new FileSystem(procNet(pods[0]!), () => w.clock.now);
  expect(pod.readFile('/dev').split('\n').slice(2, -1).map((l) => l.split(':')[0]!.trim())).toEqual(['lo', 'eth0']);
  expect(new FileSystem(procSysNet(pods[0]!), () => w.clock.now).readFile('/ipv4/ip_forward')).toBe('0\n');
});
