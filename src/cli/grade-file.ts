import { readFileSync } from 'node:fs';
import { grade } from '../labs/grade.ts';
import { JournalError, parseJournal } from '../labs/journal.ts';
import type { Lab } from '../labs/lab.ts';
import type { Graded } from '../labs/report.ts';

/** Grades the session in a file; what is wrong with it is part of the answer. `limit`: seconds that may be spent on it. */
export async function gradeFile(lab: Lab, file: string, limit: number): Promise<Graded> {
  const end = performance.now() + limit * 1000;
  const due = () => {
    if (performance.now() > end) throw new JournalError(`repetirla lleva más de ${limit} segundos (¿un bucle sin fin?). Prueba con --limite.`);
    return false;
  };
  try {
    return { file, report: await grade(lab, parseJournal(readFileSync(file, 'utf8')), { due, pause: () => Promise.resolve() }) };
  } catch (error) {
    if (error instanceof JournalError) return { file, error: error.message };
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { file, error: 'no existe este archivo.' };
    if (code === 'EISDIR' || code === 'EACCES') return { file, error: 'no se puede leer este archivo.' };
    return { file, error: simulatorError(error) };
  }
}

export function simulatorError(error: unknown): string {
  return `error del simulador al repetirla: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
