import type { DaemonEntry } from '../daemons.ts';
import { ADDON_DAEMONS } from './addons.ts';
import { CALICO_DAEMONS } from './calico.ts';
import { CLUSTER_DAEMONS, CLUSTER_MAIN } from './cluster.ts';
import { CONTROL_PLANE_DAEMONS } from './control-plane.ts';
import { ECHO_DAEMONS } from './echo-basic.ts';
import { MAIN_PROCESSES, MISC_DAEMONS } from './misc.ts';
import { SPINK_DAEMONS } from './spink.ts';
import { WEB_DAEMONS } from './web.ts';

/** Servers of the images by the name of their program. */
export const SERVERS: Readonly<Record<string, DaemonEntry>> = { ...WEB_DAEMONS, ...MISC_DAEMONS, ...SPINK_DAEMONS, ...ECHO_DAEMONS, ...CLUSTER_DAEMONS, ...CONTROL_PLANE_DAEMONS, ...ADDON_DAEMONS, ...CALICO_DAEMONS };
/** Programs of World.programs that run as a daemon when they are a container's main process. */
export const MAINS: Readonly<Record<string, DaemonEntry>> = { ...MAIN_PROCESSES, ...CLUSTER_MAIN };
