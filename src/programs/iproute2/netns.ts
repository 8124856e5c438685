import { FileError, type FileSystem } from '../../linux/files.ts';
import { procNet, procSysNet, sysClassNet } from '../../linux/net/files.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import { NetNamespace } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import { admin, command, Exit, Words, type Options } from './options.ts';

/** ip netns: list, add, delete, exec, identify, pids. The namespaces are those of /run/netns. */
export async function netns(p: Process, options: Options, words: Words): Promise<number | void> {
  const named = p.machine.netns;
  const verb = words.done ? 'list' : words.next();
  switch (command(verb, ['list', 'show', 'lst', 'help', 'add', 'set', 'delete', 'identify', 'pids', 'exec', 'monitor', 'list-id', 'attach'])) {
    case 'list':
    case 'show':
    case 'lst': {
      const ids = [...named].map(([name, ns]) => ({ name, id: p.net.nsids.has(ns) ? ` (id: ${p.net.nsids.get(ns)})` : '' }));
      p.out(ids.reverse().map(({ name, id }) => `${name}${id}\n`).join(''));
      return;
    }
    case 'add': {
      const name = argument(words);
      if (!p.can('SYS_ADMIN')) throw new Exit(1, 'mount --make-shared /run/netns failed: Operation not permitted\n');
      if (named.has(name)) throw new Exit(1, `Cannot create namespace file "/run/netns/${name}": File exists\n`);
      const ns = new NetNamespace(p.world, { machine: p.machine.name, name });
      named.set(name, ns);
      p.machine.fs.mkdir('/run/netns', { parents: true });
      p.machine.fs.writeFile(`/run/netns/${name}`, '', { mode: 0o444 });
      return;
    }
    case 'delete': {
      const name = argument(words);
      const ns = named.get(name);
      if (!ns) throw new Exit(1, `Cannot remove namespace file "/run/netns/${name}": No such file or directory\n`);
      if (!p.can('SYS_ADMIN')) throw new Exit(1, `Cannot remove namespace file "/run/netns/${name}": Permission denied\n`);
      named.delete(name);
      if (p.machine.fs.exists(`/run/netns/${name}`)) p.machine.fs.remove(`/run/netns/${name}`);
      // The namespace lives on while a process is in it (a Pod's sandbox).
      if (!p.machine.pids.processes().some((o) => o.net === ns)) ns.destroy();
      return;
    }
    case 'identify': {
      const pid = words.done ? p.pid : Number(words.next());
      const ns = p.machine.pids.get(pid)?.net;
      p.out(`${[...named].filter(([, n]) => n === ns).map(([name]) => name).join('\n')}\n`);
      return;
    }
    case 'pids': {
      const ns = named.get(argument(words));
      if (!ns) throw new Exit(1, 'Cannot open network namespace: No such file or directory\n');
      p.out(p.machine.pids.processes().filter((o) => o.net === ns).map((o) => `${o.pid}\n`).join(''));
      return;
    }
    case 'exec': return options.all ? everywhere(p, words) : exec(p, words);
    case 'set': {
      const ns = named.get(argument(words));
      if (!ns) throw new Exit(255, 'Cannot open network namespace: No such file or directory\n');
      if (p.net.nsids.has(ns)) throw new NetlinkError('EEXIST', 'Peer netns already has a nsid assigned');
      admin(p);
      p.net.nsids.set(ns, Number(words.next()));
      return;
    }
    case 'list-id':
      p.out([...p.net.nsids].sort(([, a], [, b]) => a - b).map(([ns, id]) => `nsid ${id} ${[...named].filter(([, n]) => n === ns).map(([name]) => `(iproute2 netns name: ${name})`).join('')}\n`).join(''));
      return;
    case 'help': throw new Exit(255, 'Usage:\tip netns list\n\tip netns add NAME\n\tip netns attach NAME PID\n\tip netns set NAME NETNSID\n\tip [-all] netns delete [NAME]\n\tip netns identify [PID]\n\tip netns pids NAME\n\tip [-all] netns exec [NAME] cmd ...\n\tip netns monitor\n\tip netns list-id [target-nsid POSITIVE-INT] [nsid POSITIVE-INT]\nNETNSID := auto | POSITIVE-INT\n');
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip netns help".\n`);
  }
}

function argument(words: Words): string {
  if (words.done) throw new Exit(1, 'No netns name specified\n');
  return words.next();
}

/** What ip mounts for the program: the files that show a network show that namespace's. */
function inside(p: Process, ns: NetNamespace): FileSystem {
  const fs = p.fs.below('/');
  for (const [path, root] of [['/proc/sys/net', procSysNet(ns)], ['/proc/net', procNet(ns)], ['/sys/class/net', sysClassNet(ns)]] as const) fs.mount({ path, root, type: path.startsWith('/sys') ? 'sysfs' : 'proc', source: 'none' });
  return fs;
}

/** `-all`: the command in each of them. */
async function everywhere(p: Process, words: Words): Promise<number> {
  for (const name of [...p.machine.netns.keys()].reverse()) {
    await p.out(`\nnetns: ${name}\n`);
    await exec(p, new Words([name, ...words.rest()]));
  }
  return 0;
}

async function exec(p: Process, words: Words): Promise<number> {
  const name = argument(words);
  const ns = p.machine.netns.get(name);
  if (!ns) throw new Exit(255, `Cannot open network namespace "${name}": No such file or directory\n`);
  const argv = words.rest();
  if (argv.length === 0) throw new Exit(1, 'No command specified\n');
  if (!p.can('SYS_ADMIN')) throw new Exit(255, `setting the network namespace "${name}" failed: Operation not permitted\n`);
  try {
    const child = p.machine.spawn({ argv, parent: p, net: ns, fs: inside(p, ns), pgid: p.pgid });
    return (await p.waitFor(child)).code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Exit(1, `exec of "${argv[0]}" failed: ${error.message}\n`);
  }
}
