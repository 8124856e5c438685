import { nodeOf } from '../../kubernetes/kubelet/nodes.ts';
import { imageId } from '../../kubernetes/runtime/image.ts';
import { rfc3339Nano } from '../../kubernetes/runtime/log.ts';
import { sha256Hex } from '../../kubernetes/runtime/sha256.ts';
import type { Process, Program } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import { accounts } from '../coreutils/accounts.ts';
import { humanBytes } from '../etcdctl/table.ts';
import { TabWriter } from '../kubectl/tabwriter.ts';
import { relay } from '../podman/relay.ts';
import { containersOf, type DockerContainer } from './containers.ts';
import { since } from './duration.ts';
import { goTemplate } from './template.ts';

/** Docker 24's client, on a machine where dockerd runs: the containers of minikube's VM, and those inside its node. */
export const main: Program = async (p) => {
  const [command, ...rest] = p.args;
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    await p.out(USAGE);
    return 0;
  }
  if (command === '--version' || command === '-v') {
    await p.out('Docker version 24.0.7, build afdd53b\n');
    return 0;
  }
  const [name, args] = command === 'container' || command === 'image' ? [`${command} ${rest[0] ?? ''}`, rest.slice(1)] : [command, rest];
  const run = COMMANDS[name];
  if (!run) {
    await p.err(command.startsWith('-') ? `unknown ${command.startsWith('--') ? 'flag' : 'shorthand flag'}: ${command.startsWith('--') ? command : `'${command[1]}' in ${command}`}\nSee 'docker --help'.\n` : `docker: '${name.trim()}' is not a docker command.\nSee 'docker --help'\n`);
    return command.startsWith('-') ? 125 : 1;
  }
  const node = nodeOf(p.machine);
  if (p.uid !== 0 && !inDockerGroup(p)) {
    await p.err('permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json": dial unix /var/run/docker.sock: connect: permission denied\n');
    return 1;
  }
  if (node && !node.runtime.process.running) {
    await p.err('Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n');
    return 1;
  }
  try {
    return await run(p, args, name);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await p.err(`${error.message}\n`);
    return error.code;
  }
};

type Command = (p: Process, args: string[], name: string) => Promise<number>;
class Refused extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

function inDockerGroup(p: Process): boolean {
  const me = accounts(p).find((a) => a.uid === p.uid)?.name ?? '';
  return new RegExp(`^docker:[^:]*:\\d+:(?:.*,)?${me}(?:,|$)`, 'm').test(p.fs.exists('/etc/group') ? p.fs.readFile('/etc/group') : '') || me === 'docker';
}

/** Flags before (and, for most commands, between) the operands. `valued`: those with a value. */
function parse(args: string[], name: string, flags: string, valued: string, stop = false): { set: Set<string>; values: Map<string, string[]>; rest: string[] } {
  const noValue = new Set(flags.split(' ')), withValue = new Set(valued.split(' ')), set = new Set<string>(), values = new Map<string, string[]>(), rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--' || !arg.startsWith('-') || arg === '-') {
      if (stop || arg === '--') return { set, values, rest: [...rest, ...args.slice(arg === '--' ? i + 1 : i)] };
      rest.push(arg);
      continue;
    }
    const [flag, inline] = arg.split(/=(.*)/s) as [string, string | undefined];
    const push = (key: string, value: string) => values.set(key, [...(values.get(key) ?? []), value]);
    if (withValue.has(flag)) push(flag, inline ?? args[++i] ?? '');
    else if (noValue.has(flag)) set.add(flag);
    else if (/^-[a-zA-Z]{2,}/.test(arg)) {
      for (let k = 1; k < arg.length; k++) {
        const letter = `-${arg[k]}`;
        if (withValue.has(letter)) {
          push(letter, arg.slice(k + 1) || (args[++i] ?? ''));
          break;
        }
        if (!noValue.has(letter)) throw new Refused(`unknown shorthand flag: '${arg[k]}' in ${arg}\nSee 'docker ${name} --help'.`, 125);
        set.add(letter);
      }
    } else throw new Refused(`unknown ${arg.startsWith('--') ? `flag: ${flag}` : `shorthand flag: '${arg[1]}' in ${arg}`}\nSee 'docker ${name} --help'.`, 125);
  }
  return { set, values, rest };
}

function find(p: Process, key: string): DockerContainer {
  const all = containersOf(p), found = all.find((c) => c.name === key || c.id === key) ?? all.find((c) => key.length > 1 && c.id.startsWith(key));
  if (!found) throw new Refused(`Error response from daemon: No such container: ${key}`);
  return found;
}

function need(rest: string[], name: string, usage: string, what = 'at least 1 argument'): void {
  if (rest.length === 0) throw new Refused(`"docker ${name}" requires ${what}.\nSee 'docker ${name} --help'.\n\nUsage:  docker ${name} ${usage}\n`);
}

const status = (p: Process, c: DockerContainer): string =>
  c.state === 'exited' ? `Exited (${c.exitCode}) ${since(p.now - c.finishedAt)} ago` : c.state === 'created' ? 'Created' : `Up ${since(p.now - c.startedAt)}${c.state === 'paused' ? ' (Paused)' : ''}`;

const ps: Command = async (p, args, name) => {
  const { set, values } = parse(args, name, '-a --all -q --quiet --no-trunc -l --latest -s --size', '-f --filter --format -n --last'), full = set.has('--no-trunc');
  const filters = [...(values.get('-f') ?? []), ...(values.get('--filter') ?? [])].map((f) => f.split(/=(.*)/s) as [string, string]);
  const wanted = (c: DockerContainer) => filters.every(([key, value = '']) => {
    if (key === 'name') return new RegExp(value).test(`/${c.name}`) || new RegExp(value).test(c.name);
    if (key === 'id') return c.id.startsWith(value);
    if (key === 'status') return c.state === value;
    if (key === 'label') return value.includes('=') ? c.labels[value.split('=')[0]!] === value.slice(value.indexOf('=') + 1) : value in c.labels;
    throw new Refused(`Error response from daemon: invalid filter '${key}'`);
  });
  const all = set.has('-a') || set.has('--all') || filters.some(([key]) => key === 'status');
  const list = containersOf(p).filter((c) => (all || c.state === 'running' || c.state === 'paused') && wanted(c)).slice(0, set.has('-l') || set.has('--latest') ? 1 : Infinity);
  if (set.has('-q') || set.has('--quiet')) {
    await p.out(list.map((c) => `${full ? c.id : c.id.slice(0, 12)}\n`).join(''));
    return 0;
  }
  const cut = (text: string) => (full || text.length <= 20 ? text : `${text.slice(0, 19)}…`);
  const row = (c: DockerContainer) => ({ ID: full ? c.id : c.id.slice(0, 12), Image: c.image, Command: `"${cut(c.argv.join(' '))}"`, CreatedAt: `${rfc3339Nano(c.createdAt).slice(0, 19).replace('T', ' ')} +0000 UTC`, RunningFor: `${since(p.now - c.createdAt)} ago`, Status: status(p, c), Ports: c.state === 'exited' ? '' : c.ports.map((m) => `${m.hostIP}:${m.hostPort}->${m.containerPort}/tcp`).join(', '), Names: c.name, State: c.state, Labels: Object.entries(c.labels).map(([k, v]) => `${k}=${v}`).join(',') });
  const format = values.get('--format')?.[0];
  if (format !== undefined) return printFormatted(p, format, list.map(row), { ID: 'CONTAINER ID', RunningFor: 'CREATED', CreatedAt: 'CREATED AT' });
  await table(p, ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'], list.map(row).map((r) => [r.ID, r.Image, r.Command, r.RunningFor, r.Status, r.Ports, r.Names]));
  return 0;
};

async function table(p: Process, header: string[], rows: string[][]): Promise<void> {
  let text = '';
  const writer = new TabWriter((t) => (text += t), { min: 10, padding: 3 });
  for (const row of [header, ...rows]) writer.write(`${row.join('\t')}\n`);
  writer.flush();
  await p.out(text);
}

async function printFormatted(p: Process, format: string, rows: Record<string, string>[], headers: Record<string, string>): Promise<number> {
  const isTable = /^table(\s|$)/.test(format), template = format.replace(/^table\s+/, '').replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  if (format === 'json') await p.out(rows.map((r) => `${JSON.stringify(r)}\n`).join(''));
  else if (isTable) await table(p, template.split('\t').map((cell) => cell.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, k: string) => headers[k] ?? k.toUpperCase())), rows.map((r) => goTemplate(template, r).split('\t')));
  else await p.out(rows.map((r) => `${goTemplate(template, r)}\n`).join(''));
  return 0;
}

const exec: Command = async (p, args, name) => {
  const { set, values, rest } = parse(args, name, '-i --interactive -t --tty -d --detach --privileged', '-u --user -w --workdir -e --env', true);
  const [key, ...argv] = rest;
  if (key === undefined || argv.length === 0) throw new Refused(`"docker exec" requires at least 2 arguments.\nSee 'docker exec --help'.\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]\n\nExecute a command in a running container`);
  const c = find(p, key), has = (...names: string[]) => names.some((n) => set.has(n)), last = (...names: string[]) => names.map((n) => values.get(n)?.at(-1)).find((v) => v !== undefined);
  if (c.state !== 'running') throw new Refused(`Error response from daemon: ${c.state === 'paused' ? `Container ${c.name} is paused, unpause the container before exec` : `Container ${c.id} is not running`}`);
  const tty = has('-t', '--tty'), interactive = has('-i', '--interactive');
  if (tty && interactive && !p.stdin.isTTY) throw new Refused('the input device is not a TTY');
  const env = Object.fromEntries([...(values.get('-e') ?? []), ...(values.get('--env') ?? [])].map((e) => [e.split('=')[0]!, e.includes('=') ? e.slice(e.indexOf('=') + 1) : (p.env[e] ?? '')]));
  let why = '';
  const code = await relay(p, { interactive, tty, pids: c.pids }, (io) => {
    const child = c.exec(argv, io, { user: last('-u', '--user'), cwd: last('-w', '--workdir'), env: { ...(tty ? { TERM: 'xterm' } : {}), ...env } });
    if (typeof child !== 'string') return child;
    why = child;
    const gone = p.machine.daemon({ argv: ['docker'], exe: p.exe, parent: p });
    gone.exit(127);
    return gone;
  });
  if (why === '') return code;
  throw new Refused(why.startsWith('unable to find user') ? why : `OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown`, why.startsWith('unable') ? 126 : 127);
};

const logs: Command = async (p, args, name) => {
  const { set, values, rest } = parse(args, name, '-f --follow -t --timestamps --details', '-n --tail --since --until');
  need(rest, name, '[OPTIONS] CONTAINER\n\nFetch the logs of a container', 'exactly 1 argument');
  const { log } = find(p, rest[0]!), tail = Number(values.get('-n')?.[0] ?? values.get('--tail')?.[0] ?? NaN);
  if (!log) return 0;
  const show = (e: { at: Micros; stream: string; text: string }) => p[e.stream === 'stdout' ? 'out' : 'err'](set.has('-t') || set.has('--timestamps') ? `${rfc3339Nano(e.at)} ${e.text}` : e.text);
  for (const e of Number.isNaN(tail) ? log.entries : tail === 0 ? [] : log.entries.slice(-tail)) await show(e);
  if ((set.has('-f') || set.has('--follow')) && !log.closed) await p.wait<void>((resume) => log.follow((e) => void show(e), () => resume()));
  return 0;
};

const inspect: Command = async (p, args, name) => {
  const { values, rest } = parse(args, name, '-s --size', '-f --format --type');
  need(rest, name, '[OPTIONS] NAME|ID [NAME|ID...]\n\nReturn low-level information on Docker objects');
  const all = containersOf(p), found: object[] = [], format = values.get('-f')?.[0] ?? values.get('--format')?.[0];
  const lost = rest.filter((key) => {
    const c = all.find((x) => x.name === key || x.id.startsWith(key));
    if (c) found.push(describe(c));
    return !c;
  });
  if (format === undefined) await p.out(`${JSON.stringify(found, null, 4)}\n`);
  else for (const item of found) await p.out(`${goTemplate(format, item)}\n`);
  if (lost.length > 0) throw new Refused(`Error: No such object: ${lost[0]}`);
  return 0;
};

function describe(c: DockerContainer): object {
  const ports = Object.fromEntries(c.ports.map((m) => [`${m.containerPort}/tcp`, [{ HostIp: m.hostIP, HostPort: String(m.hostPort) }]]));
  const zero = '0001-01-01T00:00:00Z', time = (at: Micros) => (at ? rfc3339Nano(at) : zero);
  return {
    Id: c.id, Created: time(c.createdAt), Path: c.argv[0] ?? '', Args: c.argv.slice(1),
    State: { Status: c.state, Running: c.state === 'running', Paused: c.state === 'paused', Restarting: false, OOMKilled: false, Dead: false, Pid: c.pid, ExitCode: c.exitCode, Error: '', StartedAt: time(c.startedAt), FinishedAt: c.state === 'exited' ? time(c.finishedAt) : zero },
    Image: c.image, Name: `/${c.name}`, RestartCount: 0, Driver: 'overlay2', Platform: 'linux', HostConfig: { NetworkMode: Object.keys(c.networks)[0] ?? 'none', PortBindings: ports }, Config: { Image: c.image, Cmd: c.argv, Labels: c.labels },
    NetworkSettings: { Ports: ports, Networks: Object.fromEntries(Object.entries(c.networks).map(([n, { ip, gateway, bits, mac }]) => [n, { NetworkID: sha256Hex(`network ${n}`), Gateway: ip ? gateway : '', IPAddress: ip, IPPrefixLen: ip ? bits : 0, MacAddress: ip ? mac : '' }])) },
  };
}

const images: Command = async (p, args, name) => {
  const { set } = parse(args, name, '-a --all -q --quiet --no-trunc --digests', '-f --filter --format');
  const runtime = nodeOf(p.machine)?.runtime, rows = runtime
    ? [...runtime.images].map(([full, { image }]) => [...split(full.replace(/^docker\.io\/(library\/)?/, '')), imageId(image).slice(7, 19), '2 years ago', `${humanBytes(image.size).replace(' ', '')}`])
    : [...new Set(containersOf(p).map((c) => c.image))].map((full) => [...split(full), sha256Hex(full).slice(0, 12), '2 years ago', '1.2GB']);
  if (set.has('-q') || set.has('--quiet')) await p.out(rows.map((r) => `${r[2]}\n`).join(''));
  else await table(p, ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'], rows);
  return 0;
};
const split = (name: string): [string, string] => [name.slice(0, name.lastIndexOf(':')), name.slice(name.lastIndexOf(':') + 1)];

const network: Command = async (p, [sub, ...args]) => {
  const bridges = p.machine.net.links().filter((l) => l.kind === 'bridge' && l.name.startsWith('br-'));
  const names = new Map(containersOf(p).flatMap((c) => Object.keys(c.networks)).map((n, i) => [n, bridges[i]?.name.slice(3) ?? sha256Hex(n).slice(0, 12)]));
  if (sub === 'ls' || sub === 'list') {
    const id = (n: string) => names.get(n) ?? sha256Hex(`network ${n}`).slice(0, 12);
    const rows = [['bridge', 'bridge'], ['host', 'host'], ...[...names.keys()].map((n) => [n, 'bridge']), ['none', 'null']].map(([n, driver]) => [id(n!), n!, driver!, 'local']);
    await table(p, ['NETWORK ID', 'NAME', 'DRIVER', 'SCOPE'], rows);
    return 0;
  }
  if (sub === 'inspect') {
    const { rest, values } = parse(args, 'network inspect', '-v --verbose', '-f --format'), wanted = rest[0] ?? '', members = containersOf(p).filter((c) => c.networks[wanted]);
    need(rest, 'network inspect', '[OPTIONS] NETWORK [NETWORK...]');
    if (!names.has(wanted)) {
      await p.out('[]\n');
      throw new Refused(`Error response from daemon: network ${wanted} not found`);
    }
    const { gateway, bits } = members[0]!.networks[wanted]!;
    const found = {
      Name: wanted, Id: names.get(wanted), Scope: 'local', Driver: 'bridge', EnableIPv6: false, IPAM: { Driver: 'default', Options: {}, Config: [{ Subnet: `${gateway.replace(/\d+$/, '0')}/${bits}`, Gateway: gateway }] }, Internal: false,
      Containers: Object.fromEntries(members.map((c) => [c.id, { Name: c.name, MacAddress: c.networks[wanted]!.mac, IPv4Address: `${c.networks[wanted]!.ip}/${bits}`, IPv6Address: '' }])), Options: { '--icc': '', '--ip-masq': '', 'com.docker.network.driver.mtu': '1500' },
    };
    const format = values.get('-f')?.[0] ?? values.get('--format')?.[0];
    await p.out(format === undefined ? `${JSON.stringify([found], null, 4)}\n` : `${goTemplate(format, found)}\n`);
    return 0;
  }
  throw new Refused(sub === undefined ? 'Usage:  docker network COMMAND' : `docker: 'network ${sub}' is not a docker command.\nSee 'docker network --help'`);
};

const act = (what: (p: Process, c: DockerContainer) => Promise<void> | void): Command => async (p, args, name) => {
  const { rest } = parse(args, name, '', '-t --time -s --signal');
  need(rest, name, '[OPTIONS] CONTAINER [CONTAINER...]');
  for (const key of rest) {
    await what(p, find(p, key));
    await p.out(`${key}\n`);
  }
  return 0;
};
const stop = (p: Process, c: DockerContainer): Promise<void> | void => (c.state === 'exited' ? undefined : p.wait<void>((resume) => c.stop(resume)));

const port: Command = async (p, [key = '']) => {
  await p.out(find(p, key).ports.map((m) => `${m.containerPort}/tcp -> ${m.hostIP}:${m.hostPort}\n`).join(''));
  return 0;
};

const version: Command = async (p) => {
  await p.out('Client: Docker Engine - Community\n Version:           24.0.7\n API version:       1.43\n Go version:        go1.20.10\n Git commit:        afdd53b\n Built:             Thu Oct 26 09:07:41 2023\n OS/Arch:           linux/amd64\n Context:           default\n\nServer: Docker Engine - Community\n Engine:\n  Version:          24.0.7\n  API version:      1.43 (minimum version 1.12)\n  Go version:       go1.20.10\n  Git commit:       311b9ff\n  Built:            Thu Oct 26 09:07:41 2023\n  OS/Arch:          linux/amd64\n  Experimental:     false\n');
  return 0;
};

const COMMANDS: Readonly<Record<string, Command>> = {
  ps, 'container ls': ps, 'container list': ps, exec, 'container exec': exec, logs, 'container logs': logs, inspect, 'container inspect': inspect, images, 'image ls': images, network, port, version,
  stop: act(stop), start: act((_, c) => c.start()), kill: act((_, c) => c.kill()),
  restart: act(async (p, c) => {
    await stop(p, c);
    c.start();
  }),
};

const USAGE = `
Usage:  docker [OPTIONS] COMMAND

A self-sufficient runtime for containers

Common Commands:
  exec        Execute a command in a running container
  ps          List containers
  images      List images
  version     Show the Docker version information

Management Commands:
  container   Manage containers
  image       Manage images
  network     Manage networks

Commands:
  inspect     Return low-level information on Docker objects
  kill        Kill one or more running containers
  logs        Fetch the logs of a container
  port        List port mappings or a specific mapping for the container
  restart     Restart one or more containers
  start       Start one or more stopped containers
  stop        Stop one or more running containers

Run 'docker COMMAND --help' for more information on a command.
`;
