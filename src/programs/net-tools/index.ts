import type { Program } from '../../linux/process.ts';
import { arp } from './arp.ts';
import { ethtool } from './ethtool.ts';
import { ifconfig } from './ifconfig.ts';
import { netstat } from './netstat.ts';
import { route } from './route.ts';

/** arp, ethtool, ifconfig, netstat and route: which one is what it was called as. */
export const main: Program = (p) => ({ arp, ethtool, ifconfig, netstat, route })[p.comm as 'arp']!(p);
