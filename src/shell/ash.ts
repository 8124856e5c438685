import type { Program } from '../linux/process.ts';
import { run } from './bash.ts';

/** sh of busybox and Alpine. */
export const main: Program = (process) => run(process, 'ash');
