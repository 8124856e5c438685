import { mask as maskOf } from '../../addresses.ts';
import type { Packet } from '../../packet.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint } from '../values.ts';
import { parseRate, rateText } from './stateful.ts';

const MODES = ['dstip', 'srcip', 'dstport', 'srcport'] as const;

interface Hashlimit {
  interval?: number;
  above: boolean;
  burst: number;
  modes: readonly (typeof MODES)[number][];
  name: string;
  srcMask: number;
  dstMask: number;
  size?: number;
  max?: number;
  /** Milliseconds. */
  expire: number;
  gc: number;
}

const EXPIRE = 10_000, GC = 1_000;

const rate = (above: boolean, option: string) => ({
  parse: (d: Hashlimit, v: string) => {
    let interval: number;
    try {
      interval = parseRate(v);
    } catch {
      throw bad(`hashlimit: Bad value for "--${option}" option: "${v}"`);
    }
    Object.assign(d, { interval, above });
  },
});

/** Credits as -m limit has them, one account for each address or port that the modes tell apart. Rates in bytes are not modelled. */
export const hashlimit: MatchExtension<Hashlimit> = {
  name: 'hashlimit',
  init: () => ({ above: false, burst: 5, modes: [], name: '', srcMask: 32, dstMask: 32, expire: EXPIRE, gc: GC }),
  options: {
    hashlimit: rate(false, 'hashlimit'), 'hashlimit-upto': rate(false, 'hashlimit-upto'), 'hashlimit-above': rate(true, 'hashlimit-above'),
    'hashlimit-burst': { parse: (d, v) => void (d.burst = parseOptionUint(v, 'hashlimit-burst', 'hashlimit', 1, 10000)) },
    'hashlimit-mode': {
      parse: (d, v) => {
        const modes = v.split(',');
        if (modes.some((m) => !(MODES as readonly string[]).includes(m))) throw bad(`hashlimit: Bad value for "--hashlimit-mode" option: "${v}"`);
        d.modes = (['dstip', 'srcip', 'dstport', 'srcport'] as const).filter((m) => modes.includes(m)).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
      },
    },
    'hashlimit-name': { required: true, parse: (d, v) => void (d.name = v) },
    'hashlimit-srcmask': { parse: (d, v) => void (d.srcMask = parseOptionUint(v, 'hashlimit-srcmask', 'hashlimit', 0, 32)) },
    'hashlimit-dstmask': { parse: (d, v) => void (d.dstMask = parseOptionUint(v, 'hashlimit-dstmask', 'hashlimit', 0, 32)) },
    'hashlimit-htable-size': { parse: (d, v) => void (d.size = parseOptionUint(v, 'hashlimit-htable-size', 'hashlimit')) },
    'hashlimit-htable-max': { parse: (d, v) => void (d.max = parseOptionUint(v, 'hashlimit-htable-max', 'hashlimit')) },
    'hashlimit-htable-expire': { parse: (d, v) => void (d.expire = parseOptionUint(v, 'hashlimit-htable-expire', 'hashlimit')) },
    'hashlimit-htable-gcinterval': { parse: (d, v) => void (d.gc = parseOptionUint(v, 'hashlimit-htable-gcinterval', 'hashlimit')) },
  },
  check: (d) => {
    if (d.interval === undefined) throw bad('You have to specify --hashlimit');
  },
  print: (d) => ` limit: ${d.above ? 'above' : 'up to'} ${rateText(d.interval!)} burst ${d.burst}${d.modes.length > 0 ? ` mode ${d.modes.join('-')}` : ''}${table(d, (o) => ` ${o.replace('hashlimit-', '')}`)}`,
  save: (d) => ` --hashlimit-${d.above ? 'above' : 'upto'} ${rateText(d.interval!)} --hashlimit-burst ${d.burst}${d.modes.length > 0 ? ` --hashlimit-mode ${d.modes.join(',')}` : ''} --hashlimit-name ${d.name}${table(d, (o) => ` --${o}`)}`,
  compile: (d, netfilter) => {
    const cost = d.interval! * 100, full = cost * d.burst;
    const accounts = netfilter.hashlimit(d.name);
    return ({ packet }) => {
      const now = netfilter.host.world.clock.now, key = keyOf(d, packet);
      let account = accounts.get(key);
      if (!account || now - account.last > d.expire * 1000) {
        if (!account && d.max !== undefined && accounts.size >= d.max) return false;
        accounts.set(key, (account = { credit: full, last: now }));
      }
      account.credit = Math.min(full, account.credit + (now - account.last));
      account.last = now;
      const within = account.credit >= cost;
      if (within) account.credit -= cost;
      return within !== d.above;
    };
  },
};

/** As the kernel's bits are printed. */
const ORDER = ['srcip', 'srcport', 'dstip', 'dstport'];

function table(d: Hashlimit, option: (name: string) => string): string {
  return [
    ['hashlimit-htable-size', d.size], ['hashlimit-htable-max', d.max], ['hashlimit-htable-gcinterval', d.gc === GC ? undefined : d.gc], ['hashlimit-htable-expire', d.expire === EXPIRE ? undefined : d.expire],
    ['hashlimit-srcmask', d.srcMask === 32 ? undefined : d.srcMask], ['hashlimit-dstmask', d.dstMask === 32 ? undefined : d.dstMask],
  ].map(([name, value]) => (value === undefined ? '' : `${option(name as string)} ${value}`)).join('');
}

function keyOf(d: Hashlimit, p: Packet): string {
  return d.modes.map((m) => (m === 'srcip' ? (p.src & maskOf(d.srcMask)) >>> 0 : m === 'dstip' ? (p.dst & maskOf(d.dstMask)) >>> 0 : m === 'srcport' ? p.sport : p.dport)).join(' ');
}
