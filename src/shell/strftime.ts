const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** strftime(3) in UTC and the C locale; `at` in microseconds. Also date(1)'s %N, %:z and the flags - _ 0 ^. */
export function strftime(format: string, at: number): string {
  const d = new Date(Math.floor(at / 1000));
  const n = (value: number, width = 2, fill = '0') => ({ value, width, fill });
  const hour12 = d.getUTCHours() % 12 || 12;
  const yearDay = Math.floor((Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()) - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  return format.replace(/%([-_0^#]?)(\d*)(:{0,2}[a-zA-Z%+])/g, (all, flag: string, width: string, c: string) => {
    const found = field(c);
    if (found === undefined) return all;
    if (typeof found === 'string') {
      const text = flag === '^' ? found.toUpperCase() : found;
      return width ? text.padStart(Number(width)) : text;
    }
    if (flag === '-') return String(found.value);
    return String(found.value).padStart(width ? Number(width) : found.width, flag === '_' ? ' ' : flag === '0' ? '0' : found.fill);
  });

  function field(c: string): string | { value: number; width: number; fill: string } | undefined {
    switch (c) {
      case '%': return '%';
      case 'n': return '\n';
      case 't': return '\t';
      case 'Y': return n(d.getUTCFullYear(), 4);
      case 'C': return n(Math.floor(d.getUTCFullYear() / 100));
      case 'y': return n(d.getUTCFullYear() % 100);
      case 'm': return n(d.getUTCMonth() + 1);
      case 'd': return n(d.getUTCDate());
      case 'e': return n(d.getUTCDate(), 2, ' ');
      case 'H': return n(d.getUTCHours());
      case 'k': return n(d.getUTCHours(), 2, ' ');
      case 'I': return n(hour12);
      case 'l': return n(hour12, 2, ' ');
      case 'M': return n(d.getUTCMinutes());
      case 'S': return n(d.getUTCSeconds());
      case 'N': return n((at % 1e6) * 1000, 9);
      case 'j': return n(yearDay, 3);
      case 'u': return n(d.getUTCDay() || 7, 1);
      case 'w': return n(d.getUTCDay(), 1);
      case 'U': return n(Math.floor((yearDay + 6 - d.getUTCDay()) / 7));
      case 'W': return n(Math.floor((yearDay + 6 - ((d.getUTCDay() + 6) % 7)) / 7));
      case 'V': return n(isoWeek(d)[1]);
      case 'G': return n(isoWeek(d)[0], 4);
      case 's': return String(Math.floor(at / 1e6));
      case 'a': return DAYS[d.getUTCDay()]!.slice(0, 3);
      case 'A': return DAYS[d.getUTCDay()]!;
      case 'b':
      case 'h': return MONTHS[d.getUTCMonth()]!.slice(0, 3);
      case 'B': return MONTHS[d.getUTCMonth()]!;
      case 'p': return d.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'P': return d.getUTCHours() < 12 ? 'am' : 'pm';
      case 'Z': return 'UTC';
      case 'z': return '+0000';
      case ':z': return '+00:00';
      case '::z': return '+00:00:00';
      case 'F': return strftime('%Y-%m-%d', at);
      case 'T':
      case 'X': return strftime('%H:%M:%S', at);
      case 'D':
      case 'x': return strftime('%m/%d/%y', at);
      case 'R': return strftime('%H:%M', at);
      case 'r': return strftime('%I:%M:%S %p', at);
      case 'c': return strftime('%a %b %e %H:%M:%S %Y', at);
      case '+': return strftime('%a %b %e %H:%M:%S %Z %Y', at);
      default: return undefined;
    }
  }
}

function isoWeek(d: Date): [year: number, week: number] {
  const thursday = new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate() + 4 - (d.getUTCDay() || 7)));
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return [thursday.getUTCFullYear(), Math.ceil(((thursday.getTime() - start) / 86_400_000 + 1) / 7)];
}
