import type { UserInfo } from './http.ts';
import type { Question } from './rbac.ts';
import type { ApiServer } from './server.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/**
 * plugin/pkg/auth/authorizer/node: a kubelet reads the secrets, config maps and claims that pods on its node name, and no others. The
 * real one keeps a graph; here the pods are asked, and the last pod that gave leave is asked first.
 */
export class NodeAuthorizer {
  readonly #server: ApiServer;
  readonly #gave = new Map<string, string>();

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Whether a question is about something that is not for every node alike. */
  decides(user: UserInfo, q: Question): boolean {
    return q.isResource && nodeOf(user) !== undefined && SUBDIVIDED.has(`${q.group}/${q.resource}`);
  }

  /** Why not; undefined: allowed. */
  refuses(user: UserInfo, q: Question): string | undefined {
    const node = nodeOf(user)!;
    switch (`${q.group}/${q.resource}`) {
      case '/secrets':
      case '/configmaps':
        if (q.verb !== 'get' && q.verb !== 'list' && q.verb !== 'watch') return 'can only read resources of this type';
        if (q.subresource !== '') return 'cannot read subresource';
        if (q.namespace === '') return 'can only read namespaced object of this type';
        return this.#related(node, q);
      case '/persistentvolumeclaims':
      case '/persistentvolumes':
      case 'storage.k8s.io/volumeattachments':
        if (q.resource === 'persistentvolumeclaims' && q.subresource === 'status') return q.verb === 'update' || q.verb === 'patch' ? this.#related(node, q) : 'can only get/update/patch this type';
        if (q.verb !== 'get') return 'can only get individual resources of this type';
        if (q.subresource !== '') return 'cannot get subresource';
        return this.#related(node, q);
      case '/serviceaccounts':
        if (q.verb !== 'create' || q.name === '') return 'can only create tokens for individual service accounts';
        if (q.subresource !== 'token') return 'can only create token subresource of service account';
        return this.#related(node, q);
      case 'coordination.k8s.io/leases':
        if (!['get', 'create', 'update', 'patch', 'delete'].includes(q.verb)) return 'can only get, create, update, patch, or delete a node lease';
        if (q.namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
        return q.verb !== 'create' && q.name !== node ? 'can only access node lease with the same name as the requesting node' : undefined;
      default:
        if (!['get', 'create', 'update', 'patch', 'delete'].includes(q.verb)) return 'can only get, create, update, patch, or delete a CSINode';
        return q.verb !== 'create' && q.name !== node ? 'can only access CSINode with the same name as the requesting node' : undefined;
    }
  }

  #related(node: string, q: Question): string | undefined {
    if (q.name === '') return 'No Object name found';
    return this.#path(node, q) ? undefined : `no relationship found between node '${node}' and this object`;
  }

  #path(node: string, { resource, namespace, name }: Question): boolean {
    const { registry } = this.#server, pods = this.#server.resource('', 'v1', 'pods')!;
    if (resource === 'volumeattachments') return registry.find(this.#server.resource('storage.k8s.io', 'v1', 'volumeattachments')!, '', name)?.spec.nodeName === node;
    if (resource === 'persistentvolumes') {
      const claim = registry.find(this.#server.resource('', 'v1', 'persistentvolumes')!, '', name)?.spec.claimRef;
      return claim !== undefined && this.#path(node, { resource: 'persistentvolumeclaims', namespace: claim.namespace, name: claim.name } as Question);
    }
    const key = `${node} ${resource}/${namespace}/${name}`;
    const known = this.#gave.get(key);
    const gives = (pod: Any) => pod !== undefined && pod.spec.nodeName === node && names(pod, resource, name);
    if (known !== undefined && gives(registry.find(pods, namespace, known))) return true;
    const found = registry.list(pods, namespace).find((kv) => gives(kv.value));
    if (found) this.#gave.set(key, found.value.metadata.name);
    else this.#gave.delete(key);
    return found !== undefined;
  }
}

const SUBDIVIDED = new Set(['/secrets', '/configmaps', '/persistentvolumeclaims', '/persistentvolumes', '/serviceaccounts', 'coordination.k8s.io/leases', 'storage.k8s.io/csinodes', 'storage.k8s.io/volumeattachments']);

function nodeOf({ name, groups }: UserInfo): string | undefined {
  return groups.includes('system:nodes') && name.startsWith('system:node:') ? name.slice('system:node:'.length) : undefined;
}

/** Whether a pod's spec names an object (pkg/api/v1/pod.VisitPodSecretNames and its kind). */
function names({ spec }: Any, resource: string, name: string): boolean {
  if (resource === 'serviceaccounts') return spec.serviceAccountName === name;
  const volumes = (spec.volumes ?? []) as Any[];
  if (resource === 'persistentvolumeclaims') return volumes.some((v) => v.persistentVolumeClaim?.claimName === name);
  const secret = resource === 'secrets';
  if (volumes.some((v) => (secret ? v.secret?.secretName === name || secretsOfDrivers(v).includes(name) : v.configMap?.name === name) || (v.projected?.sources ?? []).some((s: Any) => s[secret ? 'secret' : 'configMap']?.name === name))) return true;
  if (secret && (spec.imagePullSecrets ?? []).some((s: Any) => s.name === name)) return true;
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])] as Any[];
  return containers.some((c) => (c.env ?? []).some((e: Any) => e.valueFrom?.[secret ? 'secretKeyRef' : 'configMapKeyRef']?.name === name) || (c.envFrom ?? []).some((e: Any) => e[secret ? 'secretRef' : 'configMapRef']?.name === name));
}

function secretsOfDrivers(volume: Any): string[] {
  return Object.values(volume).flatMap((source: Any) => [source?.secretRef?.name, source?.nodePublishSecretRef?.name]).filter((n): n is string => typeof n === 'string');
}
