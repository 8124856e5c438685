import { SECOND, type Micros } from '../sim/clock.ts';

/** After this much virtual time a request counts as unanswered. */
export const PROBE_LIMIT: Micros = 3 * SECOND;
