import type { FileSystem } from '../../../linux/files.ts';
import type { Machine } from '../../../linux/machine.ts';
import { number, range, text } from '../addresses.ts';
import { type CniCall, CniError, type CniPlugin, type IpamConfig } from '../types.ts';

/**
 * The host-local IPAM plugin: a file an address in DATADIR/NETWORK (plugins/ipam/host-local), handed out in turn after the last
 * one given. A scenario may reserve addresses for pods by name.
 */
const RESERVED = new WeakMap<Machine, Map<string, string>>();

/** The pod NAMESPACE/NAME is to get this address, once, when its sandbox is set up. */
export function reserveAddress(machine: Machine, pod: string, ip: string): void {
  let map = RESERVED.get(machine);
  if (!map) RESERVED.set(machine, (map = new Map()));
  map.set(pod, ip);
}

interface Range {
  subnet: string;
  rangeStart?: string;
  rangeEnd?: string;
  gateway?: string;
}

export const hostLocal: CniPlugin = (call) => {
  const { config, fs } = call, ipam = config.ipam ?? {};
  const dir = `${String(ipam['dataDir'] ?? '/var/lib/cni/networks')}/${config.name}`;
  if (call.command === 'DEL') {
    release(fs, dir, call.containerId, call.ifName);
    return undefined;
  }
  if (call.command === 'CHECK') {
    if (!owned(fs, dir, call.containerId, call.ifName)) throw new CniError(`host-local: Failed to find address added by container ${call.containerId}`);
    return undefined;
  }
  const sets = rangeSets(ipam);
  const ips = sets.map((set, i) => {
    const { ip, from } = allocate(call, dir, set, i);
    const [base, bits] = range(from.subnet);
    return { address: `${ip}/${bits}`, gateway: from.gateway ?? text(base + 1) };
  });
  return { cniVersion: config.cniVersion ?? '', ips, routes: (ipam['routes'] as { dst: string; gw?: string }[] | undefined) ?? [], dns: {} };
};

function rangeSets(ipam: IpamConfig): Range[][] {
  const own = ipam['subnet'] === undefined ? [] : [[ipam as unknown as Range]];
  const sets = [...own, ...((ipam['ranges'] as Range[][] | undefined) ?? [])];
  if (sets.length === 0) throw new CniError('no IP ranges specified');
  for (const { subnet } of sets.flat()) if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(subnet)) throw new CniError(`invalid CIDR address: ${subnet}`, 999);
  return sets;
}

/** The next free address of the set after the last one given. Throws CniError when all are taken. */
function allocate({ fs, machine, args, containerId, ifName }: CniCall, dir: string, set: readonly Range[], index: number): { ip: string; from: Range } {
  if (!fs.exists(dir)) {
    fs.mkdir(dir, { parents: true });
    fs.writeFile(`${dir}/lock`, '');
  }
  const used = fs.directory(dir);
  const reserved = RESERVED.get(machine), pod = `${args['K8S_POD_NAMESPACE']}/${args['K8S_POD_NAME']}`;
  const asked = args['IP'] ?? reserved?.get(pod);
  const keep = new Set(reserved?.values());
  reserved?.delete(pod);
  const lastFile = used.get(`last_reserved_ip.${index}`);
  const last = lastFile?.kind === 'file' ? number(String(lastFile.content)) : undefined;
  const give = (ip: string, from: Range) => {
    fs.writeFile(`${dir}/${ip}`, `${containerId}\r\n${ifName}`);
    fs.writeFile(`${dir}/last_reserved_ip.${index}`, ip);
    return { ip, from };
  };
  const ends = set.map((r) => bounds(r));
  const at = set.findIndex((_, i) => last !== undefined && last >= ends[i]![0] && last <= ends[i]![1]);
  if (asked !== undefined && !used.get(asked)) {
    const from = set.find((_, i) => number(asked) >= ends[i]![0] && number(asked) <= ends[i]![1]);
    if (from) return give(asked, from);
  }
  if (args['IP'] !== undefined) throw new CniError(`failed to allocate all requested IPs: ${args['IP']}`);
  for (let turn = 0; turn <= set.length; turn++) {
    const i = (Math.max(at, 0) + turn) % set.length, from = set[i]!, [first, end] = ends[i]!;
    const gateway = from.gateway ?? text(range(from.subnet)[0] + 1);
    const begin = turn === 0 && at >= 0 ? last! + 1 : first;
    for (let ip = begin; ip <= end; ip++) {
      const candidate = text(ip);
      if (candidate !== gateway && !used.get(candidate) && !keep.has(candidate)) return give(candidate, from);
    }
  }
  throw new CniError(`failed to allocate for range ${index}: no IP addresses available in range set: ${ends.map(([a, b]) => `${text(a)}-${text(b)}`).join(',')}`);
}

function bounds(r: Range): [number, number] {
  const [base, bits] = range(r.subnet);
  return [r.rangeStart ? number(r.rangeStart) : base + 1, r.rangeEnd ? number(r.rangeEnd) : base + 2 ** (32 - bits) - 2];
}

function owned(fs: FileSystem, dir: string, containerId: string, ifName: string): string | undefined {
  const found = fs.find(dir);
  if (found?.kind !== 'dir') return undefined;
  const mine = `${containerId}\r\n${ifName}`;
  return found.names().find((n) => {
    const file = found.get(n);
    return file?.kind === 'file' && file.content === mine;
  });
}

/** Gives back what the container holds: found by what the files say. */
function release(fs: FileSystem, dir: string, containerId: string, ifName: string): void {
  const name = owned(fs, dir, containerId, ifName);
  if (name !== undefined) fs.remove(`${dir}/${name}`);
}
