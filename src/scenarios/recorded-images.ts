import { type Daemon, registerDaemons } from '../kubernetes/runtime/daemons.ts';
import type { Image } from '../kubernetes/runtime/image.ts';
import { httpDate } from '../kubernetes/runtime/images/http-date.ts';
import { BUSYBOX, DEBIAN, etc, MERGED_USR, NETWORK_TOOLS, UBUNTU } from '../kubernetes/runtime/images/os.ts';
import { httpListen } from '../linux/net/http.ts';

/**
 * The images the recorded nodes had (tests/transcripts/net/README.md): small Debian-based ones with network tools under
 * well-known names, and as the course's application a static server in Go beside Debian's BusyBox.
 */
const NGINX = { '/usr/share/nginx/html/index.html': '<html><body><h1>Welcome to nginx!</h1></body></html>\n', '/etc/nginx/conf.d/default.conf': 'server {\n    listen       80;\n    location / {\n        root   /usr/share/nginx/html;\n    }\n}\n' };
const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** The BusyBox in them is Debian's. */
const DEBIAN_BUSYBOX = { ...etc('busybox'), '/etc/debian_version': '12.13\n' };

export const RECORDED_IMAGES: Image[] = [
  { names: ['docker.io/library/ubuntu:22.04', 'docker.io/library/ubuntu:latest'], size: 150_000_000, executables: { ...UBUNTU, ...NETWORK_TOOLS }, links: MERGED_USR, files: etc('ubuntu'), cmd: ['/bin/bash'] },
  { names: ['docker.io/library/nginx:1.25', 'docker.io/library/nginx:alpine', 'docker.io/library/nginx:latest'], size: 150_000_000, executables: { ...DEBIAN, ...NETWORK_TOOLS, '/usr/sbin/nginx': 'nginx' }, links: MERGED_USR, files: { ...etc('debian'), ...NGINX }, cmd: ['nginx', '-g', 'daemon off;'] },
  { names: ['docker.io/library/busybox:1.28', 'docker.io/library/busybox:1.36', 'docker.io/library/busybox:latest'], size: 2_130_000, executables: BUSYBOX, files: DEBIAN_BUSYBOX, cmd: ['sh'] },
  ...['1.0.1', '1.0.2'].map((version): Image => ({
    names: [`localhost/spink:${version}`], size: 6_620_000, local: true, executables: { ...BUSYBOX, '/app/spink': 'spink-recorded' }, files: DEBIAN_BUSYBOX,
    entrypoint: ['/app/spink'], env: { ...PATH, SPINK_VERSION: version }, workdir: '/app',
  })),
];

/** Answers as the application does; /down and /up say what its health is. TERM ends PID 1 of a Go program with 2. */
const spink: Daemon = (process) => {
  const port = Number(process.env['PORT'] ?? 8080), host = process.uts.hostname;
  const log = (text: string) => void process.err(`${new Date(process.now / 1000).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')} ${text}\n`);
  let up = true;
  log(`Starting SpinkApplication on ${host}`);
  httpListen(process, { ip: '::', port }, (request, res) => {
    const path = request.path.split('?')[0]!;
    const answer = (status: number, type: string, body: string) => res.send(status, { 'Content-Type': type, Date: httpDate(process.now), 'Content-Length': String(body.length) }, request.method === 'HEAD' ? '' : body);
    if (/^\/actuator\/health(\/(liveness|readiness))?$/.test(path)) return answer(up ? 200 : 503, 'application/vnd.spring-boot.actuator.v3+json', `{"status":"${up ? 'UP' : 'DOWN'}"}`);
    if (path === '/down' || path === '/up') {
      up = path === '/up';
      return answer(200, 'text/plain;charset=UTF-8', `health: ${up ? 'UP' : 'DOWN'}\n`);
    }
    if (path !== '/') return answer(404, 'application/json', JSON.stringify({ timestamp: `${new Date(process.now / 1000).toISOString().replace('Z', '+00:00')}`, status: 404, error: 'Not Found', path }));
    log(`${request.method} ${path} from ${request.remote.ip}:${request.remote.port}`);
    answer(200, 'text/plain;charset=UTF-8', `Hola desde spink\nhostname: ${host}\nclient: ${request.remote.ip}\nhost: ${request.headers['host'] ?? ''}\n`);
  });
  log(`Tomcat started on port(s): ${port} (http)`);
  log('Started SpinkApplication in 0.000 seconds');
  process.onSignal('TERM', () => process.exit(2));
};

registerDaemons({ 'spink-recorded': spink });
