import { formatIpv4 } from '../../linux/net/addresses.ts';
import type { Ipvs } from '../../linux/net/ipvs/ipvs.ts';
import { IPVS_SIZE, IPVS_VERSION } from '../../linux/net/ipvs/proc.ts';
import type { IpvsDestination, IpvsRates, IpvsService, IpvsStats } from '../../linux/net/ipvs/service.ts';
import { serviceName } from '../../linux/net/netfilter/services.ts';
import { SECOND } from '../../sim/clock.ts';

export interface Format {
  /** Names of addresses; without them everything is numeric. */
  names: ReadonlyMap<string, string> | undefined;
  given: ReadonlySet<string>;
}

/** `ipvsadm -L`: all services, or the one. */
export function listText(ipvs: Ipvs, only: IpvsService | undefined, f: Format): string {
  const services = only ? [only] : f.given.has('nosort') ? ipvs.services : [...ipvs.services].sort(byKey);
  return `${only ? '' : `IP Virtual Server version ${IPVS_VERSION} (size=${IPVS_SIZE})\n`}${title(f)}${services.map((s) => serviceText(s, f)).join('')}`;
}

/** `ipvsadm -S`: what -R takes. */
export function saveText(ipvs: Ipvs, f: Format): string {
  return [...ipvs.services].sort(byKey).map((s) => {
    const name = s.fwmark ? `-f ${s.fwmark}` : `${s.protocol === 6 ? '-t' : '-u'} ${end(s.address, s.port, s, f)}`;
    const persistent = s.timeout > 0 ? ` -p ${s.timeout}${s.netmask === 0xffffffff ? '' : ` -M ${formatIpv4(s.netmask)}`}` : '';
    const servers = destinations(s, f).map((d) => `-a ${name} -r ${end(d.address, d.port, s, f)} ${{ Masq: '-m', Tunnel: '-i', Route: '-g' }[d.forward]} -w ${d.weight}${d.forward === 'Tunnel' ? ' --tun-type ipip' : ''}\n`);
    return `-A ${name} -s ${s.scheduler.name}${persistent}\n${servers.join('')}`;
  }).join('');
}

/** `ipvsadm -Lc`: connections, and the clients that persistence has bound, which have no port. */
export function connectionsText(ipvs: Ipvs, f: Format): string {
  const now = ipvs.ns.world.clock.now;
  const row = (s: IpvsService, protocol: number, ends: [number, number][], state: string, expires: number) => {
    const left = Math.max(0, Math.ceil((expires - now) / SECOND)), two = (n: number) => String(n).padStart(2, '0');
    const [client, virtual, real] = ends.map(([ip, port]) => end(ip, port, s, f));
    return `${protocol === 6 ? 'TCP' : 'UDP'} ${`${two(Math.floor(left / 60))}:${two(left % 60)}`.padEnd(6)} ${state.padEnd(11)} ${client!.padEnd(18)} ${virtual!.padEnd(18)} ${real}\n`;
  };
  return `IPVS connection entries\npro expire ${'state'.padEnd(11)} ${'source'.padEnd(18)} ${'virtual'.padEnd(18)} destination\n${[
    ...ipvs.connections().map((c) => row(c.service, c.protocol, [[c.client, c.clientPort], [c.virtual, c.virtualPort], [c.destination.address, c.port]], c.state, c.expires)),
    ...ipvs.templates().map((t) => row(t.service, t.service.protocol, [[t.client, 0], [t.service.address, t.service.port], [t.destination.address, t.destination.port]], t.assured ? 'ASSURED' : 'NONE', t.expires)),
  ].join('')}`;
}

function title({ given }: Format): string {
  const head = (cells: string[]) => `${'Prot LocalAddress:Port'.padEnd(33)} ${cells.join(' ')}\n  -> RemoteAddress:Port\n`;
  if (given.has('stats')) return head(['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'].map((w) => w.padStart(8)));
  if (given.has('rate')) return head(['CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'].map((w) => w.padStart(8)));
  if (given.has('thresholds')) return head(['Uthreshold', 'Lthreshold', 'ActiveConn', 'InActConn'].map((w) => w.padEnd(10)));
  if (given.has('persistent-conn')) return head(['Weight'.padEnd(9), 'PersistConn'.padEnd(11), 'ActiveConn'.padEnd(10), 'InActConn'.padEnd(10)]);
  return 'Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n';
}

function serviceText(s: IpvsService, f: Format): string {
  const { given } = f;
  const name = s.fwmark ? `FWM  ${s.fwmark}` : `${(s.protocol === 6 ? 'TCP' : 'UDP').padEnd(4)} ${end(s.address, s.port, s, f)}`;
  const exact = given.has('exact');
  const figures = given.has('stats') ? (x: { stats: IpvsStats }) => counts(x.stats, exact) : given.has('rate') ? (x: { stats: IpvsStats }) => rates(x.stats.rates, exact) : undefined;
  const head = figures ? `${name.padEnd(33)}${figures(s)}` : `${name} ${s.scheduler.name}${s.timeout > 0 ? ` persistent ${s.timeout}${s.netmask === 0xffffffff ? '' : ` mask ${formatIpv4(s.netmask)}`}` : ''}`;
  const cell = (n: number, width: number) => String(n).padEnd(width);
  return `${head}\n${destinations(s, f).map((d) => {
    const row = `  -> ${end(d.address, d.port, s, f).slice(0, 28).padEnd(28)}`;
    if (figures) return `${row}${figures(d)}\n`;
    if (given.has('thresholds')) return `${row} ${[d.upper, d.lower, d.active, d.inactive].map((n) => cell(n, 10)).join(' ')}\n`;
    if (given.has('persistent-conn')) return `${row} ${cell(d.weight, 9)} ${cell(d.persistent, 11)} ${cell(d.active, 10)} ${cell(d.inactive, 10)}\n`;
    return `${row} ${d.forward.padEnd(7)} ${cell(d.weight, 6)} ${cell(d.active, 10)} ${cell(d.inactive, 10)}\n`;
  }).join('')}`;
}

const counts = (s: IpvsStats, exact: boolean) => [s.conns, s.inPackets, s.outPackets, s.inBytes, s.outBytes].map((n) => large(n, exact)).join('');
const rates = (r: IpvsRates, exact: boolean) => [r.conns, r.inPackets, r.outPackets, r.inBytes, r.outBytes].map((n) => large(Math.round(n), exact)).join('');

/** Nine places; more than 100 million in thousands, and so on. */
function large(n: number, exact: boolean): string {
  if (exact) return String(n).padStart(Math.max(9, String(n).length + 1));
  if (n < 1e8) return String(n).padStart(9);
  const [by, unit] = n < 1e9 ? [1e3, 'K'] : n < 1e11 ? [1e6, 'M'] : n < 1e14 ? [1e9, 'G'] : [1e12, 'T'];
  return `${String(Math.floor(n / by)).padStart(8)}${unit}`;
}

function destinations(s: IpvsService, { given }: Format): readonly IpvsDestination[] {
  return given.has('nosort') ? s.destinations : [...s.destinations].sort((a, b) => a.address - b.address || a.port - b.port);
}

function byKey(a: IpvsService, b: IpvsService): number {
  return a.fwmark - b.fwmark || a.protocol - b.protocol || a.address - b.address || a.port - b.port;
}

function end(ip: number, port: number, s: IpvsService, { names }: Format): string {
  const address = formatIpv4(ip);
  return names ? `${names.get(address) ?? address}:${serviceName(port, s.protocol === 6 ? 'tcp' : 'udp') ?? port}` : `${address}:${port}`;
}
