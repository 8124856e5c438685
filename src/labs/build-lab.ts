/** lab.yaml's data → Lab. The data must be right: validate.ts sees to it when the course is built. */
import type { Check, ComputedAnswer, Lab, Question, Task } from './lab.ts';

/** The texts of a lab's folder, by their path in it: lab.yaml, setup.sh, files/… */
export type LabFiles = Record<string, string>;

type Data = Record<string, unknown>;

export function buildLab(id: string, data: Data, files: LabFiles): Lab {
  const folder = typeof data['files'] === 'string' ? `${data['files'].replace(/\/$/, '')}/` : undefined;
  return {
    id,
    title: String(data['title']),
    description: String(data['description'] ?? ''),
    scenario: String(data['scenario']),
    minutes: Number(data['minutes']),
    files: folder === undefined ? {} : Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(folder)).map(([path, text]) => [path.slice(folder.length), text])),
    setup: typeof data['setup'] === 'string' ? files[data['setup']] : undefined,
    variants: Object.fromEntries(Object.entries((data['variants'] ?? {}) as Record<string, unknown[]>).map(([name, values]) => [name, values.map(String)])),
    tasks: (data['tasks'] as Data[]).map(task),
  };
}

function task(data: Data): Task {
  return {
    id: String(data['id']),
    title: String(data['title']),
    text: String(data['text'] ?? ''),
    points: Number(data['points'] ?? 1),
    needs: (data['needs'] as string[] | undefined) ?? [],
    hold: data['hold'] === true,
    hints: ((data['hints'] as unknown[] | undefined) ?? []).map(String),
    checks: (data['checks'] as Check[] | undefined) ?? [],
    question: data['question'] ? question(data['question'] as Data) : undefined,
    explain: data['explain'] === undefined ? undefined : String(data['explain']),
  };
}

function question({ choices, answer }: Data): Question {
  const computed = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
  return { choices: (choices as unknown[] | undefined)?.map(String), answer: computed ? (answer as ComputedAnswer) : [answer as unknown].flat().map(String) };
}
