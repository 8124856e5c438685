/** readlink, realpath, basename, dirname. */
import { basename, dirname, FileError, resolve } from '../../linux/files.ts';
import { missingOperand, multi, tool, Usage, type Tool } from './tool.ts';

const readlink = tool(async (t) => {
  t.parse({ short: 'femnqsv', long: { canonicalize: 'f', 'canonicalize-existing': 'e', 'canonicalize-missing': 'm', 'no-newline': 'n' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const file of t.args) {
    if (t.has('f') || t.has('e') || t.has('m')) {
      const path = real(t, file, t.has('e'));
      if (path === undefined) t.code = 1;
      else await t.out(`${path}\n`);
      continue;
    }
    const inode = t.lstat(file);
    if (inode?.kind === 'link') await t.out(inode.target + (t.has('n') ? '' : '\n'));
    else t.code = 1;
  }
  return t.code;
});

function real(t: Tool, file: string, mustExist: boolean): string | undefined {
  try {
    return t.fs.realpath(file, t.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (mustExist) return undefined;
    const absolute = resolve(file, t.cwd), parent = t.find(dirname(absolute));
    return parent?.kind === 'dir' ? resolve(basename(absolute), t.fs.realpath(dirname(absolute))) : undefined;
  }
}

const realpath = tool(async (t) => {
  t.parse({ short: 'emqsz', long: { 'canonicalize-existing': 'e', 'canonicalize-missing': 'm', 'relative-to': ':' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const file of t.args) {
    const path = real(t, file, t.has('e')) ?? (t.has('m') ? resolve(file, t.cwd) : undefined);
    if (path === undefined) t.fail(`${file}: No such file or directory`);
    else await t.out(`${path}\n`);
  }
  return t.code;
});

const basenameTool = tool(async (t) => {
  t.parse({ short: 'as:z', long: { multiple: 'a', suffix: 's:' } });
  if (t.args.length === 0) throw missingOperand(t);
  const many = t.has('a') || t.has('s');
  if (!many && t.args.length > 2) throw new Usage(`extra operand '${t.args[2]}'`);
  const suffix = t.get('s') ?? (many ? '' : (t.args[1] ?? ''));
  for (const a of many ? t.args : t.args.slice(0, 1)) {
    const name = /^\/+$/.test(a) ? '/' : basename(a);
    await t.out(`${suffix !== '' && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
  }
});

const dirnameTool = tool(async (t) => {
  t.parse({ short: 'z' });
  if (t.args.length === 0) throw missingOperand(t);
  for (const a of t.args) await t.out(`${a.replace(/\/+$/, '').includes('/') || a.startsWith('/') ? dirname(a) : '.'}\n`);
});

export const main = multi({ readlink, realpath, basename: basenameTool, dirname: dirnameTool });
