import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface LabCard {
  /** Its folder in labs/. */
  id: string;
  title: string;
  minutes: number | undefined;
  summary: string;
  scenario: string;
}

/** The labs that exist, with what a list of them shows. Build time only: it reads the disk. */
export function labsOnDisk(): LabCard[] {
  const folder = new URL('labs/', `file://${process.cwd()}/`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/lab.yaml`, folder)))
    .map(({ name }) => card(name, parse(readFileSync(new URL(`${name}/lab.yaml`, folder), 'utf8'))))
    .sort((a, b) => a.title.localeCompare(b.title, 'es'));
}

/** Ids (`module/lesson`) of a module's lessons in their order. */
export function lessonsOnDisk(module: string): string[] {
  const folder = new URL(`content/${module}/`, `file://${process.cwd()}/`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[^_].*\.mdx?$/.test(name))
    .map((name) => ({ id: `${module}/${name.replace(/\.mdx?$/, '')}`, order: frontMatter(readFileSync(new URL(name, folder), 'utf8'))['order'] }))
    .sort((a, b) => Number(a.order ?? 99) - Number(b.order ?? 99))
    .map(({ id }) => id);
}

function frontMatter(text: string): Record<string, unknown> {
  return (parse(/^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? '') as Record<string, unknown> | null) ?? {};
}

function card(id: string, lab: Record<string, unknown> | null): LabCard {
  return {
    id,
    title: String(lab?.['title'] ?? id),
    minutes: typeof lab?.['minutes'] === 'number' ? lab['minutes'] : undefined,
    summary: String(lab?.['description'] ?? lab?.['summary'] ?? ''),
    scenario: String(lab?.['scenario'] ?? 'kind-podman'),
  };
}
