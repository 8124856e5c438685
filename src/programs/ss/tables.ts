/** The kinds of sockets that ss can be asked for, and which states of each it shows by itself (default_dbs in misc/ss.c). */
import { STATES } from './filter.ts';

const CONNECTED = STATES['connected']!;
const DEFAULTS: Record<string, readonly string[]> = {
  tcp: CONNECTED, mptcp: CONNECTED, dccp: CONNECTED, sctp: CONNECTED, udp: ['ESTAB'], raw: ['ESTAB'], unix_dgram: CONNECTED, unix_stream: CONNECTED, unix_seqpacket: CONNECTED,
  packet_raw: ['UNCONN'], packet_dgram: ['UNCONN'], netlink: ['UNCONN'], vsock_stream: CONNECTED, vsock_dgram: CONNECTED, tipc: CONNECTED, xdp: ['UNCONN'],
};
const some = (...starts: string[]) => Object.keys(DEFAULTS).filter((name) => starts.some((s) => name === s || name.startsWith(`${s}_`)));
const INET = ['tcp', 'mptcp', 'udp', 'raw', 'dccp', 'sctp'];

/** By the letter of an option. */
export const BY_LETTER: Record<string, readonly string[]> = { t: ['tcp'], u: ['udp'], w: ['raw'], x: some('unix'), '0': some('packet'), S: ['sctp'], d: ['dccp'], M: ['mptcp'] };
/** By what follows -f. */
export const BY_FAMILY: Record<string, readonly string[]> = { inet: INET, inet6: INET, unix: some('unix'), link: some('packet'), netlink: ['netlink'], vsock: some('vsock'), tipc: ['tipc'], xdp: ['xdp'] };

/** What follows -A: undefined, and which name is none. */
export function query(text: string): string[] | { unknown: string } {
  const found: string[] = [];
  for (const name of text.split(',')) {
    const tables = name === 'all' ? Object.keys(DEFAULTS) : name === 'inet' ? INET : name in DEFAULTS ? [name] : some(name);
    if (tables.length === 0) return { unknown: name };
    found.push(...tables);
  }
  return found;
}

export const ALL_TABLES: readonly string[] = Object.keys(DEFAULTS);

/** The states that are shown when none are asked for. */
export function defaultStates(tables: ReadonlySet<string>, { all, listening }: { all: boolean; listening: boolean }): Set<string> {
  if (all) return new Set(STATES['all']);
  return new Set(listening ? ['LISTEN', 'UNCONN'] : [...tables].flatMap((t) => DEFAULTS[t] ?? []));
}
