import type { KubeObject } from '../api/types.ts';
import { ApiError, ConnectionError, core } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { FileError } from '../../linux/files.ts';
import { MS } from '../../sim/clock.ts';
import { type Daemon, endsOn } from '../runtime/daemons.ts';
import { clientFor, inCluster } from '../runtime/kubeconfig.ts';

const PROVISIONER = 'rancher.io/local-path', CLAIMS = core('persistentvolumeclaims'), VOLUMES = core('persistentvolumes');

/** rancher/local-path-provisioner: a directory on the node that the scheduler chose, as a PersistentVolume for the claim. */
export const localPathProvisioner: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  const { clock } = process.world;
  try {
    const client = clientFor(process, inCluster(process), 'local-path-provisioner');
    const identity = `${PROVISIONER}_${process.uts.hostname}_${process.world.rng.fork(`local-path/${process.startedAt}`).uuid()}`;
    const recorder = new EventRecorder(client, clock, process.world.rng.fork('events/local-path'), { component: identity });
    const provision = (claim: KubeObject) => {
      try {
        consider(claim);
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      }
    };
    const consider = (claim: KubeObject) => {
      const node = claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
      if (claim.metadata.annotations?.['volume.kubernetes.io/storage-provisioner'] !== PROVISIONER || !node || claim.spec.volumeName || claim.status?.phase !== 'Pending') return;
      const name = `pvc-${claim.metadata.uid}`;
      if (client.find(VOLUMES, undefined, name)) return;
      recorder.event(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${claim.metadata.namespace}/${claim.metadata.name}"`);
      clock.after(1500 * MS, () => {
        if (!process.running) return;
        try {
          client.create(VOLUMES, {
            apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, annotations: { 'local.path.provisioner/selected-node': node, 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
            spec: {
              accessModes: claim.spec.accessModes, capacity: { storage: claim.spec.resources.requests.storage }, persistentVolumeReclaimPolicy: 'Delete', storageClassName: claim.spec.storageClassName, volumeMode: 'Filesystem',
              claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: claim.metadata.name, namespace: claim.metadata.namespace, uid: claim.metadata.uid, resourceVersion: claim.metadata.resourceVersion },
              hostPath: { path: `/var/local-path-provisioner/${name}_${claim.metadata.namespace}_${claim.metadata.name}`, type: 'DirectoryOrCreate' },
              nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } },
            },
          });
          recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
        } catch (error) {
          if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
        }
      });
    };
    const claims = new Informer(client, clock, CLAIMS).on({ add: provision, update: provision });
    const volumes = new Informer(client, clock, VOLUMES).on({ update: (pv) => {
      if (pv.status?.phase !== 'Released' || pv.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== PROVISIONER || pv.spec.persistentVolumeReclaimPolicy !== 'Delete') return;
      clock.after(1000 * MS, () => {
        try {
          if (process.running) client.delete(VOLUMES, undefined, pv.metadata.name);
        } catch (error) {
          if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
        }
      });
    } });
    for (const i of [claims, volumes]) {
      i.start();
      process.onExit(() => i.stop());
    }
    process.onExit(() => recorder.stop());
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    void process.err(`time="${new Date(process.now / 1000).toISOString().slice(0, 19)}Z" level=fatal msg="Error starting daemon: unable to get client config: ${error.message}"\n`);
    process.exit(1);
  }
};
