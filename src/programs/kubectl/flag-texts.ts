export const FLAG_TEXTS: Record<string, string> = {};
