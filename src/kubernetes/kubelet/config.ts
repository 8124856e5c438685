import type { ApiClient } from '../client/client.ts';
import type { Machine } from '../../linux/machine.ts';
import type { Process } from '../../linux/process.ts';
import type { ContainerRuntime } from '../runtime/cri.ts';

/** What the kubelet is told by its flags, its KubeletConfiguration and its kubeconfig. */
export interface KubeletOptions {
  machine: Machine;
  /** The kubelet's own process: it acts while that lives. */
  process: Process;
  runtime: ContainerRuntime;
  client: ApiClient;
  nodeName: string;
  nodeIP: string;
  /** v1.28.15 */
  version: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  annotations?: Record<string, string>;
  clusterDNS: string;
  clusterDomain: string;
  staticPodPath: string;
  evictionHard?: Readonly<Record<string, string>>;
  /** --provider-id */
  providerID?: string;
  osImage: string;
  capacity: { cpu: string; memory: string; ephemeralStorage: string; pods: string };
}
