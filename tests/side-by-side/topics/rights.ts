import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** Who may do what, what the server has, what it says of itself and of its kinds. */
export const rights: Topic = {
  topic: 'rights',
  files: FILES,
  setup: SETUP,
  reads: true,
  commands: [
    ...[
      'auth can-i get pods', 'auth can-i get pods --as=ana', 'auth can-i get pods --as=system:serviceaccount:tienda:robot -n tienda', 'auth can-i list deployments.apps/web --as=ana -n tienda',
      'auth can-i get pods/log --as=ana -n tienda', 'auth can-i get pods --subresource=log --as=ana -n tienda', `auth can-i '*' '*' -A`, 'auth can-i get nodes --as=x --as-group=operadores', 'auth can-i get nodes -n tienda',
      'auth can-i get nada', 'auth can-i foo pods', 'auth can-i get /healthz --as=ana', 'auth can-i get /nada --as=ana', 'auth can-i --list --as=ana -n tienda',
      'auth can-i --list --as=system:serviceaccount:tienda:robot -n tienda --no-headers', 'auth can-i get', 'auth can-i', 'auth can-i get pods -q --as=ana; echo $?', 'auth can-i use podsecuritypolicy', 'auth whoami',
      'auth whoami --as=ana --as-group=x -o yaml | grep -v creationTimestamp', 'auth whoami -o foo', 'auth reconcile -f todo.yaml -n tienda', 'auth reconcile -f espacio.yaml', 'auth foo', 'auth', 'api-resources --api-group=apps',
      'api-resources --namespaced=false -o name | head -5', 'api-resources --verbs=foo', 'api-resources --sort-by=kind | head -4', 'api-resources --sort-by=foo', 'api-resources -o wide --api-group=batch',
      'api-resources --categories=all -o name', 'api-resources --no-headers --api-group=ejemplo.com', 'api-resources foo', 'api-resources -o yaml', 'api-versions', 'api-versions x', 'version', 'version --client', 'version -o json',
      'version --client -o yaml', 'version --short', 'version -o foo', 'version x', 'cluster-info', 'cluster-info x', 'top pods', 'top nodes', 'top foo', 'top pod --containers -n tienda', 'events -n tienda --for=pod/solo',
      'events -n tienda --for=solo', 'events -n tienda --for=nada/solo', 'events --types=foo', 'events -n tienda --for=pod/pendiente -o name', 'events -n tienda --for=pod/pendiente -o json | head -3', 'events -n nada', 'explain pods',
      'explain pod.spec.nodeName', 'explain pod.foo', 'explain foo', 'explain deploy --api-version=apps/v1beta1', 'explain cj.spec --recursive | head -30', 'explain pod.spec.containers.resources.limits', 'explain svc.spec.ports',
      'explain gatos', 'explain gatos.spec', 'explain networkpolicy.spec.ingress.from', 'explain pvc.spec.resources', 'explain secret.data', 'explain deployment.spec.strategy.rollingUpdate --output=plaintext-openapiv2',
      'explain deployment --output=foo', 'explain', 'explain pods svc', 'explain pod.spec.containers.ports.', 'explain hpa --api-version=autoscaling/v1 | head -20', 'explain role.rules',
      'explain sts.spec.volumeClaimTemplates | head -20', 'explain pv.spec.hostPath', 'explain ing.spec.rules.http.paths.backend.service.port', 'explain node.status.conditions', 'explain quota.spec.hard', 'explain sc',
      'explain crd.spec.versions.schema.openAPIV3Schema.properties', 'explain job.spec.template.spec.restartPolicy', 'events -n tienda --for=pod/pendiente -o json | head -12', 'events -n tienda --for=pod/pendiente -o yaml | head -12',
      'explain svc.spec.ports', 'explain pod.spec.nodeName', 'explain quota.spec', 'explain node.status.conditions', 'explain deployment.spec.strategy.rollingUpdate --output=plaintext-openapiv2',
      'explain crd.spec.versions.schema.openAPIV3Schema.default', 'explain gatos.spec --recursive',
    ].map((rest) => `kubectl ${rest}`),
  ],
};
