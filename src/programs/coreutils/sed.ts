/** GNU sed 4.9: addresses, blocks, hold space, s with its flags, -n -E -i -s -z. */
import { Runner, type Lines } from './sed-run.ts';
import { parseSed } from './sed-script.ts';
import { linesOf, tool } from './tool.ts';

export const main = tool(async (t) => {
  t.parse({ short: 'nEre:f:i::suz', long: { quiet: 'n', silent: 'n', 'regexp-extended': 'E', expression: 'e:', file: 'f:', 'in-place': 'i::', separate: 's', unbuffered: 'u', 'null-data': 'z', posix: '', debug: '' } });
  const scripts = t.occurrences.filter(([o]) => o === 'e' || o === 'f');
  let source = '';
  for (const [option, value] of scripts) source += `${option === 'e' ? value : t.fs.readFile(value, t.cwd)}\n`;
  let files = t.args;
  if (scripts.length === 0) {
    if (files.length === 0) {
      await t.process.err('Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n\n  -n, --quiet, --silent\n                 suppress automatic printing of pattern space\n');
      return 1;
    }
    source = files[0]!;
    files = files.slice(1);
  }
  const commands = parseSed(source, t.has('E') || t.has('r'));
  const quiet = t.has('n') || source.startsWith('#n\n');
  if (t.has('i')) {
    for (const file of files) {
      const inode = t.find(file);
      if (inode?.kind !== 'file') {
        t.fail(inode ? `couldn't edit ${file}: not a regular file` : `can't read ${file}: No such file or directory`, inode ? 4 : 2);
        continue;
      }
      const text = t.fs.readFile(file, t.cwd);
      let out = '';
      const runner = new Runner(t, commands, quiet, (s) => void (out += s));
      await runner.run(fromText([text]));
      if (t.get('i')) t.fs.writeFile(file + t.get('i'), text, { cwd: t.cwd });
      t.attempt(`couldn't open file ${file}`, () => t.fs.writeFile(file, out, { cwd: t.cwd }), 4);
      if (runner.exit !== undefined) return runner.exit;
    }
    return t.code;
  }
  const runner = new Runner(t, commands, quiet, (s) => t.out(s));
  const streams = async function* () {
    for (const file of files.length > 0 ? files : ['-']) {
      const inode = file === '-' ? undefined : t.find(file);
      if (file !== '-' && inode?.kind === 'dir') {
        t.fail(`read error on ${file}: Is a directory`, 2);
        continue;
      }
      if (file !== '-' && !inode) {
        t.fail(`can't read ${file}: No such file or directory`, 2);
        continue;
      }
      const stream = t.open(file, { code: 2 });
      if (stream) yield* t.lines(stream, t.has('z') ? '\0' : '\n');
    }
  };
  await runner.run(streams());
  return runner.exit ?? t.code;
});

async function* fromText(texts: string[]): Lines {
  for (const text of texts) {
    const lines = linesOf(text);
    for (let i = 0; i < lines.length; i++) yield { line: lines[i]!, ended: i < lines.length - 1 || text.endsWith('\n') };
  }
}
