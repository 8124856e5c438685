import type { Section } from './exercise.ts';

const pod = (name: string, spec: string) => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n${spec}`;
const app = (version: string, replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-app-${version}
  labels: {app: my-app}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: my-app, version: ${version}}}
  template:
    metadata: {labels: {app: my-app, version: ${version}}}
    spec:
      containers:
      - name: nginx
        image: nginx
        ports: [{containerPort: 80}]
        volumeMounts: [{name: workdir, mountPath: /usr/share/nginx/html}]
      initContainers:
      - name: install
        image: busybox:1.28
        command: [/bin/sh, -c, "echo version-${version.slice(1)} > /work-dir/index.html"]
        volumeMounts: [{name: workdir, mountPath: /work-dir}]
      volumes: [{name: workdir, emptyDir: {}}]
`;
const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: my-app-svc, labels: {app: my-app}}\nspec:\n  type: ClusterIP\n  ports: [{name: http, port: 80, targetPort: 80}]\n  selector: {app: my-app}\n';
const job = (extra: string, command = 'echo hello;sleep 30;echo world') => `apiVersion: batch/v1
kind: Job
metadata: {labels: {run: busybox}, name: busybox}
spec:
  ${extra}
  template:
    metadata: {labels: {run: busybox}}
    spec:
      containers:
      - {args: [/bin/sh, -c, "${command}"], image: busybox, name: busybox}
      restartPolicy: OnFailure
`;
const cronJob = (name: string, spec: string, jobSpec = '') => `apiVersion: batch/v1
kind: CronJob
metadata: {name: ${name}}
spec:
  schedule: '* * * * *'
${spec}  jobTemplate:
    spec:
${jobSpec}      template:
        spec:
          containers:
          - {args: [/bin/sh, -c, date; echo Hello from the Kubernetes cluster], image: busybox, name: ${name}}
          restartPolicy: Never
`;

export const labelsAndPlacement: Section = [
  { run: 'kubectl run nginx1 --image=nginx --restart=Never --labels=app=v1', shows: 'pod/nginx1 created' },
  { run: 'kubectl run nginx2 --image=nginx --restart=Never --labels=app=v1', shows: 'pod/nginx2 created' },
  { run: 'kubectl run nginx3 --image=nginx --restart=Never --labels=app=v1', shows: 'pod/nginx3 created' },
  { run: 'kubectl delete po nginx1 nginx2 nginx3; for i in `seq 1 3`; do kubectl run nginx$i --image=nginx -l app=v1 ; done', shows: ['pod/nginx1 created', 'pod/nginx2 created', 'pod/nginx3 created'] },
  { run: 'kubectl get po --show-labels', shows: [/LABELS$/m, /^nginx3 .* app=v1$/m] },
  { run: 'kubectl label po nginx2 app=v2 --overwrite', shows: 'pod/nginx2 labeled' },
  { run: 'kubectl edit po nginx2', keys: [':%s/app: v2/app: v2x/', ':wq'], shows: 'pod/nginx2 edited', then: { run: 'kubectl label po nginx2 app=v2 --overwrite', has: 'labeled' } },
  { run: 'kubectl get po -L app', shows: [/AGE +APP$/m, /^nginx2 .* v2$/m] },
  { run: 'kubectl get po --label-columns=app', shows: /^nginx1 .* v1$/m },
  { run: 'kubectl get po -l app=v2', shows: /^nginx2 /m, hides: 'nginx1' },
  { run: "kubectl get po -l 'app in (v2)'", shows: /^nginx2 /m, hides: 'nginx3' },
  { run: 'kubectl get po --selector=app=v2', shows: /^nginx2 /m, hides: 'nginx3' },
  { run: "kubectl get po -l app=v2,tier!=frontend", shows: /^nginx2 /m, hides: 'nginx3' },
  { run: "kubectl get po -l 'app in (v2), tier notin (frontend)'", shows: /^nginx2 /m, hides: 'nginx1' },
  { run: "kubectl get po --selector=app=v2,tier!=frontend", shows: /^nginx2 /m, hides: 'nginx1' },
  { run: 'kubectl label po -l "app in(v1,v2)" tier=web', shows: ['pod/nginx1 labeled', 'pod/nginx2 labeled', 'pod/nginx3 labeled'] },
  { run: 'kubectl annotate po -l "app=v2" owner=marketing', shows: 'pod/nginx2 annotated', hides: 'nginx1' },
  { run: 'kubectl label po nginx1 nginx2 nginx3 app-', shows: ['pod/nginx1 unlabeled', 'pod/nginx3 unlabeled'] },
  { run: 'kubectl label po nginx{1..3} app-', shows: ['label "app" not found.', 'pod/nginx1 not labeled'] },
  { run: 'kubectl label po -l app app-', hides: 'labeled' },
  { run: "kubectl annotate po nginx1 nginx2 nginx3 description='my description'", shows: 'pod/nginx3 annotated' },
  { run: "kubectl annotate po nginx{1..3} description='my description'", shows: 'pod/nginx1 annotated' },
  { run: 'kubectl annotate pod nginx1 --list', shows: 'description=my description' },
  { run: "kubectl describe po nginx1 | grep -i 'annotations'", shows: /^Annotations: +description: my description$/m },
  { run: 'kubectl get po nginx1 -o custom-columns=Name:metadata.name,ANNOTATIONS:metadata.annotations.description', shows: /^Name +ANNOTATIONS\nnginx1 +my description\n$/ },
  { run: 'kubectl annotate po nginx{1..3} description- owner-', shows: 'pod/nginx2 annotated', then: { run: 'kubectl get po nginx2 -o jsonpath={.metadata.annotations}', has: /^$/ } },
  { run: 'kubectl delete po nginx{1..3}', shows: ['pod "nginx1" deleted', 'pod "nginx3" deleted'] },
  { run: 'kubectl label nodes worker-1 accelerator=nvidia-tesla-p100', shows: 'node/worker-1 labeled' },
  { run: 'kubectl get nodes --show-labels', shows: /^worker-1 .*accelerator=nvidia-tesla-p100/m },
  { run: 'kubectl create -f cuda.yaml', files: { 'cuda.yaml': pod('cuda-test', '  containers:\n  - {name: cuda-test, image: "k8s.gcr.io/cuda-vector-add:v0.1"}\n  nodeSelector: {accelerator: nvidia-tesla-p100}\n') }, shows: 'pod/cuda-test created', then: { run: 'sleep 3; kubectl get po cuda-test -o jsonpath={.spec.nodeName}', has: 'worker-1' } },
  { run: 'kubectl explain po.spec', shows: ['KIND:       Pod', 'nodeSelector', 'FIELD: spec <PodSpec>'] },
  { run: 'kubectl create -f affinity.yaml', files: { 'affinity.yaml': pod('affinity-pod', '  affinity:\n    nodeAffinity:\n      requiredDuringSchedulingIgnoredDuringExecution:\n        nodeSelectorTerms:\n        - matchExpressions:\n          - {key: accelerator, operator: In, values: [nvidia-tesla-p100]}\n  containers:\n  - {name: c, image: nginx}\n') }, shows: 'pod/affinity-pod created', then: { run: 'sleep 3; kubectl get po affinity-pod -o jsonpath={.spec.nodeName}', has: 'worker-1' } },
  { run: 'kubectl create -f nodename.yaml', files: { 'nodename.yaml': pod('nodename-pod', '  nodeName: worker-2\n  containers:\n  - {name: nodename-con, image: nginx}\n') }, shows: 'pod/nodename-pod created' },
  { run: 'kubectl get pod nodename-pod -o wide', after: 8, shows: /Running .* worker-2 /m },
  { run: 'kubectl taint node worker-2 tier=frontend:NoSchedule', shows: 'node/worker-2 tainted' },
  { run: 'kubectl describe node worker-2', shows: /^Taints: +tier=frontend:NoSchedule$/m },
  { run: 'kubectl create -f tolerant.yaml', files: { 'tolerant.yaml': pod('frontend', '  containers:\n  - {name: nginx, image: nginx}\n  nodeSelector: {kubernetes.io/hostname: worker-2}\n  tolerations:\n  - {key: tier, operator: Equal, value: frontend, effect: NoSchedule}\n') }, then: { run: 'sleep 8; kubectl get po frontend -o wide', has: /Running .*worker-2/ } },
  { run: 'vi pod.yaml', keys: ['iapiVersion: v1', '\u001b', ':wq'], then: { run: 'cat pod.yaml', has: 'apiVersion: v1' } },
  { run: 'kubectl delete po frontend; kubectl create -f pod.yaml', files: { 'pod.yaml': pod('frontend', '  containers:\n  - {name: nginx, image: nginx}\n  nodeSelector: {kubernetes.io/hostname: control-plane}\n  tolerations:\n  - {key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}\n') }, shows: 'pod/frontend created', then: { run: 'sleep 8; kubectl get po frontend -o wide', has: /Running .*control-plane/ } },
];

export const deployments: Section = [
  { run: 'kubectl create deployment nginx  --image=nginx:1.18.0  --dry-run=client -o yaml > deploy.yaml', then: { run: 'cat deploy.yaml', has: /replicas: 1\n {2}selector:\n {4}matchLabels:\n {6}app: nginx\n/ } },
  { run: 'vi deploy.yaml', keys: [':%s/replicas: 1/replicas: 2/', ':wq'], then: { run: 'grep replicas deploy.yaml', has: 'replicas: 2' } },
  { run: 'kubectl apply -f deploy.yaml', shows: 'deployment.apps/nginx created', then: { run: 'kubectl delete -f deploy.yaml', has: 'deleted' } },
  { run: "kubectl create deployment nginx  --image=nginx:1.18.0  --dry-run=client -o yaml | sed 's/replicas: 1/replicas: 2/g'  | sed 's/image: nginx:1.18.0/image: nginx:1.18.0\\n        ports:\\n        - containerPort: 80/g' | kubectl apply -f -", shows: 'deployment.apps/nginx created', then: { run: 'kubectl get deploy nginx -o jsonpath="{.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort}"; kubectl delete deploy nginx', has: '2 80' } },
  { run: 'kubectl create deploy nginx --image=nginx:1.18.0 --replicas=2 --port=80', shows: 'deployment.apps/nginx created' },
  { run: 'kubectl get deploy nginx -o yaml', after: 15, shows: ['deployment.kubernetes.io/revision: "1"', 'readyReplicas: 2'] },
  { run: 'kubectl describe deploy nginx', shows: [/^NewReplicaSet: +nginx-[a-z0-9]+ \(2\/2 replicas created\)$/m, 'Scaled up replica set nginx-'] },
  { run: 'kubectl get rs -l run=nginx', shows: 'No resources found in default namespace.' },
  { run: 'kubectl get rs -l app=nginx', shows: /^nginx-[a-z0-9]+ +2 +2 +2 /m },
  { run: 'kubectl get $(kubectl get rs -l app=nginx -o name) -o yaml', shows: ['kind: ReplicaSet', 'ownerReferences:'] },
  { run: 'kubectl get po', shows: /^nginx-\S+ +1\/1 +Running/m },
  { run: 'kubectl get po -l run=nginx', shows: 'No resources found' },
  { run: 'kubectl get po -l app=nginx', shows: /^nginx-/m },
  { run: 'kubectl get $(kubectl get po -l app=nginx -o name | head -1) -o yaml', shows: 'pod-template-hash:' },
  { run: 'kubectl rollout status deploy nginx', shows: 'deployment "nginx" successfully rolled out' },
  { run: 'kubectl set image deploy nginx nginx=nginx:1.19.8', shows: 'deployment.apps/nginx image updated' },
  { run: 'kubectl edit deploy nginx', after: 30, keys: [':q'], shows: 'Edit cancelled, no changes made.' },
  { run: 'kubectl rollout history deploy nginx', shows: /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/ },
  { run: 'kubectl get deploy nginx', shows: /^nginx +2\/2 +2 +2 /m },
  { run: 'kubectl get rs', shows: [/^nginx-\S+ +2 +2 +2 /m, /^nginx-\S+ +0 +0 +0 /m] },
  { run: 'kubectl get po', shows: /^nginx-\S+ +1\/1 +Running/m },
  { run: 'kubectl rollout undo deploy nginx', shows: 'deployment.apps/nginx rolled back' },
  { run: 'kubectl get po', after: 20, shows: 'Running' },
  { run: 'kubectl describe $(kubectl get po -l app=nginx -o name | head -1) | grep -i image', shows: /Image: +nginx:1\.18\.0/ },
  { run: 'kubectl set image deploy nginx nginx=nginx:1.91', shows: 'image updated' },
  { run: 'kubectl edit deploy nginx', after: 40, keys: [':%s/terminationGracePeriodSeconds: 30/terminationGracePeriodSeconds: 30/', ':wq'], shows: 'Edit cancelled, no changes made.' },
  { run: 'kubectl rollout status deploy nginx --timeout=5s', code: 1, shows: ['Waiting for deployment "nginx" rollout to finish: 1 out of 2 new replicas have been updated...', 'error: timed out waiting for the condition'] },
  { run: 'kubectl get po', shows: /ErrImagePull|ImagePullBackOff/ },
  { run: 'kubectl rollout undo deploy nginx --to-revision=2', shows: 'rolled back' },
  { run: 'kubectl describe deploy nginx | grep Image:', shows: /Image: +nginx:1\.19\.8/ },
  { run: 'kubectl rollout status deploy nginx', shows: 'successfully rolled out' },
  { run: 'kubectl rollout history deploy nginx --revision=4', shows: ['deployment.apps/nginx with revision #4', 'nginx:1.91'] },
  { run: 'kubectl scale deploy nginx --replicas=5', shows: 'deployment.apps/nginx scaled' },
  { run: 'kubectl get po', after: 10, shows: /(nginx-\S+ +1\/1 +Running.*\n){5}/ },
  { run: 'kubectl describe deploy nginx', shows: '5 desired | 5 updated | 5 total | 5 available | 0 unavailable' },
  { run: 'kubectl autoscale deploy nginx --min=5 --max=10 --cpu-percent=80', shows: 'horizontalpodautoscaler.autoscaling/nginx autoscaled' },
  { run: 'kubectl get hpa nginx', shows: /^nginx +Deployment\/nginx +<unknown>\/80% +5 +10 /m },
  { run: 'kubectl rollout pause deploy nginx', shows: 'deployment.apps/nginx paused' },
  { run: 'kubectl set image deploy nginx nginx=nginx:1.19.9', shows: 'image updated' },
  { run: 'kubectl rollout history deploy nginx', after: 10, shows: /^5 +<none>$/m, hides: /^6 /m },
  { run: 'kubectl rollout resume deploy nginx', shows: 'deployment.apps/nginx resumed' },
  { run: 'kubectl rollout history deploy nginx', after: 20, shows: /^6 +<none>$/m },
  { run: 'kubectl rollout history deploy nginx --revision=6', shows: 'nginx:1.19.9' },
  { run: 'kubectl delete deploy nginx', shows: 'deployment.apps "nginx" deleted' },
  { run: 'kubectl delete hpa nginx', shows: 'horizontalpodautoscaler.autoscaling "nginx" deleted' },
  { run: 'kubectl create deploy nginx --image=nginx; kubectl autoscale deploy nginx --max=2; kubectl delete deploy/nginx hpa/nginx', shows: ['deployment.apps "nginx" deleted', 'horizontalpodautoscaler.autoscaling "nginx" deleted'] },
  { run: 'kubectl apply -f v1.yaml', files: { 'v1.yaml': app('v1', 3) }, shows: 'deployment.apps/my-app-v1 created' },
  { run: 'kubectl apply -f svc.yaml', files: { 'svc.yaml': service }, shows: 'service/my-app-svc created' },
  { run: 'kubectl run -it --rm --restart=Never busybox --image=gcr.io/google-containers/busybox --command -- wget -qO- my-app-svc', after: 15, shows: /^version-1$/m },
  { run: 'kubectl apply -f v2.yaml', files: { 'v2.yaml': app('v2', 1) }, shows: 'deployment.apps/my-app-v2 created' },
  { run: "kubectl run -it --rm --restart=Never busybox --image=gcr.io/google-containers/busybox -- /bin/sh -c 'while sleep 1; do wget -qO- my-app-svc; done'", after: 15, interrupt: 40, shows: [/^version-1$/m, /^version-2$/m] },
  { run: 'kubectl scale --replicas=4 deploy my-app-v2', shows: 'scaled' },
  { run: 'kubectl delete deploy my-app-v1', after: 10, shows: 'deleted' },
  { run: 'kubectl run last --rm -it --restart=Never --image=busybox -- sh -c "for i in 1 2 3 4 5 6; do wget -qO- $(kubectl get svc my-app-svc -o jsonpath="{.spec.clusterIP}"); done"', after: 40, shows: /(version-2\n){6}/, hides: 'version-1' },
];

export const jobs: Section = [
  { run: "kubectl create job pi  --image=perl:5.34 -- perl -Mbignum=bpi -wle 'print bpi(2000)'", shows: 'job.batch/pi created' },
  { run: 'kubectl get jobs -w', interrupt: 90, shows: /^pi +1\/1 /m },
  { run: 'kubectl get po', shows: /^pi-\S+ +0\/1 +Completed/m },
  { run: 'kubectl logs $(kubectl get po -l job-name=pi -o name)', shows: /^3\.14159265358979323846/m },
  { run: 'kubectl logs job/pi', shows: /^3\.14159265358979323846/m },
  { run: 'kubectl wait --for=condition=complete --timeout=300s job pi', shows: 'job.batch/pi condition met' },
  { run: 'kubectl delete job pi', shows: 'job.batch "pi" deleted' },
  { run: "kubectl create job busybox --image=busybox -- /bin/sh -c 'echo hello;sleep 30;echo world'", shows: 'job.batch/busybox created' },
  { run: 'kubectl get po', after: 5, shows: /^busybox-\S+ +1\/1 +Running/m },
  { run: 'kubectl logs $(kubectl get po -l job-name=busybox -o name) -f', shows: /^hello\nworld\n$/ },
  { run: 'kubectl get jobs', after: 4, shows: /^busybox +1\/1 /m },
  { run: 'kubectl describe jobs busybox', shows: /^Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed$/m },
  { run: 'kubectl logs job/busybox', shows: /^hello\nworld\n$/ },
  { run: 'kubectl delete job busybox', shows: 'job.batch "busybox" deleted' },
  { run: "kubectl create job busybox --image=busybox --dry-run=client -o yaml -- /bin/sh -c 'echo hello;sleep 30;echo world' > job.yaml", then: { run: 'cat job.yaml', has: 'restartPolicy: Never' } },
  { run: 'kubectl create -f job.yaml', files: { 'job.yaml': job('completions: 5\n  completionMode: Indexed') }, shows: 'job.batch/busybox created' },
  { run: 'kubectl get job busybox -w', interrupt: 200, shows: [/^busybox +1\/5 /m, /^busybox +5\/5 /m] },
  { run: 'kubectl delete jobs busybox', shows: 'deleted' },
  { run: 'kubectl create -f job.yaml', files: { 'job.yaml': job('parallelism: 5') }, shows: 'created' },
  { run: 'kubectl get jobs', after: 50, shows: /^busybox +\d\/1 of 5 /m },
  { run: 'kubectl delete job busybox', shows: 'deleted' },
  { run: "kubectl create job busybox --image=busybox --dry-run=client -o yaml -- /bin/sh -c 'while true; do echo hello; sleep 10;done' > job.yaml", then: { run: 'cat job.yaml', has: '- while true; do echo hello; sleep 10;done' } },
  { run: 'kubectl create -f job.yaml', files: { 'job.yaml': job('activeDeadlineSeconds: 30', 'while true; do echo hello; sleep 10;done') }, shows: 'created', then: { run: 'sleep 65; kubectl describe job busybox', has: 'DeadlineExceeded' } },
  { run: 'kubectl delete job busybox', shows: 'deleted' },
  { run: `kubectl create cronjob busybox --image=busybox --schedule="*/1 * * * *" -- /bin/sh -c 'date; echo Hello from the Kubernetes cluster'`, shows: 'cronjob.batch/busybox created' },
  { run: 'kubectl get po', after: 70, shows: /^busybox-\d+-\S+ +0\/1 +Completed/m },
  { run: 'kubectl logs $(kubectl get po -o name | grep busybox- | head -1)', shows: /^\w{3} \w{3} .*UTC \d{4}\nHello from the Kubernetes cluster\n$/ },
  { run: 'kubectl delete cj busybox', shows: 'cronjob.batch "busybox" deleted' },
  { run: `kubectl create cronjob busybox --image=busybox --schedule="*/1 * * * *" -- /bin/sh -c 'date; echo Hello from the Kubernetes cluster'`, shows: 'created' },
  { run: 'kubectl get cj', shows: /^busybox +\*\/1 \* \* \* \* +False +0 /m },
  { run: 'kubectl get jobs --watch', interrupt: 70, shows: /^busybox-\d+ +1\/1 /m },
  { run: 'kubectl get po --show-labels', shows: /job-name=busybox-\d+/ },
  { run: 'kubectl logs $(kubectl get po -o name | grep busybox- | head -1)', shows: 'Hello from the Kubernetes cluster' },
  { run: 'kubectl delete cj busybox', shows: 'deleted' },
  { run: `kubectl create cronjob time-limited-job --image=busybox --restart=Never --dry-run=client --schedule="* * * * *" -o yaml -- /bin/sh -c 'date; echo Hello from the Kubernetes cluster' > time-limited-job.yaml`, then: { run: 'cat time-limited-job.yaml', has: "schedule: '* * * * *'" } },
  { run: 'kubectl apply -f time-limited-job.yaml', files: { 'time-limited-job.yaml': cronJob('time-limited-job', '  startingDeadlineSeconds: 17\n') }, shows: 'cronjob.batch/time-limited-job created' },
  { run: 'kubectl apply -f time-limited-job.yaml', files: { 'time-limited-job.yaml': cronJob('time-limited-job', '', '      activeDeadlineSeconds: 12\n') }, shows: 'cronjob.batch/time-limited-job configured', then: { run: 'kubectl delete cj time-limited-job', has: 'deleted' } },
  { run: `kubectl create cronjob history-demo \\\n  --image=busybox \\\n  --schedule="*/1 * * * *" \\\n  --dry-run=client -o yaml \\\n  -- /bin/sh -c 'date; echo Hello from history demo' > history-demo.yaml`, then: { run: 'cat history-demo.yaml', has: 'kind: CronJob' } },
  { run: 'kubectl apply -f history-demo.yaml', files: { 'history-demo.yaml': cronJob('history-demo', '  successfulJobsHistoryLimit: 2\n  failedJobsHistoryLimit: 1\n') }, shows: 'created' },
  { run: 'kubectl get cj history-demo', after: 250, shows: /^history-demo /m, then: { run: 'kubectl get jobs --no-headers | grep -c history-demo', has: /^[23]\n$/ } },
  { run: 'kubectl get jobs --watch', interrupt: 5, shows: /^history-demo-\d+ +1\/1/m },
  { run: 'kubectl delete cj history-demo', shows: 'deleted' },
  { run: 'kubectl create cronjob sample-cron-job --image=busybox --schedule="0 0 1 1 *" -- date; kubectl create job --from=cronjob/sample-cron-job sample-job', shows: 'job.batch/sample-job created', then: { run: 'kubectl get job sample-job -o jsonpath="{.metadata.annotations}"', has: '"cronjob.kubernetes.io/instantiate":"manual"' } },
];
