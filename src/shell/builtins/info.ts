import { may } from '../../linux/open.ts';
import { ShellError } from '../errors.ts';
import { singleQuote } from '../quote.ts';
import type { Shell } from '../shell.ts';
import { BUILTINS, builtinFor, SPECIAL, type Builtin } from './index.ts';
import { functionText } from './variables.ts';

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'fi', 'case', 'esac', 'for', 'select', 'while', 'until', 'do', 'done', 'in', 'function', 'time', '{', '}', '!', '[[', ']]', 'coproc']);

/** Every executable of that name in PATH. */
function inPath(shell: Shell, name: string): string[] {
  const { fs, cwd } = shell.process;
  if (name.includes('/')) {
    const inode = fs.find(name, cwd);
    return inode?.kind === 'file' && may(shell.process, inode, 1) ? [name] : [];
  }
  return (shell.variables.get('PATH') ?? '').split(':').map((d) => `${d || cwd}/${name}`).filter((p) => {
    const inode = fs.find(p);
    return inode?.kind === 'file' && (inode.mode & 0o111) !== 0;
  });
}

async function type(shell: Shell, args: string[], caller: string): Promise<number> {
  const flags = args.filter((a) => a.startsWith('-')).join('');
  const names = args.filter((a) => !a.startsWith('-'));
  const brief = flags.includes('--command-v');
  const all = !flags.includes('command') && flags.includes('a'), word = !flags.includes('command') && flags.includes('t'), path = !flags.includes('command') && /[pP]/.test(flags);
  let code = 0;
  for (const name of names) {
    const found: { kind: string; long: string; short: string }[] = [];
    const alias = shell.aliases.get(name);
    if (alias !== undefined && (shell.shopts.expand_aliases || shell.personality !== 'bash')) found.push({ kind: 'alias', long: `${name} is aliased to \`${alias}'`, short: `alias ${name}=${singleQuote(alias)}` });
    if (KEYWORDS.has(name)) found.push({ kind: 'keyword', long: `${name} is a shell keyword`, short: name });
    if (shell.functions.has(name)) found.push({ kind: 'function', long: `${name} is a function\n${functionText(shell, name).trimEnd()}`, short: name });
    if (builtinFor(shell, name)) found.push({ kind: 'builtin', long: `${name} is a ${shell.options.posix && SPECIAL.has(name) ? 'special ' : ''}shell builtin`, short: name });
    const hashed = shell.hash.get(name);
    for (const p of inPath(shell, name)) found.push({ kind: 'file', long: hashed?.path === p && !all ? `${name} is hashed (${p})` : `${name} is ${p}`, short: p });
    if (found.length === 0) {
      code = 1;
      if (!brief && !word && !path) {
        if (shell.personality === 'bash') await shell.complain(`${caller}: ${name}: not found`);
        else await shell.process.out(`${name}: not found\n`);
      }
      if (shell.personality !== 'bash') code = 127;
      continue;
    }
    for (const f of all ? found : found.slice(0, 1)) {
      if (path && f.kind !== 'file') continue;
      await shell.process.out(`${word ? f.kind : brief || path ? f.short : f.long}\n`);
    }
  }
  return code;
}

async function alias(shell: Shell, args: string[]): Promise<number> {
  const show = (n: string) => (shell.personality === 'bash' ? `alias ${n}=${singleQuote(shell.aliases.get(n)!)}\n` : `${n}=${singleQuote(shell.aliases.get(n)!)}\n`);
  if (args.filter((a) => a !== '-p').length === 0) await shell.process.out([...shell.aliases.keys()].sort().map(show).join(''));
  let code = 0;
  for (const arg of args) {
    const at = arg.indexOf('=');
    if (at > 0) shell.aliases.set(arg.slice(0, at), arg.slice(at + 1));
    else if (shell.aliases.has(arg)) await shell.process.out(show(arg));
    else if (arg !== '-p') {
      await shell.complain(`alias: ${arg}: not found`);
      code = 1;
    }
  }
  return code;
}

async function hash(shell: Shell, args: string[]): Promise<number> {
  if (args.includes('-r')) shell.hash.clear();
  else if (args.length === 0) {
    if (shell.hash.size === 0) await shell.process.out('hash: hash table empty\n');
    else await shell.process.out(`hits\tcommand\n${[...shell.hash.values()].map((h) => `${String(h.hits).padStart(4)}\t${h.path}\n`).join('')}`);
  } else {
    for (const name of args.filter((a) => !a.startsWith('-'))) {
      const [path] = inPath(shell, name);
      if (!path) {
        await shell.complain(`hash: ${name}: not found`);
        return 1;
      }
      shell.hash.set(name, { path, hits: 0 });
    }
  }
  return 0;
}

async function history(shell: Shell, args: string[]): Promise<number> {
  if (args[0] === '-c') {
    shell.history.length = 0;
    return 0;
  }
  if (args[0] === '-d') {
    const n = Number(args[1]);
    if (!(n >= 1 && n <= shell.history.length)) throw new ShellError(`history: ${args[1]}: history position out of range`);
    shell.history.splice(n - 1, 1);
    return 0;
  }
  if (/^-[arwn]/.test(args[0] ?? '')) {
    if (args[0] === '-a' || args[0] === '-w') shell.process.fs.writeFile(args[1] ?? shell.variables.get('HISTFILE') ?? '/dev/null', shell.history.map((h) => `${h}\n`).join(''), { cwd: shell.process.cwd });
    return 0;
  }
  if (args[0] !== undefined && !/^\d+$/.test(args[0])) throw new ShellError(`history: ${args[0]}: numeric argument required`);
  const from = args[0] === undefined ? 0 : Math.max(0, shell.history.length - Number(args[0]));
  await shell.process.out(shell.history.slice(from).map((h, i) => `${String(from + i + 1).padStart(5)}  ${h}\n`).join(''));
  return 0;
}

async function umask(shell: Shell, args: string[]): Promise<number> {
  const symbolic = args.includes('-S');
  const [mask] = args.filter((a) => !a.startsWith('-'));
  const { process } = shell;
  if (mask === undefined) {
    const rwx = (bits: number) => `${bits & 4 ? '' : 'r'}${bits & 2 ? '' : 'w'}${bits & 1 ? '' : 'x'}`;
    await process.out(symbolic ? `u=${rwx(process.umask >> 6)},g=${rwx((process.umask >> 3) & 7)},o=${rwx(process.umask & 7)}\n` : `${process.umask.toString(8).padStart(4, '0')}\n`);
  } else if (/^[0-7]+$/.test(mask)) process.umask = parseInt(mask, 8) & 0o777;
  else {
    for (const part of mask.split(',')) {
      const m = /^([ugoa]*)([-+=])([rwx]*)$/.exec(part);
      if (!m) throw new ShellError(`umask: \`${mask[0]}': invalid symbolic mode operator`);
      let bits = 0;
      for (const c of m[3]!) bits |= { r: 4, w: 2, x: 1 }[c]!;
      for (const [who, shift] of [['u', 6], ['g', 3], ['o', 0]] as const) {
        if (m[1] !== '' && !m[1]!.includes(who) && !m[1]!.includes('a')) continue;
        if (m[2] === '+') process.umask &= ~(bits << shift);
        else if (m[2] === '-') process.umask |= bits << shift;
        else process.umask = (process.umask & ~(7 << shift)) | ((~bits & 7) << shift);
      }
    }
  }
  return 0;
}

const LIMITS: [string, string, string][] = [
  ['c', 'core file size              (blocks, -c)', '0'], ['d', 'data seg size               (kbytes, -d)', 'unlimited'], ['e', 'scheduling priority                 (-e)', '0'], ['f', 'file size                   (blocks, -f)', 'unlimited'],
  ['i', 'pending signals                     (-i)', '31327'], ['l', 'max locked memory           (kbytes, -l)', '8192'], ['m', 'max memory size             (kbytes, -m)', 'unlimited'], ['n', 'open files                          (-n)', '1048576'],
  ['p', 'pipe size                (512 bytes, -p)', '8'], ['q', 'POSIX message queues         (bytes, -q)', '819200'], ['r', 'real-time priority                  (-r)', '0'], ['s', 'stack size                  (kbytes, -s)', '8192'],
  ['t', 'cpu time                   (seconds, -t)', 'unlimited'], ['u', 'max user processes                  (-u)', 'unlimited'], ['v', 'virtual memory              (kbytes, -v)', 'unlimited'], ['x', 'file locks                          (-x)', 'unlimited'],
];

export const infoBuiltins: Record<string, Builtin> = {
  type,
  alias,
  hash,
  history,
  umask,
  unalias: async (shell, args) => {
    if (args[0] === '-a') shell.aliases.clear();
    else for (const name of args) {
      if (!shell.aliases.delete(name)) {
        await shell.complain(`unalias: ${name}: not found`);
        return 1;
      }
    }
    return 0;
  },
  ulimit: async (shell, args) => {
    const flag = /^-[SH]?([a-z])/.exec(args[0] ?? '-f')?.[1] ?? 'f';
    if (args.length > 1) return 0;
    if (flag === 'a') await shell.process.out(LIMITS.map(([, name, value]) => `${name} ${value}\n`).join(''));
    else {
      const limit = LIMITS.find(([f]) => f === flag);
      if (!limit) throw new ShellError(`ulimit: -${flag}: invalid option\nulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]`, { code: 2 });
      await shell.process.out(`${limit[2]}\n`);
    }
    return 0;
  },
  times: async (shell) => {
    await shell.process.out('0m0.004s 0m0.002s\n0m0.012s 0m0.008s\n');
    return 0;
  },
  enable: async (shell, args) => {
    if (args.length === 0) await shell.process.out([...BUILTINS.keys()].sort().filter((n) => !shell.disabled.has(n)).map((n) => `enable ${n}\n`).join(''));
    for (const name of args.filter((a) => !a.startsWith('-'))) {
      if (!BUILTINS.has(name)) throw new ShellError(`enable: ${name}: not a shell builtin`);
      if (args.includes('-n')) shell.disabled.add(name);
      else shell.disabled.delete(name);
    }
    return 0;
  },
  help: async (shell, args) => {
    const names = args.filter((a) => !a.startsWith('-'));
    if (names.length === 0) {
      await shell.process.out(`GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\nThese shell commands are defined internally.  Type \`help' to see this list.\n\n${[...BUILTINS.keys()].sort().map((n) => ` ${n}\n`).join('')}`);
      return 0;
    }
    for (const name of names) {
      if (!BUILTINS.has(name)) {
        await shell.complain(`help: no help topics match \`${name}'.  Try \`help help' or \`man -k ${name}' or \`info ${name}'.`);
        return 1;
      }
      await shell.process.out(`${name}: ${name}\n`);
    }
    return 0;
  },
  caller: () => 1,
};
