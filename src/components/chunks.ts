/**
 * What every terminal needs until its prompt is there, in one file, and what the first `kubectl` and `curl` need beyond that, in
 * another: dozens of small ones compress worse and come later. Everything else stays a chunk of its own, loaded when it is first
 * typed. Build time only.
 */
const GROUPS: Record<string, readonly string[]> = {
  simulator: ['/src/terminal/worker.ts', '/src/shell/bash.ts'],
  tools: ['/src/programs/kubectl/index.ts', '/src/programs/kubectl/commands/get.ts', '/src/programs/curl/index.ts'],
};

interface Context {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

let found: ReadonlyMap<string, string> | undefined;

/** The chunk a module of the worker's bundle belongs to; null: wherever the bundler thinks best. */
export function chunkOf(id: string, context: Context): string | null {
  found ??= reachable(context);
  return found.get(id) ?? null;
}

/** Each module that a group's entries import, and theirs: of the first group that has it. */
function reachable(context: Context): ReadonlyMap<string, string> {
  const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
  const seen = new Map<string, string>();
  for (const [group, entries] of Object.entries(GROUPS)) {
    const todo = entries.map((path) => root + path);
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      if (seen.has(id)) continue;
      seen.set(id, group);
      todo.push(...(context.getModuleInfo(id)?.importedIds ?? []));
    }
  }
  return seen;
}
