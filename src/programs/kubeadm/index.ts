import { ApiError, ConnectionError } from '../../kubernetes/client/client.ts';
import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';
import { certs } from './certs.ts';
import { Cluster, images, pullImage, VERSION } from './cluster.ts';
import { clusterConfiguration } from './phases/cluster-configuration.ts';
import { Refused } from './refused.ts';
import { init } from './init.ts';
import { join } from './join.ts';
import { reset } from './reset.ts';
import { token } from './token.ts';

/** kubeadm 1.28: makes control planes and nodes of machines that have containerd and a kubelet. */
export const main: Program = async (p) => {
  const [command, ...args] = p.args;
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    await p.out(USAGE);
    return 0;
  }
  const run = COMMANDS[command];
  if (!run) {
    await p.err(`error: unknown command "${command}" for "kubeadm"\nRun 'kubeadm --help' for usage.\nTo see the stack trace of this error execute with --v=5 or higher\n`);
    return 1;
  }
  try {
    return await run(p, args);
  } catch (error) {
    const why = error instanceof Refused ? error.message : error instanceof FileError ? `open ${error.path}: ${error.message.toLowerCase()}` : error instanceof ApiError || error instanceof ConnectionError ? error.message : undefined;
    if (why === undefined) throw error;
    await p.err(`${why}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
    return 1;
  }
};

export type Command = (p: Process, args: string[]) => Promise<number>;

const version: Command = async (p, args) => {
  await p.out(args.join(' ').includes('short') ? 'v1.28.15\n' : 'kubeadm version: &version.Info{Major:"1", Minor:"28", GitVersion:"v1.28.15", GitCommit:"841856557ef0f6a399096c42635d114d6f2cf7f4", GitTreeState:"clean", BuildDate:"2024-10-22T20:33:16Z", GoVersion:"go1.22.8", Compiler:"gc", Platform:"linux/amd64"}\n');
  return 0;
};

const config: Command = async (p, [what, verb]) => {
  if (what === 'images' && (verb === 'list' || verb === 'pull')) {
    if (verb === 'pull') new Cluster(p);
    for (const image of images(VERSION)) {
      if (verb === 'pull') {
        await p.sleep(800_000);
        const error = pullImage(p, image);
        if (error !== undefined) throw new Refused(`failed to pull image ${JSON.stringify(image)}: output: E${error}\n, error: exit status 1`);
      }
      await p.out(verb === 'pull' ? `[config/images] Pulled ${image}\n` : `${image}\n`);
    }
    return 0;
  }
  if (what === 'print' && verb === 'init-defaults') {
    await p.out(`apiVersion: kubeadm.k8s.io/v1beta3\nbootstrapTokens:\n- groups:\n  - system:bootstrappers:kubeadm:default-node-token\n  token: abcdef.0123456789abcdef\n  ttl: 24h0m0s\n  usages:\n  - signing\n  - authentication\nkind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: 1.2.3.4\n  bindPort: 6443\nnodeRegistration:\n  criSocket: unix:///var/run/containerd/containerd.sock\n  imagePullPolicy: IfNotPresent\n  name: node\n  taints: null\n---\n${clusterConfiguration({ version: '1.28.0', podSubnet: '', serviceSubnet: '10.96.0.0/12', dnsDomain: 'cluster.local' })}`);
    return 0;
  }
  throw new Refused(`error: unknown command ${JSON.stringify(what ?? '')} for "kubeadm config"`);
};

const COMMANDS: Readonly<Record<string, Command>> = { init, join, token, certs, reset, version, config };

const USAGE = `

    ┌──────────────────────────────────────────────────────────┐
    │ KUBEADM                                                  │
    │ Easily bootstrap a secure Kubernetes cluster             │
    │                                                          │
    │ Please give us feedback at:                              │
    │ https://github.com/kubernetes/kubeadm/issues             │
    └──────────────────────────────────────────────────────────┘

Usage:
  kubeadm [command]

Available Commands:
  certs       Commands related to handling kubernetes certificates
  config      Manage configuration for a kubeadm cluster persisted in a ConfigMap in the cluster
  help        Help about any command
  init        Run this command in order to set up the Kubernetes control plane
  join        Run this on any machine you wish to join an existing cluster
  reset       Performs a best effort revert of changes made to this host by 'kubeadm init' or 'kubeadm join'
  token       Manage bootstrap tokens
  version     Print the version of kubeadm

Use "kubeadm [command] --help" for more information about a command.
`;
