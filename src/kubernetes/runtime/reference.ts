/** Image references as containerd's distribution library reads them (github.com/distribution/reference). */
export interface Reference {
  /** docker.io/library/nginx */
  repository: string;
  tag: string;
  digest?: string;
}

/** Adds the default registry, namespace and tag. Returns the library's refusal when it is no reference. */
export function parseReference(image: string): Reference | { error: string } {
  const at = image.indexOf('@');
  const digest = at < 0 ? undefined : image.slice(at + 1);
  let rest = at < 0 ? image : image.slice(0, at);
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
  }
  const first = rest.split('/')[0]!;
  const hasDomain = rest.includes('/') && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const remote = hasDomain ? rest.slice(first.length + 1) : rest;
  if (remote !== remote.toLowerCase()) return { error: 'invalid reference format: repository name must be lowercase' };
  if (!/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/.test(remote)) return { error: 'invalid reference format' };
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return { error: 'invalid reference format' };
  if (digest !== undefined && !/^[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,}$/.test(digest)) return { error: 'invalid reference format' };
  const domain = hasDomain ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io';
  const path = domain === 'docker.io' && !remote.includes('/') ? `library/${remote}` : remote;
  return { repository: `${domain}/${path}`, tag: tag ?? (digest ? '' : 'latest'), ...(digest ? { digest } : {}) };
}

/** docker.io/library/nginx:1.25, or …@sha256:… */
export function formatReference({ repository, tag, digest }: Reference): string {
  return repository + (tag ? `:${tag}` : '') + (digest ? `@${digest}` : '');
}
