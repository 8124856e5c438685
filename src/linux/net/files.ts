/** The network in files: /proc/net, /proc/sys/net and /sys/class/net, made when they are looked at. */
import { Directory, FileError, type Inode } from '../files.ts';
import type { Link, LinkKind } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { NetlinkError } from './errors.ts';
import { PROC_NET } from './proc.ts';

/** /proc/PID/net of a process in that namespace. */
export function procNet(ns: NetNamespace): Directory {
  const known = (): Record<string, (ns: NetNamespace) => string> => (ns.hooks && ns.netfilter.ipvs ? { ...PROC_NET, ...ns.netfilter.ipvs.proc } : PROC_NET);
  return dynamic(() => [...Object.keys(known()), ...(ns.hooks && ns.netfilter.recentNames().length > 0 ? ['xt_recent'] : [])], (name) => {
    const content = known()[name];
    return name === 'xt_recent' && ns.hooks ? xtRecent(ns) : content && file(() => content(ns));
  });
}

/** Lists of the recent match: a file each. */
function xtRecent(ns: NetNamespace): Directory {
  const bootedAt = ns.world.machines.get(ns.machine)?.bootedAt ?? 0;
  return dynamic(() => ns.netfilter.recentNames(), (name) => (ns.netfilter.recentNames().includes(name) ? file(() => ns.netfilter.recentText(name, bootedAt)) : undefined));
}

/** /proc/sys/net: what can be set can be written. */
export function procSysNet(ns: NetNamespace): Directory {
  return tree(ns, []);
}

/** /sys/class/net: a directory a link. */
export function sysClassNet(ns: NetNamespace): Directory {
  return dynamic(() => ns.links().map((l) => l.name), (name) => {
    const link = ns.link(name);
    return link && linkDirectory(link);
  });
}

/** The settings below a name of which the first words are given. Names of links may have dots: they are one word of conf. */
function tree(ns: NetNamespace, above: string[]): Directory {
  const below = () => {
    const found = new Map<string, boolean>();
    for (const words of settings(ns)) if (above.every((w, i) => words[i] === w) && words.length > above.length) found.set(words[above.length]!, words.length === above.length + 1);
    return found;
  };
  return dynamic(() => [...below().keys()], (name) => {
    const leaf = below().get(name);
    if (leaf === undefined) return undefined;
    if (!leaf) return tree(ns, [...above, name]);
    const key = ['net', ...above, name].join('.');
    return file(() => `${ns.get(key) ?? ''}\n`, (text) => ns.set(key, text));
  });
}

function settings(ns: NetNamespace): string[][] {
  const names = ns.sysctl.names();
  if (ns.hooks) for (const name of ns.conntrack.sysctls()) names.push(`net.netfilter.nf_conntrack_${name}`);
  return names.map((name) => {
    const [, family, dev, last] = /^net\.(ipv[46]\.(?:conf|neigh))\.(.+)\.([^.]+)$/.exec(name) ?? [];
    return family ? [...family.split('.'), dev!, last!] : name.split('.').slice(1);
  });
}

const ARPHRD: Partial<Record<LinkKind, number>> = { loopback: 772, ipip: 768, sit: 776, gre: 778, tun: 65534, wireguard: 65534 };

function linkDirectory(link: Link): Directory {
  const s = link.stats;
  const files: Record<string, [() => string | number, ((text: string) => void)?]> = {
    address: [() => link.address], addr_len: [() => 6], broadcast: [() => (link.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff')], dev_id: [() => '0x0'],
    carrier: [() => (link.carrier ? 1 : 0)], operstate: [() => link.state.toLowerCase()], ifindex: [() => link.index], iflink: [() => link.tunnel ? (link.tunnel.dev?.index ?? 0) : (link.peer ?? link.lower ?? link.vxlan?.dev ?? link).index],
    mtu: [() => link.mtu, (text) => setMtu(link, Number(text))], tx_queue_len: [() => link.txqlen], type: [() => ARPHRD[link.kind] ?? 1], flags: [() => `0x${flagBits(link).toString(16)}`], ifalias: [() => link.alias ?? ''],
  };
  const numbers: Record<string, () => number> = {
    rx_bytes: () => s.rxBytes, rx_packets: () => s.rxPackets, rx_errors: () => s.rxErrors, rx_dropped: () => s.rxDropped, tx_bytes: () => s.txBytes, tx_packets: () => s.txPackets,
    tx_errors: () => s.txErrors, tx_dropped: () => s.txDropped, multicast: () => s.multicast, collisions: () => 0,
  };
  const directories: Record<string, () => Directory> = { statistics: () => dynamic(() => Object.keys(numbers), (name) => numbers[name] && file(() => `${numbers[name]!()}\n`)) };
  const { bridge, port } = link;
  if (bridge) directories['brif'] = () => dynamic(() => bridge.ports.map((p) => p.name), (name) => {
    const found = bridge.ports.find((p) => p.name === name);
    return found && portDirectory(found);
  });
  if (port) {
    directories['brport'] = () => portDirectory(link);
  }
  return dynamic(() => [...Object.keys(files), ...Object.keys(directories)], (name) => {
    const entry = files[name];
    return entry ? file(() => `${entry[0]()}\n`, entry[1]) : directories[name]?.();
  });
}

/** A port of a bridge: brport below the link, and below the bridge's brif. */
function portDirectory(link: Link): Directory {
  const port = link.port!;
  return dynamic(() => ['hairpin_mode', 'learning', 'state'], (name) => {
    if (name === 'hairpin_mode') return file(() => `${port.hairpin ? 1 : 0}\n`, (text) => void (port.hairpin = text.trim() === '1'));
    if (name === 'learning') return file(() => `${port.learning ? 1 : 0}\n`, (text) => void (port.learning = text.trim() === '1'));
    return name === 'state' ? file(() => '3\n') : undefined;
  });
}

function setMtu(link: Link, mtu: number): void {
  try {
    link.setMtu(mtu);
  } catch (error) {
    if (error instanceof NetlinkError) throw new FileError('EINVAL', 'mtu');
    throw error;
  }
}

function flagBits(link: Link): number {
  return (link.up ? 1 : 0) | (link.kind === 'loopback' ? 8 : 2) | (link.kind === 'loopback' ? 0 : 0x1000);
}

function dynamic(names: () => string[], get: (name: string) => Inode | undefined): Directory {
  const dir = new Directory({ mode: 0o555 });
  dir.dynamic = { names, get };
  return dir;
}

function file(read: () => string, onWrite?: (text: string) => void): Inode {
  return { kind: 'file', content: '', read, ...(onWrite ? { onWrite } : {}), mode: onWrite ? 0o644 : 0o444, uid: 0, gid: 0, mtime: 0 };
}
