/** One terminal on the page: xterm.js with our keys, colours and manners. */
import { FitAddon } from '@xterm/addon-fit';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal, type IMarker } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

export interface ScreenOptions {
  label: string;
  onData(data: string): void;
  onResize(cols: number, rows: number): void;
  /** The student leaves the terminal with Esc, Tab. */
  screenReader: boolean;
  /** Lines that have been printed to their end, as plain text. */
  onText(lines: string[]): void;
  /** Whether the student really wants to paste this. */
  allowPaste(text: string): Promise<boolean>;
}

export class Screen {
  readonly element: HTMLElement;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #observer: ResizeObserver;
  #opened = false;
  #escaped = 0;
  #fitting: number | undefined;

  constructor(element: HTMLElement, { label, onData, onResize, screenReader, onText, allowPaste }: ScreenOptions) {
    this.element = element;
    this.#terminal = new Terminal({
      allowProposedApi: false,
      convertEol: true,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--__sl-font-mono').trim() || 'monospace',
      fontSize: fontSize(element.clientWidth || innerWidth),
      lineHeight: 1.25,
      minimumContrastRatio: 4.5,
      scrollback: 5000,
      screenReaderMode: screenReader,
      theme: theme(),
      macOptionIsMeta: true,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(new WebLinksAddon());
    this.#terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.#terminal.onData(onData);
    this.#terminal.onResize(({ cols, rows }) => onResize(cols, rows));
    this.#terminal.textarea?.setAttribute('aria-label', label);
    element.setAttribute('aria-label', label);
    this.#onText = onText;
    element.addEventListener('paste', (event) => this.#paste(event, allowPaste), { capture: true });
    this.#observer = new ResizeObserver(() => this.#fitSoon());
    this.#observer.observe(element);
  }

  /** Columns and rows, measured; the element must be visible. */
  size(): { cols: number; rows: number } {
    this.#open();
    return { cols: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** Resolves when it has been drawn. */
  write(text: string): Promise<void> {
    return new Promise((resolve) =>
      this.#terminal.write(text, () => {
        this.#telling ??= setTimeout(() => this.#tell(), 300);
        resolve();
      }),
    );
  }

  #onText: ScreenOptions['onText'];
  #telling: ReturnType<typeof setTimeout> | undefined;
  /** The line after the last one that has been told. */
  #told: IMarker | undefined;

  /** Tells the lines above the cursor that have not been told. */
  #tell(): void {
    this.#telling = undefined;
    const buffer = this.#terminal.buffer.normal;
    const end = buffer.baseY + buffer.cursorY;
    const lines: string[] = [];
    for (let i = Math.max(this.#told?.line ?? 0, end - 200, 0); i < end; i++) {
      const line = buffer.getLine(i);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped && lines.length > 0) lines.push(lines.pop() + text);
      else lines.push(text);
    }
    this.#told?.dispose();
    this.#told = this.#terminal.buffer.active.type === 'normal' ? this.#terminal.registerMarker(0) : undefined;
    this.#onText(lines.filter((line) => line.trim() !== ''));
  }

  #paste(event: ClipboardEvent, allowPaste: ScreenOptions['allowPaste']): void {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n]./.test(text)) return;
    event.preventDefault();
    event.stopPropagation();
    void allowPaste(text).then((yes) => {
      this.focus();
      if (yes) this.#terminal.paste(text);
    });
  }

  focus(): void {
    this.#open();
    this.#terminal.focus();
  }

  /** As if these keys were pressed. */
  keys(data: string): void {
    this.#terminal.input(data, true);
  }

  /** What is selected, or else everything on the screen and above it. */
  text(): string {
    if (this.#terminal.hasSelection()) return this.#terminal.getSelection();
    const buffer = this.#terminal.buffer.active;
    let text = '';
    for (let i = 0; i < buffer.length; i++) {
      const line = buffer.getLine(i);
      if (line) text += (i > 0 && !line.isWrapped ? '\n' : '') + line.translateToString(true);
    }
    return text.trimEnd();
  }

  retheme(): void {
    this.#terminal.options.theme = theme();
  }

  set screenReader(on: boolean) {
    this.#terminal.options.screenReaderMode = on;
  }

  dispose(): void {
    clearTimeout(this.#telling);
    this.#observer.disconnect();
    this.#terminal.dispose();
  }

  #open(): void {
    if (!this.#opened) {
      this.#opened = true;
      this.#terminal.open(this.element);
      this.#terminal.textarea?.setAttribute('aria-label', this.element.getAttribute('aria-label') ?? 'Terminal');
    }
    this.#fitNow();
  }

  #fitNow(): void {
    if (this.element.clientWidth === 0) return;
    this.#terminal.options.fontSize = fontSize(this.element.clientWidth);
    this.#fit.fit();
  }

  #fitSoon(): void {
    cancelAnimationFrame(this.#fitting ?? 0);
    this.#fitting = requestAnimationFrame(() => {
      if (this.#opened) this.#fitNow();
    });
  }

  /** Tab completes, so it cannot also leave: Esc and then Tab does (and Shift+Tab backwards). */
  #key(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown') return true;
    if (event.key === 'Escape') {
      this.#escaped = event.timeStamp;
      return true;
    }
    if (event.key === 'Tab' && this.#escaped > 0 && event.timeStamp - this.#escaped < 3000) {
      this.#escaped = 0;
      return false; // the browser moves the focus
    }
    if (event.key !== 'Shift') this.#escaped = 0;
    if (event.key === 'Tab' && this.#terminal.options.screenReaderMode) {
      event.preventDefault();
      this.#terminal.input(event.shiftKey ? '\x1b[Z' : '\t', true);
      return false;
    }
    return true;
  }
}

/** Messages of xterm's own, which screen readers say. */
Terminal.strings.promptLabel = 'Entrada del terminal';
Terminal.strings.tooMuchOutput = 'Demasiada salida para leerla entera: usa «Copiar» para tenerla como texto.';

const DARK = {
  background: '#0e1517',
  foreground: '#d7dfdf',
  cursor: '#7cc9d9',
  cursorAccent: '#0e1517',
  selectionBackground: '#2b4a53',
  black: '#1b262a',
  red: '#f2a097',
  green: '#86c994',
  yellow: '#e3c07a',
  blue: '#8fb8e8',
  magenta: '#cfa8dc',
  cyan: '#7cc9d9',
  white: '#d7dfdf',
  brightBlack: '#7d8e93',
  brightRed: '#ffb9b1',
  brightGreen: '#a5e0b1',
  brightYellow: '#f2d697',
  brightBlue: '#b0d0f5',
  brightMagenta: '#e2c4ec',
  brightCyan: '#a5e0ec',
  brightWhite: '#ffffff',
};
const LIGHT = {
  background: '#fffefb',
  foreground: '#1d2a2e',
  cursor: '#0b6b80',
  cursorAccent: '#fffefb',
  selectionBackground: '#cfe4e8',
  black: '#1d2a2e',
  red: '#a32a1f',
  green: '#22693a',
  yellow: '#7a5600',
  blue: '#23529c',
  magenta: '#7b3a8c',
  cyan: '#0b6b80',
  white: '#e6e3d8',
  brightBlack: '#5c686c',
  brightRed: '#8f1d14',
  brightGreen: '#17542b',
  brightYellow: '#634600',
  brightBlue: '#173f80',
  brightMagenta: '#632c72',
  brightCyan: '#074a59',
  brightWhite: '#1d2a2e',
};

/** kubectl's tables want 80 columns and more: narrow terminals have smaller letters. */
function fontSize(width: number): number {
  return width < 420 ? 11 : width < 660 ? 12 : 13;
}

function theme() {
  return document.documentElement.dataset['theme'] === 'light' ? LIGHT : DARK;
}
