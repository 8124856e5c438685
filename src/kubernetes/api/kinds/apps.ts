import type { Kind } from '../kind.ts';

export const apps: Record<string, Kind> = {};
