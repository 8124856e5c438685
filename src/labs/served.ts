/** The answers of the student's own code: asked for once, written into the journal, and repeated from there. */
import type { Backend, BackendAnswer, BackendRequest } from '../kubernetes/runtime/backend.ts';
import type { Micros } from '../sim/clock.ts';
import { JournalError, type ServedEntry } from './journal.ts';

export class Served {
  readonly #known = new Map<string, BackendAnswer[]>();

  /** An answer of a journal that is about to be repeated. Throws JournalError. */
  remember({ at, request, answer }: ServedEntry): void {
    const key = `${at} ${request}`;
    this.#known.set(key, [...(this.#known.get(key) ?? []), parse(answer)]);
  }

  /** What was answered to this request at this time, or what the code answers now. Undefined: nobody answered then, nobody does. */
  async answer(at: Micros, { method, target, hostname, ...rest }: BackendRequest, backend: Backend | undefined, record: (entry: ServedEntry) => void): Promise<BackendAnswer | undefined> {
    const request = `${hostname} ${method} ${target}`;
    const known = this.#known.get(`${at} ${request}`)?.shift();
    if (known) return known;
    const answer = await backend?.({ method, target, hostname, ...rest });
    if (answer) record({ at, kind: 'served', request, answer: JSON.stringify(answer) });
    return answer;
  }
}

function parse(text: string): BackendAnswer {
  let answer: Partial<BackendAnswer> | null = null;
  try {
    answer = JSON.parse(text) as Partial<BackendAnswer> | null;
  } catch {
    // Told below: no JSON is as bad as another JSON.
  }
  const isHeaders = Array.isArray(answer?.headers) && answer.headers.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string'));
  if (!answer || !isHeaders || typeof answer.body !== 'string' || typeof answer.log !== 'string' || !Number.isInteger(answer.status)) {
    throw new JournalError('una respuesta del backend («served») no se entiende');
  }
  return answer as BackendAnswer;
}
