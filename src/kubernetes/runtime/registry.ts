import { type Image, imageDigest } from './image.ts';
import { IMAGES } from './images/index.ts';
import { formatReference, type Reference } from './reference.ts';

/** Where the registries of the simulated world answer from: the catalogue. What they say of the rest is what containerd 1.6 reports of them. */
export type PullResult = { image: Image } | { error: string };

/** The image of that reference on its registry, or the CRI's error text for it. */
export function pull(reference: Reference): PullResult {
  const name = formatReference(reference);
  const image = find(reference);
  if (image && !image.local) return { image };
  const failed = (code: string, why: string) => ({ error: `rpc error: code = ${code} desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${why}` });
  const known = IMAGES.some((i) => !i.local && i.names.some((n) => repositoryOf(n) === reference.repository));
  const [domain, path] = [reference.repository.split('/')[0]!, reference.repository.slice(reference.repository.indexOf('/') + 1)];
  if (domain === 'localhost') return failed('Unknown', `failed to do request: Head "https://localhost/v2/${path}/manifests/${reference.tag || reference.digest}": dial tcp [::1]:443: connect: connection refused`);
  if (known || !REFUSES_UNKNOWN.has(domain)) {
    if (known || OPEN.has(domain)) return failed('NotFound', `${name}: not found`);
    return failed('Unknown', `failed to do request: Head "https://${domain}/v2/${path}/manifests/${reference.tag || reference.digest}": dial tcp: lookup ${domain.replace(/:\d+$/, '')}: no such host`);
  }
  return failed('Unknown', 'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed');
}

/** The catalogue's image of that name (also local ones). */
export function find({ repository, tag, digest }: Reference): Image | undefined {
  return IMAGES.find((i) => i.names.some((n) => repositoryOf(n) === repository && (digest ? imageDigest(i) === digest : n === `${repository}:${tag}`)));
}

function repositoryOf(name: string): string {
  return name.slice(0, name.lastIndexOf(':'));
}

/** Docker Hub, quay.io and ghcr.io answer an anonymous pull of an unknown repository with a refusal; registry.k8s.io says that it is not there. */
const REFUSES_UNKNOWN: ReadonlySet<string> = new Set(['docker.io', 'quay.io', 'ghcr.io']);
const OPEN: ReadonlySet<string> = new Set(['registry.k8s.io', 'gcr.io', 'k8s.gcr.io', 'mcr.microsoft.com', 'public.ecr.aws']);
