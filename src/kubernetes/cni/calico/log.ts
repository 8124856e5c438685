import type { Process } from '../../../linux/process.ts';

/** A line of Calico's log: 2026-11-21 08:05:22.123 [INFO][9] startup/startup.go 430: … */
export function info(process: Process, file: string, line: number, text: string, severity: 'INFO' | 'WARNING' | 'ERROR' = 'INFO'): void {
  void process.out(`${new Date(Math.floor(process.now / 1000)).toISOString().slice(0, 23).replace('T', ' ')} [${severity}][${process.nspid}] ${file} ${line}: ${text}\n`);
}
