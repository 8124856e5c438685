import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { openSession } from '../../src/shell/session.ts';
import { oneMachine } from './machine.ts';

/** Types on a terminal of 60 columns and gives what is on its screen. `~2` lets two seconds pass. */
async function typed(...keys: string[]): Promise<string[]> {
  const { world, machine } = oneMachine();
  machine.fs.writeFile('/root/.profile', "PS1='\\u@\\h:\\w\\$ '\n");
  machine.fs.writeFile('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n');
  const screen = new xterm.Terminal({ cols: 60, rows: 40, allowProposedApi: true });
  const session = openSession(world, 'mac', { cols: 60, rows: 40 });
  session.onOutput((text) => screen.write(text));
  await world.advance(world.clock.now + 100_000);
  for (const key of keys) {
    if (key.startsWith('~')) await world.advance(world.clock.now + Number(key.slice(1)) * 1e6);
    else {
      session.input(key);
      await world.advance(world.clock.now + 200_000);
    }
  }
  await new Promise<void>((done) => screen.write('', done));
  expect(world.defects).toEqual([]);
  const lines: string[] = [];
  for (let i = 0; i < screen.buffer.active.length; i++) lines.push(screen.buffer.active.getLine(i)!.translateToString(true).trimEnd());
  return lines.join('\n').trimEnd().split('\n');
}

describe('a login shell on a terminal', () => {
  it('prompts, runs, and names an unknown command as an interactive bash', async () => {
    expect(await typed('echo hola\r', 'nosuch\r')).toEqual(['root@mac:~# echo hola', 'hola', 'root@mac:~# nosuch', '-bash: nosuch: command not found', 'root@mac:~#']);
  });

  it('asks for the rest of a command with PS2', async () => {
    expect(await typed('for i in 1 2\r', 'do echo $i; done\r')).toEqual(['root@mac:~# for i in 1 2', '> do echo $i; done', '1', '2', 'root@mac:~#']);
  });

  it('interrupts, stops, resumes and kills jobs', async () => {
    expect(await typed('sleep 100\r', '\x03', 'sleep 70\r', '\x1a', 'bg\r', 'jobs\r', 'kill %1\r', '\r')).toEqual([
      'root@mac:~# sleep 100', '^C', 'root@mac:~# sleep 70', '^Z', '[1]+  Stopped                 sleep 70', 'root@mac:~# bg', '[1]+ sleep 70 &', 'root@mac:~# jobs', '[1]+  Running                 sleep 70 &',
      'root@mac:~# kill %1', '[1]+  Terminated              sleep 70', 'root@mac:~#', 'root@mac:~#',
    ]);
  });

  it('completes what kubectl offers of itself, as the cluster stands', async () => {
    const world = bootScenario(kindPodman(), { seed: 'tab' });
    const session = openSession(world, 'mac', { cols: 100, rows: 20 });
    let text = '';
    session.onOutput((piece) => (text += piece));
    for (const key of ['', 'kubectl desc\t', 'svc spi\t', '\r']) {
      session.input(key);
      await world.advance(world.clock.now + 500_000);
    }
    expect(text).toContain('IP:                       10.96.244.84');
    expect(world.defects).toEqual([]);
  });

  it('leaves an endless loop with Ctrl-C', async () => {
    expect(await typed('while true; do :; done\r', '~1', '\x03', 'echo $?\r')).toEqual(['root@mac:~# while true; do :; done', '^C', 'root@mac:~# echo $?', '130', 'root@mac:~#']);
  });

  it('edits the line: history, words, completion, search', async () => {
    expect(await typed('echo uno dos\r', '\x1b[A\x17tres\r', 'cat /et\tpas\t\r', '\x12uno\r')).toEqual([
      'root@mac:~# echo uno dos', 'uno dos', 'root@mac:~# echo uno tres', 'uno tres', 'root@mac:~# cat /etc/passwd', 'root:x:0:0:root:/root:/bin/bash', 'root@mac:~# echo uno tres', 'uno tres', 'root@mac:~#',
    ]);
  });

  it('wraps long and wide lines where the terminal does', async () => {
    const lines = await typed(`echo ${'a'.repeat(60)}ñ日本\x01\x06\x06\x06\x06\x06X\r`);
    expect(lines).toEqual([`root@mac:~# echo X${'a'.repeat(42)}`, `${'a'.repeat(18)}ñ日本`, `X${'a'.repeat(59)}`, 'añ日本', 'root@mac:~#']);
  });
});
