import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { type Access, readKubeconfig } from '../runtime/kubeconfig.ts';
import { flag } from '../runtime/klog.ts';
import { readCertificate } from '../runtime/pki.ts';
import { parseOnce } from '../runtime/yaml.ts';

/** What the kubelet takes from its files when it starts. */
export interface LoadedConfig {
  staticPodPath: string;
  clusterDNS: string | undefined;
  clusterDomain: string | undefined;
  /** What the node keeps back from its Pods: amounts or parts (10%) by eviction signal. */
  evictionHard: Readonly<Record<string, string>>;
  access: Access;
  /** The CA whose client certificates the kubelet believes. */
  clientCa: string;
}

/** Reads --config and --kubeconfig. A text is why the kubelet ends with 1 at once (cmd/kubelet/app/server.go). */
export function loadConfig(process: Process): LoadedConfig | string {
  const path = flag(process, 'config') ?? '/var/lib/kubelet/config.yaml', kubeconfig = flag(process, 'kubeconfig') ?? '/etc/kubernetes/kubelet.conf';
  const failed = (why: string) => `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${why}`;
  if (!process.fs.exists(path)) return failed(`failed to read kubelet config file "${path}", error: open ${path}: no such file or directory`);
  let config: { kind?: string; apiVersion?: string; staticPodPath?: string; clusterDNS?: string[]; clusterDomain?: string; evictionHard?: Record<string, string>; authentication?: { x509?: { clientCAFile?: string } } };
  try {
    config = parseOnce(process.fs.readFile(path)) as typeof config;
  } catch (error) {
    return failed(`failed to decode: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
  if (typeof config !== 'object' || config === null || !config.kind || !config.apiVersion) return failed(`failed to decode: Object 'Kind' is missing in '${process.fs.readFile(path).trim().slice(0, 80)}'`);
  if (config.kind !== 'KubeletConfiguration') return failed(`failed to decode: no kind "${config.kind}" is registered for version "${config.apiVersion}" in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"`);
  const ca = config.authentication?.x509?.clientCAFile;
  if (ca && !process.fs.exists(ca)) return `failed to construct kubelet dependencies: unable to load client CA file ${ca}: open ${ca}: no such file or directory`;
  try {
    return { staticPodPath: config.staticPodPath ?? '', clusterDNS: config.clusterDNS?.[0], clusterDomain: config.clusterDomain, evictionHard: config.evictionHard ?? EVICTION_HARD, access: readKubeconfig(process, kubeconfig), clientCa: (ca && readCertificate(process.fs.readFile(ca))?.cn) || '' };
  } catch (error) {
    if (error instanceof FileError && !process.fs.exists(kubeconfig)) return `failed to run Kubelet: unable to load bootstrap kubeconfig: stat ${flag(process, 'bootstrap-kubeconfig') ?? ''}: no such file or directory`;
    return `failed to run Kubelet: invalid kubeconfig: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}

/** What the kubelet evicts at when its configuration does not say (pkg/kubelet/apis/config/v1beta1/defaults_linux.go). */
export const EVICTION_HARD = { 'imagefs.available': '15%', 'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%' };
