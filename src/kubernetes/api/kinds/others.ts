import type { Kind } from '../kind.ts';

export const others: Record<string, Kind> = {};
