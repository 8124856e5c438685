import { core } from '../../kubernetes/client/client.ts';
import type { Process } from '../../linux/process.ts';
import { exitDueTo, step } from './output.ts';
import { KUBERNETES, Profile, VERSION } from './profile.ts';

const FLAGS = /^--(driver|cpus|memory|kubernetes-version|container-runtime|nodes|addons|disk-size|cni|wait|force|install-addons|embed-certs|ports|extra-config|base-image|vm-driver)(=|$)/;

/** `minikube start`: makes the node, starts it again, or looks whether all is well. */
export async function start(p: Process, args: string[]): Promise<number> {
  const profile = new Profile(p), value = (name: string) => valueOf(args, name), driver = value('driver') ?? value('vm-driver');
  const unknown = args.find((a) => a.startsWith('-') && !FLAGS.test(a));
  if (unknown) {
    await p.err(`Error: unknown flag: ${unknown.split('=')[0]}\nSee 'minikube start --help' for usage.\n`);
    return 1;
  }
  await step(p, '😄', `minikube ${VERSION} on Ubuntu 22.04`);
  const existing = profile.node !== undefined;
  if (driver !== undefined && driver !== 'docker') return exitDueTo(p, `PROVIDER_${driver.toUpperCase()}_NOT_FOUND`, `The '${driver}' provider was not found: exec: "${driver}": executable file not found in $PATH`, 69);
  await step(p, '✨', existing ? 'Using the docker driver based on existing profile' : driver ? 'Using the docker driver based on user configuration' : 'Automatically selected the docker driver. Other choices: none, ssh');
  if (p.uid === 0 && !args.includes('--force')) {
    await step(p, '🛑', 'The "docker" driver should not be used with root privileges. If you wish to continue as root, use --force.', 'warning');
    await step(p, '💡', 'If you are running minikube within a VM, consider using --driver=none:');
    await step(p, '📘', '  https://minikube.sigs.k8s.io/docs/reference/drivers/none/');
    return exitDueTo(p, 'DRV_AS_ROOT', 'The "docker" driver should not be used with root privileges.', 78);
  }
  const wanted = value('kubernetes-version'), refusal = wanted === undefined ? undefined : await otherVersion(p, profile, wanted, existing);
  if (refusal !== undefined) return refusal;
  const cpus = Number(value('cpus') ?? 2), memory = megabytes(value('memory') ?? '2200');
  if (cpus < 2) return exitDueTo(p, 'RSRC_INSUFFICIENT_CORES', ` has less than 2 CPUs available, but Kubernetes requires at least 2 to be available`, 29);
  if (memory < 1800) return exitDueTo(p, 'RSRC_INSUFFICIENT_REQ_MEMORY', `Requested memory allocation ${memory}MiB is less than the usable minimum of 1800MB`, 26);
  if (existing && (value('cpus') || value('memory'))) {
    if (value('memory')) await step(p, '❗', 'You cannot change the memory size for an existing minikube cluster. Please first delete the cluster.', 'warning');
    if (value('cpus')) await step(p, '❗', 'You cannot change the CPUs for an existing minikube cluster. Please first delete the cluster.', 'warning');
  }
  if (!existing) await step(p, '📌', 'Using Docker driver with root privileges');
  await step(p, '👍', `Starting control plane node ${profile.name} in cluster ${profile.name}`);
  await step(p, '🚜', 'Pulling base image ...');
  if (!existing) {
    await step(p, '🔥', `Creating docker container (CPUs=${cpus}, Memory=${memory}MB) ...`);
    await p.sleep(6_000_000);
    profile.provider!.create();
  } else if (profile.running) await step(p, '🏃', `Updating the running docker "${profile.name}" container ...`);
  else {
    await step(p, '🔄', `Restarting existing docker container for "${profile.name}" ...`);
    profile.node!.start();
  }
  await step(p, '🐳', `Preparing Kubernetes ${KUBERNETES} on Docker 24.0.7 ...`);
  if (!existing) {
    await step(p, '▪', 'Generating certificates and keys ...', 'indent');
    await step(p, '▪', 'Booting up control plane ...', 'indent');
    await step(p, '▪', 'Configuring RBAC rules ...', 'indent');
    await step(p, '🔗', 'Configuring bridge CNI (Container Networking Interface) ...');
  }
  await step(p, '▪', 'Using image gcr.io/k8s-minikube/storage-provisioner:v5', 'indent');
  await step(p, '🔎', 'Verifying Kubernetes components...');
  for (let tries = 0; !(profile.provider!.ready() && healthy(profile)); tries++) {
    if (tries > 480) return exitDueTo(p, 'GUEST_START', 'failed to start node: wait 6m0s for node: wait for healthy API server: apiserver healthz never reported healthy: context deadline exceeded', 80);
    await p.sleep(500_000);
  }
  profile.write(existing ? {} : { CPUs: cpus, Memory: memory });
  profile.provider!.configure(p);
  const on = Object.entries(profile.addons).filter(([, enabled]) => enabled).map(([name]) => name).sort().reverse();
  await step(p, '🌟', `Enabled addons: ${on.join(', ')}`);
  await step(p, '🏄', `Done! kubectl is now configured to use "${profile.name}" cluster and "default" namespace by default`, 'done');
  return 0;
}

/**
 * `--kubernetes-version` of another than the one that is preloaded: an existing cluster is not taken back, and the binaries of any other
 * would come from dl.k8s.io, which this Internet does not have. Undefined: it is the same, or `stable` and `latest`, which minikube knows itself.
 */
async function otherVersion(p: Process, { name }: Profile, wanted: string, existing: boolean): Promise<number | undefined> {
  const own = KUBERNETES.slice(1), version = wanted.replace(/^v/, '');
  if (version === own || version === 'stable' || version === '') return undefined;
  if (!/^\d+\.\d+\.\d+/.test(version) && version !== 'latest') return exitDueTo(p, 'MK_USAGE', `Unable to parse "${wanted}": ${/^\d+\.\d+$/.test(version) ? 'No Major.Minor.Patch elements found' : 'Invalid character(s) found in major number'}`, 64);
  if (version !== 'latest' && existing && older(version, own)) {
    const choices = [[`Recreate the cluster with Kubernetes ${version}, by running:`, `minikube delete\n    minikube start --kubernetes-version=v${version}`], [`Create a second cluster with Kubernetes ${version}, by running:`, `minikube start -p ${name}2 --kubernetes-version=v${version}`], [`Use the existing cluster at version Kubernetes ${own}, by running:`, `minikube start --kubernetes-version=${KUBERNETES}`]];
    return exitDueTo(p, 'K8S_DOWNGRADE_UNSUPPORTED', `Unable to safely downgrade existing Kubernetes v${own} cluster to v${version}`, 106, `\n\n${choices.map(([what, how], i) => `    ${i + 1}) ${what}\n    \n    ${how}\n`).join('    \n')}`);
  }
  const url = `https://dl.k8s.io/release/v${version}/bin/linux/amd64/kubelet`;
  return exitDueTo(p, 'K8S_INSTALL_FAILED', `Failed to update cluster: updating control plane: downloading binaries: downloading kubelet: download failed: ${url}?checksum=file:${url}.sha256: error downloading checksum file: Get "${url}.sha256": dial tcp: lookup dl.k8s.io: no such host`, 100);
}

function older(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => text.split('.').map((part) => parseInt(part)));
  const at = x!.findIndex((n, i) => n !== y![i]);
  return at >= 0 && x![at]! < y![at]!;
}

/** The API server answers, and the node is Ready. */
function healthy(profile: Profile): boolean {
  const node = profile.client()?.find(core('nodes'), undefined, profile.name);
  return node?.status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True') ?? false;
}

function valueOf(args: string[], name: string): string | undefined {
  const at = args.findIndex((a) => a === `--${name}` || a.startsWith(`--${name}=`));
  return at < 0 ? undefined : args[at]!.includes('=') ? args[at]!.slice(name.length + 3) : args[at + 1];
}

function megabytes(text: string): number {
  const [, n = '0', unit = 'm'] = /^(\d+)\s*([mg]?)b?$/i.exec(text) ?? [];
  return Number(n) * (unit.toLowerCase() === 'g' ? 1024 : 1);
}
