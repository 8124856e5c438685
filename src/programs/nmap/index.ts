import { formatIpv4, parseCidr, parseIpv4, type Ipv4 } from '../../linux/net/addresses.ts';
import { resolve, reverseAll } from '../../linux/net/dns.ts';
import type { Process, Program } from '../../linux/process.ts';
import { MS } from '../../sim/clock.ts';
import { commonPorts, nameOf, parsePorts } from './ports.ts';
import { arpScan, connectScan, discover, synScan, udpScan, type HostUp, type PortResult } from './scan.ts';

interface Options {
  ports: number[] | undefined;
  fast: boolean;
  scan: 'syn' | 'connect' | 'udp' | 'ping';
  /** -Pn: every host counts as up. */
  noPing: boolean;
  numeric: boolean;
  reason: boolean;
  open: boolean;
  verbose: boolean;
  targets: string[];
}

/** nmap(1) 7.93 in small: host discovery and port scans by SYN, connect and UDP. */
export const main: Program = async (p) => {
  const o = parse(p);
  if (typeof o === 'number') return o;
  const begun = p.now;
  p.out(`Starting Nmap 7.93 ( https://nmap.org ) at ${stamp(begun)}\n`);
  // Its data files are read first.
  await p.sleep(40 * MS);
  const targets: Ipv4[] = [];
  for (const t of o.targets) targets.push(...(await addresses(p, t)));
  if (targets.length === 0) p.err('WARNING: No targets were specified, so 0 hosts scanned.\n');
  const raw = p.can('NET_RAW') && o.scan !== 'connect';
  const near = raw ? await arpScan(p, targets) : new Map<Ipv4, HostUp | undefined>();
  let up = 0;
  for (const ip of targets) {
    const host = near.has(ip) ? near.get(ip) : ((await discover(p, ip, { raw })) ?? (o.noPing ? { reason: 'user-set', latency: undefined, mac: undefined } : undefined));
    if (!host) continue;
    up++;
    await scanHost(p, o, ip, host);
  }
  if (up === 0 && targets.length > 0 && !o.noPing && o.scan !== 'ping') p.out('Note: Host seems down. If it is really up, but blocking our ping probes, try -Pn\n');
  const n = targets.length;
  p.out(`Nmap done: ${n} IP address${n === 1 ? '' : 'es'} (${up} host${up === 1 ? '' : 's'} up) scanned in ${((p.now - begun) / 1e6).toFixed(2)} seconds\n`);
  return 0;
};

async function scanHost(p: Process, o: Options, ip: Ipv4, host: HostUp): Promise<void> {
  const address = formatIpv4(ip), name = o.numeric ? undefined : (await reverseAll(p, [address])).get(address);
  const title = name ? `${name} (${address})` : address;
  const mac = host.mac && o.scan !== 'connect' ? `MAC Address: ${host.mac.toUpperCase()} (Unknown)\n` : '';
  const begun = p.now;
  const found = o.scan === 'ping' ? [] : await { syn: synScan, connect: connectScan, udp: udpScan }[o.scan](p, ip, o.ports ?? commonPorts(o.fast));
  // A host that was not asked, or is this machine, is known by how fast its ports answered.
  const answered = found.some((r) => r.reason !== 'no-response');
  const latency = host.latency ?? (o.scan !== 'ping' && answered ? Math.max(2, Math.min(p.now - begun, 50)) : undefined);
  const seen = o.reason ? `, received ${host.reason}` : '';
  p.out(`Nmap scan report for ${title}\nHost is up${seen}${latency === undefined ? '' : ` (${digits(latency / 1e6)}s latency)`}.\n`);
  if (o.scan !== 'ping') p.out(table(o, title, found));
  p.out(`${mac}${o.scan === 'ping' ? '' : '\n'}`);
}

/** The ports, without those of a state that has more than 25 of them (or all but the open ones). */
function table(o: Options, title: string, found: readonly PortResult[]): string {
  const protocol = o.scan === 'udp' ? 'udp' : 'tcp';
  const groups = new Map<string, PortResult[]>();
  for (const r of found) groups.set(r.state, [...(groups.get(r.state) ?? []), r]);
  const hidden = new Set([...groups].filter(([state, list]) => state !== 'open' && (o.open ? state !== 'open|filtered' : list.length > 25)).map(([state]) => state));
  const shown = found.filter((r) => !hidden.has(r.state));
  const counts = new Map<string, number>();
  for (const r of found) {
    const kind = `${r.state} ${protocol} ports (${r.reason.replace(/ ttl.*/, '')})`;
    if (hidden.has(r.state)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const left = [...counts].reverse().sort(([, a], [, b]) => b - a).map(([kind, n]) => `${n} ${kind}`);
  const summary = left.length > 0 ? `Not shown: ${left.join(', ')}\n` : '';
  if (shown.length === 0) return `All ${found.length} scanned ports on ${title} are in ignored states.\n${summary}`;
  const rows = shown.map((r) => [`${r.port}/${protocol}`, r.state, nameOf(r.port, protocol), o.reason ? r.reason : '']);
  const header = ['PORT', 'STATE', 'SERVICE', o.reason ? 'REASON' : ''];
  const width = [0, 1, 2].map((i) => Math.max(...[header, ...rows].map((r) => r[i]!.length)));
  const line = (r: string[]) => `${r[0]!.padEnd(width[0]!)} ${r[1]!.padEnd(width[1]!)} ${o.reason ? `${r[2]!.padEnd(width[2]!)} ${r[3]}` : r[2]}\n`;
  return `${summary === '' ? '\n' : summary}${[header, ...rows].map(line).join('')}`;
}

/** `10.0.0.1`, `10.0.0.0/24`, `10.0.0.1-4`, a name. */
async function addresses(p: Process, target: string): Promise<Ipv4[]> {
  const cidr = parseCidr(target);
  if (cidr && target !== 'default') {
    const first = cidr.bits === 0 ? 0 : (cidr.address & (0xffffffff << (32 - cidr.bits))) >>> 0;
    return Array.from({ length: Math.min(65536, 2 ** (32 - cidr.bits)) }, (_, i) => first + i);
  }
  if (/^[\d,-]+(\.[\d,-]+){3}$/.test(target)) {
    const parts = target.split('.').map((part) => part.split(',').flatMap((r) => {
      const [from = '', to = from] = r.split('-');
      return Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, i) => Number(from) + i);
    }));
    return parts.reduce<number[]>((all, part) => all.flatMap((a) => part.filter((n) => n <= 255).map((n) => a * 256 + n)), [0]);
  }
  const found = await resolve(p, target);
  if (typeof found !== 'string') return [parseIpv4(found.addresses[0]!)!];
  p.err(`Failed to resolve "${target}".\n`);
  return [];
}

function parse(p: Process): Options | number {
  const o: Options = { ports: undefined, fast: false, scan: p.can('NET_RAW') ? 'syn' : 'connect', noPing: false, numeric: false, reason: false, open: false, verbose: false, targets: [] };
  const quit = (message: string): number => {
    p.err(`${message}\nQUITTING!\n`);
    return 1;
  };
  const { args } = p;
  if (args.length === 0 || args.includes('-h') || args.includes('--help')) {
    p.out(HELP);
    return args.length === 0 ? 255 : 0;
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-V' || arg === '--version') {
      p.out('Nmap version 7.93 ( https://nmap.org )\nPlatform: x86_64-pc-linux-gnu\n');
      return 0;
    }
    if (arg === '-sn' || arg === '-sP') o.scan = 'ping';
    else if (arg === '-sT') o.scan = 'connect';
    else if (arg === '-sS' || arg === '-sU') {
      if (!p.can('NET_RAW')) return quit('You requested a scan type which requires root privileges.');
      o.scan = arg === '-sS' ? 'syn' : 'udp';
    } else if (arg === '-Pn' || arg === '-P0') o.noPing = true;
    else if (arg === '-n') o.numeric = true;
    else if (arg === '-F') o.fast = true;
    else if (arg === '--open') o.open = true;
    else if (arg === '--reason') o.reason = true;
    else if (/^-v+$/.test(arg)) o.verbose = true;
    else if (arg.startsWith('-p')) {
      const text = arg.slice(2) || args[++i];
      if (text === undefined) {
        p.err("nmap: option requires an argument -- 'p'\nSee the output of nmap -h for a summary of options.\n");
        return 255;
      }
      const ports = parsePorts(text);
      if (typeof ports === 'string') {
        p.out(`Starting Nmap 7.93 ( https://nmap.org ) at ${stamp(p.now)}\n`);
        return quit(ports);
      }
      o.ports = ports;
    } else if (/^-T[0-5]?$/.test(arg)) i += arg === '-T' ? 1 : 0;
    else if (arg === '-r' || arg === '-R' || arg === '-4') continue;
    else if (arg.startsWith('-')) {
      p.err(`nmap: unrecognized option '${arg}'\nSee the output of nmap -h for a summary of options.\n`);
      return 255;
    } else o.targets.push(arg);
  }
  return o;
}

/** `2026-11-29 15:30 UTC` */
function stamp(at: number): string {
  return `${new Date(at / 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Two digits that count: 0.000051, 0.0020. */
function digits(n: number): string {
  return n <= 0 ? '0.0' : n.toFixed(Math.max(0, 1 - Math.floor(Math.log10(n))));
}

const HELP = `Nmap 7.93 ( https://nmap.org )
Usage: nmap [Scan Type(s)] [Options] {target specification}
TARGET SPECIFICATION:
  Can pass hostnames, IP addresses, networks, etc.
  Ex: scanme.nmap.org, microsoft.com/24, 192.168.0.1; 10.0.0-255.1-254
HOST DISCOVERY:
  -sn: Ping Scan - disable port scan
  -Pn: Treat all hosts as online -- skip host discovery
  -n/-R: Never do DNS resolution/Always resolve [default: sometimes]
SCAN TECHNIQUES:
  -sS/sT: TCP SYN/Connect() scans
  -sU: UDP Scan
PORT SPECIFICATION AND SCAN ORDER:
  -p <port ranges>: Only scan specified ports
    Ex: -p22; -p1-65535; -p 22,80-90
  -F: Fast mode - Scan fewer ports than the default scan
  -r: Scan ports sequentially - don't randomize
TIMING AND PERFORMANCE:
  -T<0-5>: Set timing template (higher is faster)
OUTPUT:
  -v: Increase verbosity level (use -vv or more for greater effect)
  --reason: Display the reason a port is in a particular state
  --open: Only show open (or possibly open) ports
MISC:
  -V: Print version number
  -h: Print this help summary page.
SEE THE MAN PAGE (https://nmap.org/book/man.html) FOR MORE OPTIONS AND EXAMPLES
`;
