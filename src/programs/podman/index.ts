import { clusterNodes, type ClusterNode } from '../../kubernetes/kubelet/nodes.ts';
import { sha256Hex } from '../../kubernetes/runtime/sha256.ts';
import { which } from '../../linux/machine.ts';
import type { Process, Program, Signal } from '../../linux/process.ts';
import { SIGNALS } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import { since } from '../docker/duration.ts';
import { goTemplate } from '../docker/template.ts';
import { relay } from './relay.ts';

/** podman 4 (and docker, as Podman's alias) as far as the nodes of a kind cluster need it: they are the only containers here. */
export const main: Program = async (p) => {
  const [command, ...args] = p.args;
  const run = command === undefined ? undefined : COMMANDS[command];
  if (run) return run(p, args);
  if (command === '--version' || command === '-v' || command === 'version') {
    void p.out(command === 'version' ? 'Client:       Podman Engine\nVersion:      4.3.1\nAPI Version:  4.3.1\nGo Version:   go1.19.8\nBuilt:        Thu Jan  1 00:00:00 1970\nOS/Arch:      linux/amd64\n' : 'podman version 4.3.1\n');
    return 0;
  }
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    void p[command === undefined ? 'err' : 'out'](`${command === undefined ? 'Error: missing command \'podman COMMAND\'\n' : ''}${USAGE}`);
    return command === undefined ? 125 : 0;
  }
  void p.err(command.startsWith('-') ? `Error: unknown ${command.startsWith('--') ? 'flag' : 'shorthand flag'}: ${command.startsWith('--') ? command : `'${command[1]}' in ${command}`}\nSee 'podman --help'\n` : `Error: unrecognized command \`podman ${command}\`\nTry 'podman --help' for more information\n`);
  return 125;
};

const USAGE = 'Usage:\n  podman [options] [command]\n\nAvailable Commands:\n  container   Manage containers\n  exec        Run a process in a running container\n  inspect     Display the configuration of object denoted by ID\n  kill        Kill one or more running containers with a specific signal\n  logs        Fetch the logs of one or more containers\n  network     Manage networks\n  pause       Pause all the processes in one or more containers\n  port        List port mappings or a specific mapping for the container\n  ps          List containers\n  restart     Restart one or more containers\n  start       Start one or more containers\n  stop        Stop one or more containers\n  unpause     Unpause the processes in one or more containers\n  version     Display the Podman version information\n';
const NETWORK = 'kind';

type Command = (p: Process, args: string[]) => Promise<number> | number;

function nodes(p: Process): ClusterNode[] {
  return [...clusterNodes(p.world).values()].filter((n) => n.host === p.machine.name);
}

const idOf = (node: ClusterNode): string => sha256Hex(`container ${node.machine.world.seed} ${node.name}`);

function find(p: Process, name: string): ClusterNode | undefined {
  return nodes(p).find((n) => n.name === name || (name.length >= 2 && idOf(n).startsWith(name)));
}

function missing(p: Process, name: string): number {
  void p.err(`Error: no container with name or ID "${name}" found: no such container\n`);
  return 125;
}

/** Options before the operands: flags without a value, and options with one. */
function options(p: Process, args: string[], flags: string, valued: string): { set: Set<string>; values: Map<string, string>; rest: string[] } | number {
  const set = new Set<string>(), values = new Map<string, string>(), noValue = new Set(flags.split(' ')), withValue = new Set(valued.split(' '));
  let i = 0;
  for (; i < args.length && args[i]!.startsWith('-') && args[i] !== '-'; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      i++;
      break;
    }
    const [name, inline] = arg.includes('=') ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg, undefined];
    if (noValue.has(name)) set.add(name);
    else if (withValue.has(name)) values.set(name, inline ?? args[++i] ?? '');
    else if (/^-[a-z]{2,}$/i.test(arg) && [...arg.slice(1)].every((c) => noValue.has(`-${c}`))) for (const c of arg.slice(1)) set.add(`-${c}`);
    else {
      void p.err(arg.startsWith('--') ? `Error: unknown flag: ${name}\nSee 'podman ${p.args[0]} --help'\n` : `Error: unknown shorthand flag: '${arg[1]}' in ${arg}\nSee 'podman ${p.args[0]} --help'\n`);
      return 125;
    }
  }
  return { set, values, rest: args.slice(i) };
}

const exec: Command = async (p, args) => {
  const o = options(p, args, '-i -t -d --interactive --tty --privileged --detach', '-u --user -w --workdir -e --env');
  if (typeof o === 'number') return o;
  const [name, ...argv] = o.rest;
  if (name === undefined) {
    void p.err('Error: exec requires the name or ID of a container or the --latest flag\n');
    return 125;
  }
  const node = find(p, name);
  if (!node) return missing(p, name);
  if (argv.length === 0) {
    void p.err('Error: must provide a non-empty command to start an exec session: invalid argument\n');
    return 125;
  }
  if (node.state !== 'running') {
    void p.err(`Error: can only create exec sessions on running containers: container state improper\n`);
    return 255;
  }
  const { machine } = node;
  const env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container: 'podman', HOME: '/root', HOSTNAME: node.name };
  const given = o.values.get('-e') ?? o.values.get('--env');
  if (given) env[given.split('=')[0]!] = given.includes('=') ? given.slice(given.indexOf('=') + 1) : (p.env[given] ?? '');
  const exe = which(machine.fs, env, '/', argv[0]!);
  const inode = exe === undefined ? undefined : machine.fs.find(exe);
  if (!exe || inode?.kind !== 'file') {
    void p.err(`Error: crun: executable file \`${argv[0]}\` not found${argv[0]!.includes('/') ? '' : ' in $PATH'}: No such file or directory: OCI runtime attempted to invoke a command that was not found\n`);
    return 127;
  }
  const tty = o.set.has('-t') || o.set.has('--tty'), interactive = o.set.has('-i') || o.set.has('--interactive');
  if (tty) env['TERM'] = p.env['TERM'] ?? 'xterm';
  return relay(p, { interactive, tty, pids: machine.pids }, (io) => machine.spawn({ argv, exe, parent: machine.pids.get(1), cwd: o.values.get('-w') ?? o.values.get('--workdir') ?? '/', env, tty: io.tty, stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, uid: 0, gid: 0, pgid: undefined } as Parameters<typeof machine.spawn>[0]));
};

const ps: Command = (p, args) => {
  const o = options(p, args, '-a --all -q --quiet --no-trunc -l --latest', '--format -f --filter');
  if (typeof o === 'number') return o;
  const filter = o.values.get('--filter') ?? o.values.get('-f');
  const all = nodes(p).filter((n) => (n.state !== 'exited' || o.set.has('-a') || o.set.has('--all')) && (!filter?.startsWith('name=') || n.name.includes(filter.slice(5))));
  if (o.set.has('-q') || o.set.has('--quiet')) {
    void p.out(all.map((n) => `${idOf(n).slice(0, 12)}\n`).join(''));
    return 0;
  }
  const format = o.values.get('--format');
  const row = (n: ClusterNode) => ({ ID: idOf(n).slice(0, 12), Image: n.image, Command: '', Created: ago(p.now - n.machine.bootedAt), Status: n.state === 'exited' ? `Exited (137) ${ago(p.now - n.startedAt)}` : `Up ${ago(p.now - n.startedAt)}${n.state === 'paused' ? ' (Paused)' : ''}`, Ports: n.ports.map((m) => `${m.hostIP}:${m.hostPort}->${m.containerPort}/tcp`).join(', '), Names: n.name });
  const rows = all.map(row);
  if (format !== undefined && format !== 'table' && format !== 'json') {
    const table = format.startsWith('table ');
    const text = format.replace(/^table /, '').replaceAll('\\t', '\t');
    const lines = rows.map((r) => text.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, k: string) => (r as Record<string, string>)[k] ?? '<no value>'));
    void p.out([...(table ? [text.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, k: string) => k.toUpperCase())] : []), ...lines].map((l) => `${l}\n`).join(''));
    return 0;
  }
  const header = { ID: 'CONTAINER ID', Image: 'IMAGE', Command: 'COMMAND', Created: 'CREATED', Status: 'STATUS', Ports: 'PORTS', Names: 'NAMES' };
  void p.out(columns([header, ...rows].map((r) => Object.values(r))));
  return 0;
};

const inspect: Command = (p, args) => {
  const o = options(p, args, '-s --size', '-f --format -t --type');
  if (typeof o === 'number') return o;
  const out: unknown[] = [];
  for (const name of o.rest) {
    const node = find(p, name);
    if (!node) {
      void p.out('[]\n');
      void p.err(`Error: inspecting object: no such object: "${name}"\n`);
      return 125;
    }
    out.push(describe(node));
  }
  const format = o.values.get('-f') ?? o.values.get('--format');
  if (format === undefined) void p.out(`${JSON.stringify(out, null, 5)}\n`);
  else for (const item of out) void p.out(`${goTemplate(format, item)}\n`);
  return 0;
};

function describe(node: ClusterNode): unknown {
  const ports = Object.fromEntries(node.ports.map((m) => [`${m.containerPort}/tcp`, [{ HostIp: m.hostIP, HostPort: String(m.hostPort) }]]));
  const iso = (at: Micros) => new Date(at / 1000).toISOString().replace(/Z$/, '000000Z');
  const eth0 = node.machine.net.link('eth0');
  const network = { EndpointID: '', Gateway: '172.18.0.1', IPAddress: node.state === 'exited' ? '' : node.ip, IPPrefixLen: 16, IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, MacAddress: eth0?.address ?? '', NetworkID: NETWORK, DriverOpts: null, IPAMConfig: null, Links: null, Aliases: [idOf(node).slice(0, 12)] };
  return {
    Id: idOf(node), Created: iso(node.machine.bootedAt), Path: '/usr/local/bin/entrypoint', Args: ['/sbin/init'],
    State: { OciVersion: '1.0.2-dev', Status: node.state, Running: node.state === 'running', Paused: node.state === 'paused', Restarting: false, OOMKilled: false, Dead: false, Pid: node.state === 'exited' ? 0 : 4242, ExitCode: node.state === 'exited' ? 137 : 0, Error: '', StartedAt: iso(node.startedAt) },
    ImageName: node.image, Name: node.name, Driver: 'overlay',
    NetworkSettings: { EndpointID: '', Gateway: '', IPAddress: '', IPPrefixLen: 0, MacAddress: '', Bridge: '', SandboxID: '', Ports: ports, Networks: { [NETWORK]: network } },
    Config: { Hostname: node.name, Image: node.image, Labels: { 'io.x-k8s.kind.cluster': 'kind', 'io.x-k8s.kind.role': node.controlPlane ? 'control-plane' : 'worker' }, Entrypoint: '/usr/local/bin/entrypoint', Cmd: ['/sbin/init'] },
    HostConfig: { NetworkMode: 'bridge', PortBindings: ports, Privileged: true },
  };
}

/** start, stop and their like: prints the names as they were given. */
const act = (what: (node: ClusterNode) => void, takes: number): Command => async (p, args) => {
  const o = options(p, args, '-a --all -i --ignore', '-t --time -s --signal');
  if (typeof o === 'number') return o;
  const names = o.set.has('-a') || o.set.has('--all') ? nodes(p).map((n) => n.name) : o.rest;
  if (names.length === 0) {
    void p.err('Error: you must provide at least one name or id\n');
    return 125;
  }
  for (const name of names) {
    const node = find(p, name);
    if (!node) return missing(p, name);
    await p.sleep(takes);
    what(node);
    await p.out(`${name}\n`);
  }
  return 0;
};

const kill: Command = (p, args) => {
  const o = options(p, args, '-a --all', '-s --signal');
  if (typeof o === 'number') return o;
  const signal = ((o.values.get('-s') ?? o.values.get('--signal') ?? 'KILL').toUpperCase().replace(/^SIG/, '') as Signal);
  if (!(signal in SIGNALS)) {
    void p.err(`Error: invalid signal: ${signal}\n`);
    return 125;
  }
  for (const name of o.rest) {
    const node = find(p, name);
    if (!node) return missing(p, name);
    if (signal === 'KILL' || signal === 'TERM') node.stop();
    else node.machine.pids.get(1)?.signal(signal);
    void p.out(`${name}\n`);
  }
  return 0;
};

const port: Command = (p, args) => {
  const node = args[0] === undefined ? undefined : find(p, args[0]);
  if (!node) return missing(p, args[0] ?? '');
  void p.out(node.ports.map((m) => `${m.containerPort}/tcp -> ${m.hostIP}:${m.hostPort}\n`).join(''));
  return 0;
};

const network: Command = (p, [sub, ...rest]) => {
  const subnet = '172.18.0.0/16';
  if (sub === 'ls' || sub === 'list') {
    void p.out(columns([['NETWORK ID', 'NAME', 'DRIVER'], [sha256Hex(NETWORK).slice(0, 12), NETWORK, 'bridge'], [sha256Hex('podman').slice(0, 12), 'podman', 'bridge']]));
    return 0;
  }
  if (sub === 'inspect') {
    const bridge = p.machine.net.links().find((l) => l.kind === 'bridge');
    if (rest.at(-1) !== NETWORK) {
      void p.err(`Error: network inspect: unable to find network with name or ID ${rest.at(-1) ?? ''}: network not found\n`);
      return 125;
    }
    void p.out(`${JSON.stringify([{ name: NETWORK, id: sha256Hex(NETWORK), driver: 'bridge', network_interface: bridge?.name ?? '', created: new Date(p.machine.bootedAt / 1000).toISOString(), subnets: [{ subnet, gateway: '172.18.0.1' }], ipv6_enabled: false, internal: false, dns_enabled: true, ipam_options: { driver: 'host-local' } }], null, 5)}\n`);
    return 0;
  }
  void p.err(`Error: unrecognized command \`podman network ${sub ?? ''}\`\nTry 'podman network --help' for more information\n`);
  return 125;
};

const container: Command = (p, [sub, ...rest]) => {
  const run = sub === 'ls' || sub === 'list' ? ps : COMMANDS[sub ?? ''];
  if (run) return run(p, rest);
  void p.err(`Error: unrecognized command \`podman container ${sub ?? ''}\`\nTry 'podman container --help' for more information\n`);
  return 125;
};

const restart: Command = act((n) => {
  n.stop();
  n.start();
}, 1_500_000);

const COMMANDS: Record<string, Command> = {
  exec, ps, inspect, port, network, container, kill, restart,
  stop: act((n) => n.stop(), 1_200_000), start: act((n) => n.start(), 600_000), pause: act((n) => n.pause(), 50_000), unpause: act((n) => n.unpause(), 50_000),
};

/** podman's tables: cells of 12 at least, two spaces between them. */
function columns(rows: string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(10, ...rows.map((r) => r[i]!.length)));
  return rows.map((r) => `${r.map((c, i) => (i === r.length - 1 ? c : c.padEnd(widths[i]!))).join('  ')}\n`).join('');
}

const ago = (time: Micros): string => `${since(time)} ago`;
