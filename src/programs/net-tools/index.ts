import type { Program } from '../../linux/process.ts';
import { arp } from './arp.ts';
import { ifconfig } from './ifconfig.ts';
import { netstat } from './netstat.ts';
import { route } from './route.ts';

/** arp, ifconfig, netstat and route: which one is what it was called as. */
export const main: Program = (p) => ({ arp, ifconfig, netstat, route })[p.comm as 'arp']!(p);
