import type { Kind } from '../kind.ts';

export const batch: Record<string, Kind> = {};
