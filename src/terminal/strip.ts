import type { TaskState } from './protocol.ts';

/** A lab's tasks in one line above the terminal. */
export function showStrip(strip: HTMLElement, tasks: readonly TaskState[]): void {
  strip.hidden = tasks.length === 0;
  const done = tasks.filter((t) => t.done).length;
  const next = tasks.find((t) => !t.done);
  strip.querySelector('b')!.textContent = `${done} de ${tasks.length}`;
  const link = strip.querySelector('a')!;
  link.textContent = next ? next.title : 'Laboratorio resuelto';
  link.href = `#tarea-${(next ?? tasks.at(-1))?.id ?? ''}`;
  strip.querySelector('ol')!.replaceChildren(
    ...tasks.map((t) => {
      const mark = document.createElement('li');
      mark.toggleAttribute('data-done', t.done);
      mark.textContent = t.done ? '✓' : '';
      mark.title = t.title;
      return mark;
    }),
  );
}
