import type { Shell } from './shell.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The backslash sequences of PS1 (bash(1), PROMPTING). `\[` and `\]` become marks that the line editor takes out. */
export function expandPrompt(shell: Shell, text: string): string {
  const { process } = shell;
  const user = userName(shell);
  const host = process.uts.hostname;
  const home = shell.variables.get('HOME') ?? '';
  const cwd = home !== '' && home !== '/' && (process.cwd === home || process.cwd.startsWith(`${home}/`)) ? `~${process.cwd.slice(home.length)}` : process.cwd;
  const now = new Date(Math.floor(process.now / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}`;
  return text.replace(/\\(\d{3}|D\{[^}]*\}|[\s\S])/g, (all, c: string) => {
    if (/^\d/.test(c)) return String.fromCharCode(parseInt(c, 8));
    switch (c) {
      case 'u': return user;
      case 'h': return host.split('.')[0]!;
      case 'H': return host;
      case 'w': return cwd;
      case 'W': return cwd === '~' || cwd === '/' ? cwd : cwd.split('/').at(-1)!;
      case '$': return process.uid === 0 ? '#' : '$';
      case 'n': return '\n';
      case 'r': return '\r';
      case 'a': return '\x07';
      case 'e': return '\x1b';
      case '\\': return '\\';
      case '[': return '\x01';
      case ']': return '\x02';
      case 's': return shell.name.split('/').at(-1)!.replace(/^-/, '');
      case 'v': return '5.2';
      case 'V': return '5.2.15';
      case 't': return `${clock}:${two(now.getUTCSeconds())}`;
      case 'T': return `${two(now.getUTCHours() % 12 || 12)}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
      case 'A': return clock;
      case '@': return `${two(now.getUTCHours() % 12 || 12)}:${two(now.getUTCMinutes())} ${now.getUTCHours() < 12 ? 'AM' : 'PM'}`;
      case 'd': return `${DAYS[now.getUTCDay()]} ${MONTHS[now.getUTCMonth()]} ${two(now.getUTCDate())}`;
      case 'j': return String(shell.jobs.list.length);
      case '!':
      case '#': return String(shell.history.length + 1);
      case 'l': return process.tty?.name.split('/').at(-1) ?? '';
      default: return c.startsWith('D') ? clock : all;
    }
  });
}

export function userName(shell: Shell): string {
  const { uid, machine } = shell.process;
  for (const user of machine.users.values()) if (user.uid === uid) return user.name;
  return 'I have no name!';
}
