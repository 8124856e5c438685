/** The tasks of a lab on its page: they turn green as the world changes; hints open one by one. */
import type { Desk } from '../terminal/desk.ts';
import type { TaskState } from '../terminal/protocol.ts';
import { loadProgress, loadSetting, updateProgress } from '../terminal/storage.ts';
import { tell } from '../terminal/notices.ts';

class Lab extends HTMLElement {
  connectedCallback(): void {
    for (const item of this.querySelectorAll<HTMLElement>('[data-task]')) {
      const task = item.dataset['task']!;
      item
        .querySelector('.pedir-pista')
        ?.addEventListener('click', ({ currentTarget }) => this.#use((desk) => desk.hint(task), currentTarget));
      item.querySelector('form')?.addEventListener('submit', (event) => {
        event.preventDefault();
        const value = item.querySelector<HTMLInputElement>('input:checked, input[type="text"]')?.value ?? '';
        this.#use((desk) => desk.answer(task, value), event.submitter);
      });
    }
    this.querySelector('[data-lab-act="exportar"]')!.addEventListener('click', ({ currentTarget }) =>
      this.#use((desk) => void desk.exportSession(), currentTarget),
    );
    this.querySelector('[data-lab-act="reiniciar"]')!.addEventListener('click', ({ currentTarget }) => {
      if (confirm('¿Empezar el laboratorio de nuevo? Se olvida todo lo hecho y el cluster vuelve a su principio.'))
        this.#use((desk) => desk.restart(), currentTarget);
    });
    // Told as soon as there is a desk: this never starts one by itself.
    document.addEventListener('desk-ready', (event) => {
      this.querySelector<HTMLElement>('.guardada')!.hidden = true;
      (event as CustomEvent<Desk>).detail.onTasks((tasks) => this.#show(tasks));
    });
    this.#remember();
  }

  /** What an earlier visit did, before there is a desk: on a phone that takes opening it. */
  #remember(): void {
    const lab = this.dataset['lab']!;
    for (const task of loadProgress(tell).labs[lab] ?? []) {
      const item = this.querySelector<HTMLElement>(`[data-task="${task}"]`);
      if (item) markDone(item, true);
    }
    this.querySelector<HTMLElement>('.guardada')!.hidden = loadSetting(`sesion:lab/${lab}`) === null;
  }

  /** Where the desk has to be made first, the button says so. It is never opened: it would hide what it is asked about. */
  #use(use: (desk: Desk) => void, button: EventTarget | null): void {
    const rest = button instanceof HTMLButtonElement ? busy(button) : () => {};
    const then = (desk: Desk) => {
      rest();
      use(desk);
    };
    document.dispatchEvent(new CustomEvent('desk', { detail: { use: then, open: false } }));
  }

  #show(tasks: TaskState[]): void {
    for (const task of tasks) {
      const item = this.querySelector<HTMLElement>(`[data-task="${task.id}"]`);
      if (item) showTask(item, task);
    }
    if (tasks.length > 0) {
      const done = tasks.filter(({ done }) => done).map(({ id }) => id);
      updateProgress(tell, (progress) => (progress.labs[this.dataset['lab']!] = done));
    }
  }
}

customElements.define('curso-lab', Lab);

function markDone(item: HTMLElement, done: boolean): void {
  item.toggleAttribute('data-done', done);
  item.querySelector('.hecha')!.textContent = done ? '(hecha)' : '';
}

/** Until the function that it gives is called. */
function busy(button: HTMLButtonElement): () => void {
  const text = button.textContent;
  button.disabled = true;
  button.textContent = 'Preparando el cluster…';
  return () => {
    button.disabled = false;
    button.textContent = text;
  };
}

function showTask(item: HTMLElement, task: TaskState): void {
  markDone(item, task.done);
  const text = item.querySelector('.sl-markdown-content')!;
  if (text.textContent?.includes('{{')) text.replaceChildren(...paragraphs(task.text));
  const verdict = item.querySelector('.veredicto');
  if (verdict && task.question)
    verdict.textContent = task.question.right
      ? '✓ Correcto.'
      : task.question.attempts > 0
        ? '✗ No es eso. Mira otra vez y responde de nuevo.'
        : '';
  item.querySelector('.comprobaciones')!.replaceChildren(
    ...task.checks.map(({ ok, text }) => {
      const line = document.createElement('li');
      line.toggleAttribute('data-ok', ok);
      const words = document.createElement('span');
      words.append(...inline(text));
      line.append(sign(ok), words);
      return line;
    }),
  );
  const hints = item.querySelector('.pistas')!;
  if (hints.childElementCount !== task.hints.length) {
    hints.replaceChildren(
      ...task.hints.map((hint, i) => {
        const line = document.createElement('p');
        line.append(`Pista ${i + 1}: `, ...inline(hint));
        return line;
      }),
    );
  }
  const ask = item.querySelector<HTMLElement>('.pedir-pista');
  if (ask) {
    ask.hidden = task.done || task.hintsLeft === 0;
    ask.textContent = `Pedir una pista (${task.hintsLeft === 1 ? 'queda 1' : `quedan ${task.hintsLeft}`})`;
  }
  const explain = item.querySelector<HTMLElement>('.explicacion')!;
  explain.hidden = !task.done || !task.explain;
  if (task.done && task.explain) explain.replaceChildren(...paragraphs(task.explain));
}

function sign(ok: boolean): HTMLElement {
  const mark = document.createElement('span');
  mark.className = 'marca';
  mark.textContent = ok ? '✓' : '○';
  mark.setAttribute('aria-label', ok ? 'se cumple' : 'falta');
  mark.setAttribute('role', 'img');
  return mark;
}

function paragraphs(text: string): HTMLElement[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((part) => {
      const p = document.createElement('p');
      p.append(...inline(part));
      return p;
    });
}

/** Text with `code`, **what matters** and *foreign words* in it. */
function inline(text: string): (string | HTMLElement)[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)/).map((part) => {
    const [, code, strong, foreign] = /^`(.+)`$|^\*\*(.+)\*\*$|^\*(.+)\*$/.exec(part) ?? [];
    const words = code ?? strong ?? foreign;
    if (words === undefined) return part;
    const element = document.createElement(code !== undefined ? 'code' : strong !== undefined ? 'strong' : 'em');
    element.textContent = words;
    return element;
  });
}
