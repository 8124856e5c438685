import { inPrefix6, text6 } from './addresses6.ts';

/** An IPv4 address as an unsigned 32-bit number. */
export type Ipv4 = number;
/**
 * An IP address as a number: an IPv4 one is its 32 bits; an IPv6 one is above them, 2^32 and its place among those that were seen
 * (addresses6.ts). 0 stands for "none" of both families. Equal addresses are equal numbers; greater means nothing in IPv6.
 */
export type Ip = number;
/** The highest number of an IPv4 address. */
export const IPV4_MAX = 0xffffffff;
/** A MAC address in lower case with colons. */
export type Mac = string;

export interface Cidr {
  /** As written: may have bits set below the prefix. */
  address: Ipv4;
  bits: number;
}

export const BROADCAST_MAC: Mac = 'ff:ff:ff:ff:ff:ff';
export const ZERO_MAC: Mac = '00:00:00:00:00:00';

/** Strict dotted quad; undefined for anything else. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part)) return undefined;
    const n = Number(part);
    if (n > 255) return undefined;
    value = value * 256 + n;
  }
  return value;
}

/** For addresses that the program itself wrote; throws on anything that is not one. */
export function ipv4(text: string): Ipv4 {
  const value = parseIpv4(text);
  if (value === undefined) throw new Error(`not an IPv4 address: ${text}`);
  return value;
}

const texts = new Map<Ipv4, string>();

/** The text of an address, of either family. */
export function formatIpv4(ip: Ip): string {
  let text = texts.get(ip);
  if (text === undefined) {
    if (ip > IPV4_MAX) return text6(ip);
    if (texts.size > 50_000) texts.clear();
    texts.set(ip, (text = `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`));
  }
  return text;
}

/** `10.244.1.0/24`, `10.244.1.2` (32 bits) or `default` (0.0.0.0/0); undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  if (text === 'default') return { address: 0, bits: 0 };
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parseIpv4(text);
    return address === undefined ? undefined : { address, bits: 32 };
  }
  const address = parseIpv4(text.slice(0, slash));
  const size = text.slice(slash + 1);
  const bits = /^\d{1,2}$/.test(size) ? Number(size) : NaN;
  return address === undefined || !(bits <= 32) ? undefined : { address, bits };
}

export function cidr(text: string): Cidr {
  const value = parseCidr(text);
  if (!value) throw new Error(`not a prefix: ${text}`);
  return value;
}

export function formatCidr(address: Ipv4, bits: number): string {
  return `${formatIpv4(address)}/${bits}`;
}

/** The netmask of a prefix length. */
export function mask(bits: number): Ipv4 {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

export function network(ip: Ipv4, bits: number): Ipv4 {
  return (ip & mask(bits)) >>> 0;
}

export function inPrefix(ip: Ip, address: Ip, bits: number): boolean {
  if (ip > IPV4_MAX || address > IPV4_MAX) return ip > IPV4_MAX && address > IPV4_MAX && inPrefix6(ip, address, bits);
  return bits === 0 || ((ip ^ address) >>> (32 - bits)) === 0;
}

/** The last address of the prefix. */
export function broadcastOf(ip: Ipv4, bits: number): Ipv4 {
  return (ip | ~mask(bits)) >>> 0;
}

/** Whether a MAC is that of a group: broadcast too. */
export function isGroup(mac: Mac): boolean {
  return (parseInt(mac.slice(1, 2), 16) & 1) === 1;
}

export function isMulticast(ip: Ipv4): boolean {
  return ip >>> 28 === 14;
}

export function isLoopback(ip: Ipv4): boolean {
  return ip >>> 24 === 127;
}

/** The link-local address that the kernel derives from a MAC (EUI-64). */
export function linkLocal(mac: Mac): string {
  const b = mac.split(':').map((h) => parseInt(h, 16));
  const words = [((b[0]! ^ 2) << 8) | b[1]!, (b[2]! << 8) | 0xff, 0xfe00 | b[3]!, (b[4]! << 8) | b[5]!];
  return `fe80::${words.map((w) => w.toString(16)).join(':')}`;
}
