import { KubectlError } from './errors.ts';
import type { Kubectl } from './kubectl.ts';
import { refusal, type Method } from './rest.ts';

/** --raw: any path of the server, with the body of `file` (- is standard input). */
export async function rawRequest(k: Kubectl, method: Method, url: string, file?: string): Promise<string> {
  const body = file === undefined ? undefined : file === '-' ? await k.process.readAll() : readFile(k, file);
  const response = await k.rest.raw(method, url.replace(/^\w+:\/\/[^/]+/, ''), { streamed: true, ...(body === undefined ? {} : { body }) });
  if (response.status >= 400) throw refusal(response, method, '');
  return response.body;
}

function readFile(k: Kubectl, path: string): string {
  try {
    return k.process.fs.readFile(path, k.process.cwd);
  } catch (error) {
    throw new KubectlError(`open ${path}: ${(error as Error).message.toLowerCase()}`);
  }
}
