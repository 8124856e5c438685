import { formatCidr, formatIpv4, BROADCAST_MAC, ZERO_MAC } from '../../linux/net/addresses.ts';
import type { Link } from '../../linux/net/link.ts';
import type { Process, Program } from '../../linux/process.ts';
import { sixes } from '../iproute2/address.ts';
import { main as iproute2 } from '../iproute2/index.ts';
import { nameWithPeer } from '../iproute2/link-text.ts';

/** networking/libiproute: listings of its own; what changes something is as iproute2 does it. */
export const ip: Program = (p) => {
  const words = p.args.filter((a) => !a.startsWith('-'));
  const [object = '', verb = 'show', ...rest] = words;
  const listing = 'show'.startsWith(verb) || 'list'.startsWith(verb) || verb === 'ls';
  const kind = 'address'.startsWith(object) ? 'address' : 'link'.startsWith(object) ? 'link' : 'route'.startsWith(object) ? 'route' : undefined;
  if (object === '' || !kind || !listing || p.args.some((a) => a !== '-4' && a.startsWith('-'))) return iproute2(p);
  if (kind === 'route') return routes(p, rest);
  const name = rest.filter((w) => w !== 'dev')[0];
  const links = name === undefined ? p.net.links() : [p.net.link(name)].filter((l) => l !== undefined);
  if (links.length === 0) {
    p.err(`ip: can't find device '${name}'\n`);
    return 1;
  }
  for (const l of links) {
    p.out(`${head(l)}${kind === 'address' ? l.addresses.map((a) => `    inet ${formatCidr(a.ip, a.bits)}${a.broadcast === undefined ? '' : ` brd ${formatIpv4(a.broadcast)}`} scope ${a.scope}${a.secondary ? ' secondary' : ''} ${a.label}\n${FOREVER}`).join('') : ''}`);
    if (kind === 'address' && !p.args.includes('-4')) for (const a of sixes(l)) p.out(`    inet6 ${a.text} scope ${a.scope} ${a.flags.map((f) => `${f} `).join('')}\n${FOREVER}`);
  }
  return 0;
};
const FOREVER = '       valid_lft forever preferred_lft forever\n';

function head(l: Link): string {
  const flags = [...l.flags, ...(l.peer && l.peer.ns !== l.ns && !l.flags.includes('M-DOWN') ? ['M-DOWN'] : [])];
  return `${l.index}: ${nameWithPeer(l)}: <${flags.join(',')}> mtu ${l.mtu} qdisc ${l.qdisc}${l.master ? ` master ${l.master.name}` : ''} ${l.txqlen > 0 && !l.peer ? `qlen ${l.txqlen}` : ''}\n    link/${l.kind === 'loopback' ? 'loopback' : 'ether'} ${l.address} brd ${l.kind === 'loopback' ? ZERO_MAC : BROADCAST_MAC}\n`;
}

/** What iproute2 lists (in memory), without the protocol and with the source after two blanks. */
async function routes(p: Process, rest: string[]): Promise<number> {
  const whole = p.stdout;
  whole.retain('write');
  let text = '';
  p.open(1, { isTTY: false, read: () => Promise.resolve(null), write: (t: string) => void (text += t), retain: () => {}, release: () => {} }, 'write');
  p.argv = ['ip', 'route', 'show', ...rest];
  const code = await iproute2(p);
  p.open(1, whole, 'write');
  whole.release('write');
  await p.out(text.split('\n').map((line) => line.replace(/ proto \S+/, '').replace(' src ', '  src ').replace(/\s+$/, '') + (line === '' ? '' : ' ')).join('\n'));
  return code;
}
