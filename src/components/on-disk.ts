/** Lessons and labs that exist on the disk. Build time only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface LabCard {
  /** Its folder in labs/. */
  id: string;
  title: string;
  minutes: number | undefined;
  summary: string;
  scenario: string;
  tasks: LabTask[];
}

export interface LabTask {
  id: string;
  title: string;
  /** Markdown. */
  text: string;
  hints: number;
  question: { choices: string[] | undefined } | undefined;
}

/** The labs in alphabetical order of their titles. */
export function labsOnDisk(): LabCard[] {
  return folders('labs')
    .filter((id) => existsSync(`labs/${id}/lab.yaml`))
    .map((id) => card(id, parse(readFileSync(`labs/${id}/lab.yaml`, 'utf8')) as Yaml))
    .sort((a, b) => a.title.localeCompare(b.title, 'es'));
}

/** Ids (`module/lesson`) of a module's lessons in their order. */
export function lessonsOnDisk(module: string): string[] {
  if (!existsSync(`content/${module}`)) return [];
  return readdirSync(`content/${module}`)
    .filter((name) => /^[^_].*\.mdx?$/.test(name))
    .map((name) => ({ id: `${module}/${name.replace(/\.mdx?$/, '')}`, order: frontMatter(readFileSync(`content/${module}/${name}`, 'utf8'))['order'] }))
    .sort((a, b) => Number(a.order ?? 99) - Number(b.order ?? 99))
    .map(({ id }) => id);
}

/** What the labs' own loader has checked before; here only what the pages show is taken out. */
type Yaml = { title?: unknown; minutes?: unknown; description?: unknown; scenario?: unknown; tasks?: YamlTask[] } | null;
type YamlTask = { id?: unknown; title?: unknown; text?: unknown; hints?: unknown[]; question?: { choices?: unknown[] } };

function card(id: string, lab: Yaml): LabCard {
  return {
    id,
    title: String(lab?.title ?? id),
    minutes: typeof lab?.minutes === 'number' ? lab.minutes : undefined,
    summary: String(lab?.description ?? ''),
    scenario: String(lab?.scenario ?? 'kind-podman'),
    tasks: (lab?.tasks ?? []).map((task) => ({
      id: String(task.id),
      title: String(task.title),
      text: String(task.text ?? ''),
      hints: task.hints?.length ?? 0,
      question: task.question && { choices: task.question.choices?.map(String) },
    })),
  };
}

function folders(parent: string): string[] {
  return existsSync(parent) ? readdirSync(parent, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name) : [];
}

function frontMatter(text: string): Record<string, unknown> {
  return (parse(/^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? '') as Record<string, unknown> | null) ?? {};
}
