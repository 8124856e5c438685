import { expect, test } from 'vitest';
import { allocate, release, reserveAddress } from '../../../src/kubernetes/cni/host-local.ts';
import { Machine } from '../../../src/linux/machine.ts';
import { World } from '../../../src/linux/world.ts';

test('addresses are given in turn, kept as files, and a freed one is not the next', () => {
  const machine = new Machine(new World({ seed: '1', start: 0, programs: new Map() }), 'worker-1');
  const next = (pod: string) => allocate(machine, 'cbr0', '10.244.1.0/24', `id-${pod}`, pod);
  expect([next('default/a'), next('default/b')]).toEqual(['10.244.1.2', '10.244.1.3']);
  expect(machine.fs.readdir('/var/lib/cni/networks/cbr0')).toEqual(['10.244.1.2', '10.244.1.3', 'last_reserved_ip.0', 'lock']);
  expect(machine.fs.readFile('/var/lib/cni/networks/cbr0/10.244.1.2')).toBe('id-default/a\r\neth0');
  release(machine.fs, 'cbr0', '10.244.1.3');
  reserveAddress(machine, 'default/z', '10.244.1.5');
  expect([next('default/c'), next('default/d'), next('default/z')]).toEqual(['10.244.1.4', '10.244.1.6', '10.244.1.5']);
});
