/** Columns a text takes on a terminal: wide East Asian characters and emoji two, combining marks none. */
export function width(text: string): number {
  let n = 0;
  for (const c of text) n += charWidth(c);
  return n;
}

export function charWidth(c: string): number {
  const code = c.codePointAt(0)!;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return code === 0 ? 0 : 2; // shown as ^X
  if (code < 0x300) return 1;
  if (/\p{Mn}|\p{Me}|\u200d|[\ufe00-\ufe0f]/u.test(c)) return 0;
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u.test(c) ? 2 : 1;
}

/** The prompt without what takes no room: escape sequences and what stands between \[ and \]. */
export function visible(prompt: string): string {
  return prompt.replace(/\x01[^\x02]*\x02/g, '').replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g, '');
}
