import { expect, it } from 'vitest';
import { serveMirror } from '../../src/programs/apt/serve-mirror.ts';
import { oneMachine } from '../shell/machine.ts';

it('apt: a program exists after it was installed from a mirror that can be reached, and not before', async () => {
  const { world, machine, run } = oneMachine();
  machine.fs.remove('/usr/bin/jq');
  machine.fs.writeFile('/etc/hosts', '127.0.0.1 localhost deb.debian.org\n');
  machine.fs.mkdir('/etc/apt');
  machine.fs.writeFile('/etc/apt/sources.list', 'deb http://deb.debian.org/debian bookworm main\n');
  expect((await run('jq -n 1')).code).toBe(127);
  expect((await run('apt-get install -y jq')).stderr).toBe('E: Unable to locate package jq\n');
  expect((await run('apt-get update')).stderr).toContain('W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Could not connect to deb.debian.org:80 (127.0.0.1). - connect (111: Connection refused)');
  serveMirror(machine.daemon({ argv: ['mirror'] }));
  const done = await run('apt-get update && apt-get install -y jq && jq -n 1+1 && dpkg -l jq | tail -1');
  expect(done.code).toBe(0);
  expect(done.stdout).toContain('Setting up jq (1.6-2.1+deb12u1) ...\n');
  expect(done.stdout).toMatch(/\n2\nii {2}jq /);
  expect(world.defects).toEqual([]);
});
