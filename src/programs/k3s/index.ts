import { FileError } from '../../linux/files.ts';
import type { Process, Program } from '../../linux/process.ts';

const DATA = '/var/lib/rancher/k3s', KUBECONFIG = '/etc/rancher/k3s/k3s.yaml';
/** Tools that k3s carries within itself and runs by their name. */
const TOOLS = ['kubectl', 'crictl', 'ctr'];

/** k3s as somebody types it: the one executable of its nodes, also under the names kubectl, crictl and ctr (cmd/k3s/main.go). The server is its unit's. */
export const main: Program = async (p) => {
  const called = p.argv[0]!.split('/').at(-1)!;
  if (TOOLS.includes(called)) return tool(p, called, p.args);
  const [command, ...args] = p.args, version = String(p.fs.readContent(p.exe));
  if (command !== undefined && TOOLS.includes(command)) return tool(p, command, args);
  if (command === '--version' || command === '-v') {
    await p.out(`k3s version ${version} (${COMMIT})\ngo version go1.23.10\n`);
    return 0;
  }
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    await p.out(help(version));
    return 0;
  }
  await p.out(`No help topic for '${command}'\n`);
  return 3;
};

/** The tool itself, with the configuration that a k3s node has for it. */
async function tool(p: Process, name: string, args: string[]): Promise<number> {
  const env = { ...p.env };
  if (name === 'kubectl' && !env['KUBECONFIG'] && !args.some((a) => /^--kubeconfig(=|$)/.test(a))) {
    if (p.uid !== 0) {
      await p.err(`${stamp(p).replace(/^time="[^"]*"/, 'WARN[0000]')} Unable to read ${KUBECONFIG}, please start server with --write-kubeconfig-mode or --write-kubeconfig-group to modify kube config permissions \nerror: error loading config file "${KUBECONFIG}": open ${KUBECONFIG}: permission denied\n`);
      return 1;
    }
    env['KUBECONFIG'] = KUBECONFIG;
  }
  if (name === 'crictl') env['CRI_CONFIG_FILE'] = `${DATA}/agent/etc/crictl.yaml`;
  try {
    return await p.machine.exec(p, [name, ...args], env, `${DATA}/data/current/bin/${name}`);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await p.err(`${stamp(p)} level=fatal msg="exec: \\"${name}\\": ${error.message.toLowerCase()}"\n`);
    return 1;
  }
}

const COMMIT = 'eb603acd';
const stamp = (p: Process) => `time="${new Date(Math.floor(p.now / 1e6) * 1000).toISOString().replace('.000Z', 'Z')}"`;

const help = (version: string) => `NAME:
   k3s - Kubernetes, but small and simple

USAGE:
   k3s [global options] command [command options] [arguments...]

VERSION:
   ${version} (${COMMIT})

COMMANDS:
   kubectl  Run kubectl
   crictl   Run crictl
   ctr      Run ctr
   help, h  Shows a list of commands or help for one command

GLOBAL OPTIONS:
   --help, -h     show help
   --version, -v  print the version
`;
