import { NetlinkError } from '../../linux/net/errors.ts';
import type { PortVlan } from '../../linux/net/bridge.ts';
import type { Process } from '../../linux/process.ts';
import type { Words } from './options.ts';
import { admin, command, Exit } from './options.ts';

/** bridge vlan: the VLANs of the ports of bridges and of the bridges themselves. */
export function bridgeVlan(p: Process, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  const how = command(verb, ['add', 'delete', 'show', 'lst', 'list', 'help']);
  if (how === undefined || how === 'help') throw new Exit(255, how ? USAGE : `Command "${verb}" is unknown, try "bridge vlan help".\n`);
  let dev: string | undefined, vid: string | undefined;
  const vlan: PortVlan = { pvid: false, untagged: false };
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') dev = words.next();
    else if (word === 'vid') vid = words.next();
    else if (word === 'pvid') vlan.pvid = true;
    else if (word === 'untagged') vlan.untagged = true;
    else if (word !== 'self' && word !== 'master') throw new Exit(255, `Error: argument "${word}" is wrong: unknown argument\n\n`);
  }
  const link = dev === undefined ? undefined : p.net.link(dev);
  if (dev !== undefined && !link) throw new Exit(255, `Cannot find bridge device "${dev}"\n`);
  if (how !== 'add' && how !== 'delete') return show(p, dev);
  if (!link || vid === undefined) throw new Exit(255, 'Device and VLAN ID are required arguments.\n');
  const [low, high = low] = vid.split('-').map(Number) as [number, number?];
  if (!(low >= 1 && low < 4095 && high >= low && high < 4095)) throw new Exit(255, `Invalid VLAN ID "${vid}"\n`);
  admin(p);
  const vlans = link.bridge?.vlans ?? link.port?.vlans;
  if (!vlans || !p.net.kernelHas('bridge_vlan_filtering')) throw new NetlinkError('EOPNOTSUPP');
  for (let id = low; id <= high; id++) {
    if (how === 'delete') vlans.delete(id);
    else {
      if (vlan.pvid) for (const other of vlans.values()) other.pvid = false;
      vlans.set(id, { ...vlan });
    }
  }
}

function show(p: Process, dev: string | undefined): void {
  let out = 'port              vlan-id  \n';
  for (const l of p.net.kernelHas('bridge_vlan_filtering') ? p.net.links() : []) {
    const vlans = l.bridge?.vlans ?? l.port?.vlans;
    if (!vlans || (dev !== undefined && l.name !== dev)) continue;
    [...vlans].sort(([a], [b]) => a - b).forEach(([id, v], i) => (out += `${(i === 0 ? l.name : '').padEnd(16)}  ${id}${v.pvid ? ' PVID' : ''}${v.untagged ? ' Egress Untagged' : ''}\n`));
  }
  p.out(out);
}

const USAGE = `Usage: bridge vlan { add | del } vid VLAN_ID dev DEV [ tunnel_info id TUNNEL_ID ]
                                                     [ pvid ] [ untagged ]
                                                     [ self ] [ master ]
       bridge vlan { set } vid VLAN_ID dev DEV [ state STP_STATE ]
                                               [ mcast_router MULTICAST_ROUTER ]
       bridge vlan { show } [ dev DEV ] [ vid VLAN_ID ]
       bridge vlan { tunnelshow } [ dev DEV ] [ vid VLAN_ID ]
       bridge vlan global { set } vid VLAN_ID dev DEV
                      [ mcast_snooping MULTICAST_SNOOPING ]
       bridge vlan global { show } [ dev DEV ] [ vid VLAN_ID ]
`;
