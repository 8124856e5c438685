// Go's text/tabwriter (elastic tabstops) with spaces as padding; with `remember`, columns do not shrink after a flush
// (liggitt/tabwriter's RememberWidths, which `kubectl get -w` needs); with `tabs` it pads with tabs of that width.

export class TabWriter {
  readonly #out: (text: string) => void;
  readonly #min: number;
  readonly #padding: number;
  readonly #remember: boolean;
  readonly #tabs: number;
  #widths: number[] = [];
  #text = '';

  constructor(out: (text: string) => void, { min = 0, padding = 2, remember = false, tabs = 0 }: { min?: number; padding?: number; remember?: boolean; tabs?: number } = {}) {
    this.#out = out;
    this.#min = min;
    this.#padding = padding;
    this.#remember = remember;
    this.#tabs = tabs;
  }

  write(text: string): void {
    this.#text += text;
  }

  forget(): void {
    this.#widths = [];
  }

  flush(): void {
    if (this.#text === '') return;
    const lines = this.#text.split('\n').map((line) => line.split('\t'));
    this.#text = '';
    const out: string[] = [];
    this.#format(lines, 0, lines.length, [], out);
    this.#out(out.join(''));
  }

  #format(lines: string[][], from: number, to: number, widths: number[], out: string[]): void {
    const column = widths.length;
    for (let i = from; i < to; i++) {
      if (column >= lines[i]!.length - 1) continue;
      this.#print(lines, from, i, widths, out);
      from = i;
      let width = Math.max(this.#min, this.#remember ? (this.#widths[column] ?? 0) : 0);
      for (; i < to && column < lines[i]!.length - 1; i++) width = Math.max(width, runes(lines[i]![column]!) + this.#padding);
      if (this.#tabs > 0) width = Math.ceil(width / this.#tabs) * this.#tabs;
      if (this.#remember) this.#widths[column] = width;
      widths.push(width);
      this.#format(lines, from, i, widths, out);
      widths.pop();
      from = i;
    }
    this.#print(lines, from, to, widths, out);
  }

  #print(lines: string[][], from: number, to: number, widths: number[], out: string[]): void {
    for (let i = from; i < to; i++) {
      const cells = lines[i]!;
      for (let j = 0; j < cells.length; j++) {
        const cell = cells[j]!;
        out.push(cell);
        if (j < widths.length && this.#tabs > 0) out.push('\t'.repeat(Math.ceil((widths[j]! - runes(cell)) / this.#tabs)));
        else if (j < widths.length) out.push(' '.repeat(Math.max(0, widths[j]! - runes(cell))));
      }
      if (i + 1 < lines.length) out.push('\n');
    }
  }
}

/** Aligns the cells of a text, as describe does: two spaces between columns. */
export function align(text: string, options: { min?: number; padding?: number } = {}): string {
  let all = '';
  const writer = new TabWriter((piece) => (all += piece), options);
  writer.write(text);
  writer.flush();
  return all;
}

 
const ASCII = /^[\x00-\x7f]*$/;
function runes(text: string): number {
  return ASCII.test(text) ? text.length : [...text].length;
}
