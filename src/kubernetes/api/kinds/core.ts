import type { Kind } from '../kind.ts';

export const core: Record<string, Kind> = {};
