/** IPv6 addresses: texts (RFC 4291, RFC 5952 as inet_ntop has it), bits, prefixes. See `Ip` for how one is kept. */
import { formatIpv4, parseIpv4, type Ip, type Mac } from './addresses.ts';

const FIRST = 2 ** 32;
/** Those that were seen, by their place: texts and words. */
const texts: string[] = [], words: (readonly number[])[] = [];
const places = new Map<string, Ip>();

export function isIpv6(ip: Ip): boolean {
  return ip >= FIRST;
}

/** The address of eight 16-bit words. */
export function ipv6Of(eight: readonly number[]): Ip {
  const text = format(eight);
  let ip = places.get(text);
  if (ip === undefined) {
    places.set(text, (ip = FIRST + texts.length));
    texts.push(text);
    words.push(eight);
  }
  return ip;
}

/** undefined for anything that is no IPv6 address; a zone (`%eth0`) is none. */
export function parseIpv6(text: string): Ip | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text), v4 = dotted ? parseIpv4(dotted[2]!) : undefined;
  if (dotted && v4 === undefined) return undefined;
  const whole = dotted ? `${dotted[1]!}${(v4! >>> 16).toString(16)}:${(v4! & 0xffff).toString(16)}` : text;
  const halves = whole.split('::');
  if (!whole.includes(':') || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((h) => (h === '' ? [] : h.split(':')));
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return undefined;
  const all = [...head, ...Array<string>(halves.length === 2 ? gap : 0).fill('0'), ...tail];
  return all.every((w) => /^[0-9a-fA-F]{1,4}$/.test(w)) ? ipv6Of(all.map((w) => parseInt(w, 16))) : undefined;
}

/** For addresses that the program itself wrote; throws on anything that is not one. */
export function ipv6(text: string): Ip {
  const ip = parseIpv6(text);
  if (ip === undefined) throw new Error(`not an IPv6 address: ${text}`);
  return ip;
}

/** `fd00::/8`, an address (128 bits) or `default`; undefined for anything else. */
export function parseCidr6(text: string): { address: Ip; bits: number } | undefined {
  if (text === 'default') return { address: UNSPECIFIED6, bits: 0 };
  const [name = '', size, rest] = text.split('/');
  const address = parseIpv6(name), bits = size === undefined ? 128 : /^\d{1,3}$/.test(size) ? Number(size) : NaN;
  return address === undefined || rest !== undefined || !(bits <= 128) ? undefined : { address, bits };
}

/** The eight words of an address; of an IPv4 one as ::ffff:a.b.c.d, of 0 as ::. */
export function words6(ip: Ip): readonly number[] {
  if (ip === 0) return words[UNSPECIFIED6 - FIRST]!;
  return ip >= FIRST ? words[ip - FIRST]! : [0, 0, 0, 0, 0, 0xffff, ip >>> 16, ip & 0xffff];
}

export function network6(ip: Ip, bits: number): Ip {
  return ipv6Of(words6(ip).map((w, i) => w & maskWord(bits, i)));
}

export function inPrefix6(ip: Ip, address: Ip, bits: number): boolean {
  const a = words6(ip), b = words6(address);
  for (let i = 0; i * 16 < bits; i++) if ((a[i]! ^ b[i]!) & maskWord(bits, i)) return false;
  return true;
}

export function isMulticast6(ip: Ip): boolean {
  return ip >= FIRST && words6(ip)[0]! >= 0xff00;
}

export function isLinkLocal6(ip: Ip): boolean {
  return ip >= FIRST && (words6(ip)[0]! & 0xffc0) === 0xfe80;
}

/** The MAC of a group (RFC 2464, 7). */
export function multicastMac6(ip: Ip): Mac {
  return ['33', '33', ...words6(ip).slice(6).flatMap((w) => [w >> 8, w & 255]).map((b) => b.toString(16).padStart(2, '0'))].join(':');
}

export function text6(ip: Ip): string {
  return texts[ip - FIRST]!;
}

function maskWord(bits: number, i: number): number {
  return (0xffff << Math.min(16, Math.max(0, 16 - (bits - i * 16)))) & 0xffff;
}

/** The longest run of zeros is left out; IPv4 is dotted in ::ffff:0:0/96. */
function format(eight: readonly number[]): string {
  if (eight.slice(0, 5).every((w) => w === 0) && eight[5] === 0xffff) return `::ffff:${formatIpv4(eight[6]! * 65536 + eight[7]!)}`;
  const text = eight.map((w) => w.toString(16)).join(':');
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  return longest ? `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}` : text;
}

export const UNSPECIFIED6 = ipv6('::'), LOOPBACK6 = ipv6('::1');
