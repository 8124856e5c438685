/** Counters and gauges of the prometheus plugin, as /metrics shows them. */
const HELP: Readonly<Record<string, [type: 'counter' | 'gauge', help: string]>> = {
  coredns_build_info: ['gauge', 'A metric with a constant \'1\' value labeled by version, revision, and goversion from which CoreDNS was built.'],
  coredns_cache_entries: ['gauge', 'The number of elements in the cache.'], coredns_cache_hits_total: ['counter', 'The count of cache hits.'], coredns_cache_misses_total: ['counter', 'The count of cache misses. Deprecated, derive misses from cache hits/requests counters.'], coredns_cache_requests_total: ['counter', 'The count of cache requests.'],
  coredns_dns_requests_total: ['counter', 'Counter of DNS requests made per zone, protocol and family.'], coredns_dns_responses_total: ['counter', 'Counter of response status codes.'],
  coredns_forward_requests_total: ['counter', 'Counter of requests made per upstream.'], coredns_forward_responses_total: ['counter', 'Counter of responses received per upstream.'],
  coredns_panics_total: ['counter', 'A metrics that counts the number of panics.'], coredns_plugin_enabled: ['gauge', 'A metric that indicates whether a plugin is enabled on per server and zone basis.'], coredns_reload_failed_total: ['counter', 'Counter of the number of failed reload attempts.'],
};

export class Metrics {
  readonly #values = new Map<string, Map<string, number>>();

  add(name: keyof typeof HELP & string, labels: Record<string, string> = {}, by = 1): void {
    const series = this.#series(name), key = text(labels);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  set(name: keyof typeof HELP & string, labels: Record<string, string>, value: number): void {
    this.#series(name).set(text(labels), value);
  }

  #series(name: string): Map<string, number> {
    let series = this.#values.get(name);
    if (!series) this.#values.set(name, (series = new Map()));
    return series;
  }

  /** The text format of Prometheus. */
  print(): string {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, series]) => `# HELP ${name} ${HELP[name]![1]}\n# TYPE ${name} ${HELP[name]![0]}\n${[...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([labels, value]) => `${name}${labels} ${value}\n`).join('')}`).join('');
  }
}

function text(labels: Record<string, string>): string {
  const all = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return all.length === 0 ? '' : `{${all.map(([k, v]) => `${k}=${JSON.stringify(v)}`).join(',')}}`;
}
