/** Compares what a lesson shows with what the simulator prints. */
const ANY = /^\s*(…|\[\.\.\.\]|\.\.\.)\s*$/;

/** Whether the text shows what was printed; blanks at the ends of lines do not count. */
export function agrees(shown: string, printed: string): boolean {
  const lines = (text: string) => text.replace(/\s+$/, '').split('\n').map((l) => l.trimEnd());
  return match(lines(shown), lines(printed));
}

function match(shown: string[], printed: string[]): boolean {
  const any = shown.findIndex((l) => ANY.test(l));
  if (any < 0) return shown.length === printed.length && shown.every((l, i) => l === printed[i]);
  if (!shown.slice(0, any).every((l, i) => l === printed[i])) return false;
  const rest = shown.slice(any + 1);
  for (let from = any; from <= printed.length; from++) if (match(rest, printed.slice(from))) return true;
  return rest.length === 0;
}

/** The lines that differ: what the text shows, and what was printed. */
export function difference(shown: string, printed: string): string {
  const a = shown.replace(/\n$/, '').split('\n'), b = printed.replace(/\n$/, '').split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start]!.trimEnd() === b[start]!.trimEnd()) start++;
  let endA = a.length, endB = b.length;
  while (endA > start && endB > start && a[endA - 1]!.trimEnd() === b[endB - 1]!.trimEnd()) [endA, endB] = [endA - 1, endB - 1];
  const some = (lines: string[], mark: string) => [...lines.slice(0, 12).map((l) => `    ${mark} ${l}`), ...(lines.length > 12 ? [`    ${mark} … y ${lines.length - 12} líneas más`] : [])];
  return [...some(shown === '' ? [] : a.slice(start, endA), '-'), ...some(printed === '' ? [] : b.slice(start, endB), '+')].join('\n');
}
