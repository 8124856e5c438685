import { httpListen, type HttpResponder } from '../../../linux/net/http.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import type { Method, WireResponse } from '../rest.ts';

/** kubectl proxy: HTTP on this machine, answered by the API server with kubectl's credentials. */
export async function run(k: Kubectl, { args, flags }: Command): Promise<void> {
  if (args.length > 0) throw new KubectlError(`unexpected arguments: [${args.join(' ')}]`);
  const port = flags.int('port'), address = flags.string('address') || '127.0.0.1';
  const prefix = `/${flags.string('api-prefix').replace(/^\/|\/$/g, '')}`.replace(/^\/$/, '');
  const hosts = new RegExp(flags.list('accept-hosts').length > 0 ? flags.list('accept-hosts').join('|') : '^localhost$|^127\\.0\\.0\\.1$|^\\[::1\\]$');
  const rejected = new RegExp(flags.list('reject-paths').join('|') || '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach'.replaceAll(',', '|'));
  void k.access;
  let listener: { close(): void; local?: { port: number } };
  try {
    listener = httpListen(k.process, { ip: address, port }, (req, res) => {
      const host = (req.headers['host'] ?? '').replace(/:\d+$/, '');
      if (!hosts.test(host) || rejected.test(req.path) || !req.path.startsWith(prefix)) {
        k.klog('I', 'proxy_server.go:102', `Filter rejecting ${req.method} ${req.path} ${host}`.replace('Filter rejecting', 'Filter rejecting'));
        return res.send(403, { 'content-type': 'text/plain; charset=utf-8' }, 'Forbidden');
      }
      k.process.world.tasks.start(async () => {
        const to = req.target.slice(prefix.length) || '/', headers = pick(req.headers);
        if (req.method === 'GET') return relay(k, to, headers, res);
        const answer = await k.rest.raw(req.method as Method, to, { headers, ...(req.body ? { body: req.body } : {}) });
        res.send(answer.status, typeOf(answer), answer.body);
      }, (error) => res.send(502, { 'content-type': 'text/plain; charset=utf-8' }, `${(error as Error).message}\n`));
    });
  } catch (error) {
    const text = /EADDRINUSE/.test(String((error as { errno?: string }).errno ?? error)) ? 'address already in use' : 'permission denied';
    throw new KubectlError(`listen tcp ${address}:${port}: bind: ${text}`);
  }
  k.out(`Starting to serve on ${address}:${port}\n`);
  try {
    await k.process.wait<void>(() => {});
  } finally {
    listener.close();
  }
}

/** Passes an answer on as it comes: a watch and a followed log never end by themselves. */
async function relay(k: Kubectl, path: string, headers: Record<string, string>, res: HttpResponder): Promise<void> {
  const early: string[] = [];
  let begun = false, ended = false;
  const answer = await k.rest.open(path, { headers }, (text) => void (begun ? res.write(text) : early.push(text)), () => {
    ended = true;
    if (begun) res.end();
  });
  if (answer.status >= 400) return res.send(answer.status, typeOf(answer), answer.body);
  const length = answer.headers['content-length'];
  res.start(answer.status, { ...typeOf(answer), ...(length === undefined ? {} : { 'content-length': length }) });
  res.onClose = () => answer.close();
  begun = true;
  for (const text of early) res.write(text);
  if (ended) res.end();
}

function typeOf({ headers }: WireResponse): Record<string, string> {
  return { 'content-type': headers['content-type'] ?? 'application/json' };
}

function pick(headers: Record<string, string>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of ['accept', 'content-type', 'user-agent']) if (headers[name]) out[name] = headers[name];
  return out;
}
