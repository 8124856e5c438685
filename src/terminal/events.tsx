/** @jsxImportSource preact */
/** The cluster's events as they come, the newest first. */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { EventRow } from './protocol.ts';

export function showEvents(element: HTMLElement, events: EventRow[] | undefined): void {
  render(events ? <Events events={events} /> : <p class="vacio">Ningún API server contesta: los eventos están en él.</p>, element);
}

function Events({ events }: { events: EventRow[] }) {
  const [warnings, setWarnings] = useState(false);
  const shown = warnings ? events.filter((e) => e.warning) : events;
  return (
    <div class="eventos">
      <label class="opcion">
        <input type="checkbox" checked={warnings} onChange={(event) => setWarnings(event.currentTarget.checked)} /> Solo los avisos
        (Warning)
      </label>
      {shown.length === 0 && <p class="vacio">{warnings ? 'Ningún aviso.' : 'Ningún evento en la última hora.'}</p>}
      <ol>
        {shown.map((e) => (
          <li key={e.id} class={e.warning ? 'mal' : ''}>
            <p>
              <b>
                {e.warning ? '⚠ ' : ''}
                {e.reason}
              </b>{' '}
              <code>{e.object}</code>{' '}
              <span>
                {e.namespace !== 'default' && `${e.namespace} · `}hace {ago(e.age)}
                {e.count > 1 && ` · ${e.count} veces`}
              </span>
            </p>
            <p>{e.message}</p>
          </li>
        ))}
      </ol>
    </div>
  );
}

function ago(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
