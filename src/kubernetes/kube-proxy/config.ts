import { type Micros, SECOND } from '../../sim/clock.ts';
import { parseGoDuration } from '../kubelet/duration.ts';
import { flag } from '../runtime/klog.ts';
import type { Flags } from '../runtime/daemons.ts';

/** KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), as far as it is heeded. */
export interface KubeProxyConfig {
  clusterCIDR?: string;
  mode?: string;
  detectLocalMode?: string;
  detectLocal?: { bridgeInterface?: string; interfaceNamePrefix?: string };
  iptables?: { masqueradeAll?: boolean; localhostNodePorts?: boolean | null; minSyncPeriod?: string; syncPeriod?: string };
  ipvs?: { scheduler?: string; strictARP?: boolean };
  /** CIDRs: nodePorts are served on the node's addresses in them, on all when there are none. */
  nodePortAddresses?: string[] | null;
}

/** A configuration that kube-proxy does not start with. */
export class KubeProxyConfigError extends Error {}

/** Without a file, what the flags say. */
export function configOfFlags(flags: Flags): KubeProxyConfig {
  const text = (name: string) => flag(flags, name) || undefined, on = (name: string) => /^(true|1|t|)$/i.test(flag(flags, name) ?? 'false');
  return {
    clusterCIDR: text('cluster-cidr'), mode: text('proxy-mode'), detectLocalMode: text('detect-local-mode'), iptables: { masqueradeAll: on('masquerade-all') },
    detectLocal: { bridgeInterface: text('pod-bridge-interface'), interfaceNamePrefix: text('pod-interface-name-prefix') }, ...(text('nodeport-addresses') ? { nodePortAddresses: text('nodeport-addresses')!.split(',') } : {}),
  };
}

/** A duration of the configuration in microseconds; zero and nothing mean the default. */
export function period(given: string | undefined, otherwise: Micros): Micros {
  const parsed = given ? parseGoDuration(given) : 0;
  return parsed > 0 ? parsed : otherwise;
}

export const MIN_SYNC = SECOND, SYNC = 30 * SECOND;
