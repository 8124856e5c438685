/** Hostnames of listeners and routes, and how they meet. */
export function matchesWildcard(hostname: string, wildcard: string): boolean {
  const suffix = wildcard.slice(1);
  return hostname.endsWith(suffix) && hostname.length > suffix.length;
}

/** The hosts for which a route with these hostnames answers behind a listener. `others`: what listeners of the same port have for themselves. */
export function intersect(routeHostnames: readonly string[], listener: string | undefined, others: readonly string[]): string[] {
  if (routeHostnames.length === 0) return [listener ?? '*'];
  const found = new Set<string>();
  for (const hostname of routeHostnames) {
    if (listener === undefined || listener === hostname) found.add(hostname);
    else if (listener.startsWith('*')) {
      if (matchesWildcard(hostname, listener)) found.add(hostname);
    } else if (hostname.startsWith('*') && matchesWildcard(listener, hostname)) found.add(listener);
  }
  for (const other of others) found.delete(other);
  return [...found].sort();
}

/** Which of the domains a request for this host belongs to: the name itself, the longest wildcard, everything (Envoy's virtual hosts). */
export function findDomain(domains: Iterable<string>, host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  let best: string | undefined;
  for (const domain of domains) {
    if (domain === name) return domain;
    if (domain === '*' ? best === undefined : domain.startsWith('*') && matchesWildcard(name, domain) && (best === undefined || domain.length > best.length)) best = domain;
  }
  return best;
}
