import { which } from '../../linux/machine.ts';
import type { Process } from '../../linux/process.ts';
import { relay } from '../podman/relay.ts';
import type { Profile } from './profile.ts';

/** `minikube ssh`: a login shell of the user docker on the node, or a command there. */
export async function ssh(p: Process, args: string[], { node }: Profile): Promise<number> {
  const { machine } = node!, user = machine.users.get('docker')!, command = args.filter((a) => a !== '--' && !/^--native-ssh/.test(a)).join(' ');
  const env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: user.shell, LANG: 'C.UTF-8', SSH_CONNECTION: `${node!.ip.replace(/\d+$/, '1')} 41822 ${node!.ip} 22` };
  const tty = command === '' && p.stdin.isTTY, exe = which(machine.fs, env, '/', 'bash')!;
  const code = await relay(p, { interactive: true, tty, pids: machine.pids }, (io) => machine.spawn({
    argv: command === '' ? ['-bash'] : ['bash', '-c', command], exe, parent: machine.pids.get(1)!, cwd: user.home, env: { ...env, ...(tty ? { TERM: p.env['TERM'] ?? 'xterm' } : {}) }, uid: user.uid, gid: user.gid, tty: io.tty, stdin: io.stdin, stdout: io.stdout, stderr: io.stderr,
  }));
  if (code !== 0 && command !== '') await p.err(`ssh: Process exited with status ${code}\n`);
  return code;
}
