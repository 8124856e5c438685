/** What openssl reads and writes. */
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';

/** A failure with the lines openssl prints before it exits with 1. */
export class Failure extends Error {}

/** Of a file, or of standard input. */
export async function read(process: Process, file: string | undefined, what: string): Promise<string> {
  if (file === undefined) return process.readAll();
  try {
    return process.fs.readFile(file, process.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(`Could not open file or uri for loading ${what} from ${file}\n${error.errno === 'ENOENT' ? 'No such file or directory' : 'Permission denied'}\n`);
  }
}

export function deliver(process: Process, file: string | undefined, text: string, mode = 0o644): void {
  if (file === undefined) return void process.out(text);
  try {
    process.fs.writeFile(file, text, { mode, cwd: process.cwd });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(`Can't open "${file}" for writing, ${error.errno === 'ENOENT' ? 'No such file or directory' : 'Permission denied'}\n`);
  }
}
