import type { RegularFile } from '../../linux/files.ts';
import { PLUGINS } from './plugins/index.ts';
import { type CniCall, CniError, type CniResult } from './types.ts';

/** Runs the executable of that name on CNI_PATH (containernetworking/cni, pkg/invoke). Throws CniError with what the caller is told. */
export function execPlugin(call: CniCall, type = call.config.type): CniResult | undefined {
  const path = findInPath(call, type);
  const file = call.fs.find(path) as RegularFile;
  if ((file.mode & 0o111) === 0) throw new CniError(`netplugin failed with no error message: fork/exec ${path}: permission denied`);
  const plugin = PLUGINS[file.program ?? ''];
  if (plugin) return plugin.main(call);
  // A shell script, or another program in a plugin's place: those only run when time passes, and the runtime asks now.
  if (file.program === undefined && !/^#!/.test(String(file.content))) throw new CniError(`netplugin failed with no error message: fork/exec ${path}: exec format error`);
  throw new CniError('netplugin failed with no error message: exit status 1');
}

/** FindInPath: a regular file, whether or not it may be executed. */
export function findInPath({ fs, path }: Pick<CniCall, 'fs' | 'path'>, type: string): string {
  for (const dir of path) if (fs.find(`${dir}/${type}`)?.kind === 'file') return `${dir}/${type}`;
  throw new CniError(`failed to find plugin "${type}" in path [${path.join(' ')}]`);
}
