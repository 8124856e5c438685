import { expect, it } from 'vitest';
import { openSession } from '../../src/shell/session.ts';
import { oneMachine } from '../shell/machine.ts';

async function keys(file: string, ...typed: string[]): Promise<string> {
  const { world, machine } = oneMachine();
  machine.fs.writeFile('/root/f.yaml', file);
  const session = openSession(world, 'mac');
  await world.advance(world.clock.now + 100_000);
  for (const t of typed) {
    session.input(t);
    await world.advance(world.clock.now + 100_000);
  }
  expect(world.defects).toEqual([]);
  return machine.fs.readFile('/root/f.yaml');
}

const YAML = 'spec:\n  replicas: 2\n  image: nginx\n';

it('vi: change a word, substitute, delete a line, write', async () => {
  expect(await keys(YAML, 'vi f.yaml\r', '/replicas\r', 'wwcw3\x1b', ':%s/nginx/httpd/\r', 'ggdd', ':wq\r')).toBe('  replicas: 3\n  image: httpd\n');
});
it('vi: insert, append, open, yank, put, undo, repeat', async () => {
  expect(await keys('a\nb\n', 'vi f.yaml\r', 'ix\x1b', 'A!\x1b', 'j.', 'yyP', 'onew\x1b', 'u', ':x\r')).toBe('xa!\nb!\nb!\n');
});
it('vi: leaves unsaved changes only with !', async () => {
  expect(await keys('a\n', 'vi f.yaml\r', 'dd', ':q\r', ':q!\r', 'echo out >> f.yaml\r')).toBe('a\nout\n');
});
it('nano: types, cuts and pastes a line, writes', async () => {
  expect(await keys('a\nb\n', 'nano f.yaml\r', 'x', '\x0b', '\x15', '\x15', '\x18', 'y', '\r')).toBe('xa\nxa\nb\n');
});
