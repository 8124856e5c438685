// Which module holds which command; a module is loaded when its command is first typed.
import type { Command } from '../cli.ts';
import type { Kubectl } from '../kubectl.ts';

/** Returns the exit code (nothing is 0). */
export type Run = (k: Kubectl, command: Command) => Promise<number | void>;
type Module = Record<string, unknown>;

/** By the words after kubectl: where the command is, and the name of its function there (default `run`). */
const MODULES: Record<string, [load: () => Promise<Module>, name?: string]> = {
  annotate: [() => import('./annotate.ts')],
  'api-resources': [() => import('./api-resources.ts')],
  'api-versions': [() => import('./api-resources.ts'), 'versions'],
  apply: [() => import('./apply.ts')],
  'apply edit-last-applied': [() => import('./edit.ts'), 'editLastApplied'],
  'apply set-last-applied': [() => import('./last-applied.ts'), 'set'],
  'apply view-last-applied': [() => import('./last-applied.ts'), 'view'],
  attach: [() => import('./attach.ts')],
  'auth can-i': [() => import('./auth.ts'), 'canI'],
  'auth reconcile': [() => import('./auth.ts'), 'reconcile'],
  'auth whoami': [() => import('./auth.ts'), 'whoami'],
  autoscale: [() => import('./autoscale.ts')],
  'certificate approve': [() => import('./certificate.ts'), 'approve'],
  'certificate deny': [() => import('./certificate.ts'), 'deny'],
  'cluster-info': [() => import('./cluster-info.ts')],
  'cluster-info dump': [() => import('./cluster-info.ts'), 'dump'],
  completion: [() => import('./completion.ts')],
  config: [() => import('./config.ts')],
  cordon: [() => import('./drain.ts'), 'cordon'],
  cp: [() => import('./cp.ts')],
  create: [() => import('./create.ts')],
  debug: [() => import('./debug.ts')],
  delete: [() => import('./delete.ts')],
  describe: [() => import('./describe.ts')],
  diff: [() => import('./diff.ts')],
  drain: [() => import('./drain.ts')],
  edit: [() => import('./edit.ts')],
  events: [() => import('./events.ts')],
  exec: [() => import('./exec.ts')],
  explain: [() => import('./explain.ts')],
  expose: [() => import('./expose.ts')],
  get: [() => import('./get.ts')],
  help: [() => import('../help.ts')],
  kustomize: [() => import('./kustomize.ts')],
  label: [() => import('./label.ts')],
  logs: [() => import('./logs.ts')],
  options: [() => import('../help.ts'), 'options'],
  patch: [() => import('./patch.ts')],
  'plugin list': [() => import('./plugin.ts')],
  'port-forward': [() => import('./port-forward.ts')],
  proxy: [() => import('./proxy.ts')],
  replace: [() => import('./replace.ts')],
  'rollout history': [() => import('./rollout-history.ts'), 'history'],
  'rollout pause': [() => import('./rollout.ts'), 'pause'],
  'rollout restart': [() => import('./rollout.ts'), 'restart'],
  'rollout resume': [() => import('./rollout.ts'), 'resume'],
  'rollout status': [() => import('./rollout.ts'), 'status'],
  'rollout undo': [() => import('./rollout-history.ts'), 'undo'],
  run: [() => import('./run.ts')],
  scale: [() => import('./scale.ts')],
  'set env': [() => import('./set-env.ts')],
  'set image': [() => import('./set.ts'), 'image'],
  'set resources': [() => import('./set.ts'), 'resources'],
  'set selector': [() => import('./set.ts'), 'selector'],
  'set serviceaccount': [() => import('./set.ts'), 'serviceAccount'],
  'set subject': [() => import('./set.ts'), 'subject'],
  taint: [() => import('./taint.ts')],
  'top node': [() => import('./top.ts'), 'node'],
  'top pod': [() => import('./top.ts'), 'pod'],
  uncordon: [() => import('./drain.ts'), 'uncordon'],
  version: [() => import('./version.ts')],
  wait: [() => import('./wait.ts')],
};

const loaded = new Map<string, Run>();

/** The function of a command, or undefined when it only groups others. */
export async function loadCommand(k: Kubectl, path: string[]): Promise<Run | undefined> {
  let name = path.join(' ');
  if (path[0] === 'config' && path.length > 1) name = 'config';
  if (path[0] === 'create' && path.length > 1) return generator(k, path.slice(1));
  const known = loaded.get(name);
  if (known) return known;
  const entry = MODULES[name];
  if (!entry) return undefined;
  if (name === 'config' && path.length === 1) return undefined;
  const module = await k.process.world.tasks.outside(entry[0]());
  const run = module[entry[1] ?? 'run'] as Run;
  loaded.set(name, run);
  return run;
}

async function generator(k: Kubectl, path: string[]): Promise<Run | undefined> {
  const name = `create ${path.join(' ')}`;
  const known = loaded.get(name);
  if (known) return known;
  const { GENERATORS } = await k.process.world.tasks.outside(import('./create-generators.ts'));
  const run = GENERATORS[path.join(' ')];
  if (run) loaded.set(name, run);
  return run;
}
