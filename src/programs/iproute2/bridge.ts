import { formatIpv4 } from '../../linux/net/addresses.ts';
import type { Process, Program } from '../../linux/process.ts';
import { json } from './index.ts';
import { nameWithPeer } from './link-text.ts';
import { groups } from './maddress.ts';
import { abbreviates, admin, command, Exit, finish, noDevice, Words, type Options } from './options.ts';

/** bridge(8): link, fdb, vlan (none: no bridge here filters VLANs). */
export const main: Program = (p) =>
  finish(p, () => {
    const words = new Words(p.args);
    const options: Options = { family: 'any', oneline: false, brief: false, stats: 0, details: false, json: false, pretty: false };
    while (words.peek()?.startsWith('-')) {
      const option = words.next();
      if (abbreviates(option, '-details')) options.details = true;
      else if (abbreviates(option, '-json')) options.json = true;
      else if (abbreviates(option, '-statistics')) options.stats++;
      else if (option === '-V' || option === '-Version') {
        p.out('bridge utility, iproute2-6.1.0\n');
        return 0;
      } else if (!abbreviates(option, '-oneline') && !abbreviates(option, '-color')) throw new Exit(255, `Option "${option}" is unknown, try "bridge help".\n`);
    }
    if (words.done) throw new Exit(255, 'Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }\n       bridge [ -force ] -batch filename\nwhere  OBJECT := { link | fdb | mdb | vlan | vni | monitor }\n       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] |\n                    -o[neline] | -t[imestamp] | -n[etns] name |\n                    -c[ompressvlans] -color -p[retty] -j[son] }\n');
    const object = words.next();
    switch (command(object, ['link', 'fdb', 'vlan'])) {
      case 'link': return link(p, options, words);
      case 'fdb': return fdb(p, options, words);
      case 'vlan':
        p.out('port              vlan-id  \n');
        return 0;
      default: throw new Exit(1, `Object "${object}" is unknown, try "bridge help".\n`);
    }
  });

function link(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  if (verb === 'set') {
    let dev: string | undefined;
    let hairpin: boolean | undefined;
    while (!words.done) {
      const word = words.next();
      if (word === 'dev') dev = words.next();
      else if (word === 'hairpin') hairpin = words.next() === 'on';
      else words.next();
    }
    const port = dev === undefined ? undefined : p.net.link(dev);
    if (!port) throw noDevice(dev ?? '');
    admin(p);
    if (port.port && hairpin !== undefined) port.port.hairpin = hairpin;
    return;
  }
  const dev = words.peek() === 'dev' ? words.rest()[1] : undefined;
  for (const l of p.net.links()) {
    if (!l.master || (dev !== undefined && l.name !== dev)) continue;
    const state = l.running ? 'forwarding' : 'disabled';
    // The other end is named by its index, which bridge(8) looks up among its own links.
    const peer = l.peer && l.peer.ns !== l.ns ? (p.net.links().find((o) => o.index === l.peer!.index)?.name ?? `if${l.peer.index}`) : undefined;
    p.out(`${l.index}: ${peer ? `${l.name}@${peer}` : nameWithPeer(l)}: <${l.flags.join(',')}> mtu ${l.mtu} master ${l.master.name} state ${state} priority 32 cost 2 \n`);
    if (options.details) p.out(`    hairpin ${l.port?.hairpin ? 'on' : 'off'} guard off root_block off fastleave off learning on flood on mcast_flood on bcast_flood on mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated ${l.port?.isolated ? 'on' : 'off'} locked off \n`);
  }
}

function fdb(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  const how = command(verb, ['add', 'append', 'replace', 'delete', 'show', 'lst', 'list']);
  if (how === undefined) throw new Exit(255, `Command "${verb}" is unknown, try "bridge fdb help".\n`);
  let dev: string | undefined, br: string | undefined, dst: string | undefined, mac: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev' || word === 'brport') dev = words.next();
    else if (word === 'br') br = words.next();
    else if (word === 'dst') dst = words.next();
    else if (!['self', 'master', 'permanent', 'static', 'dynamic', 'local'].includes(word)) mac = word;
  }
  if (dev !== undefined && !p.net.link(dev)) throw noDevice(dev);
  if (br !== undefined && !p.net.link(br)) throw new Exit(255, `Cannot find bridge device "${br}"\n`);
  if (how === 'add' || how === 'append' || how === 'replace' || how === 'delete') {
    if (dev === undefined || mac === undefined) throw new Exit(255, 'Device and address are required arguments.\n');
    admin(p);
    if (how === 'delete') p.net.delFdb({ dev, lladdr: mac, ...(dst ? { dst } : {}) });
    else p.net.addFdb({ dev, lladdr: mac, ...(dst ? { dst } : {}) }, { replace: how === 'replace', append: how === 'append' });
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
      else rows.push(`${e.bridge.mac}${name}${br === undefined || l.name === br ? '' : ''} master ${(l.master ?? l).name}${e.bridge.permanent ? ' permanent' : ''}`);
    }
    if (!l.vxlan && l.up) for (const g of groups(l)) rows.push(`${g}${name} self permanent`);
  }
  p.out(options.json ? json(rows, options) : rows.map((r) => `${r}\n`).join(''));
}
