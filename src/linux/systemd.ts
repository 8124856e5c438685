/** What systemd keeps of a machine: its services, and the journal that their lines go to. */
import type { Micros } from '../sim/clock.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';

export interface Unit {
  /** kubelet.service */
  name: string;
  description: string;
  /** Where its file is, and those that add to it. */
  path: string;
  dropIns?: string[];
  documentation?: string;
  enabled: boolean;
  /** The last main process there was. */
  main(): Process | undefined;
  /** Stopped on purpose: it is not started again by itself. */
  stopped(): boolean;
  start(): void;
  stop(): void;
}

export interface JournalEntry {
  at: Micros;
  unit: string;
  identifier: string;
  pid: number;
  text: string;
}

interface Systemd {
  units: Map<string, Unit>;
  journal: JournalEntry[];
}

const MACHINES = new WeakMap<Machine, Systemd>();
/** Entries a journal holds before the oldest go. */
const LIMIT = 4000;

function systemd(machine: Machine): Systemd {
  let found = MACHINES.get(machine);
  if (!found) MACHINES.set(machine, (found = { units: new Map(), journal: [] }));
  return found;
}

export function units(machine: Machine): ReadonlyMap<string, Unit> {
  return systemd(machine).units;
}

export function addUnit(machine: Machine, unit: Unit): void {
  systemd(machine).units.set(unit.name, unit);
}

/** Oldest first. */
export function journal(machine: Machine): readonly JournalEntry[] {
  return systemd(machine).journal;
}

/** A line that a service's process writes. */
export function logLine(process: Process, unit: string, text: string): void {
  append(process.machine, { at: process.now, unit, identifier: process.comm, pid: process.pid, text });
}

/** What systemd itself says of a unit. */
export function logUnit(machine: Machine, unit: string, text: string): void {
  append(machine, { at: machine.world.clock.now, unit, identifier: 'systemd', pid: 1, text });
}

function append(machine: Machine, entry: JournalEntry): void {
  const { journal } = systemd(machine);
  journal.push(entry);
  if (journal.length > LIMIT) journal.splice(0, journal.length - LIMIT / 2);
}
