import { broadcastOf, formatIpv4, mask, parseCidr, parseIpv4 } from '../../linux/net/addresses.ts';
import { ERROR_TEXT, NetlinkError } from '../../linux/net/errors.ts';
import { removeAddress } from '../../linux/net/interface-address.ts';
import type { Address, Link } from '../../linux/net/link.ts';
import type { Process, Program } from '../../linux/process.ts';
import { interfaces } from './netstat.ts';
import { sixes } from '../iproute2/address.ts';

const FLAG_VALUES: Record<string, number> = { UP: 1, BROADCAST: 2, LOOPBACK: 8, RUNNING: 64, NOARP: 128, PROMISC: 256, ALLMULTI: 512, MULTICAST: 4096 };

/** ifconfig(8) of net-tools: shows links; up, down, mtu, an address. */
export const ifconfig: Program = (p) => {
  const args = p.args;
  const all = args.includes('-a');
  const words = args.filter((a) => !/^-[asv]$/.test(a));
  if (args.includes('-V') || args.includes('--version')) {
    p.out('net-tools 2.10\n');
    return 0;
  }
  const odd = words.find((a) => a.startsWith('-'));
  if (odd !== undefined && words.length === 1) {
    p.err(`ifconfig: option \`${odd}' not recognised.\nifconfig: \`--help' gives usage information.\n`);
    return 1;
  }
  if (words.length === 0) {
    p.out(args.includes('-s') ? interfaces(p, { narrow: true }) : interfaceTexts(p, all));
    return 0;
  }
  const [name, ...changes] = words;
  const link = p.net.link(name!.split(':')[0]!);
  if (link && name!.includes(':') && changes.length === 0) {
    const alias = link.addresses.find((a) => a.label === name);
    if (alias) {
      p.out(aliasText(link, alias));
      return 0;
    }
    p.err(`${name}: error fetching interface information: Device not found\n`);
    return 1;
  }
  if (!link) {
    p.err(changes.length === 0 ? `${name}: error fetching interface information: Device not found\n` : `SIOCSIFFLAGS: No such device\n`);
    return changes.length === 0 ? 1 : 255;
  }
  if (changes.length === 0) {
    p.out(text(link));
    return 0;
  }
  if (!p.can('NET_ADMIN')) {
    p.err('SIOCSIFFLAGS: Operation not permitted\n');
    return 255;
  }
  return change(p, link, changes, name!);
};

/** Every link that is up, or all, with its aliases, in the order of their names. */
export function interfaceTexts(p: Process, all: boolean): string {
  return [...p.net.links()].filter((l) => all || l.up).sort((a, b) => (a.name < b.name ? -1 : 1)).map((l) => text(l) + l.addresses.filter((a) => a.label !== l.name && a.label.includes(':')).map((a) => aliasText(l, a)).join('')).join('');
}

function aliasText(l: Link, a: Address): string {
  const { line } = flagsOf(l);
  return `${a.label}: ${line}\n        inet ${formatIpv4(a.ip)}  netmask ${formatIpv4(mask(a.bits))}  broadcast ${formatIpv4(a.broadcast ?? 0)}\n        ether ${l.address}  txqueuelen ${l.txqlen}  (Ethernet)\n\n`;
}

function change(p: Process, link: Link, words: string[], name: string): number {
  let call = '';
  const address = () => link.addresses.find((a) => a.label === name);
  try {
    while (words.length > 0) {
      const word = words.shift()!, on = !word.startsWith('-');
      switch (word.replace(/^-/, '')) {
        case 'up':
          call = 'SIOCSIFFLAGS';
          link.setUp();
          break;
        case 'down': {
          call = 'SIOCSIFFLAGS';
          const alias = name.includes(':') ? address() : undefined;
          if (alias) removeAddress(alias);
          else link.setDown();
          break;
        }
        case 'mtu':
          call = 'SIOCSIFMTU';
          link.setMtu(Number(words.shift()));
          break;
        case 'netmask': {
          const given = parseIpv4(dotted(words.shift() ?? '')), a = address();
          call = 'SIOCSIFNETMASK';
          if (!a || given === undefined) throw new NetlinkError('EADDRNOTAVAIL');
          const bits = [...given.toString(2)].filter((c) => c === '1').length;
          readdress(p, link, a, { bits, broadcast: a.broadcast === broadcastOf(a.ip, a.bits) ? broadcastOf(a.ip, bits) : a.broadcast });
          break;
        }
        case 'broadcast': {
          const given = parseIpv4(words.shift() ?? ''), a = address();
          call = 'SIOCSIFBRDADDR';
          if (!a) throw new NetlinkError('EADDRNOTAVAIL');
          readdress(p, link, a, { bits: a.bits, broadcast: given });
          break;
        }
        case 'promisc':
          link.promiscuityAsked = on ? 1 : 0;
          link.changed();
          break;
        case 'arp':
          link.noArp = !on;
          link.changed();
          break;
        case 'allmulti':
          link.allmulticast = on;
          link.changed();
          break;
        case 'multicast':
          link.multicast = on;
          link.changed();
          break;
        case 'txqueuelen':
          link.txqlen = Number(words.shift());
          link.changed();
          break;
        case 'metric':
          words.shift();
          break;
        case 'hw':
          call = 'SIOCSIFHWADDR';
          words.shift();
          link.setAddress(words.shift() ?? '');
          break;
        case 'add': {
          call = 'SIOCSIFADDR';
          let n = 0;
          while (link.addresses.some((a) => a.label === `${link.name}:${n}`)) n++;
          p.net.addAddress(link.name, words.shift() ?? '', { label: `${link.name}:${n}` });
          break;
        }
        default: {
          const given = parseCidr(word);
          if (!given) {
            p.err(`${word}: ${/^[\d.]+$/.test(word) ? 'Unknown host' : 'Host name lookup failure'}\nifconfig: \`--help' gives usage information.\n`);
            return 1;
          }
          call = 'SIOCSIFADDR';
          const bits = word.includes('/') ? given.bits : classBits(given.address), old = address();
          if (old) removeAddress(old);
          p.net.addAddress(link.name, `${formatIpv4(given.address)}/${bits}`, { broadcast: '+', label: name });
          link.setUp();
        }
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    p.err(`${call}: ${ERROR_TEXT[error.errno]}\n`);
    return call === 'SIOCSIFMTU' ? 1 : 255;
  }
}

/** The address with another prefix or broadcast address, as its ioctls set them. */
function readdress(p: Process, link: Link, a: Address, { bits, broadcast }: { bits: number; broadcast: number | undefined }): void {
  removeAddress(a);
  p.net.addAddress(link.name, `${formatIpv4(a.ip)}/${bits}`, { label: a.label, ...(broadcast === undefined ? {} : { broadcast: formatIpv4(broadcast) }) });
}

/** inet_aton(3): the last of fewer than four numbers fills what is left. */
function dotted(text: string): string {
  const parts = text.split('.'), last = Number(parts.pop());
  while (parts.length < 3) parts.push(String(Math.floor(last / 256 ** (3 - parts.length)) & 255));
  return [...parts, last & 255].join('.');
}

/** inet_abc_len */
function classBits(ip: number): number {
  return ip >>> 31 === 0 ? 8 : ip >>> 30 === 2 ? 16 : 24;
}

function flagsOf(l: Link): { line: string } {
  const flags = [l.up ? 'UP' : '', l.flags.includes('BROADCAST') ? 'BROADCAST' : '', l.kind === 'loopback' ? 'LOOPBACK' : '', l.running ? 'RUNNING' : '', l.flags.includes('NOARP') ? 'NOARP' : '', l.flags.includes('PROMISC') ? 'PROMISC' : '', l.allmulticast ? 'ALLMULTI' : '', l.flags.includes('MULTICAST') ? 'MULTICAST' : ''].filter(Boolean);
  const value = flags.reduce((n, f) => n + FLAG_VALUES[f]!, 0);
  return { line: `flags=${value}<${flags.join(',')}>  mtu ${l.mtu}` };
}

/** Of IPv6 addresses. */
const SCOPES: Record<string, string> = { global: '0x0<global>', link: '0x20<link>', host: '0x10<host>' };

function text(l: Link): string {
  const a = l.addresses.find((x) => x.label === l.name) ?? l.addresses[0];
  const s = l.stats;
  return [
    `${l.name}: ${flagsOf(l).line}`,
    ...(a ? [`        inet ${formatIpv4(a.ip)}  netmask ${formatIpv4(mask(a.bits))}${l.kind === 'loopback' ? '' : `  broadcast ${formatIpv4(a.broadcast ?? 0)}`}`] : []),
    ...sixes(l).map((six) => `        inet6 ${six.text.replace('/', '  prefixlen ')}  scopeid ${SCOPES[six.scope]}`),
    l.kind === 'loopback' ? `        loop  txqueuelen ${l.txqlen}  (Local Loopback)` : `        ether ${l.address}  txqueuelen ${l.txqlen}  (Ethernet)`,
    `        RX packets ${s.rxPackets}  bytes ${s.rxBytes} (${human(s.rxBytes)})`,
    `        RX errors ${s.rxErrors}  dropped ${s.rxDropped}  overruns 0  frame 0`,
    `        TX packets ${s.txPackets}  bytes ${s.txBytes} (${human(s.txBytes)})`,
    `        TX errors ${s.txErrors}  dropped ${s.txDropped} overruns 0  carrier 0  collisions 0`,
    '', '',
  ].join('\n');
}

function human(n: number): string {
  for (const [size, unit] of [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']] as const) if (n >= size) return `${(n / size).toFixed(1)} ${unit}`;
  return `${n.toFixed(1)} B`;
}
