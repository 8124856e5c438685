import { builtinResources, groupResource } from '../api/scheme.ts';
import type { ApiServer } from './server.ts';

/** /metrics: the few series that say what this server did. */
export function metrics(server: ApiServer): string {
  const lines = ['# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', '# TYPE apiserver_request_total counter'];
  for (const [key, count] of [...server.requestCounts].sort()) {
    const [verb = '', resource = ''] = key.split(' ');
    lines.push(`apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="${resource}",scope="cluster",subresource="",verb="${verb.toUpperCase()}",version="v1"} ${count}`);
  }
  lines.push('# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check split by kind.', '# TYPE apiserver_storage_objects gauge');
  const seen = new Set<string>();
  for (const info of builtinResources()) {
    if (seen.has(info.prefix) || !info.verbs.has('list')) continue;
    seen.add(info.prefix);
    lines.push(`apiserver_storage_objects{resource="${groupResource(info)}"} ${server.etcd.count(`${info.prefix}/`)}`);
  }
  return `${lines.join('\n')}\n`;
}
