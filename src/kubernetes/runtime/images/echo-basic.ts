import { httpListen, type HttpRequest, type HttpResponder } from '../../../linux/net/http.ts';
import { type Daemon, endsOn } from '../daemons.ts';
import type { Image } from '../image.ts';
import { httpDate } from './http-date.ts';
import { parseGoDuration } from '../../kubelet/duration.ts';

/** The Gateway API's conformance backend: answers with the request it has seen, as JSON (sigs.k8s.io/gateway-api/conformance/echo-basic). */
export const ECHO_BASIC: Image[] = [{
  names: ['gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e', 'gcr.io/k8s-staging-gateway-api/echo-basic:v20240412-v1.0.0-394-g40c666fd'],
  size: 7_350_000, executables: { '/echo-basic': 'echo-basic' }, entrypoint: ['/echo-basic'], user: '65532', env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
}];

const echo: Daemon = (process) => {
  const { env } = process, port = Number(env['HTTP_PORT'] || 3000), h2c = env['H2C_PORT'] || '3001';
  void process.out(`Starting server, listening on port ${port} (http)\nStarting server, listening on port ${h2c} (h2c)\n`);
  const about = { namespace: env['NAMESPACE'] ?? '', ingress: env['INGRESS_NAME'] ?? '', service: env['SERVICE_NAME'] ?? '', pod: env['POD_NAME'] ?? '' };
  const answer = (request: HttpRequest, res: HttpResponder) => {
    const headers: Record<string, string[]> = {};
    for (const [name, value] of request.rawHeaders) if (!/^host$/i.test(name)) (headers[canonical(name)] ??= []).push(value);
    const sorted = Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
    const body = goJson({ path: request.target, host: request.headers['host'] ?? '', method: request.method, proto: request.version, headers: sorted, ...about });
    res.send(200, { ...asked(headers['X-Echo-Set-Header'] ?? []), 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff', Date: httpDate(process.now), 'Content-Length': String(new TextEncoder().encode(body).length) }, request.method === 'HEAD' ? '' : body);
  };
  try {
    for (const at of [port, Number(h2c)]) httpListen(process, { ip: '::', port: at }, (request, res) => {
      const date = { Date: httpDate(process.now) }, [, status] = /^\/status\/(\d{3})$/.exec(request.target) ?? [];
      if (at !== port) return res.send(400, date, 'Expected h2c request');
      if (request.path === '/health') return res.send(200, date, 'OK');
      if (request.path.startsWith('/status/')) return res.send(Number(status ?? 400), date, '');
      void process.out(`Echoing back request made to ${request.target} to client (${request.remote.ip}:${request.remote.port})\n`);
      const delay = /(?:^|&)delay=([^&]*)/.exec(request.query)?.[1], wait = delay ? parseGoDuration(delay) : 0;
      if (Number.isNaN(wait)) return res.send(500, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff', ...date }, JSON.stringify({ message: `time: invalid duration ${JSON.stringify(delay)}` }));
      if (wait > 0) process.world.clock.after(wait, () => process.running && answer(request, res));
      else answer(request, res);
    });
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error;
    void process.err(`panic: Failed to start listening: listen tcp :${port}: bind: address already in use\n\n`);
    return process.exit(2);
  }
  endsOn(process, ['TERM', 'INT'], 2);
};

/** textproto.CanonicalMIMEHeaderKey */
const canonical = (name: string): string => name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());

/** json.MarshalIndent: one space, and HTML's signs escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

/** X-Echo-Set-Header: name:value, name:value. */
function asked(lists: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const pair of lists.flatMap((l) => l.split(','))) {
    const [, name = '', value = ''] = /^\s*([^:]*):?(.*?)\s*$/.exec(pair) ?? [];
    out[name] = out[name] === undefined ? value : `${out[name]},${value.trim()}`;
  }
  return out;
}

export const ECHO_DAEMONS: Record<string, Daemon> = { 'echo-basic': echo };
