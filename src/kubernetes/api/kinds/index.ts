import type { Kind } from '../kind.ts';
import type { ResourceInfo } from '../scheme.ts';
import { core } from './core.ts';
import { apps } from './apps.ts';
import { batch } from './batch.ts';
import { others } from './others.ts';

/** Every built-in kind's own rules by group/resource. A kind without any is stored and printed as it comes. */
const KINDS: Record<string, Kind> = { ...core, ...apps, ...batch, ...others };

const PLAIN: Kind = {};

export function kindOf(info: Pick<ResourceInfo, 'group' | 'resource'>): Kind {
  return KINDS[`${info.group}/${info.resource}`] ?? PLAIN;
}
