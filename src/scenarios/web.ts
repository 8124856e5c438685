import { PUBLIC_AUTHORITIES } from '../linux/net/authorities.ts';
import { httpListen, type HttpRequest, type HttpResponder } from '../linux/net/http.ts';
import type { Process } from '../linux/process.ts';
import { httpDate } from '../kubernetes/runtime/images/http-date.ts';
import { toYaml } from '../programs/kubectl/yaml/emit.ts';
import type { KubeObject } from '../kubernetes/api/types.ts';

/** What a page of the simulated web answers: its text, where it has moved, or nothing (404). */
type Page = string | { location: string } | undefined;

/**
 * The pages that can be fetched, by the expression that their address matches. One more manifest: one line; what it holds is
 * loaded when it is asked for. The groups of the expression are the arguments.
 */
const PAGES: [RegExp, (...groups: string[]) => Page | Promise<Page>][] = [
  [/^raw\.githubusercontent\.com\/kubernetes\/ingress-nginx\/(?:main|controller-v1\.8\.1)\/deploy\/static\/provider\/(cloud|kind|baremetal)\/deploy\.yaml$/, async (provider) => manifests((await import('../kubernetes/addons/ingress-nginx/manifest.ts')).ingressNginx(provider as 'cloud'))],
  [/^(?:www\.)?kind\.sigs\.k8s\.io\/examples\/ingress\/deploy-ingress-nginx\.yaml$/, async () => manifests((await import('../kubernetes/addons/ingress-nginx/manifest.ts')).ingressNginx('kind'))],
  [/^raw\.githubusercontent\.com\/(?:flannel-io|coreos)\/flannel\/(?:master|v0\.22\.3)\/Documentation\/kube-flannel\.yml$/, async () => manifests((await import('../kubernetes/cni/manifests/flannel.ts')).flannelManifest())],
  [/^github\.com\/flannel-io\/flannel\/releases\/latest\/download\/kube-flannel\.yml$/, () => ({ location: 'https://github.com/flannel-io/flannel/releases/download/v0.22.3/kube-flannel.yml' })],
  [/^objects\.githubusercontent\.com\/flannel-io\/flannel\/releases\/download\/v0\.22\.3\/kube-flannel\.yml$/, async () => manifests((await import('../kubernetes/cni/manifests/flannel.ts')).flannelManifest())],
  [/^raw\.githubusercontent\.com\/projectcalico\/calico\/(?:v3\.26\.\d|release-v3\.26|master)\/manifests\/calico\.yaml$/, async () => manifests((await import('../kubernetes/cni/manifests/calico.ts')).calicoManifest())],
  [/^docs\.projectcalico\.org\/(?:v3\.26\/)?manifests\/calico\.yaml$/, async () => manifests((await import('../kubernetes/cni/manifests/calico.ts')).calicoManifest())],
  [/^objects\.githubusercontent\.com\/kubernetes-sigs\/gateway-api\/releases\/download\/v1\.2\.[01]\/standard-install\.yaml$/, async () => manifests((await import('../kubernetes/addons/gateway-api/crds.ts')).gatewayApiCrds())],
  [/^objects\.githubusercontent\.com\/envoyproxy\/gateway\/releases\/download\/v1\.2\.4\/install\.yaml$/, async () => manifests((await import('../kubernetes/addons/envoy-gateway/manifest.ts')).envoyGateway())],
  [/^github\.com\/kubernetes-sigs\/metrics-server\/releases\/latest\/download\/components\.yaml$/, () => ({ location: 'https://github.com/kubernetes-sigs/metrics-server/releases/download/v0.6.4/components.yaml' })],
  [/^objects\.githubusercontent\.com\/kubernetes-sigs\/metrics-server\/releases\/download\/v0\.6\.4\/components\.yaml$/, async () => manifests((await import('../kubernetes/addons/metrics-server/manifest.ts')).metricsServer())],
  [/^raw\.githubusercontent\.com\/kubernetes\/dashboard\/v2\.7\.0\/aio\/deploy\/recommended\.yaml$/, async () => manifests((await import('../kubernetes/addons/dashboard/manifest.ts')).dashboardManifest())],
  [/^github\.com\/([^/]+)\/([^/]+)\/(?:raw|blob)\/(.+)$/, (owner, repository, rest) => ({ location: `https://raw.githubusercontent.com/${owner}/${repository}/${rest}` })],
  [/^github\.com\/(.+\/releases\/download\/.+)$/, (rest) => ({ location: `https://objects.githubusercontent.com/${rest}` })],
];

/** Names and addresses of the sites, as they resolved in 2024. */
export const SITES: Readonly<Record<string, string>> = {
  'raw.githubusercontent.com': '185.199.108.133', 'objects.githubusercontent.com': '185.199.109.133', 'github.com': '140.82.121.4', 'kind.sigs.k8s.io': '3.125.197.172', 'docs.projectcalico.org': '3.124.100.143',
};

/** Serves the pages on port 443 of the sites' addresses; port 80 sends there. */
export function serveWeb(process: Process): void {
  const names = [...Object.keys(SITES), '*.githubusercontent.com'], certificate = { cn: 'github.com', sans: names, ca: PUBLIC_AUTHORITIES[0]!, alpn: ['http/1.1'] };
  for (const ip of new Set(Object.values(SITES))) {
    httpListen(process, { ip, port: 443, tls: certificate }, (request, res) => answer(process, request, res));
    httpListen(process, { ip, port: 80 }, (request, res) => res.send(301, { Location: `https://${request.headers['host']}${request.target}`, 'Content-Length': '0' }));
  }
}

function answer(process: Process, request: HttpRequest, res: HttpResponder): void {
  const address = `${(request.headers['host'] ?? '').replace(/:\d+$/, '')}${request.path}`, { tasks } = process.world;
  // Virtual time stands still while the page is loaded.
  tasks.start(async () => {
    const page = await tasks.outside(Promise.resolve(find(address)));
    const common = { Date: httpDate(process.now), 'Accept-Ranges': 'bytes' };
    if (page === undefined) res.send(404, { ...common, 'Content-Type': 'text/plain; charset=utf-8' }, '404: Not Found');
    else if (typeof page === 'object') res.send(302, { ...common, Location: page.location });
    else res.send(200, { ...common, 'Content-Type': 'text/plain; charset=utf-8' }, page);
  }, (error) => process.world.defect(error, process));
}

function find(address: string): Page | Promise<Page> {
  for (const [pattern, page] of PAGES) {
    const found = pattern.exec(address);
    if (found) return page(...found.slice(1));
  }
  return undefined;
}

function manifests(objects: readonly KubeObject[]): string {
  return objects.map(toYaml).join('---\n');
}
