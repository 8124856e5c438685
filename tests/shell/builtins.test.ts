import { expect, test } from 'vitest';
import { BUILTINS } from '../../src/shell/builtins/index.ts';

test('what is loaded when it is first run is known by name before', async () => {
  const files = await Promise.all([import('../../src/shell/builtins/io.ts'), import('../../src/shell/builtins/info.ts'), import('../../src/shell/builtins/jobs.ts'), import('../../src/shell/builtins/variables.ts')]);
  const names = files.flatMap((file) => Object.values(file).filter((e) => typeof e === 'object').flatMap((e) => Object.keys(e)));
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !BUILTINS.has(name))).toEqual([]);
});
