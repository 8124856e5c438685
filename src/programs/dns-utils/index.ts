import type { Program } from '../../linux/process.ts';
import { main as dig } from './dig.ts';
import { getent, host } from './host.ts';
import { main as nslookup } from './nslookup.ts';

/** dig, host, nslookup and getent: which one is what it was called as. */
export const main: Program = (p) => ({ dig, host, nslookup, getent })[p.comm as 'dig']!(p);
