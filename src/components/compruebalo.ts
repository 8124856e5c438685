/** Answers a question of a lesson, from its markup or from the live world; remembers the ones answered well. */
import { loadProgress, updateProgress } from '../terminal/storage.ts';
import type { Desk } from '../terminal/desk.ts';
import type { Check, CheckResult } from '../terminal/protocol.ts';
import { tell } from '../terminal/notices.ts';

class Compruebalo extends HTMLElement {
  connectedCallback(): void {
    const key = `${location.pathname}#${this.dataset['id']}`;
    if (loadProgress(tell).answers[key]) this.#well('Ya lo respondiste bien.');
    this.querySelector('form')!.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#answer(key);
    });
  }

  async #answer(key: string): Promise<void> {
    const result = await this.#isRight();
    if (result.error) return this.#badly(result.error);
    if (!result.ok)
      return this.#badly(this.dataset['comprueba'] ? 'Todavía no: mira el cluster y vuelve a probar.' : 'No es eso. Prueba otra vez.');
    updateProgress(tell, (progress) => (progress.answers[key] = true));
    this.#well('Bien.');
  }

  async #isRight(): Promise<CheckResult> {
    const { correcta, orden, en, comprueba } = this.dataset;
    if (correcta) return { ok: this.#given()?.value === correcta };
    const desk = await useDesk();
    if (comprueba) return desk.check(JSON.parse(comprueba) as Check[]);
    const input = this.#given();
    const printed = await desk.ask(en ?? 'mac', orden ?? '');
    return { ok: (input?.dataset['text'] ?? input?.value ?? '').trim() === printed.trim() };
  }

  #given(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>('input:checked, input[type="text"]');
  }

  #well(text: string): void {
    delete this.dataset['mal'];
    this.dataset['bien'] = '';
    this.#say(`✓ ${text}`);
    this.querySelector<HTMLElement>('.explicacion')?.removeAttribute('hidden');
  }

  #badly(text: string): void {
    delete this.dataset['bien'];
    this.dataset['mal'] = '';
    this.#say(`✗ ${text}`);
  }

  #say(text: string): void {
    this.querySelector('[role="status"]')!.textContent = text;
  }
}

customElements.define('curso-compruebalo', Compruebalo);

/** The page's workspace, started if need be. */
function useDesk(): Promise<Desk> {
  return new Promise((use) => document.dispatchEvent(new CustomEvent('desk', { detail: { use, open: false } })));
}
