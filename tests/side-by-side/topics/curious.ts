import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** What a lesson's reader tries on the objects of the fixture: Services, endpoints, volumes, webhooks, users, selectors of all kinds. */
export const curious: Topic = {
  topic: 'curious', files: FILES, setup: SETUP,
  commands: [
    ...[
      'get endpointslices -n tienda -l kubernetes.io/service-name=web -o jsonpath={.items[0].ports}', 'get ep web -n tienda -o jsonpath={.subsets[0].ports}', 'describe ep fuera -n tienda', 'describe endpointslice -n tienda -l kubernetes.io/service-name=nada', 'get svc web -n tienda -o jsonpath={.spec}', 'describe svc db -n tienda', 'describe svc fuera -n tienda', 'get svc -n tienda --sort-by=.metadata.name -o custom-columns=N:.metadata.name,T:.spec.type,P:.spec.ports[*].nodePort',
      'annotate svc web -n tienda service.kubernetes.io/topology-mode=Auto', 'label node worker-1 topology.kubernetes.io/zone=a', 'label node worker-2 topology.kubernetes.io/zone=b', 'get nodes -L topology.kubernetes.io/zone', 'describe node worker-1 | grep -A8 ^Labels', 'get node worker-1 -o jsonpath={.spec}', 'describe node nada', 'describe nodes | grep -c ^Name', 'get node -l topology.kubernetes.io/zone=a -o name', "get node -l 'topology.kubernetes.io/zone in (a,b)' -o name", 'get node --selector=!nada -o name | wc -l',
      'get cm -n kube-system', 'get cm kubeadm-config -n kube-system -o jsonpath={.data.ClusterConfiguration} | head -5', 'get cm cluster-info -n kube-public -o jsonpath={.data} | wc -l', 'describe cm kubelet-config -n kube-system | head -12', 'get secrets -A', 'describe secret bootstrap-token-abcdef -n kube-system | sort', 'get roles -n kube-system -o name | head -5', 'describe role kubeadm:kubelet-config -n kube-system', 'describe rolebinding kubeadm:nodes-kubeadm-config -n kube-system', 'describe clusterrolebinding kubeadm:get-nodes', 'get clusterrolebindings -o wide | grep kubeadm | cut -c1-90', 'get rolebindings -A | grep kubeadm | cut -c1-60', 'auth can-i get cm/cluster-info -n kube-public --as=system:anonymous', 'auth can-i get nodes --as=x --as-group=system:bootstrappers:kubeadm:default-node-token', 'auth can-i create csr --as=x --as-group=system:bootstrappers:kubeadm:default-node-token', 'auth can-i --list --as=system:anonymous -n kube-public | tail -12',
      'get mutatingwebhookconfigurations', 'get validatingwebhookconfigurations,mutatingwebhookconfigurations', 'explain mutatingwebhookconfiguration.webhooks.reinvocationPolicy | head -4', 'explain validatingwebhookconfiguration.webhooks --recursive | grep -c name',
      `apply -f - <<'FIN'
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: m1}
webhooks:
- name: corto
  rules: [{operations: [CREATE, NADA], apiGroups: [""], apiVersions: [v1], resources: [pods]}]
  reinvocationPolicy: Siempre
  clientConfig: {url: "http://x"}
FIN`,
      `apply -f - <<'FIN'
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: m2}
webhooks:
- name: m2.curso.es
  sideEffects: None
  admissionReviewVersions: [v1]
  failurePolicy: Fail
  objectSelector: {matchLabels: {tocar: si}}
  rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps]}]
  clientConfig: {service: {namespace: tienda, name: nada}}
FIN`,
      'create cm libre --from-literal=a=b -n tienda', `apply -f - <<'FIN'
{apiVersion: v1, kind: ConfigMap, metadata: {name: tocado, namespace: tienda, labels: {tocar: si}}}
FIN`, 'describe mutatingwebhookconfiguration m2 | grep -v -e Timestamp -e UID -e "Resource Version"', 'get mutatingwebhookconfiguration m2 -o jsonpath={.webhooks[0]}', 'get mutatingwebhookconfiguration m2 -o yaml | grep -v -e uid -e Timestamp -e resourceVersion', 'delete mutatingwebhookconfiguration m2 nada', 'label cm libre -n tienda tocar=si',
      'get pods -n tienda -o jsonpath="{.items[*].spec.containers[*].image}" | tr " " "\\n" | sort | uniq -c', 'get pods -n tienda --sort-by=.spec.nodeName -o custom-columns=N:.spec.nodeName --no-headers | uniq -c', 'get pod solo -n tienda -o jsonpath={.status.qosClass}', 'get pod solo -n tienda -o yaml | grep -A3 tolerations', 'describe pod solo -n tienda | grep -A3 -i tolerations', 'get pods -n tienda -l app=web -o jsonpath="{.items[0].metadata.ownerReferences[0].kind}"', 'get rs -n tienda -o wide --no-headers | wc -l', 'get all,cm,secret -n tienda -o name | wc -l', 'get deploy -A -o wide', 'get ds -A -o wide', 'get sts db -n tienda -o jsonpath={.status}', 'get pvc,pv -A', 'get pv,pvc -A', 'get nodes,pods -A | head -5 | cut -c1-30', 'get sc -o yaml | head -3', 'describe quota -n tienda', 'describe limits -n tienda', 'get hpa,pdb,ing,netpol -n tienda', 'describe ing -n tienda | head -20', 'describe netpol -n tienda | head -30', 'describe pdb -n tienda | head -12', 'describe hpa -n tienda | head -12', 'describe sa default -n tienda', 'describe ns tienda', 'describe job una-vez -n tienda | grep -v -e Time -e Duration -e Age -e UID -e uid -e ago -e "m " | head -20', 'describe cj cada-noche -n tienda | head -20', 'describe sts db -n tienda | head -20', 'describe ds agente -n tienda | head -12', 'describe rs -n tienda -l app=web | head -12',
      'logs solo -n tienda', 'logs solo -n tienda -c lateral', 'logs solo -n tienda -c nada', 'logs solo -n tienda --all-containers', 'logs solo -n tienda --all-containers --prefix', 'logs solo -n tienda -c prepara --tail=1', 'logs solo -n tienda -c lateral --tail=2', 'logs solo -n tienda -p', 'logs solo -n tienda --since=0s', 'logs solo -n tienda --since=1h --since-time=2020-01-01T00:00:00Z', 'logs solo -n tienda --limit-bytes=5', 'logs -n tienda job/una-vez', 'logs -n tienda ds/agente', 'logs -n tienda svc/web --tail=1 | wc -l', 'logs -n tienda -l app=web --tail=0', 'logs -n tienda -l app=web --max-log-requests=1 -f', 'logs -n tienda deploy/web -c nada', 'logs -n tienda cj/cada-noche', 'logs -n tienda cm/ajustes',
      'exec solo -n tienda -- id', 'exec solo -n tienda -c lateral -- hostname', 'exec solo -n tienda -c nada -- ls', 'exec solo -n tienda ls', 'exec -n tienda deploy/nada -- ls', 'exec -n tienda solo -- sh -c "exit 3"', 'exec -n tienda solo -- nada', 'exec -n tienda svc/web -c nginx -- cat /etc/cfg/COLOR', 'exec -n tienda solo -i -- cat </dev/null', 'cp tienda/solo:/etc/hostname /tmp/h && cat /tmp/h', 'cp tienda/solo:/nada /tmp/h2', 'cp nada tienda/solo:/tmp/x',
      'auth can-i get pods --as=ana -n tienda', 'auth can-i use podsecuritypolicies', 'auth can-i create pods/exec -n tienda', 'auth can-i impersonate users', 'get pods -n tienda --as=ana', 'get pods -n tienda --as=system:serviceaccount:tienda:default', 'auth whoami --as=ana --as-group=g', 'auth whoami -o json --as=ana', 'create token default -n tienda --duration=30m | cut -c1-2', 'create token default -n tienda --audience=x --bound-object-kind=Nada', 'create token default -n tienda --bound-object-kind=Pod', 'create token default -n tienda --duration=-1s',
      'wait --for=jsonpath={.status.phase}=Running pod/solo -n tienda', 'wait --for=jsonpath={.status.nada}=x pod/solo -n tienda --timeout=1s', 'wait --for=jsonpath=malo pod/solo -n tienda', 'wait --for=condition=available deploy/web deploy/nada -n tienda --timeout=1s', 'wait --for=condition=complete job/una-vez -n tienda', 'wait --for=create pod/x', 'wait --for=condition=Ready -n tienda', 'wait --for=delete pod -l app=nada -n tienda', 'rollout status sts/db -n tienda', 'rollout status ds/agente -n tienda --watch=false', 'rollout history sts/db -n tienda', 'rollout history ds agente -n tienda --revision=1', 'rollout restart sts db -n tienda', 'rollout undo sts db -n tienda', 'rollout pause sts db -n tienda', 'rollout undo deploy web -n tienda --dry-run=client',
      'get --raw "/api/v1/namespaces/tienda/pods?limit=1" | head -c 60', 'get --raw /apis/apps/v1 | head -c 80', 'get --raw /openapi/v3 | head -c 40', 'get --raw "/api/v1/nodes/worker-1/proxy/healthz"', 'get --raw /livez?verbose | tail -2', 'get --raw /metrics | head -1', 'get --raw /version | grep minor', 'get --raw /api/v1/componentstatuses | head -c 60', 'get --raw /logs', 'delete --raw /api/v1/namespaces/tienda/configmaps/libre', 'create --raw /api/v1/namespaces/tienda/configmaps -f nada',
    ].map((rest) => `kubectl ${rest}`),
  ],
};
