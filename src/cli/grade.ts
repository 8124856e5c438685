/**
 * npm run grade -- [options] LAB SESSION…
 *
 * Grades exported sessions (files, or folders of .json files) by repeating them: what a session says about itself counts for
 * nothing. Exit code: 0 all graded and passed, 1 some did not pass, 2 wrong usage, 3 some could not be graded.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import type { Lab } from '../labs/lab.ts';
import { formatCsv, formatJunit, formatReport, formatTable, verdict, type Graded } from '../labs/report.ts';
import { gradeFiles } from './grade-many.ts';
import { InvalidLab, labIds, loadLab } from './lab-files.ts';

const USAGE = `uso: npm run --silent grade -- [opciones] LABORATORIO SESIÓN…

  SESIÓN         un archivo exportado desde la página, o una carpeta con muchos (.json)

  --json         el informe en JSON
  --csv          una línea por sesión, para una hoja de cálculo
  --junit        JUnit XML
  --aprobado N   porcentaje con el que se aprueba (50)
  --limite N     segundos que se dedican como mucho a cada sesión (120)

Códigos de salida: 0 todas aprueban, 1 alguna no, 2 uso incorrecto, 3 alguna no se pudo calificar.
Laboratorios: ${labIds().join(', ')}
`;

type Format = 'text' | 'json' | 'csv' | 'junit';

process.exitCode = await main(argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = read(args);
  if (typeof options === 'string') {
    stderr.write(`${options === '' ? '' : `grade: ${options}\n\n`}${USAGE}`);
    return options === '' ? 0 : 2;
  }
  let lab: Lab;
  try {
    if (!labIds().includes(options.lab)) throw new Error(`no hay ningún laboratorio «${options.lab}». Hay: ${labIds().join(', ')}.`);
    lab = loadLab(options.lab);
  } catch (error) {
    stderr.write(`grade: ${error instanceof InvalidLab ? `el laboratorio tiene errores:\n${error.message}` : (error as Error).message}\n`);
    return 2;
  }
  const files = options.sessions.flatMap(sessionsIn), shows = files.length > 5 && stderr.isTTY;
  const graded = await gradeFiles(lab, files, options.limit, (done) => shows && stderr.write(`\r${done}/${files.length} `));
  if (shows) stderr.write('\r\x1b[K');
  stdout.write(render(graded, options.format, options.pass));
  if (graded.length === 0) {
    stderr.write('grade: no hay ningún archivo .json en esas carpetas.\n');
    return 2;
  }
  if (graded.some((g) => !g.report)) return 3;
  return graded.every((g) => g.report!.percent >= options.pass) ? 0 : 1;
}

function render(graded: Graded[], format: Format, pass: number): string {
  if (format === 'csv') return formatCsv(graded, pass);
  if (format === 'junit') return formatJunit(graded);
  if (format === 'json') {
    const list = graded.map(({ file, report, error }) => (report ? { file, verdict: verdict(report, pass), ...report } : { file, verdict: 'no calificada', error }));
    return `${JSON.stringify(list.length === 1 ? list[0] : list, null, 2)}\n`;
  }
  return graded.length === 1 ? formatReport(graded[0]!, pass) : formatTable(graded, pass);
}

function sessionsIn(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  return readdirSync(path).filter((name) => name.endsWith('.json')).sort().map((name) => join(path, name));
}

interface Options {
  lab: string;
  sessions: string[];
  format: Format;
  pass: number;
  limit: number;
}

/** What is asked, or what is wrong with it ('' for help). */
function read(args: string[]): Options | string {
  const options: Options = { lab: '', sessions: [], format: 'text', pass: 50, limit: 120 };
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--help' || arg === '-h') return '';
    if (arg === '--json' || arg === '--csv' || arg === '--junit') options.format = arg.slice(2) as Format;
    else if (arg === '--aprobado' || arg === '--limite') {
      const value = Number(args[++i]);
      if (!(value >= 0)) return `${arg} necesita un número`;
      if (arg === '--aprobado') options.pass = value;
      else options.limit = value;
    } else if (arg.startsWith('-')) return `no se conoce la opción ${arg}`;
    else words.push(arg);
  }
  const [lab, ...sessions] = words;
  if (lab === undefined) return 'falta el laboratorio';
  if (sessions.length === 0) return 'falta la sesión';
  return { ...options, lab, sessions };
}
