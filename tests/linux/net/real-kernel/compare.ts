import { TOOLS, type Outcome, type ProbeOutcome } from './case.ts';

/** Where the simulator and the kernel differ: what was looked at, what each says. */
export interface Difference {
  about: string;
  simulated: string;
  real: string;
}

/** `verdicts`: results and addresses the endpoints saw; `hops`: packets seen in each namespace; `tools`: the tools' output. */
export type Depth = 'verdicts' | 'hops' | 'tools';

export function differences(simulated: Outcome, real: Outcome, depth: Depth): Difference[] {
  const out: Difference[] = [];
  const same = (about: string, a: string, b: string) => {
    if (a !== b) out.push({ about, simulated: a, real: b });
  };
  simulated.probes.forEach((probe, i) => same(`probe ${i}: result`, ...sameChoice(verdict(probe), verdict(real.probes[i]!))));
  if (depth === 'verdicts') return out;
  simulated.probes.forEach((probe, i) => {
    for (const ns of Object.keys(probe.seen)) same(`probe ${i}: packets in ${ns}`, packets(probe, ns), packets(real.probes[i]!, ns));
  });
  if (depth === 'hops') return out;
  same('errors', simulated.errors.join('\n'), real.errors.join('\n'));
  for (const ns of Object.keys(simulated.state)) for (const tool of TOOLS) same(`${ns}: ${tool}`, plain(tool, simulated.state[ns]![tool]!), plain(tool, real.state[ns]![tool]!));
  return out;
}

export function report(found: Difference[]): string {
  return found.map(({ about, simulated, real }) => `${about}\n${lineDiff(simulated, real)}`).join('\n');
}

function verdict({ seen: _, ...rest }: ProbeOutcome): string {
  return JSON.stringify(Object.fromEntries(Object.entries(rest).sort()));
}

/** Where NAT finds a port taken it takes one at random of the same class (nf_nat_l4proto_unique_tuple): two of a class are alike. */
function sameChoice(ours: string, theirs: string): [string, string] {
  const PEER = /("peer":"[\da-f.:]+:)(\d+)/;
  const [a, b] = [ours, theirs].map((text) => Number(PEER.exec(text)?.[2] ?? 0));
  const probes = (port: number) => port >= 20001 && port < 21000;
  const portClass = (port: number) => (port < 512 ? 0 : port < 1024 ? 1 : 2);
  if (!a || !b || a === b || probes(a) || probes(b) || portClass(a) !== portClass(b)) return [ours, theirs];
  return [ours.replace(PEER, '$1R'), theirs.replace(PEER, '$1R')];
}

/**
 * In which order the links of one namespace are told is up to timing; for whom a frame at a port of a bridge is, up to the MACs (the bridge
 * has the lowest of its ports). A capture shares the memory of later fragments with whoever sends them on: their header is that of the next hop or not.
 */
function packets(probe: ProbeOutcome, ns: string): string {
  return probe.seen[ns]!.map((line) => line.replace(/^(\S+) other /, '$1 in ').replace(/\S+ > \S+ (proto \d+ frag [1-9]\d*\+?) ttl \d+/, '$1')).sort().join('\n');
}

/** Without what is random or a matter of time: MACs, ids, timeouts, processes, moments. */
function plain(tool: string, text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
  const changed = (change: (line: string) => string) => lines.map(change);
  switch (tool) {
    case 'ip -4 addr':
      // Whether a bridge that is up has been told so yet (linkwatch, once a second).
      return changed((l) => l.replace(/^(\d+: (?:cni0|br0): .*LOWER_UP.*state )UNKNOWN/, '$1UP').replace(/ link-netns(id)? \S+/, '').replace(/@if\d+/, '@if').replace(/ qlen \d+/, '')).join('\n');
    case 'ip -4 neigh':
      return changed((l) => l.replace(/lladdr \S+/, 'lladdr MAC').replace(/ (REACHABLE|STALE|DELAY|PROBE)$/, ' VALID').replace(/ (INCOMPLETE|FAILED)$/, ' INVALID')).sort().join('\n');
    case 'iptables-save -c':
      return lines.filter((l) => !l.startsWith('#')).join('\n');
    case 'conntrack -L':
      return changed((l) => l.replace(/^(\S+\s+\d+) \d+ /, '$1 T ').replace(/ id=\d+/g, ' id=N').replace(/port=\d+( dport=8472)/g, 'port=N$1').replace(/(sport=8472 dport=)\d+/g, '$1N')).sort().join('\n');
    case 'ss -Htuna':
      return changed((l) => l.replace(/\s+/g, ' ')).sort().join('\n');
    default:
      return lines.join('\n');
  }
}

/** Lines that only one of them has. */
function lineDiff(a: string, b: string): string {
  const [ours, theirs] = [a.split('\n'), b.split('\n')];
  const without = (list: string[], other: string[]) => {
    const left = [...other];
    return list.filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  return [...without(ours, theirs).map((l) => `  simulated  ${l}`), ...without(theirs, ours).map((l) => `  real       ${l}`)].join('\n') || '  (only the order)';
}
