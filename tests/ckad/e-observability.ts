import type { Section } from './exercise.ts';

const nginx = (container: string) => `apiVersion: v1\nkind: Pod\nmetadata: {labels: {run: nginx}, name: nginx}\nspec:\n  containers:\n  - image: nginx\n    name: nginx\n${container}  restartPolicy: Never\n`;

export const observability: Section = [
  { run: 'kubectl run nginx --image=nginx --restart=Never --dry-run=client -o yaml > pod.yaml', then: { run: 'cat pod.yaml', has: 'kind: Pod' } },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx('    livenessProbe: {exec: {command: [ls]}}\n') }, shows: 'pod/nginx created' },
  { run: 'kubectl describe pod nginx | grep -i liveness', after: 8, shows: /^ +Liveness: +exec \[ls\] delay=0s timeout=1s period=10s #success=1 #failure=3$/m },
  { run: 'kubectl delete -f pod.yaml', shows: 'pod "nginx" deleted' },
  { run: 'kubectl explain pod.spec.containers.livenessProbe', shows: ['initialDelaySeconds\t<integer>', 'periodSeconds\t<integer>'] },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx('    livenessProbe: {initialDelaySeconds: 5, periodSeconds: 5, exec: {command: [ls]}}\n') }, shows: 'created' },
  { run: 'kubectl describe po nginx | grep -i liveness', after: 8, shows: 'delay=5s timeout=1s period=5s' },
  { run: 'kubectl delete -f pod.yaml', shows: 'deleted' },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': nginx('    ports: [{containerPort: 80}]\n    readinessProbe: {httpGet: {path: /, port: 80}}\n') }, shows: 'created' },
  { run: 'kubectl describe pod nginx | grep -i readiness', after: 12, shows: 'Readiness:      http-get http://:80/ delay=0s timeout=1s period=10s', then: { run: 'kubectl get po nginx', has: /nginx +1\/1/ } },
  { run: 'kubectl delete -f pod.yaml', shows: 'deleted' },
  { run: 'kubectl create -f live.yaml', files: { 'live.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: liveness-exec}\nspec:\n  containers:\n  - {name: c, image: busybox, args: [sleep, "600"], livenessProbe: {exec: {command: [cat, /tmp/healthy]}, periodSeconds: 5}}\n' }, shows: 'created' },
  { run: `kubectl get events -o json | jq -r '.items[] | select(.message | contains("Liveness probe failed")).involvedObject | .namespace + "/" + .name'`, after: 30, shows: /^default\/liveness-exec$/m },
  { run: `kubectl run busybox --image=busybox --restart=Never -- /bin/sh -c 'i=0; while true; do echo "$i: $(date)"; i=$((i+1)); sleep 1; done'`, shows: 'pod/busybox created' },
  { run: 'kubectl logs busybox -f', after: 5, interrupt: 4, shows: [/^0: \w{3} \w{3} +\d+ [\d:]+ UTC \d{4}$/m, /^4: /m] },
  { run: "kubectl delete po busybox --now; kubectl run busybox --restart=Never --image=busybox -- /bin/sh -c 'ls /notexist'", shows: 'created' },
  { run: 'kubectl logs busybox', after: 8, shows: 'ls: /notexist: No such file or directory' },
  { run: 'kubectl describe po busybox', shows: [/^ +Reason: +Error$/m, /^ +Exit Code: +1$/m] },
  { run: 'kubectl delete po busybox', shows: 'deleted' },
  { run: 'kubectl run busybox --restart=Never --image=busybox -- notexist', shows: 'created' },
  { run: 'kubectl logs busybox', after: 8, shows: /^$|notexist/ },
  { run: 'kubectl describe po busybox', shows: /exec: "notexist": executable file not found in \$PATH/ },
  { run: 'kubectl get events | grep -i error', shows: 'executable file not found' },
  { run: 'kubectl delete po busybox --force --grace-period=0', shows: ['Warning: Immediate deletion does not wait', 'pod "busybox" force deleted'] },
  { run: 'kubectl top nodes', code: 1, shows: 'error: Metrics API not available' },
];
