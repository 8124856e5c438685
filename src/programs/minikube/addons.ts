import type { KubeObject } from '../../kubernetes/api/types.ts';
import { type ApiClient, ApiError } from '../../kubernetes/client/client.ts';
import { applyObjects, resourceOf } from '../../kubernetes/client/apply.ts';
import type { Process } from '../../linux/process.ts';
import { exitDueTo, step, table } from './output.ts';
import { Profile } from './profile.ts';

interface Addon {
  maintainer: string;
  /** What is applied and the images it tells of. */
  load: () => Promise<{ objects: KubeObject[]; images: string[] }>;
}

const KUBERNETES = 'Kubernetes', MINIKUBE = 'minikube';

/** The addons of minikube 1.32 (pkg/minikube/assets/addons.go) whose manifests and images this world has; the others it does not know. */
const ADDONS: Readonly<Record<string, Addon>> = {
  dashboard: { maintainer: KUBERNETES, load: () => import('../../kubernetes/addons/dashboard/manifest.ts').then((m) => ({ objects: m.dashboardManifest(), images: ['docker.io/kubernetesui/dashboard:v2.7.0', 'docker.io/kubernetesui/metrics-scraper:v1.0.8'] })) },
  'default-storageclass': { maintainer: KUBERNETES, load: () => import('../../kubernetes/addons/minikube/manifests.ts').then((m) => ({ objects: m.defaultAddons().slice(0, 1), images: [] })) },
  ingress: { maintainer: KUBERNETES, load: () => import('../../kubernetes/addons/ingress-nginx/manifest.ts').then((m) => ({ objects: m.ingressNginx('kind').map(anyNode), images: ['registry.k8s.io/ingress-nginx/controller:v1.8.1', 'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v20230407'] })) },
  'metrics-server': { maintainer: KUBERNETES, load: () => import('../../kubernetes/addons/metrics-server/manifest.ts').then((m) => ({ objects: m.metricsServer(['--kubelet-insecure-tls']), images: ['registry.k8s.io/metrics-server/metrics-server:v0.6.4'] })) },
  'storage-provisioner': { maintainer: MINIKUBE, load: () => import('../../kubernetes/addons/minikube/manifests.ts').then((m) => ({ objects: m.defaultAddons().slice(1), images: ['gcr.io/k8s-minikube/storage-provisioner:v5'] })) },
};

/** On minikube's one node, which has no label ingress-ready. */
function anyNode(object: KubeObject): KubeObject {
  const pod = object.spec?.template?.spec as { nodeSelector?: Record<string, string> } | undefined;
  return pod?.nodeSelector ? { ...object, spec: { ...object.spec, template: { ...object.spec.template, spec: { ...pod, nodeSelector: { 'kubernetes.io/os': 'linux' } } } } } : object;
}

export async function addons(p: Process, [verb, name]: string[]): Promise<number> {
  const profile = new Profile(p);
  if (verb === 'list') {
    const on = profile.addons;
    if (profile.node) await p.out(table(['ADDON NAME', 'PROFILE', 'STATUS', 'MAINTAINER'], Object.entries(ADDONS).map(([addon, { maintainer }]) => [addon, profile.name, on[addon] ? 'enabled ✅' : 'disabled', maintainer])));
    else await p.out(table(['ADDON NAME', 'MAINTAINER'], Object.entries(ADDONS).map(([addon, { maintainer }]) => [addon, maintainer])));
    return 0;
  }
  if (verb !== 'enable' && verb !== 'disable') {
    await p.out(USAGE);
    return verb === undefined ? 0 : 64;
  }
  if (name === undefined) return exitDueTo(p, 'MK_USAGE', `usage: minikube addons ${verb} ADDON_NAME`, 64);
  const addon = ADDONS[name];
  if (!addon) return exitDueTo(p, `MK_ADDON_${verb.toUpperCase()}`, `${verb} failed: property name "${name}" not found`, 10);
  const client = profile.running ? profile.client() : undefined;
  if (!client) return exitDueTo(p, 'MK_ADDON_ENABLE_PAUSED', `${verb}d failed: get state: unknown state "${profile.name}": docker container inspect ${profile.name} --format={{.State.Status}}: exit status 1`, 10);
  if (addon.maintainer === KUBERNETES && verb === 'enable') await step(p, '💡', `${name} is an addon maintained by ${KUBERNETES}. For any concerns contact minikube on GitHub.\nYou can view the list of minikube maintainers at: https://github.com/kubernetes/minikube/blob/master/OWNERS`);
  const { objects, images } = await p.world.tasks.outside(addon.load());
  if (verb === 'enable') {
    for (const image of images) await step(p, '▪', `Using image ${image}`, 'indent');
    await p.sleep(1_200_000);
    applyObjects(client, objects);
    await step(p, '🌟', `The '${name}' addon is enabled`, 'done');
  } else {
    remove(client, objects);
    await p.sleep(800_000);
    await step(p, '🌑', `"The '${name}' addon is disabled`);
  }
  profile.addons = { ...profile.addons, [name]: verb === 'enable' };
  return 0;
}

function remove(client: ApiClient, objects: readonly KubeObject[]): void {
  for (const object of [...objects].reverse()) {
    try {
      client.delete(resourceOf(object), object.metadata.namespace, object.metadata.name);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
  }
}

const USAGE = `addons modifies minikube addons files using subcommands like "minikube addons enable dashboard"

Available Commands:
  disable       Disables the addon w/ADDON_NAME within minikube. For a list of available addons use: minikube addons list 
  enable        Enables the addon w/ADDON_NAME within minikube. For a list of available addons use: minikube addons list 
  list          Lists all available minikube addons as well as their current statuses (enabled/disabled)

Usage:
  minikube addons SUBCOMMAND [flags] [options]

Use "minikube <command> --help" for more information about a given command.
Use "minikube options" for a list of global command-line options (applies to all commands).
`;
