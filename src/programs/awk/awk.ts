/** awk as mawk and gawk have it in common: no coprocesses, no `cmd | getline`. */
import { posixRegex } from '../../shell/conditional.ts';
import { tool } from '../coreutils/tool.ts';
import { Interpreter } from './interpreter.ts';
import { AwkSyntax, parseAwk, type Ast } from './parse.ts';

export const main = tool(async (t) => {
  t.parse({ short: 'F:v:f:', long: { 'field-separator': 'F:', assign: 'v:', file: 'f:', posix: '', re: '' }, stopAtOperand: true });
  let source = t.all('f').map((f) => t.fs.readFile(f, t.cwd)).join('\n');
  let args = t.args;
  if (!t.has('f')) {
    if (args.length === 0) {
      await t.process.err(`usage: ${t.name} [-F fs][-v var=value][prog | -f progfile][file ...]\n`);
      return 2;
    }
    source = args[0]!;
    args = args.slice(1);
  }
  let ast: Ast;
  try {
    ast = parseAwk(source, (text) => new RegExp(posixRegex(text), 'u'));
  } catch (error) {
    if (!(error instanceof AwkSyntax)) throw error;
    await t.process.err(`${t.name}: line 1: syntax error at or near ${error.near}\n`);
    return 2;
  }
  return new Interpreter(t, ast).run(args);
}, 2);
