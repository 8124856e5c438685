/** @jsxImportSource preact */
/** The time line along the bottom of the workspace: a mark a command; from each one can go back to before it. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mark } from './timeline.ts';

/** Marks drawn at most: the newest. */
const DRAWN = 120;

export function showTimeline(element: HTMLElement, marks: readonly Mark[], goBack: (mark: Mark) => void): void {
  element.hidden = marks.length === 0;
  render(<Timeline marks={marks} goBack={goBack} />, element);
}

function Timeline({ marks, goBack }: { marks: readonly Mark[]; goBack(mark: Mark): void }) {
  const [chosen, choose] = useState<number>();
  const list = useRef<HTMLOListElement>(null);
  const shown = marks.slice(-DRAWN);
  const mark = shown.find(({ entries }) => entries === chosen);
  useEffect(() => list.current?.scrollTo({ left: list.current.scrollWidth }), [marks.length]);
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape') choose(undefined);
    if (step === undefined || at < 0) return;
    buttons[at + step]?.focus();
    event.preventDefault();
  };
  return (
    <div onKeyDown={keys}>
      {mark && (
        <div class="vuelta-atras" role="group" aria-label="Volver atrás">
          <p>
            <span>{clock(mark.at)}</span> <code>{mark.command}</code>
          </p>
          <button type="button" class="boton" onClick={() => goBack(mark)}>
            Volver a antes de esta orden
          </button>
          <button type="button" class="boton" onClick={() => choose(undefined)} aria-label="Cerrar">
            ×
          </button>
        </div>
      )}
      <span class="titulo">Sesión</span>
      <ol ref={list} aria-label="Órdenes de la sesión">
        {shown.map(({ entries, at, command }, i) => (
          <li key={entries}>
            <button
              type="button"
              tabIndex={i === shown.length - 1 ? 0 : -1}
              aria-pressed={entries === chosen}
              aria-label={`${command}, ${clock(at)}`}
              title={command}
              onClick={() => choose(entries === chosen ? undefined : entries)}
            />
          </li>
        ))}
      </ol>
      <span class="cuantas">{marks.length === 1 ? '1 orden' : `${marks.length} órdenes`}</span>
    </div>
  );
}

function clock(at: number): string {
  return new Date(at / 1000).toISOString().slice(11, 19);
}
