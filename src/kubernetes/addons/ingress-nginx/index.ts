import { certgen } from './certgen.ts';
import { controller } from './controller.ts';

/** The programs of the addon's images. */
export const INGRESS_NGINX = { 'nginx-ingress-controller': controller, 'kube-webhook-certgen': certgen };
