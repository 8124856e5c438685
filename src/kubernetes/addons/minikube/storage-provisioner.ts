import type { KubeObject } from '../../api/types.ts';
import { ApiError, ConnectionError, core } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { FileError } from '../../../linux/files.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';
import { klog } from '../../runtime/klog.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';

const PROVISIONER = 'k8s.io/minikube-hostpath', ROOT = '/tmp/hostpath-provisioner', CLAIMS = core('persistentvolumeclaims'), VOLUMES = core('persistentvolumes');

/** minikube's storage-provisioner: a directory of the node for each claim of its class, at once (pkg/storage/storage_provisioner.go). */
export const storageProvisioner: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  const { clock } = process.world;
  try {
    const client = clientFor(process, inCluster(process), 'storage-provisioner');
    klog(process, 'I', 'main.go:39', 'Initializing the minikube storage provisioner...');
    const quietly = (action: () => void) => {
      try {
        action();
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      }
    };
    const provision = (claim: KubeObject) => quietly(() => {
      const name = `pvc-${claim.metadata.uid}`, { namespace = '', annotations = {} } = claim.metadata;
      if (annotations['volume.kubernetes.io/storage-provisioner'] !== PROVISIONER || claim.spec.volumeName || client.find(VOLUMES, undefined, name)) return;
      const path = `${ROOT}/${namespace}/${claim.metadata.name}`;
      process.fs.mkdir(path, { parents: true });
      klog(process, 'I', 'storage_provisioner.go:79', `Provisioned volume ${name} at ${path}`);
      client.create(VOLUMES, {
        apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, annotations: { hostPathProvisionerIdentity: process.machine.world.rng.fork('hostpath').uuid(), 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
        spec: {
          accessModes: claim.spec.accessModes, capacity: { storage: claim.spec.resources.requests.storage }, persistentVolumeReclaimPolicy: 'Delete', storageClassName: claim.spec.storageClassName, volumeMode: 'Filesystem', hostPath: { path, type: '' },
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: claim.metadata.name, namespace, uid: claim.metadata.uid, resourceVersion: claim.metadata.resourceVersion },
        },
      });
    });
    const release = (pv: KubeObject) => {
      if (pv.status?.phase === 'Released' && pv.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === PROVISIONER && pv.spec.persistentVolumeReclaimPolicy === 'Delete') quietly(() => client.delete(VOLUMES, undefined, pv.metadata.name));
    };
    for (const informer of [new Informer(client, clock, CLAIMS).on({ add: provision, update: provision }), new Informer(client, clock, VOLUMES).on({ update: release })]) {
      informer.start();
      process.onExit(() => informer.stop());
    }
    klog(process, 'I', 'controller.go:132', 'Started provisioner controller');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    klog(process, 'F', 'main.go:39', `error getting server version: open ${error.path}: no such file or directory`);
    process.exit(1);
  }
};
