import type { Process } from '../../linux/process.ts';
import type { World } from '../../linux/world.ts';

/** A request that has come to a server whose code the student may have changed. */
export interface BackendRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: [string, string][];
  body: string;
  /** The Pod's name. */
  hostname: string;
}

export interface BackendAnswer {
  /** 0: it has not answered in time, and the client is left waiting; -1: it has died, and the connection is broken off. */
  status: number;
  headers: [string, string][];
  body: string;
  /** What it has printed since the last answer. */
  log: string;
}

/** Code that answers in a server's stead. Undefined: nobody does, and the code in the image answers. Never rejects. */
export type Backend = (request: BackendRequest) => Promise<BackendAnswer | undefined>;

const BACKENDS = new WeakMap<World, { ask: Backend; last: Promise<unknown> }>();

/** Whoever plays a session says who answers: something outside the world, or what it answered then. */
export function setBackend(world: World, ask: Backend): void {
  BACKENDS.set(world, { ask, last: Promise.resolve() });
}

/** One request at a time, as an event loop takes them; virtual time stands still meanwhile. */
export function askBackend(process: Process, request: BackendRequest, then: (answer: BackendAnswer | undefined) => void): void {
  const backend = BACKENDS.get(process.world);
  if (!backend) return then(undefined);
  process.world.bring(() => {
    const answer = backend.last.then(() => backend.ask(request));
    backend.last = answer;
    return answer;
  }, process, then);
}
