import { base32, sha256 } from '../runtime/sha256.ts';

/** Chain names (pkg/proxy/iptables/proxier.go portProtoHash): sixteen letters of base32(sha256(NAMESPACE/NAME[:PORT] + protocol)). */
const CACHE = new Map<string, string>();

function hash(text: string): string {
  let name = CACHE.get(text);
  if (name === undefined) {
    if (CACHE.size > 20_000) CACHE.clear();
    CACHE.set(text, (name = base32(sha256(text)).slice(0, 16)));
  }
  return name;
}

/** NAMESPACE/NAME, with :PORT when the port has a name. */
export function servicePortName(namespace: string, name: string, port: string): string {
  return port === '' ? `${namespace}/${name}` : `${namespace}/${name}:${port}`;
}

export const servicePortChain = (kind: 'SVC' | 'SVL' | 'FW' | 'EXT', servicePort: string, protocol: string): string => `KUBE-${kind}-${hash(servicePort + protocol)}`;

/** `endpoint` is IP:PORT. */
export const endpointChain = (servicePort: string, protocol: string, endpoint: string): string => `KUBE-SEP-${hash(servicePort + protocol + endpoint)}`;
