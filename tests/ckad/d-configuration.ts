import type { Section } from './exercise.ts';

/** A pod `nginx` with more in its spec (two spaces deep) and in its container (four). */
const nginx = ({ spec = '', container = '', name = 'nginx', namespace = '' }: { spec?: string; container?: string; name?: string; namespace?: string }) => `apiVersion: v1
kind: Pod
metadata:
  labels: {run: ${name}}
  name: ${name}
${namespace ? `  namespace: ${namespace}\n` : ''}spec:
${spec}  containers:
  - image: nginx
    name: ${name}
${container}  dnsPolicy: ClusterFirst
  restartPolicy: Never
`;
const again = 'kubectl delete po nginx --now; ';
const template = "kubectl run nginx --image=nginx --restart=Never --dry-run=client -o yaml > pod.yaml";

export const configMapsAndLimits: Section = [
  { run: 'kubectl create configmap config --from-literal=foo=lala --from-literal=foo2=lolo', shows: 'configmap/config created' },
  { run: 'kubectl get cm config -o yaml', shows: 'data:\n  foo: lala\n  foo2: lolo\n' },
  { run: 'kubectl describe cm config', shows: /^foo:\n----\nlala\nfoo2:\n----\nlolo\n/m },
  { run: 'echo -e "foo3=lili\\nfoo4=lele" > config.txt', then: { run: 'cat config.txt', has: 'foo3=lili\nfoo4=lele\n' } },
  { run: 'kubectl create cm configmap2 --from-file=config.txt', shows: 'created' },
  { run: 'kubectl get cm configmap2 -o yaml', shows: 'data:\n  config.txt: |\n    foo3=lili\n    foo4=lele\n' },
  { run: 'echo -e "var1=val1\\n# this is a comment\\n\\nvar2=val2\\n#anothercomment" > config.env' },
  { run: 'kubectl create cm configmap3 --from-env-file=config.env', shows: 'created' },
  { run: 'kubectl get cm configmap3 -o yaml', shows: 'data:\n  var1: val1\n  var2: val2\n', hides: 'comment' },
  { run: 'echo -e "var3=val3\\nvar4=val4" > config4.txt' },
  { run: 'kubectl create cm configmap4 --from-file=special=config4.txt', shows: 'created' },
  { run: 'kubectl describe cm configmap4', shows: /^special:\n----\nvar3=val3\nvar4=val4\n/m },
  { run: 'kubectl get cm configmap4 -o yaml', shows: '  special: |\n    var3=val3\n' },
  { run: 'kubectl create cm options --from-literal=var5=val5', shows: 'created' },
  { run: template, then: { run: 'cat pod.yaml', has: 'kind: Pod' } },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx({ container: '    env:\n    - name: option\n      valueFrom: {configMapKeyRef: {name: options, key: var5}}\n' }) }, shows: 'pod/nginx created' },
  { run: 'kubectl exec -it nginx -- env | grep option', after: 10, shows: 'option=val5' },
  { run: 'kubectl create configmap anotherone --from-literal=var6=val6 --from-literal=var7=val7', shows: 'created' },
  { run: `${again}kubectl create -f pod.yaml`, files: { 'pod.yaml': nginx({ container: '    envFrom:\n    - configMapRef: {name: anotherone}\n' }) }, shows: 'pod/nginx created' },
  { run: 'kubectl exec -it nginx -- env', after: 8, shows: [/^var6=val6$/m, /^var7=val7$/m] },
  { run: 'kubectl create configmap cmvolume --from-literal=var8=val8 --from-literal=var9=val9', shows: 'created' },
  { run: `${again}kubectl create -f pod.yaml`, files: { 'pod.yaml': nginx({ spec: '  volumes:\n  - {name: myvolume, configMap: {name: cmvolume}}\n', container: '    volumeMounts:\n    - {name: myvolume, mountPath: /etc/lala}\n' }) }, shows: 'pod/nginx created' },
  { run: 'kubectl exec -it nginx -- /bin/sh', after: 8, keys: ['cd /etc/lala', 'ls', 'cat var8', 'exit'], shows: [/var8 +var9/, 'val8'] },
  { run: 'kubectl create --dry-run=server -o yaml -f pod.yaml', files: { 'pod.yaml': nginx({ name: 'user', spec: '  securityContext: {runAsUser: 101}\n' }) }, shows: 'runAsUser: 101' },
  { run: 'kubectl create --dry-run=server -o yaml -f pod.yaml', files: { 'pod.yaml': nginx({ name: 'caps', container: '    securityContext: {capabilities: {add: ["NET_ADMIN", "SYS_TIME"]}}\n' }) }, shows: '- NET_ADMIN\n        - SYS_TIME' },
  { run: `${again}kubectl create -f pod.yaml`, files: { 'pod.yaml': nginx({ container: '    resources: {requests: {memory: "256Mi", cpu: "100m"}, limits: {memory: "512Mi", cpu: "200m"}}\n' }) }, shows: 'created', then: { run: 'kubectl get po nginx -o jsonpath={.status.qosClass}', has: 'Burstable' } },
  { run: 'kubectl create ns limitrange', shows: 'created' },
  { run: 'kubectl apply -f 1.yaml', files: { '1.yaml': 'apiVersion: v1\nkind: LimitRange\nmetadata: {name: ns-memory-limit, namespace: limitrange}\nspec:\n  limits:\n  - {max: {memory: "500Mi"}, min: {memory: "100Mi"}, type: Pod}\n' }, shows: 'limitrange/ns-memory-limit created' },
  { run: 'kubectl describe limitrange ns-memory-limit -n limitrange', shows: /^Pod +memory +100Mi +500Mi +- +- +-$/m },
  { run: 'kubectl apply -f 2.yaml', files: { '2.yaml': nginx({ namespace: 'limitrange', container: '    resources: {requests: {memory: "250Mi"}, limits: {memory: "500Mi"}}\n' }) }, shows: 'pod/nginx created', then: { run: 'sed s/500Mi/501Mi/ 2.yaml | kubectl create -f -', has: 'maximum memory usage per Pod is 500Mi, but limit is' } },
];

export const quotasAndSecrets: Section = [
  { run: 'kubectl create ns one', shows: 'created' },
  { run: 'kubectl apply -f rq-one.yaml', files: { 'rq-one.yaml': 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: my-rq, namespace: one}\nspec:\n  hard: {requests.cpu: "1", requests.memory: 1Gi, limits.cpu: "2", limits.memory: 2Gi}\n' }, shows: 'resourcequota/my-rq created' },
  { run: 'kubectl delete quota my-rq -n one; kubectl create quota my-rq --namespace=one --hard=requests.cpu=1,requests.memory=1Gi,limits.cpu=2,limits.memory=2Gi', shows: 'resourcequota/my-rq created' },
  {
    run: 'kubectl create -f pod.yaml', code: 1, after: 3, files: { 'pod.yaml': nginx({ namespace: 'one', container: '    resources: {requests: {memory: "3Gi", cpu: "2"}, limits: {memory: "4Gi", cpu: "3"}}\n' }) },
    shows: 'Error from server (Forbidden): error when creating "pod.yaml": pods "nginx" is forbidden: exceeded quota: my-rq, requested: limits.cpu=3,limits.memory=4Gi,requests.cpu=2,requests.memory=3Gi, used: limits.cpu=0,limits.memory=0,requests.cpu=0,requests.memory=0, limited: limits.cpu=2,limits.memory=2Gi,requests.cpu=1,requests.memory=1Gi\n',
  },
  { run: 'kubectl create -f pod2.yaml', files: { 'pod2.yaml': nginx({ namespace: 'one', container: '    resources: {requests: {memory: "1Gi", cpu: "0.5"}, limits: {memory: "2Gi", cpu: "1"}}\n' }) }, shows: 'pod/nginx created' },
  { run: 'kubectl get resourcequota -n one', shows: /^my-rq +\S+ +requests\.cpu: 500m\/1, requests\.memory: 1Gi\/1Gi +limits\.cpu: 1\/2, limits\.memory: 2Gi\/2Gi$/m },
  { run: 'kubectl create secret generic mysecret --from-literal=password=mypass', shows: 'secret/mysecret created' },
  { run: 'echo -n admin > username', then: { run: 'cat username', has: /^admin$/ } },
  { run: 'kubectl create secret generic mysecret2 --from-file=username', shows: 'created' },
  { run: 'kubectl get secret mysecret2 -o yaml', shows: 'data:\n  username: YWRtaW4=\n' },
  { run: 'echo -n YWRtaW4= | base64 -d', shows: /^admin$/ },
  { run: "kubectl get secret mysecret2 -o jsonpath='{.data.username}' | base64 -d", shows: /^admin$/ },
  { run: "kubectl get secret mysecret2 --template '{{.data.username}}' | base64 -d", shows: /^admin$/ },
  { run: 'kubectl get secret mysecret2 -o json | jq -r .data.username | base64 -d', shows: /^admin$/ },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx({ spec: '  volumes:\n  - {name: foo, secret: {secretName: mysecret2}}\n', container: '    volumeMounts:\n    - {name: foo, mountPath: /etc/foo}\n' }) }, shows: 'pod/nginx created' },
  { run: 'kubectl exec -it nginx -- /bin/bash', after: 8, keys: ['ls /etc/foo', 'cat /etc/foo/username', 'exit'], shows: [/^username/m, /admin/] },
  { run: 'kubectl delete po nginx', shows: 'deleted' },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx({ container: '    env:\n    - name: USERNAME\n      valueFrom: {secretKeyRef: {name: mysecret2, key: username}}\n' }) }, shows: 'created' },
  { run: "kubectl exec -it nginx -- env | grep USERNAME | cut -d '=' -f 2", after: 8, shows: 'admin' },
  { run: 'kubectl create ns secret-ops; export ns="-n secret-ops" do="--dry-run=client -oyaml"; kubectl create secret generic ext-service-secret --from-literal=API_KEY=LmLHbYhsgWZwNifiqaRorH8T $ns $do > sc.yaml; kubectl apply -f sc.yaml', shows: 'secret/ext-service-secret created' },
  { run: 'export ns="-n secret-ops" do="--dry-run=client -oyaml"; kubectl run consumer --image=nginx $ns $do > nginx.yaml', then: { run: 'cat nginx.yaml', has: 'namespace: secret-ops' } },
  { run: 'kubectl create -n secret-ops -f nginx.yaml', files: { 'nginx.yaml': nginx({ name: 'consumer', namespace: 'secret-ops', container: '    env:\n    - name: API_KEY\n      valueFrom: {secretKeyRef: {name: ext-service-secret, key: API_KEY}}\n' }) }, shows: 'pod/consumer created' },
  { run: 'kubectl exec -it -n secret-ops consumer -- /bin/sh', after: 8, keys: ['env', 'exit'], shows: 'API_KEY=LmLHbYhsgWZwNifiqaRorH8T' },
  { run: 'kubectl create secret generic my-secret -n secret-ops --type="kubernetes.io/ssh-auth" --from-file=ssh-privatekey=id_rsa --dry-run=client -oyaml > sc.yaml; kubectl apply -f sc.yaml', files: { id_rsa: '-----BEGIN OPENSSH PRIVATE KEY-----\nnot a key\n-----END OPENSSH PRIVATE KEY-----\n' }, shows: 'secret/my-secret created', then: { run: 'kubectl get secret my-secret -n secret-ops', has: /kubernetes\.io\/ssh-auth +1/ } },
  { run: 'kubectl delete po consumer -n secret-ops --now; kubectl create -n secret-ops -f nginx.yaml', files: { 'nginx.yaml': nginx({ name: 'consumer', namespace: 'secret-ops', spec: '  volumes:\n  - {name: foo, secret: {secretName: my-secret, optional: true}}\n', container: '    volumeMounts:\n    - {name: foo, mountPath: /var/app, readOnly: true}\n' }) }, shows: 'created' },
  { run: 'kubectl exec -it -n secret-ops consumer -- /bin/sh', after: 8, keys: ['cat /var/app/ssh-privatekey', 'touch /var/app/x', 'exit'], code: 1, shows: ['BEGIN OPENSSH PRIVATE KEY', 'Read-only file system'] },
];

export const serviceAccounts: Section = [
  { run: 'kubectl get sa --all-namespaces', shows: [/^default +default +0 /m, /^kube-system +coredns +0 /m] },
  { run: 'kubectl get sa -A', shows: /^kube-system +default +0 /m },
  { run: 'kubectl create sa myuser', shows: 'serviceaccount/myuser created' },
  { run: 'kubectl get sa default -o yaml > sa.yaml', then: { run: 'cat sa.yaml', has: 'kind: ServiceAccount' } },
  { run: 'kubectl delete sa myuser; kubectl create -f sa.yaml', files: { 'sa.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: myuser}\n' }, shows: 'serviceaccount/myuser created' },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx({ spec: '  serviceAccountName: myuser\n' }) }, shows: 'pod/nginx created' },
  { run: 'kubectl delete po nginx --now; kubectl create -f pod.yaml', files: { 'pod.yaml': nginx({ spec: '  serviceAccount: myuser\n' }) }, shows: 'pod/nginx created' },
  { run: "kubectl get pod nginx -o jsonpath='{.spec.serviceAccountName}'", shows: /^myuser$/ },
  { run: 'kubectl exec -it nginx -- cat /var/run/secrets/kubernetes.io/serviceaccount/token', after: 10, shows: /^eyJ[\w-]+\.[\w-]+\.[\w-]+/ },
  { run: 'kubectl create token myuser', shows: /^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/ },
];
