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
    const solicited = l.address6 ? `ff02::1:ff${l.address.slice(9, 11)}:${l.address.slice(12).replace(':', '')}` : undefined;
    p.out(`${l.index}:\t${l.name}\n`);
    if (l.kind !== 'loopback') for (const mac of groups(l)) p.out(`\tlink  ${mac}\n`);
    p.out('\tinet  224.0.0.1\n');
    if (l.bridge) p.out('\tinet  224.0.0.106\n');
    if (solicited) p.out(`\tinet6 ${solicited.replace(/:0+(?=[0-9a-f])/g, ':')}\n`);
    if (l.bridge) p.out('\tinet6 ff02::6a\n');
    p.out('\tinet6 ff02::1\n\tinet6 ff01::1\n');
  }
}

/** Link-layer groups of a link that is up. */
export function groups(l: Link): string[] {
  const own = l.address6 ? [`33:33:ff:${l.address.slice(9)}`] : [];
  return ['33:33:00:00:00:01', ...(l.bridge ? ['01:00:5e:00:00:6a', '33:33:00:00:00:6a'] : []), '01:00:5e:00:00:01', ...own];
}
