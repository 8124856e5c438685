/** @jsxImportSource preact */
/** A lab's tasks beside the terminal: what is done, what each still lacks, and the way to its text. */
import { render } from 'preact';
import type { TaskState } from './protocol.ts';

export function showTasks(element: HTMLElement, tasks: TaskState[], leave: () => void): void {
  render(<Tasks tasks={tasks} leave={leave} />, element);
}

function Tasks({ tasks, leave }: { tasks: TaskState[]; leave(): void }) {
  return (
    <ol class="lista-tareas">
      {tasks.map((task, i) => (
        <li key={task.id} class={task.done ? 'hecha' : ''}>
          <h2>
            <span aria-hidden="true">{task.done ? '✓' : i + 1}</span> {task.title} {task.done && <span class="sr-only">(hecha)</span>}
          </h2>
          {!task.done && task.checks.length > 0 && (
            <ul>
              {task.checks.map((check, k) => (
                <li key={k}>
                  <span aria-hidden="true">{check.ok ? '✓' : '○'}</span> <span class="sr-only">{check.ok ? 'Hecho:' : 'Falta:'}</span>{' '}
                  {check.text.split('`').map((part, n) => (n % 2 ? <code key={n}>{part}</code> : part.replaceAll('**', '')))}
                </li>
              ))}
            </ul>
          )}
          {!task.done && task.question && !task.question.right && <p>Falta responder a su pregunta.</p>}
          {!task.done && task.waitsFor.length > 0 && <p>Antes hay que terminar otra tarea.</p>}
          {!task.done && (
            <a href={`#tarea-${task.id}`} onClick={leave}>
              Leer la tarea{task.hintsLeft > 0 && `, responder o pedir una pista (quedan ${task.hintsLeft})`}
            </a>
          )}
        </li>
      ))}
    </ol>
  );
}
