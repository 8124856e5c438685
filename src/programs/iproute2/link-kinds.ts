/** What `ip link add … type KIND` takes after the kind, and what -d shows of it (ip/iplink_*.c, link_iptnl.c, link_gre.c). */
import { formatIpv4, parseIpv4 } from '../../linux/net/addresses.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import type { Link, LinkKind } from '../../linux/net/link.ts';
import type { MacvlanMode } from '../../linux/net/macvlan.ts';
import type { LinkOptions } from '../../linux/net/rtnetlink.ts';
import { Exit, type Words } from './options.ts';

type Kind = Exclude<LinkKind, 'loopback' | 'tun' | 'tap'>;
type Given = Omit<LinkOptions, 'name' | 'kind'>;

interface LinkType {
  /** Reads what follows the kind. `lower` is what `link DEV` said. */
  parse?(words: Words, lower: string | undefined): Given;
  /** The line of -d, ending in a blank. */
  details?(link: Link): string;
}

/** Kinds by name; those that a program makes itself (bridge, veth, vxlan) have their own code. */
export const LINK_TYPES: Readonly<Partial<Record<Kind, LinkType>>> = {
  dummy: { details: () => 'dummy ' },
  vlan: { parse: vlan, details: (l) => `vlan protocol 802.1Q id ${l.vlan} <REORDER_HDR> ` },
  macvlan: { parse: macvlan, details: (l) => `macvlan mode ${l.macvlan} bcqueuelen 1000 usedbcqueuelen 1000 ` },
  ipip: { parse: tunnel, details: (l) => `ipip ${l.tunnel!.fallback ? 'any' : 'ipip'} ${ends(l)}${l.tunnel!.fallback ? 'nopmtudisc' : 'pmtudisc'} ` },
  sit: { parse: tunnel, details: (l) => `sit ${l.tunnel!.fallback ? 'any' : 'ip6ip'} ${ends(l)}${l.tunnel!.fallback ? 'nopmtudisc' : 'pmtudisc'} 6rd-prefix 2002::/16 ` },
  gre: { parse: tunnel, details: (l) => `gre ${ends(l)}${l.tunnel!.fallback ? 'nopmtudisc ' : ''}` },
  wireguard: { details: () => 'wireguard ' },
};

/** Kinds that Linux has and this simulator does not model: its kernel lacks the module. */
export const KNOWN_ELSEWHERE = new Set(['ipvlan', 'bond', 'team', 'ifb', 'vrf', 'geneve', 'gretap', 'ip6tnl', 'vti', 'macsec', 'nlmon', 'netdevsim', 'tun']);

function vlan(words: Words, lower: string | undefined): Given {
  let id: number | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'id') {
      const text = words.next();
      if (!/^\d+$/.test(text) || Number(text) > 65535) throw new Exit(255, `Error: argument "${text}" is wrong: id is invalid\n\n`);
      id = Number(text);
    } else if (word === 'protocol' || word === 'proto') {
      const protocol = words.next();
      if (protocol.toLowerCase() !== '802.1q') throw protocol.toLowerCase() === '802.1ad' ? new NetlinkError('EOPNOTSUPP') : new Exit(255, `Error: argument "${protocol}" is wrong: protocol is invalid\n\n`);
    } else if (['reorder_hdr', 'gvrp', 'mvrp', 'loose_binding', 'bridge_binding'].includes(word)) words.next();
    else throw new Exit(255, `vlan: unknown command "${word}"?\n`);
  }
  if (id === undefined) throw new NetlinkError('EINVAL', '8021q: VLAN properties not specified');
  if (lower === undefined) throw new NetlinkError('EINVAL', '8021q: link not specified');
  if (id > 4094) throw new NetlinkError('ERANGE', '8021q: Invalid VLAN id');
  return { lower, vlan: id };
}

function macvlan(words: Words, lower: string | undefined): Given {
  let mode: MacvlanMode = 'vepa';
  while (!words.done) {
    const word = words.next();
    if (word !== 'mode') throw new Exit(255, `macvlan: unknown command "${word}"?\n`);
    const text = words.next();
    if (!['private', 'vepa', 'bridge', 'passthru'].includes(text)) throw new Exit(255, `Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${text}"\n`);
    mode = text as MacvlanMode;
  }
  if (lower === undefined) throw new NetlinkError('EINVAL');
  return { lower, macvlan: mode };
}

/** The ends of a tunnel, as `ip link add … type ipip` and `ip tunnel add` name them. Names the next word that is none of its own. */
export function tunnelEnds(words: Words, unknown: (word: string) => void): Given {
  const ends: NonNullable<LinkOptions['tunnel']> = {};
  let lower: string | undefined;
  const end = () => {
    const text = words.next();
    if (text !== 'any' && parseIpv4(text) === undefined) throw new Exit(1, `Error: any valid address is expected rather than "${text}".\n`);
    return text === 'any' ? '0.0.0.0' : text;
  };
  while (!words.done) {
    const word = words.next();
    if (word === 'remote') ends.remote = end();
    else if (word === 'local') ends.local = end();
    else if (word === 'dev') lower = words.next();
    else if (word === 'ttl' || word === 'hoplimit' || word === 'hlim') {
      const text = words.next();
      if (text !== 'inherit' && !(/^\d+$/.test(text) && Number(text) <= 255)) throw new Exit(255, `Error: argument "${text}" is wrong: invalid TTL\n\n`);
      ends.ttl = text === 'inherit' ? 0 : Number(text);
    } else if (word === 'pmtudisc' || word === 'nopmtudisc') continue;
    else if (word === 'tos' || word === 'key' || word === 'mode') words.next();
    else unknown(word);
  }
  return { tunnel: ends, ...(lower === undefined ? {} : { lower }) };
}

function tunnel(words: Words): Given {
  return tunnelEnds(words, (word) => {
    throw new Exit(255, `ipip: unknown command "${word}"?\n`);
  });
}

function ends({ tunnel: t }: Link): string {
  const end = (ip: number) => (ip === 0 ? 'any' : formatIpv4(ip));
  return `remote ${end(t!.remote)} local ${end(t!.local)} ${t!.dev ? `dev ${t!.dev.name} ` : ''}ttl ${t!.ttl || 'inherit'} `;
}
