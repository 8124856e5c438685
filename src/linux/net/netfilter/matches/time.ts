import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';

/** When a packet comes (libxt_time.c, xt_time.c). The machines of these worlds keep UTC: --kerneltz changes nothing. */
interface Time {
  /** Seconds since 1970. */
  from: number;
  until: number;
  /** Seconds of the day. */
  start: number;
  stop: number;
  /** Bits 1 (Monday) to 7 of a week, 1 to 31 of a month. */
  week: number;
  month: number;
  contiguous: boolean;
  kernelZone: boolean;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const ALL_WEEK = 0xfe, ALL_MONTH = 0xfffffffe, DAY = 86_400, LAST = 0x7fffffff;
const has = (days: number, day: number) => ((days >>> day) & 1) === 1;
const listed = (days: number, last: number) => Array.from({ length: last }, (_, i) => i + 1).filter((day) => has(days, day));
const two = (n: number) => String(n).padStart(2, '0');
const clock = (seconds: number) => [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((n) => two(Math.floor(n))).join(':');
const date = (seconds: number, between: string) => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', between);

function timeOfDay(text: string): number {
  const [, h, m, s = '0'] = /^(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (h === undefined || Number(h) > 23 || Number(m) > 59 || Number(s) > 59) throw bad(`invalid time "${text}" specified, should be hh:mm[:ss] format and within the boundaries`);
  return Number(h) * 3600 + Number(m) * 60 + Number(s);
}

function moment(text: string): number {
  const [, year, month = '1', day = '1', h = '0', m = '0', s = '0'] = /^(\d{4})(?:-(\d+)(?:-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+))?)?)?)?)?$/.exec(text) ?? [];
  if (year === undefined) throw bad(`Invalid date "${text}" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`);
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(h), Number(m), Number(s)) / 1000;
}

function days(text: string, last: number, number: (word: string) => number): number {
  return text.split(',').map(number).reduce((mask, day) => (mask | (1 << day)) >>> 0, 0) & (last === 7 ? ALL_WEEK : ALL_MONTH);
}

const weekday = (word: string): number => {
  const day = /^\d+$/.test(word) ? Number(word) : DAYS.findIndex((name) => name.slice(0, 2).toLowerCase() === word.slice(0, 2).toLowerCase() && word.length >= 2) + 1;
  if (day < 1 || day > 7) throw bad(`${word} is not a valid day specifier`);
  return day;
};
const monthday = (word: string): number => {
  const day = Number(word);
  if (!(day >= 1 && day <= 31)) throw bad(`${word} is not a valid day for --monthdays`);
  return day;
};

export const time: MatchExtension<Time> = {
  name: 'time',
  init: () => ({ from: 0, until: LAST, start: 0, stop: DAY - 1, week: ALL_WEEK, month: ALL_MONTH, contiguous: false, kernelZone: false }),
  options: {
    datestart: { parse: (d, v) => void (d.from = moment(v)) },
    datestop: { parse: (d, v) => void (d.until = moment(v)) },
    timestart: { parse: (d, v) => void (d.start = timeOfDay(v)) },
    timestop: { parse: (d, v) => void (d.stop = timeOfDay(v)) },
    weekdays: { invertible: true, parse: (d, v, not) => void (d.week = days(v, 7, weekday) ^ (not ? ALL_WEEK : 0)) },
    monthdays: { invertible: true, parse: (d, v, not) => void (d.month = (days(v, 31, monthday) ^ (not ? ALL_MONTH : 0)) >>> 0) },
    contiguous: { args: 0, parse: (d) => void (d.contiguous = true) },
    kerneltz: { args: 0, parse: (d) => void (d.kernelZone = true) },
    utc: { args: 0, parse: () => undefined },
  },
  check: (d) => {
    if (d.contiguous && d.start < d.stop) throw bad('time: --contiguous only makes sense when stoptime is smaller than starttime');
  },
  print: (d) => {
    const ordinal = (n: number) => `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
    const dates = `${d.from ? ` starting from ${date(d.from, ' ')}` : ''}${d.until === LAST ? '' : ` until date ${date(d.until, ' ')}`}`;
    return ` TIME${d.start === 0 && d.stop === DAY - 1 ? '' : ` from ${clock(d.start)} to ${clock(d.stop)}`}${d.week === ALL_WEEK ? '' : ` on ${listed(d.week, 7).map((n) => DAYS[n - 1]).join(',')}`}${d.month === ALL_MONTH ? '' : ` on ${listed(d.month, 31).map(ordinal).join(',')}`}${dates}${d.kernelZone ? '' : ' UTC'}${d.contiguous ? ' contiguous' : ''}`;
  },
  save: (d) => `${d.start === 0 && d.stop === DAY - 1 ? '' : ` --timestart ${clock(d.start)} --timestop ${clock(d.stop)}`}${d.month === ALL_MONTH ? '' : ` --monthdays ${listed(d.month, 31).join(',')}`}${d.week === ALL_WEEK ? '' : ` --weekdays ${listed(d.week, 7).map((n) => DAYS[n - 1]).join(',')}`}${d.from ? ` --datestart ${date(d.from, 'T')}` : ''} --datestop ${date(d.until, 'T')}${d.kernelZone ? ' --kerneltz' : ''}${d.contiguous ? ' --contiguous' : ''}`,
  compile: (d, { host }) => () => {
    const now = Math.floor(host.world.clock.now / 1e6), second = now % DAY;
    if (now < d.from || now > d.until) return false;
    let day = now;
    if (d.start < d.stop) {
      if (second < d.start || second > d.stop) return false;
    } else if (second < d.start && second > d.stop) return false;
    // Over midnight: with --contiguous the hours after it belong to the day before.
    else if (d.contiguous && second <= d.stop) day -= DAY;
    const at = new Date(day * 1000);
    return has(d.week, at.getUTCDay() || 7) && has(d.month, at.getUTCDate());
  },
};
