import { expect, test } from 'vitest';
import { execPlugin } from '../../../src/kubernetes/cni/exec.ts';
import { reserveAddress } from '../../../src/kubernetes/cni/plugins/host-local.ts';
import type { CniCommand, CniResult, PluginConfig } from '../../../src/kubernetes/cni/types.ts';
import { Machine } from '../../../src/linux/machine.ts';
import { NetNamespace } from '../../../src/linux/net/namespace.ts';
import { World } from '../../../src/linux/world.ts';

function machine(): Machine {
  const m = new Machine(new World({ seed: '1', start: 0, programs: new Map() }), 'worker-1');
  m.fs.mkdir('/opt/cni/bin', { parents: true });
  for (const p of ['bridge', 'ptp', 'host-local', 'portmap', 'loopback', 'flannel']) m.fs.writeFile(`/opt/cni/bin/${p}`, '', { mode: 0o755, program: `cni-${p}` });
  return m;
}

function plug(m: Machine, command: CniCommand, id: string, config: PluginConfig, pod = id): CniResult | undefined {
  if (!m.netns.has(`cni-${id}`)) m.netns.set(`cni-${id}`, new NetNamespace(m.world, { machine: m.name, name: `cni-${id}` }));
  return execPlugin({
    process: m.daemon({ argv: ['containerd'], exe: '/usr/bin/containerd' }), machine: m, host: m.net, fs: m.fs, command, containerId: id, netns: `/var/run/netns/cni-${id}`, net: m.netns.get(`cni-${id}`), ifName: 'eth0', args: { K8S_POD_NAMESPACE: 'default', K8S_POD_NAME: pod }, path: ['/opt/cni/bin'], config,
  });
}

const ipam = { type: 'host-local', subnet: '10.244.1.0/24' };

test('host-local gives addresses in turn, keeps them as files, and a freed one is not the next', () => {
  const m = machine(), config = { type: 'host-local', name: 'cbr0', cniVersion: '0.3.1', ipam };
  const next = (pod: string) => plug(m, 'ADD', `id-${pod}`, config, pod)!.ips![0]!.address;
  expect([next('a'), next('b')]).toEqual(['10.244.1.2/24', '10.244.1.3/24']);
  expect(m.fs.readdir('/var/lib/cni/networks/cbr0')).toEqual(['10.244.1.2', '10.244.1.3', 'last_reserved_ip.0', 'lock']);
  expect(m.fs.readFile('/var/lib/cni/networks/cbr0/10.244.1.2')).toBe('id-a\r\neth0');
  plug(m, 'DEL', 'id-b', config);
  reserveAddress(m, 'default/z', '10.244.1.5');
  expect([next('c'), next('d'), next('z')]).toEqual(['10.244.1.4/24', '10.244.1.6/24', '10.244.1.5/24']);
});

test('a range that is full, and one that is none', () => {
  const m = machine(), config = { type: 'host-local', name: 'small', ipam: { type: 'host-local', ranges: [[{ subnet: '10.9.0.0/24', rangeStart: '10.9.0.10', rangeEnd: '10.9.0.11' }]] } };
  expect(['a', 'b'].map((id) => plug(m, 'ADD', id, config)!.ips)).toEqual([[{ address: '10.9.0.10/24', gateway: '10.9.0.1' }], [{ address: '10.9.0.11/24', gateway: '10.9.0.1' }]]);
  expect(() => plug(m, 'ADD', 'c', config)).toThrow('failed to allocate for range 0: no IP addresses available in range set: 10.9.0.10-10.9.0.11');
  expect(() => plug(m, 'ADD', 'c', { ...config, ipam: { type: 'host-local' } })).toThrow('no IP ranges specified');
});

test('bridge: a gateway on the bridge, a default route in the container, masquerading on request', () => {
  const m = machine(), config = { type: 'bridge', name: 'mynet', cniVersion: '1.0.0', bridge: 'br7', isDefaultGateway: true, ipMasq: true, ipam: { type: 'host-local', subnet: '10.22.0.0/16' } };
  const result = plug(m, 'ADD', 'one', config)!;
  expect(result.interfaces!.map((i) => i.name)).toEqual(['br7', expect.stringMatching(/^veth[0-9a-f]{8}$/), 'eth0']);
  expect(result.routes).toEqual([{ dst: '0.0.0.0/0', gw: '10.22.0.1' }]);
  const net = m.netns.get('cni-one')!;
  expect(net.lookupRoute('8.8.8.8').via).toBe(0x0a160001);
  expect(m.net.netfilter.tables.nat.chains.get('POSTROUTING')!.rules.map((r) => r.text)).toEqual([expect.stringMatching(/^ -s 10\.22\.0\.2\/32 -m comment --comment "name: \\"mynet\\" id: \\"one\\"" -j CNI-[0-9a-f]{24}$/)]);
  plug(m, 'DEL', 'one', config);
  expect(m.net.netfilter.tables.nat.chains.get('POSTROUTING')!.rules).toEqual([]);
  expect(m.net.links().map((l) => l.name)).toEqual(['lo', 'br7']);
});

test('flannel without subnet.env, and on a bridge that belongs to another subnet', () => {
  const m = machine(), config = { type: 'flannel', name: 'cbr0', cniVersion: '0.3.1', delegate: { hairpinMode: true, isDefaultGateway: true } };
  expect(() => plug(m, 'ADD', 'x', config)).toThrow('loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory');
  m.net.addLink({ name: 'cni0', kind: 'bridge' }).setUp();
  m.net.addAddress('cni0', '10.244.9.1/24');
  m.fs.mkdir('/run/flannel', { parents: true });
  m.fs.writeFile('/run/flannel/subnet.env', 'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n');
  expect(() => plug(m, 'ADD', 'y', config)).toThrow('failed to delegate add: failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24');
  expect(m.fs.readdir('/var/lib/cni/networks/cbr0')).toEqual(['last_reserved_ip.0', 'lock']);
  m.net.delAddress('cni0', '10.244.9.1/24');
  expect(plug(m, 'ADD', 'z', config)!.routes).toEqual([{ dst: '10.244.0.0/16' }, { dst: '0.0.0.0/0', gw: '10.244.1.1' }]);
});

test('what the runtime says of an executable that is not there, or cannot be run', () => {
  const m = machine(), config = { type: 'macvlan', name: 'n' };
  expect(() => plug(m, 'ADD', 'a', config)).toThrow('failed to find plugin "macvlan" in path [/opt/cni/bin]');
  m.fs.writeFile('/opt/cni/bin/macvlan', 'x', { mode: 0o644 });
  expect(() => plug(m, 'ADD', 'a', config)).toThrow('netplugin failed with no error message: fork/exec /opt/cni/bin/macvlan: permission denied');
  m.fs.change('/opt/cni/bin/macvlan', { mode: 0o755 });
  expect(() => plug(m, 'ADD', 'a', config)).toThrow('netplugin failed with no error message: fork/exec /opt/cni/bin/macvlan: exec format error');
});
