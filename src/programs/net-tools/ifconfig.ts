import { formatIpv4, mask, parseCidr } from '../../linux/net/addresses.ts';
import { ERROR_TEXT, NetlinkError } from '../../linux/net/errors.ts';
import type { Address, Link } from '../../linux/net/link.ts';
import type { Process, Program } from '../../linux/process.ts';
import { interfaces } from './netstat.ts';
import { sixes } from '../iproute2/address.ts';

const FLAG_VALUES: Record<string, number> = { UP: 1, BROADCAST: 2, LOOPBACK: 8, RUNNING: 64, NOARP: 128, PROMISC: 256, MULTICAST: 4096 };

/** ifconfig(8) of net-tools: shows links; up, down, mtu, an address. */
export const ifconfig: Program = (p) => {
  const args = p.args;
  const all = args.includes('-a');
  const words = args.filter((a) => !/^-[asv]$/.test(a));
  const odd = words.find((a) => a.startsWith('-'));
  if (odd !== undefined && words.length === 1) {
    p.err(`ifconfig: option \`${odd}' not recognised.\nifconfig: \`--help' gives usage information.\n`);
    return 1;
  }
  if (words.length === 0) {
    p.out(args.includes('-s') ? interfaces(p) : interfaceTexts(p, all));
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
  try {
    while (words.length > 0) {
      const word = words.shift()!;
      if (word === 'up') link.setUp();
      else if (word === 'down') link.setDown();
      else if (word === 'mtu') link.setMtu(Number(words.shift()));
      else if (word === 'netmask') words.shift();
      else if (parseCidr(word)) {
        const netmask = words[0] === 'netmask' ? words[1] : undefined;
        const bits = netmask === undefined ? undefined : netmask.split('.').reduce((n, b) => n + [...Number(b).toString(2)].filter((c) => c === '1').length, 0);
        p.net.addAddress(link.name, word.includes('/') ? word : `${word}/${bits ?? 8}`, { broadcast: '+', ...(name.includes(':') ? { label: name } : {}) });
        link.setUp();
      } else {
        p.err(`${word}: Host name lookup failure\nifconfig: \`--help' gives usage information.\n`);
        return 1;
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    p.err(`SIOCSIFADDR: ${ERROR_TEXT[error.errno]}\n`);
    return 255;
  }
}

function flagsOf(l: Link): { line: string } {
  const flags = [l.up ? 'UP' : '', l.flags.includes('BROADCAST') ? 'BROADCAST' : '', l.kind === 'loopback' ? 'LOOPBACK' : '', l.running ? 'RUNNING' : '', l.flags.includes('PROMISC') ? 'PROMISC' : '', l.flags.includes('NOARP') ? 'NOARP' : '', l.flags.includes('MULTICAST') ? 'MULTICAST' : ''].filter(Boolean);
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
