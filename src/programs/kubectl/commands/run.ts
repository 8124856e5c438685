import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { jsonPatch, strategicPatch, type JsonPatchOperation } from '../../../kubernetes/apiserver/patch.ts';
import { goJsonError } from '../../../kubernetes/api/go-json-error.ts';
import type { Command } from '../cli.ts';
import { Exit, KubectlError, StatusError, usageError } from '../errors.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { mergePatch } from '../merge.ts';
import { PODS, podPath } from '../pods.ts';
import { printer } from '../printers/index.ts';
import { typeOfObject } from '../schema.ts';
import { watch } from '../watch.ts';
import { attachTo } from './attach.ts';
import { compact, done, withTypedLastApplied, writeQuery } from './common.ts';
import { generate as generateService, pairs, SERVICES } from './expose.ts';

const IMAGE = /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { args, dash, flags } = command;
  const image = flags.string('image'), stdin = flags.bool('stdin'), tty = flags.bool('tty'), rm = flags.bool('rm');
  const attach = flags.changed('attach') ? flags.bool('attach') : stdin || tty;
  const dryRun = k.dryRun();
  const print = await printer(k, done('created', dryRun));
  if (args.length === 0 || dash === 0) throw usageError(command.path, 'NAME is required for run');
  if (image === '') throw new KubectlError('--image is required');
  if (!IMAGE.test(image)) throw new KubectlError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
  if (tty && !stdin) throw usageError(command.path, '-i/--stdin is required for containers with -t/--tty=true');
  if (flags.bool('expose') && !flags.string('port')) throw usageError(command.path, '--port must be set when exposing a service');
  const restart = flags.string('restart');
  if (!['Always', 'OnFailure', 'Never'].includes(restart)) throw usageError(command.path, `invalid restart policy: ${restart}`);
  if (rm && !attach) throw usageError(command.path, '--rm should only be used for attached containers');
  if (attach && dryRun !== 'none') throw usageError(command.path, "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)");
  const pull = flags.string('image-pull-policy');
  if (pull && !['Always', 'IfNotPresent', 'Never'].includes(pull)) throw usageError(command.path, `invalid image pull policy: ${pull}`);
  void k.access;
  let pod = generatePod(command);
  if (flags.string('overrides')) pod = override(pod, flags.string('overrides'), flags.string('override-type'));
  if (k.enforceNamespace) pod = { ...pod, metadata: { ...pod.metadata, namespace: k.namespace } };
  if (flags.bool('save-config')) pod = withTypedLastApplied(pod);
  const query = writeQuery(k, dryRun);
  delete query['fieldValidation'];
  const created = dryRun === 'client' ? pod : await k.rest.create(pathOf(PODS, pod.metadata.namespace ?? k.namespace), pod, query);
  let service: KubeObject | undefined;
  if (flags.bool('expose')) {
    service = generateService(flags, args[0]!, created.metadata.labels!, { ...created, metadata: { name: args[0]! } }, undefined, k.namespace);
    if (dryRun !== 'client') service = await k.rest.create(pathOf(SERVICES, k.namespace), service, query);
    k.out(print(service, { typed: dryRun === 'client' }));
    if (flags.string('output') === 'yaml') k.out('---\n');
  }
  if (!attach) return k.out(print(created, { typed: dryRun === 'client' }));
  try {
    await attachAndWait(k, command, created, restart);
  } finally {
    if (rm && k.process.running) await removeThem(k, [created, ...(service ? [service] : [])]);
  }
}

function generatePod({ args, flags }: Command): KubeObject {
  const name = args[0]!, words = args.slice(1);
  const labels = flags.string('labels') ? pairs(flags.string('labels')) : { run: name };
  const env = flags.list('env').map((text) => {
    const cut = text.indexOf('=');
    if (cut < 1) throw new KubectlError(`invalid env: ${text}`);
    return { name: text.slice(0, cut), ...(cut + 1 < text.length ? { value: text.slice(cut + 1) } : {}) };
  });
  const annotations = Object.fromEntries(flags.list('annotations').map((a) => {
    const cut = a.indexOf('=');
    if (cut < 1) throw new KubectlError(`unexpected annotation: ${a}`.replace('unexpected annotation', 'invalid annotation format'));
    return [a.slice(0, cut), a.slice(cut + 1)];
  }));
  const port = flags.string('port');
  if (port && !/^\d+$/.test(port)) throw new KubectlError(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  const stdin = flags.bool('stdin');
  const container = compact({
    name, image: flags.string('image'), command: flags.bool('command') && words.length > 0 ? words : undefined, args: !flags.bool('command') && words.length > 0 ? words : undefined,
    ports: port ? [compact({ hostPort: undefined, containerPort: Number(port) })] : undefined, env: env.length > 0 ? env : undefined, resources: {},
    imagePullPolicy: flags.string('image-pull-policy') || undefined, securityContext: flags.bool('privileged') ? { privileged: true } : undefined,
    stdin: stdin || undefined, stdinOnce: (stdin && !flags.bool('leave-stdin-open')) || undefined, tty: flags.bool('tty') || undefined,
  });
  return {
    kind: 'Pod', apiVersion: 'v1',
    metadata: compact({ name, creationTimestamp: null as unknown as string, labels, annotations: Object.keys(annotations).length > 0 ? annotations : undefined }),
    spec: { containers: [container], restartPolicy: flags.string('restart'), dnsPolicy: 'ClusterFirst' }, status: {},
  };
}

function override(pod: KubeObject, text: string, type: string): KubeObject {
  let patch: unknown;
  try {
    patch = JSON.parse(text);
  } catch {
    const { message } = goJsonError(text);
    throw new KubectlError(type === 'json' ? (message === 'unexpected EOF' ? 'unexpected end of JSON input' : message) : type === 'merge' ? 'Invalid JSON Patch' : 'invalid JSON document');
  }
  if (type === 'json' && !Array.isArray(patch)) throw new KubectlError(`json: cannot unmarshal ${patch !== null && typeof patch === 'object' ? 'object' : typeof patch} into Go value of type jsonpatch.Patch`);
  if (patch === null || typeof patch !== 'object') throw new KubectlError(type === 'strategic' ? 'json: cannot unmarshal string into Go value of type map[string]interface {}' : 'Invalid JSON Patch');
  if (type === 'json') return jsonPatch(pod, patch as JsonPatchOperation[]) as KubeObject;
  if (type === 'strategic') return strategicPatch(pod, patch as Record<string, unknown>, typeOfObject(pod)!) as KubeObject;
  if (type !== 'merge') throw new KubectlError(`invalid override type: ${type}`);
  return mergePatch(pod, patch) as KubeObject;
}

type Condition = (pod: KubeObject) => boolean;
const finished: Condition = (p) => p.status?.phase === 'Succeeded' || p.status?.phase === 'Failed';
const running: Condition = (p) => finished(p) || (p.status?.phase === 'Running' && (p.status?.conditions ?? []).some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True'));

/** Waits until the pod is as wanted; throws when it takes too long. */
export async function waitForPod(k: Kubectl, pod: KubeObject, holds: Condition, timeout: number): Promise<KubeObject> {
  const end = k.now + timeout;
  let found: KubeObject | undefined;
  for (;;) {
    const list = await k.rest.get(pathOf(PODS, pod.metadata.namespace), { fieldSelector: `metadata.name=${pod.metadata.name}` });
    const now = (list['items'] as KubeObject[])[0];
    if (now && holds(now)) return { ...now, kind: 'Pod', apiVersion: 'v1' };
    if (!now) throw new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'NotFound', message: `pods "${pod.metadata.name}" not found`, code: 404 });
    let gone = false;
    await watch(k, pathOf(PODS, pod.metadata.namespace), { query: { fieldSelector: `metadata.name=${pod.metadata.name}`, resourceVersion: list.metadata.resourceVersion } }, (event) => {
      if (event.type === 'DELETED') gone = true;
      else if (holds(event.object)) found = event.object;
      return gone || found !== undefined;
    }, timeout > 0 ? end - k.now : undefined);
    if (found) return found;
    if (timeout > 0 && k.now >= end) throw new KubectlError('timed out waiting for the condition');
  }
}

/** Attaches when the pod runs; what has ended already shows its log instead. */
export async function attachOrLogs(k: Kubectl, pod: KubeObject, { container = '', stdin, tty, quiet, timeout }: { container?: string; stdin: boolean; tty: boolean; quiet: boolean; timeout: number }): Promise<void> {
  const ready = await waitForPod(k, pod, running, timeout);
  if (finished(ready)) return showLog(k, ready, container);
  try {
    await attachTo(k, ready, { container, stdin, tty, quiet });
  } catch (error) {
    if (!(error instanceof KubectlError || error instanceof StatusError) || error instanceof Exit) throw error;
    k.err(`warning: couldn't attach to pod/${pod.metadata.name}, falling back to streaming logs: ${error.message}\n`);
    await showLog(k, ready, container);
  }
}

async function showLog(k: Kubectl, pod: KubeObject, container: string): Promise<void> {
  k.out(await k.rest.text('GET', podPath(pod, 'log'), { query: { container: container || pod.spec.containers[0].name } }));
}

async function attachAndWait(k: Kubectl, { flags }: Command, pod: KubeObject, restart: string): Promise<void> {
  const timeout = flags.duration('pod-running-timeout') || 60e6;
  await attachOrLogs(k, pod, { stdin: flags.bool('stdin'), tty: flags.bool('tty'), quiet: flags.bool('quiet'), timeout });
  if (flags.bool('leave-stdin-open') || restart === 'Always') return;
  const end = await waitForPod(k, pod, restart === 'OnFailure' ? (p) => p.status?.phase === 'Succeeded' : finished, timeout);
  if (end.status.phase === 'Succeeded') return;
  const state = end.status.containerStatuses?.[0]?.state?.terminated;
  const where = `${end.metadata.namespace}/${end.metadata.name}`;
  if (!state || state.exitCode === 0) throw new KubectlError(`pod ${where} failed with unknown exit code`);
  throw new Exit(state.exitCode, `pod ${where} terminated (${state.reason ?? ''})\n${state.message ?? ''}`.replace(/([^\n])$/, '$1\n'));
}

async function removeThem(k: Kubectl, objects: KubeObject[]): Promise<void> {
  for (const object of objects) {
    const mapping = object.kind === 'Pod' ? PODS : SERVICES;
    await k.rest.delete(pathOf(mapping, object.metadata.namespace, object.metadata.name), { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
    k.out(`${object.kind.toLowerCase()} "${object.metadata.name}" deleted\n`);
  }
}
