/// <reference lib="webworker" />
/** The simulator's side of a page: one world, driven at the wall clock's pace. */
import * as Comlink from 'comlink';
import { Driver, type Driven } from './driver.ts';
import type { Events, Simulator } from './protocol.ts';
import { Simulation } from './simulation.ts';

let simulation: Simulation;
let driver: Driver;
let events: Events;

const simulator: Simulator = {
  async start(options, on) {
    events = on;
    simulation = await Simulation.start(options);
    if (options.saved) await simulation.replay(options.saved);
    driver = new Driver(driven());
    void driver.run().catch((error: unknown) => events.defect(describe(error)));
    return {
      machines: simulation.machines,
      terminals: [...simulation.terminals].map(([id, { machine }]) => ({ id, machine })),
      tasks: simulation.tasks(),
    };
  },
  open(machine, cols, rows) {
    const opened = simulation.open(machine, cols, rows);
    driver.wake();
    return opened;
  },
  input(terminal, data) {
    simulation.input(terminal, data);
    driver.wake();
  },
  resize(terminal, cols, rows) {
    simulation.resize(terminal, cols, rows);
    driver.wake();
  },
  close(terminal) {
    simulation.close(terminal);
    driver.wake();
  },
  pause: (paused) => driver.pause(paused),
  hint() {},
  answer() {},
  check: () => Promise.resolve({ ok: false }),
  ask: () => Promise.resolve(''),
  exportSession: () => Promise.resolve(JSON.stringify(simulation.entries)),
};

Comlink.expose(simulator);

function driven(): Driven {
  return {
    now: () => simulation.now(),
    advance: (to, pause) => simulation.advance(to, pause),
    takeInput: () => simulation.takeInput(),
    async flush() {
      const byTerminal = new Map<number, string>();
      for (const { terminal, text } of simulation.printed.splice(0)) byTerminal.set(terminal, (byTerminal.get(terminal) ?? '') + text);
      const drawn = [...byTerminal].map(([terminal, text]) => events.output(terminal, text));
      if (simulation.fresh.length > 0) events.journal(simulation.fresh.splice(0), simulation.now());
      await Promise.all(drawn);
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
}
