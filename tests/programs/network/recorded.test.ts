/**
 * The network programs print what those of Debian 12 print, command by command, in the same little network. What the real ones said
 * stands beside the commands; `RECORD=1 npx vitest run tests/programs/network` types them into the tools of this machine and writes it
 * down anew (some commands wait for the kernel's timers: on a machine that has nothing else to do).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandsOf, difference, masked, missing, real, simulated, type Ran } from './sides.ts';

const here = import.meta.dirname;
const files = readdirSync(here).filter((f) => f.endsWith('.txt'));

if (process.env['RECORD']) {
  const reason = missing({ 'ip -V': 'ip utility, iproute2-6.1.0' });
  test.skipIf(reason !== undefined).each(files)(reason === undefined ? 'recording %s' : `%s skipped: ${reason}`, { timeout: 300_000 }, (file) => {
    const commands = commandsOf(join(here, file));
    const said = real(commands, { ipv6: file.includes('ipv6') });
    writeFileSync(recordOf(file), `${JSON.stringify(commands.map((command, i) => ({ command, ...masked(said[i]!) })), null, 1)}\n`);
  });
}

test.each(files)('%s', { timeout: 120_000 }, async (file) => {
  const commands = commandsOf(join(here, file));
  expect(existsSync(recordOf(file)), `${file} has not been recorded`).toBe(true);
  const recorded = JSON.parse(readFileSync(recordOf(file), 'utf8')) as (Ran & { command: string })[];
  expect(recorded.map(({ command }) => command), `${file} has changed since it was recorded`).toEqual(commands);
  const ours = await simulated(commands, { ipv6: file.includes('ipv6') });
  const wrong = commands.map((command, i) => [command, difference(recorded[i]!, ours[i]!)] as const).filter(([, d]) => d !== '');
  expect(wrong.map(([command, d]) => `$ ${command}\n${d}\n`).join('\n')).toBe('');
});

function recordOf(file: string): string {
  return join(here, file.replace(/txt$/, 'json'));
}
