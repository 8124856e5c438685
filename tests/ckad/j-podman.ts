import type { Section } from './exercise.ts';

/** Of the podman chapter: what needs no image builder, no image store and no registry. */
export const podman: Section = [
  { run: 'podman ps', shows: ['CONTAINER ID', 'control-plane'] },
  { run: 'podman exec -it worker-1 cat /etc/hostname', shows: 'worker-1' },
  { run: 'kubectl create secret docker-registry mysecret2 --docker-server=https://index.docker.io/v1/ --docker-username=ana --docker-password=secreta', shows: 'secret/mysecret2 created', then: { run: "kubectl get secret mysecret2 -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d", has: '{"auths":{"https://index.docker.io/v1/":{"username":"ana","password":"secreta","auth":"YW5hOnNlY3JldGE="}}}' } },
  { run: 'kubectl create secret generic mysecret --from-file=.dockerconfigjson=auth.json --type=kubernetes.io/dockerconfigjson', files: { 'auth.json': '{"auths":{"docker.io":{"auth":"YW5hOnNlY3JldGE="}}}' }, shows: 'secret/mysecret created', then: { run: 'kubectl get secret mysecret', has: 'kubernetes.io/dockerconfigjson' } },
  { run: 'kubectl create -f private.yaml', files: { 'private.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: private-reg}\nspec:\n  containers:\n  - {name: private-reg-container, image: nginx}\n  imagePullSecrets: [{name: mysecret}]\n' }, shows: 'pod/private-reg created', then: { run: 'sleep 8; kubectl get po private-reg', has: 'Running' } },
  { run: 'kubectl delete pod private-reg', shows: 'deleted' },
];
