import { formatIpv4, mask, network, parseCidr, parseIpv4 } from '../../linux/net/addresses.ts';
import { MAIN, type Route } from '../../linux/net/fib.ts';
import { ERROR_TEXT, NetlinkError } from '../../linux/net/errors.ts';
import type { Process, Program } from '../../linux/process.ts';
import { version } from './usage.ts';

const SYNTAX = `Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [mss Mss] [window W] [irtt I]
                              [mod] [dyn] [reinstate] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
       inet_route [-FC] flush      NOT supported
`;
const USAGE = `Usage: route [-nNvee] [-FC] [<AF>]           List kernel routing tables
       route [-v] [-FC] {add|del|flush} ...  Modify routing table for AF.

       route {-h|--help} [<AF>]              Detailed usage syntax for specified AF.
       route {-V|--version}                  Display version/author and exit.

        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -e, --extend             display other/more information
        -F, --fib                display Forwarding Information Base (default)
        -C, --cache              display routing cache instead of FIB

  <AF>=Use -4, -6, '-A <af>' or '--<af>'; default: inet
  List of possible address families (which support routing):
`;
/** The families go to standard error. */
const FAMILIES = `    inet (DARPA Internet) inet6 (IPv6) ax25 (AMPR AX.25) 
    netrom (AMPR NET/ROM) rose (AMPR ROSE) ipx (Novell IPX) 
    ddp (Appletalk DDP) x25 (CCITT X.25) 
`;

/** route(8) of net-tools. */
export const route: Program = (p) => {
  let numeric = false, extended = 0, cache = false;
  const words: string[] = [];
  for (const arg of p.args) {
    if (arg === '-net' || arg === '-host') words.push(arg);
    else if (/^-[nNveF4]+$/.test(arg)) {
      numeric ||= arg.includes('n');
      extended += arg.split('e').length - 1;
    } else if (arg === '--numeric') numeric = true;
    else if (arg === '-V' || arg === '--version') {
      p.out(version('', '+NEW_ADDRT +RTF_IRTT +RTF_REJECT +I18N +SELINUX'));
      return 0;
    } else if (arg === '-C' || arg === '--cache') cache = true;
    else if (arg.startsWith('-')) {
      if (arg !== '-h' && arg !== '--help') p.err(`route: invalid option -- '${arg.replace(/^-+/, '')[0]}'\n`);
      p.out(USAGE);
      p.err(FAMILIES);
      return 0;
    } else words.push(arg);
  }
  if (words.length === 0) {
    p.out(cache ? 'Kernel IP routing cache\nSource          Destination     Gateway         Flags Metric Ref    Use Iface\n' : routeTable(p, { numeric, netstat: extended === 1, both: extended > 1 }));
    return 0;
  }
  return change(p, words);
};

/** What `route` and `netstat -r` print. */
export function routeTable(p: Process, { numeric, netstat, both = false }: { numeric: boolean; netstat: boolean; both?: boolean }): string {
  const head = both ? 'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt\n' : netstat ? 'Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n' : 'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n';
  return `Kernel IP routing table\n${head}${(p.net.fib.table(MAIN) ?? []).map((r) => line(r, numeric, netstat, both)).join('')}`;
}

function line(r: Route, numeric: boolean, netstat: boolean, both: boolean): string {
  const dst = r.bits === 0 && !numeric ? 'default' : formatIpv4(r.dst);
  const rejected = r.type === 'unreachable' || r.type === 'prohibit';
  const gateway = rejected ? '-' : r.via !== undefined || numeric || r.bits > 0 ? formatIpv4(r.via ?? 0) : '0.0.0.0';
  const flags = rejected ? `!${r.bits === 32 ? 'H' : ''}` : `U${r.via !== undefined ? 'G' : ''}${r.bits === 32 ? 'H' : ''}`;
  const start = `${dst.padEnd(15)} ${gateway.padEnd(15)} ${formatIpv4(mask(r.bits)).padEnd(15)} ${flags.padEnd(5)} `;
  const dev = rejected ? '-' : (r.dev?.name ?? '*');
  if (both) return `${start}${String(r.metric).padEnd(6)} ${(rejected ? '-' : '0').padEnd(2)} ${String(0).padStart(7)} ${dev.padEnd(8)} ${String(rejected ? '-' : 0).padEnd(5)} ${String(rejected ? '-' : 0).padEnd(6)} ${rejected ? '-' : 0}\n`;
  if (netstat) return `${start}${String(rejected ? '-' : 0).padStart(5)} ${String(rejected ? '-' : 0).padEnd(6)} ${String(rejected ? '-' : 0).padStart(5)} ${dev}\n`;
  return `${start}${String(r.metric).padEnd(6)} ${(rejected ? '-' : '0').padEnd(2)} ${String(0).padStart(7)} ${dev}\n`;
}

function change(p: Process, words: string[]): number {
  const verb = words.shift();
  if (verb !== 'add' && verb !== 'del' && verb !== 'delete') {
    p.out(USAGE);
    p.err(FAMILIES);
    return 3;
  }
  let target: string | undefined, gw: string | undefined, dev: string | undefined, metric: number | undefined, netmask: string | undefined, kind: string | undefined, reject = false, classful = false;
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === '-net' || word === '-host') kind = word;
    else if (word === 'gw' || word === 'gateway') gw = words.shift();
    else if (word === 'dev' || word === 'device') dev = words.shift();
    else if (word === 'metric') metric = Number(words.shift());
    else if (word === 'netmask') netmask = words.shift();
    else if (word === 'reject') reject = true;
    else if (word === 'mss' || word === 'window' || word === 'irtt') words.shift();
    else if (target === undefined) target = word;
    else dev = word;
  }
  if (target === undefined) {
    p.err(SYNTAX);
    return kind === undefined ? 0 : 3;
  }
  let cidr = target === 'default' ? { address: 0, bits: 0 } : parseCidr(target);
  if (cidr && netmask !== undefined) {
    const m = parseIpv4(netmask) ?? 0;
    cidr = { address: cidr.address, bits: [...m.toString(2)].filter((b) => b === '1').length };
  } else if (cidr && kind === '-net' && !target.includes('/') && target !== 'default') {
    classful = true;
    cidr = { address: cidr.address, bits: cidr.address >>> 31 === 0 ? 8 : cidr.address >>> 30 === 2 ? 16 : 24 };
  }
  if (!cidr) {
    p.err(`${target}: Host name lookup failure\n`);
    return 6;
  }
  if (network(cidr.address, cidr.bits) !== cidr.address && classful) {
    p.err(verb === 'add' ? 'SIOCADDRT: Invalid argument\n' : 'SIOCDELRT: No such process\n');
    return 7;
  }
  if (network(cidr.address, cidr.bits) !== cidr.address) {
    p.err(`route: netmask doesn't match route address\n${SYNTAX}`);
    return 3;
  }
  const call = verb === 'add' ? 'SIOCADDRT' : 'SIOCDELRT';
  if (!p.can('NET_ADMIN')) {
    p.err(`${call}: Operation not permitted\n`);
    return 7;
  }
  const dst = cidr.bits === 0 ? 'default' : `${formatIpv4(cidr.address)}/${cidr.bits}`;
  try {
    // The ioctl puts another route to the same place before the old one; only the very same is refused.
    if (verb === 'add') p.net.addRoute({ dst, ...(gw ? { via: gw } : {}), ...(dev ? { dev } : {}), ...(metric ? { metric } : {}), ...(reject ? { type: 'unreachable' } : {}) }, 'prepend');
    else p.net.delRoute({ dst, ...(gw ? { via: gw } : {}), ...(dev ? { dev } : {}) });
    return 0;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    p.err(`${call}: ${ERROR_TEXT[error.errno]}\n`);
    return 7;
  }
}
