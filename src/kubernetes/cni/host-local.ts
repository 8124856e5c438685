import type { FileSystem } from '../../linux/files.ts';
import type { Machine } from '../../linux/machine.ts';

/**
 * The host-local IPAM plugin: a file an address in /var/lib/cni/networks/NETWORK, handed out in turn after the last one given.
 * A scenario may reserve addresses for pods by name.
 */
const RESERVED = new WeakMap<Machine, Map<string, string>>();

/** The pod NAMESPACE/NAME is to get this address, once, when its sandbox is set up. */
export function reserveAddress(machine: Machine, pod: string, ip: string): void {
  let map = RESERVED.get(machine);
  if (!map) RESERVED.set(machine, (map = new Map()));
  map.set(pod, ip);
}

/** Gives an address of `subnet` (the first is the gateway's), or undefined when all are taken. */
export function allocate(machine: Machine, network: string, subnet: string, containerId: string, pod: string): string | undefined {
  const { fs } = machine;
  const dir = `/var/lib/cni/networks/${network}`;
  if (!fs.exists(dir)) {
    fs.mkdir(dir, { parents: true });
    fs.writeFile(`${dir}/lock`, '');
  }
  const used = fs.directory(dir);
  const reserved = RESERVED.get(machine);
  const wanted = reserved?.get(pod);
  const keep = new Set(reserved?.values());
  reserved?.delete(pod);
  const [base, bits] = range(subnet);
  const size = 2 ** (32 - bits);
  const lastFile = used.get('last_reserved_ip.0');
  const last = lastFile?.kind === 'file' ? number(String(lastFile.content)) - base : 1;
  let ip = wanted && !used.get(wanted) ? wanted : undefined;
  for (let i = 1; ip === undefined && i < size; i++) {
    const offset = ((last - 1 + i) % (size - 2)) + 1;
    const candidate = text(base + offset);
    if (offset > 1 && !used.get(candidate) && !keep.has(candidate)) ip = candidate;
  }
  if (ip === undefined) return undefined;
  fs.writeFile(`${dir}/${ip}`, `${containerId}\r\neth0`);
  fs.writeFile(`${dir}/last_reserved_ip.0`, ip);
  return ip;
}

export function release(fs: FileSystem, network: string, ip: string): void {
  const path = `/var/lib/cni/networks/${network}/${ip}`;
  if (fs.exists(path)) fs.remove(path);
}

/** Network address and prefix length of a CIDR. */
export function range(cidr: string): [number, number] {
  const [ip, bits] = cidr.split('/') as [string, string];
  const size = 2 ** (32 - Number(bits));
  return [Math.floor(number(ip) / size) * size, Number(bits)];
}

export function number(ip: string): number {
  return ip.split('.').reduce((n, part) => n * 256 + Number(part), 0);
}

export function text(ip: number): string {
  return [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.');
}
