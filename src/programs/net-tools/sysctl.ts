import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';

/** sysctl(8): the files under /proc/sys by their names with dots. */
export const main: Program = (p) => {
  const args = p.args;
  const flags = args.filter((a) => a.startsWith('-'));
  const write = flags.includes('-w') || flags.includes('--write');
  const bare = flags.includes('-n'), quiet = flags.includes('-q');
  const odd = flags.find((f) => !['-w', '--write', '-n', '-a', '-e', '-q', '-p', '--system', '-A'].includes(f));
  if (odd !== undefined) {
    p.err(`sysctl: invalid option -- '${odd.replace(/^-+/, '')[0]}'\n\nUsage:\n sysctl [options] [variable[=value] ...]\n`);
    return 1;
  }
  const words = args.filter((a) => !a.startsWith('-'));
  if (flags.includes('-a') || flags.includes('-A')) {
    for (const name of walk(p, '/proc/sys')) show(p, name.slice('/proc/sys/'.length).replaceAll('/', '.'), bare);
    return 0;
  }
  if (words.length === 0) {
    p.err('sysctl: no variables specified\nTry `sysctl --help\' for more information.\n');
    return 1;
  }
  let code = 0;
  for (const word of words) {
    const [name = '', value] = word.split(/=(.*)/s);
    const key = name.replaceAll('/', '.').trim();
    try {
      if (value === undefined) {
        if (write) {
          p.err(`sysctl: "${word}" must be of the form name=value\n`);
          code = 1;
        } else show(p, key, bare);
        continue;
      }
      if (!p.fs.exists(file(key))) throw new FileError('ENOENT', file(key));
      if (p.uid !== 0) {
        p.err(`sysctl: permission denied on key "${key}"\n`);
        code = 1;
        continue;
      }
      p.fs.writeFile(file(key), value.trim());
      if (!quiet) p.out(`${key} = ${value.trim()}\n`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      p.err(error.errno === 'ENOENT' ? `sysctl: cannot stat ${file(key)}: No such file or directory\n` : error.errno === 'EROFS' ? `sysctl: setting key "${key}": Read-only file system\n` : `sysctl: setting key "${key}": ${error.message}\n`);
      code = 1;
    }
  }
  return code;
};

/** Names of links may have dots: they stand between `conf.` and the last word. */
function file(key: string): string {
  const [, family, dev, last] = /^(net\.ipv[46]\.(?:conf|neigh))\.(.+)\.([^.]+)$/.exec(key) ?? [];
  return `/proc/sys/${family ? `${family.replaceAll('.', '/')}/${dev}/${last}` : key.replaceAll('.', '/')}`;
}

function show(p: Process, key: string, bare: boolean): void {
  const text = p.fs.readFile(file(key)).replace(/\n$/, '');
  p.out(bare ? `${text}\n` : `${key} = ${text}\n`);
}

function walk(p: Process, dir: string): string[] {
  return p.fs.readdir(dir).flatMap((name) => {
    const path = `${dir}/${name}`;
    return p.fs.stat(path).kind === 'dir' ? walk(p, path) : [path];
  });
}
