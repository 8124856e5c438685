import { formatIpv4 } from '../../linux/net/addresses.ts';
import { NetlinkError, ERROR_TEXT } from '../../linux/net/errors.ts';
import type { Link } from '../../linux/net/link.ts';
import type { TunnelMode } from '../../linux/net/tunnel.ts';
import type { Process } from '../../linux/process.ts';
import { tunnelEnds } from './link-kinds.ts';
import { admin, command, Exit, noDevice, Words, type Options } from './options.ts';

const MODES: Readonly<Record<string, TunnelMode>> = { ipip: 'ipip', 'ip/ip': 'ipip', ipv4: 'ipip', gre: 'gre', 'gre/ip': 'gre', sit: 'sit', ipv6: 'sit', 'ipv6/ip': 'sit' };
const PROTOCOL: Record<TunnelMode, string> = { ipip: 'ip/ip', gre: 'gre/ip', sit: 'ipv6/ip' };
const BASE: Record<TunnelMode, string> = { ipip: 'tunl0', gre: 'gre0', sit: 'sit0' };

/** ip tunnel: the same devices as `ip link add type ipip`, gre and sit, by the older calls (ip/iptunnel.c). */
export function tunnel(p: Process, _options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  switch (command(verb, ['add', 'change', 'delete', 'show', 'lst', 'list', 'help'])) {
    case 'add': return add(p, words);
    case 'delete': return remove(p, words);
    case 'show':
    case 'lst':
    case 'list': return show(p, words);
    case 'help': throw new Exit(255, USAGE);
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip tunnel help".\n`);
  }
}

function add(p: Process, words: Words): void {
  let name: string | undefined, mode: TunnelMode | undefined;
  const rest: string[] = [];
  while (!words.done) {
    const word = words.next();
    if (word === 'mode') {
      const text = words.next();
      if (!(text in MODES)) throw new Exit(255, `Unknown tunnel mode "${text}"\n`);
      mode = MODES[text]!;
    } else if (word === 'name') name = words.next();
    else if (['remote', 'local', 'dev', 'ttl', 'hoplimit', 'tos', 'key'].includes(word)) rest.push(word, words.next());
    else if (word === 'pmtudisc' || word === 'nopmtudisc') rest.push(word);
    else name ??= word;
  }
  if (mode === undefined) throw new Exit(255, 'cannot determine tunnel mode (ipip, gre, vti or sit)\n');
  const given = tunnelEnds(new Words(rest), () => undefined);
  if (given.lower !== undefined && !p.net.link(given.lower)) throw noDevice(given.lower);
  const failed = (errno: keyof typeof ERROR_TEXT, dev: string) => new Exit(1, `add tunnel "${dev}" failed: ${ERROR_TEXT[errno]}\n`);
  if (!p.can('NET_ADMIN')) throw failed('EPERM', BASE[mode]);
  try {
    p.net.addLink({ name: name ?? `${mode === 'ipip' ? 'tunl' : mode}${count(p, mode)}`, kind: mode, ...given });
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    throw failed(error.errno === 'EOPNOTSUPP' ? 'ENODEV' : error.errno === 'EEXIST' && p.net.link(name ?? '') === undefined ? 'ENOBUFS' : error.errno, BASE[mode]);
  }
}

function remove(p: Process, words: Words): void {
  let name: string | undefined;
  while (!words.done) {
    const word = words.next();
    if (['mode', 'remote', 'local', 'dev', 'ttl'].includes(word)) words.next();
    else name = word === 'name' ? words.next() : word;
  }
  if (name === undefined) throw new Exit(255, 'cannot determine tunnel mode (ipip, gre, vti or sit)\n');
  const link = p.net.link(name);
  if (!link?.tunnel) throw new Exit(1, `delete tunnel "${name}" failed: ${ERROR_TEXT.ENODEV}\n`);
  admin(p);
  if (link.tunnel.fallback) throw new Exit(1, `delete tunnel "${name}" failed: ${ERROR_TEXT.EPERM}\n`);
  p.net.delLink(name);
}

function show(p: Process, words: Words): void {
  let name: string | undefined, mode: TunnelMode | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'mode') mode = MODES[words.next()];
    else name = word === 'dev' || word === 'name' ? words.next() : word;
  }
  for (const l of p.net.tunnels ?? []) if ((name === undefined || l.name === name) && (mode === undefined || l.tunnel!.mode === mode)) p.out(`${line(l)}\n`);
}

function line({ name, tunnel: t }: Link): string {
  const end = (ip: number) => (ip === 0 ? 'any' : formatIpv4(ip));
  const protocol = t!.fallback && t!.mode === 'ipip' ? 'any/ip' : PROTOCOL[t!.mode];
  return `${name}: ${protocol} remote ${end(t!.remote)} local ${end(t!.local)}${t!.dev ? ` dev ${t!.dev.name}` : ''} ttl ${t!.ttl || 'inherit'}${t!.fallback ? ' nopmtudisc' : ''}`;
}

function count(p: Process, mode: TunnelMode): number {
  for (let i = 1; ; i++) if (!p.net.link(`${mode === 'ipip' ? 'tunl' : mode}${i}`)) return i;
}

const USAGE = `Usage: ip tunnel { add | change | del | show | prl | 6rd } [ NAME ]
        [ mode { gre | ipip | isatap | sit | vti } ]
        [ remote ADDR ] [ local ADDR ]
        [ [i|o]seq ] [ [i|o]key KEY ] [ [i|o]csum ]
        [ prl-default ADDR ] [ prl-nodefault ADDR ] [ prl-delete ADDR ]
        [ 6rd-prefix ADDR ] [ 6rd-relay_prefix ADDR ] [ 6rd-reset ]
        [ ttl TTL ] [ tos TOS ] [ [no]pmtudisc ] [ dev PHYS_DEV ]

Where: NAME := STRING
       ADDR := { IP_ADDRESS | any }
       TOS  := { STRING | 00..ff | inherit | inherit/STRING | inherit/00..ff }
       TTL  := { 1..255 | inherit }
       KEY  := { DOTTED_QUAD | NUMBER }
`;
