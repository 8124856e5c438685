import { formatCidr, formatIpv4, mask as maskOf, parseIpv4, type Ipv4 } from '../addresses.ts';
import { network6, parseIpv6 } from '../addresses6.ts';
import { bad } from './errors.ts';
import { serviceName, servicePort } from './services.ts';

/** strtoul with base 0, within bounds; undefined when it is not that. */
export function parseUint(text: string, min: number, max: number): number | undefined {
  const value = /^0[xX][0-9a-fA-F]+$/.test(text) ? parseInt(text, 16) : /^0[0-7]*$/.test(text) ? parseInt(text, 8) : /^[1-9]\d*$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

/** A port by number or name of the service. */
export function parsePort(text: string, proto?: string): number {
  const port = parseUint(text, 0, 65535) ?? servicePort(text, proto);
  if (port === undefined) throw bad(`invalid port/service \`${text}' specified`);
  return port;
}

export type PortRange = [low: number, high: number];

/** `80`, `80:90`, `:90`, `80:` */
export function parsePorts(text: string, proto?: string): PortRange {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const port = parsePort(text, proto);
    return [port, port];
  }
  const low = text.slice(0, colon) ? parsePort(text.slice(0, colon), proto) : 0;
  const high = text.slice(colon + 1) ? parsePort(text.slice(colon + 1), proto) : 65535;
  if (low > high) throw bad('invalid portrange (min > max)');
  return [low, high];
}

export function portText(port: number, numeric: boolean, proto?: string): string {
  return numeric ? String(port) : (serviceName(port, proto) ?? String(port));
}

export interface Mark {
  value: number;
  mask: number;
}

/** value[/mask] */
export function parseMark(text: string, option: string, ext: string): Mark {
  const [v, m, rest] = text.split('/');
  const value = parseUint(v!, 0, 0xffffffff);
  const mask = m === undefined ? 0xffffffff : parseUint(m, 0, 0xffffffff);
  if (value === undefined || mask === undefined || rest !== undefined) throw bad(`${ext}: bad integer value for option "--${option}", or out of range.\n`);
  return { value, mask };
}

/** A number for an x6 option. */
export function parseOptionUint(text: string, option: string, ext: string, min = 0, max = 0xffffffff): number {
  const value = parseUint(text, min, max);
  if (value === undefined) {
    const range = max === 0xffffffff && min === 0 ? '0-4294967295' : `${min}-${max}`;
    throw bad(`${ext}: bad value for option "--${option}", or out of range (${range}).\n`);
  }
  return value;
}

export function hex(n: number): string {
  return `0x${(n >>> 0).toString(16)}`;
}

export function markText({ value, mask }: Mark): string {
  return mask >>> 0 === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

/** As xtables_save_string: quoted unless it is a plain word. */
export function quote(text: string): string {
  return /^[-_0-9A-Za-z]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;
}

export interface Network {
  address: Ipv4;
  mask: Ipv4;
}

/** Prefix length of a mask, or undefined for one with holes. */
export function prefixOf(mask: Ipv4): number | undefined {
  const bits = Math.clz32(~mask);
  return maskOf(bits) === mask >>> 0 ? bits : undefined;
}

/** `10.0.0.0/8` as -S prints it. */
export function saveNetwork({ address, mask }: Network): string {
  return `${formatIpv4(address)}/${prefixOf(mask) ?? formatIpv4(mask)}`;
}

/** `10.0.0.0/8`, `10.0.0.1` as -L -n prints it. */
export function listNetwork({ address, mask }: Network): string {
  return mask >>> 0 === 0xffffffff ? formatIpv4(address) : saveNetwork({ address, mask });
}

/** Names that /etc/hosts or the DNS would give; set by who has them. */
export type Resolver = (name: string) => Ipv4[];

/** address[/mask]: `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `control-plane`. */
export function parseNetwork(text: string, resolve: Resolver = () => []): Network[] {
  const slash = text.indexOf('/');
  const name = slash < 0 ? text : text.slice(0, slash);
  let mask = 0xffffffff;
  if (slash >= 0) {
    const size = text.slice(slash + 1);
    const dotted = parseIpv4(size);
    const bits = parseUint(size, 0, 32);
    if (dotted === undefined && bits === undefined) throw bad(`invalid mask \`${size}' specified`);
    mask = dotted ?? maskOf(bits!);
  }
  const plain = parseIpv4(padded(name));
  const found = plain === undefined || name === '' ? resolve(name) : [plain];
  if (found.length === 0) throw bad(`host/network \`${name}' not found`);
  const out = new Map<Ipv4, Network>();
  for (const address of found) out.set((address & mask) >>> 0, { address: (address & mask) >>> 0, mask });
  return [...out.values()];
}

/** `10/8` and `10.1/16` are short for what ends in zeros. */
function padded(text: string): string {
  return /^\d+(\.\d+){0,2}$/.test(text) ? text + '.0'.repeat(4 - text.split('.').length) : text;
}

/** tos = (tos & ~mask) ^ value */
export interface Tos {
  value: number;
  mask: number;
}

/** Names of linux/ip.h that --tos and --set-tos take. */
const TOS_NAMES: Record<string, number> = { 'minimize-delay': 0x10, 'maximize-throughput': 0x08, 'maximize-reliability': 0x04, 'minimize-cost': 0x02, 'normal-service': 0 };

/** A value with or without a mask, or a name (which has the mask 0x3f). */
export function parseTos(text: string, option: string, ext: string): Tos {
  const named = TOS_NAMES[text.toLowerCase()];
  if (named !== undefined) return { value: named, mask: 0x3f };
  const [value, mask] = text.split('/');
  return { value: parseOptionUint(value!, option, ext, 0, 255), mask: mask === undefined ? 0xff : parseOptionUint(mask, option, ext, 0, 255) };
}

/** The name that -L without -n shows; only of one that was given with the mask of a name. */
export function tosName({ value, mask }: Tos): string | undefined {
  const name = mask === 0x3f ? Object.entries(TOS_NAMES).find(([, n]) => n === value)?.[0] : undefined;
  return name?.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

export function tosText({ value, mask }: Tos): string {
  const byte = (n: number) => `0x${n.toString(16).padStart(2, '0')}`;
  return `${byte(value)}/${byte(mask)}`;
}

/** `fd00::1/8` as the kernel keeps it: `fd00::/8`. Throws a parameter problem. */
export function parseNetwork6(text: string): string {
  const [name = '', size, rest] = text.split('/');
  const address = parseIpv6(name);
  if (address === undefined || rest !== undefined) throw bad(`host/network \`${name}' not found`);
  const bits = size === undefined ? 128 : parseUint(size, 0, 128);
  if (bits === undefined) throw bad(`invalid mask \`${size}' specified`);
  return formatCidr(network6(address, bits), bits);
}
