/** Where Node finds what the API's fields are for: the declarations of the package kubernetes-types. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { provideDescriptions } from '../kubernetes/api/descriptions.ts';

provideDescriptions(() => {
  const root = dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.d.ts'));
  return Promise.resolve(Object.fromEntries(files.map((f) => [f.slice(0, -'.d.ts'.length), readFileSync(join(root, f), 'utf8')])));
});
