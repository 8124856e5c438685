import { SECOND } from '../../../src/sim/clock.ts';
import { Machine } from '../../../src/linux/machine.ts';
import { Pipe, Sink } from '../../../src/linux/streams.ts';
import { World } from '../../../src/linux/world.ts';
import type { Program } from '../../../src/linux/process.ts';
import { main as iptables } from '../../../src/programs/iptables/index.ts';
import { words } from '../../../src/linux/net/netfilter/restore.ts';

export interface Ran {
  stdout: string;
  stderr: string;
  code: number;
}

/** A machine with nothing but the programs that are tested. */
export class Bench {
  readonly world = new World({ seed: 'bench', start: Date.parse('2026-11-21T08:19:55Z') * 1000, programs: new Map() });
  readonly machine: Machine;
  readonly programs: Record<string, Program>;
  constructor(programs: Record<string, Program> = {}) {
    this.machine = new Machine(this.world, 'linux');
    this.world.machines.set('linux', this.machine);
    this.machine.fs.mkdir('/etc', { parents: true });
    this.machine.fs.mkdir('/tmp', { parents: true });
    this.machine.fs.writeFile('/etc/resolv.conf', 'nameserver 203.0.113.53\n'); // no route leads there: questions for names pass no rule
    this.machine.fs.writeFile('/etc/hosts', '127.0.0.1 localhost\n172.18.0.2 control-plane\n172.18.0.3 worker-1\n172.18.0.4 worker-2\n');
    this.programs = programs;
  }

  /** Runs a simple command line (quotes are understood, nothing else). */
  async run(line: string, { stdin = '', uid = 0 }: { stdin?: string; uid?: number } = {}): Promise<Ran> {
    const argv = words(line);
    const program = this.programs[argv[0]!] ?? iptables;
    const ran: Ran = { stdout: '', stderr: '', code: 0 };
    const input = new Pipe();
    const process = this.machine.daemon({ argv, exe: `/usr/sbin/${argv[0]}`, uid, stdin: input, stdout: new Sink((t) => void (ran.stdout += t)), stderr: new Sink((t) => void (ran.stderr += t)) });
    input.retain('write');
    input.push(stdin);
    input.release('write');
    this.machine.run(process, program);
    await this.world.until(() => process.status !== undefined, 600 * SECOND); // a listing with names asks a name server, and there is none
    ran.code = process.status?.code ?? -1;
    for (const { error } of this.world.defects) throw error;
    return ran;
  }
}
