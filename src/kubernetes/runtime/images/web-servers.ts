import type { Process } from '../../../linux/process.ts';
import { httpListen } from '../../../linux/net/http.ts';
import { type Daemon, endsOn } from '../daemons.ts';
import { httpDate } from './http-date.ts';
import { CONF } from './web.ts';
import { clf, errorPage, stamp } from './nginx-text.ts';

/** nginx: start-up notices as 1.25 writes them, static files, access log in its default format. */
const nginx: Daemon = (process) => {
  const version = process.env['NGINX_VERSION'] ?? '1.25.5';
  if (process.args.includes('-v') || process.args.includes('-V')) {
    void process.err(`nginx version: nginx/${version}\n`);
    return process.exit(0);
  }
  const notice = (text: string) => void process.err(`${stamp(process)} [notice] ${process.nspid}#${process.nspid}: ${text}\n`);
  const { port, root } = configuration(process);
  try {
    httpListen(process, { ip: '0.0.0.0', port }, (request, res) => {
      const path = request.path.split('?')[0]!;
      const found = file(process, root, path);
      const status = request.method !== 'GET' && request.method !== 'HEAD' ? 405 : found === undefined ? 404 : found === null ? 403 : 200;
      const body = status === 200 ? (found as string) : errorPage(status, `nginx/${version}`);
      if (status === 404) void process.err(`${stamp(process)} [error] ${process.nspid}#${process.nspid}: *1 open() "${root}${path}" failed (2: No such file or directory), client: ${request.remote.ip}, server: localhost, request: "${request.method} ${request.path} HTTP/1.1", host: "${request.headers['host'] ?? ''}"\n`);
      void process.out(`${request.remote.ip} - - [${clf(process)}] "${request.method} ${request.path} HTTP/1.1" ${status} ${body.length} "-" "${request.headers['user-agent'] ?? '-'}" "${request.headers['x-forwarded-for'] ?? '-'}"\n`);
      const type = status !== 200 || /(\.html?|\/)$/.test(path) ? 'text/html' : /\.(txt|log)$/.test(path) ? 'text/plain' : /\.json$/.test(path) ? 'application/json' : 'application/octet-stream';
      res.send(status, { Server: `nginx/${version}`, Date: httpDate(process.now), 'Content-Type': type, 'Content-Length': String(body.length), ...(status === 200 ? { 'Last-Modified': 'Tue, 09 Apr 2024 00:00:00 GMT' } : {}), Connection: 'keep-alive', ...(status === 200 ? { ETag: '"66148f00-267"', 'Accept-Ranges': 'bytes' } : {}) }, request.method === 'HEAD' ? '' : body);
    });
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error;
    const errno = (error as { errno?: string }).errno;
    void process.err(`nginx: [emerg] bind() to 0.0.0.0:${port} failed (${errno === 'EACCES' ? '13: Permission denied' : '98: Address already in use'})\n`);
    return process.exit(1);
  }
  if (process.nspid === 1) void process.out('/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/\n/docker-entrypoint.sh: Configuration complete; ready for start up\n');
  notice('using the "epoll" event method');
  notice(`nginx/${version}`);
  notice('OS: Linux 6.18.0');
  notice('start worker processes');
  process.argv = ['nginx: master process nginx -g daemon off;'];
  const worker = process.machine.daemon({ argv: ['nginx: worker process'], exe: process.exe, parent: process, uid: 101, gid: 101 });
  notice(`start worker process ${worker.nspid}`);
  endsOn(process, ['QUIT', 'TERM', 'INT'], 0, () => notice('signal 3 (SIGQUIT) received, shutting down'));
};

/** What of the configuration is read: the first `listen` and `root` of conf.d. */
function configuration(process: Process): { port: number; root: string } {
  let text = '';
  try {
    for (const name of process.fs.readdir('/etc/nginx/conf.d')) if (name.endsWith('.conf')) text += process.fs.readFile(`/etc/nginx/conf.d/${name}`);
  } catch {
    text = CONF;
  }
  return { port: Number(/listen\s+(?:\S*:)?(\d+)/.exec(text)?.[1] ?? 80), root: /root\s+([^;\s]+)/.exec(text)?.[1] ?? '/usr/share/nginx/html' };
}

/** The file's text; undefined when there is none, null when it is a directory without an index. */
function file(process: Process, root: string, path: string): string | undefined | null {
  const inode = process.fs.find(`${root}${path}`);
  if (inode?.kind !== 'dir') return inode?.kind === 'file' ? process.fs.readFile(`${root}${path}`) : undefined;
  return process.fs.exists(`${root}${path}/index.html`) ? process.fs.readFile(`${root}${path}/index.html`) : null;
}

const httpd: Daemon = (process) => {
  httpListen(process, { ip: '0.0.0.0', port: 80 }, (request, res) => {
    const found = file(process, '/usr/local/apache2/htdocs', request.path.split('?')[0]!);
    const body = found ?? '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n';
    const status = typeof found === 'string' ? 200 : 404;
    void process.out(`${request.remote.ip} - - [${clf(process)}] "${request.method} ${request.path} HTTP/1.1" ${status} ${body.length}\n`);
    res.send(status, { Date: httpDate(process.now), Server: 'Apache/2.4.58 (Unix)', 'Content-Length': String(body.length), 'Content-Type': status === 200 ? 'text/html' : 'text/html; charset=iso-8859-1' }, body);
  });
  void process.err("AH00558: httpd: Could not reliably determine the server's fully qualified domain name. Set the 'ServerName' directive globally to suppress this message\n");
  endsOn(process, ['TERM', 'INT']);
};

/** hashicorp/http-echo -text=… -listen=:5678 */
const httpEcho: Daemon = (process) => {
  const option = (name: string, otherwise: string) => {
    const at = process.args.findIndex((a) => a.replace(/^--?/, '').split('=')[0] === name);
    if (at < 0) return otherwise;
    return process.args[at]!.includes('=') ? process.args[at]!.slice(process.args[at]!.indexOf('=') + 1) : (process.args[at + 1] ?? otherwise);
  };
  const text = option('text', process.env['ECHO_TEXT'] ?? '');
  if (text === '') {
    void process.err('Missing -text option!\n');
    return process.exit(127);
  }
  const listen = option('listen', ':5678');
  httpListen(process, { ip: '0.0.0.0', port: Number(listen.split(':').at(-1)) }, (request, res) => {
    void process.out(`${stamp(process)} ${request.headers['host'] ?? ''} ${request.remote.ip}:${request.remote.port} "${request.method} ${request.path} HTTP/1.1" 200 ${text.length + 1} "${request.headers['user-agent'] ?? ''}" 12.345µs\n`);
    res.send(200, { 'X-App-Name': 'http-echo', 'X-App-Version': '1.0.0', Date: httpDate(process.now), 'Content-Length': String(text.length + 1), 'Content-Type': 'text/plain; charset=utf-8' }, `${text}\n`);
  });
  void process.out(`${stamp(process)} [INFO] server is listening on ${listen}\n`);
  endsOn(process, ['TERM', 'INT']);
};

/** The server of the public CKAD exercises: says which Pod answers. */
const simpleapp: Daemon = (process) => {
  const port = Number(process.env['PORT'] ?? 8080);
  httpListen(process, { ip: '0.0.0.0', port }, (request, res) => {
    const ok = request.path.split('?')[0] === '/';
    void process.out(ok ? `IP: ::ffff:${request.remote.ip} on ${new Date(process.now / 1000).toISOString()}\n` : '');
    const body = ok ? `Hello world from ${process.uts.hostname} and version 2.0\n` : `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot ${request.method} ${request.path}</pre>\n</body>\n</html>\n`;
    res.send(ok ? 200 : 404, { 'X-Powered-By': 'Express', 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': String(body.length), Date: httpDate(process.now), Connection: 'keep-alive' }, body);
  });
  void process.out(`Running version 2.0 on http://0.0.0.0:${port}\n`);
  endsOn(process, ['TERM', 'INT'], 1);
};

/** agnhost: `pause`, `netexec` and `serve-hostname`. */
const agnhost: Daemon = (process) => {
  const [sub = 'pause', ...rest] = process.args;
  const port = Number(rest.find((a) => /--(http-)?port=/.test(a))?.split('=')[1] ?? (sub === 'serve-hostname' ? 9376 : 8080));
  if (sub === 'pause') void process.out('Paused\n');
  else if (sub === 'netexec' || sub === 'serve-hostname') httpListen(process, { ip: '0.0.0.0', port }, (request, res) => {
    const path = request.path.split('?')[0];
    const body = sub === 'serve-hostname' || path === '/hostname' || path === '/hostName' ? process.uts.hostname : path === '/clientip' ? `${request.remote.ip}:${request.remote.port}` : path === '/healthz' ? '' : `NOW: ${stamp(process)}`;
    res.send(200, { Date: httpDate(process.now), 'Content-Length': String(body.length), 'Content-Type': 'text/plain; charset=utf-8' }, body);
  });
  else {
    void process.err(`Error: unknown command "${sub}" for "app"\nRun 'app --help' for usage.\n`);
    return process.exit(1);
  }
  endsOn(process, ['TERM', 'INT'], sub === 'pause' ? 0 : 2);
};

export const WEB_SERVERS: Readonly<Record<string, Daemon>> = { nginx, httpd, 'http-echo': httpEcho, agnhost, simpleapp };
