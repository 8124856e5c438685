import { mask as maskOf } from '../../addresses.ts';
import type { Packet } from '../../packet.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint } from '../values.ts';
import { parseRate, rateText } from './stateful.ts';

const MODES = ['dstip', 'srcip', 'dstport', 'srcport'] as const;

interface Hashlimit {
  /** Ten thousandths of a second for a packet; of a rate in bytes: what 16 bytes cost (bytesToCost). */
  rate?: number;
  bytes?: boolean;
  above: boolean;
  /** Packets; of a rate in bytes: how many times a second's bytes may go at once, besides. */
  burst: number;
  burstSet?: boolean;
  modes: readonly (typeof MODES)[number][];
  name: string;
  srcMask: number;
  dstMask: number;
  size?: number;
  max?: number;
  /** Milliseconds; by default the unit of the rate. */
  expire?: number;
  unit: number;
  gc: number;
}

const GC = 1_000;
const BURST_MAX = 1_000_000;
const BYTE_EXPIRE = 15_000, BYTE_EXPIRE_BURST = 60_000;
const UNITS: Record<string, number> = { sec: 1_000, min: 60_000, hour: 3_600_000, day: 86_400_000 };

const rate = (above: boolean, option: string) => ({
  parse: (d: Hashlimit, v: string) => {
    d.above = above;
    const bytes = bytesOf(v);
    if (bytes !== undefined) {
      const cost = bytesToCost(bytes);
      if (cost === 0) throw bad(`Rate too high "${v}"\n`);
      return void Object.assign(d, { rate: cost, bytes: true });
    }
    try {
      d.rate = parseRate(v);
    } catch {
      throw bad(`hashlimit: Bad value for "--${option}" option: "${v}"`);
    }
    const unit = v.split('/')[1]?.toLowerCase();
    d.unit = unit === undefined ? 1_000 : UNITS[Object.keys(UNITS).find((u) => u[0] === unit[0])!]!;
  },
});

/** Credits as -m limit has them, one account for each address or port that the modes tell apart (net/netfilter/xt_hashlimit.c, extensions/libxt_hashlimit.c). */
export const hashlimit: MatchExtension<Hashlimit> = {
  name: 'hashlimit',
  init: () => ({ above: false, burst: 5, modes: [], name: '', srcMask: 32, dstMask: 32, unit: 1_000, gc: GC }),
  options: {
    hashlimit: rate(false, 'hashlimit'), 'hashlimit-upto': rate(false, 'hashlimit-upto'), 'hashlimit-above': rate(true, 'hashlimit-above'),
    'hashlimit-burst': { parse: (d, v) => void Object.assign(d, { burst: parseBurst(v), burstSet: true }) },
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
    if (d.rate === undefined) throw bad('You have to specify --hashlimit');
    d.expire ??= !d.bytes ? d.unit : d.burstSet ? BYTE_EXPIRE_BURST : BYTE_EXPIRE;
    if (!d.bytes) {
      if (d.burst > BURST_MAX) throw badBurst();
      return;
    }
    const least = costToBytes(d.rate);
    if (d.burstSet && d.burst < least) throw bad(`burst cannot be smaller than ${least}b`);
    // The kernel takes 32 bits of it.
    d.burst = d.burstSet ? Math.floor((d.burst % 2 ** 32) / least) + (d.burst % least ? 1 : 0) : 0;
  },
  print: (d) => ` limit: ${d.above ? 'above' : 'up to'} ${limits(d, 'burst ')}${d.modes.length > 0 ? ` mode ${d.modes.join('-')}` : ''}${table(d, (o) => ` ${o.replace('hashlimit-', '')}`)}`,
  save: (d) => ` --hashlimit-${d.above ? 'above' : 'upto'} ${limits(d, '--hashlimit-burst ')}${d.modes.length > 0 ? ` --hashlimit-mode ${d.modes.join(',')}` : ''} --hashlimit-name ${d.name}${table(d, (o) => ` --${o}`)}`,
  compile: (d, netfilter) => {
    const cost = d.rate! * 100, full = d.bytes ? SECOND_CREDIT : cost * d.burst, chunk = Math.floor((d.rate! * SECOND_CREDIT) / 2 ** 32);
    const accounts = netfilter.hashlimit(d.name);
    return ({ packet }) => {
      const clock = netfilter.host.world.clock, now = d.bytes ? Math.floor(clock.now / TICK) * TICK : clock.now, key = keyOf(d, packet);
      let account = accounts.get(key);
      if (!account || now - account.last > d.expire! * 1000) {
        if (!account && d.max !== undefined && accounts.size >= d.max) return false;
        accounts.set(key, (account = { credit: full, last: now, refills: d.burst }));
      }
      account.credit = Math.min(full, account.credit + (now - account.last) * (d.bytes ? SECOND_CREDIT / 1_000_000 : 1));
      account.last = now;
      const costs = d.bytes ? Math.min(((packet.length >> 4) + 1) * chunk, SECOND_CREDIT) : cost;
      if (d.bytes && account.credit < costs && account.refills > 0) {
        account.refills--;
        account.credit = full;
      }
      const within = account.credit >= costs;
      if (within) account.credit -= costs;
      return within !== d.above;
    };
  },
};

/** What an account of bytes gets a second (CREDITS_PER_JIFFY_BYTES * HZ), by ticks of HZ 250. */
const SECOND_CREDIT = 2 ** 24 * 250, TICK = 4_000;

/** A rate in bytes; undefined when it is none. */
function bytesOf(text: string): number | undefined {
  const at = text.indexOf('b/s'), n = parseInt(text, 10);
  return at > 0 && n ? n * factor(text[at - 1]!) : undefined;
}

function factor(letter: string | undefined): number {
  return letter === 'm' ? 1024 * 1024 : letter === 'k' ? 1024 : 1;
}

function bytesToCost(bytes: number): number {
  return Math.floor(0xffffffff / ((Math.floor(bytes / 16) % 2 ** 32) + 1));
}

function costToBytes(cost: number): number {
  return (Math.floor(0xffffffff / cost) - 1) * 16;
}

const badBurst = () => bad(`bad value for option "--hashlimit-burst", or out of range (1-${BURST_MAX}).`);

function parseBurst(text: string): number {
  const [, digits, rest] = /^(\d+)(.*)$/.exec(text) ?? [], n = Number(digits);
  if (!n || (rest === '' && n > BURST_MAX)) throw badBurst();
  return n * factor(rest![0]);
}

/** Rate and burst as they are printed: bytes in the largest unit that says the same. */
function limits(d: Hashlimit, burst: string): string {
  if (!d.bytes) return `${rateText(d.rate!)} ${burst}${d.burst}`;
  const bytes = costToBytes(d.rate!);
  const unit = (['m', 'k'] as const).find((u) => bytes >= factor(u) && bytesToCost((bytes & ~(factor(u) - 1)) >>> 0) === d.rate) ?? '';
  const all = bytes * d.burst, other = (['m', 'k'] as const).find((u) => all >= factor(u)) ?? '';
  return `${Math.floor(bytes / factor(unit))}${unit}b/s${d.burst === 0 ? '' : ` ${burst}${Math.floor(all / factor(other))}${other}b`}`;
}

/** As the kernel's bits are printed. */
const ORDER = ['srcip', 'srcport', 'dstip', 'dstport'];

function table(d: Hashlimit, option: (name: string) => string): string {
  return [
    ['hashlimit-htable-size', d.size], ['hashlimit-htable-max', d.max], ['hashlimit-htable-gcinterval', d.gc === GC ? undefined : d.gc], ['hashlimit-htable-expire', d.expire === quantum(d) ? undefined : d.expire],
    ['hashlimit-srcmask', d.srcMask === 32 ? undefined : d.srcMask], ['hashlimit-dstmask', d.dstMask === 32 ? undefined : d.dstMask],
  ].map(([name, value]) => (value === undefined ? '' : `${option(name as string)} ${value}`)).join('');
}

function keyOf(d: Hashlimit, p: Packet): string {
  return d.modes.map((m) => (m === 'srcip' ? (p.src & maskOf(d.srcMask)) >>> 0 : m === 'dstip' ? (p.dst & maskOf(d.dstMask)) >>> 0 : m === 'srcport' ? p.sport : p.dport)).join(' ');
}

/** The time that an account is kept by default for what is printed. */
function quantum(d: Hashlimit): number {
  return !d.bytes ? UNITS[rateText(d.rate!).split('/')[1]!]! : d.burst > 0 ? BYTE_EXPIRE_BURST : BYTE_EXPIRE;
}
