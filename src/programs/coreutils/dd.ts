import type { Program } from '../../linux/process.ts';
import type { Stream } from '../../linux/streams.ts';
import { openPath } from '../../linux/open.ts';
import { FileError } from '../../linux/files.ts';

const UNITS: Readonly<Record<string, number>> = { c: 1, w: 2, b: 512, kB: 1e3, K: 1024, k: 1024, KiB: 1024, MB: 1e6, M: 1048576, m: 1048576, MiB: 1048576, GB: 1e9, G: 1073741824, g: 1073741824, GiB: 1073741824 };

/** dd(1) of coreutils: if, of, bs, ibs and obs alike, count, skip, seek (over /dev/null only counted), status, conv=notrunc. */
export const main: Program = async (p) => {
  const o = new Map<string, string>([['bs', '512'], ['status', '']]);
  for (const arg of p.args) {
    const at = arg.indexOf('=');
    const name = at < 0 ? arg : arg.slice(0, at);
    if (at < 0 || !KNOWN.has(name)) {
      p.err(at < 0 ? `dd: unrecognized operand ‘${arg}’\nTry 'dd --help' for more information.\n` : `dd: unrecognized operand ‘${arg}’\nTry 'dd --help' for more information.\n`);
      return 1;
    }
    o.set(name === 'ibs' || name === 'obs' ? 'bs' : name, arg.slice(at + 1));
  }
  const numbers = new Map<string, number>();
  for (const name of ['bs', 'count', 'skip'] as const) {
    const text = o.get(name);
    if (text === undefined) continue;
    const [, n, unit = 'c'] = /^(\d+)([a-zA-Z]*)$/.exec(text) ?? [];
    const value = n === undefined ? NaN : Number(n) * (unit === '' ? 1 : (UNITS[unit] ?? NaN));
    if (Number.isNaN(value) || (name === 'bs' && value === 0)) {
      p.err(`dd: invalid number: ‘${text}’\n`);
      return 1;
    }
    numbers.set(name, value);
  }
  let from: Stream, to: Stream;
  let path = '';
  try {
    path = o.get('if') ?? '';
    from = path === '' ? p.stdin : openPath(p, path, 'read');
    path = o.get('of') ?? '';
    to = path === '' ? p.stdout : openPath(p, path, 'write');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    p.err(`dd: failed to open '${path}': ${error.message}\n`);
    return 1;
  }
  const size = numbers.get('bs')!, count = numbers.get('count') ?? Infinity, skip = numbers.get('skip') ?? 0, start = p.now;
  let full = 0, partial = 0, bytes = 0, rest = '', ended = false;
  for (let i = 0; i < count + skip && !ended; i++) {
    const pieces = [rest];
    let have = rest.length;
    while (have < size) {
      const piece = await from.read(p);
      if (piece === null) {
        ended = true;
        break;
      }
      pieces.push(piece);
      have += piece.length;
    }
    const all = pieces.join(''), block = all.slice(0, size);
    rest = all.slice(size);
    if (block === '' || i < skip) continue;
    if (block.length === size) full++;
    else partial++;
    bytes += block.length;
    await to.write(block, p);
  }
  if (to !== p.stdout) to.release('write');
  if (o.get('status') === 'none') return 0;
  const seconds = Math.max(1, p.now - start) / 1e6, human = [[1e9, 'GB', 1073741824, 'GiB'], [1e6, 'MB', 1048576, 'MiB'], [1e3, 'kB', 1024, 'KiB']] as const;
  const unit = human.find(([n]) => bytes >= n), rate = bytes / seconds, speed = human.find(([n]) => rate >= n);
  const short = (n: number) => (n < 10 ? n.toFixed(1) : String(Math.round(n)));
  const records = `${full}+${partial} records in\n${full}+${partial} records out\n`;
  p.err(o.get('status') === 'noxfer' ? records : `${records}${bytes} bytes${unit ? ` (${short(bytes / unit[0])} ${unit[1]}, ${short(bytes / unit[2])} ${unit[3]})` : ''} copied, ${Number(seconds.toPrecision(6))} s, ${speed ? `${short(rate / speed[0])} ${speed[1]}` : `${short(rate)} B`}/s\n`);
  return 0;
};

const KNOWN: ReadonlySet<string> = new Set(['if', 'of', 'bs', 'ibs', 'obs', 'count', 'skip', 'seek', 'status', 'conv', 'iflag', 'oflag']);
