import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';
import { readTar, type TarEntry, writeTar } from '../kubectl/tar.ts';

/** tar: c, x and t of ustar archives, as `kubectl cp` runs it at the other end; no compression, no links. GNU's messages, or BusyBox's where it lives in /bin. */
export const main: Program = async (p) => {
  const asked = read(p.args);
  if (typeof asked === 'string') {
    await p.err(asked);
    return 2;
  }
  const run = new Archive(p, asked);
  if (asked.mode === 'c') return run.create();
  const text = await run.input();
  return text === undefined ? 2 : asked.mode === 't' ? run.list(text) : run.extract(text);
};

interface Asked {
  mode: 'c' | 'x' | 't';
  file: string;
  directory: string;
  verbose: boolean;
  stdout: boolean;
  strip: number;
  names: string[];
}

const FAILED = "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.\n";

/** The first word may lack its dash. A text is what is wrong. */
function read(args: readonly string[]): Asked | string {
  const asked: Partial<Asked> & { names: string[] } = { names: [] };
  const out = { file: '-', directory: '', verbose: false, stdout: false, strip: 0 };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.startsWith('--')) {
      const [name, value] = arg.slice(2).split(/=(.*)/s) as [string, string | undefined];
      const long = { create: 'c', extract: 'x', get: 'x', list: 't' }[name];
      if (long) asked.mode = long as Asked['mode'];
      else if (name === 'file') out.file = value ?? args[++i] ?? '-';
      else if (name === 'directory') out.directory = value ?? args[++i] ?? '';
      else if (name === 'strip-components') out.strip = Number(value ?? args[++i] ?? 0);
      else if (name === 'verbose') out.verbose = true;
      else if (name === '') asked.names.push(...args.slice(i + 1));
      else if (name !== 'no-same-owner' && name !== 'no-same-permissions') return `tar: unrecognized option '--${name}'\nTry 'tar --help' or 'tar --usage' for more information.\n`;
      if (name === '') break;
      continue;
    }
    if (i > 0 && (!arg.startsWith('-') || arg === '-')) {
      asked.names.push(arg);
      continue;
    }
    for (const letter of arg.replace(/^-/, '')) {
      if (letter === 'c' || letter === 'x' || letter === 't') asked.mode = letter;
      else if (letter === 'f') out.file = args[++i] ?? '-';
      else if (letter === 'C') out.directory = args[++i] ?? '';
      else if (letter === 'v') out.verbose = true;
      else if (letter === 'O') out.stdout = true;
      else if (letter === 'z' || letter === 'j' || letter === 'J') return `tar (child): ${{ z: 'gzip', j: 'bzip2', J: 'xz' }[letter]}: Cannot exec: No such file or directory\ntar (child): Error is not recoverable: exiting now\n`;
      else if (!'mopkPh'.includes(letter)) return `tar: invalid option -- '${letter}'\nTry 'tar --help' or 'tar --usage' for more information.\n`;
    }
  }
  return asked.mode === undefined ? FAILED : { ...out, mode: asked.mode, names: asked.names };
}

class Archive {
  readonly #p: Process;
  readonly #asked: Asked;
  readonly #busybox: boolean;

  constructor(p: Process, asked: Asked) {
    this.#p = p;
    this.#asked = asked;
    this.#busybox = p.exe.startsWith('/bin/');
  }

  async create(): Promise<number> {
    const { names, file, directory } = this.#asked, entries: TarEntry[] = [];
    if (names.length === 0) {
      await this.#p.err(this.#busybox ? 'tar: empty archive\n' : "tar: Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.\n");
      return this.#busybox ? 1 : 2;
    }
    let code = 0, warned = false;
    for (const name of names) {
      const at = this.#path(name, directory);
      if (!this.#p.fs.exists(at)) {
        await this.#p.err(this.#busybox ? `tar: ${name}: No such file or directory\ntar: error exit delayed from previous errors\n` : `tar: ${name}: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors\n`);
        code = this.#busybox ? 1 : 2;
        continue;
      }
      if (name.startsWith('/') && !warned) {
        warned = true;
        await this.#p.err(this.#busybox ? "tar: removing leading '/' from member names\n" : "tar: Removing leading `/' from member names\n");
      }
      this.#add(entries, at, name.replace(/^\/+/, ''));
    }
    if (this.#asked.verbose) for (const e of entries) await this.#p[file === '-' ? 'err' : 'out'](`${e.name}\n`);
    const text = writeTar(entries);
    if (file === '-') await this.#p.out(text);
    else this.#p.fs.writeFile(this.#path(file, ''), text);
    return code;
  }

  #add(entries: TarEntry[], path: string, name: string): void {
    const { fs } = this.#p, inode = fs.find(path);
    if (!inode) return;
    if (inode.kind === 'dir') {
      entries.push({ kind: 'dir', name: name.endsWith('/') ? name : `${name}/`, mode: inode.mode, content: '' });
      for (const child of fs.readdir(path)) this.#add(entries, `${path}/${child}`, `${name.replace(/\/$/, '')}/${child}`);
    } else if (inode.kind === 'file') entries.push({ kind: 'file', name, mode: inode.mode, content: fs.readFile(path) });
  }

  async input(): Promise<string | undefined> {
    const { file } = this.#asked;
    if (file === '-') {
      let all = '';
      for (let piece; (piece = await this.#p.stdin.read(this.#p)) !== null; ) all += piece;
      return all;
    }
    try {
      return this.#p.fs.readFile(this.#path(file, ''));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await this.#p.err(this.#busybox ? `tar: can't open '${file}': ${error.message}\n` : `tar: ${file}: Cannot open: ${error.message}\ntar: Error is not recoverable: exiting now\n`);
      return undefined;
    }
  }

  async list(text: string): Promise<number> {
    for (const { name } of this.#wanted(text)) await this.#p.out(`${name}\n`);
    return 0;
  }

  async extract(text: string): Promise<number> {
    const { fs } = this.#p;
    for (const e of this.#wanted(text)) {
      const name = e.name.replace(/^\/+/, '').split('/').slice(this.#asked.strip).join('/');
      if (name === '' || name.split('/').includes('..')) continue;
      if (this.#asked.verbose) await this.#p.out(`${e.name}\n`);
      const to = this.#path(name, this.#asked.directory);
      try {
        if (this.#asked.stdout) await this.#p.out(e.content);
        else if (e.kind === 'dir') fs.mkdir(to, { parents: true });
        else {
          fs.mkdir(to.slice(0, to.lastIndexOf('/')) || '/', { parents: true });
          fs.writeFile(to, e.content, { mode: e.mode });
        }
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        await this.#p.err(this.#busybox ? `tar: can't open '${name}': ${error.message}\n` : `tar: ${name}: Cannot open: ${error.message}\ntar: Exiting with failure status due to previous errors\n`);
        return this.#busybox ? 1 : 2;
      }
    }
    return 0;
  }

  #wanted(text: string): TarEntry[] {
    const { names } = this.#asked;
    return readTar(text).filter(({ name }) => names.length === 0 || names.some((n) => name === n || name.startsWith(`${n.replace(/\/$/, '')}/`)));
  }

  #path(name: string, directory: string): string {
    const base = directory === '' ? this.#p.cwd : directory.startsWith('/') ? directory : `${this.#p.cwd}/${directory}`;
    return (name.startsWith('/') ? name : `${base}/${name}`).replace(/\/+/g, '/');
  }
}
