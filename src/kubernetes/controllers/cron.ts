import { type Micros, MINUTE } from '../../sim/clock.ts';

/** A cron schedule as robfig/cron's standard parser reads it. */
export interface Schedule {
  /** The first time after `after` that matches; undefined when none comes within five years. */
  next(after: Micros): Micros | undefined;
}

const DESCRIPTORS: Record<string, string> = { '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@hourly': '0 * * * *' };
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'], DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Throws on what is no schedule. `timeZone` is a name of the IANA database; default UTC. */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const every = /^@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (every) {
    const period = (Number(every[1] ?? 0) * 3600 + Number(every[2] ?? 0) * 60 + Number(every[3] ?? 0)) * 1_000_000;
    return { next: (after) => Math.floor(after / 1_000_000) * 1_000_000 + period };
  }
  const fields = (DESCRIPTORS[text] ?? text).trim().split(/\s+/);
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, days, months, weekdays] = [field(fields[0]!, 0, 59), field(fields[1]!, 0, 23), field(fields[2]!, 1, 31), field(fields[3]!, 1, 12, MONTHS, 1), field(fields[4]!, 0, 7, DAYS)] as const;
  if (weekdays.has(7)) weekdays.add(0);
  const anyDay = /^[*?]/.test(fields[2]!), anyWeekday = /^[*?]/.test(fields[4]!);
  const dayMatches = (t: Local) => (anyDay || anyWeekday ? days.has(t.day) && weekdays.has(t.weekday) : days.has(t.day) || weekdays.has(t.weekday));
  const local = localTime(timeZone);
  return {
    next(after) {
      let t = Math.floor(after / MINUTE) * MINUTE + MINUTE;
      for (const end = after + 5 * 366 * 1440 * MINUTE; t < end;) {
        const l = local(t);
        if (!months.has(l.month) || !dayMatches(l)) t += (1440 - l.hour * 60 - l.minute) * MINUTE;
        else if (!hours.has(l.hour)) t += (60 - l.minute) * MINUTE;
        else if (!minutes.has(l.minute)) t += MINUTE;
        else return t;
      }
      return undefined;
    },
  };
}

function field(text: string, min: number, max: number, names: string[] = [], offset = 0): Set<number> {
  const out = new Set<number>();
  const number = (s: string) => {
    const named = names.indexOf(s.toLowerCase());
    return named >= 0 ? named + offset : Number(s);
  };
  for (const part of text.split(',')) {
    const [range, step] = part.split('/') as [string, string?];
    const [low, high] = range.split('-') as [string, string?];
    const all = low === '*' || low === '?';
    const from = all ? min : number(low), to = all ? max : high !== undefined ? number(high) : step !== undefined ? max : from;
    if (![from, to].every(Number.isInteger) || from < min || to > max || from > to) throw new Error(`failed to parse ${text}`);
    for (let n = from; n <= to; n += Number(step ?? 1)) out.add(n);
  }
  if (names === DAYS && /^[*?]/.test(text)) out.delete(7);
  return out;
}

interface Local {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
}

function localTime(timeZone: string | undefined): (t: Micros) => Local {
  if (!timeZone) {
    return (t) => {
      const d = new Date(t / 1000);
      return { minute: d.getUTCMinutes(), hour: d.getUTCHours(), day: d.getUTCDate(), month: d.getUTCMonth() + 1, weekday: d.getUTCDay() };
    };
  }
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', minute: 'numeric', hour: 'numeric', day: 'numeric', month: 'numeric', weekday: 'short' });
  return (t) => {
    const parts = Object.fromEntries(format.formatToParts(new Date(t / 1000)).map((p) => [p.type, p.value]));
    return { minute: Number(parts['minute']), hour: Number(parts['hour']), day: Number(parts['day']), month: Number(parts['month']), weekday: DAYS.indexOf(parts['weekday']!.toLowerCase()) };
  };
}
