import { CERTGEN_DIGEST, CONTROLLER_DIGEST } from './addon-digests.ts';
import type { DaemonEntry } from '../daemons.ts';
import type { Image } from '../image.ts';
import { LOGIN } from './login-image.ts';
import { ALPINE, etc } from './os.ts';

/** Images of addons that only some clusters run: their servers are loaded when a container with them starts. */
const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

export const ADDONS: Image[] = [
  ...LOGIN,
  {
    names: ['registry.k8s.io/ingress-nginx/controller:v1.8.1'], digest: CONTROLLER_DIGEST, size: 281_000_000, user: '101:82', stopSignal: 'TERM', workdir: '/etc/nginx',
    executables: { ...ALPINE, '/usr/bin/curl': 'curl', '/bin/bash': 'bash', '/usr/bin/dumb-init': 'dumb-init', '/nginx-ingress-controller': 'nginx-ingress-controller', '/wait-shutdown': 'wait-shutdown' },
    files: { ...etc('alpine', 'www-data:x:101:82:Linux User,,,:/home/www-data:/sbin/nologin\n') }, links: { '/var/log/nginx/access.log': '/dev/stdout', '/var/log/nginx/error.log': '/dev/stderr' },
    directories: ['/etc/nginx', '/etc/ingress-controller/ssl', '/tmp/nginx'], entrypoint: ['/usr/bin/dumb-init', '--'], cmd: ['/nginx-ingress-controller'], env: PATH,
  },
  { names: ['docker.io/envoyproxy/gateway:v1.2.4'], size: 178_000_000, executables: { '/usr/local/bin/envoy-gateway': 'envoy-gateway' }, entrypoint: ['/usr/local/bin/envoy-gateway'], user: '65532:65532', env: PATH, directories: ['/var/lib'] },
  { names: ['docker.io/envoyproxy/envoy:distroless-v1.32.2'], size: 149_000_000, executables: { '/usr/local/bin/envoy': 'envoy' }, entrypoint: ['/usr/local/bin/envoy'], cmd: ['-c', '/etc/envoy/envoy.yaml'], user: '65532:65532', env: PATH },
  { names: ['registry.k8s.io/ingress-nginx/kube-webhook-certgen:v20230407'], digest: CERTGEN_DIGEST, size: 49_100_000, executables: { '/kube-webhook-certgen': 'kube-webhook-certgen' }, entrypoint: ['/kube-webhook-certgen'], user: '65532:65532', env: PATH },
  { names: ['registry.k8s.io/metrics-server/metrics-server:v0.6.4'], size: 68_900_000, executables: { '/metrics-server': 'metrics-server' }, entrypoint: ['/metrics-server'], user: '65534:65534', env: PATH },
  { names: ['docker.io/kubernetesui/dashboard:v2.7.0'], size: 246_000_000, executables: { '/dashboard': 'kubernetes-dashboard' }, entrypoint: ['/dashboard', '--insecure-bind-address=0.0.0.0', '--bind-address=0.0.0.0'], user: '1001', env: PATH },
  { names: ['docker.io/kubernetesui/metrics-scraper:v1.0.8'], size: 43_800_000, executables: { '/metrics-sidecar': 'dashboard-metrics-scraper' }, entrypoint: ['/metrics-sidecar'], user: '1001', env: PATH },
];

const envoyGateway = () => import('../../addons/envoy-gateway/index.ts');
const ingressNginx = () => import('../../addons/ingress-nginx/index.ts');

export const ADDON_DAEMONS: Record<string, DaemonEntry> = {
  envoy: { load: async () => (await envoyGateway()).ENVOY_GATEWAY.envoy },
  'envoy-gateway': { load: async () => (await envoyGateway()).ENVOY_GATEWAY['envoy-gateway'] },
  'metrics-server': { load: async () => (await import('../../addons/metrics-server/daemon.ts')).metricsServer },
  'kubernetes-dashboard': { load: async () => (await import('../../addons/dashboard/daemons.ts')).dashboard },
  'dashboard-metrics-scraper': { load: async () => (await import('../../addons/dashboard/daemons.ts')).metricsScraper },
  'node-login': { load: async () => (await import('./login.ts')).login },
  'nginx-ingress-controller': { load: async () => (await ingressNginx()).INGRESS_NGINX['nginx-ingress-controller'] },
  'kube-webhook-certgen': { load: async () => (await ingressNginx()).INGRESS_NGINX['kube-webhook-certgen'] },
};
