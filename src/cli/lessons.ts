/**
 * npm run lessons [-- --update] [LESSON…]: runs the console blocks of every lesson, each lesson in a fresh world, and tells
 * with file, line and difference where the text shows something else. `--update` writes what was printed into the lessons.
 *
 * A line `…` or `[...]` in a block's output stands for any lines.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { parse } from 'yaml';
import { lessonFiles } from '../components/on-disk.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { agrees, difference } from './block-diff.ts';
import { findBlocks, runBlocks, writeBlock, type Block, type Printed } from './lesson-blocks.ts';

async function main(args: string[]): Promise<void> {
  const update = args.includes('--update');
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const files = (paths.length > 0 ? paths : ['content']).flatMap(lessonsIn);
  let blocks = 0, bad = 0, written = 0;
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const found = findBlocks(text);
    if (found.length === 0) continue;
    blocks += found.length;
    const { scenario, line, files } = headOf(text);
    if (!scenario || !SCENARIOS[scenario]) {
      bad += found.length;
      console.log(`${file}:${line}: ${scenario ? `no hay ningún escenario «${scenario}»` : 'falta «scenario» en la cabecera'}. Hay: ${Object.keys(SCENARIOS).join(', ')}.`);
      continue;
    }
    const { printed, defects } = await runBlocks(scenario, found, files);
    const problems = found.map((block, i) => problemsOf(file, block, printed[i]!));
    for (const defect of defects) console.log(`${file}: error del simulador: ${defect}`);
    if (defects.length > 0) bad++;
    if (update) {
      const fixed = rewrite(text, found, printed, problems);
      if (fixed !== text) {
        writeFileSync(file, fixed);
        written++;
      }
      for (const p of printed.flat().filter((p) => 'problem' in p)) console.log(`${file}: ${p.problem}`);
      bad += printed.filter((steps) => steps.some((p) => 'problem' in p)).length;
    } else {
      for (const problem of problems.flat()) console.log(problem);
      bad += problems.filter((p) => p.length > 0).length;
    }
  }
  if (update) console.log(`${written} lecciones reescritas`);
  console.log(`${Math.max(0, blocks - bad)} de ${blocks} bloques de ${files.length} lecciones dicen lo que imprime el simulador`);
  if (bad > 0) process.exitCode = 1;
}

function lessonsIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => /\.mdx?$/.test(name)).sort().map((name) => join(path, name));
}

function headOf(text: string): { scenario: string | undefined; line: number; files: Record<string, string> } {
  const front = /^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? '';
  const data = (parse(front) as { scenario?: unknown; module?: string; files?: string[] } | null) ?? {};
  const line = front.split('\n').findIndex((l) => l.startsWith('scenario:')) + 2;
  return { scenario: data.scenario === undefined ? undefined : String(data.scenario), line: Math.max(1, line), files: data.files ? lessonFiles(data.module ?? '', data.files) : {} };
}

function problemsOf(file: string, block: Block, printed: readonly Printed[]): string[] {
  return block.steps.flatMap((step, i) => {
    const got = printed[i]!;
    const where = `${file}:${step.line}: $ ${step.command.split('\n')[0]}`;
    if ('problem' in got) return [`${where}\n    ${got.problem}`];
    return agrees(step.output, got.output) ? [] : [`${where}\n${difference(step.output, got.output)}`];
  });
}

/** The text with the blocks that were wrong written anew. */
function rewrite(text: string, blocks: readonly Block[], printed: readonly Printed[][], problems: readonly string[][]): string {
  const lines = text.split('\n');
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i]!;
    if (problems[i]!.length === 0) continue;
    const outputs = block.steps.map((step, k) => {
      const got = printed[i]![k]!;
      return 'problem' in got || agrees(step.output, got.output) ? step.output : got.output;
    });
    lines.splice(block.line - 1, block.end - block.line + 1, ...writeBlock(block, outputs));
  }
  return lines.join('\n');
}

await main(argv.slice(2));
