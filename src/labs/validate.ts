/** Reads a lab's folder and says, with file, line and cure, what is wrong with it. For the build and the command line. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { SCENARIOS } from '../scenarios/index.ts';
import { buildLab, type LabFiles } from './build-lab.ts';
import { problemOf } from './cel.ts';
import type { Lab } from './lab.ts';
import { builtinKinds, isBuiltinKind } from './objects.ts';
import { labSchema, type LabYaml } from './schema.ts';
import { unknownVariants } from './variants.ts';

export interface Problem {
  /** Path within the lab's folder. */
  file: string;
  line: number;
  column: number;
  /** What is wrong and how it is mended. */
  message: string;
}

type Path = readonly (string | number)[];

export function validateLab(id: string, files: LabFiles): { lab: Lab | undefined; problems: Problem[] } {
  const problems: Problem[] = [];
  const source = files['lab.yaml'];
  if (source === undefined) return { lab: undefined, problems: [{ file: 'lab.yaml', line: 1, column: 1, message: 'no existe. Cada carpeta de labs/ necesita uno.' }] };
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file: 'lab.yaml', line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [broken] = document.errors; // the others come from the first
  if (broken) return { lab: undefined, problems: [{ ...at(broken.pos[0]), message: `YAML mal escrito: ${YAML_SAID[broken.code] ?? NOT_UNDERSTOOD}` }] };
  const data: unknown = document.toJS();
  const tell = (path: Path, message: string) => problems.push({ ...at(offsetOf(document, path)), message: `${name(path)}${message}` });
  const result = labSchema.safeParse(data);
  if (!result.success) tellIssues(result.error.issues as unknown as Issue[], data, tell);
  else meaning(result.data, files, tell);
  problems.sort((a, b) => a.line - b.line);
  return problems.length > 0 || !result.success ? { lab: undefined, problems } : { lab: buildLab(id, data as Record<string, unknown>, files), problems };
}

/** `labs/x/lab.yaml:12:5: …` */
export function formatProblem(folder: string, { file, line, column, message }: Problem): string {
  return `${folder}/${file}:${line}:${column}: ${message}`;
}

/** By the codes of the library's errors. */
const YAML_SAID: Record<string, string> = {
  TAB_AS_INDENT: 'hay un tabulador en la sangría: usa espacios.',
  BAD_INDENT: 'la sangría no cuadra con la línea de arriba.',
  DUPLICATE_KEY: 'la clave está dos veces en el mismo mapa: quita una.',
  MISSING_CHAR: 'falta un carácter: ¿unas comillas o un corchete sin cerrar, o un espacio después de «:» o de «,»?',
  BLOCK_AS_IMPLICIT_KEY: 'hay dos «: » en una línea: pon el texto entre comillas.',
  BLOCK_IN_FLOW: 'dentro de { } o de [ ] no puede haber un bloque con sangría: ¿falta cerrarlos?',
  MULTILINE_IMPLICIT_KEY: 'una clave no puede ocupar varias líneas: ¿falta «:» o unas comillas?',
  BAD_ALIAS: 'un texto que empieza por * o & va entre comillas.',
  BAD_DQ_ESCAPE: 'entre comillas dobles \\ es especial: usa comillas simples.',
  BAD_SCALAR_START: 'un texto no puede empezar por este carácter: ponlo entre comillas.',
  KEY_OVER_1024_CHARS: 'la clave es larguísima: ¿faltan unas comillas?',
  MULTIPLE_DOCS: 'hay más de un documento («---»): debe haber uno solo.',
};
const NOT_UNDERSTOOD = 'esto no puede ir aquí. Mira la sangría y las comillas de esta línea y de la anterior.';

/* ---- what the schema says ---- */

interface Issue {
  code: string;
  path: (string | number)[];
  message: string;
  keys?: string[];
  expected?: string;
  errors?: Issue[][];
}

const KNOWN: Record<string, string[]> = {
  '': ['title', 'description', 'scenario', 'minutes', 'files', 'setup', 'variants', 'tasks'],
  tasks: ['id', 'title', 'text', 'points', 'needs', 'hold', 'hints', 'checks', 'question', 'explain'],
  checks: ['object', 'reach', 'why', 'ran', 'file', 'iptables', 'expect', 'text'],
  object: ['kind', 'apiVersion', 'name', 'namespace', 'selector', 'absent', 'count'],
  reach: ['from', 'to', 'status', 'contains', 'refused', 'timeout', 'times'],
  why: ['from', 'to', 'protocol', 'port', 'size', 'result', 'cause', 'at'],
  ran: ['program', 'on', 'pod', 'exit', 'args', 'command', 'contains', 'matches'],
  file: ['on', 'path', 'contains', 'matches', 'equals', 'absent'],
  iptables: ['on', 'table', 'matches', 'absent'],
  question: ['choices', 'answer'],
};
const TYPES: Record<string, string> = { string: 'un texto', number: 'un número', int: 'un número entero', boolean: 'true o false', array: 'una lista', object: 'un mapa (clave: valor)', record: 'un mapa (clave: valor)' };

function tellIssues(issues: Issue[], data: unknown, tell: (path: Path, message: string) => void): void {
  /** Keys that are there, misspelt: that they are missing need not be said. */
  const meant = new Set<string>();
  for (const { path, keys } of issues.filter((issue) => issue.code === 'unrecognized_keys')) {
    const known = KNOWN[path.filter((p) => typeof p === 'string').at(-1) ?? ''] ?? [];
    for (const key of keys ?? []) {
      const near = known.map((k) => ({ k, d: distance(k, key) })).filter(({ d }) => d <= 3).sort((a, b) => a.d - b.d)[0]?.k;
      if (near) meant.add(JSON.stringify([...path, near]));
      tell([...path, key], `no se conoce esta clave. ${near ? `¿Querías decir «${near}»?` : `Aquí puede haber: ${known.join(', ')}.`}`);
    }
  }
  for (const issue of issues) if (issue.code !== 'unrecognized_keys' && !meant.has(JSON.stringify(issue.path))) tellIssue(issue, data, tell);
}

function tellIssue(issue: Issue, data: unknown, tell: (path: Path, message: string) => void): void {
  const missing = valueAt(data, issue.path) === undefined;
  if (issue.code === 'invalid_type') {
    const own = /^(Invalid|Expected)/.test(issue.message) ? `debe ser ${TYPES[issue.expected ?? ''] ?? issue.expected}` : issue.message;
    return tell(issue.path, missing ? `falta: añade la línea «${String(issue.path.at(-1))}: …» (${own}).` : `${own}.`);
  }
  const said = /^(Invalid|Too|Expected)/.test(issue.message) ? `no vale (${issue.message})` : issue.message;
  tell(issue.path, `${missing ? 'falta: ' : ''}${said}.`);
}

/* ---- what only the whole lab says ---- */

function meaning(lab: LabYaml, files: LabFiles, tell: (path: Path, message: string) => void): void {
  if (!SCENARIOS[lab.scenario]) tell(['scenario'], `no hay ningún escenario «${lab.scenario}». Hay: ${Object.keys(SCENARIOS).join(', ')}.`);
  const machines = SCENARIOS[lab.scenario]?.machines;
  if (lab.setup !== undefined && files[lab.setup] === undefined) tell(['setup'], `no existe el archivo ${lab.setup} en la carpeta del laboratorio.`);
  if (lab.files !== undefined && !Object.keys(files).some((f) => f.startsWith(`${lab.files!.replace(/\/$/, '')}/`))) tell(['files'], `no existe la carpeta ${lab.files}, o está vacía.`);
  const ids = lab.tasks.map((t) => t.id);
  lab.tasks.forEach((task, i) => {
    const here: Path = ['tasks', i];
    if (ids.indexOf(task.id) !== i) tell([...here, 'id'], `ya hay otra tarea con el id «${task.id}».`);
    if (task.checks.length === 0 && !task.question) tell(here, 'la tarea no comprueba nada: añade «checks» o «question».');
    task.needs.forEach((id, k) => {
      if (!ids.includes(id)) tell([...here, 'needs', k], `no hay ninguna tarea «${id}».`);
      else if (ids.indexOf(id) >= i) tell([...here, 'needs', k], `«${id}» debe estar antes que esta tarea.`);
    });
    task.checks.forEach((check, k) => checkMeaning(check, [...here, 'checks', k], machines, tell));
    const { question } = task;
    if (question && typeof question.answer === 'object' && !Array.isArray(question.answer)) {
      const { object, ran, iptables, expr } = question.answer;
      const where = [...here, 'question', 'answer'];
      checkMeaning({ object, ran, iptables }, where, machines, tell);
      if (expr === undefined && !ran && !iptables) tell(where, 'no dice de dónde sale la respuesta: añade «expr» (CEL), «ran» o «iptables».');
      for (const [key, source] of [['ran', ran], ['iptables', iptables]] as const) {
        if (source && !/\((?!\?[:=!<])/.test(source.matches ?? '')) tell([...where, key], '«matches» necesita un grupo entre paréntesis: lo que capture es la respuesta.');
      }
      const problem = expr === undefined ? undefined : problemOf(expr);
      if (problem) tell([...where, 'expr'], `la expresión CEL no vale: ${problem}.`);
    } else if (question?.choices) {
      for (const answer of [question.answer].flat().map(String)) if (!question.choices.includes(answer)) tell([...here, 'question', 'answer'], `«${answer}» no está entre las opciones («choices»); cópiala tal cual.`);
    }
  });
  for (const [file, source] of Object.entries(files)) {
    if (file !== 'lab.yaml' && file !== lab.setup) continue;
    for (const unknown of unknownVariants(source, Object.keys(lab.variants))) tell(['variants'], `${file} usa {{ variant.${unknown} }}, que no está en «variants».`);
  }
}

interface Checked {
  object?: { kind: string; apiVersion?: string | undefined } | undefined;
  expect?: string | undefined;
  reach?: { from: string } | undefined;
  why?: { from: string; at?: string | undefined; result?: string | undefined; cause?: string | undefined } | undefined;
  ran?: { on?: string | undefined } | undefined;
  file?: { on: string } | undefined;
  iptables?: { on: string } | undefined;
}

function checkMeaning(check: Checked, path: Path, machines: readonly string[] | undefined, tell: (path: Path, message: string) => void): void {
  const { object, expect } = check;
  if (object && object.apiVersion === undefined && !isBuiltinKind(object.kind)) {
    const near = builtinKinds().find((kind) => kind.toLowerCase() === object.kind.toLowerCase() || `${kind.toLowerCase()}s` === object.kind.toLowerCase());
    tell([...path, 'object', 'kind'], `no hay ninguna clase «${object.kind}». ${near ? `¿Querías decir «${near}»?` : 'Si es de un CRD, di también su «apiVersion».'}`);
  }
  const problem = expect === undefined ? undefined : problemOf(expect);
  if (problem) tell([...path, 'expect'], `la expresión CEL no vale: ${problem}.`);
  if (check.why && check.why.result === undefined && check.why.cause === undefined && check.why.at === undefined) tell([...path, 'why'], 'no dice qué debe pasar: pon «result», «cause» o «at».');
  if (!machines) return;
  for (const kind of ['ran', 'file', 'iptables'] as const) {
    const on = check[kind]?.on;
    if (on !== undefined && !machines.includes(on)) tell([...path, kind, 'on'], `no hay ninguna máquina «${on}» en el escenario. Hay: ${machines.join(', ')}.`);
  }
  const kind = check.why ? 'why' : 'reach';
  const from = check[kind]?.from;
  if (from !== undefined && !from.startsWith('pod:') && !machines.includes(from)) tell([...path, kind, 'from'], `no hay ninguna máquina «${from}» en el escenario. Hay: ${machines.join(', ')}; o pod:NOMBRE.`);
}

/* ---- helpers ---- */

/** Where in the source the value at a path is, or the nearest thing around it. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = start(node);
  for (const key of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (!pair) break;
      offset = start(pair.key);
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(key)];
      if (next) offset = start(next);
    }
    if (!next) break;
    node = next;
  }
  return offset;
}

function start(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return value;
}

function name(path: Path): string {
  if (path.length === 0) return '';
  const text = path.map((p) => (typeof p === 'number' ? `[${p + 1}]` : p)).join('.').replaceAll('.[', '[');
  return `«${text}» `;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
