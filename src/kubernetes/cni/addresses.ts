/** IPv4 texts as numbers, for whoever deals out subnets. */

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

/** ADDRESS/BITS of the network that holds the address. */
export function networkOf(cidr: string): string {
  const [base, bits] = range(cidr);
  return `${text(base)}/${bits}`;
}
