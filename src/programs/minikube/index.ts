import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';
import { addons } from './addons.ts';
import { cp } from './cp.ts';
import { image } from './image.ts';
import { logs } from './logs.ts';
import { exitDueTo, step, table } from './output.ts';
import { COMMIT, Profile, VERSION } from './profile.ts';
import { service, tunnel } from './service.ts';
import { ssh } from './ssh.ts';
import { start } from './start.ts';

/** minikube 1.32 with the docker driver: its node is a container of the machine it is typed on. */
export const main: Program = async (p) => {
  const args = p.args.filter((a) => !/^(-p|--profile)(=|$)|^--alsologtostderr|^-v=|^--v=/.test(a)), at = args.findIndex((a) => !a.startsWith('-')), command = at < 0 ? undefined : args[at];
  if (command === undefined) {
    await p.out(USAGE);
    return 0;
  }
  const run = COMMANDS[command];
  if (!run) {
    await p.err(`Error: unknown command "${command}" for "minikube"\nRun 'minikube --help' for usage.\n`);
    return 64;
  }
  return run(p, [...args.slice(0, at), ...args.slice(at + 1)]);
};

type Command = (p: Process, args: string[]) => Promise<number>;

/** Prints what stands for `minikube start` where there is no cluster; undefined where there is one. */
async function missing(p: Process, profile: Profile): Promise<number | undefined> {
  if (!profile.node) {
    await step(p, '🤷', `Profile "${profile.name}" not found. Run "minikube profile list" to view all profiles.`);
    await step(p, '👉', 'To start a cluster, run: "minikube start"');
    return 85;
  }
  if (!profile.running) {
    await step(p, '🤷', 'The control plane node must be running for this command');
    await step(p, '👉', 'To start a cluster, run: "minikube start"');
    return 83;
  }
  return undefined;
}

const needsCluster = (run: (p: Process, args: string[], profile: Profile) => Promise<number>): Command => async (p, args) => {
  const profile = new Profile(p);
  return (await missing(p, profile)) ?? run(p, args, profile);
};

const status: Command = async (p) => {
  const profile = new Profile(p), { node } = profile;
  if (!node) return (await missing(p, profile))!;
  const host = node.state === 'running' ? 'Running' : node.state === 'paused' ? 'Paused' : 'Stopped', on = host === 'Running';
  const kubelet = on ? (node.kubeletStopped || !node.kubelet.acting ? 'Stopped' : 'Running') : host, apiserver = on ? (profile.client() ? 'Running' : 'Stopped') : host;
  const configured = p.fs.exists(`${p.env['HOME'] ?? '/root'}/.kube/config`) && p.fs.readFile(`${p.env['HOME'] ?? '/root'}/.kube/config`).includes('name: minikube');
  await p.out(`${profile.name}\ntype: Control Plane\nhost: ${host}\nkubelet: ${kubelet}\napiserver: ${apiserver}\nkubeconfig: ${configured ? (on ? 'Configured' : 'Stopped') : 'Misconfigured'}\n\n`);
  return on && kubelet === 'Running' && apiserver === 'Running' ? 0 : host === 'Running' ? 2 : 7;
};

const stop: Command = async (p) => {
  const profile = new Profile(p);
  if (!profile.node) return (await missing(p, profile))!;
  if (profile.node.state !== 'exited') {
    await step(p, '✋', `Stopping node "${profile.name}"  ...`);
    await step(p, '🛑', `Powering off "${profile.name}" via SSH ...`);
    await p.sleep(4_000_000);
    profile.node.stop();
  }
  await step(p, '🛑', '1 node stopped.');
  return 0;
};

const remove: Command = async (p) => {
  const profile = new Profile(p);
  if (!profile.node || !profile.provider) {
    await step(p, '🙄', `"${profile.name}" profile does not exist, trying anyways.`);
    await step(p, '💀', `Removed all traces of the "${profile.name}" cluster.`);
    return 0;
  }
  await step(p, '🔥', `Deleting "${profile.name}" in docker ...`);
  await p.sleep(1_500_000);
  await step(p, '🔥', `Deleting container "${profile.name}" ...`);
  profile.provider.remove();
  await p.sleep(1_500_000);
  const home = p.env['HOME'] ?? '/root';
  await step(p, '🔥', `Removing ${home}/.minikube/machines/${profile.name} ...`);
  for (const path of [profile.path, `${home}/.minikube/machines/${profile.name}`]) if (p.fs.exists(path)) p.fs.remove(path, { recursive: true });
  if (p.fs.exists(`${home}/.kube/config`)) p.fs.writeFile(`${home}/.kube/config`, 'apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: ""\nkind: Config\npreferences: {}\nusers: null\n', { uid: p.uid, gid: p.gid, mode: 0o600 });
  await step(p, '💀', `Removed all traces of the "${profile.name}" cluster.`);
  return 0;
};

const ip: Command = needsCluster(async (p, _, { node }) => {
  await p.out(`${node!.ip}\n`);
  return 0;
});

const nodes: Command = needsCluster(async (p, [verb], { node }) => {
  if (verb === 'list') {
    await p.out(`${node!.name}\t${node!.ip}\n`);
    return 0;
  }
  return exitDueTo(p, 'MK_USAGE', 'Usage: minikube node [add|start|stop|delete|list]', 64);
});

const profiles: Command = async (p, [verb]) => {
  const profile = new Profile(p);
  if (verb === 'list') {
    if (!profile.node) return exitDueTo(p, 'MK_USAGE_NO_PROFILE', 'No minikube profile was found. ', 64, 'You can create one using \'minikube start\'.');
    await p.out(table(['Profile', 'VM Driver', 'Runtime', 'IP', 'Port', 'Version', 'Status', 'Nodes', 'Active'], [[profile.name, 'docker', 'docker', profile.node.ip, '8443', 'v1.28.3', profile.running ? 'Running' : 'Stopped', '1', '*']], [4, 7]));
    return 0;
  }
  await p.out(`${profile.name}\n`);
  return 0;
};

/** kubectl of the cluster's version, kept below ~/.minikube/cache; here the machine's. */
const kubectl: Command = async (p, args) => {
  try {
    return await p.machine.exec(p, ['kubectl', ...(args[0] === '--' ? args.slice(1) : args)], p.env);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return exitDueTo(p, 'MK_CACHE_KUBECTL', `exec: "kubectl": ${error.message.toLowerCase()}`, 80);
  }
};

const version: Command = async (p, args) => {
  await p.out(args.includes('--short') ? `${VERSION}\n` : `minikube version: ${VERSION}\ncommit: ${COMMIT}\n`);
  return 0;
};

const COMMANDS: Readonly<Record<string, Command>> = {
  start, stop, delete: remove, status, ssh: needsCluster(ssh), cp: needsCluster(cp), image: needsCluster(image), addons, logs: needsCluster(logs), service: needsCluster(service), tunnel: needsCluster(tunnel), ip, node: nodes, profile: profiles, kubectl, version,
  help: async (p) => {
    await p.out(USAGE);
    return 0;
  },
};

const USAGE = `minikube provisions and manages local Kubernetes clusters optimized for development workflows.

Basic Commands:
  start          Starts a local Kubernetes cluster
  status         Gets the status of a local Kubernetes cluster
  stop           Stops a running local Kubernetes cluster
  delete         Deletes a local Kubernetes cluster

Images Commands:
  image          Manage images

Configuration and Management Commands:
  addons         Enable or disable a minikube addon
  profile        Get or list the current profiles (clusters)

Networking and Connectivity Commands:
  service        Returns a URL to connect to a service
  tunnel         Connect to LoadBalancer services

Advanced Commands:
  ssh            Log into the minikube environment (for debugging)
  kubectl        Run a kubectl binary matching the cluster version
  node           Add, remove, or list additional nodes
  cp             Copy the specified file into minikube

Troubleshooting Commands:
  ip             Retrieves the IP address of the specified node
  logs           Returns logs to debug a local Kubernetes cluster

Other Commands:
  version        Print the version of minikube

Use "minikube <command> --help" for more information about a given command.
`;
