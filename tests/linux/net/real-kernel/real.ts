import { spawn, spawnSync } from 'node:child_process';
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

/** Processes that build cases in real network namespaces, one case each at a time. */
export class RealKernel {
  readonly #idle: Worker[];
  readonly #all: Worker[];
  readonly #queue: ((worker: Worker) => void)[] = [];

  constructor(parallel = 4) {
    this.#all = Array.from({ length: parallel }, () => new Worker());
    this.#idle = [...this.#all];
  }

  /** `patience`: seconds to wait for an answer. */
  async run(c: Case, patience = 0.06): Promise<Outcome> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#queue.push(resolve)));
    const text = (list: string[] | undefined) => list?.map((line) => `${line}\n`).join('');
    const namespaces = c.namespaces.map((ns) => ({ ...ns, sets: text(ns.sets), rules: text(ns.rules) }));
    try {
      return await worker.ask(JSON.stringify({ patience, retrans: RETRANS, tools: TOOLS, ...c, namespaces }));
    } finally {
      const next = this.#queue.shift();
      if (next) next(worker);
      else this.#idle.push(worker);
    }
  }

  close(): void {
    for (const worker of this.#all) worker.close();
  }
}

class Worker {
  readonly #child = spawn('unshare', ['-n', 'python3', `${import.meta.dirname}/real.py`], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #lines = createInterface({ input: this.#child.stdout });

  ask(line: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`real.py ended with ${String(code)}`));
      this.#child.once('exit', ended);
      this.#lines.once('line', (answer) => {
        this.#child.off('exit', ended);
        const { failed, ...outcome } = JSON.parse(answer) as Outcome & { failed?: string };
        if (failed) reject(new Error(failed));
        else resolve(outcome);
      });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }
}
