import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';

const LONG: Readonly<Record<string, string>> = { all: 'a', binary: 'b', ignore: 'e', names: 'N', values: 'n', load: 'p', system: 'p', quiet: 'q', write: 'w', help: 'h', version: 'V' };
const USAGE = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --deprecated     include deprecated parameters to listing
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
  -o                   does nothing
  -x                   does nothing
  -d                   alias of -h

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
`;

/** sysctl(8): the files under /proc/sys by their names with dots. */
export const main: Program = (p) => {
  const set = new Set<string>(), words: string[] = [];
  let pattern: RegExp | undefined;
  for (let k = 0; k < p.args.length; k++) {
    const arg = p.args[k]!;
    if (!arg.startsWith('-') || arg === '-') words.push(arg);
    else if (arg.startsWith('--')) {
      const letter = LONG[arg.slice(2)];
      if (letter === undefined) {
        p.out(USAGE);
        p.err(`sysctl: unrecognized option '${arg}'\n`);
        return 0;
      }
      set.add(letter);
    } else for (const letter of arg.slice(1)) {
      if (letter === 'r') pattern = new RegExp(p.args[++k] ?? '');
      else if (!'aAXbenNpfqwoxdhV'.includes(letter)) {
        p.out(USAGE);
        p.err(`sysctl: invalid option -- '${letter}'\n`);
        return 0;
      } else set.add(letter);
    }
  }
  if (set.has('h') || set.has('d')) {
    p.out(USAGE);
    return 0;
  }
  if (set.has('V')) {
    p.out('sysctl from procps-ng 4.0.2\n');
    return 0;
  }
  const write = set.has('w'), quiet = set.has('q'), how: Shown = set.has('b') ? 'binary' : set.has('N') ? 'name' : set.has('n') ? 'value' : 'both';
  if (set.has('a') || set.has('A') || set.has('X')) {
    for (const path of walk(p, '/proc/sys')) {
      const key = path.slice('/proc/sys/'.length).replaceAll('/', '.');
      if (!pattern || pattern.test(key)) show(p, key, how);
    }
    return 0;
  }
  if (p.args.length === 0) {
    p.err(USAGE);
    return 1;
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
          p.err('sysctl: command line(0): invalid syntax, continuing...\n');
          code = 1;
        } else show(p, key, how);
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
      if (error.errno === 'ENOENT' && set.has('e')) continue;
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

type Shown = 'both' | 'name' | 'value' | 'binary';

function show(p: Process, key: string, how: Shown): void {
  const text = p.fs.readFile(file(key)).replace(/\n$/, '');
  p.out(how === 'binary' ? text : how === 'name' ? `${key}\n` : how === 'value' ? `${text}\n` : `${key} = ${text}\n`);
}

function walk(p: Process, dir: string): string[] {
  return p.fs.readdir(dir).flatMap((name) => {
    const path = `${dir}/${name}`;
    return p.fs.stat(path).kind === 'dir' ? walk(p, path) : [path];
  });
}
