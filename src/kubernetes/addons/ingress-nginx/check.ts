import type { KubeObject } from '../../api/types.ts';
import type { Certificate } from '../../../linux/net/tls.ts';
import { PREFIX, type Settings } from './annotations.ts';
import { CATCH_ALL, configure, type Lookup } from './configuration.ts';

/** Why the admission webhook refuses an Ingress beside those there are (controller.CheckIngress); undefined when it may be. */
export function checkIngress(ingress: KubeObject, others: readonly KubeObject[], settings: Settings, fake: Certificate, lookup: Lookup): string | undefined {
  for (const key of Object.keys(ingress.metadata.annotations ?? {})) {
    if (key.startsWith(PREFIX) && key.endsWith('-snippet') && !settings.bool('allow-snippet-annotations', true)) return `${key} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`;
  }
  const { servers } = configure([...others, ingress], settings, fake, lookup);
  for (const server of servers) if (server.regex) for (const { path } of server.locations) {
    const problem = brokenRegex(path);
    if (problem) return nginxTest(`pcre2_compile() failed: ${problem} in "^${path}" at "^${path}"`);
  }
  return overlap(ingress, others);
}

/** Two Ingresses may not say where the same path of the same host goes, unless one is the other's canary. */
function overlap(ingress: KubeObject, others: readonly KubeObject[]): string | undefined {
  const canary = (o: KubeObject) => o.metadata.annotations?.[`${PREFIX}canary`];
  for (const [host, path] of paths(ingress)) {
    const existing = others.find((o) => [...paths(o)].some(([h, p]) => h === host && p === path));
    if (!existing) continue;
    if (canary(ingress) === undefined && canary(existing) === undefined) return `host "${host}" and path "${path}" is already defined in ingress ${existing.metadata.namespace}/${existing.metadata.name}`;
    return undefined;
  }
  return undefined;
}

function* paths(ingress: KubeObject): Generator<[string, string]> {
  for (const rule of ingress.spec.rules ?? []) for (const p of rule.http?.paths ?? []) if (p.backend.service) yield [rule.host || CATCH_ALL, p.path || '/'];
}

function brokenRegex(source: string): string | undefined {
  try {
    new RegExp(source.replaceAll('(?i)', ''));
    return undefined;
  } catch {
    let depth = 0;
    for (const c of source.replace(/\\./g, '')) depth += c === '(' ? 1 : c === ')' ? -1 : 0;
    return depth > 0 ? 'missing closing parenthesis' : depth < 0 ? 'unmatched closing parenthesis' : /\[[^\]]*$/.test(source) ? 'missing terminating ] for character class' : 'quantifier does not follow a repeatable item';
  }
}

/** What `nginx -t` said, framed as the controller frames it. */
function nginxTest(problem: string): string {
  const rule = '-'.repeat(79);
  return `\n${rule}\nError: exit status 1\nnginx: [emerg] ${problem}\nnginx: configuration file /tmp/nginx/nginx-cfg test failed\n\n${rule}\n`;
}
