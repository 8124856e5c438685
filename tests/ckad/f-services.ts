import type { Section } from './exercise.ts';

const policy = 'kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: access-nginx}\nspec:\n  podSelector: {matchLabels: {app: nginx}}\n  ingress:\n  - from:\n    - podSelector: {matchLabels: {access: granted}}\n';
const ingress = 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: nginx-ingress}\nspec:\n  rules:\n  - host: nginx.example.com\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend: {service: {name: nginx, port: {number: 80}}}\n';

export const services: Section = [
  { run: 'kubectl run nginx --image=nginx --restart=Never --port=80 --expose', shows: ['service/nginx created', 'pod/nginx created'] },
  { run: 'kubectl get svc nginx', after: 8, shows: /^nginx +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP /m },
  { run: 'kubectl get ep', shows: /^nginx +10\.244\.\d+\.\d+:80 /m },
  { run: 'kubectl run busybox --rm --image=busybox -it --restart=Never --', after: 2, keys: ['wget -qO- nginx:80', 'exit'], shows: ['Welcome to nginx!', 'pod "busybox" deleted'] },
  { run: 'IP=$(kubectl get svc nginx --template={{.spec.clusterIP}}); kubectl run busybox --rm --image=busybox -it --restart=Never --env="IP=$IP" -- wget -O- $IP:80 --timeout 2', shows: 'Welcome to nginx!' },
  { run: 'kubectl edit svc nginx', keys: [':%s/type: ClusterIP/type: NodePort/', ':wq'], shows: 'service/nginx edited' },
  { run: `kubectl patch svc nginx -p '{"spec":{"type":"NodePort"}}'`, shows: 'service/nginx patched (no change)' },
  { run: 'kubectl get svc', shows: /^nginx +NodePort +\S+ +<none> +80:3\d{4}\/TCP /m },
  { run: "wget -qO- 172.18.0.3:$(kubectl get svc nginx -o jsonpath='{.spec.ports[0].nodePort}')", shows: 'Welcome to nginx!' },
  { run: 'kubectl delete svc nginx', shows: 'service "nginx" deleted' },
  { run: 'kubectl delete pod nginx', shows: 'pod "nginx" deleted' },
  { run: 'kubectl create deploy foo --image=dgkanatsios/simpleapp --port=8080 --replicas=3', shows: 'deployment.apps/foo created' },
  { run: 'kubectl label deployment foo --overwrite app=foo', shows: 'deployment.apps/foo not labeled' },
  { run: 'kubectl get pods -l app=foo -o wide', after: 15, shows: /(foo-\S+ +1\/1 +Running .*10\.244\..*\n){3}/ },
  { run: 'kubectl run busybox --image=busybox --restart=Never -it --rm -- sh', keys: ['wget -T1 -qO- foo-not-there:8080 || echo no', 'exit'], shows: /^no$/m },
  { run: "kubectl get po -o wide -l app=foo | awk '{print $6}' | grep -v IP | xargs -L1 -I '{}' kubectl run --rm -i tmp --restart=Never --image=busybox -- wget -qO- http://\\{\\}:8080", shows: /foo-/ },
  { run: `kubectl get po -l app=foo -o jsonpath='{range .items[*]}{.status.podIP}{"\\n"}{end}' | xargs -L1 -I '{}' kubectl run --rm -i tmp --restart=Never --image=busybox -- wget -qO- http://\\{\\}:8080`, shows: /foo-[\s\S]*foo-[\s\S]*foo-/ },
  { run: 'kubectl expose deploy foo --port=6262 --target-port=8080', shows: 'service/foo exposed' },
  { run: 'kubectl get service foo', shows: /^foo +ClusterIP +\S+ +<none> +6262\/TCP /m },
  { run: 'kubectl get endpoints foo', shows: /^foo +(10\.244\.\d+\.\d+:8080,?){3} /m },
  { run: 'kubectl run busybox --image=busybox -it --rm --restart=Never -- sh', after: 3, keys: ['for i in 1 2 3 4 5 6 7 8; do wget -qO- foo:6262; done', 'exit'], shows: /foo-\S+-(\w{5})[\s\S]*foo-\S+-(?!\1)\w{5}/ },
  { run: 'kubectl delete svc foo', shows: 'deleted' },
  { run: 'kubectl delete deploy foo', shows: 'deleted' },
  { run: 'kubectl create deployment nginx --image=nginx --replicas=2', shows: 'created' },
  { run: 'kubectl expose deployment nginx --port=80', shows: 'service/nginx exposed' },
  { run: 'kubectl describe svc nginx', shows: /^Selector: +app=nginx$/m },
  { run: 'kubectl get svc nginx -o yaml', shows: '  selector:\n    app: nginx\n' },
  { run: 'kubectl create -f policy.yaml', files: { 'policy.yaml': policy }, shows: 'networkpolicy.networking.k8s.io/access-nginx created', then: { run: 'kubectl describe netpol access-nginx', has: 'PodSelector: access=granted' } },
  // kindnet of this age enforces no network policy: both answer.
  { run: 'kubectl run busybox --image=busybox --rm -it --restart=Never -- wget -O- http://nginx:80 --timeout 2', after: 10, shows: 'Welcome to nginx!' },
  { run: 'kubectl run busybox --image=busybox --rm -it --restart=Never --labels=access=granted -- wget -O- http://nginx:80 --timeout 2', shows: 'Welcome to nginx!' },
  { run: 'kubectl get svc nginx', shows: 'ClusterIP' },
  { run: 'kubectl delete deploy,svc nginx; kubectl create deployment nginx --image=nginx --port=80', shows: 'deployment.apps/nginx created' },
  { run: 'kubectl expose deployment nginx --port=80 --name=nginx', shows: 'exposed' },
  { run: 'kubectl apply -f ingress.yaml', files: { 'ingress.yaml': ingress }, shows: 'ingress.networking.k8s.io/nginx-ingress created' },
  { run: 'kubectl get ingress', shows: /^nginx-ingress +<none> +nginx\.example\.com +80 /m },
  { run: 'kubectl describe ingress nginx-ingress', after: 10, shows: [/^ +nginx\.example\.com +$/m, /^ +\/ +nginx:80 \(10\.244\.\d+\.\d+:80\)$/m] },
];
