import { formatIpv4 } from '../../linux/net/addresses.ts';
import { reverseAll } from '../../linux/net/dns.ts';
import { ipvsOf, type Ipvs } from '../../linux/net/ipvs/ipvs.ts';
import { SCHEDULERS } from '../../linux/net/ipvs/schedulers.ts';
import { newStats, type IpvsService } from '../../linux/net/ipvs/service.ts';
import { words } from '../../linux/net/netfilter/restore.ts';
import type { Process, Program } from '../../linux/process.ts';
import { connectionsText, listText, saveText, type Format } from './list.ts';
import { Exit, parse, tryHelp, type Command } from './options.ts';

/** ipvsadm(8) 1.31. */
export const main: Program = async (p) => {
  try {
    const ipvs = load(p);
    return await run(p, ipvs, p.args, false);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    if (error.code === 0) await p.out(error.message);
    else p.err(error.message);
    return error.code;
  }
};

function load(p: Process): Ipvs {
  const why = (text: string) => new Exit(2, `${text.startsWith('Protocol') ? `modprobe: FATAL: Module ip_vs not found in directory /lib/modules/${p.machine.kernel.release}\n` : ''}Can't initialize ipvs: ${text}\nAre you sure that IP Virtual Server is built in the kernel or as module?\n`);
  if (!p.can('NET_ADMIN')) throw why('Permission denied (you must be root)');
  const ipvs = ipvsOf(p.net);
  if (!ipvs) throw why('Protocol not available');
  return ipvs;
}

async function run(p: Process, ipvs: Ipvs, args: readonly string[], restoring: boolean): Promise<number> {
  const c = args.length === 0 && !restoring ? parse(['-L']) : parse(args);
  const { letter, given } = c;
  const service = given.has('service-address') ? ipvs.find(c.service) : undefined;
  switch (letter) {
    case 'L': return list(p, ipvs, c, service);
    case 'S':
      await p.out(saveText(ipvs, await format(p, ipvs, c)));
      return 0;
    case 'R': return restore(p, ipvs, restoring);
    case 'C':
      ipvs.clear();
      return 0;
    case 'Z':
      if (given.has('service-address') && !service) return refused(p, 'No such service');
      for (const s of service ? [service] : ipvs.services) for (const x of [s, ...s.destinations]) x.stats = newStats();
      return 0;
    case 'set': {
      const [tcp, fin, udp] = c.timeouts!;
      if (tcp) ipvs.timeouts.ESTABLISHED = tcp;
      if (fin) ipvs.timeouts.FIN_WAIT = fin;
      if (udp) ipvs.timeouts.UDP = udp;
      return 0;
    }
    case 'A':
    case 'E': return edit(p, ipvs, c, service);
    case 'D':
      if (!service) return refused(p, 'No such service');
      ipvs.remove(service);
      return 0;
    default: return destination(p, ipvs, c, service);
  }
}

function edit(p: Process, ipvs: Ipvs, c: Command, service: IpvsService | undefined): number {
  const scheduler = SCHEDULERS[c.scheduler ?? 'wlc']?.();
  if (c.letter === 'E' && !service) return refused(p, 'No such service');
  if (c.letter === 'A' && service) return refused(p, 'Service already exists');
  if (!scheduler) return refused(p, 'Scheduler or persistence engine not found');
  if (service) {
    Object.assign(service, { scheduler, timeout: c.timeout, netmask: c.netmask });
    scheduler.changed?.(service);
  } else ipvs.add({ ...c.service, scheduler, timeout: c.timeout, netmask: c.netmask, destinations: [], stats: newStats() });
  return 0;
}

function destination(p: Process, ipvs: Ipvs, { letter, destination: d, service: key }: Command, service: IpvsService | undefined): number {
  if (!service) return refused(p, 'Service not defined');
  // Without NAT the port cannot change.
  const port = d.port === undefined || (letter !== 'd' && d.forward !== 'Masq' && !key.fwmark) ? key.port : d.port;
  const found = service.destinations.find((o) => o.address === d.address && o.port === port);
  if (letter === 'a') return ipvs.addDestination(service, { ...d, port, overloaded: false, active: 0, inactive: 0, persistent: 0, available: true, stats: newStats() }) ? 0 : refused(p, 'Destination already exists');
  if (!found) return refused(p, 'No such destination');
  if (letter === 'd') ipvs.removeDestination(service, found);
  else {
    Object.assign(found, { ...d, port });
    service.scheduler.changed?.(service);
  }
  return 0;
}

async function list(p: Process, ipvs: Ipvs, c: Command, service: IpvsService | undefined): Promise<number> {
  const { given } = c;
  if (given.has('timeout')) await p.out(`Timeout (tcp tcpfin udp): ${ipvs.timeouts.ESTABLISHED} ${ipvs.timeouts.FIN_WAIT} ${ipvs.timeouts.UDP}\n`);
  else if (given.has('connection')) await p.out(connectionsText(ipvs, await format(p, ipvs, c)));
  else if (given.has('service-address') && !service) {
    p.err('No such service\n');
    return 1;
  } else if (!given.has('daemon')) await p.out(listText(ipvs, service, await format(p, ipvs, c)));
  return 0;
}

async function restore(p: Process, ipvs: Ipvs, restoring: boolean): Promise<number> {
  if (restoring) throw tryHelp();
  let code = 0;
  for (const line of (await p.readAll()).split('\n')) {
    const args = words(line.replace(/#.*/, ''));
    if (args.length > 0) code = await run(p, ipvs, args, true);
  }
  return code;
}

async function format(p: Process, ipvs: Ipvs, c: Command): Promise<Format> {
  if (c.given.has('numeric')) return { names: undefined, given: c.given };
  const addresses = new Set(ipvs.services.flatMap((s) => [s.address, ...s.destinations.map((d) => d.address)]));
  if (c.given.has('connection')) for (const cp of ipvs.connections()) addresses.add(cp.client);
  return { names: await reverseAll(p, [...addresses].map(formatIpv4)), given: c.given };
}

/** What the kernel said. */
function refused(p: Process, text: string): number {
  p.err(`${text}\n`);
  return 255;
}
