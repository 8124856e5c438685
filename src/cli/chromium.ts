/**
 * A Chromium for the end-to-end tests: the system's own, or Debian's through apt-get where we are root, or Playwright's.
 * `node src/cli/chromium.ts` installs it and prints its path.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/snap/bin/chromium'];

/** Path of an installed Chromium, or undefined. CHROMIUM in the environment comes first. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM, ...USUAL, chromium.executablePath()].find((path) => path && existsSync(path));
}

/** Path of a Chromium, installed if there was none. Throws when it can be neither found nor installed. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-q']);
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium']);
  }
  if (!findChromium()) run(process.execPath, ['node_modules/playwright-core/cli.js', 'install', 'chromium']);
  const path = findChromium();
  if (!path) throw new Error('No Chromium could be installed. Install one and set CHROMIUM to its path.');
  return path;
}

function run(command: string, args: string[]): void {
  console.log(`> ${command} ${args.join(' ')}`);
  spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(ensureChromium());
