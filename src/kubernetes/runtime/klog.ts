import type { Process } from '../../linux/process.ts';

/** A line of klog: I1121 08:05:22.123456       1 server.go:846] "Version info" version="v1.28.15" */
export function klog(process: Process, severity: Severity, where: string, text: string): void {
  void process.err(klogLine(process, severity, where, text));
}

export type Severity = 'I' | 'W' | 'E' | 'F';

export function klogLine(process: Process, severity: Severity, where: string, text: string): string {
  const iso = new Date(Math.floor(process.now / 1000)).toISOString();
  const micros = String(process.now % 1_000_000).padStart(6, '0');
  return `${severity}${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${micros} ${String(process.nspid).padStart(7)} ${where}] ${text}\n`;
}

/** --name=value, --name value: of a process, or of a component that shares one with others. */
export function flag(process: { readonly args: readonly string[] }, name: string): string | undefined {
  const { args } = process;
  for (let i = 0; i < args.length; i++) {
    if (args[i]!.startsWith(`--${name}=`)) return args[i]!.slice(name.length + 3);
    if (args[i] === `--${name}`) return args[i + 1] ?? '';
  }
  return undefined;
}
