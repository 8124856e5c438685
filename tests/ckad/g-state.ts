import type { Section } from './exercise.ts';

const busybox = (name: string, claim: string) => `apiVersion: v1\nkind: Pod\nmetadata: {labels: {run: busybox}, name: ${name}}\nspec:\n  restartPolicy: Never\n  containers:\n  - {args: [/bin/sh, -c, sleep 3600], image: busybox, name: busybox, volumeMounts: [{name: myvolume, mountPath: /etc/foo}]}\n${claim}`;
const two = busybox('busybox', '  - {args: [/bin/sh, -c, sleep 3600], image: busybox, name: busybox2, volumeMounts: [{name: myvolume, mountPath: /etc/foo}]}\n  volumes: [{name: myvolume, emptyDir: {}}]\n');
const claimed = '  nodeName: worker-1\n  volumes: [{name: myvolume, persistentVolumeClaim: {claimName: mypvc}}]\n';

export const state: Section = [
  { run: "kubectl run busybox --image=busybox --restart=Never -o yaml --dry-run=client -- /bin/sh -c 'sleep 3600' > pod.yaml", then: { run: 'cat pod.yaml', has: '- sleep 3600' } },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': two }, shows: 'pod/busybox created' },
  { run: 'kubectl exec -it busybox -c busybox2 -- /bin/sh', after: 8, keys: ["cat /etc/passwd | cut -f 1 -d ':' > /etc/foo/passwd", 'cat /etc/foo/passwd', 'exit'], shows: [/^root$/m, /^nobody$/m] },
  { run: 'kubectl exec -it busybox -c busybox -- /bin/sh', keys: ['mount | grep foo', 'cat /etc/foo/passwd', 'exit'], shows: [/ on \/etc\/foo type /, /^root$/m] },
  { run: 'kubectl delete po busybox --now', shows: 'deleted' },
  { run: 'kubectl create -f pv.yaml', files: { 'pv.yaml': 'kind: PersistentVolume\napiVersion: v1\nmetadata: {name: myvolume}\nspec:\n  storageClassName: normal\n  capacity: {storage: 10Gi}\n  accessModes: [ReadWriteOnce, ReadWriteMany]\n  hostPath: {path: /etc/foo}\n' }, shows: 'persistentvolume/myvolume created' },
  { run: 'kubectl get pv', shows: /^myvolume +10Gi +RWO,RWX +Retain +Available +normal /m },
  { run: 'kubectl create -f pvc.yaml', files: { 'pvc.yaml': 'kind: PersistentVolumeClaim\napiVersion: v1\nmetadata: {name: mypvc}\nspec:\n  storageClassName: normal\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 4Gi}}\n' }, shows: 'persistentvolumeclaim/mypvc created' },
  { run: 'kubectl get pvc', after: 3, shows: /^mypvc +Bound +myvolume +10Gi +RWO,RWX +normal /m },
  { run: 'kubectl get pv', shows: /^myvolume +10Gi +RWO,RWX +Retain +Bound +default\/mypvc +normal /m },
  { run: 'kubectl create -f pod.yaml', files: { 'pod.yaml': busybox('busybox', claimed) }, shows: 'created' },
  { run: 'kubectl exec busybox -it -- cp /etc/passwd /etc/foo/passwd', after: 8 },
  { run: "sed -i 's/name: busybox}/name: busybox2}/' pod.yaml; kubectl create -f pod.yaml", shows: 'pod/busybox2 created' },
  { run: 'kubectl exec busybox2 -- ls /etc/foo', after: 8, shows: /^passwd$/m },
  { run: 'kubectl get po busybox -o wide', shows: 'worker-1' },
  { run: 'kubectl get po busybox2 -o wide', shows: 'worker-1' },
  { run: 'kubectl delete po busybox busybox2 --now', shows: 'pod "busybox2" deleted' },
  { run: 'kubectl delete pvc mypvc', shows: 'persistentvolumeclaim "mypvc" deleted' },
  { run: 'kubectl delete pv myvolume', shows: 'persistentvolume "myvolume" deleted' },
  { run: 'kubectl run busybox --image=busybox --restart=Never -- sleep 3600', shows: 'created' },
  { run: 'kubectl cp busybox:/etc/passwd ./passwd', after: 8, shows: /^(tar: removing leading '\/' from member names\n)?$/ },
  { run: 'cat passwd', shows: /^root:x:0:0:/ },
];
