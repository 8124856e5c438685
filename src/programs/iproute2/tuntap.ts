import type { Process } from '../../linux/process.ts';
import type { Words } from './options.ts';
import { command, Exit, type Options } from './options.ts';

/** ip tuntap: devices whose other end is a program that opens /dev/net/tun (ip/iptuntap.c). None here does: they have no carrier. */
export function tuntap(p: Process, _options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  const how = command(verb, ['add', 'delete', 'show', 'lst', 'list', 'help']);
  if (how === undefined) throw new Exit(255, `Command "${verb}" is unknown, try "ip tuntap help".\n`);
  if (how === 'help') throw new Exit(255, USAGE);
  if (how === 'show' || how === 'lst' || how === 'list') {
    for (const l of p.net.links()) if (l.kind === 'tun' || l.kind === 'tap') p.out(`${l.name}: ${l.kind} persist\n`);
    return;
  }
  let mode: 'tun' | 'tap' | undefined, name: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'mode') {
      const text = words.next();
      if (text !== 'tun' && text !== 'tap') throw new Exit(255, `Unknown tunnel mode "${text}"\n`);
      mode = text;
    } else if (word === 'user' || word === 'group') words.next();
    else if (['pi', 'one_queue', 'vnet_hdr', 'multi_queue', 'persist'].includes(word)) continue;
    else name = word === 'name' || word === 'dev' ? words.next() : word;
  }
  if (mode === undefined) throw new Exit(255, 'You failed to specify a tunnel mode\n');
  const ioctl = (text: string) => new Exit(1, `ioctl(TUNSETIFF): ${text}\n`);
  if (!p.net.kernelHas('tun')) throw new Exit(1, 'open: No such device\n');
  if (!p.can('NET_ADMIN')) throw ioctl('Operation not permitted');
  const there = name === undefined ? undefined : p.net.link(name);
  if (there && there.kind !== mode) throw ioctl('Invalid argument');
  if (how === 'add') {
    if (there) throw ioctl('Device or resource busy');
    for (let i = 0; name === undefined; i++) if (!p.net.link(`${mode}${i}`)) name = `${mode}${i}`;
    p.net.addLink({ name, kind: mode });
  } else if (there) p.net.delLink(there.name);
}

const USAGE = `Usage: ip tuntap { add | del | show | list | lst | help } [ dev PHYS_DEV ]
\t[ mode { tun | tap } ] [ user USER ] [ group GROUP ]
\t[ one_queue ] [ pi ] [ vnet_hdr ] [ multi_queue ] [ name NAME ]

Where:\tUSER  := { STRING | NUMBER }
\tGROUP := { STRING | NUMBER }
`;
