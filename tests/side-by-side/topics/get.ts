import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

const NAMESPACED = ['pods', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs', 'services', 'endpoints', 'endpointslices', 'configmaps', 'secrets', 'serviceaccounts', 'roles', 'rolebindings', 'ingresses', 'networkpolicies', 'pdb', 'resourcequotas', 'limitranges', 'pvc', 'leases', 'controllerrevisions', 'gatos', 'events'];
const OF_THE_CLUSTER = ['nodes', 'namespaces', 'pv', 'storageclasses', 'priorityclasses', 'clusterroles', 'clusterrolebindings', 'ingressclasses', 'runtimeclasses', 'crd', 'apiservices', 'componentstatuses', 'flowschemas', 'prioritylevelconfigurations', 'csr', 'validatingwebhookconfigurations'];

export const get: Topic = {
  topic: 'get',
  files: FILES,
  setup: SETUP,
  reads: true,
  commands: [
    ...NAMESPACED.flatMap((kind) => ['', ' -o wide', ' -o yaml', ' -o json', ' -o name', ' --show-labels'].map((format) => `kubectl get ${kind} -n tienda${format}`)),
    ...['', ' -o wide', ' -o yaml', ' -o json', ' -o name', ' --show-labels'].map((format) => `kubectl get hpa${format}`),
    ...OF_THE_CLUSTER.flatMap((kind) => ['', ' -o wide', ' -o yaml', ' -o json', ' -o name', ' --show-labels'].map((format) => `kubectl get ${kind}${format}`)),
  ],
};
