import { describe, expect, test } from 'vitest';
import { bench } from './bench.ts';

describe('kubectl on a machine with an API server', () => {
  test('generators print what they would create, keys sorted as go-yaml sorts them', async () => {
    const { type } = bench();
    expect(await type('kubectl create deployment nginx --image=nginx --replicas=3 --dry-run=client -o yaml')).toEqual({
      code: 0, stderr: '',
      stdout: `apiVersion: apps/v1
kind: Deployment
metadata:
  creationTimestamp: null
  labels:
    app: nginx
  name: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  strategy: {}
  template:
    metadata:
      creationTimestamp: null
      labels:
        app: nginx
    spec:
      containers:
      - image: nginx
        name: nginx
        resources: {}
status: {}
`,
    });
    expect((await type('kubectl create deployment nginx --image=nginx --dry-run=client')).stdout).toBe('deployment.apps/nginx created (dry run)\n');
  });

  test('a manifest is applied, unchanged when applied again, configured when it changed, and shown in a table', async () => {
    const { type, machine } = bench({ files: { 'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: uno}\ndata: {a: "1"}\n' } });
    expect((await type('kubectl apply -f cm.yaml')).stdout).toBe('configmap/uno created\n');
    expect((await type('kubectl apply -f cm.yaml')).stdout).toBe('configmap/uno unchanged\n');
    machine.fs.writeFile('/root/lab/cm.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: uno}\ndata: {b: "2"}\n');
    expect((await type('kubectl apply -f cm.yaml')).stdout).toBe('configmap/uno configured\n');
    expect((await type("kubectl get cm uno -o jsonpath='{.data}'")).stdout).toBe('{"b":"2"}');
    expect((await type('kubectl get cm uno')).stdout).toMatch(/^NAME {3}DATA {3}AGE\nuno {4}1 {6}\d+s\n$/);
    expect((await type('kubectl delete cm uno')).stdout).toBe('configmap "uno" deleted\n');
    expect(await type('kubectl get cm uno')).toEqual({ stdout: '', stderr: 'Error from server (NotFound): configmaps "uno" not found\n', code: 1 });
  });

  test.each([
    ['kubectl gett pods', 'error: unknown command "gett" for "kubectl"\n\nDid you mean this?\n\tset\n\tget\n'],
    ['kubectl get pods --nope', "error: unknown flag: --nope\nSee 'kubectl get --help' for usage.\n"],
    ['kubectl get pods -z', "error: unknown shorthand flag: 'z' in -z\nSee 'kubectl get --help' for usage.\n"],
    ['kubectl get pods -o', "error: flag needs an argument: 'o' in -o\nSee 'kubectl get --help' for usage.\n"],
    ['kubectl get pods --watch=quizas', 'error: invalid argument "quizas" for "-w, --watch" flag: strconv.ParseBool: parsing "quizas": invalid syntax\nSee \'kubectl get --help\' for usage.\n'],
    ['kubectl create deployment', 'error: required flag(s) "image" not set\n'],
    ['kubectl get foo', 'error: the server doesn\'t have a resource type "foo"\n'],
    ['kubectl get pods --context=nope', 'Error in configuration: context was not found for specified context: nope\n'],
    ['kubectl delete pods', 'error: resource(s) were provided, but no name was specified\n'],
  ])('%s is refused as the real one refuses it', async (line, stderr) => {
    expect(await bench().type(line)).toEqual({ stdout: '', stderr, code: 1 });
  });

  test('without an API server the connection is refused, after as many tries as the real one makes', async () => {
    const { type, server } = bench();
    server.stop();
    const { stderr, code } = await type('kubectl get pods');
    expect(code).toBe(1);
    expect(stderr.split('\n').filter((l) => l.includes("couldn't get current server API group list"))).toHaveLength(5);
    expect(stderr).toMatch(/\nThe connection to the server 127\.0\.0\.1:6443 was refused - did you specify the right host or port\?\n$/);
  });

  test('a context can be switched and its namespace changed in ~/.kube/config', async () => {
    const { type } = bench();
    expect((await type('kubectl config set-context --current --namespace=tienda')).stdout).toBe('Context "kind-podman" modified.\n');
    expect((await type('kubectl get pods')).stderr).toBe('No resources found in tienda namespace.\n');
    expect((await type('kubectl config get-contexts')).stdout).toBe('CURRENT   NAME          CLUSTER       AUTHINFO           NAMESPACE\n*         kind-podman   kind-podman   kubernetes-admin   tienda\n');
  });
});
