import { createVeth, type NetNamespace } from '../../linux/net/namespace.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import type { Link } from '../../linux/net/link.ts';
import type { Process } from '../../linux/process.ts';
import { detailsJson, statsJson } from './link-json.ts';
import { brief, headline, layer, layerType, lines, peerNamespace, statistics } from './link-text.ts';
import type { Words } from './options.ts';
import { abbreviates, admin, command, duparg2, Exit, invarg, missing, noDevice, type Options } from './options.ts';
import { setBridge, setPort } from './bridge-options.ts';
import { json } from './json.ts';
import { KNOWN_ELSEWHERE, LINK_TYPES } from './link-kinds.ts';

const KINDS = ['bridge', 'veth', 'vxlan', ...Object.keys(LINK_TYPES)];

/** ip link: list and show, add, delete, set. */
export function link(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  switch (command(verb, ['add', 'set', 'change', 'delete', 'show', 'lst', 'list', 'property', 'help'])) {
    case 'add': return add(p, words);
    case 'set':
    case 'change': return set(p, words);
    case 'delete': return remove(p, words);
    case 'show':
    case 'lst':
    case 'list': return show(p, options, words);
    case 'property': return property(p, words);
    case 'help': throw new Exit(255, USAGE);
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip link help".\n`);
  }
}

export interface Selector {
  dev?: string;
  up?: boolean;
  kind?: string;
  master?: string;
  group?: string;
}

/** The selecting words that `ip link show` and `ip addr show` share. */
export function selector(words: Words, extra: (word: string) => boolean = () => false): Selector {
  const s: Selector = {};
  while (!words.done) {
    const word = words.next();
    if (word === 'up') s.up = true;
    else if (word === 'type') {
      s.kind = words.next();
    } else if (word === 'master') s.master = words.next();
    else if (word === 'group') s.group = words.next();
    else if (extra(word)) continue;
    else {
      const name = word === 'dev' ? words.next() : word;
      if (s.dev !== undefined) throw duparg2('dev', name);
      s.dev = name;
    }
  }
  return s;
}

export function select(ns: NetNamespace, s: Selector): Link[] {
  if (s.dev !== undefined && !ns.link(s.dev)) throw new Exit(1, `Device "${s.dev}" does not exist.\n`);
  if (s.master !== undefined && !ns.link(s.master)) throw invarg('Device does not exist\n', s.master);
  return ns.links().filter((l) => (s.dev === undefined || l === ns.link(s.dev)) && (s.group === undefined || l.group === groupName(s.group)) && (!s.up || l.up) && (s.kind === undefined || l.kind === s.kind) && (s.master === undefined || l.master?.name === s.master));
}

/** A group of links by its number or name (/etc/iproute2/group). */
function groupName(text: string): string {
  if (text === '0' || text === 'default') return 'default';
  if (!/^\d+$/.test(text)) throw invarg('Invalid "group" value\n', text);
  return text;
}

function show(p: Process, options: Options, words: Words): void {
  const links = select(p.net, selector(words));
  if (options.json) {
    p.out(json(links.map((l) => (options.brief ? { ...briefJson(l), address: l.address, flags: l.flags } : linkJson(p, l, options))), options));
    return;
  }
  for (const l of links) {
    if (options.brief) {
      p.out(`${brief(l)}${l.address} <${l.flags.join(',')}> \n`);
      continue;
    }
    p.out(lines([headline(l, { mode: true }), ...layer(p, l, options).split('\n')], options));
    if (options.stats > 0) p.out(statistics(l, options.stats));
  }
}

/** One link of `ip -j -br`. */
export function briefJson(l: Link): Record<string, unknown> {
  const { link, link_index, ifname, operstate } = linkJson(undefined, l);
  return { ...(link === undefined ? {} : { link }), ...(link_index === undefined ? {} : { link_index }), ifname, operstate };
}

/** One link of `ip -j link` and `ip -j addr`. */
export function linkJson(p: Process | undefined, l: Link, { details, stats }: { details?: boolean; stats?: number } = {}): Record<string, unknown> {
  const peer = l.peer ?? l.lower ?? l.tunnel?.dev;
  return {
    ifindex: l.index,
    ...(peer ? (peer.ns === l.ns ? { link: peer.name } : { link_index: peer.index }) : l.tunnel && !l.tunnel.dev ? { link: null } : {}),
    ifname: l.name, flags: l.flags, mtu: l.mtu, qdisc: l.qdisc, ...(l.master ? { master: l.master.name } : {}),
    operstate: l.kind === 'loopback' && l.up ? 'UNKNOWN' : l.state, linkmode: 'DEFAULT', group: l.group, ...(l.txqlen ? { txqlen: l.txqlen } : {}),
    link_type: layerType(l), ...(l.pointToPoint ? {} : { address: l.address, broadcast: l.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff' }),
    ...(l.alias === undefined ? {} : { ifalias: l.alias }),
    ...(p && peerNamespace(p, l) ? { link_netnsid: l.ns.nsid((l.peer ?? l.lower)!.ns) } : {}),
    ...(details ? detailsJson(l) : {}), ...(stats ? { stats64: statsJson(l, stats) } : {}), ...(l.altNames.size > 0 ? { altnames: [...l.altNames] } : {}),
  };
}

function add(p: Process, words: Words): void {
  let name: string | undefined, kind: string | undefined, mtu: number | undefined, address: string | undefined, master: string | undefined, dev: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'type') {
      kind = words.next();
      break;
    }
    if (word === 'name') name = words.next();
    else if (word === 'link') dev = words.next();
    else if (word === 'mtu') mtu = Number(words.next());
    else if (word === 'address') address = mac(words.next());
    else if (word === 'master') master = words.next();
    else if (word === 'up') continue;
    else name = word === 'dev' ? words.next() : name === undefined ? word : (() => { throw duparg2('name', word); })();
  }
  if (kind === undefined) throw new Exit(1, 'Not enough information: "type" argument is required\n');
  if (name !== undefined && name.length > 15) throw new NetlinkError('EINVAL', 'Attribute failed policy validation');
  const common = { ...(mtu === undefined ? {} : { mtu }), ...(address ? { address } : {}) };
  admin(p);
  if (kind === 'veth') {
    let peer: string | undefined, netns: string | undefined;
    const other: { peerMtu?: number; peerAddress?: string } = { ...(mtu === undefined || words.done ? {} : { peerMtu: 1500 }) };
    while (!words.done) {
      const word = words.next();
      if (word === 'peer') continue;
      if (word === 'netns') netns = words.next();
      else if (word === 'mtu') other.peerMtu = Number(words.next());
      else if (word === 'address') other.peerAddress = mac(words.next());
      else peer = word === 'name' ? words.next() : word;
    }
    name ??= freeName(p.net, 'veth');
    peer ??= freeName(p.net, 'veth', name);
    if (netns === undefined) p.net.addLink({ name, kind: 'veth', peer: { name: peer, ...(other.peerMtu === undefined ? {} : { mtu: other.peerMtu }), ...(other.peerAddress === undefined ? {} : { address: other.peerAddress }) }, ...common });
    else createVeth(p.net, name, namespaceNamed(p, netns), peer, { ...common, ...other });
  } else if (kind === 'vxlan') {
    const vxlan: { vni?: number; port?: number; local?: string; remote?: string; dev?: string; learning?: boolean } = { ...(dev ? { dev } : {}), port: 8472 };
    while (!words.done) {
      const word = words.next();
      if (word === 'id' || word === 'vni') vxlan.vni = Number(words.next());
      else if (word === 'remote' || word === 'group') vxlan.remote = words.next();
      else if (word === 'local') vxlan.local = words.next();
      else if (word === 'dev') vxlan.dev = words.next();
      else if (word === 'dstport') vxlan.port = Number(words.next());
      else if (word === 'nolearning' || word === 'learning') vxlan.learning = word === 'learning';
      else if (word === 'ttl' || word === 'srcport' || word === 'ageing') words.next();
      else throw new Exit(255, `vxlan: unknown command "${word}"?\n`);
    }
    if (vxlan.vni === undefined) throw new Exit(255, 'vxlan: missing virtual network identifier\n');
    if (vxlan.dev !== undefined && !p.net.link(vxlan.dev)) throw noDevice(vxlan.dev);
    p.net.addLink({ name: name ?? freeName(p.net, 'vxlan'), kind: 'vxlan', vxlan: { ...vxlan, vni: vxlan.vni }, ...common });
  } else if (kind === 'bridge') {
    const rest = words.rest();
    const made = p.net.addLink({ name: name ?? freeName(p.net, 'bridge'), kind, ...common });
    setBridge(made, rest);
  } else if (kind in LINK_TYPES) {
    const type = LINK_TYPES[kind as keyof typeof LINK_TYPES]!;
    if (dev !== undefined && !p.net.link(dev)) throw noDevice(dev);
    p.net.needs(kind as keyof typeof LINK_TYPES);
    const given = type.parse?.(words, dev) ?? {};
    if (given.lower !== undefined && !p.net.link(given.lower)) throw noDevice(given.lower);
    p.net.addLink({ name: name ?? freeName(p.net, kind), kind: kind as keyof typeof LINK_TYPES, ...given, ...common });
  } else throw KNOWN_ELSEWHERE.has(kind) || words.done ? new NetlinkError('EOPNOTSUPP', 'Unknown device type') : new Exit(255, `Garbage instead of arguments "${[...words.rest()][0] ?? ''} ...". Try "ip link help".\n`);
  if (master !== undefined && name) setMaster(p.net, p.net.link(name)!, master);
}

function remove(p: Process, words: Words): void {
  let name: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'type') words.next();
    else name = word === 'dev' ? words.next() : word;
  }
  if (name === undefined) throw missing('dev');
  if (!p.net.link(name)) throw noDevice(name);
  admin(p);
  p.net.delLink(name);
}

function set(p: Process, words: Words): void {
  if (words.done) throw missing('dev');
  let target: string | undefined;
  const changes: ((link: Link) => void)[] = [];
  while (!words.done) {
    const word = words.next();
    if (word === 'up') changes.push((l) => l.setUp());
    else if (word === 'down') changes.push((l) => l.setDown());
    else if (word === 'mtu') {
      const text = words.next(), value = Number(text);
      if (!/^\d+$/.test(text)) throw invarg('Invalid "mtu" value\n', text);
      changes.push((l) => setMtu(l, value));
    } else if (word === 'name') {
      const to = words.next();
      changes.push((l) => p.net.renameLink(l.name, to));
    } else if (word === 'address') {
      const value = mac(words.next());
      changes.push((l) => l.setAddress(value));
    } else if (word === 'master') {
      const to = words.next();
      if (!p.net.link(to)) throw new Exit(255, `Error: argument "${to}" is wrong: Device does not exist\n\n`);
      changes.push((l) => setMaster(p.net, l, to));
    } else if (word === 'nomaster') changes.push((l) => l.setMaster(undefined));
    else if (word === 'netns') {
      const name = words.next();
      const to = /^\d+$/.test(name) ? p.machine.pids.get(Number(name))?.net : p.machine.netns.get(name);
      if (!to) throw invarg('Invalid "netns" value\n\n', name);
      changes.push((l) => p.net.moveLink(l, to));
    } else if (word === 'arp' || word === 'multicast' || word === 'allmulticast') {
      const text = words.next();
      if (text !== 'on' && text !== 'off') throw new Exit(255, `Error: argument of "${word}" must be "on" or "off", not "${text}"\n`);
      changes.push((l) => {
        if (word === 'arp') l.noArp = text === 'off';
        else l[word] = text === 'on';
        l.changed();
      });
    } else if (word === 'group') {
      const group = groupName(words.next());
      changes.push((l) => {
        l.group = group;
        l.changed();
      });
    } else if (word === 'alias') {
      const text = words.next();
      if (text.length > 255) throw invarg('alias name too long\n', text);
      changes.push((l) => {
        l.alias = text || undefined;
        l.changed();
      });
    } else if (word === 'promisc') {
      const on = words.next() === 'on';
      changes.push((l) => {
        l.promiscuityAsked = on ? 1 : 0;
        l.changed();
      });
    } else if (word === 'txqueuelen' || word === 'qlen') {
      const n = Number(words.next());
      changes.push((l) => {
        l.txqlen = n;
        l.changed();
      });
    } else if (abbreviates(word, 'type') && word === 'type') {
      const kind = words.next();
      if (!KINDS.includes(kind) && kind !== 'bridge_slave') throw invarg('Unknown type', kind);
      const rest: string[] = [];
      while (!words.done) rest.push(words.next());
      changes.push((l) => {
        if (kind === 'bridge_slave') setPort(l, rest);
        else if (kind === 'bridge' && l.bridge) setBridge(l, rest);
        else if (l.kind !== kind || rest.length > 0) throw new NetlinkError('EOPNOTSUPP');
      });
    } else {
      const name = word === 'dev' ? words.next() : word;
      if (target !== undefined) throw duparg2('dev', name);
      target = name;
    }
  }
  if (target === undefined) throw missing('dev');
  const found = p.net.link(target);
  if (!found) throw noDevice(target);
  if (changes.length > 0) admin(p);
  for (const change of changes) change(found);
}

/** ip link property add|del dev DEV altname NAME… */
function property(p: Process, words: Words): void {
  const verb = command(words.next(), ['add', 'delete']);
  let dev: string | undefined;
  const names: string[] = [];
  while (!words.done) {
    const word = words.next();
    if (word === 'altname') while (!words.done) names.push(words.next());
    else dev = word === 'dev' ? words.next() : word;
  }
  if (dev === undefined) throw missing('dev');
  if (!p.net.link(dev)) throw noDevice(dev);
  admin(p);
  for (const name of names) {
    if (verb === 'add') p.net.addAltName(dev, name);
    else p.net.delAltName(dev, name);
  }
}

function setMtu(l: Link, mtu: number): void {
  if (mtu > (l.kind === 'loopback' ? 0x7fffffff : 65535)) throw new NetlinkError('EINVAL', 'mtu greater than device maximum');
  if (mtu < 68 && l.kind !== 'loopback') throw new NetlinkError('EINVAL', 'mtu less than device minimum');
  l.setMtu(mtu);
}

function setMaster(ns: NetNamespace, l: Link, master: string): void {
  const to = ns.link(master);
  if (!to) throw noDevice(master);
  if (!to.bridge) throw new NetlinkError('EOPNOTSUPP', 'Device does not allow enslaving to a bridge');
  l.setMaster(to);
}

function namespaceNamed(p: Process, name: string): NetNamespace {
  const ns = p.machine.netns.get(name);
  if (!ns) throw invarg('Invalid "netns" value\n\n', name);
  return ns;
}

function mac(text: string): string {
  if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) throw new Exit(1, `"${text}" is invalid lladdr.\n`);
  return text.toLowerCase();
}

function freeName(ns: NetNamespace, base: string, not?: string): string {
  for (let i = 0; ; i++) if (!ns.link(`${base}${i}`) && `${base}${i}` !== not) return `${base}${i}`;
}

const USAGE = `Usage: ip link add [link DEV | parentdev NAME] [ name ] NAME
		    [ txqueuelen PACKETS ]
		    [ address LLADDR ]
		    [ broadcast LLADDR ]
		    [ mtu MTU ] [index IDX ]
		    [ numtxqueues QUEUE_COUNT ]
		    [ numrxqueues QUEUE_COUNT ]
		    [ netns { PID | NAME } ]
		    type TYPE [ ARGS ]

	ip link delete { DEVICE | dev DEVICE | group DEVGROUP } type TYPE [ ARGS ]

	ip link set { DEVICE | dev DEVICE | group DEVGROUP }
			[ { up | down } ]
			[ type TYPE ARGS ]
		[ arp { on | off } ]
		[ dynamic { on | off } ]
		[ multicast { on | off } ]
		[ allmulticast { on | off } ]
		[ promisc { on | off } ]
		[ trailers { on | off } ]
		[ carrier { on | off } ]
		[ txqueuelen PACKETS ]
		[ name NEWNAME ]
		[ address LLADDR ]
		[ broadcast LLADDR ]
		[ mtu MTU ]
		[ netns { PID | NAME } ]
		[ link-netns NAME | link-netnsid ID ]
		[ alias NAME ]
		[ vf NUM [ mac LLADDR ]
			 [ vlan VLANID [ qos VLAN-QOS ] [ proto VLAN-PROTO ] ]
			 [ rate TXRATE ]
			 [ max_tx_rate TXRATE ]
			 [ min_tx_rate TXRATE ]
			 [ spoofchk { on | off} ]
			 [ query_rss { on | off} ]
			 [ state { auto | enable | disable} ]
			 [ trust { on | off} ]
			 [ node_guid EUI64 ]
			 [ port_guid EUI64 ] ]
		[ { xdp | xdpgeneric | xdpdrv | xdpoffload } { off |
			  object FILE [ { section | program } NAME ] [ verbose ] |
			  pinned FILE } ]
		[ master DEVICE ][ vrf NAME ]
		[ nomaster ]
		[ addrgenmode { eui64 | none | stable_secret | random } ]
		[ protodown { on | off } ]
		[ protodown_reason PREASON { on | off } ]
		[ gso_max_size BYTES ] | [ gso_max_segs PACKETS ]
		[ gro_max_size BYTES ]

	ip link show [ DEVICE | group GROUP ] [up] [master DEV] [vrf NAME] [type TYPE]
		[nomaster]

	ip link xstats type TYPE [ ARGS ]

	ip link afstats [ dev DEVICE ]
	ip link property add dev DEVICE [ altname NAME .. ]
	ip link property del dev DEVICE [ altname NAME .. ]

	ip link help [ TYPE ]

TYPE := { amt | bareudp | bond | bond_slave | bridge | bridge_slave |
          dsa | dummy | erspan | geneve | gre | gretap | gtp | ifb |
          ip6erspan | ip6gre | ip6gretap | ip6tnl |
          ipip | ipoib | ipvlan | ipvtap |
          macsec | macvlan | macvtap |
          netdevsim | nlmon | rmnet | sit | team | team_slave |
          vcan | veth | vlan | vrf | vti | vxcan | vxlan | wwan |
          xfrm | virt_wifi }
`;
