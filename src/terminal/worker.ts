/// <reference lib="webworker" />
/** The simulator's side of a page: one world, driven at the wall clock's pace. */
import * as Comlink from 'comlink';
import type { Breathe } from '../labs/player.ts';
import './descriptions.ts';
import { Driver, type Driven } from './driver.ts';
import type { Events, Simulator } from './protocol.ts';
import { Simulation } from './simulation.ts';

/** Between two looks at the tasks, and between two marks of the time reached, milliseconds. */
const LOOK = 250;
const MARK = 2000;
/** After so long without a key the clock stands still, milliseconds: a session left open does not grow for ever. */
const DOZE = 10 * 60_000;
/** Longest turn of what is done beside the student's world, milliseconds. */
const SLICE = 10;

let simulation: Simulation;
let driver: Driver;
let events: Events;
let hidden = false;
let asleep = false;
let touched = performance.now();

/** The world's clock goes while somebody looks and asks. */
function rest(): void {
  driver.pause(hidden || asleep);
}

function doze(): void {
  const now = performance.now() - touched > DOZE && !simulation.busy;
  if (now === asleep) return;
  asleep = now;
  events.dozing(asleep);
  rest();
}

/** A call of the page's that changes the world: done as soon as the world is idle. */
function act<A extends unknown[], R>(what: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    const result = what(...args);
    touched = performance.now();
    doze();
    driver.wake();
    return result;
  };
}

const simulator: Simulator = {
  async start(options, on) {
    events = on;
    simulation = await Simulation.start(options, { ...breathe(), progress: (done) => events.progress(done) });
    driver = new Driver(driven());
    void driver
      .run()
      .catch((error: unknown) => events.defect(error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)));
    return {
      machines: simulation.machines,
      terminals: simulation.terminals,
      tasks: simulation.tasks(),
    };
  },
  open: act((machine, cols, rows) => Promise.resolve(simulation.open(machine, cols, rows))),
  input: act((terminal, data) => simulation.input(terminal, data)),
  resize: act((terminal, cols, rows) => simulation.resize(terminal, cols, rows)),
  close: act((terminal) => simulation.close(terminal)),
  hint: act((task) => simulation.hint(task)),
  answer: act((task, answer) => simulation.answer(task, answer)),
  ask: act((machine, command) => simulation.ask(machine, command)),
  serve: (backend) => simulation.serve(backend),
  pause: (paused) => {
    hidden = paused;
    rest();
  },
  topology: () => Promise.resolve(simulation.topology()),
  events: () => Promise.resolve(simulation.events()),
  files: (machine, path) => Promise.resolve(simulation.files(machine, path)),
  inside: () => simulation.inside(),
  why: (question, told) => simulation.why(question, told, breathe()),
  check: (checks) => simulation.check(checks),
  exportSession: () => Promise.resolve(simulation.exportSession()),
};

Comlink.expose(simulator);

function driven(): Driven {
  let looked = 0;
  let marked = 0;
  let tasks = '';
  let printedSince = false;
  let following = false;
  return {
    now: () => simulation.now(),
    advance: (to, pause) => simulation.advance(to, pause),
    takeInput: () => simulation.takeInput(),
    async flush() {
      const byTerminal = new Map<number, string>();
      for (const { terminal, text } of simulation.printed.splice(0)) byTerminal.set(terminal, (byTerminal.get(terminal) ?? '') + text);
      const drawn = [...byTerminal].map(([terminal, text]) => events.output(terminal, text));
      printedSince ||= drawn.length > 0;
      for (const terminal of simulation.ended.splice(0)) events.closed(terminal);
      for (const defect of simulation.defects()) events.defect(defect);
      const fresh = simulation.news();
      if (fresh.length > 0 || (printedSince && performance.now() - marked > MARK)) {
        events.journal(fresh, simulation.now());
        marked = performance.now();
        printedSince = false;
      }
      if (performance.now() - looked > LOOK) {
        looked = performance.now();
        doze();
        if (!following) {
          following = true;
          void simulation.follow(breathe()).finally(() => (following = false));
        }
        const walk = simulation.packet();
        if (walk) events.packet(walk);
        const states = simulation.tasks();
        const text = JSON.stringify(states);
        if (text !== tasks) events.tasks(states);
        tasks = text;
      }
      await Promise.all(drawn);
    },
  };
}

/** Gives way to messages and to the student's own world every few milliseconds. */
function breathe(): Breathe {
  let end = performance.now() + SLICE;
  return {
    due: () => performance.now() > end,
    async pause() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      end = performance.now() + SLICE;
    },
  };
}
