import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';

/** A manifest from the web, through the machine's own network. */
export async function fetchUrl(k: Kubectl, url: string): Promise<string> {
  const response = await k.fetch(url);
  if (response.status !== 200) throw new KubectlError(`unable to read URL "${url}", server reported ${response.status} ${response.reason}, status code=${response.status}`);
  return response.body;
}
