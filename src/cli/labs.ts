/**
 * npm run labs [-- LAB…]: checks every lab.yaml; plays each lab's solution.sh, which must earn everything,
 * and an empty session, which must earn nothing. `--schema` prints the JSON Schema of lab.yaml.
 */
import { existsSync, readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import './descriptions.ts';
import { grade } from '../labs/grade.ts';
import { parseJournal } from '../labs/journal.ts';
import { startLab } from '../labs/run.ts';
import { jsonSchema } from '../labs/schema.ts';
import { SECOND } from '../sim/clock.ts';
import { InvalidLab, LABS, labIds, loadLab, solveLab } from './lab-files.ts';

if (argv.includes('--schema')) stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
else await main(argv.slice(2));

async function main(names: string[]): Promise<void> {
  let good = 0;
  const ids = names.length > 0 ? names : labIds();
  for (const id of ids) {
    const problems = await problemsOf(id);
    for (const problem of problems) console.log(problem);
    if (problems.length === 0) good++;
  }
  console.log(`${good} de ${ids.length} laboratorios: su solución obtiene todos los puntos y una sesión vacía ninguno`);
  if (good < ids.length) process.exitCode = 1;
}

async function problemsOf(id: string): Promise<string[]> {
  try {
    const lab = loadLab(id);
    const solution = `${LABS}/${id}/solution.sh`;
    if (!existsSync(solution)) return [`${solution}: no existe; un laboratorio se publica con su solución.`];
    const problems: string[] = [];
    const started = performance.now();
    for (const seed of ['curso', '1', '2']) {
      const run = await solveLab(lab, readFileSync(solution, 'utf8'), seed);
      const report = await grade(lab, parseJournal(run.journal()));
      for (const task of report.tasks) if (!task.done) problems.push(`${solution}: con la semilla «${seed}» no se consigue la tarea «${task.id}»: ${missing(run.tasks().find((t) => t.id === task.id))}`);
      for (const defect of report.defects) problems.push(`${solution}: error del simulador: ${defect}`);
    }
    const empty = await startLab(lab, { seed: 'curso' });
    await empty.world.advance(empty.world.clock.now + 30 * SECOND);
    const report = await grade(lab, parseJournal(empty.journal()));
    for (const { id: task } of report.tasks.filter((t) => t.done)) problems.push(`${LABS}/${id}/lab.yaml: la tarea «${task}» está hecha sin que nadie haga nada.`);
    console.log(`${problems.length === 0 ? 'bien' : 'MAL '}  ${id}: ${lab.tasks.length} tareas, ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return problems;
  } catch (error) {
    if (error instanceof InvalidLab) return [error.message];
    return [`${LABS}/${id}: error del simulador: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

function missing(state: { checks: { ok: boolean; text: string }[]; question: { right: boolean } | undefined } | undefined): string {
  const lines = (state?.checks ?? []).filter((c) => !c.ok).map((c) => c.text);
  if (state?.question && !state.question.right) lines.push('la pregunta no tiene respuesta');
  return lines.join('; ') || 'le falta otra tarea (needs), o no se repite igual';
}
