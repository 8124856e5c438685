/** Edits and runs the backend's code, and lets it answer what reaches its Pod in the simulated cluster. */
import type { Backend } from '../../terminal/protocol.ts';
import type { Desk } from '../../terminal/desk.ts';
import { loadSetting, saveSetting } from '../../terminal/storage.ts';
import type { Editor } from './editor.ts';
import type { NodePort } from './port.ts';

/** Characters kept of what the program has printed. */
const PRINTED = 20_000;

class BackendElement extends HTMLElement {
  #port: NodePort | undefined;
  #instead: string | undefined;
  #editor: Editor | undefined;
  readonly #setting = `backend:${location.pathname}`;

  connectedCallback(): void {
    const code = this.#code;
    code.value = loadSetting(this.#setting) ?? code.value;
    code.addEventListener('input', () => saveSetting(this.#setting, code.value));
    code.addEventListener('keydown', (event) => this.#key(event));
    this.#button('ejecutar').addEventListener('click', () => void this.#run());
    this.#button('parar').addEventListener('click', () => void this.#stop());
    this.#button('original').addEventListener('click', () => {
      code.value = this.dataset['codigo'] ?? '';
      saveSetting(this.#setting, code.value);
      this.#editor?.set(code.value);
      this.#say('Es otra vez el programa de la imagen. Pulsa Ejecutar para usarlo.');
    });
    const near = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        near.disconnect();
        void this.#openEditor();
      },
      { rootMargin: '300px' },
    );
    near.observe(this);
  }

  /** The editor is fetched when it comes near; without it the textarea does. */
  async #openEditor(): Promise<void> {
    try {
      const { openEditor } = await import('./editor.ts');
      this.#editor = openEditor(this.#code, () => void this.#run());
    } catch (error) {
      this.#say(
        `El editor con colores no se ha podido cargar (${error instanceof Error ? error.message : String(error)}); este cuadro hace lo mismo.`,
      );
    }
  }

  async #run(): Promise<void> {
    const run = this.#button('ejecutar');
    run.disabled = true;
    try {
      if (!this.#port) {
        const { choosePort } = await import('./choose.ts');
        ({ port: this.#port, instead: this.#instead } = await choosePort((what) => this.#say(what)));
      }
      this.#say('Arrancando tu programa…');
      await this.#port.start({ 'server.js': this.#code.value });
    } catch (error) {
      this.#print();
      this.#say(`Tu programa no ha arrancado: ${error instanceof Error ? error.message : String(error)}`, 'mal');
      return;
    } finally {
      run.disabled = false;
    }
    this.#print();
    const desk = await useDesk();
    await desk.serve(this.#backend);
    run.textContent = 'Ejecutar otra vez';
    this.#button('parar').disabled = false;
    this.#say(
      `Contesta tu código: corre en ${this.#port.name}${this.#instead ? `, porque WebContainer no arranca: ${this.#instead}` : ''}.`,
      'vivo',
    );
  }

  async #stop(): Promise<void> {
    this.#port?.stop();
    await (await useDesk()).serve(undefined);
    this.#button('ejecutar').textContent = 'Ejecutar';
    this.#button('parar').disabled = true;
    this.#button('ejecutar').focus();
    this.#say('Contesta el programa que trae la imagen.');
  }

  readonly #backend: Backend = async (request) => {
    const port = this.#port;
    if (!port) return undefined;
    const response = await port.request(request);
    const log = this.#print();
    if (response.status === 0)
      this.#say(
        'Tu programa no ha contestado a tiempo: se ha parado, y arrancará con la próxima petición. ¿Un bucle sin fin, o una respuesta que nunca se envía?',
        'mal',
      );
    else if (response.status < 0) this.#say('Tu programa ha terminado sin contestar; arrancará con la próxima petición.', 'mal');
    else if (this.dataset['mal'] !== undefined) this.#say('Contesta tu código.', 'vivo');
    return { ...response, log };
  };

  /** Shows what the program has printed, and returns it. */
  #print(): string {
    const log = this.#port?.logs() ?? '';
    if (log === '') return log;
    const box = this.querySelector<HTMLElement>('.salida')!;
    const pre = box.querySelector('pre')!;
    box.hidden = false;
    pre.textContent = ((pre.textContent ?? '') + log).slice(-PRINTED);
    pre.scrollTop = pre.scrollHeight;
    return log;
  }

  /** Enter keeps the indentation; Tab leaves, as everywhere on the page; Ctrl-Enter runs. (CodeMirror has its own.) */
  #key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) return void this.#run();
    const { value, selectionStart, selectionEnd } = this.#code;
    const line = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart);
    const indent = /^\s*/.exec(line)![0] + (/[{([]\s*$/.test(line) ? '  ' : '');
    this.#code.setRangeText(`\n${indent}`, selectionStart, selectionEnd, 'end');
    this.#code.dispatchEvent(new Event('input'));
  }

  #say(text: string, state?: 'vivo' | 'mal'): void {
    delete this.dataset['vivo'];
    delete this.dataset['mal'];
    if (state) this.dataset[state] = '';
    this.querySelector('.estado')!.textContent = text;
  }

  get #code(): HTMLTextAreaElement {
    return this.querySelector('textarea')!;
  }

  #button(what: string): HTMLButtonElement {
    return this.querySelector<HTMLButtonElement>(`[data-hacer="${what}"]`)!;
  }
}

customElements.define('curso-backend', BackendElement);

/** The page's workspace, started if need be. */
function useDesk(): Promise<Desk> {
  return new Promise((use) => document.dispatchEvent(new CustomEvent('desk', { detail: { use, open: false } })));
}
