/** GNU nano 7.2, small: type, arrows, ^O ^X ^K ^U ^W ^A ^E ^V ^Y ^C ^G. */
import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';
import type { Tty } from '../../linux/tty.ts';
import { fullScreen } from '../coreutils/full-screen.ts';
import { Buffer, layout } from './buffer.ts';

export const main: Program = async (process) => {
  const file = process.args.find((a) => !/^[-+]/.test(a));
  const { tty } = process;
  if (!tty) {
    await process.err('Standard input is not a terminal\n');
    return 1;
  }
  let buffer: Buffer;
  try {
    buffer = new Buffer(process, file);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await process.err(`"${file}" ${error.errno === 'EISDIR' ? 'is a directory' : `: ${error.message}`}\n`);
    return 1;
  }
  await fullScreen(process, () => edit(process, tty, buffer));
  return 0;
};

async function edit(process: Process, tty: Tty, b: Buffer): Promise<void> {
  let top = 0, name = b.path, message = b.path === undefined ? '' : b.isNew ? '[ New File ]' : `[ Read ${b.lines.length} line${b.lines.length === 1 ? '' : 's'} ]`;
  let cut: string[] = [], cutting = false, search = '', question = '';
  const keys: string[] = [];
  const next = async (): Promise<string | null> => {
    while (keys.length === 0) {
      draw();
      const data = await tty.read(process);
      if (data === null) return null;
      keys.push(...(data.match(/\x1b\[[0-9;]*[~A-Za-z]|\x1bO[A-Z]|\x1b[\s\S]|[\s\S]/gu) ?? []));
    }
    return keys.shift()!;
  };
  const draw = () => {
    const { rows, cols } = tty, height = rows - 5;
    if (b.row < top) top = b.row;
    if (b.row >= top + height) top = b.row - height + 1;
    const title = `  GNU nano 7.2${' '.repeat(Math.max(2, Math.floor((cols - (name ?? 'New Buffer').length) / 2) - 14))}${name ?? 'New Buffer'}`.padEnd(cols - 12) + (b.modified ? 'Modified' : '');
    const { columns } = layout(b.line), col = columns[Math.min(b.col, columns.length - 1)]!;
    const shift = col >= cols ? col - cols + 8 : 0;
    const text = Array.from({ length: height }, (_, i) => layout(b.lines[top + i] ?? '').text.slice(top + i === b.row ? shift : 0, (top + i === b.row ? shift : 0) + cols));
    const center = (s: string) => ' '.repeat(Math.max(0, Math.floor((cols - s.length) / 2))) + `\x1b[7m${s}\x1b[27m`;
    const help = (list: [string, string][]) => list.map(([k, w]) => `\x1b[7m${k}\x1b[27m ${w.padEnd(12)}`).join('');
    const bar = question !== '' ? `\x1b[7m${question.padEnd(cols)}\x1b[27m` : message === '' ? '' : center(message);
    tty.write(`\x1b[?25l\x1b[H\x1b[7m${title.padEnd(cols).slice(0, cols)}\x1b[27m\r\n\x1b[K\r\n${text.map((l) => `${l}\x1b[K`).join('\r\n')}\r\n${bar}\x1b[K\r\n${help([['^G', 'Help'], ['^O', 'Write Out'], ['^W', 'Where Is'], ['^K', 'Cut']])}\x1b[K\r\n${help([['^X', 'Exit'], ['^R', 'Read File'], ['^\\', 'Replace'], ['^U', 'Paste']])}\x1b[K${question !== '' ? `\x1b[${rows - 2};${Math.min(cols, question.length + 1)}H` : `\x1b[${b.row - top + 3};${col - shift + 1}H`}\x1b[?25h`);
  };
  const ask = async (label: string, start = ''): Promise<string | undefined> => {
    let answer = start;
    for (;;) {
      question = label + answer;
      const key = await next();
      if (key === null || key === '\x03') {
        question = '';
        message = '[ Cancelled ]';
        return undefined;
      }
      if (key === '\r' || key === '\n') {
        question = '';
        return answer;
      }
      if (key === '\x7f' || key === '\b') answer = [...answer].slice(0, -1).join('');
      else if (key >= ' ' && !key.startsWith('\x1b')) answer += key;
    }
  };
  const write = async (): Promise<boolean> => {
    const to = await ask('File Name to Write: ', name ?? '');
    if (to === undefined || to === '') return false;
    try {
      const { lines } = b.write(to);
      b.modified = false;
      name = to;
      message = `[ Wrote ${lines} line${lines === 1 ? '' : 's'} ]`;
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      message = `[ Error writing ${to}: ${error.message} ]`;
      return false;
    }
  };
  for (;;) {
    const key = await next();
    if (key === null) return;
    message = '';
    const wasCutting = cutting;
    cutting = false;
    const page = tty.rows - 7;
    const vertical = (by: number) => {
      b.row = Math.max(0, Math.min(b.lines.length - 1, b.row + by));
      b.col = Math.min(b.col, b.line.length);
    };
    switch (key) {
      case '\x18': {
        if (!b.modified) return;
        question = 'Save modified buffer? ';
        const answer = await next();
        question = '';
        if (answer === null || /^[nN]$/.test(answer)) return;
        if (/^[yY]$/.test(answer) && (await write())) return;
        if (answer === '\x03') message = '[ Cancelled ]';
        break;
      }
      case '\x0f':
      case '\x13': await write(); break;
      case '\x0b':
        b.save();
        cut = wasCutting ? [...cut, b.line] : [b.line];
        cutting = true;
        b.lines.splice(b.row, 1);
        if (b.lines.length === 0) b.lines.push('');
        vertical(0);
        b.col = 0;
        break;
      case '\x15':
        if (cut.length === 0) break;
        b.save();
        b.lines.splice(b.row, 0, ...cut);
        b.row += cut.length;
        b.col = 0;
        break;
      case '\x17': {
        const words = await ask(`Search${search ? ` [${search}]` : ''}: `);
        if (words === undefined) break;
        search = words || search;
        const n = b.lines.length;
        let found = false;
        for (let i = 0; i <= n && !found; i++) {
          const r = (b.row + i) % n, c = b.lines[r]!.toLowerCase().indexOf(search.toLowerCase(), i === 0 ? b.col + 1 : 0);
          if (c < 0) continue;
          [b.row, b.col] = [r, c];
          found = true;
        }
        if (!found) message = `[ "${search}" not found ]`;
        break;
      }
      case '\x1bu': b.undo(); break;
      case '\x1be': b.redo(); break;
      case '\x03': message = `[ line ${b.row + 1}/${b.lines.length}, col ${b.col + 1}/${b.line.length + 1} ]`; break;
      case '\x01':
      case '\x1b[H':
      case '\x1b[1~': b.col = 0; break;
      case '\x05':
      case '\x1b[F':
      case '\x1b[4~': b.col = b.line.length; break;
      case '\x16':
      case '\x1b[6~': vertical(page); break;
      case '\x19':
      case '\x1b[5~': vertical(-page); break;
      case '\x10':
      case '\x1b[A':
      case '\x1bOA': vertical(-1); break;
      case '\x0e':
      case '\x1b[B':
      case '\x1bOB': vertical(1); break;
      case '\x02':
      case '\x1b[D':
      case '\x1bOD':
        if (b.col > 0) b.col--;
        else if (b.row > 0) {
          b.row--;
          b.col = b.line.length;
        }
        break;
      case '\x06':
      case '\x1b[C':
      case '\x1bOC':
        if (b.col < b.line.length) b.col++;
        else if (b.row < b.lines.length - 1) {
          b.row++;
          b.col = 0;
        }
        break;
      case '\x7f':
      case '\b': b.save(); b.backspace(); break;
      case '\x04':
      case '\x1b[3~': b.save(); b.deleteForward(); break;
      case '\r':
      case '\n': b.save(); b.insert('\n'); break;
      default:
        if ((key >= ' ' && !key.startsWith('\x1b')) || key === '\t') {
          b.save();
          b.insert(key);
        }
    }
  }
}
