import type { ProgramEntry } from '../linux/world.ts';

/**
 * All programs by the name an executable file gives (RegularFile.program). One more program: one line, loaded when it is first
 * typed. Where the file is, and on which machines and images, is said in src/scenarios/executables.ts and src/kubernetes/runtime/images.
 */
export const PROGRAMS: Record<string, ProgramEntry> = {
  kubectl: { load: () => import('./kubectl/index.ts') },
};
