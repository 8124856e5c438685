import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** Files that cannot be read, in every command that takes some, and what describe shows of all kinds. */
export const files: Topic = {
  topic: 'files',
  files: { ...FILES, 'roto.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a', 'kind.yaml': 'apiVersion: v1\nkind: Nada\nmetadata: {name: a}\n', 'sin.yaml': 'a: 1\n', 'vacio/nada.txt': '' },
  setup: SETUP,
  reads: true,
  commands: [
    ...[
      'get -f roto.yaml', 'get -f kind.yaml', 'get -f sin.yaml', 'get -f vacio', 'get -f roto.yaml -f kind.yaml', 'apply -f roto.yaml', 'apply -f kind.yaml', 'apply -f sin.yaml', 'apply -f vacio', 'apply -k vacio',
      'apply -f roto.yaml -f kind.yaml', 'create -f roto.yaml', 'create -f kind.yaml', 'create -f sin.yaml', 'create -f vacio', 'create -k vacio', 'delete -f roto.yaml', 'delete -f kind.yaml', 'delete -f sin.yaml', 'delete -k vacio',
      'replace -f roto.yaml', 'replace -f kind.yaml', 'replace -f sin.yaml', 'describe -f roto.yaml', 'describe -f kind.yaml', 'describe -k vacio', 'label -f kind.yaml a=b', 'label -k vacio a=b', 'annotate -f roto.yaml a=b',
      'scale --replicas=1 -f kind.yaml', 'scale --replicas=1 -k vacio', `patch -f kind.yaml -p '{}'`, 'set image -f kind.yaml a=b', 'set image -k vacio a=b', 'set env -f roto.yaml A=b', 'expose -f kind.yaml --port=80',
      'autoscale -f kind.yaml --max=2', 'rollout status -f kind.yaml', 'rollout restart -f roto.yaml', 'rollout undo -k vacio', 'wait --for=delete -f kind.yaml', 'edit -f kind.yaml', 'diff -f roto.yaml', 'diff -f kind.yaml',
      'diff -k vacio', 'exec -f kind.yaml -- ls', 'auth reconcile -f kind.yaml', 'certificate approve -f kind.yaml', 'describe pods nada -n tienda', 'describe nada', 'describe pod', 'describe pod sol -n tienda | head -2',
      'describe pods -l app=nada -n tienda', `describe deploy/web svc/web -n tienda | grep -E '^(Name|Type|Replicas)'`, 'describe', 'describe pod solo --show-events=false -n tienda | tail -3', 'describe ns tienda',
      'describe quota tope -n tienda', 'describe limits -n tienda', 'describe pdb web -n tienda', 'describe sa robot -n tienda', 'describe secret clave -n tienda', 'describe cm fichero -n tienda', 'describe ing entrada -n tienda',
      'describe netpol -n tienda', 'describe role lector -n tienda', 'describe clusterrole mira-nodos', 'describe rolebinding robot-lee -n tienda', 'describe pv pv-1', 'describe pvc datos -n tienda', 'describe sc',
      'describe pc urgente', 'describe crd gatos.ejemplo.com', 'describe gato misi -n tienda', 'describe ingressclass nginx', 'describe runtimeclass gvisor', 'describe lease cerrojo -n tienda', 'describe ep web -n tienda',
      'describe endpointslice -n tienda -l kubernetes.io/service-name=web', 'describe events -n tienda | head -5', 'describe rs -n tienda -l app=web', 'describe ds agente -n tienda', 'describe sts db -n tienda',
      'describe job una-vez -n tienda', 'describe cj cada-noche -n tienda', `describe node worker-1 | grep -v -E 'Unix|cpu|memory'`, 'describe svc fuera web-np db -n tienda', 'describe csinode',
      'describe priorityclass system-node-critical', 'describe apiservice v1.batch | head -12', 'describe controllerrevision -n tienda | head -6', 'describe componentstatus', 'get componentstatuses',
      'get sts,ds,rs,job,cj,hpa,pdb,quota,limits,netpol,ing,sa,role,rolebinding,pvc,ep,endpointslice,lease,controllerrevision,gato -n tienda -o wide',
      'get pv,sc,pc,crd,ns,node,ingressclass,runtimeclass,clusterrole,clusterrolebinding,apiservice,csr,validatingwebhookconfiguration,mutatingwebhookconfiguration,flowschema,prioritylevelconfiguration -o wide --no-headers | head -80',
    ].map((rest) => `kubectl ${rest}`),
  ],
};
