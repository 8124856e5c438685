import type { Program } from '../linux/process.ts';
import { SECOND } from '../sim/clock.ts';

/** ingress-nginx's preStop hook: tells the controller to end and waits until it has. */
export const main: Program = async (p) => {
  const controller = () => p.pids.processes().find((q) => q.exe === '/nginx-ingress-controller');
  controller()?.signal('TERM');
  while (p.pids.processes().some((q) => q.exe === '/usr/bin/nginx')) await p.sleep(SECOND);
  return 0;
};
