import type { Program } from '../linux/process.ts';
import { run } from './bash.ts';

/** sh of Debian and Ubuntu. */
export const main: Program = (process) => run(process, 'dash');
