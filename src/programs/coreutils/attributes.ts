/** chmod, chown, chgrp, stat. */
import type { Inode } from '../../linux/files.ts';
import { strftime } from '../../shell/strftime.ts';
import { accounts, groupName, groups, userName } from './accounts.ts';
import { blocks, modeText, size } from './ls.ts';
import { parseMode } from './mode.ts';
import { Fatal, missingOperand, multi, tool, Usage, type Tool } from './tool.ts';

function* tree(t: Tool, path: string, inode: Inode): Generator<[string, Inode]> {
  yield [path, inode];
  if (inode.kind === 'dir') for (const name of inode.names()) {
    const child = inode.get(name);
    if (child) yield* tree(t, `${path.replace(/\/$/, '')}/${name}`, child);
  }
}

const chmod = tool((t) => {
  t.parse({ short: 'Rvcf', long: { recursive: 'R', verbose: 'v', changes: 'c', reference: ':' } }, t.process.args.map((a) => (/^-[rwxXst]/.test(a) && !/^-R/.test(a) ? `\u0000${a}` : a)));
  const [mode, ...files] = t.args.map((a) => a.replace('\0', ''));
  if (mode === undefined) throw new Usage('missing operand');
  if (files.length === 0) throw new Usage(`missing operand after '${mode}'`);
  if (!/^[0-7]{1,5}$/.test(mode)) {
    try {
      parseMode(mode, 0, false);
    } catch (error) {
      if (error instanceof Fatal) throw new Usage(error.message);
      throw error;
    }
  }
  for (const file of files) {
    const inode = t.find(file);
    if (!inode) {
      t.attempt(`cannot access '${file}'`, () => void t.fs.stat(file, t.cwd));
      continue;
    }
    for (const [path, each] of t.has('R') ? tree(t, file, inode) : [[file, inode] as [string, Inode]]) {
      if (t.process.uid !== 0 && each.uid !== t.process.uid) t.fail(`changing permissions of '${path}': Operation not permitted`);
      else if (each.kind !== 'link') t.attempt(`changing permissions of '${path}'`, () => t.fs.change(path, { mode: parseMode(mode, each.mode, each.kind === 'dir') }, t.cwd));
    }
  }
});

const chown = tool((t) => {
  t.parse({ short: 'Rvch', long: { recursive: 'R', verbose: 'v', reference: ':' } });
  const [spec, ...files] = t.args;
  if (spec === undefined) throw new Usage('missing operand');
  if (files.length === 0) throw new Usage(`missing operand after '${spec}'`);
  const [user, group] = t.name === 'chgrp' ? ['', spec] : spec.split(/[:.]/);
  const uid = user === '' || user === undefined ? undefined : /^\d+$/.test(user) ? Number(user) : accounts(t.process).find((a) => a.name === user)?.uid;
  const gid = group === '' || group === undefined ? undefined : /^\d+$/.test(group) ? Number(group) : groups(t.process).find((g) => g.name === group)?.gid;
  if (user && uid === undefined) throw new Fatal(`invalid user: '${spec}'`);
  if (group && gid === undefined) throw new Fatal(`invalid group: '${spec}'`);
  for (const file of files) {
    const inode = t.find(file);
    if (!inode) t.attempt(`cannot access '${file}'`, () => void t.fs.stat(file, t.cwd));
    else for (const [path] of t.has('R') ? tree(t, file, inode) : [[file] as [string]]) {
      if (t.process.uid !== 0) t.fail(`changing ownership of '${path}': Operation not permitted`);
      else t.fs.change(path, { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) }, t.cwd);
    }
  }
});

const stat = tool(async (t) => {
  t.parse({ short: 'c:Lft', long: { format: 'c:', printf: ':', dereference: 'L' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const file of t.args) {
    const inode = t.has('L') ? t.find(file) : t.lstat(file);
    if (!inode) {
      t.attempt(`cannot statx '${file}'`, () => void t.fs.lstat(file, t.cwd));
      continue;
    }
    const kind = inode.kind === 'dir' ? 'directory' : inode.kind === 'link' ? 'symbolic link' : inode.kind === 'device' ? 'character special file' : size(inode) === 0 ? 'regular empty file' : 'regular file';
    const octal = (inode.mode & 0o7777).toString(8), at = strftime('%Y-%m-%d %H:%M:%S.%N +0000', inode.mtime);
    const values: Record<string, string> = { n: file, N: `'${file}'${inode.kind === 'link' ? ` -> '${inode.target}'` : ''}`, s: String(size(inode)), a: octal, A: modeText(inode), u: String(inode.uid), g: String(inode.gid), U: userName(t.process, inode.uid), G: groupName(t.process, inode.gid), F: kind, y: at, Y: String(Math.floor(inode.mtime / 1e6)), x: at, X: String(Math.floor(inode.mtime / 1e6)), z: at, Z: String(Math.floor(inode.mtime / 1e6)), h: '1', b: String(blocks(inode) * 2), B: '512', o: '4096', w: '-', '%': '%' };
    const format = t.get('c') ?? t.get('printf');
    if (format !== undefined) await t.out(`${format.replace(/%([a-zA-Z%])/g, (m, c: string) => values[c] ?? m)}${t.has('printf') ? '' : '\n'}`.replace(/\\n/g, t.has('printf') ? '\n' : '\\n'));
    else await t.out(`  File: ${values['N']!.replace(/^'(.*?)'/, '$1').replace(/ -> '(.*)'$/, ' -> $1')}\n  Size: ${String(size(inode)).padEnd(10)}\tBlocks: ${String(blocks(inode) * 2).padEnd(10)} IO Block: 4096   ${kind}\nDevice: 0,51\tInode: ${String(1_000_000 + inode.mtime % 100_000).padEnd(10)}  Links: 1\nAccess: (${octal.padStart(4, '0')}/${modeText(inode)})  Uid: (${String(inode.uid).padStart(5)}/${values['U']!.padStart(8)})   Gid: (${String(inode.gid).padStart(5)}/${values['G']!.padStart(8)})\nAccess: ${at}\nModify: ${at}\nChange: ${at}\n Birth: ${at}\n`);
  }
  return t.code;
});

export const main = multi({ chmod, chown, chgrp: chown, stat });
