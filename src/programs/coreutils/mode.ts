import { Fatal } from './tool.ts';

/** 755, u+x, go-w, a=r … on top of `old`. Throws Fatal for what is no mode. */
export function parseMode(text: string, old: number, isDir: boolean): number {
  if (/^[0-7]{1,5}$/.test(text)) return parseInt(text, 8);
  let mode = old;
  for (const part of text.split(',')) {
    const m = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(part);
    if (!m) throw new Fatal(`invalid mode: '${text}'`);
    const who = m[1] === '' || m[1]!.includes('a') ? 'ugo' : m[1]!;
    for (const [, op, perms] of m[2]!.matchAll(/([-+=])([rwxXst]*)/g)) {
      let bits = 0;
      for (const w of who) {
        const shift = { u: 6, g: 3, o: 0 }[w]!;
        for (const p of perms!) {
          if (p === 's') bits |= w === 'u' ? 0o4000 : w === 'g' ? 0o2000 : 0;
          else if (p === 't') bits |= 0o1000;
          else bits |= (p === 'r' ? 4 : p === 'w' ? 2 : p === 'x' || isDir || mode & 0o111 ? 1 : 0) << shift;
        }
        if (op === '=') mode &= ~(7 << shift);
      }
      mode = op === '-' ? mode & ~bits : mode | bits;
    }
  }
  return mode;
}
