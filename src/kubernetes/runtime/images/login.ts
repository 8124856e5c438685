import { btoa } from '../../api/base64.ts';
import { sha1 } from '../../../linux/digest.ts';
import { httpListen, type HttpResponder } from '../../../linux/net/http.ts';
import { MS } from '../../../sim/clock.ts';
import { askBackend, type BackendAnswer } from '../backend.ts';
import { type Daemon, endsOn } from '../daemons.ts';
import { httpDate } from './http-date.ts';

const PORT = 3000;
/** How long Express takes. */
const WORK = MS;

/** server.js run by node. */
export const login: Daemon = (process) => {
  const [, script] = process.argv;
  if (script !== 'server.js') {
    const version = script === '-v' || script === '--version';
    void (version ? process.out('v20.11.1\n') : process.err('node: solo se simula «node server.js»\n'));
    return process.exit(version ? 0 : 1);
  }
  try {
    httpListen(process, { ip: '::', port: PORT }, (request, res) => {
      const { method, target, path, rawHeaders: headers, body } = request;
      askBackend(process, { method, target, headers, body, hostname: process.env['HOSTNAME'] ?? '' }, (answer) => {
        // An event of its own: what else happens at this instant does not depend on how long the answer took outside.
        process.world.clock.after(WORK, () => process.running && send(res, answer ?? written(method, path), method));
      });
    });
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error;
    void process.err(`Error: listen EADDRINUSE: address already in use :::${PORT}\n`);
    return process.exit(1);
  }
  void process.out(`Escuchando en el puerto ${PORT}\n`);
  endsOn(process, ['TERM'], 0);

  function send(res: HttpResponder, { status, headers, body, log }: BackendAnswer, method: string): void {
    if (log) void process.out(log);
    if (status === 0) return;
    if (status < 0) return res.abort();
    res.send(status, [...headers, ['Date', httpDate(process.now)], ['Connection', 'keep-alive'], ['Keep-Alive', 'timeout=5']], method === 'HEAD' ? '' : body);
  }
};

/** What server.js answers under Express 4. */
function written(method: string, path: string): BackendAnswer {
  const found = (method === 'GET' || method === 'HEAD') && path.toLowerCase().replace(/(.)\/$/, '$1') === '/login';
  const body = found ? 'Bienvenido al login!' : `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot ${method} ${escaped(path)}</pre>\n</body>\n</html>\n`;
  const bytes = new TextEncoder().encode(body);
  const about: [string, string][] = [['Content-Type', 'text/html; charset=utf-8'], ['Content-Length', String(bytes.length)]];
  return {
    status: found ? 200 : 404, body, log: '',
    headers: [['X-Powered-By', 'Express'], ...(found ? [...about, ['ETag', etag(bytes)] as [string, string]] : [['Content-Security-Policy', "default-src 'none'"], ['X-Content-Type-Options', 'nosniff'], ...about] as [string, string][])],
  };
}

function etag(bytes: Uint8Array): string {
  const digest = sha1(bytes).replace(/../g, (hex) => String.fromCharCode(parseInt(hex, 16)));
  return `W/"${bytes.length.toString(16)}-${btoa(digest).slice(0, 27)}"`;
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!);
