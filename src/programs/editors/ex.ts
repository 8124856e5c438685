import { FileError } from '../../linux/files.ts';
import type { Buffer } from './buffer.ts';
import type { Range } from './motion.ts';
import { substitute } from './substitute.ts';

/** What ex commands see of the editor, and change. */
export interface Ex {
  readonly buffer: Buffer;
  message: string;
  /** Set: the editor ends with it. */
  exit: number | undefined;
  /** `:set number` */
  number: boolean;
  /** The row where the visual selection began. */
  readonly anchor: number;
  readonly search: { regex: RegExp } | undefined;
  operate(operator: string, range: Range): void;
}

/** Runs an ex command: what follows the colon. */
export function runEx(vi: Ex, text: string): void {
  const b = vi.buffer;
  const m = /^\s*(%|(?:\d+|[.$]|'<)(?:,(?:\d+|[.$]|'>))?)?\s*([a-zA-Z]*|!)(!?)\s*(.*)$/s.exec(text);
  if (!m) return void (vi.message = `E492: Not an editor command: ${text}`);
  const [, range, name = '', bang, rest = ''] = m;
  const place = (p: string) => (p === '.' ? b.row : p === '$' ? b.lines.length - 1 : p === "'<" ? Math.min(vi.anchor, b.row) : p === "'>" ? Math.max(vi.anchor, b.row) : Number(p) - 1);
  const [from, to] = range === undefined ? [b.row, b.row] : range === '%' ? [0, b.lines.length - 1] : [place(range.split(',')[0]!), place(range.split(',').at(-1)!)];
  const write = (path = rest || undefined): boolean => {
    if (path === undefined && b.path === undefined) {
      vi.message = 'E32: No file name';
      return false;
    }
    if (b.readOnly && !bang && path === undefined) {
      vi.message = "E45: 'readonly' option is set (add ! to override)";
      return false;
    }
    try {
      const fresh = b.isNew;
      const { lines, bytes } = b.write(path ?? b.path);
      vi.message = `"${path ?? b.path}" ${fresh ? '[New] ' : ''}${lines}L, ${bytes}B written`;
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      vi.message = `"${path ?? b.path}" ${error.errno === 'EROFS' || error.errno === 'EACCES' ? 'E212: Can\'t open file for writing' : `E212: ${error.message}`}`;
      return false;
    }
  };
  if (name === '' && range !== undefined) {
    b.row = Math.max(0, Math.min(b.lines.length - 1, to));
    b.col = 0;
  } else if (/^(w|write)$/.test(name)) write();
  else if (/^(wq|wqa|x|xa|xit)$/.test(name)) {
    if ((name[0] === 'x' && !b.modified && !b.isNew) || write()) vi.exit = 0;
  } else if (/^(q|qa|quit|qall)$/.test(name)) {
    if (b.modified && !bang) vi.message = 'E37: No write since last change (add ! to override)';
    else vi.exit = 0;
  } else if (name === 'cq') vi.exit = 1;
  else if (name === 's' || text.includes('s/')) vi.message = substitute(b, from, to, /^\s*(?:%|[\d.$,'<>]*)\s*s(.*)$/s.exec(text)?.[1] ?? '', vi.search?.regex) ?? vi.message;
  else if (name === 'd') {
    b.save();
    vi.operate('d', { from: [from, 0], to: [to, 0], linewise: true });
  } else if (name === 'y') vi.operate('y', { from: [from, 0], to: [to, 0], linewise: true });
  else if (name === 'set' || name === 'se') {
    if (/^(nu|number)$/.test(rest)) vi.number = true;
    else if (/^(nonu|nonumber)$/.test(rest)) vi.number = false;
  } else if (name === 'noh' || name === 'nohlsearch' || name === 'syntax') vi.message = '';
  else if (name === 'u') b.undo();
  else if (name !== '') vi.message = `E492: Not an editor command: ${text}`;
}
