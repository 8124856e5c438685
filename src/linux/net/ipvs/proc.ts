/** /proc/net/ip_vs, ip_vs_conn and ip_vs_stats (ip_vs_ctl.c, ip_vs_conn.c). Numbers are hexadecimal. */
import { SECOND } from '../../../sim/clock.ts';
import type { Ipvs } from './ipvs.ts';
import { bucket, type IpvsRates, type IpvsService } from './service.ts';

export const IPVS_VERSION = '1.2.1', IPVS_SIZE = 4096;

const h = (n: number, width: number) => n.toString(16).toUpperCase().padStart(width, '0');
const end = (ip: number, port: number) => `${h(ip, 8)}:${h(port, 4)}`;

export function table(ipvs: Ipvs): string {
  let out = `IP Virtual Server version ${IPVS_VERSION} (size=${IPVS_SIZE})\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n`;
  const services = [...ipvs.services].sort((a, b) => Number(a.fwmark > 0) - Number(b.fwmark > 0) || bucket(a) - bucket(b));
  for (const s of services) {
    const flags = s.timeout > 0 ? `persistent ${s.timeout * 1000} ${h(s.netmask, 8)}` : '';
    out += `${s.fwmark ? `FWM  ${h(s.fwmark, 8)} ${s.scheduler.name}` : `${name(s)}  ${end(s.address, s.port)} ${s.scheduler.name}`} ${flags}\n`;
    for (const d of s.destinations) out += `  -> ${end(d.address, d.port)}      ${d.forward.padEnd(7)} ${String(d.weight).padEnd(6)} ${String(d.active).padEnd(10)} ${String(d.inactive).padEnd(10)}\n`;
  }
  return out;
}

export function connections(ipvs: Ipvs): string {
  let out = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n';
  const now = ipvs.ns.world.clock.now;
  const row = (protocol: string, ends: [number, number][], state: string, left: number) => `${protocol.padEnd(3)} ${ends.map(([ip, port]) => `${h(ip, 8)} ${h(port, 4)}`).join(' ')} ${state.padEnd(11)} ${String(Math.max(0, Math.ceil(left / SECOND))).padStart(7)}\n`;
  for (const c of ipvs.connections()) out += row(c.protocol === 6 ? 'TCP' : 'UDP', [[c.client, c.clientPort], [c.virtual, c.virtualPort], [c.destination.address, c.port]], c.state, c.expires - now);
  for (const t of ipvs.templates()) out += row(t.service.protocol === 6 ? 'TCP' : 'UDP', [[t.client, 0], [t.service.address, t.service.port], [t.destination.address, t.destination.port]], t.assured ? 'ASSURED' : 'NONE', t.expires - now);
  return out;
}

export function statistics(ipvs: Ipvs): string {
  const figures = (s: IpvsRates) => [s.conns, s.inPackets, s.outPackets, s.inBytes, s.outBytes].map(Math.round);
  const cells = (numbers: number[], widths: number[]) => numbers.map((n, i) => n.toString(16).toUpperCase().padStart(widths[i]!)).join(' ');
  return `   Total Incoming Outgoing         Incoming         Outgoing\n   Conns  Packets  Packets            Bytes            Bytes\n${cells(figures(ipvs.totals), [8, 8, 8, 16, 16])}\n\n Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n${cells(figures(ipvs.totals.rates), [8, 8, 8, 16, 16])}\n\n`;
}

function name(s: IpvsService): string {
  return s.protocol === 6 ? 'TCP' : s.protocol === 17 ? 'UDP' : 'SCTP';
}
