import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** What goes behind -o, how lists are chosen and sorted. */
export const formats: Topic = {
  topic: 'formats',
  files: {
    ...FILES,
    'columnas.txt': 'NOMBRE          IMAGEN\n.metadata.name  .spec.containers[*].image\n',
    'plantilla.txt': '{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}',
    'go.tmpl': '{{range .items}}{{.metadata.name}} {{len .spec.containers}}{{"\\n"}}{{end}}',
  },
  setup: SETUP,
  reads: true,
  commands: [
    ...[
      `-o jsonpath='{.items[0].metadata.name}'`, `-o jsonpath='{.items[*].metadata.name}'`, `-o jsonpath='{range .items[*]}{.metadata.name}{"\\n"}{end}'`, `-o jsonpath='{.items[?(@.status.phase=="Running")].metadata.name}'`,
      `-o jsonpath='{.items[-1:].metadata.name}'`, `-o jsonpath='{.items[0:3].metadata.name}'`, `-o jsonpath='{.items[::2].metadata.name}'`, `-o jsonpath='{.items[*].spec.containers[*].image}'`, `-o jsonpath='{.items[0].metadata.labels}'`,
      `-o jsonpath='{.items[0].metadata.labels.app\\.kubernetes\\.io/name}'`, `-o jsonpath='{.items[*]["metadata.name","status.phase"]}'`, `-o jsonpath='{.items[?(@.spec.nodeName)].metadata.name}'`, `-o jsonpath='{.items[?(@.status.containerStatuses[0].restartCount>0)].metadata.name}'`,
      `-o jsonpath='{.nada}'`, `-o jsonpath='{.items[99].metadata.name}'`, `-o jsonpath='{.items[0'`, `-o jsonpath='{range .items[*]}{.metadata.name}'`, `-o jsonpath='{.items[0].metadata.nada}' --allow-missing-template-keys=false`, `-o jsonpath`, `-o jsonpath=texto`, `-o jsonpath='{@}'`,
      `-o jsonpath='{.items[0].spec.containers[0].resources}'`, `-o jsonpath='{.items..metadata.name}'`, `-o jsonpath='{.kind} {.apiVersion}{"\\n"}'`, `-o jsonpath='{.items[?(@.metadata.name=~"web.*")].metadata.name}'`, `-o jsonpath-as-json='{.items[*].metadata.name}'`, `-o jsonpath-file=plantilla.txt`, `-o jsonpath-file=nada.txt`,
      `-o custom-columns=NAME:.metadata.name`, `-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,IP:.status.podIP`, `-o custom-columns=N:metadata.name,I:spec.containers[*].image`, `-o custom-columns=NAME:.metadata.name --no-headers`, `-o custom-columns-file=columnas.txt`, `-o custom-columns-file=nada.txt`,
      `-o custom-columns=NAME`, `-o custom-columns=`, `-o custom-columns=X:.metadata.labels.app,Y:.nada`, `-o custom-columns='A:{.metadata.name}'`, `-o custom-columns=L:.metadata.labels`, `-o custom-columns=A:.spec.containers[0].resources.requests.cpu`,
      `-o go-template='{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}'`, `-o go-template='{{len .items}}'`, `-o go-template='{{range $i, $p := .items}}{{$i}} {{$p.metadata.name}} {{if eq $p.status.phase "Running"}}ok{{else}}no{{end}}{{"\\n"}}{{end}}'`, `-o go-template='{{(index .items 0).metadata.labels}}'`,
      `-o go-template='{{.nada}}'`, `-o go-template='{{.nada.nada}}'`, `-o go-template='{{range .items}}'`, `-o go-template='{{printf "%s-%d" .kind (len .items)}}'`, `-o go-template='{{range .items}}{{with .metadata}}{{.name | printf "%q"}} {{end}}{{end}}'`, `-o go-template-file=go.tmpl`, `-o template --template='{{.kind}}'`, `-o go-template`,
      `-o go-template='{{ .items | len | html }} {{ "a&b" | html }} {{ not true }} {{ and 1 0 }} {{ or 0 "x" }} {{ lt 1 2 }} {{ slice "abcdef" 1 3 }}'`, `-o go-template='{{define "x"}}[{{.}}]{{end}}{{template "x" .kind}}'`, `-o go-template='{{- range .items -}} {{.metadata.name}}, {{- end -}}'`,
      `-o xml`, `-o wide --no-headers`, `--no-headers`, `--show-kind`, `-L app`, `-L app,tier -L run`, `--show-labels -o wide`, `--show-labels -L app`, `-o name --sort-by=.metadata.name`, `--sort-by=.metadata.name`, `--sort-by=.status.podIP`, `--sort-by=metadata.creationTimestamp`,
      `--sort-by=.spec.nodeName -o wide`, `--sort-by='{.metadata.labels.app}'`, `--sort-by=.nada`, `--sort-by=age`, `-l app=web`, `-l app!=web`, `-l 'app in (web,db)'`, `-l 'app notin (web)'`, `-l app`, `-l '!app'`, `-l app=web,tier=front`, `-l app=web,tier!=front`, `-l app=nada`, `-l 'app='`, `-l '==='`, `-l 'app in'`,
      `--field-selector=status.phase=Running`, `--field-selector=status.phase!=Running`, `--field-selector spec.nodeName=worker-1`, `--field-selector=metadata.name=solo`, `--field-selector=spec.nada=1`, `--field-selector=status.podIP=10.244.1.2`, `--chunk-size=2`, `--chunk-size=0 -o name`, `--output-watch-events`, `--ignore-not-found`, `-o yaml --show-managed-fields`, `-o json --show-managed-fields`,
    ].map((flags) => `kubectl get pods -n tienda ${flags}`),
    ...[
      'get pods', 'get pods -A', 'get pods -A -o wide', 'get pods --all-namespaces --no-headers', 'get all -n tienda', 'get all -n tienda -o wide', 'get all -n tienda -o name', 'get all -A', 'get all --show-labels -n tienda', 'get po,svc -n tienda', 'get po,svc -n tienda -o yaml', 'get deploy/web -n tienda', 'get deploy web -n tienda -o yaml', 'get deploy/web svc/web -n tienda',
      'get deploy,rs,sts,ds -n tienda --no-headers', 'get pod solo -n tienda', 'get pod solo nada -n tienda', 'get pod/solo service/web -n tienda -o name', 'get nada', 'get pods nada', 'get pods nada -n nada', 'get pod nada --ignore-not-found', 'get', 'get pods -n vacio', 'get pods,svc -n vacio', 'get all -n vacio', 'get pods.v1', 'get deployments.apps -n tienda', 'get deployments.v1.apps -n tienda', 'get deployments.v2.apps',
      'get deployments.extensions', 'get gatos.ejemplo.com -A', 'get gt -n tienda -o wide', 'get gato misi -n tienda -o jsonpath={.spec.color}', 'get cm,secret -n tienda --show-kind', 'get secret clave -n tienda -o jsonpath={.data.password}', `get secret clave -n tienda -o go-template='{{.data.password | base64decode}}'`, 'get node worker-1 -o wide', 'get nodes -L kubernetes.io/os', 'get nodes -l node-role.kubernetes.io/control-plane', `get nodes -o jsonpath='{.items[*].status.addresses[?(@.type=="InternalIP")].address}'`,
      `get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints[*].key`, 'get cs', 'get ns -l team=a', 'get ns tienda -o json', 'get pv,pvc -A', 'get sc lenta -o yaml', 'get svc -n tienda --sort-by=.spec.type', 'get svc -A -o wide', 'get ep -n tienda', 'get events -n tienda --field-selector type=Warning', 'get -f todo.yaml', 'get -f todo.yaml -o name', 'get -f gato.yaml -o yaml', 'get -f nada.yaml', 'get -f todo.yaml pods', 'get pods -n tienda -f todo.yaml',
      'get --raw /version', 'get --raw /healthz', 'get --raw /readyz?verbose', 'get --raw /api', 'get --raw /apis/apps', 'get --raw /api/v1/namespaces/tienda/configmaps/ajustes', 'get --raw /nada', 'get --raw nada', 'get po -n tienda -o wide --all-namespaces=false', 'get rs -n tienda -o wide', 'get deploy -A -o wide', 'get ds -A', 'get clusterrole admin -o yaml', 'get pods -o', 'get pods --nada', 'get pods -n', 'get pods -l', 'get po --selector app=spink -o name', 'get pods -o=json -l app=nada', 'get pods -o yaml -l app=nada', 'get pods -l app=nada -o name', 'get pods,deploy -l app=nada',
      'get pods --subresource=status', 'get deploy web -n tienda --subresource=scale', 'get deploy web -n tienda --subresource=scale -o yaml', 'get deploy web -n tienda --subresource=nada', 'get pods -A --field-selector=metadata.namespace=tienda', 'get pods --context nada', 'get pods --cluster nada', 'get pods --user nada', 'get pods --kubeconfig nada', 'get pods --as ana -n tienda', 'get pods --as system:serviceaccount:tienda:robot -n tienda', 'get secrets --as system:serviceaccount:tienda:robot -n tienda', 'get nodes --as ana --as-group operadores', 'get pods --token nada', 'get pods -v', 'get pods --request-timeout=1x',
    ].map((rest) => `kubectl ${rest}`),
    { run: 'kubectl get events -n tienda --sort-by=.metadata.creationTimestamp -o name', differs: 'sixty events of two seconds: where Go leaves equal ones of a long list is not yet the same' },
  ],
};
