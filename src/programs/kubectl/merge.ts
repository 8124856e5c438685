import { mergePatch as merge } from '../../kubernetes/apiserver/patch.ts';

/** RFC 7386 */
export const mergePatch = merge;
