import { mask as maskOf } from '../../addresses.ts';
import type { Entry } from '../../conntrack/entry.ts';
import { tupleOf } from '../../conntrack/entry.ts';
import { TCP_STATES } from '../../conntrack/tcp.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint, parseUint } from '../values.ts';

/** Matches on the DSCP field, and on how many connections or bytes there have been. */

const hex2 = (n: number) => `0x${n.toString(16).padStart(2, '0')}`;

const CLASSES: Record<string, number> = {
  ...Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`CS${n}`, n * 8])), BE: 0, EF: 46, ...Object.fromEntries([1, 2, 3, 4].flatMap((c) => [1, 2, 3].map((p) => [`AF${c}${p}`, c * 8 + p * 2]))),
};
export function dscpClass(text: string): number {
  const value = CLASSES[text.toUpperCase()];
  if (value === undefined) throw bad(`Invalid DSCP value \`${text}'`);
  return value;
}

export const dscp: MatchExtension<{ value: number | undefined; not: boolean }> = {
  name: 'dscp',
  init: () => ({ value: undefined, not: false }),
  options: {
    dscp: { invertible: true, parse: (d, v, not) => void Object.assign(d, { value: parseOptionUint(v, 'dscp', 'dscp', 0, 63), not }) },
    'dscp-class': { invertible: true, parse: (d, v, not) => void Object.assign(d, { value: dscpClass(v), not }) },
  },
  check: (d) => {
    if (d.value === undefined) throw bad('DSCP match: Parameter --dscp is required');
  },
  print: (d) => ` DSCP match ${d.not ? '!' : ''}${hex2(d.value!)}`,
  save: (d) => `${d.not ? ' !' : ''} --dscp ${hex2(d.value!)}`,
  compile: ({ value, not }) => (c) => (c.packet.tos >> 2 === value) !== not,
};

interface Connlimit {
  limit?: number;
  above: boolean;
  mask: number;
  side: 'saddr' | 'daddr';
}

export const connlimit: MatchExtension<Connlimit> = {
  name: 'connlimit',
  init: () => ({ above: true, mask: 32, side: 'saddr' }),
  options: {
    'connlimit-upto': { invertible: true, parse: (d, v, not) => void Object.assign(d, { limit: parseOptionUint(v, 'connlimit-upto', 'connlimit'), above: not }) },
    'connlimit-above': { invertible: true, parse: (d, v, not) => void Object.assign(d, { limit: parseOptionUint(v, 'connlimit-above', 'connlimit'), above: !not }) },
    'connlimit-mask': { parse: (d, v) => void (d.mask = parseOptionUint(v, 'connlimit-mask', 'connlimit', 0, 32)) },
    'connlimit-saddr': { args: 0, parse: (d) => void (d.side = 'saddr') },
    'connlimit-daddr': { args: 0, parse: (d) => void (d.side = 'daddr') },
  },
  check: (d) => {
    if (d.limit === undefined) throw bad('You must specify "--connlimit-above" or "--connlimit-upto".');
  },
  print: (d) => ` #conn ${d.side === 'saddr' ? 'src' : 'dst'}/${d.mask} ${d.above ? '>' : '<='} ${d.limit}`,
  save: (d) => ` --connlimit-${d.above ? 'above' : 'upto'} ${d.limit} --connlimit-mask ${d.mask} --connlimit-${d.side}`,
  compile: (d, netfilter) => ({ packet }) => {
    const mask = maskOf(d.mask), own = (packet.ct?.entry as Entry | undefined)?.orig ?? tupleOf(packet);
    const of = (t: { src: number; dst: number }) => ((d.side === 'saddr' ? t.src : t.dst) & mask) >>> 0;
    const others = netfilter.conntrack.list().filter((e) => e.orig.proto === own.proto && of(e.orig) === of(own) && !(e.orig.src === own.src && e.orig.sport === own.sport && e.orig.dst === own.dst && e.orig.dport === own.dport) && !over(e));
    return others.length + 1 > d.limit! === d.above;
  },
};

/** A connection that is closed counts no more (already_closed of nf_conncount.c). */
function over({ tcp }: Entry): boolean {
  return tcp !== undefined && (tcp.state === TCP_STATES.indexOf('TIME_WAIT') || tcp.state === TCP_STATES.indexOf('CLOSE'));
}

export const quota: MatchExtension<{ quota: number; not: boolean }> = {
  name: 'quota',
  init: () => ({ quota: 0, not: false }),
  options: {
    quota: {
      required: true, invertible: true,
      parse: (d, v, not) => {
        if (!/^\d+$/.test(v)) throw bad(`quota: Bad value for "--quota" option: "${v}"`);
        Object.assign(d, { quota: Number(v), not });
      },
    },
  },
  print: (d) => `${d.not ? ' !' : ''} quota: ${d.quota} bytes`,
  save: (d) => `${d.not ? ' !' : ''} --quota ${d.quota}`,
  compile: ({ quota: most, not }) => {
    let left = most;
    return ({ packet }) => {
      const fits = left >= packet.length;
      left = fits ? left - packet.length : 0;
      return fits !== not;
    };
  },
};

/** The largest segment that a SYN announces (libxt_tcpmss.c). */
export const tcpmss: MatchExtension<{ range: [number, number]; not: boolean }> = {
  name: 'tcpmss', protocols: [6],
  init: () => ({ range: [0, 0], not: false }),
  options: {
    mss: {
      required: true, invertible: true,
      parse: (d, v, not) => {
        const [low = '', high] = v.split(':');
        const one = (text: string, empty: number) => {
          const n = text === '' ? empty : parseUint(text, 0, 65535);
          if (n === undefined) throw bad(`tcpmss: bad value for option "--mss" near "${text}", or out of range (0-65535).\n`);
          return n;
        };
        d.range = [one(low, 0), one(high ?? low, high === undefined ? 0 : 65535)];
        d.not = not;
        if (d.range[0] > d.range[1]) throw bad('tcpmss: invalid range given');
      },
    },
  },
  print: (d) => ` tcpmss match ${d.not ? '!' : ''}${d.range[0] === d.range[1] ? d.range[0] : d.range.join(':')}`,
  save: (d) => `${d.not ? ' !' : ''} --mss ${d.range[0] === d.range[1] ? d.range[0] : d.range.join(':')}`,
  // A segment without the option does not match, inverted or not.
  compile: ({ range, not }) => ({ packet: { tcp } }) => tcp?.mss !== undefined && (tcp.mss >= range[0] && tcp.mss <= range[1]) !== not,
};
