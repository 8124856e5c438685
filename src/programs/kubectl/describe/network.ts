import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { isNotFound } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { labelSelectorText } from '../pods.ts';
import { annotations, events, formatLabels, labels, nameAndNamespace, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

async function endpointsOf(k: Kubectl, namespace: string, name: string): Promise<KubeObject | undefined> {
  try {
    return await k.rest.get(`/api/v1/namespaces/${namespace}/endpoints/${name}`);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function service(w: Writer, s: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const { metadata, spec, status = {} } = s;
  const ep = await endpointsOf(k, metadata.namespace!, metadata.name);
  nameAndNamespace(w, s);
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Selector', formatLabels(spec.selector));
  w.field('Type', spec.type);
  if (spec.ipFamilyPolicy) w.field('IP Family Policy', spec.ipFamilyPolicy);
  w.field('IP Families', spec.ipFamilies?.length ? spec.ipFamilies.join(',') : '<none>');
  w.field('IP', spec.clusterIP ?? '');
  w.field('IPs', spec.clusterIPs?.length ? spec.clusterIPs.join(',') : '<none>');
  if (spec.externalIPs?.length) w.field('External IPs', spec.externalIPs.join(','));
  if (spec.loadBalancerIP) w.field('IP', spec.loadBalancerIP);
  if (spec.externalName) w.field('External Name', spec.externalName);
  if (status.loadBalancer?.ingress?.length) w.field('LoadBalancer Ingress', status.loadBalancer.ingress.map((i: any) => i.ip || i.hostname).join(', '));
  for (const p of spec.ports ?? []) {
    const name = p.name || '<unset>';
    w.field('Port', `${name}\t${p.port}/${p.protocol}`);
    w.field('TargetPort', `${p.targetPort}/${p.protocol}`);
    if (p.nodePort) w.field('NodePort', `${name}\t${p.nodePort}/${p.protocol}`);
    w.field('Endpoints', formatEndpoints(ep, p.name ?? ''));
  }
  w.field('Session Affinity', spec.sessionAffinity ?? '');
  if (spec.externalTrafficPolicy) w.field('External Traffic Policy', spec.externalTrafficPolicy);
  if (spec.healthCheckNodePort) w.field('HealthCheck NodePort', spec.healthCheckNodePort);
  if (spec.loadBalancerSourceRanges?.length) w.field('LoadBalancer Source Ranges', spec.loadBalancerSourceRanges.join(','));
  events(w, list);
}

/** At most three addresses of the port of that name. */
function formatEndpoints(ep: KubeObject | undefined, name: string): string {
  const subsets = ep?.['subsets'] as any[] | undefined;
  if (!subsets?.length) return '<none>';
  const all = subsets.flatMap((s) => (s.ports?.length ? s.ports.filter((p: any) => (p.name ?? '') === name).flatMap((p: any) => (s.addresses ?? []).map((a: any) => `${a.ip}:${p.port}`)) : (s.addresses ?? []).map((a: any) => a.ip)));
  return all.slice(0, 3).join(',') + (all.length > 3 ? ` + ${all.length - 3} more...` : '');
}

export function endpoints(w: Writer, ep: KubeObject, list: Events): void {
  nameAndNamespace(w, ep);
  labels(w, 'Labels', ep.metadata.labels);
  annotations(w, 'Annotations', ep.metadata.annotations);
  w.w(0, 'Subsets:\n');
  for (const s of (ep['subsets'] as any[] | undefined) ?? []) {
    const ips = (l: any[] | undefined) => (l ?? []).map((a) => a.ip).join(',') || '<none>';
    w.field('Addresses', ips(s.addresses), 1);
    w.field('NotReadyAddresses', ips(s.notReadyAddresses), 1);
    if (s.ports?.length) {
      w.w(1, 'Ports:\n');
      w.w(2, 'Name\tPort\tProtocol\n');
      w.w(2, '----\t----\t--------\n');
      for (const p of s.ports) w.w(2, `${p.name || '<unset>'}\t${p.port}\t${p.protocol}\n`);
    }
    w.w(0, '\n');
  }
  events(w, list);
}

export function endpointSlice(w: Writer, eps: KubeObject, list: Events): void {
  nameAndNamespace(w, eps);
  labels(w, 'Labels', eps.metadata.labels);
  annotations(w, 'Annotations', eps.metadata.annotations);
  w.field('AddressType', eps['addressType']);
  const ports = (eps['ports'] as any[] | undefined) ?? [], ends = (eps['endpoints'] as any[] | undefined) ?? [];
  if (ports.length === 0) w.w(0, 'Ports: <unset>\n');
  else {
    w.w(0, 'Ports:\n');
    w.w(1, 'Name\tPort\tProtocol\n');
    w.w(1, '----\t----\t--------\n');
    for (const p of ports) w.w(1, `${p.name || '<unset>'}\t${p.port ?? '<unset>'}\t${p.protocol}\n`);
  }
  if (ends.length === 0) w.w(0, 'Endpoints: <none>\n');
  else {
    w.w(0, 'Endpoints:\n');
    for (const e of ends) {
      w.field('- Addresses', e.addresses.join(', ') || '<none>', 1);
      w.w(2, 'Conditions:\n');
      w.field('Ready', e.conditions?.ready ?? '<unset>', 3);
      w.field('Hostname', e.hostname ?? '<unset>', 2);
      if (e.targetRef) w.field('TargetRef', `${e.targetRef.kind}/${e.targetRef.name}`, 2);
      w.field('NodeName', e.nodeName ?? '<unset>', 2);
      w.field('Zone', e.zone ?? '<unset>', 2);
    }
  }
  events(w, list);
}

export async function ingress(w: Writer, ing: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const { metadata, spec, status = {} } = ing;
  const backend = (b: any) => describeBackend(k, metadata.namespace!, b);
  w.field('Name', metadata.name);
  labels(w, 'Labels', metadata.labels);
  w.field('Namespace', metadata.namespace);
  w.field('Address', [...new Set((status.loadBalancer?.ingress ?? []).map((i: any) => i.ip || i.hostname))].sort().join(','));
  w.field('Ingress Class', spec.ingressClassName ?? '<none>');
  const fallback = spec.defaultBackend ? await backend(spec.defaultBackend) : '<default>';
  w.field('Default backend', fallback);
  if (spec.tls?.length) {
    w.w(0, 'TLS:\n');
    for (const t of spec.tls) w.w(1, t.secretName ? `${t.secretName} terminates ${(t.hosts ?? []).join(',')}\n` : `SNI routes ${(t.hosts ?? []).join(',')}\n`);
  }
  w.w(0, 'Rules:\n  Host\tPath\tBackends\n');
  w.w(1, '----\t----\t--------\n');
  let count = 0;
  for (const rule of spec.rules ?? []) {
    if (!rule.http) continue;
    count++;
    w.w(1, `${rule.host || '*'}\t\n`);
    for (const p of rule.http.paths) w.w(2, `\t${p.path ?? ''} \t${await backend(p.backend)}\n`);
  }
  if (count === 0) w.w(1, `*\t*\t${fallback}\n`);
  annotations(w, 'Annotations', metadata.annotations);
  events(w, list);
}

async function describeBackend(k: Kubectl, namespace: string, b: any): Promise<string> {
  if (b.resource) return `APIGroup: ${b.resource.apiGroup ?? '<none>'}, Kind: ${b.resource.kind}, Name: ${b.resource.name}`;
  if (!b.service) return '';
  const { name, port } = b.service;
  const text = `${name}:${port.number || port.name}`;
  const ep = await endpointsOf(k, namespace, name);
  if (!ep) return `${text} (<error: endpoints "${name}" not found>)`;
  let svc: KubeObject;
  try {
    svc = await k.rest.get(`/api/v1/namespaces/${namespace}/services/${name}`);
  } catch (error) {
    return `${text} (<error: ${(error as Error).message}>)`;
  }
  const portName = (svc.spec.ports ?? []).find((p: any) => p.port === port.number || (port.name && p.name === port.name))?.name ?? '';
  return `${text} (${formatEndpoints(ep, portName)})`;
}

export function ingressClass(w: Writer, ic: KubeObject, list: Events): void {
  w.field('Name', ic.metadata.name);
  labels(w, 'Labels', ic.metadata.labels);
  annotations(w, 'Annotations', ic.metadata.annotations);
  w.field('Controller', ic.spec.controller);
  if (ic.spec.parameters) {
    w.w(0, 'Parameters:\n');
    if (ic.spec.parameters.apiGroup) w.field('APIGroup', ic.spec.parameters.apiGroup, 1);
    w.field('Kind', ic.spec.parameters.kind, 1);
    w.field('Name', ic.spec.parameters.name, 1);
  }
  events(w, list);
}

export function networkPolicy(w: Writer, np: KubeObject): void {
  const { metadata, spec } = np;
  nameAndNamespace(w, np);
  w.field('Created on', `${metadata.creationTimestamp!.replace('T', ' ').replace('Z', '')} +0000 UTC`);
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.w(0, 'Spec:\n');
  w.w(1, 'PodSelector: ');
  const everything = labelSelectorText(spec.podSelector) === '<none>';
  w.w(2, everything ? '<none> (Allowing the specific traffic to all pods in this namespace)\n' : `${labelSelectorText(spec.podSelector)}\n`);
  const types: string[] = spec.policyTypes ?? [];
  if (types.includes('Ingress')) {
    w.w(1, 'Allowing ingress traffic:\n');
    rules(w, spec.ingress, 'from', 'From', 'source', 'ingress');
  } else w.w(1, 'Not affecting ingress traffic\n');
  if (types.includes('Egress')) {
    w.w(1, 'Allowing egress traffic:\n');
    rules(w, spec.egress, 'to', 'To', 'destination', 'egress');
  } else w.w(1, 'Not affecting egress traffic\n');
  w.w(1, `Policy Types: ${types.join(', ') || '<none>'}\n`);
}

function rules(w: Writer, list: any[] | undefined, field: 'from' | 'to', title: string, end: string, direction: string): void {
  if (!list?.length) return w.w(0, `    <none> (Selected pods are isolated for ${direction} connectivity)\n`);
  list.forEach((rule, i) => {
    if (!rule.ports?.length) w.w(0, '    To Port: <any> (traffic allowed to all ports)\n');
    else for (const p of rule.ports) w.w(0, `    To Port: ${p.port ?? '<nil>'}/${p.protocol ?? 'TCP'}\n`);
    if (!rule[field]?.length) w.w(0, `    ${title}: <any> (traffic not restricted by ${end})\n`);
    for (const peer of rule[field] ?? []) {
      w.w(0, `    ${title}:\n`);
      if (peer.namespaceSelector) w.w(1, `    NamespaceSelector: ${labelSelectorText(peer.namespaceSelector)}\n`);
      if (peer.podSelector) w.w(1, `    PodSelector: ${labelSelectorText(peer.podSelector)}\n`);
      else if (!peer.namespaceSelector && peer.ipBlock) {
        w.w(1, '    IPBlock:\n');
        w.w(2, `    CIDR: ${peer.ipBlock.cidr}\n`);
        w.w(2, `    Except: ${(peer.ipBlock.except ?? []).join(', ')}\n`);
      }
    }
    if (i !== list.length - 1) w.w(0, '    ----------\n');
  });
}
