import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';

export const PORT = 4399;

/** Serves dist/ as `npm start` does, for the time of the tests. */
export async function setup(): Promise<() => Promise<void>> {
  if (!existsSync('dist/index.html')) throw new Error('There is no dist/: run `npm run build` first.');
  const server: ChildProcess = spawn(process.execPath, ['node_modules/astro/bin/astro.mjs', 'preview', '--port', String(PORT)], { stdio: 'ignore' });
  const address = `http://127.0.0.1:${PORT}/`;
  for (let attempt = 0; ; attempt++) {
    if (await fetch(address).then((r) => r.ok, () => false)) break;
    if (attempt > 150 || server.exitCode !== null) throw new Error(`astro preview does not answer on ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return async () => {
    server.kill();
  };
}
