import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandsOf, difference, missing, real, simulated } from './sides.ts';

/** The network programs print what those of Debian 12 print, command by command, in the same little network. */
const reason = missing({ 'ip -V': 'ip utility, iproute2-6.1.0' });

test.skipIf(reason !== undefined).each(readdirSync(import.meta.dirname).filter((f) => f.endsWith('.txt')))(reason === undefined ? '%s' : `%s skipped: ${reason}`, { timeout: 120_000 }, async (file) => {
  const commands = commandsOf(new URL(file, import.meta.url));
  const ipv6 = file.includes('ipv6'), theirs = real(commands, { ipv6 }), ours = await simulated(commands, { ipv6 });
  const wrong = commands.map((command, i) => [command, difference(theirs[i]!, ours[i]!)] as const).filter(([, d]) => d !== '');
  expect(wrong.map(([command, d]) => `$ ${command}\n${d}\n`).join('\n')).toBe('');
});
