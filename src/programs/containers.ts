import type { ProgramEntry } from '../linux/world.ts';

/** Programs that only images of addons have, beside their servers (src/kubernetes/runtime/images/daemons.ts). They are on no machine's PATH. */
export const CONTAINER_PROGRAMS: Record<string, ProgramEntry> = {
  'dumb-init': { load: () => import('./dumb-init.ts') },
  'wait-shutdown': { load: () => import('./wait-shutdown.ts') },
};
