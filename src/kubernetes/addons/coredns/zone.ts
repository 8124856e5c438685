import type { KubeObject } from '../../api/types.ts';
import type { Informer } from '../../client/informer.ts';
import type { DnsMessage, DnsRecord, Rcode } from '../../../linux/net/dns-message.ts';

export interface Zone {
  services: Informer;
  slices: Informer;
  namespaces: Informer;
  domain: string;
  ttl: number;
  serial: number;
  /** Names of Pods by their address: none, of any address, or of Pods that there are (`podList`). */
  pods: 'disabled' | 'insecure' | 'verified';
  podList?: Informer;
  /** Whether it answers for addresses too. */
  reverse: boolean;
  /** The only namespaces it knows. */
  only?: string[] | undefined;
}

interface Answer {
  rcode: Rcode;
  records: DnsRecord[];
  extra?: DnsRecord[];
  /** CNAME target outside the zone, to be asked upstream. */
  external?: string;
}

/** CoreDNS's kubernetes plugin: what a question about the cluster's zone, or a reverse one, is answered; undefined when it is not ours. */
export function resolve(zone: Zone, question: DnsMessage['question']): Answer | undefined {
  const name = question.name.toLowerCase().replace(/\.?$/, '.');
  const suffix = `${zone.domain}.`;
  if (/\.(in-addr|ip6)\.arpa\.$/.test(name)) return zone.reverse ? reverse(zone, name, question) : undefined;
  if (name !== suffix && !name.endsWith(`.${suffix}`)) return undefined;
  const labels = name === suffix ? [] : name.slice(0, -suffix.length - 1).split('.');
  return ask(zone, labels, question, name);
}

/** SOA of the zone, for answers without records. */
export function soa(zone: Zone): DnsRecord {
  return { name: `${zone.domain}.`, type: 'SOA', ttl: zone.ttl, data: `ns.dns.${zone.domain}. hostmaster.${zone.domain}. ${zone.serial} 7200 1800 86400 ${zone.ttl}` };
}

const NXDOMAIN: Answer = { rcode: 'NXDOMAIN', records: [] };
const NODATA: Answer = { rcode: 'NOERROR', records: [] };

function ask(zone: Zone, labels: string[], { type }: DnsMessage['question'], name: string): Answer {
  const record = (kind: DnsRecord['type'], data: string, of = name): DnsRecord => ({ name: of, type: kind, ttl: zone.ttl, data });
  if (labels.length === 0) return type === 'SOA' ? { rcode: 'NOERROR', records: [soa(zone)] } : type === 'NS' ? { rcode: 'NOERROR', records: [record('NS', `ns.dns.${zone.domain}.`)] } : NODATA;
  if (labels.join('.') === 'dns-version') return type === 'TXT' ? { rcode: 'NOERROR', records: [record('TXT', '"1.1.0"')] } : NODATA;
  const kind = labels.at(-1);
  if (labels.length > 1 && zone.only && !zone.only.includes(labels.at(-2)!)) return NXDOMAIN;
  if (kind === 'pod') {
    if (zone.pods === 'disabled') return NXDOMAIN;
    const [ip, namespace] = labels.length === 3 ? labels : [];
    const dotted = ip?.replaceAll('-', '.');
    if (!dotted || !/^\d+\.\d+\.\d+\.\d+$/.test(dotted) || !zone.namespaces.get(undefined, namespace!)) return labels.length < 3 && (labels.length === 1 || zone.namespaces.get(undefined, labels[0]!)) ? NODATA : NXDOMAIN;
    if (zone.pods === 'verified' && !zone.podList?.list().some((p) => p.metadata.namespace === namespace && p.status?.podIP === dotted)) return NXDOMAIN;
    return type === 'A' || type === 'ANY' ? { rcode: 'NOERROR', records: [record('A', dotted)] } : NODATA;
  }
  if (kind !== 'svc') return NXDOMAIN;
  if (labels.length === 1) return NODATA;
  const namespace = labels.at(-2)!;
  if (labels.length === 2) return zone.namespaces.get(undefined, namespace) ? NODATA : NXDOMAIN;
  const service = zone.services.get(namespace, labels.at(-3)!);
  if (!service) return NXDOMAIN;
  const rest = labels.slice(0, -3);
  if (service.spec.type === 'ExternalName') {
    if (rest.length > 0) return NXDOMAIN;
    return { rcode: 'NOERROR', records: [record('CNAME', `${service.spec.externalName}.`)], external: `${service.spec.externalName}.` };
  }
  return service.spec.clusterIP === 'None' ? headless(zone, service, rest, type, name) : clustered(zone, service, rest, type, name);
}

function clustered(zone: Zone, service: KubeObject, rest: string[], type: string, name: string): Answer {
  const host = `${service.metadata.name}.${service.metadata.namespace}.svc.${zone.domain}.`;
  const a = (of: string): DnsRecord => ({ name: of, type: 'A', ttl: zone.ttl, data: service.spec.clusterIP });
  const ports = matching(service.spec.ports ?? [], rest);
  if (!ports) return NXDOMAIN;
  if (type === 'A' || type === 'ANY') return rest.length === 0 ? { rcode: 'NOERROR', records: [a(name)] } : { rcode: 'NOERROR', records: [a(name)] };
  if (type === 'SRV') return { rcode: 'NOERROR', records: ports.map((p) => ({ name, type: 'SRV', ttl: zone.ttl, data: `0 ${Math.floor(100 / ports.length)} ${p.port} ${host}` })), extra: [a(host)] };
  return NODATA;
}

function headless(zone: Zone, service: KubeObject, rest: string[], type: string, name: string): Answer {
  const { namespace, name: serviceName } = service.metadata;
  const base = `${serviceName}.${namespace}.svc.${zone.domain}.`;
  const records: DnsRecord[] = [], extra: DnsRecord[] = [];
  const one = rest.length === 1 ? rest[0] : undefined;
  const ports = matching(endpointPorts(zone, namespace!, serviceName), one === undefined ? rest : []);
  if (!ports) return NXDOMAIN;
  for (const slice of slicesOf(zone, namespace!, serviceName)) for (const e of (slice['endpoints'] ?? []) as { addresses: string[]; hostname?: string; conditions?: { ready?: boolean } }[]) {
    if (e.conditions?.ready === false && !service.spec.publishNotReadyAddresses) continue;
    for (const ip of e.addresses) {
      const label = e.hostname ?? ip.replaceAll('.', '-');
      if (one !== undefined && one !== label) continue;
      if (type === 'A' || type === 'ANY') records.push({ name, type: 'A', ttl: zone.ttl, data: ip });
      else if (type === 'SRV') for (const p of ports) {
        records.push({ name, type: 'SRV', ttl: zone.ttl, data: `0 100 ${p.port} ${label}.${base}` });
        extra.push({ name: `${label}.${base}`, type: 'A', ttl: zone.ttl, data: ip });
      } else records.push({ name, type: 'AAAA', ttl: 0, data: '' });
    }
  }
  if (records.length === 0) return NXDOMAIN;
  if (records[0]!.data === '') return NODATA;
  if (type === 'SRV') for (const r of records) r.data = r.data.replace('0 100', `0 ${Math.max(1, Math.floor(100 / records.length))}`);
  return { rcode: 'NOERROR', records, extra };
}

/** _PORT._PROTOCOL before the service; undefined when there is no such port. */
function matching(ports: { name?: string; port: number; protocol?: string }[], rest: string[]): { port: number }[] | undefined {
  if (rest.length === 0) return ports;
  if (rest.length !== 2) return undefined;
  const [port, protocol] = rest.map((r) => r.replace(/^_/, '')) as [string, string];
  const found = ports.filter((p) => (port === '*' || (p.name ?? '') === port) && (protocol === '*' || (p.protocol ?? 'TCP').toLowerCase() === protocol));
  return found.length > 0 ? found : undefined;
}

function slicesOf(zone: Zone, namespace: string, service: string): KubeObject[] {
  return zone.slices.byIndex('service', `${namespace}/${service}`).filter((s) => s['addressType'] === 'IPv4');
}

function endpointPorts(zone: Zone, namespace: string, service: string): { name?: string; port: number; protocol?: string }[] {
  return slicesOf(zone, namespace, service).flatMap((s) => (s['ports'] ?? []) as { name?: string; port: number; protocol?: string }[]);
}

function reverse(zone: Zone, name: string, { type }: DnsMessage['question']): Answer | undefined {
  const ip = name.replace(/\.in-addr\.arpa\.$/, '').split('.').reverse().join('.');
  const ptr = (data: string): Answer => (type === 'PTR' || type === 'ANY' ? { rcode: 'NOERROR', records: [{ name, type: 'PTR', ttl: zone.ttl, data }] } : NODATA);
  const service = zone.services.list().find((s) => s.spec.clusterIP === ip);
  if (service) return ptr(`${service.metadata.name}.${service.metadata.namespace}.svc.${zone.domain}.`);
  for (const slice of zone.slices.list()) for (const e of (slice['endpoints'] ?? []) as { addresses: string[]; hostname?: string }[]) if (e.addresses.includes(ip)) {
    return ptr(`${e.hostname ?? ip.replaceAll('.', '-')}.${slice.metadata.labels?.['kubernetes.io/service-name']}.${slice.metadata.namespace}.svc.${zone.domain}.`);
  }
  return undefined;
}
