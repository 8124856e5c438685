/** A session as a file: all that the student did, each with its virtual time. Replayed, it gives the same world again. */
import type { Micros } from '../sim/clock.ts';

/** One input of the student's at its virtual time (microseconds since the epoch). */
export type JournalEntry =
  | { at: Micros; kind: 'open'; terminal: number; machine: string; cols: number; rows: number }
  | { at: Micros; kind: 'input'; terminal: number; data: string }
  | { at: Micros; kind: 'resize'; terminal: number; cols: number; rows: number }
  | { at: Micros; kind: 'close'; terminal: number }
  | { at: Micros; kind: 'answer'; task: string; answer: string }
  | { at: Micros; kind: 'hint'; task: string }
  | { at: Micros; kind: 'ask'; machine: string; command: string }
  | ServedEntry;

/** What the student's own code answered to a request, so that a replay needs nobody to run it. */
export interface ServedEntry {
  at: Micros;
  kind: 'served';
  /** `Pod METHOD target`. */
  request: string;
  /** A BackendAnswer, as JSON. */
  answer: string;
}

export interface Journal {
  format: typeof FORMAT;
  version: typeof VERSION;
  lab: string;
  scenario: string;
  seed: string;
  /** Whoever did it, if they said so. */
  student?: string | undefined;
  entries: JournalEntry[];
  /** Virtual time reached. */
  until: Micros;
}

const FORMAT = 'de-curl-al-pod/sesion';
export const VERSION = 1;

/** What is wrong with a journal; the message is for the teacher who reads it. */
export class JournalError extends Error {}

/** The text of a journal's file. */
export function formatJournal({ lab, scenario, seed, student, entries, until }: Omit<Journal, 'format' | 'version'>): string {
  const head = { format: FORMAT, version: VERSION, lab, scenario, seed, ...(student ? { student } : {}) };
  // An entry a line: two sessions can be compared, and a broken one looked at.
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  return `${JSON.stringify(head).slice(0, -1)},"until":${until},"entries":[\n${lines}\n]}\n`;
}

/** Reads a journal's file. Throws JournalError. */
export function parseJournal(text: string): Journal {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new JournalError(`no es JSON válido (${(error as Error).message}). Vuelve a exportar la sesión desde la página.`);
  }
  if (!isRecord(data)) throw new JournalError('no es una sesión exportada: se esperaba un objeto JSON.');
  if (data['format'] !== FORMAT) throw new JournalError(`no es una sesión exportada de este curso: falta "format": "${FORMAT}".`);
  if (data['version'] !== VERSION) throw new JournalError(`la versión ${String(data['version'])} de la sesión no se conoce; este programa lee la ${VERSION}.`);
  for (const key of ['lab', 'scenario', 'seed']) if (typeof data[key] !== 'string') throw new JournalError(`falta «${key}», o no es un texto.`);
  const { entries, until } = data;
  if (!Array.isArray(entries)) throw new JournalError('falta «entries», la lista de lo que se hizo.');
  let last = 0;
  entries.forEach((entry, i) => {
    const problem = problemOf(entry);
    if (problem) throw new JournalError(`entrada ${i + 1}: ${problem}.`);
    if ((entry as JournalEntry).at < last) throw new JournalError(`entrada ${i + 1}: su hora es anterior a la de la entrada ${i}: las entradas no están en orden.`);
    last = (entry as JournalEntry).at;
  });
  if (typeof until !== 'number' || !Number.isSafeInteger(until)) throw new JournalError('falta «until», la hora a la que termina la sesión (microsegundos).');
  return data as unknown as Journal;
}

const FIELDS: Record<JournalEntry['kind'], Record<string, 'string' | 'number'>> = {
  open: { terminal: 'number', machine: 'string', cols: 'number', rows: 'number' },
  input: { terminal: 'number', data: 'string' },
  resize: { terminal: 'number', cols: 'number', rows: 'number' },
  close: { terminal: 'number' },
  answer: { task: 'string', answer: 'string' },
  hint: { task: 'string' },
  ask: { machine: 'string', command: 'string' },
  served: { request: 'string', answer: 'string' },
};

function problemOf(entry: unknown): string | undefined {
  if (!isRecord(entry)) return 'no es un objeto';
  const fields = Object.hasOwn(FIELDS, String(entry['kind'])) ? FIELDS[entry['kind'] as JournalEntry['kind']] : undefined;
  if (!fields) return `no se conoce la clase «${String(entry['kind'])}»`;
  if (!Number.isSafeInteger(entry['at'])) return '«at» debe ser una hora en microsegundos';
  for (const [name, type] of Object.entries(fields)) {
    const value = entry[name];
    if (typeof value !== type || (type === 'number' && !(Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 100_000))) return `«${name}» debe ser ${type === 'string' ? 'un texto' : 'un número natural'}`;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
