import { formatIpv4, IPV4_MAX, parseIpv4, type Ip } from '../../addresses.ts';
import { ipv6Of, parseIpv6, words6 } from '../../addresses6.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint, parseUint } from '../values.ts';

/** Matches that remember: statistic, limit, recent. */

interface Statistic {
  mode?: 'random' | 'nth';
  probability?: number;
  every?: number;
  packet?: number;
  not: boolean;
}
const SCALE = 0x80000000;

export const statistic: MatchExtension<Statistic> = {
  name: 'statistic',
  init: () => ({ not: false }),
  options: {
    mode: {
      required: true,
      parse: (d, v) => {
        if (v !== 'random' && v !== 'nth') throw bad(`Bad mode "${v}"`);
        d.mode = v;
      },
    },
    probability: {
      invertible: true,
      parse: (d, v, not) => {
        const p = /^[\d.eE+-]+$/.test(v) ? Number(v) : NaN;
        if (!(p >= 0 && p <= 1)) throw bad('statistic: bad value for option "--probability", or out of range (0-1).\n');
        d.probability = Math.round(p * SCALE);
        d.not = not;
      },
    },
    every: {
      invertible: true,
      parse: (d, v, not) => {
        d.every = parseOptionUint(v, 'every', 'statistic', 1);
        d.not = not;
      },
    },
    packet: { parse: (d, v) => void (d.packet = parseOptionUint(v, 'packet', 'statistic')) },
  },
  check: (d) => {
    if (d.mode === 'random' && d.probability === undefined) throw bad('--probability must be specified when using random mode');
    if (d.mode === 'nth' && d.every === undefined) throw bad('--every and --packet must be specified when using nth mode');
    if (d.every !== undefined && d.packet === undefined) throw bad('statistic: option "--every" also requires "--packet".\n');
    if (d.mode === 'nth' && (d.packet ?? 0) >= d.every!) throw bad(`the --packet p must be 0 <= p <= n-1`);
  },
  print: (d) => ` statistic${statisticText(d, '')}`,
  save: (d) => statisticText(d, '--'),
  compile: (d, netfilter) => {
    if (d.mode === 'random') {
      const chance = d.probability! / SCALE;
      return (c) => netfilter.chooser(chance, c) !== d.not;
    }
    // xt_statistic: the counter begins so that packet number --packet is the first at which it comes round to zero.
    const last = d.every! - 1;
    let count = last - (d.packet ?? 0);
    return () => {
      count = count === last ? 0 : count + 1;
      return (count === 0) !== d.not;
    };
  },
};

function statisticText(d: Statistic, prefix: string): string {
  const not = d.not ? ' !' : '';
  if (d.mode === 'random') return ` ${prefix}mode random${not} ${prefix}probability ${(d.probability! / SCALE).toFixed(11)}`;
  return ` ${prefix}mode nth${not} ${prefix}every ${d.every}${d.packet || prefix ? ` ${prefix}packet ${d.packet ?? 0}` : ''}`;
}

interface Limit {
  /** Ten-thousandths of a second between packets. */
  interval: number;
  burst: number;
}
const RATES: [name: string, seconds: number][] = [['day', 86400], ['hour', 3600], ['min', 60], ['sec', 1]];

export const limit: MatchExtension<Limit> = {
  name: 'limit',
  init: () => ({ interval: (3600 * 10000) / 3, burst: 5 }),
  options: {
    limit: { parse: (d, v) => void (d.interval = parseRate(v)) },
    'limit-burst': { parse: (d, v) => void (d.burst = parseOptionUint(v, 'limit-burst', 'limit', 0, 10000)) },
  },
  print: (d) => ` limit: avg ${rateText(d.interval)} burst ${d.burst}`,
  save: (d) => ` --limit ${rateText(d.interval)}${d.burst === 5 ? '' : ` --limit-burst ${d.burst}`}`,
  compile: ({ interval, burst }, netfilter) => {
    const cost = interval * 100, full = cost * burst;
    let credit = full, last = netfilter.host.world.clock.now;
    return () => {
      const now = netfilter.host.world.clock.now;
      credit = Math.min(full, credit + (now - last));
      last = now;
      if (credit < cost) return false;
      credit -= cost;
      return true;
    };
  },
};

export function parseRate(text: string): number {
  const [count, unit] = text.split('/');
  const names: [string, number][] = [['second', 1], ['minute', 60], ['hour', 3600], ['day', 86400]];
  const seconds = unit === undefined ? 1 : unit === '' ? undefined : names.find(([n]) => n.startsWith(unit.toLowerCase()))?.[1];
  const n = parseInt(count!, 10);
  if (!seconds || !n) throw bad(`bad rate "${text}"'`);
  const interval = Math.floor((10000 * seconds) / n);
  if (interval === 0) throw bad(`Rate too fast "${text}"`);
  return interval;
}

export function rateText(interval: number): string {
  let i = 1;
  for (; i < RATES.length; i++) {
    const mult = RATES[i]![1] * 10000;
    if (interval > mult || mult / interval < mult % interval) break;
  }
  const [name, seconds] = RATES[i - 1]!;
  return `${Math.floor((seconds * 10000) / interval)}/${name}`;
}

interface Recent {
  action?: 'set' | 'rcheck' | 'update' | 'remove';
  not: boolean;
  seconds?: number;
  reap?: boolean;
  hitcount?: number;
  rttl?: boolean;
  name: string;
  side: 'source' | 'dest';
  mask: number;
}

export const recent: MatchExtension<Recent> = {
  name: 'recent',
  init: () => ({ not: false, name: 'DEFAULT', side: 'source', mask: 0xffffffff }),
  options: {
    ...Object.fromEntries(
      (['set', 'rcheck', 'update', 'remove'] as const).map((action) => [
        action,
        {
          args: 0 as const, invertible: true,
          parse: (d: Recent, _v: string, not: boolean) => {
            if (d.action) throw bad(`recent: option "--${d.action}" cannot be used together with "--${action}".\n`);
            Object.assign(d, { action, not });
          },
        },
      ]),
    ),
    seconds: { parse: (d, v) => void (d.seconds = parseOptionUint(v, 'seconds', 'recent', 1)) },
    reap: { args: 0, parse: (d) => void (d.reap = true) },
    hitcount: { parse: (d, v) => void (d.hitcount = parseOptionUint(v, 'hitcount', 'recent', 1)) },
    rttl: { args: 0, parse: (d) => void (d.rttl = true) },
    name: { parse: (d, v) => void (d.name = v) },
    rsource: { args: 0, parse: (d) => void (d.side = 'source') },
    rdest: { args: 0, parse: (d) => void (d.side = 'dest') },
    mask: {
      parse: (d, v, _not, s) => {
        const mask = s.family === 6 ? parseIpv6(v) : (parseIpv4(v) ?? parseUint(v, 0, 32));
        if (mask === undefined) throw bad(`recent: Bad mask "${v}"`);
        d.mask = mask;
      },
    },
  },
  check: (d, { family }) => {
    if (family === 6 && d.mask <= IPV4_MAX) d.mask = ipv6Of(Array<number>(8).fill(0xffff));
    if (!d.action) throw bad('recent: you must specify one of `--set\', `--rcheck\' `--update\' or `--remove\'');
  },
  print: (d) => ` ${d.not ? '! ' : ''}recent: ${{ set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' }[d.action!]}${conditions(d, ' ', 'TTL-Match')} name: ${d.name} side: ${d.side} mask: ${formatIpv4(d.mask)}`,
  save: (d) => `${d.not ? ' !' : ''} --${d.action}${d.seconds ? ` --seconds ${d.seconds}` : ''}${d.reap ? ' --reap' : ''}${d.hitcount ? ` --hitcount ${d.hitcount}` : ''}${d.rttl ? ' --rttl' : ''} --name ${d.name} --mask ${formatIpv4(d.mask)} --r${d.side}`,
  compile: (d, netfilter) => {
    const table = netfilter.recent(d.name);
    return ({ packet: p }) => {
      const ip = d.side === 'source' ? p.src : p.dst, key = d.mask > IPV4_MAX ? masked(ip, d.mask) : (ip & d.mask) >>> 0, now = netfilter.host.world.clock.now;
      const seen = table.get(key);
      if (d.action === 'set') {
        table.set(key, { ttl: p.ttl, times: [...(seen?.times ?? []).slice(-19), now] });
        return !d.not;
      }
      if (!seen || (d.rttl && seen.ttl !== p.ttl)) return d.not;
      if (d.action === 'remove') {
        table.delete(key);
        return !d.not;
      }
      const since = d.seconds ? now - d.seconds * 1_000_000 : -Infinity;
      const hits = seen.times.filter((t) => t >= since).length;
      const hit = hits >= (d.hitcount ?? 1);
      if (d.reap) seen.times = seen.times.filter((t) => t >= since);
      if (hit && d.action === 'update') seen.times = [...seen.times.slice(-19), now];
      return hit !== d.not;
    };
  },
};

function masked(ip: Ip, mask: Ip): Ip {
  const bits = words6(mask);
  return ipv6Of(words6(ip).map((w, i) => w & bits[i]!));
}

function conditions(d: Recent, space: string, ttl: string): string {
  return `${d.seconds ? `${space}seconds: ${d.seconds}` : ''}${d.reap ? `${space}reap` : ''}${d.hitcount ? `${space}hit_count: ${d.hitcount}` : ''}${d.rttl ? `${space}${ttl}` : ''}`;
}
