import { parseYaml, YamlError } from '../../kubernetes/yaml/parse.ts';
import { range, text } from '../../kubernetes/cni/addresses.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { option, VERSION } from './cluster.ts';
import { Refused } from './refused.ts';

/** What kubeadm init makes, from its flags or from --config (kubeadm.k8s.io/v1beta3). */
export interface Settings {
  advertiseAddress: string;
  /** Of the load balancer or name in front of several control planes. */
  endpoint: string | undefined;
  podSubnet: string;
  serviceSubnet: string;
  dnsDomain: string;
  nodeName: string;
  token: string | undefined;
  version: string;
  certSANs: string[];
}

interface Documents {
  ClusterConfiguration?: { networking?: { podSubnet?: string; serviceSubnet?: string; dnsDomain?: string }; controlPlaneEndpoint?: string; kubernetesVersion?: string; apiServer?: { certSANs?: string[] } };
  InitConfiguration?: { localAPIEndpoint?: { advertiseAddress?: string }; nodeRegistration?: { name?: string }; bootstrapTokens?: { token?: string }[] };
}

/** The flags that may stand beside --config (cmd/kubeadm/app/apis/kubeadm/validation, isAllowedFlag). */
const BESIDE = /^(config|ignore-preflight-errors|dry-run|kubeconfig|node-name|cri-socket|skip-.*|upload-certs|certificate-key|v|rootfs|print-join-command)$/;
/** API versions that kubeadm 1.28 has dropped, and the last release that read each. */
const OLD: Readonly<Record<string, string>> = { v1alpha1: 'v1.11', v1alpha2: 'v1.12', v1alpha3: 'v1.14', v1beta1: 'v1.15', v1beta2: 'v1.22' };

export function settings(p: Process, args: readonly string[], ownAddress: string): Settings {
  const file = option(args, 'config');
  if (file !== undefined) {
    const mixed = args.filter((a) => a.startsWith('--')).map((a) => a.slice(2).split('=')[0]!).filter((name) => !BESIDE.test(name)).sort();
    if (mixed.length > 0) throw new Refused(`can not mix '--config' with arguments [${mixed.join(' ')}]`);
  }
  const { ClusterConfiguration: cluster = {}, InitConfiguration: own = {} } = file === undefined ? ({} as Documents) : documents(p, file), { networking = {} } = cluster;
  const version = cluster.kubernetesVersion ?? option(args, 'kubernetes-version') ?? VERSION;
  return {
    advertiseAddress: own.localAPIEndpoint?.advertiseAddress ?? option(args, 'apiserver-advertise-address') ?? ownAddress,
    endpoint: cluster.controlPlaneEndpoint ?? option(args, 'control-plane-endpoint'),
    podSubnet: networking.podSubnet ?? option(args, 'pod-network-cidr') ?? '',
    serviceSubnet: networking.serviceSubnet ?? option(args, 'service-cidr') ?? '10.96.0.0/12',
    dnsDomain: networking.dnsDomain ?? option(args, 'service-dns-domain') ?? 'cluster.local',
    nodeName: own.nodeRegistration?.name ?? option(args, 'node-name') ?? p.uts.hostname,
    token: own.bootstrapTokens?.[0]?.token ?? option(args, 'token'),
    version: supported(version),
    certSANs: cluster.apiServer?.certSANs ?? [],
  };
}

/** The first address of the Services' range, which is the API server's own. */
export const apiAddress = (serviceSubnet: string): string => text(range(serviceSubnet)[0] + 1);
/** Its tenth, which is CoreDNS'. */
export const dnsAddress = (serviceSubnet: string): string => text(range(serviceSubnet)[0] + 10);

/** `stable`, `latest` and their kin are asked of dl.k8s.io, which this world does not have: kubeadm then takes its own. */
function supported(version: string): string {
  const [, minor] = /^v?1\.(\d+)/.exec(version) ?? [];
  if (minor === undefined) return VERSION;
  if (Number(minor) < 27) throw new Refused(`this version of kubeadm only supports deploying clusters with the control plane version >= 1.27.0. Current version: ${version}`);
  return version.startsWith('v') ? version : `v${version}`;
}

/** The documents of a configuration file, by kind. */
function documents(p: Process, file: string): Documents {
  let content: string;
  try {
    content = p.fs.readFile(file, p.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Refused(`unable to read config from ${JSON.stringify(file)} : open ${file}: ${error.message.toLowerCase()}`);
  }
  const out: Record<string, unknown> = {};
  for (const part of content.split(/^---.*$/m).filter((text) => text.replace(/^\s*(#.*)?$/gm, '').trim() !== '')) {
    let found: { apiVersion?: unknown; kind?: unknown } | null;
    try {
      found = parseYaml(part) as typeof found;
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      throw new Refused(`error converting YAML to JSON: ${error.message}`);
    }
    const [group, version = ''] = String(found?.apiVersion ?? '').split('/'), kind = String(found?.kind ?? '');
    if (!version || !kind) throw new Refused(`invalid configuration for GroupVersionKind ${version ? group : ''}/${version}, Kind=${kind}: kind and apiVersion is mandatory information that must be specified`);
    if (group === 'kubeadm.k8s.io' && OLD[version]) throw new Refused(`your configuration file uses an old API spec: "${group}/${version}". Please use kubeadm ${OLD[version]} instead and run 'kubeadm config migrate --old-config old.yaml --new-config new.yaml', which will write the new, similar spec using a newer API version.`);
    if (kind in out) throw new Refused(`invalid configuration: kind "${kind}" is specified twice in YAML file`);
    out[kind] = found;
  }
  if (!('ClusterConfiguration' in out) && !('InitConfiguration' in out)) throw new Refused('no InitConfiguration or ClusterConfiguration kind was found in the YAML file');
  return out as Documents;
}
