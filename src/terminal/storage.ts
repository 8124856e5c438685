/** What the page remembers between visits, in localStorage. What cannot be read is told, put aside and started anew. */
import type { JournalEntry, SavedSession } from './protocol.ts';

const PREFIX = 'de-curl-al-pod';
const VERSION = 1;

export interface Progress {
  /** Pages seen to the end or worked in: path → when (milliseconds). */
  lessons: Record<string, number>;
  /** Questions answered well: page#question. */
  answers: Record<string, true>;
  /** Tasks done: lab → task ids. */
  labs: Record<string, string[]>;
  /** Lines of a checklist that the student ticked, or took the tick from: page#line. */
  ticks: Record<string, boolean>;
}

/** Told once for each saved thing that could not be read; the page shows it. */
export type Warn = (message: string) => void;

export function loadProgress(warn: Warn): Progress {
  return { lessons: {}, answers: {}, labs: {}, ticks: {}, ...read('progreso', isProgress, warn, 'El progreso guardado en este navegador') };
}

function saveProgress(progress: Progress): void {
  write('progreso', progress);
}

/** Changes the saved progress in place and saves it. */
export function updateProgress(warn: Warn, change: (progress: Progress) => void): Progress {
  const progress = loadProgress(warn);
  change(progress);
  saveProgress(progress);
  return progress;
}

export function loadSession(page: string, warn: Warn): SavedSession | undefined {
  return read(`sesion:${page}`, isSession, warn, 'La sesión guardada de esta página');
}

/** Collects what the worker reports and writes it at most four times a second, and when the page goes away. */
export class SessionSaver {
  readonly #page: string;
  readonly #session: SavedSession;
  readonly #warn: Warn;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #full = false;

  constructor(page: string, session: SavedSession | undefined, warn: Warn) {
    this.#page = page;
    this.#session = session ?? { entries: [], until: 0 };
    this.#warn = warn;
    addEventListener('pagehide', () => this.flush());
  }

  /** What has been reported so far. */
  get session(): Readonly<SavedSession> {
    return this.#session;
  }

  add(entries: JournalEntry[], until: number): void {
    this.#session.entries.push(...entries);
    this.#session.until = Math.max(this.#session.until, until);
    this.#timer ??= setTimeout(() => this.flush(), 250);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#full || this.#session.entries.length === 0) return;
    if (!write(`sesion:${this.#page}`, this.#session)) {
      this.#full = true;
      this.#warn(
        'Esta sesión es ya demasiado larga para guardarla en el navegador: lo que hagas desde ahora no quedará al recargar. Exporta la sesión o reiníciala.',
      );
    }
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#full = true;
    localStorage.removeItem(key(`sesion:${this.#page}`));
  }
}

/** Puts another session in the place of the page's own. */
export function replaceSession(page: string, session: SavedSession): void {
  if (session.entries.length > 0) write(`sesion:${page}`, session);
}

/** Puts a session that could not be replayed aside, under another name. */
export function setAsideSession(page: string, warn: Warn, why: string): void {
  const name = key(`sesion:${page}`);
  setAside(name, localStorage.getItem(name) ?? '', warn, 'La sesión guardada de esta página', why);
}

export function loadSetting(name: string): string | null {
  try {
    return localStorage.getItem(key(name));
  } catch {
    return null; // storage is forbidden here: nothing is remembered, and nothing else is lost
  }
}

export function saveSetting(name: string, value: string): void {
  try {
    localStorage.setItem(key(name), value);
  } catch {
    return; // as above
  }
}

function read<T>(name: string, isValid: (value: unknown) => value is T, warn: Warn, what: string): T | undefined {
  const text = loadSetting(name);
  if (text === null) return undefined;
  try {
    const saved = JSON.parse(text) as { version?: unknown; value?: unknown };
    if (saved?.version !== VERSION) throw new Error(`versión ${String(saved?.version)} desconocida`);
    if (!isValid(saved.value)) throw new Error('le faltan partes');
    return saved.value;
  } catch (error) {
    setAside(key(name), text, warn, what, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function setAside(name: string, text: string, warn: Warn, what: string, why: string): void {
  const backup = `${name}:copia-${new Date().toISOString()}`;
  try {
    localStorage.setItem(backup, text);
    localStorage.removeItem(name);
    warn(`${what} no se puede leer (${why}). Hemos guardado una copia con el nombre «${backup}» y empezamos de nuevo.`);
  } catch {
    warn(`${what} no se puede leer (${why}) y no hay sitio para una copia: no la tocamos, pero lo de esta visita no se guardará.`);
  }
}

/** False when it did not fit. */
function write(name: string, value: unknown): boolean {
  try {
    localStorage.setItem(key(name), JSON.stringify({ version: VERSION, value }));
    return true;
  } catch {
    return false;
  }
}

function key(name: string): string {
  return `${PREFIX}:${name}`;
}

/** Progress saved before there were checklists has no `ticks`. */
function isProgress(value: unknown): value is Omit<Progress, 'ticks'> & Partial<Progress> {
  const p = value as Progress | null;
  return (
    typeof p === 'object' &&
    p !== null &&
    [p.lessons, p.answers, p.labs, p.ticks ?? {}].every((part) => typeof part === 'object' && part !== null) &&
    Object.values(p.labs).every((tasks) => Array.isArray(tasks))
  );
}

function isSession(value: unknown): value is SavedSession {
  const s = value as SavedSession | null;
  return (
    typeof s === 'object' &&
    s !== null &&
    Array.isArray(s.entries) &&
    Number.isFinite(s.until) &&
    s.entries.every((entry) => Number.isFinite(entry?.at) && typeof entry.kind === 'string')
  );
}
