import type { Image } from '../image.ts';
import { ADDONS } from './addons.ts';
import { BASES } from './bases.ts';
import { CALICO } from './calico.ts';
import { CLUSTER } from './cluster.ts';
import { CONTROL_PLANE } from './control-plane.ts';
import { ECHO_BASIC } from './echo-basic.ts';
import { MISC } from './misc.ts';
import { SPINK } from './spink.ts';
import { WEB } from './web.ts';

/** Every image the simulated registries (or, for local ones, the student's machine) know. One more image: one entry in one of these files. */
export const IMAGES: readonly Image[] = [...BASES, ...WEB, ...MISC, ...SPINK, ...ECHO_BASIC, ...CLUSTER, ...CALICO, ...CONTROL_PLANE, ...ADDONS];
