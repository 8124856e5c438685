/** find and xargs of findutils 4.9. */
import { FileError, basename, type Inode } from '../../linux/files.ts';
import { patternRegExp } from '../../shell/pattern.ts';
import { groupName, userName } from './accounts.ts';
import { modeText, size } from './ls.ts';
import { Fatal, multi, tool, Usage, type Tool } from './tool.ts';

interface Found {
  path: string;
  name: string;
  inode: Inode;
  depth: number;
  start: string;
}
type Test = (f: Found) => Promise<boolean> | boolean;

const find = tool(async (t) => {
  const argv = t.process.args;
  let i = 0;
  while (/^-[HLP]$/.test(argv[i] ?? '')) i++;
  const starts: string[] = [];
  while (i < argv.length && !/^(?:-.|[(!])/.test(argv[i]!)) starts.push(argv[i++]!);
  const p = new Predicates(t, argv.slice(i));
  const test = p.all();
  let pruned = false;
  p.onPrune = () => (pruned = true);
  const visit = async (f: Found): Promise<void> => {
    pruned = false;
    if (!p.depthFirst && f.depth >= p.min) await test(f);
    const stop = pruned;
    if (f.inode.kind === 'dir' && !stop && f.depth < p.max) {
      for (const name of f.inode.names()) {
        const path = `${f.path.replace(/\/$/, '')}/${name}`, inode = t.lstat(path) ?? f.inode.get(name);
        if (inode) await visit({ path, name, inode, depth: f.depth + 1, start: f.start });
      }
    }
    if (p.depthFirst && f.depth >= p.min) await test(f);
  };
  for (const start of starts.length > 0 ? starts : ['.']) {
    const inode = t.lstat(start);
    if (!inode) {
      t.attempt(`'${start}'`.replace(/'/g, /utf-?8/i.test(t.process.env['LANG'] ?? '') ? '‘' : "'").replace(/‘$/, '’'), () => void t.fs.lstat(start, t.cwd));
      continue;
    }
    await visit({ path: start, name: basename(start) || start, inode, depth: 0, start });
  }
  await p.finish();
  return t.code;
});

class Predicates {
  readonly #t: Tool;
  readonly #argv: string[];
  #i = 0;
  min = 0;
  max = Infinity;
  depthFirst = false;
  onPrune = () => {};
  #acts = false;
  readonly #batches: { command: string[]; paths: string[] }[] = [];

  constructor(t: Tool, argv: string[]) {
    this.#t = t;
    this.#argv = argv;
  }

  all(): Test {
    const test = this.#argv.length === 0 ? () => true : this.#or();
    if (this.#i < this.#argv.length) throw new Fatal(`paths must precede expression: \`${this.#argv[this.#i]}'`);
    if (this.#acts) return test;
    return async (f) => {
      if (await test(f)) await this.#t.out(`${f.path}\n`);
      return true;
    };
  }

  async finish(): Promise<void> {
    for (const { command, paths } of this.#batches) if (paths.length > 0) await run(this.#t, command.flatMap((w) => (w === '{}' ? paths : [w])));
  }

  #or(): Test {
    let a = this.#and();
    while (['-o', '-or'].includes(this.#argv[this.#i] ?? '')) {
      this.#i++;
      const left = a, right = this.#and();
      a = async (f) => (await left(f)) || right(f);
    }
    return a;
  }

  #and(): Test {
    let a = this.#term();
    while (this.#i < this.#argv.length && !['-o', '-or', ')'].includes(this.#argv[this.#i]!)) {
      if (['-a', '-and'].includes(this.#argv[this.#i]!)) this.#i++;
      const left = a, right = this.#term();
      a = async (f) => (await left(f)) && right(f);
    }
    return a;
  }

  #value(option: string): string {
    const v = this.#argv[this.#i++];
    if (v === undefined) throw new Fatal(`missing argument to \`${option}'`);
    return v;
  }

  /** +n, -n, n */
  #number(option: string): (n: number) => boolean {
    const text = this.#value(option), m = /^([-+]?)(\d+)/.exec(text);
    if (!m) throw new Fatal(`invalid argument \`${text}' to \`${option}'`);
    const n = Number(m[2]);
    return (x) => (m[1] === '+' ? x > n : m[1] === '-' ? x < n : x === n);
  }

  #term(): Test {
    const t = this.#t, o = this.#argv[this.#i++]!;
    switch (o) {
      case '!':
      case '-not': {
        const a = this.#term();
        return async (f) => !(await a(f));
      }
      case '(': {
        const a = this.#or();
        if (this.#argv[this.#i++] !== ')') throw new Fatal("invalid expression; I was expecting to find a ')' somewhere but did not see one.");
        return a;
      }
      case '-name':
      case '-iname': {
        const regex = patternRegExp(this.#value(o), { nocase: o === '-iname' });
        return (f) => regex.test(f.name);
      }
      case '-path':
      case '-wholename':
      case '-ipath': {
        const regex = patternRegExp(this.#value(o), { nocase: o === '-ipath' });
        return (f) => regex.test(f.path);
      }
      case '-regex': {
        const regex = new RegExp(`^(?:${this.#value(o)})$`, 'u');
        return (f) => regex.test(f.path);
      }
      case '-type': {
        const kinds = this.#value(o);
        if (!/^[fdlcbps](,[fdlcbps])*$/.test(kinds)) throw new Fatal(`Unknown argument to -type: ${kinds[0]}`);
        return (f) => kinds.split(',').includes({ file: 'f', dir: 'd', link: 'l', device: 'c' }[f.inode.kind]);
      }
      case '-maxdepth': this.max = Number(this.#value(o)); return () => true;
      case '-mindepth': this.min = Number(this.#value(o)); return () => true;
      case '-depth': this.depthFirst = true; return () => true;
      case '-xdev':
      case '-mount':
      case '-follow': return () => true;
      case '-true': return () => true;
      case '-false': return () => false;
      case '-empty': return (f) => (f.inode.kind === 'dir' ? f.inode.names().length === 0 : f.inode.kind === 'file' && size(f.inode) === 0);
      case '-size': {
        const text = this.#argv[this.#i] ?? '';
        const unit = { c: 1, k: 1024, M: 1 << 20, G: 1 << 30, b: 512, w: 2 }[text.at(-1)!] ?? 512, fits = this.#number(o);
        return (f) => fits(Math.ceil(size(f.inode) / unit));
      }
      case '-mtime':
      case '-mmin':
      case '-ctime':
      case '-atime': {
        const fits = this.#number(o), unit = o === '-mmin' ? 60e6 : 86400e6;
        return (f) => fits(Math.floor((t.process.now - f.inode.mtime) / unit));
      }
      case '-newer': {
        const than = t.fs.stat(this.#value(o), t.cwd).mtime;
        return (f) => f.inode.mtime > than;
      }
      case '-user': {
        const user = this.#value(o);
        return (f) => userName(t.process, f.inode.uid) === user || String(f.inode.uid) === user;
      }
      case '-group': {
        const group = this.#value(o);
        return (f) => groupName(t.process, f.inode.gid) === group;
      }
      case '-perm': {
        const text = this.#value(o), bits = parseInt(text.replace(/^[-/]/, ''), 8);
        return (f) => (text.startsWith('-') ? (f.inode.mode & bits) === bits : text.startsWith('/') ? (f.inode.mode & bits) !== 0 : (f.inode.mode & 0o7777) === bits);
      }
      case '-executable': return (f) => (f.inode.mode & 0o111) !== 0;
      case '-prune': return () => {
        this.onPrune();
        return true;
      };
      case '-print':
      case '-print0':
        this.#acts = true;
        return async (f) => {
          await t.out(f.path + (o === '-print' ? '\n' : '\0'));
          return true;
        };
      case '-printf': {
        this.#acts = true;
        const format = this.#value(o);
        return async (f) => {
          const v: Record<string, string> = { p: f.path, f: f.name, s: String(size(f.inode)), m: (f.inode.mode & 0o7777).toString(8), M: modeText(f.inode), u: userName(t.process, f.inode.uid), g: groupName(t.process, f.inode.gid), d: String(f.depth), y: modeText(f.inode)[0]!.replace('-', 'f'), h: f.path.includes('/') ? f.path.replace(/\/[^/]*$/, '') : '.', P: f.path.slice(f.start.length).replace(/^\//, ''), l: f.inode.kind === 'link' ? f.inode.target : '', '%': '%' };
          await t.out(format.replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\0/g, '\0').replace(/%([a-zA-Z%])/g, (m, c: string) => v[c] ?? m));
          return true;
        };
      }
      case '-ls':
        this.#acts = true;
        return async (f) => {
          await t.out(`  1000000      4 ${modeText(f.inode)}   1 ${userName(t.process, f.inode.uid)}     ${groupName(t.process, f.inode.gid)} ${String(size(f.inode)).padStart(12)} ${f.path}\n`);
          return true;
        };
      case '-delete':
        this.#acts = this.depthFirst = true;
        return (f) => t.attempt(`cannot delete '${f.path}'`, () => t.fs.remove(f.path, { cwd: t.cwd }));
      case '-quit': return () => {
        throw new Fatal('', 0);
      };
      case '-exec':
      case '-execdir':
      case '-ok': {
        this.#acts = true;
        const command: string[] = [];
        for (;;) {
          const word = this.#argv[this.#i++];
          if (word === undefined) throw new Fatal(`missing argument to \`${o}'`);
          if (word === ';') break;
          if (word === '+' && command.at(-1) === '{}') {
            const batch = { command, paths: [] as string[] };
            this.#batches.push(batch);
            return (f) => {
              batch.paths.push(f.path);
              return true;
            };
          }
          command.push(word);
        }
        return async (f) => (await run(t, command.map((w) => w.replaceAll('{}', f.path)))) === 0;
      }
      default:
        if (!o.startsWith('-')) throw new Fatal(`paths must precede expression: \`${o}'`);
        throw new Fatal(`unknown predicate \`${o}'`);
    }
  }
}

async function run(t: Tool, argv: string[]): Promise<number> {
  try {
    const child = t.process.machine.spawn({ argv, parent: t.process, pgid: t.process.pgid });
    return (await t.process.waitFor(child)).code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    t.fail(`${t.name === 'xargs' ? '' : '\''}${argv[0]}${t.name === 'xargs' ? '' : '\''}: ${error.message}`, error.errno === 'ENOENT' ? 127 : 126);
    return 127;
  }
}

const xargs = tool(async (t) => {
  t.parse({ short: '0rtpn:I:i::L:l::P:d:s:xE:a:', long: { null: '0', 'no-run-if-empty': 'r', verbose: 't', 'max-args': 'n:', replace: 'I::', 'max-lines': 'L:', 'max-procs': 'P:', delimiter: 'd:', 'arg-file': 'a:' }, stopAtOperand: true });
  const text = t.has('a') ? t.fs.readFile(t.get('a')!, t.cwd) : await t.process.readAll();
  const command = t.args.length > 0 ? t.args : ['echo'];
  const replace = t.has('I') ? t.get('I') || '{}' : t.has('i') ? t.get('i') || '{}' : undefined;
  const delimiter = t.has('0') ? '\0' : t.get('d')?.replace('\\n', '\n').replace('\\t', '\t').replace('\\0', '\0');
  const items = delimiter !== undefined ? text.split(delimiter).filter((x, i, a) => i < a.length - 1 || x !== '')
    : replace !== undefined || t.has('L') ? text.split('\n').map((l) => l.trim()).filter((l) => l !== '')
    : words(text);
  const batches: string[][] = [];
  if (replace !== undefined) for (const item of items) batches.push(command.map((w) => w.replaceAll(replace, item)));
  else {
    const n = Number(t.get('n') ?? t.get('L') ?? Infinity);
    if (Number.isNaN(n) || n < 1) throw new Usage(`value ${t.get('n') ?? t.get('L')} for -n option should be >= 1`);
    if (items.length === 0 && !t.has('r')) batches.push(command);
    for (let i = 0; i < items.length; i += n) batches.push([...command, ...items.slice(i, n === Infinity ? undefined : i + n).flatMap((x) => (t.has('L') ? x.split(/\s+/) : [x]))]);
  }
  for (const argv of batches) {
    if (t.has('t')) await t.process.err(`${argv.join(' ')}\n`);
    const code = await run(t, argv);
    if (code === 127 || code === 126) return code;
    if (code === 255) {
      t.fail(`${argv[0]}: exited with status 255; aborting`, 124);
      return 124;
    }
    if (code !== 0) t.code = 123;
  }
  return t.code;
});

/** Blank-separated words with quotes and backslashes. */
function words(text: string): string[] {
  const out: string[] = [];
  for (const m of text.matchAll(/(?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^\s"'\\])+/g)) out.push(m[0].replace(/"([^"]*)"|'([^']*)'|\\([\s\S])/g, (_a, d?: string, s?: string, b?: string) => d ?? s ?? b ?? ''));
  if (/^[^"']*'[^']*$/.test(text)) throw new Fatal('unmatched single quote; by default quotes are special to xargs unless you use the -0 option');
  return out;
}

export const main = multi({ find, xargs });
