import { httpListen } from '../../../linux/net/http.ts';
import { type Daemon, endsOn } from '../daemons.ts';
import type { Image } from '../image.ts';
import { httpDate } from './http-date.ts';

/** The Gateway API's conformance backend: answers with the request it has seen, as JSON (sigs.k8s.io/gateway-api/conformance/echo-basic). */
export const ECHO_BASIC: Image[] = [{
  names: ['gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e', 'gcr.io/k8s-staging-gateway-api/echo-basic:v20240412-v1.0.0-394-g40c666fd'],
  size: 7_350_000, executables: { '/echo-basic': 'echo-basic' }, entrypoint: ['/echo-basic'], user: '65532', env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
}];

const echo: Daemon = (process) => {
  const { env } = process, port = Number(env['HTTP_PORT'] || 3000), h2c = env['H2C_PORT'] || '3001';
  void process.out(`Starting server, listening on port ${port} (http)\nStarting server, listening on port ${h2c} (h2c)\n`);
  const about = { namespace: env['NAMESPACE'] ?? '', ingress: env['INGRESS_NAME'] ?? '', service: env['SERVICE_NAME'] ?? '', pod: env['POD_NAME'] ?? '' };
  try {
    for (const at of [port, Number(h2c)]) httpListen(process, { ip: '::', port: at }, (request, res) => {
      const uri = request.query === '' ? request.path : `${request.path}?${request.query}`, date = { Date: httpDate(process.now) };
      const [, status] = /^\/status\/(\d{3})$/.exec(request.path) ?? [];
      if (request.path === '/health') return res.send(200, date, 'OK');
      if (status) return res.send(Number(status), date, '');
      void process.out(`Echoing back request made to ${uri} to client (${request.remote.ip}:${request.remote.port})\n`);
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'host').map(([name, value]): [string, string[]] => [canonical(name), [value]]).sort(([a], [b]) => (a < b ? -1 : 1)));
      const body = JSON.stringify({ path: uri, host: request.headers['host'] ?? '', method: request.method, proto: 'HTTP/1.1', headers, ...about }, null, 1);
      res.send(200, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff', ...date, 'Content-Length': String(body.length) }, body);
    });
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error;
    void process.err(`panic: listen tcp :${port}: bind: address already in use\n`);
    return process.exit(2);
  }
  endsOn(process, ['TERM', 'INT'], 143);
};

/** textproto.CanonicalMIMEHeaderKey */
const canonical = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());

export const ECHO_DAEMONS: Record<string, Daemon> = { 'echo-basic': echo };
