import { existsSync } from 'node:fs';
import { preview } from 'astro';

export const PORT = 4399;

/** Serves dist/ as `npm start` does, for the time of the tests. */
export async function setup(): Promise<() => Promise<void>> {
  if (!existsSync('dist/index.html')) throw new Error('There is no dist/: run `npm run build` first.');
  const server = await preview({ root: '.', server: { port: PORT, host: '127.0.0.1' }, logLevel: 'error' });
  return () => server.stop();
}
