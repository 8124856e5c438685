import { KubeProxyConfigError, type KubeProxyConfig } from './config.ts';

/** How rules tell a pod of this node (pkg/util/proxy/iptables, LocalTrafficDetector). */
export interface LocalDetector {
  /** What matches packets of local pods, and those of all others. */
  local: string;
  notLocal: string;
}

/** Undefined: pods cannot be told from others, and nothing is masqueraded for them. Throws KubeProxyConfigError. */
export function localDetector(config: KubeProxyConfig, podCIDR: string | undefined, warn: (text: string) => void): LocalDetector | undefined {
  const match = (how: string): LocalDetector => ({ local: how, notLocal: `! ${how}` });
  const { detectLocalMode: mode = '', detectLocal = {}, clusterCIDR = '' } = config;
  switch (mode) {
    case '':
    case 'ClusterCIDR':
      if (clusterCIDR !== '') return match(`-s ${clusterCIDR}`);
      warn(mode === '' ? '"Detect-local-mode set to ClusterCIDR, but no cluster CIDR defined"' : '"Detect-local-mode set to ClusterCIDR, but no cluster CIDR defined"');
      break;
    case 'NodeCIDR':
      if (podCIDR) return match(`-s ${podCIDR}`);
      warn('"Detect-local-mode set to NodeCIDR, but no PodCIDR defined at node"');
      break;
    case 'BridgeInterface':
      if (detectLocal.bridgeInterface) return match(`-i ${detectLocal.bridgeInterface}`);
      break;
    case 'InterfaceNamePrefix':
      if (detectLocal.interfaceNamePrefix) return match(`-i ${detectLocal.interfaceNamePrefix}+`);
      break;
    default:
      throw new KubeProxyConfigError(`failed validate: KubeProxyConfiguration.DetectLocalMode: Invalid value: "${mode}": must be ClusterCIDR,NodeCIDR,BridgeInterface,InterfaceNamePrefix or blank (blank means the default, ClusterCIDR)`);
  }
  warn('"Defaulting to no-op detect-local"');
  return undefined;
}
