/** The console blocks of a lesson, run as a student clicks them: each machine has its terminal, and all share one fresh world. */
import './descriptions.ts';
import { parseConsole } from '../components/console-blocks.ts';
import { LESSON_SEED } from '../course.ts';
import { handOut } from '../labs/hand-out.ts';
import type { World } from '../linux/world.ts';
import { bootScenario, loadScenario } from '../scenarios/index.ts';
import { openSession, type Session } from '../shell/session.ts';
import { MS, SECOND } from '../sim/clock.ts';

export interface Block {
  /** Line of the opening fence, from 1. */
  line: number;
  /** Line of the closing fence. */
  end: number;
  indent: string;
  fence: string;
  meta: string;
  host: string;
  /** A terminal of its own, hung up at the end: for commands that open another shell (kubectl run -it …). */
  tty: boolean;
  steps: { command: string; output: string; line: number }[];
}

/** Every console block of a Markdown text, in order. */
export function findBlocks(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent, fence, language, meta] = /^(\s*)(`{3,}|~{3,})\s*(\w*)(.*)$/.exec(lines[i]!) ?? [];
    if (fence === undefined) continue;
    let end = i + 1;
    while (end < lines.length && !(lines[end]!.trim().startsWith(fence) && lines[end]!.trim().replaceAll(fence[0]!, '') === '')) end++;
    if (language === 'console') {
      const body = lines.slice(i + 1, end).map((l) => (l.startsWith(indent!) ? l.slice(indent!.length) : l.trimStart()));
      let line = i + 2;
      const steps = parseConsole(body.join('\n')).map((step) => {
        const at = { ...step, line };
        line += (step.command === '' ? 0 : step.command.split('\n').length) + step.output.split('\n').length - 1;
        return at;
      });
      blocks.push({ line: i + 1, end: end + 1, indent: indent!, fence, meta: meta!.trim(), host: /\bhost=["']?([\w-]+)/.exec(meta!)?.[1] ?? 'mac', tty: /\btty\b/.test(meta!), steps });
    }
    i = end;
  }
  return blocks;
}

/** The block as it is written, with these outputs. */
export function writeBlock({ indent, fence, meta, steps }: Block, outputs: readonly string[]): string[] {
  const body = steps.flatMap(({ command }, i) => [
    ...(command === '' ? [] : command.split('\n').map((line, n) => `${n === 0 ? '$' : '>'} ${line}`)),
    ...(outputs[i] ? outputs[i].replace(/\n$/, '').split('\n') : []),
  ]);
  const longest = Math.max(fence.length, ...body.map((line) => (/^\s*(`{3,})/.exec(line)?.[1]!.length ?? 0) + 1));
  const mark = fence[0]!.repeat(longest);
  return [`${mark}console${meta ? ` ${meta}` : ''}`, ...body, mark].map((line) => (line === '' ? '' : indent + line));
}

/** What a command printed, or why it is not known. */
export type Printed = { output: string } | { problem: string };

/** Runs all blocks in a fresh world of the scenario; the outputs by block and step. */
export async function runBlocks(scenario: string, blocks: readonly Block[], files: Readonly<Record<string, string>> = {}): Promise<{ printed: Printed[][]; defects: string[] }> {
  const world = bootScenario(await loadScenario(scenario), { seed: LESSON_SEED });
  handOut(world, files);
  const desks = new Map<string, Desk>();
  const printed: Printed[][] = [];
  for (const block of blocks) {
    if (!world.machines.has(block.host)) {
      printed.push(block.steps.map(() => ({ problem: `no hay ninguna máquina «${block.host}» en el escenario ${scenario}. Hay: ${[...world.machines.keys()].join(', ')}.` })));
      continue;
    }
    let desk = block.tty ? undefined : desks.get(block.host);
    if (!desk) desk = await Desk.open(world, block.host);
    const outputs: Printed[] = [];
    printed.push(outputs);
    try {
      for (const { command } of block.steps) {
        outputs.push(command === '' ? { problem: 'el bloque empieza con una salida: la primera línea debe ser una orden, «$ …».' } : await desk.type(command));
        await world.advance(world.clock.now + GAP);
      }
      if (block.tty || !desk.isHome) desk.close();
      if (!block.tty && desk.isHome) desks.set(block.host, desk);
      else if (!block.tty) desks.delete(block.host);
      await world.advance(world.clock.now + READING);
    } catch (error) {
      // The simulator itself has failed: this world is of no use any more.
      const problem = `error del simulador: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      while (outputs.length < block.steps.length) outputs.push({ problem });
      if (!outputs.some((o) => 'problem' in o)) outputs[outputs.length - 1] = { problem };
      for (const rest of blocks.slice(printed.length)) printed.push(rest.steps.map(() => ({ problem: `no se ha ejecutado: el simulador falló en el bloque de la línea ${block.line}.` })));
      break;
    }
  }
  return { printed, defects: world.defects.map(({ command, error }) => `${command}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`) };
}

/** A command that is not back after this much virtual time is interrupted. */
const LIMIT = 180 * SECOND;
const GAP = 300 * MS;
/** A student reads on for so long before the next block; what needs longer must be waited for (kubectl wait, rollout status). */
const READING = 6 * SECOND;
/** readline says that it is ready with the first of these, and that it has the line with the second. */
const READY = '\x1b[?2004h', TAKEN = '\x1b[?2004l\r';

class Desk {
  readonly #world: World;
  readonly #session: Session;
  #screen = '';

  static async open(world: World, machine: string): Promise<Desk> {
    const desk = new Desk(world, openSession(world, machine, { cols: 120, rows: 40 }));
    await world.until(() => desk.#screen.includes(READY), 10 * SECOND);
    return desk;
  }

  private constructor(world: World, session: Session) {
    this.#world = world;
    this.#session = session;
    session.onOutput((text) => (this.#screen += text));
  }

  /** Its login shell has the terminal: no other shell is open in it. */
  get isHome(): boolean {
    return this.#session.process.status === undefined && this.#session.tty.foreground === this.#session.process.pgid;
  }

  close(): void {
    this.#session.close();
  }

  async type(command: string): Promise<Printed> {
    const lines = command.split('\n');
    for (const line of lines.slice(0, -1)) await this.#send(`${line}\r`);
    await this.#send(lines.at(-1)!);
    this.#screen = '';
    this.#session.input('\r');
    const ended = await this.#world.until(() => this.#session.process.status !== undefined || ready(this.#screen), LIMIT);
    if (!ended) {
      this.#session.input('\x03');
      await this.#world.until(() => ready(this.#screen), 5 * SECOND);
      return { problem: `no ha terminado en ${LIMIT / SECOND} segundos. Limítala: -c N, timeout N, --timeout…` };
    }
    await this.#world.advance(this.#world.clock.now + MS);
    return { output: plain(this.#screen) };
  }

  async #send(keys: string): Promise<void> {
    this.#session.input(keys);
    await this.#world.advance(this.#world.clock.now + 20 * MS);
  }
}

function ready(screen: string): boolean {
  return screen.includes(READY) || /try pressing enter\.\r?\n$/.test(screen);
}

/** What is read on the screen between the typed line and the next prompt. */
function plain(screen: string): string {
  const from = screen.indexOf(TAKEN);
  const start = from >= 0 ? from + TAKEN.length : screen.indexOf('\r\n') + 2;
  const end = screen.lastIndexOf(READY);
  const text = screen.slice(start, end >= start ? end : undefined)
    .replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|\][^\x07]*\x07|[=>])/g, '');
  const lines = text.split('\n').map((line) => line.replace(/\r+$/, '').split('\r').reduce((shown, over) => over + shown.slice(over.length), ''));
  return lines.join('\n').replace(/\n*$/, (end) => (text === '' ? '' : end || '\n'));
}
