import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The labs that exist, by folder name, with their titles. Build time only: it reads the disk. */
export function labsOnDisk(): { id: string; title: string }[] {
  const folder = new URL('labs/', `file://${process.cwd()}/`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/lab.yaml`, folder)))
    .map(({ name }) => ({ id: name, title: String(parse(readFileSync(new URL(`${name}/lab.yaml`, folder), 'utf8'))?.title ?? name) }))
    .sort((a, b) => a.title.localeCompare(b.title, 'es'));
}
