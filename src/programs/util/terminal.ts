/** clear, reset, tput, stty, less, more, man: what has to do with the terminal. */
import { fullScreen } from '../coreutils/full-screen.ts';
import { Fatal, linesOf, multi, tool, Usage } from '../coreutils/tool.ts';

const clear = tool(async (t) => void (await t.out('\x1b[H\x1b[2J\x1b[3J')));
const reset = tool(async (t) => {
  t.process.tty?.cooked();
  await t.out('\x1bc');
});

const tput = tool(async (t) => {
  const [name, ...args] = t.process.args;
  const tty = t.process.tty;
  const strings: Record<string, string> = { clear: '\x1b[H\x1b[2J', bold: '\x1b[1m', sgr0: '\x1b(B\x1b[m', smul: '\x1b[4m', rmul: '\x1b[24m', rev: '\x1b[7m', civis: '\x1b[?25l', cnorm: '\x1b[?12l\x1b[?25h', el: '\x1b[K', ed: '\x1b[J', smcup: '\x1b[?1049h', rmcup: '\x1b[?1049l' };
  if (name === 'cols') await t.out(`${tty?.cols ?? 80}\n`);
  else if (name === 'lines') await t.out(`${tty?.rows ?? 24}\n`);
  else if (name === 'colors') await t.out('256\n');
  else if (name === 'setaf' || name === 'setab') await t.out(`\x1b[${name === 'setaf' ? 3 : 4}${args[0]}m`);
  else if (name === 'cup') await t.out(`\x1b[${Number(args[0]) + 1};${Number(args[1]) + 1}H`);
  else if (name && strings[name]) await t.out(strings[name]);
  else if (!name) throw new Usage('usage: tput [-V] [-S] [-T term] capname', { code: 2, hint: false });
  else throw new Fatal(`unknown terminfo capability '${name}'`, 4);
});

const stty = tool(async (t) => {
  const { tty } = t.process;
  if (!tty || !t.process.stdin.isTTY) throw new Fatal("'standard input': Inappropriate ioctl for device");
  const args = t.process.args;
  if (args[0] === 'size') return void (await t.out(`${tty.rows} ${tty.cols}\n`));
  if (args.length === 0 || args[0] === '-a') {
    const flag = (on: boolean, name: string) => (on ? name : `-${name}`);
    await t.out(args[0] === '-a' ? `speed 38400 baud; rows ${tty.rows}; columns ${tty.cols}; line = 0;\nintr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; susp = ^Z;\n${flag(tty.signals, 'isig')} ${flag(tty.canonical, 'icanon')} ${flag(tty.echo, 'echo')}\n` : `speed 38400 baud; line = 0;\n${tty.echo ? '' : '-echo\n'}`);
    return;
  }
  for (let i = 0; i < args.length; i++) {
    const a = args[i]!;
    if (a === 'raw') tty.raw({ signals: false });
    else if (a === 'cbreak') tty.canonical = false;
    else if (a === 'sane' || a === 'cooked') tty.cooked();
    else if (/^-?echo$/.test(a)) tty.echo = a === 'echo';
    else if (/^-?icanon$/.test(a)) tty.canonical = a === 'icanon';
    else if (/^-?isig$/.test(a)) tty.signals = a === 'isig';
    else if (a === 'cols' || a === 'columns') tty.cols = Number(args[++i]);
    else if (a === 'rows') tty.rows = Number(args[++i]);
    else throw new Usage(`invalid argument '${a}'`);
  }
});

/** less and more: pages on a terminal, else as cat. */
const less = tool(async (t) => {
  t.parse({ short: 'NSRFXeiIMfqx:p:', long: { quiet: 'q', RAW: 'R' } }, t.process.args.filter((a) => !a.startsWith('+')));
  if (t.args.length === 0 && t.process.stdin.isTTY) {
    await t.process.err(`Missing filename ("${t.name} --help" for help)\n`);
    return 1;
  }
  const { tty } = t.process;
  const file = t.args[0] ?? '-';
  if (file !== '-' && t.find(file)?.kind === 'dir') {
    await t.process.err(`${file} is a directory\n`);
    return 1;
  }
  const stream = t.open(file);
  if (!stream) return 1;
  const text = await t.slurp(stream);
  if (!tty || !t.process.stdout.isTTY) {
    await t.out(text);
    return 0;
  }
  const all = linesOf(text).flatMap((l, n) => {
    const line = (t.has('N') ? `${String(n + 1).padStart(7)} ` : '') + l.replace(/\t/g, '        ');
    return t.has('S') || line.length <= tty.cols ? [line.slice(0, tty.cols)] : (line.match(new RegExp(`.{1,${tty.cols}}`, 'gu')) ?? ['']);
  });
  if (t.has('F') && all.length < tty.rows) {
    await t.out(text);
    return 0;
  }
  let top = 0, query: RegExp | undefined;
  const keys = tty; // the keyboard, whatever standard input is
  const page = () => tty.rows - 1;
  const last = () => Math.max(0, all.length - page());
  await fullScreen(t.process, async () => {
    let status = file === '-' ? '' : file;
    const draw = () => {
      const shown = all.slice(top, top + page()).map((l) => (query ? l.replace(new RegExp(query.source, 'gu'), (m) => `\x1b[7m${m}\x1b[27m`) : l));
      while (shown.length < page()) shown.push('~');
      const end = top >= last();
      tty.write(`\x1b[H${shown.map((l) => `${l}\x1b[K\n`).join('')}\x1b[K${status !== '' ? `\x1b[7m${status}${end ? ' (END)' : ''}\x1b[27m` : end ? '\x1b[7m(END)\x1b[27m' : ':'}`);
      status = '';
    };
    const search = (from: number, step: number) => {
      for (let i = from; i >= 0 && i < all.length; i += step) if (query!.test(all[i]!)) return void (top = Math.min(i, last()));
      status = 'Pattern not found  (press RETURN)';
    };
    for (;;) {
      draw();
      const key = await keys.read(t.process);
      if (key === null || key === 'q' || key === 'Q' || key === '\x03') return;
      if (key === ' ' || key === 'f' || key === '\x06' || key === '\x1b[6~') top = Math.min(last(), top + page());
      else if (key === 'b' || key === '\x02' || key === '\x1b[5~') top = Math.max(0, top - page());
      else if (key === 'd') top = Math.min(last(), top + Math.floor(page() / 2));
      else if (key === 'u') top = Math.max(0, top - Math.floor(page() / 2));
      else if (['j', 'e', '\r', '\x1b[B', '\x1bOB'].includes(key)) top = Math.min(last(), top + 1);
      else if (['k', 'y', '\x1b[A', '\x1bOA'].includes(key)) top = Math.max(0, top - 1);
      else if (key === 'g' || key === '<' || key === '\x1b[H') top = 0;
      else if (key === 'G' || key === '>' || key === '\x1b[F') top = last();
      else if (key[0] === '/' || key[0] === '?') {
        let words = key.slice(1);
        while (!words.includes('\r')) {
          tty.write(`\r\x1b[K${key[0]}${words}`);
          const more = await keys.read(t.process);
          if (more === null || more === '\x03' || more === '\x1b') break;
          words = more === '\x7f' ? words.slice(0, -1) : words + more;
        }
        words = words.replace(/\r.*/, '');
        if (words !== '') query = new RegExp(words.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'u');
        if (query) search(top + (key[0] === '/' ? 1 : -1), key[0] === '/' ? 1 : -1);
      } else if (key === 'n' && query) search(top + 1, 1);
      else if (key === 'N' && query) search(top - 1, -1);
    }
  });
  return 0;
});

const man = tool(async (t) => {
  const names = t.process.args.filter((a) => !a.startsWith('-') && !/^\d$/.test(a));
  if (names.length === 0) {
    await t.process.err("What manual page do you want?\nFor example, try 'man man'.\n");
    return 1;
  }
  const section = t.process.args.find((a) => /^\d$/.test(a));
  for (const name of names) await t.process.err(`No manual entry for ${name}${section ? ` in section ${section}` : ''}\n`);
  return 16;
});

export const main = multi({ clear, reset, tput, stty, less, more: less, pager: less, man });
