import type { Topic } from '../run.ts';

/** Files that cannot be read, or say what no object may say. */
const files: Record<string, string> = {
  'a.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n', 'b.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n labels: {}\n', 'c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\ndata: {}\n', 'd.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: [1, 2\n  b: 3\n',
  'e.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: m}\nspec:\n  containers:\n  - name: x\n   image: y\n', 'f.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: "sin cerrar\n  b: 1\n', 'g.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: b: c\n', 'h.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  name: y\n',
  'i.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  - a\n', 'j.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: 1\n', 'k.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata: &d\n  a: "1"\nbinaryData: *no\n', 'l.yaml': 'hola\n', 'm.yaml': '- apiVersion: v1\n', 'n.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: i, ports: [{containerPort: "80"}]}]}\n',
  'o.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {contenedores: [], containers: [{name: c, imagen: i}]}\n', 'p.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {}\n', 'q.yaml': 'apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: x}\n', 'r.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: X_y}\nspec: {ports: [{port: 0}], type: Nada}\n', 's.yaml': 'kind: Pod\nmetadata: {name: x}\n', 't.json': '{"apiVersion": "v1", "kind": "ConfigMap",', 'u.json': '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": 3}}',
  'v.yaml': 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l1}\n- apiVersion: v1\n  kind: Nada\n  metadata: {name: l2}\n', 'w.yaml': '---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: w}\n---\n# nada\n', 'x.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: g-}\n', 'y.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: nada}\n', 'z.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - name: c\n    image: i\n    resources: {requests: {cpu: mucho}}\n',
};

export const yaml: Topic = {
  topic: 'yaml',
  files,
  commands: Object.keys(files).flatMap((name) => [`kubectl apply -f ${name}`, `kubectl create -f ${name} --dry-run=client`].map((run) => (name === 'v.yaml' ? { run, differs: 'a kind that does not exist inside a List: ours says what it says of a document of its own' } : run))),
};
