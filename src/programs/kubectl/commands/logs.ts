import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError, usageError } from '../errors.ts';
import { build, infos, type Info } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { allContainers, chooseContainer, podList, podOf, podPath } from '../pods.ts';

interface Source {
  pod: KubeObject;
  container: string;
}

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { args, flags } = command;
  const selector = flags.string('selector');
  if (args.length === 0 && !selector) throw usageError(command.path, "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command");
  if (args.length > 2) throw usageError(command.path, "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command");
  if (args.length === 1 && selector) throw usageError(command.path, 'only a selector (-l) or a POD name is allowed');
  const since = flags.string('since-time');
  if (since && !/^\d{4}-\d\d-\d\dT/.test(since)) throw new KubectlError(`parsing time ${JSON.stringify(since)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(since)} as "2006"`);
  // What is named has to be there before its flags are judged (Complete, then Validate).
  const [named] = selector ? [] : await infos(await build(k, { args: [args[0]!], defaultType: 'pods' }));
  const everything = flags.bool('all-containers'), container = args[1] ?? flags.string('container'), tail = flags.int('tail');
  if (since && flags.duration('since')) throw new KubectlError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (everything && container) throw new KubectlError(`--all-containers=true should not be specified with container name ${container}`);
  if (flags.changed('container') && args.length === 2) throw new KubectlError('only one of -c or an inline [CONTAINER] arg is allowed');
  if (flags.int('limit-bytes') < 0) throw new KubectlError('--limit-bytes must be greater than 0');
  if (flags.duration('since') < 0) throw new KubectlError('--since must be greater than 0');
  if (tail < -1) throw new KubectlError('--tail must be greater than or equal to -1');
  const query = logQuery(command, tail >= 0 ? tail : selector ? 10 : -1);
  const sources = await choose(k, command, named, container, everything);
  if (selector && sources.length === 0) {
    k.err(`No resources found in ${k.namespace} namespace.\n`);
    return;
  }
  if (flags.bool('follow') && sources.length > 1) return followAll(k, command, sources, query);
  for (const source of sources) {
    try {
      await print(k, command, source, query);
    } catch (error) {
      if (!(error instanceof StatusError) || !flags.bool('ignore-errors')) throw error;
      k.out(`error: ${error.message}\n`);
    }
  }
}

function logQuery({ flags }: Command, tail: number): Record<string, string | undefined> {
  const on = (name: string) => (flags.bool(name) ? 'true' : undefined);
  const since = flags.duration('since');
  return {
    follow: on('follow'), previous: on('previous'), timestamps: on('timestamps'), insecureSkipTLSVerifyBackend: on('insecure-skip-tls-verify-backend'),
    tailLines: tail >= 0 ? String(tail) : undefined, sinceSeconds: since > 0 ? String(Math.ceil(since / 1e6)) : undefined,
    sinceTime: flags.string('since-time') || undefined, limitBytes: flags.int('limit-bytes') > 0 ? String(flags.int('limit-bytes')) : undefined,
  };
}

async function choose(k: Kubectl, { flags }: Command, named: Info | undefined, container: string, everything: boolean): Promise<Source[]> {
  const pods = named ? [await podOf(k, named.object!, flags.duration('pod-running-timeout'), { wanted: 'get the logs from' })] : await podList(k, k.namespace, flags.string('selector'));
  return pods.flatMap((pod) => {
    if (everything) return allContainers(pod).map((c) => ({ pod, container: c.name }));
    if (!container) return [{ pod, container: chooseContainer(k, pod, '').name }];
    if (!allContainers(pod).some((c) => c.name === container)) throw new KubectlError(`container ${container} is not valid for pod ${pod.metadata.name}`);
    return [{ pod, container }];
  });
}

function prefixer(command: Command, { pod, container }: Source): (text: string) => string {
  if (!command.flags.bool('prefix')) return (text) => text;
  const prefix = `[pod/${pod.metadata.name}/${container}] `;
  let fresh = true;
  return (text) => {
    let out = '';
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      out += fresh ? prefix + line : line;
      fresh = line.endsWith('\n');
    }
    return out;
  };
}

async function print(k: Kubectl, command: Command, source: Source, query: Record<string, string | undefined>): Promise<void> {
  const prefix = prefixer(command, source);
  if (!query['follow']) {
    k.out(prefix(await k.rest.text('GET', podPath(source.pod, 'log'), { query: { ...query, container: source.container } })));
    return k.flush();
  }
  await follow(k, [{ source, prefix }], query);
}

async function followAll(k: Kubectl, command: Command, sources: Source[], query: Record<string, string | undefined>): Promise<void> {
  const most = command.flags.int('max-log-requests');
  if (sources.length > most) throw new KubectlError(`you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`);
  await follow(k, sources.map((source) => ({ source, prefix: prefixer(command, source) })), query);
}

async function follow(k: Kubectl, streams: { source: Source; prefix: (text: string) => string }[], query: Record<string, string | undefined>): Promise<void> {
  let open = streams.length, wake: (() => void) | undefined;
  const closers: (() => void)[] = [];
  try {
    for (const { source, prefix } of streams) {
      const stream = await k.rest.stream(podPath(source.pod, 'log'), { query: { ...query, container: source.container } }, (text) => {
        k.out(prefix(text));
        wake?.();
      }, () => {
        open--;
        wake?.();
      });
      closers.push(() => stream.close());
    }
    while (open > 0) {
      await k.process.wait<void>((resume) => {
        wake = resume;
        if (open === 0) resume();
      });
      await k.flush();
    }
  } finally {
    for (const close of closers) close();
  }
}
