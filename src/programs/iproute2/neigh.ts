import { NetlinkError } from '../../linux/net/errors.ts';
import { formatIpv4, inPrefix, parseCidr, parseIpv4, type Cidr } from '../../linux/net/addresses.ts';
import { parseCidr6, parseIpv6 } from '../../linux/net/addresses6.ts';
import type { Neighbour, NeighbourState } from '../../linux/net/neighbour.ts';
import type { Process } from '../../linux/process.ts';
import { json } from './json.ts';
import type { Words } from './options.ts';
import { admin, command, Exit, invarg, noDevice, type Options } from './options.ts';

/** ip neighbour: list and show, add, change, replace, delete, flush. */
export function neigh(p: Process, options: Options, words: Words): number | void {
  const verb = words.done ? 'show' : words.next();
  switch (command(verb, ['add', 'change', 'chg', 'replace', 'delete', 'get', 'show', 'lst', 'list', 'flush', 'help'])) {
    case 'add': return modify(p, words, 'add');
    case 'change':
    case 'chg': return modify(p, words, 'change');
    case 'replace': return modify(p, words, 'replace');
    case 'delete': return modify(p, words, 'delete');
    case 'get': return get(p, options, words);
    case 'show':
    case 'lst':
    case 'list': return show(p, options, words);
    case 'flush': {
      const f = filterOf(words, options);
      if (f.dev === undefined && f.to === undefined && !f.all) throw new Exit(1, 'Flush requires arguments.\n');
      admin(p);
      const doomed = listed(p, f).filter((n) => n.state !== 'PERMANENT' || f.state === 'PERMANENT');
      for (const n of doomed) p.net.delNeighbour({ ip: formatIpv4(n.ip), dev: n.dev.name });
      if (options.stats > 0) p.out(doomed.length === 0 ? 'Nothing to flush.\n' : `\n*** Round 1, deleting ${doomed.length} entries ***\n*** Flush is complete after 1 round ***\n`);
      return;
    }
    case 'help': throw new Exit(255, 'Usage: ip neigh { add | del | change | replace }\n                { ADDR [ lladdr LLADDR ] [ nud STATE ] proxy ADDR }\n                [ dev DEV ] [ router ] [ use ] [ managed ] [ extern_learn ]\n                [ protocol PROTO ]\n\n\tip neigh { show | flush } [ proxy ] [ to PREFIX ] [ dev DEV ] [ nud STATE ]\n\t\t\t\t  [ vrf NAME ] [ nomaster ]\n\tip neigh get { ADDR | proxy ADDR } dev DEV\n\nSTATE := { delay | failed | incomplete | noarp | none |\n           permanent | probe | reachable | stale }\n');
    default: throw new Exit(255, `Command "${verb}" is unknown, try "ip neigh help".\n`);
  }
}

interface Filter {
  family: Options['family'];
  dev: string | undefined;
  to: Cidr | undefined;
  state: string | undefined;
  /** `all`: every address. */
  all?: boolean;
}

function filterOf(words: Words, { family }: Options): Filter {
  const f: Filter = { family, dev: undefined, to: undefined, state: undefined };
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') f.dev = words.next();
    else if (word === 'nud') f.state = nud(words.next(), true);
    else if (STATES.has(word)) f.state = word.toUpperCase();
    else {
      const text = word === 'to' ? words.next() : word;
      if (text === 'all' || text === 'any' || text === 'default') {
        f.all = true;
        continue;
      }
      f.to = parseCidr(text) ?? parseCidr6(text);
      if (f.to === undefined) throw new Exit(1, `Error: any valid prefix is expected rather than "${text}".\n`);
    }
  }
  return f;
}

const STATES = new Set(['permanent', 'reachable', 'noarp', 'none', 'stale', 'incomplete', 'delay', 'probe', 'failed']);
function nud(text: string, filter = false): string {
  if (!STATES.has(text) && !(filter && text === 'all')) throw invarg('nud state is bad', text);
  return text.toUpperCase();
}

function listed(p: Process, f: Filter): (Neighbour & { state: NeighbourState })[] {
  if (f.dev !== undefined && !p.net.link(f.dev)) throw noDevice(f.dev);
  const families = f.family === 'inet' ? [4] as const : f.family === 'inet6' ? [6] as const : [4, 6] as const;
  return families.flatMap((family) => p.net.neighbours(f.dev, family)).filter((n) => (f.to === undefined || inPrefix(n.ip, f.to.address, f.to.bits)) && (f.state === undefined ? n.state !== 'NOARP' : f.state === 'ALL' || n.state === f.state));
}

function show(p: Process, options: Options, words: Words): void {
  const f = filterOf(words, options);
  const found = listed(p, f);
  if (options.json) {
    p.out(json(found.map((n) => ({ dst: formatIpv4(n.ip), dev: n.dev.name, ...(n.mac ? { lladdr: n.mac } : {}), ...(n.router ? { router: null } : {}), ...(options.stats > 0 ? { used: since(p, n.used), confirmed: since(p, n.confirmed), updated: since(p, n.updated), probes: Math.max(0, n.probes) } : {}), state: [n.state] })), options));
    return;
  }
  for (const n of found) p.out(options.brief ? `${formatIpv4(n.ip).padEnd(39)} ${n.dev.name.padEnd(16)} ${n.state === 'FAILED' ? '' : (n.mac ?? '')}\n` : line(p, n, f.dev === undefined, options.stats > 0));
}

function since(p: Process, at: number): number {
  return Math.max(0, Math.floor((p.now - at) / 1e6));
}

export function line(p: Process, n: Neighbour & { state: NeighbourState }, dev: boolean, stats: boolean): string {
  const ages = stats ? `  used ${since(p, n.used)}/${since(p, n.confirmed)}/${since(p, n.updated)}probes ${Math.max(0, n.probes)}` : '';
  return `${formatIpv4(n.ip)}${dev ? ` dev ${n.dev.name}` : ''}${n.mac && n.state !== 'FAILED' && n.state !== 'INCOMPLETE' ? ` lladdr ${n.mac}${n.router ? ' router' : ''}` : ''}${ages} ${n.state} \n`;
}

function get(p: Process, options: Options, words: Words): void {
  const f = filterOf(words, options);
  if (f.to === undefined || f.dev === undefined) throw new Exit(1, 'Device and address are required arguments.\n');
  const [found] = listed(p, f);
  if (!found) throw new NetlinkError('ENOENT', 'Neighbour entry not found');
  p.out(line(p, found, true, options.stats > 0));
}

function modify(p: Process, words: Words, how: 'add' | 'change' | 'replace' | 'delete'): void {
  let ip: string | undefined, dev: string | undefined, lladdr: string | undefined, state: NeighbourState | undefined;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') dev = words.next();
    else if (word === 'lladdr') {
      lladdr = words.next();
      if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(lladdr)) throw new Exit(1, `"${lladdr}" is invalid lladdr.\n`);
    } else if (word === 'nud') state = nud(words.next()) as NeighbourState;
    else {
      ip = word === 'to' ? words.next() : word;
      if (parseIpv4(ip) === undefined && parseIpv6(ip) === undefined) throw new Exit(1, `Error: any valid address is expected rather than "${ip}".\n`);
    }
  }
  if (dev === undefined || ip === undefined) throw new Exit(255, 'Device and destination are required arguments.\n');
  if (!p.net.link(dev)) throw noDevice(dev);
  admin(p);
  if (how === 'delete') p.net.delNeighbour({ ip, dev });
  else if (how === 'change' && !p.net.neighbours(dev, ip.includes(':') ? 6 : 4).some((n) => formatIpv4(n.ip) === ip)) throw new NetlinkError('ENOENT');
  else if (lladdr === undefined && [undefined, 'PERMANENT', 'REACHABLE'].includes(state)) throw new NetlinkError('EINVAL', 'No link layer address given');
  else p.net.addNeighbour({ ip, dev, ...(lladdr ? { lladdr } : {}), ...(state ? { state } : {}) }, { replace: how !== 'add' });
}
