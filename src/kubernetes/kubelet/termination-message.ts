import type { Container } from '../runtime/containers.ts';

/** What a container that has ended leaves behind: its terminationMessagePath, or the end of its log; at most 4096 bytes (kuberuntime_manager's getTerminationMessage). */
export function terminationMessage(container: Container, { terminationMessagePath = '/dev/termination-log', terminationMessagePolicy }: { terminationMessagePath?: string; terminationMessagePolicy?: string }): string {
  const inode = container.fs.find(terminationMessagePath);
  const written = inode?.kind === 'file' ? container.fs.readFile(terminationMessagePath).slice(0, 4096) : '';
  if (written !== '') return written;
  if (terminationMessagePolicy !== 'FallbackToLogsOnError' || container.exitCode === 0) return container.message;
  return container.log.entries.slice(-80).map((e) => e.text).join('').slice(-2048) || container.message;
}
