import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { compact } from './common.ts';
import { meta, type Generate } from './create-generators.ts';

/** kubectl create service clusterip|nodeport|loadbalancer|externalname */
export function service(type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'): Generate {
  return (k, _command, name) => {
    const { flags } = k;
    const tcp = flags.list('tcp'), clusterIP = flags.lookup('clusterip') ? flags.string('clusterip') : '';
    if (clusterIP === 'None' && type !== 'ClusterIP') throw new KubectlError('ClusterIP=None can only be used with ClusterIP service type');
    if (clusterIP !== 'None' && tcp.length === 0 && type !== 'ExternalName') throw new KubectlError('at least one tcp port specifier must be provided');
    const ports = tcp.map((text) => {
      const [port, targetPort] = parsePorts(text);
      const nodePort = flags.lookup('node-port') ? flags.int('node-port') : 0;
      return compact({ name: text.replaceAll(':', '-'), protocol: 'TCP', port, targetPort, nodePort: nodePort || undefined });
    });
    const external = flags.lookup('external-name') ? flags.string('external-name') : '';
    return {
      kind: 'Service', apiVersion: 'v1', metadata: meta(name, { labels: { app: name } }),
      spec: compact({ ports: ports.length > 0 ? ports : undefined, selector: { app: name }, clusterIP: clusterIP || undefined, type, externalName: external || undefined }),
      status: { loadBalancer: {} },
    };
  };
}

function parsePorts(text: string): [number, number | string] {
  const [first, second] = text.split(':') as [string, string?];
  const port = goPort(first);
  if (second === undefined) return [port, port];
  if (!/^[-+]?\d+$/.test(second)) {
    if (second.length > 15 || !/^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(second)) throw new KubectlError(second.length > 15 ? 'must be no more than 15 characters' : "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    return [port, second];
  }
  const target = Number(second);
  if (target < 1 || target > 65535) throw new KubectlError('must be between 1 and 65535, inclusive');
  return [port, target];
}

function goPort(text: string): number {
  if (!/^\d+$/.test(text)) throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) > 65535) throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(text);
}

const RULE = /^(?<host>[\w*\-.]*)(?<path>\/.*)=(?<svcname>[\w-]+):(?<svcport>[\w-]+)(?<istls>,tls(=(?<secretname>[\w-]+))?)?$/;

export function ingress(k: Kubectl, _c: Command, name: string): KubeObject {
  const { flags } = k;
  const rules = flags.list('rule'), fallback = flags.string('default-backend'), className = flags.string('class');
  if (rules.length === 0 && !fallback) throw new KubectlError('not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)');
  for (const rule of rules) if (!RULE.test(rule)) throw new KubectlError(`rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  const annotations: Record<string, string> = {};
  for (const a of flags.list('annotation')) {
    const cut = a.indexOf('=');
    if (cut < 0) throw new KubectlError(`annotation ${a} is invalid and should be in format key=[value]`);
    annotations[a.slice(0, cut)] = a.slice(cut + 1);
  }
  if (fallback && fallback.split(':').length !== 2) throw new KubectlError('default-backend should be in format servicename:serviceport');
  const tls = tlsOf(rules), hosts = rulesOf(rules);
  return {
    kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', metadata: meta(name, Object.keys(annotations).length > 0 ? { annotations } : {}),
    spec: compact({ ingressClassName: className || undefined, defaultBackend: fallback ? backend(fallback) : undefined, tls: tls.length > 0 ? tls : undefined, rules: hosts.length > 0 ? hosts : undefined }),
    status: { loadBalancer: {} },
  };
}

interface Tls {
  hosts?: string[];
  secretName?: string;
}

function tlsOf(rules: string[]): Tls[] {
  const out: Tls[] = [], seen = new Set<string>();
  for (const rule of rules) {
    const parts = rule.split(',');
    if (parts.length !== 2) continue;
    const host = rule.split('/')[0]!, secretName = parts[1]!.split('=')[1] ?? '';
    if (seen.has(host)) continue;
    seen.add(host);
    const same = out.find((t) => (t.secretName ?? '') === secretName);
    if (same) (same.hosts ??= []).push(host);
    else if (host || secretName) out.push({ ...(host ? { hosts: [host] } : {}), ...(secretName ? { secretName } : {}) });
  }
  return out;
}

function rulesOf(rules: string[]): { host?: string; http: { paths: unknown[] } }[] {
  const out: { host?: string; http: { paths: unknown[] } }[] = [];
  for (const rule of rules) {
    const text = rule.split(',')[0]!, cut = text.indexOf('/');
    const host = text.slice(0, cut), [rest, target] = text.slice(cut + 1).split('=') as [string, string];
    const full = `/${rest}`, prefix = full.endsWith('*');
    const path = { path: prefix ? full.slice(0, -1) : full, pathType: prefix ? 'Prefix' : 'Exact', backend: backend(target) };
    const same = out.find((r) => (r.host ?? '') === host);
    if (same) same.http.paths.push(path);
    else out.push({ ...(host ? { host } : {}), http: { paths: [path] } });
  }
  return out;
}

function backend(text: string): unknown {
  const [name, port] = text.split(':') as [string, string];
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}
