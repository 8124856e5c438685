import type { Image } from '../runtime/image.ts';
import { IMAGES } from '../runtime/images/index.ts';

/** Rancher's mirrors of what k3s runs: the same images under other names. */
const mirror = (name: string, of: string): Image => ({ ...IMAGES.find((image) => image.names.includes(of))!, names: [name] });

export const K3S_IMAGES: Image[] = [
  mirror('docker.io/rancher/mirrored-pause:3.6', 'registry.k8s.io/pause:3.9'),
  mirror('docker.io/rancher/mirrored-coredns-coredns:1.12.1', 'registry.k8s.io/coredns/coredns:v1.10.1'),
  mirror('docker.io/rancher/local-path-provisioner:v0.0.31', 'docker.io/kindest/local-path-provisioner:v20240202-8f1494ea'),
];
