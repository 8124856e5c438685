/** @jsxImportSource preact */
/** The files of a machine, to be read; they are written in the terminal. */
import { render } from 'preact';
import type { FilesView } from './protocol.ts';
import { machineLabel } from './ui.ts';

export interface FilesActions {
  machines: readonly string[];
  go(machine: string, path?: string): void;
}

export function showFiles(element: HTMLElement, view: FilesView, actions: FilesActions): void {
  render(<Files view={view} {...actions} />, element);
}

function Files({ view, machines, go }: { view: FilesView } & FilesActions) {
  const { machine, path, entries, content, cut, error } = view;
  const parts = path.split('/').filter(Boolean);
  const to = (name: string) => `${path === '/' ? '' : path}/${name}`;
  return (
    <div class="archivos">
      <p class="donde">
        <select aria-label="Máquina" value={machine} onChange={(event) => go(event.currentTarget.value)}>
          {machines.map((name) => (
            <option key={name} value={name}>
              {machineLabel(name)}
            </option>
          ))}
        </select>
        <span class="ruta">
          <button type="button" onClick={() => go(machine, '/')} aria-label="Raíz">
            /
          </button>
          {parts.map((part, i) => (
            <button type="button" key={i} onClick={() => go(machine, `/${parts.slice(0, i + 1).join('/')}`)}>
              {part}
              {i < parts.length - 1 && ' /'}
            </button>
          ))}
        </span>
      </p>
      {error && <p class="vacio">{error}</p>}
      {entries?.length === 0 && <p class="vacio">La carpeta está vacía.</p>}
      {entries && entries.length > 0 && (
        <ul>
          {entries.map(({ name, folder }) => (
            <li key={name}>
              <button type="button" onClick={() => go(machine, to(name))}>
                <Icon folder={folder} />
                {name}
                {folder && '/'}
              </button>
            </li>
          ))}
        </ul>
      )}
      {content !== undefined && (
        <pre tabIndex={0} aria-label={path}>
          {content === '' ? '(vacío)' : content}
        </pre>
      )}
      {cut && <p class="nada">Es más largo: aquí se ve el principio.</p>}
    </div>
  );
}

function Icon({ folder }: { folder: boolean }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width="15"
      height="15"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.3"
      stroke-linejoin="round"
    >
      <path d={folder ? 'M1.5 3.5h5l1.5 2h6.5v7.5h-13z' : 'M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3'} />
    </svg>
  );
}
