import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { tcpListen } from '../../../linux/net/tcp.ts';
import type { Command } from '../cli.ts';
import { KubectlError, usageError } from '../errors.ts';
import { build, infos } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { podOf, podPath } from '../pods.ts';

interface Pair {
  local: number;
  remote: number;
}

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { args, flags } = command;
  if (args.length < 2) throw usageError(command.path, 'TYPE/NAME and list of ports are required for port-forward');
  const [info] = await infos(await build(k, { args: [args[0]!], defaultType: 'pods' }));
  const object = info!.object!;
  const pod = await podOf(k, object, flags.duration('pod-running-timeout'), { quiet: true });
  const pairs = args.slice(1).map((text) => pair(text, object, pod));
  const phase = pod.status?.phase as string | undefined;
  if (phase !== 'Running') throw new KubectlError(`unable to forward port because pod is not running. Current status=${phase}`);
  const addresses = flags.list('address').flatMap((a) => (a === 'localhost' ? ['127.0.0.1', '::1'] : [a]));
  const listening: { close(): void }[] = [];
  try {
    for (const p of pairs) listen(k, pod, p, addresses.length > 0 ? addresses : ['127.0.0.1', '::1'], listening);
    if (listening.length === 0) throw new KubectlError(`unable to listen on any of the requested ports: [${pairs.map((p) => `{${p.local} ${p.remote}}`).join(' ')}]`);
    await k.process.wait<void>((resume) => {
      const off = k.process.onSignal('INT', resume);
      return off;
    });
  } finally {
    for (const l of listening) l.close();
  }
}

function pair(text: string, object: KubeObject, pod: KubeObject): Pair {
  const parts = text.split(':');
  if (parts.length > 2) throw new KubectlError(`invalid port format '${text}'`);
  const remoteText = parts.at(-1)!, localText = parts.length === 2 ? parts[0]! : remoteText;
  let remote = Number(remoteText);
  if (object.kind === 'Service') {
    const port = (object.spec.ports as { port: number; name?: string; targetPort: number | string }[]).find((p) => p.port === remote || p.name === remoteText);
    if (!port) throw new KubectlError(`Service ${object.metadata.name} does not have a service port ${remoteText}`);
    const local = /^\d+$/.test(localText) ? Number(localText) : port.port;
    return { local: parts.length === 2 ? Number(localText || 0) : local, remote: containerPort(pod, port.targetPort) };
  }
  if (Number.isNaN(remote)) remote = containerPort(pod, remoteText);
  if (remote === 0) throw new KubectlError('remote port must be > 0');
  const local = localText === '' ? 0 : Number.isNaN(Number(localText)) ? remote : Number(localText);
  return { local, remote };
}

function containerPort(pod: KubeObject, port: number | string): number {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port);
  for (const c of pod.spec.containers) for (const p of c.ports ?? []) if (p.name === port) return p.containerPort;
  throw new KubectlError(`Pod '${pod.metadata.name}' does not have a named port '${port}'`);
}

function listen(k: Kubectl, pod: KubeObject, { local, remote }: Pair, addresses: string[], listening: { close(): void }[]): void {
  let first: string | undefined;
  for (const ip of addresses) {
    if (ip.includes(':')) {
      if (first !== undefined) k.out(`Forwarding from [${ip}]:${local || first} -> ${remote}\n`);
      continue;
    }
    try {
      const listener = tcpListen(k.process, { ip, port: local }, (socket) => {
        k.out(`Handling connection for ${local || listener.local.port}\n`);
        void join(k, pod, remote, socket);
      });
      listening.push(listener);
      first = String(listener.local.port);
      k.out(`Forwarding from ${ip}:${listener.local.port} -> ${remote}\n`);
    } catch (error) {
      const text = /EADDRINUSE/.test(String((error as { errno?: string }).errno ?? error)) ? 'address already in use' : 'permission denied';
      k.err(`Unable to listen on port ${local}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 ${ip}:${local}: bind: ${text}]\n`);
    }
  }
}

/** One connection of the machine joined to the port inside the pod. */
async function join(k: Kubectl, pod: KubeObject, remote: number, socket: { onData: ((text: string) => void) | undefined; onEnd: (() => void) | undefined; onClose?: (() => void) | undefined; write(text: string): void; end(): void; abort(): void }): Promise<void> {
  const before: string[] = [];
  socket.onData = (text) => void before.push(text);
  k.process.world.tasks.start(async () => {
    try {
      const channel = await k.rest.upgrade(podPath(pod, 'portforward'), { query: { ports: String(remote) } }, (m) => {
        if (m.channel === 0 && m.data) socket.write(m.data);
        if (m.channel === 0 && m.close) socket.end();
        if (m.channel === 1 && m.data) {
          k.klog('E', 'portforward.go:409', `an error occurred forwarding ${remote} -> ${remote}: error forwarding port ${remote} to pod ${pod.metadata.uid}, uid : ${m.data.trim()}`);
          socket.abort();
        }
      }, () => socket.end());
      for (const text of before.splice(0)) channel.send({ channel: 0, data: text });
      socket.onData = (text) => channel.send({ channel: 0, data: text });
      socket.onEnd = () => channel.send({ channel: 0, data: '', close: true });
      socket.onClose = () => channel.close();
    } catch (error) {
      k.klog('E', 'portforward.go:409', `an error occurred forwarding: ${(error as Error).message}`);
      socket.abort();
    }
  }, () => {});
}
