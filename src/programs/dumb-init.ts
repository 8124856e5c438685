import { FileError } from '../linux/files.ts';
import type { Program, Signal } from '../linux/process.ts';

const FORWARDED: Signal[] = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2'];

/** dumb-init: pid 1 of a container; starts the command, passes signals on to it, ends as it ends. */
export const main: Program = async (p) => {
  const argv = p.args[0] === '--' ? p.args.slice(1) : p.args;
  if (argv.length === 0) {
    await p.err('Usage: dumb-init [option] command [[arg] ...]\n');
    return 1;
  }
  try {
    const child = p.machine.spawn({ argv, parent: p });
    for (const signal of FORWARDED) p.onSignal(signal, () => child.signal(signal));
    const { code } = await p.waitFor(child);
    return code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await p.err(`[dumb-init] ${argv[0]}: ${error.message}\n`);
    return 2;
  }
};
