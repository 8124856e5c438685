import { clusterNodes } from '../../kubernetes/kubelet/nodes.ts';
import type { Process, Program } from '../../linux/process.ts';

/** kind 0.20 as far as it looks at the cluster that is there: get, version, export kubeconfig. */
export const main: Program = async (p) => {
  const args = p.args.filter((a) => !a.startsWith('-')), name = option(p, '--name') ?? 'kind', experimental = "enabling experimental podman provider\n";
  const nodes = [...clusterNodes(p.world).values()].filter((n) => n.host === p.machine.name);
  const [verb, what] = args;
  if (verb === 'version' || p.args.includes('--version')) {
    await p.out(verb === 'version' ? 'kind v0.20.0 go1.20.4 linux/amd64\n' : 'kind version 0.20.0\n');
    return 0;
  }
  if (verb === 'get' && what === 'clusters') {
    await p.err(experimental);
    await (nodes.length > 0 ? p.out('kind\n') : p.err('No kind clusters found.\n'));
    return 0;
  }
  if (verb === 'get' && what === 'nodes') {
    await p.err(experimental);
    const found = name === 'kind' || p.args.includes('-A') || p.args.includes('--all-clusters') ? nodes : [];
    await (found.length > 0 ? p.out(found.map((n) => `${n.name}\n`).join('')) : p.err(`No kind nodes found for cluster "${name}".\n`));
    return 0;
  }
  if (verb === 'get' && what === 'kubeconfig') {
    await p.err(experimental);
    const path = '/etc/kubernetes/admin.conf', leader = nodes.find((n) => n.controlPlane && n.state === 'running');
    if (name !== 'kind' || !leader || !leader.machine.fs.exists(path)) {
      await p.err(`ERROR: could not locate any control plane nodes for cluster named '${name}'. Use the --name option to select a different cluster\n`);
      return 1;
    }
    const port = leader.ports.find((m) => m.containerPort === 6443);
    await p.out(leader.machine.fs.readFile(path).replace(/server: https:\/\/\S+/, `server: https://${port?.hostIP ?? leader.ip}:${port?.hostPort ?? 6443}`));
    return 0;
  }
  if (verb === undefined || verb === 'help' || p.args.includes('--help')) {
    await p.out(USAGE);
    return 0;
  }
  await p.err(`ERROR: unknown command "${verb === 'get' && what ? what : verb}" for "kind${verb === 'get' && what ? ' get' : ''}"\n`);
  return 1;
};

const USAGE = `kind creates and manages local Kubernetes clusters using Docker container 'nodes'

Usage:
  kind [command]

Available Commands:
  get         Gets one of [clusters, nodes, kubeconfig]
  help        Help about any command
  version     Prints the kind CLI version

Flags:
  -h, --help      help for kind
      --version   version for kind

Use "kind [command] --help" for more information about a command.
`;

function option(p: Process, name: string): string | undefined {
  const at = p.args.findIndex((a) => a === name || a.startsWith(`${name}=`));
  return at < 0 ? undefined : p.args[at]!.includes('=') ? p.args[at]!.slice(name.length + 1) : p.args[at + 1];
}
