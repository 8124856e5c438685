import type { Case } from './case.ts';

/** The smallest case found that still fails, dropping one thing after another. */
export async function minimise(c: Case, fails: (c: Case) => Promise<boolean>): Promise<Case> {
  let smallest = c;
  for (let changed = true; changed; ) {
    changed = false;
    for (const smaller of smallerThan(smallest)) {
      if (!(await fails(smaller))) continue;
      smallest = smaller;
      changed = true;
      break;
    }
  }
  return smallest;
}

/** Each with one thing less; the largest things first. */
function* smallerThan(c: Case): Generator<Case> {
  for (let i = c.probes.length - 1; i >= 0; i--) if (c.probes.length > 1) yield { ...c, probes: without(c.probes, i) };
  for (const { name } of c.namespaces) {
    if (c.namespaces.length === 1 || c.probes.some((p) => p.from === name)) continue;
    const ip = c.ip.filter((s) => s.ns !== name).map((s) => ({ ...s, lines: s.lines.filter((l) => !l.endsWith(`netns ${name}`)) }));
    yield { ...c, namespaces: c.namespaces.filter((n) => n.name !== name), ip };
  }
  for (const [i, ns] of c.namespaces.entries()) {
    const change = (to: Partial<typeof ns>): Case => ({ ...c, namespaces: c.namespaces.map((n, j) => (j === i ? { ...n, ...to } : n)) });
    if (ns.rules?.length) {
      yield change({ rules: [] });
      for (const [r, line] of ns.rules.entries()) if (line.startsWith('-A')) yield change({ rules: without(ns.rules, r) });
    }
    if (ns.sets?.length) yield change({ sets: [] });
    for (const key of Object.keys(ns.sysctls)) yield change({ sysctls: Object.fromEntries(Object.entries(ns.sysctls).filter(([k]) => k !== key)) });
    for (let s = 0; s < ns.servers.length; s++) yield change({ servers: without(ns.servers, s) });
  }
  for (const [i, step] of c.ip.entries()) for (let l = 0; l < step.lines.length; l++) if (!/^link set \S+ up$/.test(step.lines[l]!)) yield { ...c, ip: c.ip.map((s, j) => (j === i ? { ...s, lines: without(s.lines, l) } : s)) };
  for (const [i, p] of c.probes.entries()) if (p.size > 0) yield { ...c, probes: c.probes.map((o, j) => (j === i ? { ...p, size: 0 } : o)) };
}

function without<T>(list: readonly T[], i: number): T[] {
  return list.filter((_, j) => j !== i);
}
