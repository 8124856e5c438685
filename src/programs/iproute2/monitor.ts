import { formatIpv4, IPV4_MAX } from '../../linux/net/addresses.ts';
import type { Address, Link } from '../../linux/net/link.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import { stateOf } from '../../linux/net/neighbour.ts';
import type { NetEvent } from '../../linux/net/notify.ts';
import type { Process } from '../../linux/process.ts';
import { lifetime, one as addressText } from './address.ts';
import { brief, details, headline, linkLayer, lines, namespaceName, nameWithPeer } from './link-text.ts';
import { line as neighbourText } from './neigh.ts';
import { abbreviates, Exit, invarg, type Options, type Words } from './options.ts';
import { print as routeText } from './route.ts';
import { isRoute6 } from './route6.ts';
import { text as ruleText } from './rule.ts';

/** What can be named, in the order in which an abbreviation is looked up, with the label that `all` puts before it (ip/ipmonitor.c). */
const GROUPS = { link: 'LINK', address: 'ADDR', route: 'ROUTE', mroute: 'MROUTE', prefix: 'PREFIX', neigh: 'NEIGH', netconf: 'NETCONF', rule: 'RULE', nsid: 'NSID', nexthop: 'NEXTHOP', stats: 'STATS' } as const;
type Group = keyof typeof GROUPS;
const GROUP_OF = { link: 'link', port: 'link', address: 'address', route: 'route', neighbour: 'neigh', fdb: 'neigh', rule: 'rule', netconf: 'netconf', nsid: 'nsid' } as const satisfies Record<NetEvent['kind'], Group>;

/** ip monitor: prints what changes until it is ended. */
export async function monitor(p: Process, options: Options, words: Words): Promise<number> {
  const groups = new Set<Group>();
  let label = false, dev: Link | undefined, everywhere = false, file: string | undefined;
  while (!words.done) {
    const word = words.next();
    const group = (Object.keys(GROUPS) as Group[]).find((g) => abbreviates(word, g));
    if (abbreviates(word, 'file')) file = words.next();
    else if (word === 'all' || abbreviates(word, 'label')) label = true;
    else if (group) groups.add(group);
    else if (abbreviates(word, 'all-nsid')) everywhere = true;
    else if (abbreviates(word, 'help')) throw new Exit(255, USAGE);
    else if (word === 'dev') {
      const name = words.next();
      dev = p.net.link(name);
      if (!dev) throw invarg('Device does not exist\n', name);
    } else throw new Exit(255, `Argument "${word}" is unknown, try "ip monitor help".\n`);
  }
  if (file !== undefined) return saved(p, file);
  const printer = new Printer(p, options, dev);
  const listen = (ns: NetNamespace, where: string) => ns.events.listen((event) => {
    const group = GROUP_OF[event.kind];
    if (groups.size > 0 && !groups.has(group)) return;
    const text = printer.text(event);
    if (text !== undefined) void p.out(`${stamp(p, options)}${where}${label ? `[${GROUPS[group]}]` : ''}${'deleted' in event && event.deleted ? 'Deleted ' : ''}${text}`);
  });
  const stops = [listen(p.net, everywhere ? '[nsid current]' : '')];
  if (everywhere) for (const [ns, id] of p.net.nsids) stops.push(listen(ns, `[nsid ${id}]`));
  return listening(p, () => stops.forEach((stop) => stop()));
}

/** Waits until a signal ends the program, which then no longer listens. */
export async function listening(p: Process, stop: () => void): Promise<number> {
  try {
    await p.wait<void>(() => stop);
  } finally {
    stop();
  }
  return 0;
}

/** What -t and -ts put before an event. */
export function stamp(p: Process, { timestamp }: Options): string {
  if (!timestamp) return '';
  const date = new Date(p.now / 1000), micros = p.now % 1_000_000;
  if (timestamp === 'short') return `[${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}] `;
  const [day = '', dd, month = '', year, time] = date.toUTCString().replace(',', '').split(' ');
  return `Timestamp: ${day} ${month} ${String(Number(dd)).padStart(2)} ${time} ${year} ${micros} usec\n`;
}

/** `file`: what rtmon(8) saved, which nothing here does. */
export function saved(p: Process, file: string): number {
  if (!p.fs.exists(file, p.cwd)) throw new Exit(255, 'Cannot fopen: No such file or directory\n');
  const content = p.fs.readContent(file, p.cwd);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  if (bytes.length === 0) return 0;
  p.err(`!!!malformed message: len=${[3, 2, 1, 0].reduce((n, i) => (n << 8) | (bytes[i] ?? 0), 0)} @${Math.min(16, bytes.length)}\n`);
  return 1;
}

class Printer {
  readonly #p: Process;
  readonly #options: Options;
  readonly #dev: Link | undefined;
  /** Names by index as they were when first seen (lib/ll_map.c). */
  readonly #names: Map<number, string>;
  readonly #namespaces = new Map<NetNamespace, string>();

  constructor(p: Process, options: Options, dev: Link | undefined) {
    this.#p = p;
    this.#options = options;
    this.#dev = dev;
    this.#names = new Map(p.net.links().map((l) => [l.index, l.name]));
  }

  /** undefined: not of the device or the family that was asked for. */
  text(event: NetEvent): string | undefined {
    const { family } = this.#options;
    switch (event.kind) {
      case 'link':
      case 'port':
        return this.#other(event.link) ? undefined : this.#link(event);
      case 'address':
        return this.#other(event.address.dev) || family === 'inet6' ? undefined : this.#address(event.address);
      case 'route':
        if ((family === 'inet6' && !isRoute6(event.route)) || (family === 'inet' && isRoute6(event.route)) || this.#other(event.route.dev)) return undefined;
        return `${routeText(event.route, { table: 'all', ...(this.#dev ? { dev: this.#dev.name } : {}) }, this.#options)}\n`;
      case 'neighbour':
        if (this.#other(event.neighbour.dev) || (family === 'inet6' && event.neighbour.ip <= IPV4_MAX) || (family === 'inet' && event.neighbour.ip > IPV4_MAX)) return undefined;
        return neighbourText(this.#p, { ...event.neighbour, state: stateOf(event.neighbour) }, !this.#dev, this.#options.stats > 0);
      case 'fdb':
        if (this.#other(event.dev) || family !== 'any') return undefined;
        return `${event.dst === undefined ? '' : `${formatIpv4(event.dst)} `}dev ${event.dev.name} lladdr ${event.mac} ${event.state} \n`;
      case 'rule':
        return family === 'inet6' ? undefined : `${event.rule.priority}:\t${ruleText(event.rule)}\n`;
      case 'netconf':
        return (family !== 'any' && family !== event.family) || (this.#dev && this.#dev !== event.dev) ? undefined : this.#netconf(event);
      case 'nsid': {
        const name = namespaceName(this.#p, event.of) ?? this.#namespaces.get(event.of);
        if (name !== undefined) this.#namespaces.set(event.of, name);
        return `nsid ${event.id} ${name === undefined ? '' : `(iproute2 netns name: ${name})`}\n`;
      }
    }
  }

  #other(dev: Link | undefined): boolean {
    return this.#dev !== undefined && this.#dev !== dev;
  }

  #link(event: Extract<NetEvent, { kind: 'link' | 'port' }>): string {
    const { link } = event;
    if (this.#options.brief) return brief(link);
    const head = headline(link, { mode: false }).replace(/ qlen \d+$/, '');
    if (event.kind === 'port') return lines([`${head.replace(/ qdisc \S+/, '').replace(/ group .*/, '')} `, linkLayer(this.#p, link).replace(/ brd .*/, '')], this.#options);
    const state = event.lagging ? head.replace('<', '<NO-CARRIER,').replace(/ state UP /, ' state LOWERLAYERDOWN ') : head;
    const moved = event.moved && ` new-netns${namespaceName(this.#p, event.moved.to) === undefined ? `id ${link.ns.nsid(event.moved.to)}` : ` ${namespaceName(this.#p, event.moved.to)}`} new-ifindex ${event.moved.index}`;
    const layer = linkLayer(this.#p, link) + (moved ?? '') + (this.#options.details ? details(link).replace('addrgenmode eui64 ', '') : '');
    return lines([`${state}${event.features ? ' event FEATURE CHANGE' : ''} `, ...layer.split('\n')], this.#options);
  }

  #address(a: Address): string {
    if (this.#options.brief) return `${addressText(a).trim().split(' ')[1]} `;
    return lines([`${a.dev.index}: ${a.dev.name}${addressText(a)}`, lifetime(a)], this.#options);
  }

  #netconf({ family, dev, only, deleted }: Extract<NetEvent, { kind: 'netconf' }>): string {
    let name = typeof dev === 'string' ? dev : this.#names.get(dev.index);
    if (name === undefined) this.#names.set((dev as Link).index, (name = (dev as Link).name));
    const values = deleted ? [] : SETTINGS[family].filter(([key]) => only === undefined || key === only);
    const value = (key: string) => Number(this.#p.net.get(`net.ipv4.conf.${typeof dev === 'string' ? dev : dev.name}.${key}`) ?? 0);
    return `${family} ${name} ${values.map(([key, words]) => `${key} ${words[family === 'inet' ? value(key) : 0]} `).join('')}\n`;
  }
}

const SWITCH = ['off', 'on'];
const SETTINGS = {
  inet: [['forwarding', SWITCH], ['rp_filter', ['off', 'strict', 'loose']], ['mc_forwarding', SWITCH], ['proxy_neigh', SWITCH], ['ignore_routes_with_linkdown', SWITCH]],
  inet6: [['forwarding', SWITCH], ['mc_forwarding', SWITCH], ['proxy_neigh', SWITCH], ['ignore_routes_with_linkdown', SWITCH]],
} as const;

const USAGE = `Usage: ip monitor [ all | OBJECTS ] [ FILE ] [ label ] [ all-nsid ]
                  [ dev DEVICE ]
OBJECTS :=  address | link | mroute | neigh | netconf |
            nexthop | nsid | prefix | route | rule | stats
FILE := file FILENAME
`;

/** bridge monitor: links that are ports, and forwarding databases (bridge/monitor.c). */
export async function bridgeMonitor(p: Process, options: Options, words: Words): Promise<number> {
  const groups = new Set<string>();
  let label = false;
  while (!words.done) {
    const word = words.next();
    const group = ['link', 'fdb', 'mdb', 'vlan', 'vni'].find((g) => abbreviates(word, g));
    if (abbreviates(word, 'file')) return saved(p, words.next());
    if (group) groups.add(group);
    else if (word === 'all') label = true;
    else if (abbreviates(word, 'help')) throw new Exit(255, 'Usage: bridge monitor [file | link | fdb | mdb | vlan | vni | all]\n');
    else throw new Exit(255, `Argument "${word}" is unknown, try "bridge monitor help".\n`);
  }
  const say = (group: string, banner: string, text: string) => {
    if (groups.size === 0 || groups.has(group)) void p.out(`${stamp(p, options)}${label ? banner : ''}${text}\n`);
  };
  return listening(p, p.net.events.listen((event) => {
    const gone = 'deleted' in event && event.deleted ? 'Deleted ' : '';
    if (event.kind === 'link') say('link', '[LINK]', `${gone}${portLine(event.link, event.lagging)}`);
    else if (event.kind === 'port') {
      const { port } = event.link;
      say('link', '[LINK]', `${gone}${portLine(event.link)}${event.bare || !port ? '' : `state ${event.bridge.bridge!.stateOf(event.link)} priority ${port.priority} cost ${port.cost} `}`);
    } else if (event.kind === 'fdb') say('fdb', '[NEIGH]', `${gone}${event.mac} dev ${event.dev.name} ${event.dst === undefined ? '' : `dst ${formatIpv4(event.dst)} `}${event.vlan === undefined ? '' : `vlan ${event.vlan} `}${event.master ? `master ${event.master.name}` : 'self'} ${FDB_STATES[event.state] ?? ''}`);
  }));
}
const FDB_STATES: Record<string, string> = { PERMANENT: 'permanent', NOARP: 'static', STALE: 'stale', REACHABLE: '' };

function portLine(link: Link, lagging = false): string {
  const flags = lagging ? ['NO-CARRIER', ...link.flags] : link.flags;
  return `${link.index}: ${nameWithPeer(link)}: <${flags.join(',')}> mtu ${link.mtu} ${link.master ? `master ${link.master.name} ` : ''}`;
}
