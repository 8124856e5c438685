import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { RETRANS, TOOLS, type Case, type Outcome } from './case.ts';

/** Why cases cannot be built on this machine; undefined when they can. */
export function whyNot(): string | undefined {
  const tools = ['unshare', 'python3', 'ip', 'bridge', 'ipset', 'iptables-restore', 'iptables-save', 'conntrack', 'ss'];
  const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const script = 'iptables-save >/dev/null && iptables -t nat -A OUTPUT -m addrtype --dst-type LOCAL -m statistic --mode nth --every 2 --packet 0 -j RETURN && ipset create probe hash:ip && ip link add probe0 type vxlan id 1 dstport 8472 && ip link add probe1 type bridge';
  const tried = spawnSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `no network namespaces with netfilter here: ${(tried.stderr || String(tried.error ?? '')).trim().split('\n').at(-1)!}`;
}

/** A process that builds cases in real network namespaces, some at a time. */
export class RealKernel {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (o: Outcome) => void; reject: (e: Error) => void }>();
  #next = 0;

  constructor(parallel = 4) {
    this.#child = spawn('unshare', ['-n', 'python3', `${import.meta.dirname}/real.py`, String(parallel)], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { id, failed, ...outcome } = JSON.parse(line) as Outcome & { id: number; failed?: string };
      const waiting = this.#waiting.get(id)!;
      this.#waiting.delete(id);
      if (failed) waiting.reject(new Error(failed));
      else waiting.resolve(outcome);
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`real.py ended with ${String(code)}`));
    });
  }

  /** `patience`: seconds to wait for an answer. */
  run(c: Case, patience = 0.12): Promise<Outcome> {
    const id = this.#next++;
    const text = (list: string[] | undefined) => list?.map((line) => `${line}\n`).join('');
    const namespaces = c.namespaces.map((ns) => ({ ...ns, sets: text(ns.sets), rules: text(ns.rules) }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin!.write(`${JSON.stringify({ id, patience, retrans: RETRANS, tools: TOOLS, ...c, namespaces })}\n`);
    });
  }

  close(): void {
    this.#child.stdin!.end();
  }
}
