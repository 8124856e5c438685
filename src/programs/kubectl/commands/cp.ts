// kubectl cp: a tar stream through exec.
import { FileError, basename, dirname } from '../../../linux/files.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { chooseContainer, PODS, podPath } from '../pods.ts';
import { pathOf } from '../factory/mapper.ts';
import { readTar, writeTar, type TarEntry } from '../tar.ts';
import type { KubeObject } from '../../../kubernetes/api/types.ts';

interface Spec {
  namespace: string;
  pod: string;
  path: string;
}

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { args, flags } = command;
  if (args.length !== 2) throw new KubectlError('source and destination are required');
  const from = parse(args[0]!), to = parse(args[1]!);
  if (from.pod && to.pod) throw new KubectlError(`one of src or dest must be a local file specification: src=${args[0]}, dest=${args[1]}`.replace(/: src.*$/, ''));
  if (!from.pod && !to.pod) throw new KubectlError('one of src or dest must be a remote file specification');
  if (from.path === '' || to.path === '') throw new KubectlError('filepath can not be empty');
  if (!from.pod && !k.process.fs.exists(from.path, k.process.cwd)) throw new KubectlError(`${from.path} doesn't exist in local filesystem`);
  const remote = from.pod ? from : to;
  const namespace = remote.namespace || k.namespace;
  const pod = { ...(await k.rest.get(pathOf(PODS, namespace, remote.pod))), kind: 'Pod', apiVersion: 'v1' };
  const container = flags.string('container') || chooseContainer(k, pod, '', false, (text) => k.out(text)).name;
  if (from.pod) await download(k, pod, container, from.path, to.path);
  else await upload(k, pod, container, from.path, to.path);
}

function parse(text: string): Spec {
  const cut = text.indexOf(':');
  if (cut < 0) return { namespace: '', pod: '', path: text };
  if (cut === 0) throw new KubectlError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  const where = text.slice(0, cut).split('/');
  if (where.length > 2) throw new KubectlError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  return { namespace: where.length === 2 ? where[0]! : '', pod: where.at(-1)!, path: text.slice(cut + 1) };
}

/** Runs a command in the container with `stdin`; gives what it printed. Throws when it fails. */
async function exec(k: Kubectl, pod: KubeObject, container: string, argv: string[], stdin?: string): Promise<{ stdout: string; code: number }> {
  let stdout = '', stderr = '', code = 0, problem = '', ended = false, wake: (() => void) | undefined;
  const channel = await k.rest.upgrade(podPath(pod, 'exec'), { query: { container, command: argv, stdin: stdin === undefined ? undefined : 'true', stdout: 'true', stderr: 'true' } }, (m) => {
    if (m.channel === 1) stdout += m.data;
    else if (m.channel === 2) stderr += m.data;
    else if (m.channel === 3 && m.data) {
      const status = JSON.parse(m.data) as { status: string; message?: string; details?: { causes?: { reason: string; message: string }[] } };
      if (status.status !== 'Success') {
        code = Number(status.details?.causes?.find((c) => c.reason === 'ExitCode')?.message ?? 1);
        problem = status.message ?? '';
      }
    }
  }, () => {
    ended = true;
    wake?.();
  });
  try {
    if (stdin !== undefined) {
      channel.send({ channel: 0, data: stdin });
      channel.send({ channel: 0, data: '', close: true });
    }
    while (!ended) await k.process.wait<void>((resume) => {
      wake = resume;
      if (ended) resume();
    });
  } finally {
    channel.close();
  }
  // What tar complains of comes with kubectl's own output (CopyOptions.ErrOut).
  if (stderr) k.out(stderr);
  if (code !== 0 && stdout === '') throw new KubectlError(problem.startsWith('command terminated') || problem === '' ? `command terminated with exit code ${code}` : problem);
  return { stdout, code };
}

async function download(k: Kubectl, pod: KubeObject, container: string, source: string, target: string): Promise<void> {
  const { stdout } = await exec(k, pod, container, ['tar', 'cf', '-', source]);
  const { fs, cwd } = k.process;
  const entries = readTar(stdout);
  const prefix = source.replace(/^\/+/, '').replace(/\/+$/, '');
  const into = fs.find(target, cwd)?.kind === 'dir' ? `${target.replace(/\/$/, '')}/${basename(source)}` : target;
  for (const e of entries) {
    const rest = e.name.replace(/^\.?\/+/, '').slice(prefix.length).replace(/\/$/, '');
    const path = rest ? `${into}${rest.startsWith('/') ? '' : '/'}${rest}` : into;
    if (e.kind === 'dir') fs.mkdir(path, { cwd, parents: true });
    else {
      if (path.includes('/') && !fs.exists(dirname(path), cwd)) fs.mkdir(dirname(path), { cwd, parents: true });
      fs.writeFile(path, e.content, { cwd, mode: e.mode });
    }
  }
}

async function upload(k: Kubectl, pod: KubeObject, container: string, source: string, target: string): Promise<void> {
  const { fs, cwd } = k.process;
  if (!fs.exists(source, cwd)) throw new KubectlError(`${source} doesn't exist in local filesystem`);
  let path = target.replace(/(.)\/$/, '$1');
  try {
    await exec(k, pod, container, ['test', '-d', path]).then(({ code }) => {
      if (code === 0) path = `${path === '/' ? '' : path}/${basename(source)}`;
    });
  } catch (error) {
    if (error instanceof StatusError || !(error instanceof KubectlError) || !/exit code/.test(error.message)) throw error;
  }
  const entries: TarEntry[] = [];
  const add = (from: string, name: string): void => {
    const inode = fs.stat(from, cwd);
    if (inode.kind === 'dir') {
      entries.push({ kind: 'dir', name: `${name}/`, mode: inode.mode, content: '' });
      for (const child of fs.readdir(from, cwd)) add(`${from}/${child}`, `${name}/${child}`);
    } else entries.push({ kind: 'file', name, mode: inode.mode, content: fs.readFile(from, cwd) });
  };
  try {
    add(source, basename(path));
  } catch (error) {
    if (error instanceof FileError) throw new KubectlError(`open ${source}: ${error.message.toLowerCase()}`);
    throw error;
  }
  const dir = dirname(path);
  await exec(k, pod, container, ['tar', '-xmf', '-', ...(path.includes('/') ? ['-C', dir] : [])], writeTar(entries));
}
