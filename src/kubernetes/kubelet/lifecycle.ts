import { httpFetch } from '../../linux/net/http.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { type Container, CriError } from '../runtime/containers.ts';
import type { Kubelet } from './kubelet.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.Container and v1.LifecycleHandler
type Any = any;

export interface HookContext {
  options: Kubelet['options'];
  container: Container;
  spec: Any;
  podIP: string;
}

/**
 * postStart and preStop (pkg/kubelet/lifecycle/handlers.go): a command in the container, a request to it, or some seconds of
 * sleep. Of an HTTP answer the status does not matter. What is not back after `timeout` is left alone, and counts as done.
 */
export function runHook(context: HookContext, handler: Any, done: (ok: boolean) => void, timeout?: Micros): void {
  const { clock } = context.options.machine.world;
  let over = false;
  const end = (ok: boolean) => {
    if (over) return;
    over = true;
    timer?.cancel();
    done(ok);
  };
  const timer = timeout === undefined ? undefined : clock.after(timeout, () => end(true));
  if (handler.exec) exec(context, handler.exec.command, end);
  else if (handler.httpGet) get(context, handler.httpGet, end);
  else if (handler.sleep) clock.after(handler.sleep.seconds * SECOND, () => end(true));
  else end(false);
}

function exec({ options, container }: HookContext, command: string[], done: (ok: boolean) => void): void {
  try {
    const process = options.runtime.exec(container, command, {});
    process.onExit(() => done(process.status!.code === 0));
  } catch (error) {
    if (!(error instanceof CriError)) throw error;
    done(false);
  }
}

function get({ options, spec, podIP }: HookContext, { path = '/', scheme = 'HTTP', host = podIP, port: to, httpHeaders = [] }: Any, done: (ok: boolean) => void): void {
  const named = (spec.ports ?? []).find((p: Any) => p.name === to)?.containerPort, port = Number(named ?? to);
  const headers: Record<string, string> = { Host: `${host}:${port}`, 'User-Agent': `kube-lifecycle/${options.version.replace(/^v/, '').split('.').slice(0, 2).join('.')}`, Accept: '*/*', Connection: 'close' };
  for (const h of httpHeaders as { name: string; value: string }[]) headers[h.name] = h.value;
  httpFetch(options.process, { method: 'GET', ip: host, port, path: path.startsWith('/') ? path : `/${path}`, headers, ...(scheme === 'HTTPS' ? { tls: { insecure: true } } : {}) }, (error) => done(!error));
}
