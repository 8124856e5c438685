// kubectl debug: ephemeral containers, copies of pods, pods on a node (k8s.io/kubectl/pkg/cmd/debug).
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError, isNotFound } from '../errors.ts';
import { build, visit, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { allContainers, PODS, podPath } from '../pods.ts';
import { attachOrLogs, waitForPod } from './run.ts';
import { compact } from './common.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const PROFILES = ['legacy', 'general', 'baseline', 'netadmin', 'restricted'];

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags, args, dash } = command;
  const targets = dash >= 0 ? args.slice(0, dash) : args.slice(0, dash < 0 ? undefined : dash), words = dash >= 0 ? args.slice(dash) : [];
  const names = targets, files = flags.list('filename');
  if (dash === 0 && files.length === 0) throw new KubectlError('a name is required: pass a pod or node');
  const image = flags.string('image'), copyTo = flags.string('copy-to'), setImage = flags.list('set-image').length > 0;
  const stdin = flags.bool('stdin'), tty = flags.bool('tty');
  if (!copyTo) {
    if (flags.bool('replace')) throw new KubectlError('--replace may only be used with --copy-to.');
    if (flags.bool('same-node')) throw new KubectlError('--same-node may only be used with --copy-to.');
    if (setImage) throw new KubectlError('--set-image may only be used with --copy-to.');
    if (!image) throw new KubectlError('you must specify --image when not using --copy-to.');
  } else if (!image && !setImage && words.length === 0) throw new KubectlError('you must specify --image, --set-image or command arguments.');
  const target = flags.string('target');
  if (target && copyTo) throw new KubectlError('--target is incompatible with --copy-to. Use --share-processes instead.');
  if (target && !flags.bool('quiet')) k.out(`Targeting container "${target}". If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`);
  if (tty && !stdin) throw new KubectlError('-i/--stdin is required for containers with -t/--tty=true');
  const profile = flags.string('profile') || 'legacy';
  if (!PROFILES.includes(profile)) throw new KubectlError(`unknown profile: ${profile}`);
  const attach = flags.changed('attach') ? flags.bool('attach') : stdin;
  const result = await build(k, { args: names, filenames: files, defaultType: 'pods', flatten: true, latest: true, continueOnError: false });
  await visit(result, async (info) => {
    const made = info.mapping.kind === 'Node' ? await onNode(k, command, info, words, profile) : info.mapping.kind === 'Pod' ? await onPod(k, command, info, words, profile) : unsupported(info);
    if (!attach || !made.container) return;
    const pod = await waitForPod(k, made.pod, (p) => started(k, p, made.container), 60e6 * 10);
    await attachOrLogs(k, pod, { container: made.container, stdin, tty, quiet: flags.bool('quiet'), timeout: 600e6 });
  }, false);
}

function unsupported(info: Info): never {
  throw new KubectlError(`"${info.mapping.kind.toLowerCase()}" not supported by debug`.replace(/^"(.*)" not/, '$1 not'));
}

function started(k: Kubectl, pod: KubeObject, container: string): boolean {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.ephemeralContainerStatuses ?? [])];
  const state = all.find((c: any) => c.name === container)?.state;
  if (state?.waiting?.message) k.warn(`container ${container}: ${state.waiting.message}`);
  return state?.running !== undefined || state?.terminated !== undefined;
}

interface Made {
  pod: KubeObject;
  container: string;
}

function containerName(k: Kubectl, { flags }: Command, pod: KubeObject): string {
  if (flags.string('container')) return flags.string('container');
  const taken = new Set(allContainers(pod).map((c) => c.name));
  const random = k.process.world.rng.fork(`kubectl debug ${k.process.pid} ${k.now}`);
  let name: string;
  do name = `debugger-${random.suffix(5)}`;
  while (taken.has(name));
  if (!flags.bool('quiet')) k.out(`Defaulting debug container name to ${name}.\n`);
  return name;
}

function debugContainer({ flags }: Command, name: string, words: string[]): any {
  const env = flags.list('env').map((e) => ({ name: e.slice(0, e.indexOf('=')), value: e.slice(e.indexOf('=') + 1) }));
  const asArgs = flags.bool('arguments-only');
  return compact({
    name, image: flags.string('image'), imagePullPolicy: flags.string('image-pull-policy') || undefined, env: env.length > 0 ? env : undefined,
    args: asArgs && words.length > 0 ? words : undefined, command: !asArgs && words.length > 0 ? words : undefined,
    stdin: flags.bool('stdin') || undefined, tty: flags.bool('tty') || undefined, terminationMessagePolicy: 'File', resources: {},
  });
}

async function onNode(k: Kubectl, command: Command, info: Info, words: string[], profile: string): Promise<Made> {
  const { flags } = command;
  const name = flags.string('container') || 'debugger';
  const random = k.process.world.rng.fork(`kubectl debug node ${k.process.pid} ${k.now}`);
  const podName = `node-debugger-${info.name}-${random.suffix(5)}`;
  const container = debugContainer(command, name, words);
  const pod: any = { kind: 'Pod', apiVersion: 'v1', metadata: { name: podName, creationTimestamp: null }, spec: { containers: [container], nodeName: info.name, restartPolicy: 'Never', tolerations: [{ operator: 'Exists' }] }, status: {} };
  const host = () => Object.assign(pod.spec, { hostNetwork: true, hostPID: true, hostIPC: true });
  const root = () => {
    pod.spec.volumes = [{ name: 'host-root', hostPath: { path: '/' } }];
    container.volumeMounts = [{ name: 'host-root', mountPath: '/host' }];
  };
  if (profile === 'legacy' || profile === 'general') {
    root();
    host();
  } else if (profile === 'netadmin') {
    host();
    container.securityContext = { privileged: true, capabilities: { add: ['NET_ADMIN'] } };
  } else if (profile === 'restricted') container.securityContext = RESTRICTED;
  if (!flags.bool('quiet')) k.out(`Creating debugging pod ${podName} with container ${name} on node ${info.name}.\n`);
  await k.flush();
  return { pod: await k.rest.create(pathOf(PODS, k.namespace), pod), container: name };
}

const RESTRICTED = { runAsNonRoot: true, capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } };

function profiled(container: any, profile: string): any {
  if (profile === 'general') return { ...container, securityContext: { capabilities: { add: ['SYS_PTRACE'] } } };
  if (profile === 'restricted') return { ...container, securityContext: RESTRICTED };
  if (profile === 'netadmin') return { ...container, securityContext: { capabilities: { add: ['NET_ADMIN'] } } };
  return container;
}

async function onPod(k: Kubectl, command: Command, info: Info, words: string[], profile: string): Promise<Made> {
  const { flags } = command;
  if (flags.string('copy-to')) return copy(k, command, info, words, profile);
  const pod = info.object!;
  const target = flags.string('target');
  const name = containerName(k, command, pod);
  const container = { ...profiled(debugContainer(command, name, words), profile), ...(target ? { targetContainerName: target } : {}) };
  const patch = { spec: { ephemeralContainers: [container], '$setElementOrder/ephemeralContainers': [...(pod.spec.ephemeralContainers ?? []), container].map((c: any) => ({ name: c.name })) } };
  try {
    const updated = await k.rest.patch(podPath(pod, 'ephemeralcontainers'), 'strategic', patch);
    return { pod: { ...updated, kind: 'Pod', apiVersion: 'v1' }, container: name };
  } catch (error) {
    if (error instanceof StatusError && isNotFound(error) && !error.status.details?.name) throw new KubectlError('ephemeral containers are disabled for this cluster (error from server: ' + JSON.stringify(error.message) + ').');
    throw error;
  }
}

async function copy(k: Kubectl, command: Command, info: Info, words: string[], profile: string): Promise<Made> {
  const { flags } = command;
  const from = info.object!, spec = JSON.parse(JSON.stringify(from.spec));
  const images = new Map(flags.list('set-image').flatMap((text) => text.split(',')).map((p) => p.split('=') as [string, string]));
  delete spec.ephemeralContainers;
  if (!flags.bool('same-node')) delete spec.nodeName;
  const share = flags.changed('share-processes') ? flags.bool('share-processes') : profile !== 'netadmin';
  if (share) spec.shareProcessNamespace = true;
  for (const list of [spec.containers, spec.initContainers ?? []]) for (const c of list) {
    const image = images.get(c.name) ?? images.get('*');
    if (image) c.image = image;
  }
  for (const c of [...spec.containers]) {
    delete c.livenessProbe;
    delete c.readinessProbe;
    if (profile !== 'legacy') delete c.startupProbe;
  }
  let name = flags.string('container');
  const existing = spec.containers.find((c: any) => c.name === name);
  if (!name && !flags.string('image')) name = words.length > 0 ? spec.containers[0].name : '';
  if (!name && flags.string('image')) name = containerName(k, command, from);
  if (name) {
    const at = existing ?? (flags.string('image') ? undefined : spec.containers.find((c: any) => c.name === name));
    if (at) {
      if (flags.string('image')) at.image = flags.string('image');
      if (words.length > 0) {
        at.command = words;
        delete at.args;
      }
      if (flags.bool('stdin')) at.stdin = true;
      if (flags.bool('tty')) at.tty = true;
    } else spec.containers.push(profiled(debugContainer(command, name, words), profile));
  }
  const labels = undefined;
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: flags.string('copy-to'), namespace: from.metadata.namespace, creationTimestamp: null, annotations: from.metadata.annotations, labels }, spec, status: {} };
  await k.flush();
  const created = await k.rest.create(pathOf(PODS, from.metadata.namespace), pod);
  if (flags.bool('replace')) await k.rest.delete(podPath(from), { kind: 'DeleteOptions', apiVersion: 'v1' });
  return { pod: created, container: name };
}
