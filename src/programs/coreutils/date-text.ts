/** What date(1)'s -d understands, as far as it is typed; microseconds. */
export function parseDate(text: string, now: number): number | undefined {
  const t = text.trim();
  if (t === 'now' || t === '') return now;
  if (t === 'today') return now;
  if (t === 'yesterday') return now - 86400e6;
  if (t === 'tomorrow') return now + 86400e6;
  if (/^@-?\d+(\.\d+)?$/.test(t)) return Math.round(Number(t.slice(1)) * 1e6);
  const relative = [...t.matchAll(/([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?(\s+ago)?/g)];
  if (relative.length > 0 && t.replace(/([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?(\s+ago)?/g, '').trim() === '') {
    const units: Record<string, number> = { second: 1, sec: 1, minute: 60, min: 60, hour: 3600, day: 86400, week: 604800 };
    return relative.reduce((at, m) => at + Number(m[1]) * units[m[2]!]! * (m[3] ? -1 : 1) * 1e6, now);
  }
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(Z|UTC|[-+]\d\d:?\d\d)?$/.exec(t);
  if (!iso) return undefined;
  const zone = /^([-+])(\d\d):?(\d\d)$/.exec(iso[8] ?? '');
  const shift = zone ? (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000 : 0;
  return (Date.UTC(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), Number(iso[4] ?? 0), Number(iso[5] ?? 0), Number(iso[6] ?? 0)) - shift) * 1000 + Number((iso[7] ?? '0').padEnd(6, '0').slice(0, 6));
}
