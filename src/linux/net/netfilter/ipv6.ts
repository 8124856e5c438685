import { bad } from './errors.ts';
import type { MatchExtension, TargetExtension } from './extension.ts';
import { DROP } from './extension.ts';
import { parseUint } from './values.ts';

/**
 * What ip6tables has of its own: addresses, icmp6, REJECT. Rules are kept and listed; no IPv6 packet walks in this world, so
 * nothing ever asks them.
 */

/** `fd00::1/8` as the kernel keeps it: `fd00::/8`. Throws a parameter problem. */
export function parseNetwork6(text: string): string {
  const [name = '', size, rest] = text.split('/');
  const words = parseAddress6(name);
  if (!words || rest !== undefined) throw bad(`host/network \`${name}' not found`);
  const bits = size === undefined ? 128 : parseUint(size, 0, 128);
  if (bits === undefined) throw bad(`invalid mask \`${size}' specified`);
  const masked = words.map((w, i) => w & (0xffff << Math.min(16, Math.max(0, 16 - (bits - i * 16)))) & 0xffff);
  return `${formatAddress6(masked)}/${bits}`;
}

function parseAddress6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((h) => (h === '' ? [] : h.split(':')));
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return undefined;
  const words = [...head, ...Array<string>(halves.length === 2 ? gap : 0).fill('0'), ...tail];
  return words.every((w) => /^[0-9a-fA-F]{1,4}$/.test(w)) ? words.map((w) => parseInt(w, 16)) : undefined;
}

function formatAddress6(words: number[]): string {
  const text = words.map((w) => w.toString(16)).join(':');
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  return longest ? `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}` : text;
}

const TYPES: [name: string, type: number][] = [
  ['destination-unreachable', 1], ['packet-too-big', 2], ['time-exceeded', 3], ['ttl-exceeded', 3], ['parameter-problem', 4], ['echo-request', 128], ['ping', 128],
  ['echo-reply', 129], ['pong', 129], ['router-solicitation', 133], ['router-advertisement', 134], ['neighbour-solicitation', 135], ['neighbor-solicitation', 135],
  ['neighbour-advertisement', 136], ['neighbor-advertisement', 136], ['redirect', 137],
];

export const icmp6: MatchExtension<{ type: number; code: number | undefined; not: boolean }> = {
  name: 'icmp6', protocols: [58],
  init: () => ({ type: 0, code: undefined, not: false }),
  options: {
    'icmpv6-type': {
      required: true, invertible: true,
      parse: (d, v, not) => {
        const [type, code] = v.split('/');
        const n = TYPES.find(([name]) => name === v)?.[1] ?? parseUint(type!, 0, 255);
        if (n === undefined) throw bad(`Unknown ICMPv6 type \`${v}'`);
        Object.assign(d, { type: n, code: code === undefined ? undefined : parseUint(code, 0, 255), not });
      },
    },
  },
  print: (d, numeric) => {
    const name = numeric || d.code !== undefined ? undefined : TYPES.find(([, type]) => type === d.type)?.[0];
    return name ? ` ipv6-icmp ${d.not ? '!' : ''}${name}` : ` ipv6-icmp${d.not ? ' !' : ''}type ${d.type}${d.code === undefined ? '' : ` code ${d.code}`}`;
  },
  save: (d) => `${d.not ? ' !' : ''} --icmpv6-type ${d.type}${d.code === undefined ? '' : `/${d.code}`}`,
  compile: () => () => false,
};

const REJECTS: [name: string, alias: string][] = [
  ['icmp6-no-route', 'no-route'], ['icmp6-adm-prohibited', 'adm-prohibited'], ['icmp6-addr-unreachable', 'addr-unreach'], ['icmp6-port-unreachable', 'port-unreach'],
  ['tcp-reset', 'tcp-reset'], ['icmp6-policy-fail', 'policy-fail'], ['icmp6-reject-route', 'reject-route'],
];

export const REJECT6: TargetExtension<{ type: string }> = {
  name: 'REJECT', tables: ['filter'], hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  init: () => ({ type: 'icmp6-port-unreachable' }),
  options: {
    'reject-with': {
      parse: (d, v) => {
        const found = REJECTS.find(([name, alias]) => name.startsWith(v.toLowerCase()) || alias.startsWith(v.toLowerCase()));
        if (!found) throw bad(`unknown reject type "${v}"`);
        d.type = found[0];
      },
    },
  },
  valid: (d, { proto, protoInverted }) => d.type !== 'tcp-reset' || (proto === 6 && !protoInverted),
  print: (d) => ` reject-with ${d.type}`,
  save: (d) => ` --reject-with ${d.type}`,
  compile: () => () => DROP,
};
