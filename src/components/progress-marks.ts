/** Fills in, on pages that list the course, what this browser remembers of it. Without anything remembered nothing changes. */
import { tell } from '../terminal/notices.ts';
import { loadProgress } from '../terminal/storage.ts';

const progress = loadProgress(tell);
const seen = (path: string | undefined) => path !== undefined && progress.lessons[path] !== undefined;

for (const link of document.querySelectorAll<HTMLElement>('[data-lesson], [data-lab]')) {
  const { lesson, lab, tasks } = link.dataset;
  const done = lab ? (progress.labs[lab]?.length ?? 0) : 0;
  const text = seen(lesson) ? '✓ vista' : done > 0 ? (done === Number(tasks) ? '✓ resuelto' : `${done} de ${tasks} tareas`) : '';
  const mark = link.closest('li')?.querySelector('em');
  if (mark) mark.textContent = text && ` · ${text}`;
}

for (const card of document.querySelectorAll<HTMLElement>('[data-module]')) {
  const paths = (card.dataset['module'] ?? '').split(' ');
  const count = paths.filter(seen).length;
  const text = card.querySelector('.avance');
  if (text && count > 0) text.textContent = count === paths.length ? '✓ completo' : `${count} de ${paths.length} vistas`;
  card.querySelector('progress')?.setAttribute('value', String(count));
}

/** The first lesson not seen yet after the last one seen. */
const go = document.querySelector<HTMLAnchorElement>('[data-continue]');
const course = JSON.parse(go?.dataset['continue'] ?? '[]') as { path: string; title: string }[];
const last = Math.max(-1, ...course.map(({ path }, i) => (seen(path) ? i : -1)));
const next = course[last + 1];
if (go && last >= 0 && next) {
  go.href = next.path;
  go.textContent = `Seguir: ${next.title}`;
}
