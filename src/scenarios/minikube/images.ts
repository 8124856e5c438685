import { storageProvisioner } from '../../kubernetes/addons/minikube/storage-provisioner.ts';
import type { Daemon } from '../../kubernetes/runtime/daemons.ts';
import type { Image } from '../../kubernetes/runtime/image.ts';
import { IMAGES } from '../../kubernetes/runtime/images/index.ts';

/** The catalogue's image of that name in another version. */
const other = (name: string, of: string, version?: string): Image => ({ ...IMAGES.find((image) => image.names.includes(of))!, names: [name], ...(version ? { version } : {}) });

export const VERSION = 'v1.28.3';

/** What the kicbase of minikube 1.32 has preloaded. */
export const MINIKUBE_IMAGES: Image[] = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => other(`registry.k8s.io/${name}:${VERSION}`, `registry.k8s.io/${name}:v1.28.15`, VERSION)),
  other('registry.k8s.io/etcd:3.5.9-0', 'registry.k8s.io/etcd:3.5.15-0'),
  { names: ['gcr.io/k8s-minikube/storage-provisioner:v5'], size: 31_465_472, executables: { '/storage-provisioner': 'storage-provisioner' }, entrypoint: ['/storage-provisioner'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
];

export const MINIKUBE_DAEMONS: Record<string, Daemon> = { 'storage-provisioner': storageProvisioner };
