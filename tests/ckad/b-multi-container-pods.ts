import type { Section } from './exercise.ts';

const twoContainers = `apiVersion: v1
kind: Pod
metadata:
  name: busybox
spec:
  containers:
  - args: [/bin/sh, -c, echo hello;sleep 3600]
    image: busybox
    name: busybox
  - args: [/bin/sh, -c, echo hello;sleep 3600]
    image: busybox
    name: busybox2
`;
const withInit = `apiVersion: v1
kind: Pod
metadata:
  labels: {run: box}
  name: box
spec:
  initContainers:
  - args: [/bin/sh, -c, echo "Test" > /work-dir/index.html]
    image: busybox
    name: box
    volumeMounts: [{name: vol, mountPath: /work-dir}]
  containers:
  - image: nginx
    name: nginx
    ports: [{containerPort: 80}]
    volumeMounts: [{name: vol, mountPath: /usr/share/nginx/html}]
  volumes: [{name: vol, emptyDir: {}}]
`;

export const multiContainerPods: Section = [
  { run: "kubectl run busybox --image=busybox --restart=Never -o yaml --dry-run=client -- /bin/sh -c 'echo hello;sleep 3600' > pod.yaml", then: { run: 'cat pod.yaml', has: /- args:\n {4}- \/bin\/sh\n {4}- -c\n {4}- echo hello;sleep 3600\n/ } },
  { run: 'vi pod.yaml', keys: [':set nu', ':q!'] },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': twoContainers }, shows: 'pod/busybox created' },
  { run: 'kubectl exec -it busybox -c busybox2 -- /bin/sh', after: 10, keys: ['ls', 'exit'], shows: /\bbin\b.*\betc\b/s },
  { run: 'kubectl exec -it busybox -c busybox2 -- ls', shows: /\bproc\b/ },
  { run: 'kubectl delete po busybox --grace-period=1', shows: 'pod "busybox" deleted' },
  { run: 'kubectl run box --image=nginx --restart=Never --port=80 --dry-run=client -o yaml > pod-init.yaml', then: { run: 'cat pod-init.yaml', has: '- containerPort: 80' } },
  { run: 'kubectl apply -f pod-init.yaml', files: { 'pod-init.yaml': withInit }, shows: 'pod/box created' },
  { run: 'kubectl get po -o wide', after: 12, shows: /^box +1\/1 +Running/m },
  { run: `kubectl run box-test --image=busybox --restart=Never -it --rm -- /bin/sh -c "wget -O- $(kubectl get pod box -o jsonpath='{.status.podIP}')"`, shows: [/^Test$/m, 'pod "box-test" deleted'] },
  { run: 'kubectl delete po box', shows: 'pod "box" deleted' },
];
