/**
 * What every terminal needs before its first `kubectl` and `curl` have answered, in one file: dozens of small ones compress worse
 * and come later. Everything else stays a chunk of its own, loaded when it is first typed. Build time only.
 */
const FIRST = ['/src/terminal/worker.ts', '/src/shell/bash.ts', '/src/programs/kubectl/index.ts', '/src/programs/kubectl/commands/get.ts', '/src/programs/curl/index.ts'];

interface Context {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

let found: ReadonlySet<string> | undefined;

/** The chunk a module of the worker's bundle belongs to; null: wherever the bundler thinks best. */
export function chunkOf(id: string, context: Context): string | null {
  found ??= reachable(context);
  return found.has(id) ? 'simulator' : null;
}

function reachable(context: Context): ReadonlySet<string> {
  const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
  const seen = new Set<string>(), todo = FIRST.map((path) => root + path);
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    todo.push(...(context.getModuleInfo(id)?.importedIds ?? []));
  }
  return seen;
}
