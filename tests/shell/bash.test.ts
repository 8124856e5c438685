import { describe, expect, it } from 'vitest';
import { oneMachine } from './machine.ts';

/** What bash 5.2.15 prints for the same words. */
const CASES: [command: string, output: string, code?: number][] = [
  ['for i in {1..3}; do echo $i; done', '1\n2\n3\n'],
  ['x=hello.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${x//l/L} ${x^^} ${#x} ${x: -3}', 'hello.tar hello tar.gz gz heLLo.tar.gz HELLO.TAR.GZ 12 .gz\n'],
  ['a=(1 2 "3 4"); echo ${#a[@]} "${a[2]}"; for i in "${a[@]}"; do echo "<$i>"; done', '3 3 4\n<1>\n<2>\n<3 4>\n'],
  ['declare -A m=([a]=1 [b]=2); echo ${m[a]} ${!m[@]}', '1 b a\n'],
  ['set -e; false || echo ok; false; echo no', 'ok\n', 1],
  ['trap "echo bye" EXIT; echo hi; exit 4', 'hi\nbye\n', 4],
  ['foo', 'bash: line 1: foo: command not found\n', 127],
  ['echo )', "bash: -c: line 1: syntax error near unexpected token `)'\nbash: -c: line 1: `echo )'\n", 2],
  ['echo "abc', 'bash: -c: line 1: unexpected EOF while looking for matching `"\'\n', 2],
  ['cat < /nope; echo $?', 'bash: line 1: /nope: No such file or directory\n1\n'],
  ['/tmp; echo $?', 'bash: line 1: /tmp: Is a directory\n126\n'],
  ['set -u; echo $nope; echo after', 'bash: line 1: nope: unbound variable\n', 127],
  ['[[ a1b =~ ([0-9]) ]] && echo ${BASH_REMATCH[1]}; echo $((2**10)) $((5>3?1:0))', '1\n1024 1\n'],
  ['false | true; echo $? ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?', '0 1 0\n1\n'],
  ['paste <(seq 2) <(seq 3 4); read x < <(echo ps); echo $x', '1\t3\n2\t4\nps\n'],
  ['while read a b; do echo "$b|$a"; done <<< "1 2 3"', '2 3|1\n'],
  ['timeout 1 sleep 5; echo $?; sleep 100 & p=$!; kill $p; wait $p; echo $?', '124\n143\n'],
  ["printf 'a 1\\nb 2\\n' | awk '{s+=$2} END {print s, NR}'; printf 'b\\na\\n' | sort | sed 's/a/X/' | head -1", '3 2\nX\n'],
  ['while true; do printf "%(%T)T\\n" -1; sleep 1; done | head -3', '10:30:00\n10:30:01\n10:30:02\n'],
];

describe('bash -c', () => {
  it.each(CASES)('%s', async (command, output, code = 0) => {
    const { world, run } = oneMachine();
    const done = await run(command);
    expect(world.defects).toEqual([]);
    expect([done.output, done.code]).toEqual([output, code]);
  });

  it('prints as it runs: a loop through tee can be read before it ends', async () => {
    const { world, machine } = oneMachine();
    const { startCommand } = await import('../../src/shell/session.ts');
    const started = startCommand(world, machine, 'while true; do echo tick; sleep 1; done | tee /tmp/log');
    await world.advance(world.clock.now + 2_500_000);
    expect(started.stdout()).toBe('tick\ntick\ntick\n');
    expect(machine.fs.readFile('/tmp/log')).toBe('tick\ntick\ntick\n');
    started.process.signal('TERM');
  });

  it('lets the clock through an endless loop', async () => {
    const { world, machine } = oneMachine();
    const { startCommand } = await import('../../src/shell/session.ts');
    const started = startCommand(world, machine, 'while :; do :; done');
    await world.advance(world.clock.now + 1_000_000);
    expect(started.process.running).toBe(true);
    started.process.signal('INT');
    await world.advance(world.clock.now + 1_000_000);
    expect(started.process.status).toEqual({ code: 130, signal: 'INT' });
  });
});

describe('sh', () => {
  it('words its errors as dash, and ash as busybox', async () => {
    const { run } = oneMachine();
    expect((await run("sh -c 'foo'")).output).toBe('sh: 1: foo: not found\n');
    expect((await run("ash -c 'foo'")).output).toBe('ash: foo: not found\n');
    expect((await run("sh -c 'echo \"'")).output).toBe('sh: 1: Syntax error: Unterminated quoted string\n');
  });
});
