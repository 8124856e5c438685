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
    let smaller: Case = { ...c, namespaces: c.namespaces.filter((n) => n.name !== name) };
    for (let gone = true; gone; ) {
      gone = false;
      for (const [i, step] of smaller.ip.entries()) {
        const l = step.lines.findIndex((line) => line.startsWith('link add') && (step.ns === name || line.endsWith(`netns ${name}`)));
        if (l < 0) continue;
        smaller = withoutLine(smaller, i, l);
        gone = true;
        break;
      }
    }
    yield { ...smaller, ip: smaller.ip.filter((s) => s.ns !== name) };
  }
  for (const [i, ns] of c.namespaces.entries()) {
    const change = (to: Partial<typeof ns>): Case => ({ ...c, namespaces: c.namespaces.map((n, j) => (j === i ? { ...n, ...to } : n)) });
    if (ns.rules?.length) {
      yield change({ rules: [] });
      for (const [r, line] of ns.rules.entries()) if (line.startsWith('-A')) yield change({ rules: without(ns.rules, r) });
    }
    if (ns.sets?.length) yield change({ sets: [] });
    for (const key of Object.keys(ns.sysctls)) if (!key.startsWith('net.bridge.')) yield change({ sysctls: Object.fromEntries(Object.entries(ns.sysctls).filter(([k]) => k !== key)) });
    for (let s = 0; s < ns.servers.length; s++) yield change({ servers: without(ns.servers, s) });
  }
  for (const [i, step] of c.ip.entries()) for (let l = 0; l < step.lines.length; l++) if (!/^link set \S+ up$/.test(step.lines[l]!)) yield withoutLine(c, i, l);
  for (const [i, p] of c.probes.entries()) if (p.size > 0) yield { ...c, probes: c.probes.map((o, j) => (j === i ? { ...p, size: 0 } : o)) };
}

/** A device that goes takes along what is done to it: ip(8) ends at once where it names one that is not there. */
function withoutLine(c: Case, i: number, l: number): Case {
  const { ns, lines } = c.ip[i]!;
  const [, near, far, other] = /^link add (\S+)(?:.* peer name (\S+).* netns (\S+))?/.exec(lines[l]!) ?? [];
  const names = (line: string, dev: string | undefined) => dev !== undefined && line.split(' ').includes(dev);
  const left = c.ip.map((s, j) => ({ ...s, lines: (j === i ? without(s.lines, l) : s.lines).filter((line) => !((s.ns === ns && names(line, near)) || (s.ns === other && names(line, far)))) }));
  return { ...c, ip: left };
}

function without<T>(list: readonly T[], i: number): T[] {
  return list.filter((_, j) => j !== i);
}
