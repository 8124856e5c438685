/** Ticks the lines of a checklist: what the student said, else what the answers and labs of this browser prove. */
import { tell } from '../terminal/notices.ts';
import { loadProgress, updateProgress, type Progress } from '../terminal/storage.ts';

interface Proof {
  /** page#question */
  answers: string[];
  /** Lab → how many tasks it has. */
  labs: Record<string, number>;
}

class Repaso extends HTMLElement {
  connectedCallback(): void {
    this.#show(loadProgress(tell));
    this.addEventListener('change', ({ target }) => {
      const { name, checked } = target as HTMLInputElement;
      this.#show(updateProgress(tell, (progress) => (progress.ticks[key(name)] = checked)));
    });
    // Another tab of this browser, or this page come back to.
    addEventListener('storage', () => this.#show(loadProgress(tell)));
    addEventListener('pageshow', () => this.#show(loadProgress(tell)));
  }

  #show(progress: Progress): void {
    const boxes = [...this.querySelectorAll('input')];
    for (const box of boxes) {
      const proven = isProven(JSON.parse(box.dataset['proof']!) as Proof, progress);
      box.checked = progress.ticks[key(box.name)] ?? proven;
      box.closest('li')!.querySelector('em')!.textContent = proven ? ' · ✓ demostrado' : '';
    }
    const done = boxes.filter(({ checked }) => checked).length;
    this.querySelector('progress')!.value = done;
    this.querySelector('[role="status"]')!.textContent = `${done} de ${boxes.length}`;
  }
}

customElements.define('curso-repaso', Repaso);

function key(line: string): string {
  return `${location.pathname}#${line}`;
}

function isProven({ answers, labs }: Proof, progress: Progress): boolean {
  const parts = [
    ...answers.map((answer) => progress.answers[answer] === true),
    ...Object.entries(labs).map(([lab, tasks]) => progress.labs[lab]?.length === tasks),
  ];
  return parts.length > 0 && parts.every(Boolean);
}
