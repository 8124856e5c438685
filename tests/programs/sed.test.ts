import { expect, test } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';

/** What GNU sed 4.9 prints. */
test.each([
  ['a keeps the blanks behind a backslash', String.raw`sed '$a\    hola'`, 'x\n    hola\n'],
  ['and drops them without one', String.raw`sed '$a    hola'`, 'x\nhola\n'],
  ['c', String.raw`sed '1c\  \ hola'`, '   hola\n'],
  ['its text on the next line', "sed '$a\\\n   hola'", 'x\n   hola\n'],
  ['in a script of its own', String.raw`sed -e '1i\' -e '  dos'`, '  dos\nx\n'],
  ['several lines', "sed '$a uno\\\n  dos'", 'x\nuno\n  dos\n'],
  ['escapes', String.raw`sed '$a\    a\tb\\c\nd'`, 'x\n    a\tb\\c\nd\n'],
])('%s', async (_, command, printed) => {
  const world = bootScenario(kindPodman(), { seed: 'sed' });
  const { output } = await runCommand(world, world.machine('mac'), `echo x | ${command}`);
  expect(output).toBe(printed);
});
