import { describe } from 'vitest';
import { parse } from '../../src/shell/syntax.ts';
import { type Draw, fuzz, fuzzAsync, linear } from './fuzz.ts';
import { oneMachine } from '../shell/machine.ts';
import { startCommand } from '../../src/shell/session.ts';

const BASH = ['echo ', 'a', 'b ', '"', "'", '`', '$', '$(', ')', '${', '}', '$((', '))', '[[ ', ' ]]', '(', '{ ', '; }', ';', ';;', '&', '&&', '||', '|', '|&', '>', '>>', '<', '<<EOF\n', '\nEOF\n', '<<<', '2>&1', '\n', ' ', 'if ', 'then ', 'else ', 'fi', 'for i in ', 'do ', 'done', 'while ', 'case x in ', 'esac', 'function f ', 'f() ', '\\', '#', '!', '*', '?', '~', '=', 'x=1 ', 'x[0]=', '$x', '$1', '$@', '${x:-', '${x//a/b}', '${#x}', '"$x"', 'true', 'false ', 'cat ', 'test ', '-n ', 'exit ', '1', '[ ', ' ]', 'eval ', 'local ', 'read y', 'set -e', 'printf "%s" ', '{1..3}', '&>', '$?', 'time ', 'select '];
const SCRIPTS = ['for i in $(seq 1 3); do echo "n: $i"; done', 'if [[ -n "$x" && $x == a* ]]; then echo yes; else echo "no ${x:-none}"; fi', "cat <<'EOF' | sed 's/a/b/'\na $x\nEOF\n", 'f() { local y=$1; echo $((y * 2)); }; f 21', 'case "$1" in a|b) echo 1;; *) echo 2;; esac', 'while read -r l; do echo "${l%%:*}"; done < /etc/passwd', 'x=(a b c); echo "${x[@]:1}" ${#x[*]}', 'echo {1..5} ~ "$(echo `echo hi`)" 2>/dev/null >&2 || true'];
const script = (d: Draw) => (d.chance(0.5) ? d.words(BASH, 18) : d.spoilt(SCRIPTS));

describe('bash reads', () => {
  fuzz('scripts', script, parse);

  let made = oneMachine(), n = 0;
  fuzzAsync('and runs scripts', (d) => script(d).replaceAll('\0', '').replace(/\b(sleep|yes|seq|watch|top|vi|less|more|man|timeout|select|while|until|for)\b/g, 'echo'), async (text) => {
    if (++n % 500 === 0) made = oneMachine();
    const { world, machine } = made;
    const { process } = startCommand(world, machine, text, { stdin: '' });
    const ended = await world.until(() => process.status !== undefined, 60_000_000);
    if (!ended) process.signal('KILL');
    if (world.defects.length > 0) throw new Error(JSON.stringify(world.defects.splice(0), Object.getOwnPropertyNames(Error.prototype).concat('message', 'stack', 'error')));
  });
});

describe('in time', () => {
  linear('unclosed quotes', (n) => '"'.repeat(2 * n + 1), parse);
  linear('unclosed substitutions', (n) => '$('.repeat(n), parse, 500);
  linear('unclosed braces', (n) => '${x:-'.repeat(n), parse, 500);
  linear('unclosed brackets', (n) => '((('.repeat(n), parse, 300);
  linear('backquotes', (n) => '`'.repeat(n), parse);
  linear('many commands', (n) => 'echo a; '.repeat(n), parse);
  linear('here-documents', (n) => `cat <<EOF\n${'a $x b\n'.repeat(n)}`, parse);
  linear('arithmetic', (n) => `echo $((${'1+'.repeat(n)}1))`, parse);
});
