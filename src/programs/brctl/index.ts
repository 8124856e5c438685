import type { Bridge } from '../../linux/net/bridge.ts';
import { ERROR_TEXT, NetlinkError } from '../../linux/net/errors.ts';
import type { Link } from '../../linux/net/link.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import { portId } from '../../linux/net/stp.ts';
import type { Process } from '../../linux/process.ts';
import { setBridge, setPort } from '../iproute2/bridge-options.ts';

/** Ends the program with a message and 1. */
class Failure extends Error {}

interface Command {
  args: number;
  help: string;
  run: (p: Process, args: string[]) => string | void;
}

/** What belongs to a setting: its word for `ip link`, its name in messages, the unit of the kernel in seconds. */
const setting = (word: string, name: string, value: string, scale = 100) => (p: Process, [bridge = '', text = '']: string[]) => {
  const n = Number(text);
  if (!/^\d*\.?\d+$/.test(text)) throw new Failure(`bad ${value}`);
  attempt(`set ${name} failed`, () => {
    const link = p.net.link(bridge);
    if (!link?.bridge) throw new NetlinkError('ENODEV');
    setBridge(link, [word, String(word === 'priority' ? n & 0xffff : Math.floor(n * scale))]);
  });
};
const portSetting = (word: 'cost' | 'priority', name: string) => (p: Process, [bridge = '', port = '', text = '']: string[]) => {
  if (!/^\d+$/.test(text)) throw new Failure(`bad path ${word} value`);
  attempt(`set ${name} failed`, () => {
    const link = p.net.link(port);
    if (!link || link.master !== p.net.link(bridge)) throw new NetlinkError('ENODEV');
    setPort(link, [word, text]);
  });
};

/** brctl(8), bridge-utils 1.7. */
const COMMANDS: Record<string, Command> = {
  addbr: { args: 1, help: '<bridge>\t\tadd bridge', run: (p, [name = '']) => {
    if (p.net.link(name)) throw new Failure(`device ${name} already exists; can't create bridge with the same name`);
    attempt('add bridge failed', () => void p.net.addLink({ name: name.slice(0, 15), kind: 'bridge' }));
  } },
  delbr: { args: 1, help: '<bridge>\t\tdelete bridge', run: (p, [name = '']) => {
    const link = p.net.link(name);
    if (!link) throw new Failure(`bridge ${name} doesn't exist; can't delete it`);
    if (!link.bridge) throw new Failure(`can't delete bridge ${name}: Operation not permitted`);
    if (link.up) throw new Failure(`bridge ${name} is still up; can't delete it`);
    p.net.delLink(name);
  } },
  addif: { args: 2, help: '<bridge> <device>\tadd interface to bridge', run: (p, [name = '', ...devices]) => {
    for (const device of devices) {
      const link = deviceOf(p.net, device), bridge = bridgeOf(p.net, name);
      if (link.master) throw new Failure(`device ${device} is already a member of a bridge; can't add it to bridge ${name}.`);
      if (link.bridge) throw new Failure(`device ${device} is a bridge device itself; can't add a bridge device to a bridge device.`);
      attempt(`can't add ${device} to bridge ${name}`, () => link.setMaster(bridge.link));
    }
  } },
  delif: { args: 2, help: '<bridge> <device>\tdelete interface from bridge', run: (p, [name = '', ...devices]) => {
    for (const device of devices) {
      const link = deviceOf(p.net, device), bridge = bridgeOf(p.net, name);
      if (link.master !== bridge.link) throw new Failure(`device ${device} is not a port of ${name}`);
      link.setMaster(undefined);
    }
  } },
  hairpin: { args: 3, help: '<bridge> <port> {on|off}\tturn hairpin on/off', run: (p, [, port = '', text = '']) => {
    const on = onOff(text), link = deviceOf(p.net, port);
    attempt('set hairpin failed', () => setPort(link, ['hairpin', on ? 'on' : 'off']));
  } },
  setageing: { args: 2, help: '<bridge> <time>\t\tset ageing time', run: setting('ageing_time', 'ageing time', 'ageing time value') },
  setbridgeprio: { args: 2, help: '<bridge> <prio>\t\tset bridge priority', run: setting('priority', 'bridge priority', 'priority', 1) },
  setfd: { args: 2, help: '<bridge> <time>\t\tset bridge forward delay', run: setting('forward_delay', 'forward delay', 'forward delay value') },
  sethello: { args: 2, help: '<bridge> <time>\t\tset hello time', run: setting('hello_time', 'hello timer', 'hello timer value') },
  setmaxage: { args: 2, help: '<bridge> <time>\t\tset max message age', run: setting('max_age', 'max age', 'max age value') },
  setpathcost: { args: 3, help: '<bridge> <port> <cost>\tset path cost', run: portSetting('cost', 'path cost') },
  setportprio: { args: 3, help: '<bridge> <port> <prio>\tset port priority', run: portSetting('priority', 'port priority') },
  show: { args: 0, help: '[ <bridge> ]\t\tshow a list of bridges', run: show },
  showmacs: { args: 1, help: '<bridge>\t\tshow a list of mac addrs', run: showMacs },
  showstp: { args: 1, help: '<bridge>\t\tshow bridge stp info', run: (p, [name = '']) => stp(bridgeOf(p.net, name)) },
  stp: { args: 2, help: '<bridge> {on|off}\tturn stp on/off', run: (p, [name = '', text = '']) => {
    const on = onOff(text);
    attempt('set stp status failed', () => {
      const link = p.net.link(name);
      if (!link?.bridge) throw new NetlinkError('ENODEV');
      setBridge(link, ['stp_state', on ? '1' : '0']);
    });
  } },
};
const USAGE = `Usage: brctl [commands]\ncommands:\n${Object.entries(COMMANDS).map(([name, { help }]) => `\t${name.padEnd(10)}\t${help}\n`).join('')}`;

export async function main(p: Process): Promise<number> {
  const [name, ...args] = p.args;
  if (name === '-V' || name === '--version') {
    await p.out('bridge-utils, 1.7\n');
    return 0;
  }
  const command = COMMANDS[name ?? ''];
  if (!command) {
    await p.out(USAGE);
    if (name === '-h' || name === '--help') return 0;
    if (name?.startsWith('-')) p.err(`brctl: invalid option -- '${name.replace(/^-+/, '')[0] ?? ''}'\nUnknown option '?'\n`);
    else if (name !== undefined) p.err(`never heard of command [${name}]\n`);
    return 1;
  }
  if (args.length < command.args) {
    await p.out(`Incorrect number of arguments for command\nUsage: brctl ${name} ${command.help}\n`);
    return 1;
  }
  try {
    if (!name!.startsWith('show') && !p.can('NET_ADMIN')) throw new Failure(`${name}: Operation not permitted`);
    await p.out(command.run(p, args) ?? '');
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    p.err(`${error.message}\n`);
    return 1;
  }
}

function attempt(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof NetlinkError) throw new Failure(`${what}: ${ERROR_TEXT[error.errno]}`);
    throw error;
  }
}

function deviceOf(ns: NetNamespace, name: string): Link {
  const link = ns.link(name);
  if (!link) throw new Failure(`interface ${name} does not exist!`);
  return link;
}

function bridgeOf(ns: NetNamespace, name: string): Bridge {
  const link = ns.link(name);
  if (!link) throw new Failure(`bridge ${name} does not exist!`);
  if (!link.bridge) throw new Failure(`device ${name} is not a bridge!`);
  return link.bridge;
}

function onOff(text: string): boolean {
  if (!['on', 'yes', '1', 'off', 'no', '0'].includes(text)) throw new Failure('expect on/off for argument');
  return ['on', 'yes', '1'].includes(text);
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

function show(p: Process, given: string[]): string | void {
  const head = 'bridge name\tbridge id\t\tSTP enabled\tinterfaces\n';
  const names = given.length > 0 ? given : p.net.links().filter((l) => l.bridge).sort(byName).map((l) => l.name);
  if (names.length === 0) return head;
  for (const [i, name] of names.entries()) {
    const { id, options, ports } = bridgeOf(p.net, name);
    p.out(`${i === 0 ? head : ''}${name}\t\t${id}\t${options.stp ? 'yes' : 'no'}\t\t${[...ports].sort(byName).map((port) => port.name).join('\n\t\t\t\t\t\t\t')}\n`);
  }
}

function showMacs(p: Process, [name = '']: string[]): string {
  const link = p.net.link(name);
  if (!link?.bridge) throw new Failure(`read of forward table failed: ${ERROR_TEXT[link ? 'EOPNOTSUPP' : 'ENODEV']}`);
  const rows = link.bridge.fdb().filter((e) => e.port.port).sort((a, b) => (a.mac < b.mac ? -1 : 1));
  return `port no\tmac addr\t\tis local?\tageing timer\n${rows.map((e) => `${String(e.port.port!.number).padStart(3)}\t${e.mac}\t${e.local ? 'yes' : 'no'}\t\t${(e.permanent ? 0 : (p.now - e.updated) / 1e6).toFixed(2).padStart(7)}\n`).join('')}`;
}

/** A time in hundredths of a second. */
const time = (n = 0) => (n / 100).toFixed(2).padStart(7);

function stp({ link, id, options, ports, stp: tree }: Bridge): string {
  const times = tree ?? options;
  const flags = [tree?.topologyChange ? 'TOPOLOGY_CHANGE ' : '', tree?.topologyChangeDetected ? 'TOPOLOGY_CHANGE_DETECTED ' : ''].join('');
  const head = `${link.name}
 bridge id\t\t${id}
 designated root\t${tree?.root ?? id}
 root port\t\t${String(tree?.rootPort?.port?.number ?? 0).padStart(4)}\t\t\tpath cost\t\t${String(tree?.rootPathCost ?? 0).padStart(4)}
 max age\t\t${time(times.maxAge)}\t\t\tbridge max age\t\t${time(options.maxAge)}
 hello time\t\t${time(times.helloTime)}\t\t\tbridge hello time\t${time(options.helloTime)}
 forward delay\t\t${time(times.forwardDelay)}\t\t\tbridge forward delay\t${time(options.forwardDelay)}
 ageing time\t\t${time(tree?.topologyChange ? 2 * tree.forwardDelay : options.ageing)}
 hello timer\t\t${time(tree?.helloTimer.left)}\t\t\ttcn timer\t\t${time(tree?.tcnTimer.left)}
 topology change timer\t${time(tree?.topologyChangeTimer.left)}\t\t\tgc timer\t\t${time(0)}
 flags\t\t\t${flags}\n\n\n`;
  return head + [...ports].sort(byName).map((port) => {
    const { number, cost, hairpin } = port.port!, known = tree?.port(port);
    const hex = (n: number) => n.toString(16).padStart(4, '0');
    return `${port.name} (${number})
 port id\t\t${hex(portId(port))}\t\t\tstate\t\t${link.bridge!.stateOf(port).padStart(15)}
 designated root\t${known?.designatedRoot ?? id}\tpath cost\t\t${String(cost).padStart(4)}
 designated bridge\t${known?.designatedBridge ?? id}\tmessage age timer\t${time(known?.messageAge.left)}
 designated port\t${hex(known?.designatedPort ?? portId(port))}\t\t\tforward delay timer\t${time(known?.forwardDelay.left)}
 designated cost\t${String(known?.designatedCost ?? 0).padStart(4)}\t\t\thold timer\t\t${time(known?.hold.left)}
 flags\t\t\t${known?.configPending ? 'CONFIG_PENDING ' : ''}${known?.changeAck ? 'TOPOLOGY_CHANGE_ACK ' : ''}\n${hairpin ? ' hairpin mode\t\t   1\n' : ''}\n`;
  }).join('');
}
