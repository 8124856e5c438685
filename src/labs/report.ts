/** Reports as text: of one session, of many, as CSV and as JUnit XML. */
import type { Report } from './grade.ts';

/** One graded file, or why it could not be. */
export interface Graded {
  file: string;
  report?: Report | undefined;
  error?: string | undefined;
}

/** `3.5` as it is written in Spanish. */
const number = (n: number) => String(n).replace('.', ',');

export function verdict({ percent }: Report, pass: number): string {
  return percent === 100 ? 'completo' : percent >= pass ? 'aprobado' : 'insuficiente';
}

/** The report of one session. */
export function formatReport({ file, report, error }: Graded, pass: number): string {
  if (!report) return `${file}\n  no se puede calificar: ${error}\n`;
  const width = Math.max(...report.tasks.map((t) => t.title.length));
  const lines = report.tasks.map((t) => {
    const notes = [
      t.minute === null ? '' : `minuto ${number(t.minute)}`,
      t.hints > 0 ? `${t.hints} ${t.hints === 1 ? 'pista' : 'pistas'}` : '',
      t.attempts > 1 ? `${t.attempts} respuestas` : '',
    ].filter(Boolean);
    return `  ${t.done ? '✓' : '·'} ${t.title.padEnd(width)}  ${`${number(t.points)}/${number(t.max)}`.padStart(5)}  ${notes.join(', ')}`.trimEnd();
  });
  return [
    `${report.title}${report.student ? ` · ${report.student}` : ''} · ${file}`,
    ...lines,
    `  ${number(report.points)} de ${number(report.max)} puntos (${report.percent} %): ${verdict(report, pass)}`,
    `  ${number(report.minutes)} minutos, ${report.commands} ${report.commands === 1 ? 'línea escrita' : 'líneas escritas'}, ${report.hints} ${report.hints === 1 ? 'pista' : 'pistas'}`,
    ...report.defects.map((d) => `  ! error del simulador, revisa esta sesión a mano: ${d}`),
    '',
  ].join('\n');
}

/** A line a session, and below what could not be graded. */
export function formatTable(graded: readonly Graded[], pass: number): string {
  const rows = graded.map(({ file, report }) =>
    report
      ? [file, report.student ?? '', `${number(report.points)}/${number(report.max)}`, `${report.percent} %`, `${report.tasks.filter((t) => t.done).length}/${report.tasks.length}`, String(report.hints), String(report.commands), number(report.minutes), verdict(report, pass)]
      : [file, '', '', '', '', '', '', '', 'no calificada'],
  );
  const head = ['sesión', 'estudiante', 'puntos', '%', 'tareas', 'pistas', 'líneas', 'minutos', 'resultado'];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = (cells: string[]) => cells.map((c, i) => (i >= 2 && i <= 7 ? c.padStart(widths[i]!) : c.padEnd(widths[i]!))).join('  ').trimEnd();
  const done = graded.flatMap(({ report }) => (report ? [report] : []));
  const mean = done.length === 0 ? 0 : Math.round(done.reduce((sum, r) => sum + r.percent, 0) / done.length);
  const passed = done.filter((r) => r.percent >= pass).length;
  const bad = graded.filter((g) => g.error !== undefined);
  return [
    line(head), ...rows.map(line), '',
    `${done.length} calificadas, media ${mean} %, ${passed} con ${pass} % o más${bad.length > 0 ? `; ${bad.length} sin calificar:` : ''}`,
    ...bad.map(({ file, error }) => `  ${file}: ${error}`), '',
  ].join('\n');
}

/** A line a session with a column a task; what could not be graded has its reason in the last column. */
export function formatCsv(graded: readonly Graded[], pass: number): string {
  const tasks = [...new Set(graded.flatMap(({ report }) => report?.tasks.map((t) => t.id) ?? []))];
  const head = ['sesion', 'estudiante', 'laboratorio', 'puntos', 'maximo', 'porcentaje', 'pistas', 'lineas', 'minutos', 'resultado', ...tasks, 'error'];
  const rows = graded.map(({ file, report, error }) => {
    if (!report) return [file, '', '', '', '', '', '', '', '', 'no calificada', ...tasks.map(() => ''), error ?? ''];
    return [
      file, report.student ?? '', report.lab, report.points, report.max, report.percent, report.hints, report.commands, report.minutes, verdict(report, pass),
      ...tasks.map((id) => report.tasks.find((t) => t.id === id)?.points ?? ''), '',
    ].map(String);
  });
  return [head, ...rows].map((row) => row.map(csv).join(',')).join('\r\n') + '\r\n';
}

/** JUnit XML: a suite a session, a test case a task. What a CI or a learning platform reads. */
export function formatJunit(graded: readonly Graded[]): string {
  const suites = graded.map(({ file, report, error }) => {
    if (!report) return `  <testsuite name="${xml(file)}" tests="1" failures="0" errors="1">\n    <testcase name="sesión" classname="${xml(file)}"><error message="${xml(error ?? '')}"/></testcase>\n  </testsuite>`;
    const cases = report.tasks.map((t) => {
      const open = `    <testcase name="${xml(t.title)}" classname="${xml(`${report.lab}.${t.id}`)}"`;
      return t.done ? `${open}/>` : `${open}><failure message="tarea sin hacer"/></testcase>`;
    });
    const failures = report.tasks.filter((t) => !t.done).length;
    const properties = Object.entries({ estudiante: report.student ?? '', puntos: report.points, maximo: report.max, pistas: report.hints, semilla: report.seed }).map(([n, v]) => `      <property name="${n}" value="${xml(String(v))}"/>`);
    return [`  <testsuite name="${xml(file)}" tests="${report.tasks.length}" failures="${failures}" errors="0" time="${report.minutes * 60}">`, '    <properties>', ...properties, '    </properties>', ...cases, '  </testsuite>'].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

/** Quoted where needed; a cell that a spreadsheet would take for a formula begins with an apostrophe. */
function csv(cell: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function xml(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '').replace(/[&<>"\n]/g, (c) => `&#${c.charCodeAt(0)};`);
}
