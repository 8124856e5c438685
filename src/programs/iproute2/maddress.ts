import { formatIpv4 } from '../../linux/net/addresses.ts';
import { multicastMac6 } from '../../linux/net/addresses6.ts';
import type { Link } from '../../linux/net/link.ts';
import type { Process } from '../../linux/process.ts';
import type { Words } from './options.ts';
import { command, Exit, noDevice, type Options } from './options.ts';

/** ip maddress: the multicast groups that a link hears because it has addresses. */
export function maddress(p: Process, _options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  if (command(verb, ['show', 'lst', 'list']) === undefined) throw new Exit(255, `Command "${verb}" is unknown, try "ip maddr help".\n`);
  let dev: string | undefined;
  while (!words.done) {
    const word = words.next();
    dev = word === 'dev' ? words.next() : word;
  }
  if (dev !== undefined && !p.net.link(dev)) throw noDevice(dev);
  for (const l of p.net.links()) {
    if (dev !== undefined && l.name !== dev) continue;
    p.out(`${l.index}:\t${l.name}\n`);
    if (l.kind !== 'loopback') for (const [mac, users] of groups(l)) p.out(`\tlink  ${mac}${users > 1 ? ` users ${users}` : ''}\n`);
    p.out('\tinet  224.0.0.1\n');
    if (l.bridge) p.out('\tinet  224.0.0.106\n');
    for (const g of p.net.inet6?.addresses.groups(l) ?? []) p.out(`\tinet6 ${formatIpv4(g.ip)}${g.users > 1 ? ` users ${g.users}` : ''}\n`);
  }
}

/** Link-layer groups of a link that is up, as they came, with their users. What has node-local scope is heard without one. */
export function groups(l: Link): [mac: string, users: number][] {
  const found = new Map([['33:33:00:00:00:01', 1], ...(l.bridge ? [['01:00:5e:00:00:6a', 1], ['33:33:00:00:00:6a', 1]] as const : []), ['01:00:5e:00:00:01', 1]]);
  for (const { ip } of (l.ns.inet6?.addresses.groups(l) ?? []).toReversed()) {
    const mac = multicastMac6(ip), local = formatIpv4(ip).startsWith('ff01:');
    if (!local && mac !== '33:33:00:00:00:01' && mac !== '33:33:00:00:00:6a') found.set(mac, (found.get(mac) ?? 0) + 1);
  }
  return [...found];
}
