/** Lessons and labs that exist on the disk. Build time only. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import type { Lab } from '../labs/lab.ts';
import { formatProblem, validateLab } from '../labs/validate.ts';

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

/** The labs in alphabetical order of their titles. Throws, with file, line and cure, when one is wrong. */
export function labsOnDisk(): LabCard[] {
  return folders('labs')
    .filter((id) => existsSync(`labs/${id}/lab.yaml`))
    .map((id) => card(labOnDisk(id)))
    .sort((a, b) => a.title.localeCompare(b.title, 'es'));
}

/** The texts of a lab's folder, without the solution, which no page may carry. */
function labFiles(id: string): Record<string, string> {
  const names = readdirSync(`labs/${id}`, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => `${e.parentPath}/${e.name}`);
  return Object.fromEntries(
    names.map((path) => [path.slice(`labs/${id}/`.length), readFileSync(path, 'utf8')]).filter(([path]) => path !== 'solution.sh'),
  );
}

/** A lab, with all that its page needs. Throws, with file, line and cure, when it is wrong. */
export function labOnDisk(id: string): Lab {
  const { lab, problems } = validateLab(id, labFiles(id));
  if (!lab || problems.length > 0) throw new Error(problems.map((problem) => formatProblem(`labs/${id}`, problem)).join('\n'));
  return lab;
}

function card({ id, title, minutes, description, scenario, tasks }: Lab): LabCard {
  return {
    id,
    title,
    minutes,
    scenario,
    summary: description,
    tasks: tasks.map((task) => ({
      id: task.id,
      title: task.title,
      text: task.text,
      hints: task.hints.length,
      question: task.question && { choices: task.question.choices },
    })),
  };
}

/** Ids (`module/lesson`) of a module's lessons in their order. */
export function lessonsOnDisk(module: string): string[] {
  if (!existsSync(`content/${module}`)) return [];
  return readdirSync(`content/${module}`)
    .filter((name) => /^[^_].*\.mdx?$/.test(name))
    .map((name) => ({
      id: `${module}/${name.replace(/\.mdx?$/, '')}`,
      order: frontMatter(readFileSync(`content/${module}/${name}`, 'utf8'))['order'],
    }))
    .sort((a, b) => Number(a.order ?? 99) - Number(b.order ?? 99))
    .map(({ id }) => id);
}

/** The questions of the lesson at an address (`/module/lesson/`), as progress keeps them. Throws when there is no such lesson. */
export function questionsOf(path: string): string[] {
  const text = readFileSync(`content${path.replace(/\/$/, '')}.mdx`, 'utf8');
  return [...text.matchAll(/<Compruebalo\s+id="([^"]+)"/g)].map(([, id]) => `${path}#${id}`);
}

/** What a lesson hands out: files, and those of folders, by their path in its module's folder. Throws for one that does not exist. */
export function lessonFiles(module: string, paths: readonly string[]): Record<string, string> {
  const folder = `content/${module}`;
  const all = paths.flatMap((path) => {
    const at = `${folder}/${path}`;
    if (!existsSync(at)) throw new Error(`«files» nombra ${path}, y no hay ningún ${at}.`);
    if (!statSync(at).isDirectory()) return [at];
    return readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => `${e.parentPath}/${e.name}`);
  });
  return Object.fromEntries(all.sort().map((at) => [at.slice(folder.length + 1), readFileSync(at, 'utf8')]));
}

function folders(parent: string): string[] {
  return existsSync(parent)
    ? readdirSync(parent, { withFileTypes: true })
        .filter((e) => e.isDirectory())
        .map((e) => e.name)
    : [];
}

function frontMatter(text: string): Record<string, unknown> {
  return (parse(/^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? '') as Record<string, unknown> | null) ?? {};
}
