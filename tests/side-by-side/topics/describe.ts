import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** The fifteen seconds of the autoscaler's loop keep its events young, so its are left out. */
const quiet = (what: string) => `kubectl describe ${what} --show-events=false`;

export const describe: Topic = {
  topic: 'describe',
  files: FILES,
  setup: SETUP,
  reads: true,
  commands: [
    ...[
      'pod solo', 'pod pendiente', 'pods', 'pods -l app=web', 'po -l app=db', 'pod/solo service/web', 'deployment web', 'deploy', 'rs', 'rs -l app=web', 'statefulset db', 'sts/db', 'daemonset agente', 'ds', 'job una-vez', 'jobs', 'cronjob cada-noche', 'service web', 'svc web-np', 'svc fuera', 'svc db', 'svc', 'endpoints web', 'ep', 'endpointslices', 'configmap ajustes', 'cm', 'secret clave', 'secrets', 'sa robot', 'sa', 'role lector', 'rolebinding robot-lee',
      'ingress entrada', 'ing', 'networkpolicy solo-web', 'netpol', 'pdb web', 'quota', 'resourcequota tope', 'limitrange limites', 'limits', 'pvc datos', 'pvc', 'lease cerrojo', 'controllerrevisions', 'gato misi', 'gatos', 'gatos.ejemplo.com/misi',
    ].map((what) => `kubectl describe ${what} -n tienda`),
    quiet('hpa spink'), quiet('hpa'), quiet('pod solo -n tienda'), quiet('deploy web -n tienda'), quiet('node worker-1'), quiet('nodes'),
    ...[
      'namespace tienda', 'ns', 'pv pv-1', 'pv', 'sc lenta', 'sc', 'priorityclass urgente', 'pc', 'clusterrole mira-nodos', 'clusterrole view', 'clusterrole edit', 'clusterrole cluster-admin', 'clusterrolebinding mira-nodos', 'clusterrolebinding cluster-admin', 'ingressclass nginx', 'runtimeclass gvisor', 'crd gatos.ejemplo.com', 'apiservice v1.apps', 'apiservice v1.ejemplo.com', 'flowschema exempt', 'prioritylevelconfiguration exempt', 'componentstatus etcd-0',
      'pod nada', 'nada', 'nada nada', '', 'pod', 'deploy nada -n tienda', 'deploy/web pod/nada -n tienda', 'pods -l app=nada', '-f todo.yaml --show-events=false', '-f gato.yaml', '-f nada.yaml', 'pod spink', 'svc spink', 'svc kubernetes', 'deploy spink', 'pods -n kube-system -l k8s-app=kube-dns', 'ds kube-proxy -n kube-system', 'cm coredns -n kube-system', 'po -n kube-system kube-apiserver-control-plane', 'po -n kube-system etcd-control-plane', 'deploy coredns -n kube-system', 'role -n kube-system kube-proxy', 'lease -n kube-node-lease worker-1 --show-events=false', 'pod web -n tienda', 'po -A -l app=spink', 'svc -A', 'pods solo -n tienda --show-events=nada', 'pod/solo pod/pendiente -n tienda', 'pod solo deploy web -n tienda',
    ].map((what) => `kubectl describe ${what}`),
    'kubectl events -n tienda --for pod/solo', 'kubectl events -n tienda --for pod/solo -o name', 'kubectl events --for nada', 'kubectl events -n vacio', 'kubectl events -n tienda --for deploy/web', 'kubectl events -n tienda --for pod/pendiente --types=Warning', 'kubectl events -n tienda --types=Nada', 'kubectl events -A --types Nada',
  ],
};
