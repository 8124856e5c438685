/** A thread of `npm run grade`: is told a file, tells what it is worth. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Lab } from '../labs/lab.ts';
import { gradeFile } from './grade-file.ts';

const { lab, limit } = workerData as { lab: Lab; limit: number };
parentPort!.on('message', (file: string) => void gradeFile(lab, file, limit).then((graded) => parentPort!.postMessage(graded)));
