import { formatIpv4 } from '../../linux/net/addresses.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import type { Process, Program } from '../../linux/process.ts';
import { portFlags, setPort } from './bridge-options.ts';
import { bridgeVlan } from './bridge-vlan.ts';
import { json } from './json.ts';
import { nameWithPeer } from './link-text.ts';
import { groups } from './maddress.ts';
import { bridgeMonitor } from './monitor.ts';
import { abbreviates, admin, command, Exit, finish, noDevice, Words, type Options } from './options.ts';

/** bridge(8): link, fdb, vlan. */
export const main: Program = (p) =>
  finish(p, () => {
    const words = new Words(p.args);
    const options: Options = { family: 'any', oneline: false, brief: false, stats: 0, details: false, json: false, pretty: false, color: false };
    while (words.peek()?.startsWith('-')) {
      const option = words.next();
      if (abbreviates(option, '-details')) options.details = true;
      else if (abbreviates(option, '-json')) options.json = true;
      else if (abbreviates(option, '-statistics')) options.stats++;
      else if (abbreviates(option, '-timestamp')) options.timestamp = 'long';
      else if (option === '-V' || option === '-Version') {
        p.out('bridge utility, 6.1.0\n');
        return 0;
      } else if (!abbreviates(option, '-oneline') && !abbreviates(option, '-color')) throw new Exit(255, `Option "${option}" is unknown, try "bridge help".\n`);
    }
    if (words.done) throw new Exit(255, 'Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }\n       bridge [ -force ] -batch filename\nwhere  OBJECT := { link | fdb | mdb | vlan | vni | monitor }\n       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] |\n                    -o[neline] | -t[imestamp] | -n[etns] name |\n                    -c[ompressvlans] -color -p[retty] -j[son] }\n');
    const object = words.next();
    switch (command(object, ['link', 'fdb', 'vlan', 'monitor'])) {
      case 'link': return link(p, options, words);
      case 'fdb': return fdb(p, options, words);
      case 'vlan': return bridgeVlan(p, words);
      case 'monitor': return bridgeMonitor(p, options, words);
      default: throw new Exit(255, `Object "${object}" is unknown, try "bridge help".\n`);
    }
  }, 255);

function link(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  if (verb === 'set') {
    let dev: string | undefined;
    const rest: string[] = [];
    while (!words.done) {
      const word = words.next();
      if (word === 'dev') dev = words.next();
      else if (word !== 'self' && word !== 'master') rest.push(word, words.next());
    }
    if (dev === undefined) throw new Exit(255, 'Device is a required argument.\n');
    const port = p.net.link(dev);
    if (!port) throw new Exit(255, `Cannot find bridge device "${dev}"\n`);
    admin(p);
    setPort(port, rest);
    return;
  }
  if (command(verb, ['show', 'lst', 'list']) === undefined) throw new Exit(255, `Command "${verb}" is unknown, try "bridge link help".\n`);
  const dev = words.peek() === 'dev' ? words.rest()[1] : undefined;
  for (const l of p.net.links()) {
    if (!l.master || (dev !== undefined && l.name !== dev)) continue;
    const state = l.master.bridge!.stateOf(l);
    // The other end is named by its index, which bridge(8) looks up among its own links.
    const peer = l.peer && l.peer.ns !== l.ns ? (l.peer.index === l.index ? '' : `@${p.net.links().find((o) => o.index === l.peer!.index)?.name ?? `if${l.peer.index}`}`) : undefined;
    p.out(`${l.index}: ${peer === undefined ? nameWithPeer(l) : `${l.name}${peer}`}: <${l.flags.join(',')}> mtu ${l.mtu} master ${l.master.name} state ${state} priority ${l.port!.priority} cost ${l.port!.cost} \n`);
    if (options.details) p.out(`    ${portFlags(l)}\n`);
  }
}

function fdb(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  const how = command(verb, ['add', 'append', 'replace', 'delete', 'show', 'lst', 'list']);
  if (how === undefined) throw new Exit(255, `Command "${verb}" is unknown, try "bridge fdb help".\n`);
  let dev: string | undefined, br: string | undefined, dst: string | undefined, mac: string | undefined, state: 'permanent' | 'static' | 'dynamic' = 'permanent', vlan: number | undefined, self = false, master = false;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev' || word === 'brport') dev = words.next();
    else if (word === 'br') br = words.next();
    else if (word === 'dst') dst = words.next();
    else if (word === 'vlan') vlan = Number(words.next());
    else if (word === 'static' || word === 'temp') state = 'static';
    else if (word === 'dynamic') state = 'dynamic';
    else if (word === 'permanent' || word === 'local') state = 'permanent';
    else if (word === 'self') self = true;
    else if (word === 'master') master = true;
    else if (word !== 'extern_learn' && word !== 'sticky') mac = word === 'to' ? words.next() : word;
  }
  if (dev !== undefined && !p.net.link(dev)) throw noDevice(dev);
  if (br !== undefined && !p.net.link(br)) throw new Exit(255, `Cannot find bridge device "${br}"\n`);
  if (how === 'add' || how === 'append' || how === 'replace' || how === 'delete') {
    if (dev === undefined || mac === undefined) throw new Exit(255, 'Device and address are required arguments.\n');
    if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(mac)) throw new Exit(255, `Invalid mac address ${mac}\n`);
    const tagged = vlan === undefined ? {} : { vlan };
    admin(p);
    if (self && !master && !p.net.link(dev)!.vxlan) throw new NetlinkError('EOPNOTSUPP');
    if (how === 'delete') p.net.delFdb({ dev, lladdr: mac, ...(dst ? { dst } : {}), ...tagged });
    else p.net.addFdb({ dev, lladdr: mac, state, ...(dst ? { dst } : {}), ...tagged }, { replace: how === 'replace', append: how === 'append' });
    return;
  }
  const rows: string[] = [];
  const entries = p.net.fdb();
  for (const l of p.net.links()) {
    if ((dev !== undefined && l.name !== dev) || (br !== undefined && l.name !== br && l.master?.name !== br) || l.kind === 'loopback') continue;
    const name = dev === undefined ? ` dev ${l.name}` : '';
    for (const e of entries) {
      if (e.dev !== l) continue;
      if (e.vxlan) for (const to of e.vxlan.dst) rows.push(`${e.vxlan.mac}${name} dst ${formatIpv4(to)} self${e.vxlan.permanent ? ' permanent' : ''}`);
      else rows.push(`${e.bridge.mac}${name}${e.bridge.vlan === undefined ? '' : ` vlan ${e.bridge.vlan}`}${options.stats > 0 ? ` used ${seconds(p, e.bridge.used)}/${seconds(p, e.bridge.updated)}` : ''} master ${(l.master ?? l).name}${e.bridge.static ? ' static' : e.bridge.permanent ? ' permanent' : ''}`);
    }
    if (!l.vxlan && l.up) for (const g of groups(l)) rows.push(`${g}${name} self permanent`);
  }
  p.out(options.json ? json(rows, options) : rows.map((r) => `${r}\n`).join(''));
}

function seconds(p: Process, at: number): number {
  return Math.floor((p.now - at) / 1e6);
}
