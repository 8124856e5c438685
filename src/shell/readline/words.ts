/** Where readline's words begin and end; `at` counts code points. */

export function wordLeft(text: readonly string[], at: number): number {
  let i = at;
  while (i > 0 && !isWord(text[i - 1]!)) i--;
  while (i > 0 && isWord(text[i - 1]!)) i--;
  return i;
}

export function wordRight(text: readonly string[], at: number): number {
  let i = at;
  while (i < text.length && !isWord(text[i]!)) i++;
  while (i < text.length && isWord(text[i]!)) i++;
  return i;
}

export function spaceLeft(text: readonly string[], at: number): number {
  let i = at;
  while (i > 0 && text[i - 1] === ' ') i--;
  while (i > 0 && text[i - 1] !== ' ') i--;
  return i;
}

function isWord(c: string): boolean {
  return /[\p{L}\p{N}_]/u.test(c);
}
