/** A cron expression's five fields as sets of numbers (robfig/cron's standard parser), or its error's text. */
export interface Schedule {
  minute: Set<number>;
  hour: Set<number>;
  dayOfMonth: Set<number>;
  month: Set<number>;
  dayOfWeek: Set<number>;
  /** Whether the field was `*` or `?`: if both days are restricted, either may match. */
  anyDayOfMonth: boolean;
  anyDayOfWeek: boolean;
}

const DESCRIPTORS: Record<string, string> = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@hourly': '0 * * * *',
};
const MONTHS = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export function parseSchedule(text: string): Schedule | string {
  let spec = text.trim().replace(/^(?:CRON_)?TZ=\S+ +/, '');
  if (spec.startsWith('@')) {
    const known = DESCRIPTORS[spec];
    if (known === undefined) return `unrecognized descriptor: ${text}`;
    spec = known;
  }
  const fields = spec.split(/\s+/);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${spec === '' ? 0 : fields.length}: [${fields.join(' ')}]`;
  const ranges: [number, number, string[]][] = [[0, 59, []], [0, 23, []], [1, 31, []], [1, 12, MONTHS], [0, 6, DAYS]];
  const sets: Set<number>[] = [];
  for (let i = 0; i < 5; i++) {
    const set = parseField(fields[i]!, ...ranges[i]!);
    if (typeof set === 'string') return set;
    sets.push(set);
  }
  return {
    minute: sets[0]!, hour: sets[1]!, dayOfMonth: sets[2]!, month: sets[3]!, dayOfWeek: sets[4]!,
    anyDayOfMonth: /^[*?]/.test(fields[2]!), anyDayOfWeek: /^[*?]/.test(fields[4]!),
  };
}

function parseField(field: string, min: number, max: number, names: string[]): Set<number> | string {
  const out = new Set<number>();
  for (const expression of field.split(',')) {
    const [range = '', step, ...more] = expression.split('/');
    if (more.length > 0) return `too many slashes: ${expression}`;
    const [low = '', high, ...rest] = range.split('-');
    if (rest.length > 0) return `too many hyphens: ${expression}`;
    let from: number, to: number;
    if (low === '*' || low === '?') [from, to] = [min, max];
    else {
      const start = parseNumber(low, names), end = high === undefined ? start : parseNumber(high, names);
      if (typeof start === 'string') return start;
      if (typeof end === 'string') return end;
      from = start;
      to = high === undefined && step !== undefined ? max : end;
    }
    const by = step === undefined ? 1 : parseNumber(step, []);
    if (typeof by === 'string') return by;
    if (from < min) return `beginning of range (${from}) below minimum (${min}): ${expression}`;
    if (to > max) return `end of range (${to}) above maximum (${max}): ${expression}`;
    if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${expression}`;
    if (by === 0) return `step of range should be a positive number: ${expression}`;
    for (let n = from; n <= to; n += by) out.add(n);
  }
  return out;
}

function parseNumber(text: string, names: string[]): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (text !== '' && named >= 0) return named;
  if (/^-\d+$/.test(text)) return `negative number (${text}) not allowed: ${text}`;
  return /^\d+$/.test(text) ? Number(text) : `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
