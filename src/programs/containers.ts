import { asProgram, type Daemon } from '../kubernetes/runtime/daemons.ts';
import type { ProgramEntry } from '../linux/world.ts';

const daemon = (load: () => Promise<Daemon>): ProgramEntry => ({ load: () => load().then((d) => ({ main: asProgram(d) })) });
const ingressNginx = () => import('../kubernetes/addons/ingress-nginx/index.ts');

/** Programs that only images of addons have, loaded when a container with one starts. They are on no machine's PATH. */
export const CONTAINER_PROGRAMS: Record<string, ProgramEntry> = {
  'dumb-init': { load: () => import('./dumb-init.ts') },
  'nginx-ingress-controller': daemon(() => ingressNginx().then((m) => m.INGRESS_NGINX['nginx-ingress-controller'])),
  'kube-webhook-certgen': daemon(() => ingressNginx().then((m) => m.INGRESS_NGINX['kube-webhook-certgen'])),
  'wait-shutdown': { load: () => import('./wait-shutdown.ts') },
};
