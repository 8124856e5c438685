/**
 * npm run --silent transcript -- [--scenario NAME] [--out DIR] FILE.jsonl…
 *
 * Replays recorded sessions of real tools: each in a fresh world of its scenario, step after step, printing the same lines
 * with the simulator's own stdout, stderr and code. The format is described in tests/transcripts/README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { replaySession, type SessionHeader, type Step } from './replay-session.ts';
import type { RecordedState } from '../scenarios/recorded-state.ts';

const { scenario, out, files } = options(argv.slice(2));
if (files.length === 0) {
  stderr.write('usage: transcript [--scenario NAME] [--out DIR] FILE.jsonl…\n');
  process.exit(2);
}
if (out) mkdirSync(out, { recursive: true });
for (const file of files) {
  const [header, ...steps] = linesOf(file) as [SessionHeader | undefined, ...Step[]];
  if (!header?.session) refuse(`${file}:1: no header: its first line must be {"session": NAME, …}`);
  const state = header.state ? (JSON.parse(readFileSync(join(dirname(file), header.state), 'utf8')) as RecordedState) : undefined;
  const lines = [JSON.stringify(header)];
  for await (const step of replaySession({ ...header, scenario: scenario ?? header.scenario }, steps, state)) lines.push(JSON.stringify(step));
  const text = `${lines.join('\n')}\n`;
  if (out) writeFileSync(join(out, basename(file)), text);
  else stdout.write(text);
}

/** The JSON values of its lines. Exits with 2, the file and the line when one is none. */
function linesOf(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    refuse(`${file}: ${(error as Error).message}`);
  }
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      refuse(`${file}:${i + 1}: ${(error as Error).message}`);
    }
  });
}

function refuse(message: string): never {
  stderr.write(`transcript: ${message}\n`);
  process.exit(2);
}

function options(args: string[]) {
  const files: string[] = [];
  let scenario: string | undefined, out: string | undefined;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--scenario') scenario = args[++i];
    else if (args[i] === '--out') out = args[++i];
    else files.push(args[i]!);
  }
  return { scenario, out, files };
}
