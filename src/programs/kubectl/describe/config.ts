import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { base64Bytes, fromBase64 } from '../base64.ts';
import type { Kubectl } from '../kubectl.ts';
import { annotations, events, labels, nameAndNamespace, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

export function configMap(w: Writer, cm: KubeObject, list: Events): void {
  nameAndNamespace(w, cm);
  labels(w, 'Labels', cm.metadata.labels);
  annotations(w, 'Annotations', cm.metadata.annotations);
  w.w(0, '\nData\n====\n');
  for (const key of Object.keys(cm['data'] ?? {}).sort()) w.w(0, `${key}:\n----\n${cm['data'][key]}\n`);
  w.w(0, '\nBinaryData\n====\n');
  for (const key of Object.keys(cm['binaryData'] ?? {}).sort()) w.w(0, `${key}: ${base64Bytes(cm['binaryData'][key])?.length ?? 0} bytes\n`);
  w.w(0, '\n');
  events(w, list);
}

export function secret(w: Writer, s: KubeObject): void {
  nameAndNamespace(w, s);
  labels(w, 'Labels', s.metadata.labels);
  annotations(w, 'Annotations', s.metadata.annotations);
  w.w(0, `\nType:\t${s['type'] ?? ''}\n`);
  w.w(0, '\nData\n====\n');
  for (const key of Object.keys(s['data'] ?? {}).sort()) {
    const shown = key === 'token' && s['type'] === 'kubernetes.io/service-account-token' ? String(fromBase64(s['data'][key])) : `${base64Bytes(s['data'][key])?.length ?? 0} bytes`;
    w.field(key, shown);
  }
}

export async function serviceAccount(w: Writer, sa: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const secrets = (await k.rest.get(`/api/v1/namespaces/${sa.metadata.namespace}/secrets`))['items'] as KubeObject[];
  const tokens = secrets.filter((s) => s['type'] === 'kubernetes.io/service-account-token' && s.metadata.annotations?.['kubernetes.io/service-account.name'] === sa.metadata.name).map((s) => s.metadata.name);
  const exists = new Set(secrets.map((s) => s.metadata.name));
  nameAndNamespace(w, sa);
  labels(w, 'Labels', sa.metadata.labels);
  annotations(w, 'Annotations', sa.metadata.annotations);
  const names = (field: string) => ((sa[field] as any[] | undefined) ?? []).map((s) => s.name as string);
  for (const [header, of] of [['Image pull secrets:', names('imagePullSecrets')], ['Mountable secrets: ', names('secrets')], ['Tokens:            ', tokens]] as const) {
    if (of.length === 0) w.w(0, `${header}\t<none>\n`);
    of.forEach((name, i) => w.w(0, `${i === 0 ? header : '                   '}\t${name}${exists.has(name) ? '' : ' (not found)'}\n`));
  }
  events(w, list);
}

export async function namespace(w: Writer, ns: KubeObject, _list: Events, k: Kubectl): Promise<void> {
  const { metadata, status = {} } = ns;
  const quotas = (await k.rest.get(`/api/v1/namespaces/${metadata.name}/resourcequotas`, { limit: 500 }))['items'] as KubeObject[];
  const ranges = (await k.rest.get(`/api/v1/namespaces/${metadata.name}/limitranges`, { limit: 500 }))['items'] as KubeObject[];
  w.field('Name', metadata.name);
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Status', status.phase ?? '');
  if (status.conditions?.length) {
    w.w(0, 'Conditions:\n');
    w.w(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage\n');
    w.w(1, '----\t------\t------------------\t------\t-------\n');
    for (const c of status.conditions) w.w(1, `${c.type}\t${c.status}\t${rfc1123(c.lastTransitionTime)}\t${c.reason}\t${c.message}\n`);
  }
  w.w(0, '\n');
  if (quotas.length === 0) w.w(0, 'No resource quota.\n');
  else {
    quotas.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    w.w(0, 'Resource Quotas');
    for (const q of quotas) {
      w.w(0, `\n  Name:\t${q.metadata.name}\n`);
      scopes(w, q, '  Scopes', '   * ');
      w.w(0, '  Resource\tUsed\tHard\n');
      w.w(0, '  --------\t---\t---\n');
      for (const name of Object.keys(q.status?.hard ?? {}).sort()) w.w(0, `  ${name}\t${q.status.used?.[name] ?? '0'}\t${q.status.hard[name]}\n`);
    }
  }
  w.w(0, '\n');
  if (ranges.length === 0) return w.w(0, 'No LimitRange resource.\n');
  w.w(0, 'Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n');
  w.w(0, ' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n');
  for (const r of ranges) limits(w, r, ' ');
}

function scopes(w: Writer, q: KubeObject, title: string, bullet: string): void {
  const list = [...(q.spec?.scopes ?? [])].sort() as string[];
  if (list.length === 0) return;
  w.field(title, list.join(', '));
  for (const s of list) if (SCOPES[s]) w.w(0, `${bullet}${SCOPES[s]}\n`);
}
const SCOPES: Record<string, string> = {
  Terminating: 'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating: 'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort: 'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

export function resourceQuota(w: Writer, q: KubeObject): void {
  nameAndNamespace(w, q);
  scopes(w, q, 'Scopes', ' * ');
  w.w(0, 'Resource\tUsed\tHard\n');
  w.w(0, '--------\t----\t----\n');
  for (const name of Object.keys(q.status?.hard ?? {}).sort()) w.w(0, `${name}\t${q.status.used?.[name] ?? '0'}\t${q.status.hard[name]}\n`);
}

export function limitRange(w: Writer, r: KubeObject): void {
  nameAndNamespace(w, r);
  w.w(0, 'Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n');
  w.w(0, '----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n');
  limits(w, r, '');
}

function limits(w: Writer, r: KubeObject, prefix: string): void {
  for (const item of r.spec.limits ?? []) {
    const names = new Set(['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'].flatMap((f) => Object.keys(item[f] ?? {})));
    for (const name of [...names].sort()) w.w(0, `${prefix}${item.type}\t${name}\t${item.min?.[name] ?? '-'}\t${item.max?.[name] ?? '-'}\t${item.defaultRequest?.[name] ?? '-'}\t${item.default?.[name] ?? '-'}\t${item.maxLimitRequestRatio?.[name] ?? '-'}\n`);
  }
}
import { rfc1123 } from '../duration.ts';
