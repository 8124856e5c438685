import type { Command } from '../cli.ts';
import { Aggregate, KubectlError, usageError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { TabWriter } from '../tabwriter.ts';

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  if (args.length > 0) throw usageError(command.path, `unexpected arguments: [${args.join(' ')}]`);
  const output = flags.string('output'), sortBy = flags.string('sort-by'), wide = output === 'wide';
  if (!['', 'wide', 'name'].includes(output)) throw new KubectlError(`--output ${output} is not available`);
  if (!['', 'name', 'kind'].includes(sortBy)) throw new KubectlError('--sort-by accepts only name or kind');
  if (!flags.bool('cached')) k.discovery.invalidate();
  const verbs = flags.list('verbs'), categories = flags.list('categories'), group = flags.changed('api-group') ? flags.string('api-group') : undefined;
  const groups = await k.discovery.groups();
  const rows = [];
  for (const g of groups) {
    for (const r of await resourcesOf(k, g.name, g.preferred)) {
      if (r.name.includes('/') || r.verbs.length === 0) continue;
      if (group !== undefined && r.group !== group) continue;
      if (flags.changed('namespaced') && r.namespaced !== flags.bool('namespaced')) continue;
      if (!verbs.every((v) => r.verbs.includes(v)) || !categories.every((c) => r.categories.includes(c))) continue;
      rows.push(r);
    }
  }
  if (sortBy === 'kind') rows.sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
  else if (sortBy === 'name') rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  else rows.sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : a.name < b.name ? -1 : 1));
  const w = new TabWriter((text) => k.out(text), { min: 6, padding: 3 });
  if (output !== 'name' && !flags.bool('no-headers')) w.write(`NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND${wide ? '\tVERBS\tCATEGORIES' : ''}\n`);
  for (const r of rows) {
    if (output === 'name') w.write(`${r.name}${r.group ? `.${r.group}` : ''}\n`);
    else w.write(`${r.name}\t${r.shortNames.join(',')}\t${r.group ? `${r.group}/` : ''}${r.version}\t${r.namespaced}\t${r.kind}${wide ? `\t${r.verbs.join(',')}\t${r.categories.join(',')}` : ''}\n`);
  }
  w.flush();
  if (k.discovery.failed.size > 0) throw new Aggregate([...k.discovery.failed].map(([gv, e]) => new KubectlError(`unable to retrieve the complete list of server APIs: ${gv}: ${e.message}`)));
}

async function resourcesOf(k: Kubectl, group: string, version: string) {
  const gv = group ? `${group}/${version}` : version;
  try {
    return await k.discovery.resources(gv);
  } catch (error) {
    if (!(error instanceof Error) || !('status' in error)) throw error;
    k.discovery.failed.set(gv, error);
    return [];
  }
}

/** kubectl api-versions */
export async function versions(k: Kubectl, command: Command): Promise<void> {
  if (command.args.length > 0) throw usageError(command.path, `unexpected arguments: [${command.args.join(' ')}]`);
  k.discovery.invalidate();
  const all = (await k.discovery.groups()).flatMap((g) => g.versions.map((v) => (g.name ? `${g.name}/${v}` : v)));
  k.out(all.sort().map((v) => `${v}\n`).join(''));
}
