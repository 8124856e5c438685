import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';

/** kubectl plugin list: executables called kubectl-… in PATH. */
export async function run(k: Kubectl, { flags }: Command): Promise<void> {
  const { fs, env } = k.process;
  const found: string[] = [];
  for (const dir of new Set((env['PATH'] ?? '').split(':').filter(Boolean))) {
    if (fs.find(dir)?.kind !== 'dir') continue;
    for (const name of fs.readdir(dir)) if (name.startsWith('kubectl-')) found.push(flags.bool('name-only') ? name : `${dir}/${name}`);
  }
  if (found.length === 0) throw new KubectlError("unable to find any kubectl plugins in your PATH");
  k.out(`The following compatible plugins are available:\n\n${found.map((f) => `${f}\n`).join('')}`);
}
