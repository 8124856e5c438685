import type { DaemonEntry } from '../daemons.ts';
import type { Image } from '../image.ts';
import { ALPINE, DEBIAN, etc, MERGED_USR } from './os.ts';

const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const of = (repository: string, tags: string) => tags.split(' ').map((t) => `${repository}:${t}`);

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;
/** The server block of the package's default.conf. */
export const CONF = `server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

const nginxImage = (tags: string, version: string, size: number, alpine: boolean): Image => ({
  names: of('docker.io/library/nginx', tags), size,
  executables: { ...(alpine ? ALPINE : { ...DEBIAN, '/usr/bin/curl': 'curl' }), '/usr/sbin/nginx': 'nginx' },
  links: { ...(alpine ? {} : MERGED_USR), '/var/log/nginx/access.log': '/dev/stdout', '/var/log/nginx/error.log': '/dev/stderr' },
  files: {
    ...etc(alpine ? 'alpine' : 'debian', 'nginx:x:101:101:nginx user:/nonexistent:/bin/false\n'), '/usr/share/nginx/html/index.html': WELCOME, '/usr/share/nginx/html/50x.html': '<!DOCTYPE html>\n<html>\n<head>\n<title>Error</title>\n</head>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n',
    '/etc/nginx/conf.d/default.conf': CONF, '/etc/nginx/nginx.conf': '\nuser  nginx;\nworker_processes  auto;\n\nerror_log  /var/log/nginx/error.log notice;\npid        /var/run/nginx.pid;\n\nevents {\n    worker_connections  1024;\n}\n\nhttp {\n    include       /etc/nginx/mime.types;\n    default_type  application/octet-stream;\n    access_log  /var/log/nginx/access.log  main;\n    sendfile        on;\n    keepalive_timeout  65;\n    include /etc/nginx/conf.d/*.conf;\n}\n',
  },
  cmd: ['nginx', '-g', 'daemon off;'], env: { ...PATH, NGINX_VERSION: version }, stopSignal: 'QUIT',
});

export const WEB: Image[] = [
  nginxImage('1.14 1.14.2', '1.14.2', 44_710_000, false),
  nginxImage('1.16 1.16.1', '1.16.1', 51_300_000, false),
  nginxImage('1.17 1.17.10', '1.17.10', 51_030_000, false),
  nginxImage('1.18 1.18.0', '1.18.0', 53_600_000, false),
  nginxImage('1.19.8', '1.19.8', 53_700_000, false),
  nginxImage('1.19.9', '1.19.9', 53_700_000, false),
  nginxImage('1.19 1.19.10', '1.19.10', 53_700_000, false),
  nginxImage('1.20 1.20.2', '1.20.2', 56_800_000, false),
  nginxImage('1.21 1.21.6', '1.21.6', 56_700_000, false),
  nginxImage('1.22 1.22.1', '1.22.1', 57_000_000, false),
  nginxImage('1.23 1.23.4', '1.23.4', 57_000_000, false),
  nginxImage('1.24 1.24.0', '1.24.0', 57_000_000, false),
  nginxImage('1.25 1.25.5', '1.25.5', 70_991_807, false),
  nginxImage('1.26 1.27 latest stable', '1.27.0', 71_010_466, false),
  nginxImage('1.25-alpine alpine mainline-alpine stable-alpine', '1.25.5', 20_461_204, true),
  { names: of('docker.io/library/httpd', '2.4 latest'), size: 58_800_000, executables: { ...DEBIAN, '/usr/local/bin/httpd-foreground': 'httpd' }, links: MERGED_USR, files: { ...etc('debian'), '/usr/local/apache2/htdocs/index.html': '<html><body><h1>It works!</h1></body></html>\n' }, cmd: ['httpd-foreground'], env: PATH, workdir: '/usr/local/apache2', stopSignal: 'TERM' },
  { names: of('docker.io/hashicorp/http-echo', '0.2.3 1.0 latest'), size: 4_000_000, executables: { '/http-echo': 'http-echo' }, entrypoint: ['/http-echo'], env: PATH },
  { names: of('docker.io/dgkanatsios/simpleapp', 'latest'), size: 26_400_000, executables: { ...ALPINE, '/usr/bin/npm': 'simpleapp' }, files: etc('alpine'), cmd: ['npm', 'start'], env: PATH, workdir: '/usr/src/app', directories: ['/usr/src/app'] },
  { names: of('registry.k8s.io/e2e-test-images/agnhost', '2.39 2.40 2.43 2.45'), size: 51_000_000, executables: { ...ALPINE, '/agnhost': 'agnhost', '/usr/bin/curl': 'curl', '/usr/bin/dig': 'dig' }, files: etc('alpine'), entrypoint: ['/agnhost'], cmd: ['pause'], env: PATH },
];

const servers = () => import('./web-servers.ts');
const server = (name: string): DaemonEntry => ({ load: async () => (await servers()).WEB_SERVERS[name]! });

export const WEB_DAEMONS: Readonly<Record<string, DaemonEntry>> = Object.fromEntries('nginx httpd http-echo agnhost simpleapp'.split(' ').map((name) => [name, server(name)]));
