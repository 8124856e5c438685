import type { Program } from '../../linux/process.ts';
import { ip } from './ip.ts';
import { netstat } from './netstat.ts';
import { nslookup } from './nslookup.ts';
import { ps } from './ps.ts';
import { busybox as ls } from '../coreutils/ls.ts';
import { wget } from '../wget/index.ts';

/** Applets of BusyBox 1.36 that print otherwise than the tools they are named after. */
export const main: Program = (p) => ({ ip, ls, netstat, nslookup, ps, wget: (q: typeof p) => wget(q, true) })[p.comm as 'ip']!(p);
