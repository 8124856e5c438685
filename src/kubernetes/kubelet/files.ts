import type { KubeObject } from '../api/types.ts';
import type { Sandbox } from '../runtime/containers.ts';
import type { KubeletOptions } from './config.ts';

/** The files the kubelet writes for a pod: /etc/hosts and /etc/resolv.conf. */
export function etcHosts(pod: KubeObject, options: KubeletOptions, sandbox: Sandbox): string {
  const aliases = ((pod.spec.hostAliases ?? []) as { ip: string; hostnames: string[] }[]).map((a) => `${a.ip}\t${a.hostnames.join('\t')}\n`).join('');
  const extra = aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`;
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${options.machine.fs.exists('/etc/hosts') ? options.machine.fs.readFile('/etc/hosts') : ''}${extra}`;
  const name = sandbox.uts.hostname;
  const fqdn = pod.spec.subdomain ? `${name}.${pod.spec.subdomain}.${pod.metadata.namespace}.svc.${options.clusterDomain}\t${name}` : name;
  return `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n${sandbox.ip ?? ''}\t${fqdn}\n${extra}`;
}

export function resolvConf(pod: KubeObject, options: KubeletOptions): string {
  const host = options.machine.fs.exists('/etc/resolv.conf') ? options.machine.fs.readFile('/etc/resolv.conf') : '';
  const policy: string = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const of = (word: string) => [...host.matchAll(new RegExp(`^${word}[ \\t]+(.*)$`, 'gm'))].flatMap((m) => m[1]!.trim().split(/\s+/));
  let nameservers = of('nameserver'), search = of('search'), dnsOptions = of('options');
  if (policy === 'None') [nameservers, search, dnsOptions] = [[], [], []];
  else if (policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec.hostNetwork)) {
    const d = options.clusterDomain;
    search = [`${pod.metadata.namespace}.svc.${d}`, `svc.${d}`, d, ...search];
    nameservers = [options.clusterDNS];
    dnsOptions = ['ndots:5'];
  }
  const custom = pod.spec.dnsConfig as { nameservers?: string[]; searches?: string[]; options?: { name: string; value?: string }[] } | undefined;
  if (custom) {
    nameservers = [...new Set([...nameservers, ...(custom.nameservers ?? [])])];
    search = [...new Set([...search, ...(custom.searches ?? [])])];
    const map = new Map(dnsOptions.map((o) => o.split(':') as [string, string | undefined]));
    for (const o of custom.options ?? []) map.set(o.name, o.value);
    dnsOptions = [...map].map(([k, v]) => (v === undefined ? k : `${k}:${v}`));
  }
  return [search.length ? `search ${search.join(' ')}\n` : '', ...nameservers.map((n) => `nameserver ${n}\n`), dnsOptions.length ? `options ${dnsOptions.join(' ')}\n` : ''].join('');
}
