import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Lab } from '../labs/lab.ts';
import type { Graded } from '../labs/report.ts';
import { gradeFile, simulatorError } from './grade-file.ts';

/** Below this, starting threads takes longer than they save. */
const FEW = 3;

/** Grades many sessions, as many at a time as the machine has processors, in the order of `files`. `done` is told how many there are. */
export async function gradeFiles(lab: Lab, files: readonly string[], limit: number, done: (count: number) => void): Promise<Graded[]> {
  const graded: Graded[] = [];
  let next = 0, count = 0;
  const tell = (i: number, one: Graded) => {
    graded[i] = one;
    done(++count);
  };
  if (files.length <= FEW) {
    for (const [i, file] of files.entries()) tell(i, await gradeFile(lab, file, limit));
    return graded;
  }
  const line = async () => {
    let thread: Worker | undefined;
    for (let i = next++; i < files.length; i = next++) {
      thread ??= new Worker(new URL('./grade-worker.ts', import.meta.url), { workerData: { lab, limit } });
      const result = await ask(thread, files[i]!);
      // One that has died is replaced.
      if (result instanceof Error) thread = undefined;
      tell(i, result instanceof Error ? { file: files[i]!, error: simulatorError(result) } : result);
    }
    await thread?.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), files.length) }, line));
  return graded;
}

function ask(thread: Worker, file: string): Promise<Graded | Error> {
  return new Promise((resolve) => {
    const answered = (result: Graded | Error) => {
      thread.off('message', answered).off('error', answered);
      resolve(result);
    };
    thread.on('message', answered).on('error', answered);
    thread.postMessage(file);
  });
}
