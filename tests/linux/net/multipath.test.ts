import { expect, test } from 'vitest';
import { Machine } from '../../../src/linux/machine.ts';
import { formatRoute } from '../../../src/linux/net/fib.ts';
import { createVeth } from '../../../src/linux/net/namespace.ts';
import { world } from './worlds.ts';

test('several next hops: a flow stays on one, flows are shared by the weights, a dead link takes none', () => {
  const w = world();
  const { net } = new Machine(w, 'router');
  for (const [i, dev] of ['eth0', 'eth1'].entries()) {
    createVeth(net, dev, new Machine(w, `peer-${i}`).net, 'eth0')[1].setUp();
    net.addAddress(dev, `10.0.${i}.1/24`);
    net.link(dev)!.setUp();
  }
  net.addRoute({ dst: '10.9.0.0/16', nexthops: [{ via: '10.0.0.2', weight: 1 }, { via: '10.0.1.2', dev: 'eth1', weight: 3 }] });
  expect(formatRoute(net.routes().find((r) => r.nexthops)!)).toBe('10.9.0.0/16 \n\tnexthop via 10.0.0.2 dev eth0 weight 1 \n\tnexthop via 10.0.1.2 dev eth1 weight 3');
  const taken = () => {
    const count: Record<string, number> = { eth0: 0, eth1: 0 };
    for (let i = 0; i < 4000; i++) {
      const dev = net.fib.output(0x0a090000 + i).dev.name;
      expect(net.fib.output(0x0a090000 + i).dev.name).toBe(dev);
      count[dev]!++;
    }
    return count;
  };
  const shared = taken();
  expect(shared['eth1']! / shared['eth0']!).toBeGreaterThan(2.5);
  expect(shared['eth1']! / shared['eth0']!).toBeLessThan(3.5);
  net.link('eth1')!.setDown();
  expect(taken()).toEqual({ eth0: 4000, eth1: 0 });
  net.link('eth0')!.setDown();
  expect(net.routes().filter((r) => r.nexthops)).toEqual([]);
});
