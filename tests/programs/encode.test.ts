import { expect, test } from 'vitest';
import { PROGRAMS } from '../../src/programs/index.ts';
import { oneMachine } from '../shell/machine.ts';

test('the bytes of a file that is no text are encoded and summed up as they are', async () => {
  const { machine, run } = oneMachine(Object.fromEntries(['base64', 'md5sum', 'sha256sum', 'xxd', 'od'].map((name) => [name, PROGRAMS[name]!])));
  machine.fs.writeFile('/root/datos', Uint8Array.from([0, 0x7f, 0x80, 0x99, 0xff, 0xc3, 0xa9]));
  expect((await run('base64 datos')).output).toBe('AH+Amf/DqQ==\n');
  expect((await run('md5sum datos')).output).toBe('736993a26bedae563d9a37899b888fde  datos\n');
  expect((await run('xxd datos')).output).toBe('00000000: 007f 8099 ffc3 a9                        .......\n');
  expect(machine.fs.readFile('/root/datos').length).toBe(7);
});
